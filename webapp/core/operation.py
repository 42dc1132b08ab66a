"""The transaction: the only place that begins and ends one.

A write is a function with `@operation`. The outermost one ends any open read, begins a transaction (immediate on
SQLite, so that writers queue instead of failing), and commits when the function returns; an exception rolls everything
back. Nested operations join the outermost one. What must happen after the commit (sending mail, starting jobs) is
given to `after_commit` and is dropped with a rollback.
"""

import functools
import logging
from collections.abc import Callable, Hashable, Mapping
from typing import Any, ParamSpec, TypeVar, cast

from sqlalchemy import CursorResult, Executable
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm.exc import ObjectDeletedError

from webapp.core.database import Base, db
from webapp.core.errors import BusyError, NotFoundError

P = ParamSpec("P")
R = TypeVar("R")
Row = TypeVar("Row")
log = logging.getLogger(__name__)

_ATTEMPTS = 4
# PostgreSQL: serialization failure, deadlock. Both are cured by running the whole operation again.
_AGAIN = {"40001", "40P01"}


def in_operation() -> bool:
    """Tell whether an operation is running in this context."""
    return bool(db.session.info.get("depth"))


def after_commit(call: Callable[[], None]) -> None:
    """Run `call` once the running operation has been committed, or at once outside of one; log its failure."""
    if in_operation():
        db.session.info.setdefault("after", []).append(call)
    else:
        call()


def _run_after(calls: list[Callable[[], None]]) -> None:
    for call in calls:
        try:
            call()
        except Exception:
            # The commit stands; sweeps pick up what a lost notice leaves behind.
            log.exception("a step after the commit failed")


def _once(function: Callable[..., R], args: Any, kwargs: Any) -> R:
    info = db.session.info
    db.session.rollback()
    info["depth"], info["after"] = 1, []
    try:
        db.session.connection(execution_options={"write": True})
        result = function(*args, **kwargs)
        db.session.commit()
    except BaseException:
        info["after"] = []
        db.session.rollback()
        raise
    finally:
        info["depth"] = 0
    calls, info["after"] = info["after"], []
    _run_after(calls)
    return result


def _passing(error: OperationalError) -> bool:
    return getattr(error.orig, "sqlstate", None) in _AGAIN


def operation(function: Callable[P, R]) -> Callable[P, R]:
    """Make `function` a write that is one transaction.

    Raises BusyError where the database stays locked, NotFoundError where a row given to it is gone; whatever else the
    function raises goes through after the rollback.
    """

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        if in_operation():
            return function(*args, **kwargs)
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return _once(function, args, kwargs)
            except OperationalError as error:
                if not _passing(error):
                    if "locked" in str(error.orig) or "timeout" in str(error.orig):
                        raise BusyError from error
                    raise
                if attempt == _ATTEMPTS:
                    raise BusyError from error
            except ObjectDeletedError as error:
                raise NotFoundError from error
        raise BusyError

    wrapper.is_operation = True  # type: ignore[attr-defined]
    return wrapper


def count(statement: Executable) -> int:
    """Execute a writing statement and return how many rows it touched: the guard of every conditional UPDATE.

    What was loaded before is read anew when it is looked at again.
    """
    result = db.session.execute(statement, execution_options={"synchronize_session": False})
    db.session.expire_all()
    return cast("CursorResult[Any]", result).rowcount


def add_up(table: type[Base], key: Mapping[str, Any], amounts: Mapping[str, int]) -> None:
    """Add `amounts` to the counters of the one row that `key` (its primary key) names, and make it where there is none.

    One statement, so that many at once lose nothing.
    """
    insert = postgresql.insert if db.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    new = insert(table).values(**key, **amounts)
    sums = {name: getattr(table, name) + new.excluded[name] for name in amounts}
    count(new.on_conflict_do_update(index_elements=list(key), set_=sums))


def added(*rows: object) -> bool:
    """Insert `rows` now; tell False, with nothing inserted, where a constraint says that one of them cannot be.

    So a unique name or address is taken without asking first whether it is free.
    """
    try:
        with db.session.begin_nested():
            db.session.add_all(rows)
            db.session.flush()
    except IntegrityError:
        return False
    return True


def locked(row: Row) -> Row:
    """Re-read `row` under a lock that lasts until the end of the operation, and return it."""
    # Only this row: what it was loaded with (a host, a company) is joined by outer joins, which cannot be locked.
    db.session.refresh(row, with_for_update={"of": type(row)})
    return row


def read_once(key: Hashable, read: Callable[[], R]) -> R:
    """Return what `read` gives, asked once for as long as this read lasts: a page asks several times who may what.

    Inside an operation it is always asked anew, for what is judged there is read there.
    """
    if in_operation():
        return read()
    session = db.session()
    transaction, kept = session.info.get("read", (None, {}))
    if transaction is None or transaction is not session.get_transaction():
        kept = {}
    if key not in kept:
        kept[key] = read()
        session.info["read"] = (session.get_transaction(), kept)
    return cast("R", kept[key])


def end_read() -> None:
    """End an open read transaction, so that a long page or a slow step holds no snapshot."""
    if not in_operation():
        db.session.rollback()


__all__ = [
    "add_up",
    "added",
    "after_commit",
    "count",
    "end_read",
    "in_operation",
    "locked",
    "operation",
    "read_once",
]
