"""A site of 100,000 events, one of them with 100,000 guests, written by a few statements."""

import dataclasses
import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa

from tests import factories
from webapp.core.database import db
from webapp.core.operation import operation
from webapp.core.permissions import Role
from webapp.mail.outbox import queue
from webapp.models import Event, EventWord, Guest

MANY = 100_000
HALF = MANY // 2


@dataclasses.dataclass(frozen=True)
class World:
    """Who looks, and at what."""

    owner: uuid.UUID
    """Of a company that holds nine events of ten."""
    stranger: uuid.UUID
    """A guest of three events, without a company."""
    doorkeeper: uuid.UUID
    """Of a company that holds one event of ten."""
    event: uuid.UUID
    """The one with many guests."""
    middle: tuple[dt.datetime, uuid.UUID]
    last: tuple[dt.datetime, uuid.UUID]
    """Where a page in the middle and the last one begin."""
    middle_guest: tuple[str, uuid.UUID]
    last_guest: tuple[str, uuid.UUID]
    company: uuid.UUID
    project: uuid.UUID
    """The one that holds nine events of ten, and its project with all of them."""


def _copies(table: sa.Table, like: uuid.UUID, differing: dict[str, str]) -> sa.TextClause:
    """Return what writes MANY rows like one that is there, `differing` in these columns, as SQL of `n` (1 to MANY)."""
    names = [column.name for column in table.columns]
    values = ", ".join(differing.get(name, f"old.{name}") for name in names)
    return sa.text(
        f"INSERT INTO {table.name} ({', '.join(names)}) "  # noqa: S608 names of our own
        f"WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {MANY}) "
        f"SELECT {values} FROM numbers, {table.name} AS old WHERE old.id = :like"
    ).bindparams(sa.bindparam("like", like, sa.Uuid()))


@operation
def _write(*statements: Any) -> None:
    for statement in statements:
        db.session.execute(statement)


def _events(like: Event, other_company: Any) -> None:
    postgresql = db.engine.dialect.name == "postgresql"
    start = "date_trunc('second', now()) + (n - {0}) * interval '1 hour'"
    if not postgresql:
        start = "strftime('%Y-%m-%d %H:%M:%S', 'now', (n - {0}) || ' hours') || '.000000'"
    project = factories.default_project(other_company).id
    company, project = (f"'{value}'" if postgresql else f"'{value.hex}'" for value in (other_company.id, project))
    if postgresql:
        company, project = f"{company}::uuid", f"{project}::uuid"
    differing = {
        "id": "gen_random_uuid()" if postgresql else "lower(hex(randomblob(16)))",
        "title": "CASE WHEN n % 7 = 0 THEN 'Tacos ' WHEN n % 20000 = 3 THEN 'Burrito ' ELSE '' END "
        "|| 'Gathering ' || n",
        "starts_at": start.format(HALF),
        "ends_at": start.format(HALF - 3),
        "visibility": "CASE WHEN n % 2 = 0 THEN 'public' ELSE 'invited' END",
        "company_id": f"CASE WHEN n % 10 = 0 THEN {company} ELSE old.company_id END",
        "project_id": f"CASE WHEN n % 10 = 0 THEN {project} ELSE old.project_id END",
    }
    words = "INSERT INTO event_words (event_id, word, starts_at) SELECT id, {0}, starts_at FROM events WHERE {1}"
    number = "substr(title, instr(title, 'Gathering ') + 10)"
    if postgresql:
        number = "substr(title, strpos(title, 'Gathering ') + 10)"
    _write(
        _copies(Event.__table__, like.id, differing),
        sa.text(words.format("'gathering'", "title LIKE '%Gathering %'")),
        sa.text(words.format("'tacos'", "title LIKE 'Tacos %'")),
        sa.text(words.format("'burrito'", "title LIKE 'Burrito %'")),
        sa.text(words.format(number, "title LIKE '%Gathering %'")),
    )


def _guests(event: Event, like: Guest) -> None:
    postgresql = db.engine.dialect.name == "postgresql"
    number = "lpad(n::text, 6, '0')" if postgresql else "printf('%06d', n)"
    yes = "n % 3 = 0"
    differing = {
        "id": "gen_random_uuid()" if postgresql else "lower(hex(randomblob(16)))",
        "email": f"'guest' || {number} || '@example.org'",
        "email_key": f"'guest' || {number} || '@example.org'",
        "name": f"'Guest ' || {number}",
        "name_key": f"'guest ' || {number} || ' guest' || {number} || '@example.org'",
        "reply": f"CASE WHEN {yes} THEN 'yes' WHEN n % 500 = 1 THEN 'no' END",
        "replied_at": f"CASE WHEN {yes} OR n % 500 = 1 THEN old.listed_at END",
        "invited_at": f"CASE WHEN {yes} OR n % 1000 <> 7 THEN old.listed_at END",
        "waiting_since": "CASE WHEN n % 5000 = 2 THEN old.listed_at END",
        "checked_in_at": "CASE WHEN n % 3000 = 0 THEN old.listed_at END",
        "last_mail_id": "NULL",
    }
    _write(
        _copies(Guest.__table__, like.id, differing),
        sa.update(Event).where(Event.id == event.id).values(guests_listed=MANY + 2),
    )


@operation
def _troubles(event: Event) -> None:
    """Let the last e-mail to one guest of a thousand have failed."""
    found = sa.select(Guest).where(Guest.event_id == event.id, Guest.name.like("%500"))
    for guest in db.session.scalars(found).all():
        mail = queue(
            "guest-invited", to=str(guest.email), guest_id=guest.id, event_id=event.id, company_id=event.company_id
        )
        mail.state = "failed"
        guest.last_mail_id = mail.id


def build() -> World:
    """Fill an empty, migrated database."""
    factories.set_up_site()
    owner, stranger, doorkeeper = (factories.an_account() for _ in range(3))
    company, other = factories.a_company(owner), factories.a_company()
    factories.a_membership(doorkeeper, other, Role.DOORKEEPER)
    event = factories.an_event(company, owner, title="The great one", visibility="invited")
    factories.a_guest(event, user=stranger)
    _events(event, other)
    like = factories.a_guest(event, name="Zoe")
    _guests(event, like)
    _troubles(event)
    moment = event.starts_at
    for visibility in ("public", "invited"):
        # a few that the stranger is asked to, at both ends of the list
        found = sa.select(Event).where(Event.visibility == visibility, Event.starts_at > moment)
        factories.a_guest(db.session.scalars(found.order_by(Event.starts_at).limit(1)).one(), user=stranger)
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
    keys = sa.select(Event.starts_at, Event.id).order_by(Event.starts_at, Event.id).limit(1)
    guests = sa.select(Guest.name_key, Guest.id).where(Guest.event_id == event.id).limit(1)
    guests = guests.order_by(Guest.name_key, Guest.id)
    events = [db.session.execute(keys.offset(at)).one() for at in (HALF, MANY - 40)]
    people = [db.session.execute(guests.offset(at)).one() for at in (HALF, MANY - 40)]
    return World(
        owner.id,
        stranger.id,
        doorkeeper.id,
        event.id,
        *map(tuple, events),
        *map(tuple, people),
        company=company.id,
        project=event.project_id,
    )


def holds() -> dict[str, int]:
    """Return how many rows there are."""
    tables = (Event, EventWord, Guest)
    return {t.__tablename__: db.session.scalar(sa.select(sa.func.count()).select_from(t)) or 0 for t in tables}
