"""Sealing: each entry gets its place in the chain and a hash over itself and the seal before it."""

from typing import Any, cast

from sqlalchemy import CursorResult, Select, bindparam, select, update

from webapp.core.database import db
from webapp.core.errors import ConflictError
from webapp.core.operation import end_read, locked, operation
from webapp.journal import queries
from webapp.journal.chain import BEGINNING, COLUMNS, seal_of
from webapp.models import JournalEntry, Site

BATCH = 500


def waiting(limit: int) -> Select[Any]:
    """Return a SELECT of the next `limit` entries that are not sealed."""
    return select(*COLUMNS).where(JournalEntry.seal.is_(None)).order_by(JournalEntry.id).limit(limit)


@operation
def seal(limit: int = BATCH) -> int:
    """Seal the next `limit` entries in the order of their ids, behind those sealed so far; return how many.

    One at a time seals: the site's row is held until the end. On PostgreSQL an entry may be committed after one with a
    higher id was sealed; it is simply the next. Raises ConflictError, with nothing sealed, where another hand sealed
    one of them meanwhile.
    """
    locked(db.session.get_one(Site, 1))
    head = queries.head()
    position, previous = (head.position, head.seal) if head else (0, BEGINNING)
    places = []
    for entry in db.session.execute(waiting(limit)):
        position += 1
        previous = seal_of(entry, position, previous)
        places.append({"entry": entry.id, "place": position, "mark": previous})
    if places:
        _write(places)
    return len(places)


def _write(places: list[dict[str, Any]]) -> None:
    statement = (
        update(JournalEntry)
        .where(JournalEntry.id == bindparam("entry"), JournalEntry.seal.is_(None))
        .values(position=bindparam("place"), seal=bindparam("mark"))
    )
    result = db.session.connection().execute(statement, places)
    if cast("CursorResult[Any]", result).rowcount != len(places):
        raise ConflictError


def seal_all() -> int:
    """Seal every entry there is, a batch a transaction; return how many. Without any, nothing is locked."""
    total = 0
    while queries.waits():
        end_read()
        total += seal()
    end_read()
    return total
