"""Reading the journal: narrowed to companies, by person, thing and time, newest or oldest first, by key."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, exists, func, or_, select, union_all

from webapp.core import text
from webapp.core.database import db
from webapp.journal.chain import COLUMNS
from webapp.models import CompanyAncestor, JournalEntry, User

# A company with more below it than this is read by one condition in place of a short read for each.
_BRANCHES: Final = 60
LARGEST_ID: Final = 2**63 - 1


@dataclasses.dataclass(frozen=True)
class Scope:
    """Whose journal it is: these companies' (a company and all below it), or everybody's where there are none named."""

    companies: tuple[uuid.UUID, ...] | None = None


SITE: Final = Scope()


@dataclasses.dataclass(frozen=True)
class Asked:
    """What is asked of the journal; None asks nothing.

    `people`: ids of accounts or guests, of whom one has acted (none at all: nothing is found). `thing_type` with or
    without `thing_id`: what it was done to; for an event with an id also what was done to its guests, invitations and
    vote. `since` (included) and `until` (excluded): aware.
    """

    people: frozenset[uuid.UUID] | None = None
    thing_type: str | None = None
    thing_id: uuid.UUID | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None


@dataclasses.dataclass(frozen=True)
class Head:
    """The last entry of the chain: where it stands, and its seal."""

    position: int
    seal: str


def head() -> Head | None:
    """Return the head of the chain; None where nothing is sealed yet."""
    last = (
        select(JournalEntry.position, JournalEntry.seal)
        .where(JournalEntry.position.is_not(None))
        .order_by(JournalEntry.position.desc())
        .limit(1)
    )
    found = db.session.execute(last).first()
    return Head(found.position, found.seal) if found else None


def waits() -> bool:
    """Tell whether there is an entry that is not sealed yet."""
    return bool(db.session.scalar(select(exists().where(JournalEntry.seal.is_(None)))))


def newest_id() -> int:
    """Return the highest id in the journal; 0 for an empty one."""
    return db.session.scalar(select(func.max(JournalEntry.id))) or 0


def scope_of(company_id: uuid.UUID) -> Scope:
    """Return the scope of a company: itself and all below it."""
    below = select(CompanyAncestor.company_id).where(CompanyAncestor.ancestor_id == company_id)
    return Scope(tuple(db.session.scalars(below.order_by(CompanyAncestor.depth, CompanyAncestor.company_id))))


def _conditions(asked: Asked) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if asked.people is not None:
        found.append(_among(JournalEntry.actor_id, asked.people))
    if asked.thing_id is not None and asked.thing_type == "event":
        found.append(JournalEntry.event_id == asked.thing_id)
    elif asked.thing_type is not None:
        found.append(JournalEntry.thing_type == asked.thing_type)
        if asked.thing_id is not None:
            found.append(JournalEntry.thing_id == asked.thing_id)
    if asked.since is not None:
        found.append(JournalEntry.at >= asked.since)
    if asked.until is not None:
        found.append(JournalEntry.at < asked.until)
    return found


def _among(column: Any, ids: Collection[uuid.UUID]) -> ColumnElement[bool]:
    """One id is asked for plainly, so that an index gives the rows in the order of theirs."""
    found: ColumnElement[bool] = column == next(iter(ids)) if len(ids) == 1 else column.in_(sorted(ids))
    return found


def entries(scope: Scope, asked: Asked) -> list[Select[int]]:
    """Return statements of the ids of what is asked for, without an order; together they name each entry once.

    Each company is read by itself, for an index ends such a read with the last row that a page shows; of all together
    everything would be read and sorted first.
    """
    whole = select(JournalEntry.id).where(*_conditions(asked))
    if scope.companies is None:
        return [whole]
    if len(scope.companies) > _BRANCHES:
        return [whole.where(JournalEntry.company_id.in_(scope.companies))]
    return [whole.where(JournalEntry.company_id == company_id) for company_id in scope.companies]


def page(
    scope: Scope, asked: Asked, *, beyond: int | None = None, most: int | None = None, down: bool, limit: int
) -> Sequence[Any]:
    """Return at most `limit` rows of `chain.COLUMNS` in the order of their ids, downwards or up.

    `beyond`: begin behind this id, in that direction. `most`: no id above this one.
    """
    statement = select(*COLUMNS).where(JournalEntry.id.in_(_ids(scope, asked, beyond, most, down, limit)))
    return db.session.execute(statement.order_by(_order(down=down)).limit(limit)).all()


def _order(*, down: bool) -> Any:
    return JournalEntry.id.desc() if down else JournalEntry.id.asc()


def _ids(scope: Scope, asked: Asked, beyond: int | None, most: int | None, down: bool, limit: int) -> Any:  # noqa: FBT001 passed on
    parts = []
    for statement in entries(scope, asked):
        if beyond is not None:
            statement = statement.where(JournalEntry.id < beyond if down else JournalEntry.id > beyond)  # noqa: PLW2901
        if most is not None:
            statement = statement.where(JournalEntry.id <= most)  # noqa: PLW2901
        narrowed = statement.order_by(_order(down=down)).limit(limit).subquery()
        parts.append(select(narrowed.c.id))
    return union_all(*parts) if len(parts) > 1 else parts[0]


MOST_COUNTED: Final = 10_000


def number(scope: Scope, asked: Asked) -> int:
    """Return how many entries are asked for; the count stops at MOST_COUNTED."""
    parts = [statement.limit(MOST_COUNTED) for statement in entries(scope, asked)]
    some = union_all(*(select(part.subquery().c.id) for part in parts)) if len(parts) > 1 else parts[0]
    found = db.session.scalar(select(func.count()).select_from(some.subquery())) or 0
    return min(found, MOST_COUNTED)


def seals_at(positions: Collection[int]) -> dict[int, str]:
    """Return the seals at these positions of the chain."""
    if not positions:
        return {}
    statement = select(JournalEntry.position, JournalEntry.seal).where(JournalEntry.position.in_(positions))
    return {row.position: row.seal for row in db.session.execute(statement)}


def people(scope: Scope, search: str, limit: int) -> Sequence[tuple[uuid.UUID, str]]:
    """Return (id, name) of accounts whose name holds `search` and who have acted in `scope`, by name.

    Or whose address it is: a part of it will do for the whole site alone, for who could ask a company's journal for
    parts would in the end have the whole address.
    """
    typed = " ".join(text.fit(search).split())
    if not typed:
        return []
    name = User.name + " " + User.surname
    # SQLite folds the letters of English alone: names are written small, large, or with capitals first
    ways = {typed, typed.lower(), typed.upper(), typed.title()}
    acted = exists().where(JournalEntry.actor_id == User.id)
    if scope.companies is not None:
        acted = acted.where(JournalEntry.company_id.in_(scope.companies))
    statement = (
        select(User.id, name)
        .where(
            User.deleted_at.is_(None),
            or_(*(name.contains(way, autoescape=True) for way in sorted(ways)), _address(scope, typed)),
            acted,
        )
        .order_by(User.name, User.surname, User.id)
        .limit(limit)
    )
    return [(user_id, label.strip()) for user_id, label in db.session.execute(statement)]


def has_acted(scope: Scope, actor_id: uuid.UUID) -> bool:
    """Tell whether an account or a guest has done anything in `scope`."""
    return bool(page(scope, Asked(people=frozenset({actor_id})), down=True, limit=1))


def _address(scope: Scope, typed: str) -> ColumnElement[bool]:
    key = text.fold(typed)
    return User.email_key == key if scope.companies is not None else User.email_key.contains(key, autoescape=True)
