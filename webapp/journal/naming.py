"""What the ids in the journal are called now: looked up when a page is shown, for the journal itself holds no names."""

import dataclasses
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Select, Uuid, cast, literal, null, select, union_all
from sqlalchemy.sql.elements import ColumnElement

from webapp.core.database import db
from webapp.models import App, Company, Event, Guest, Project, User

_NONE: Final[ColumnElement[Any]] = cast(null(), Uuid())
Rows = Select[*tuple[Any, ...]]
_KINDS: Final = ("user", "event", "guest", "company", "project", "app")


@dataclasses.dataclass(frozen=True)
class Name:
    """What one thing is called: `label` ("" for an erased name), `within` (an event's company, a guest's event).

    `note`: a company's name in addresses (also of the company that a project or app belongs to); of an event "draft",
    or "public" where everybody may open it, or "" for all other.
    """

    label: str
    within: uuid.UUID | None = None
    note: str = ""


Names = dict[tuple[str, uuid.UUID], Name]


def _user(ids: Sequence[uuid.UUID]) -> Rows:
    label = User.name + " " + User.surname
    return select(literal("user"), User.id, label, _NONE, literal("")).where(
        User.id.in_(ids), User.deleted_at.is_(None)
    )


def _event(ids: Sequence[uuid.UUID]) -> Rows:
    state = Event.state + " " + Event.visibility
    return select(literal("event"), Event.id, Event.title, Event.company_id, state).where(Event.id.in_(ids))


def _guest(ids: Sequence[uuid.UUID]) -> Rows:
    shown = Guest.id.in_(ids), Guest.unconfirmed_until.is_(None)
    return select(literal("guest"), Guest.id, Guest.name, Guest.event_id, literal("")).where(*shown)


def _company(ids: Sequence[uuid.UUID]) -> Rows:
    standing = Company.id.in_(ids), Company.deleted_at.is_(None)
    return select(literal("company"), Company.id, Company.name, _NONE, Company.slug).where(*standing)


def _project(ids: Sequence[uuid.UUID]) -> Rows:
    whose = select(literal("project"), Project.id, Project.name, Project.company_id, Company.slug)
    return whose.join(Company, Company.id == Project.company_id).where(Project.id.in_(ids))


def _app(ids: Sequence[uuid.UUID]) -> Rows:
    whose = select(literal("app"), App.id, App.name, App.company_id, Company.slug)
    return whose.join(Company, Company.id == App.company_id).where(App.id.in_(ids))


_ASKED: Final = dict(zip(_KINDS, (_user, _event, _guest, _company, _project, _app), strict=True))


def as_id(value: object) -> uuid.UUID | None:
    """Return the id that `value` (out of an entry's details) is; None for anything else."""
    if not isinstance(value, str) or len(value) != 36:
        return None
    try:
        return uuid.UUID(value)
    except ValueError:
        return None


def _in_details(details: Any) -> Iterable[uuid.UUID]:
    for value in details.values() if isinstance(details, dict) else ():
        for one in value if isinstance(value, list) else [value]:
            found = as_id(one)
            if found is not None:
                yield found


def names(entries: Iterable[Any], *people: uuid.UUID) -> Names:
    """Return what all that `entries` (rows of `chain.COLUMNS`) speak of is called, and `people`, by kind and id.

    One query. What is not there any more, or has no name left, is not in it.
    """
    wanted: dict[str, set[uuid.UUID | None]] = defaultdict(set)
    wanted["user"].update(people)
    for entry in entries:
        wanted["guest" if entry.actor_kind == "guest" else "user"].add(entry.actor_id)
        wanted["event"].add(entry.event_id)
        wanted["company"].add(entry.company_id)
        if entry.thing_type in _ASKED:
            wanted[entry.thing_type].add(entry.thing_id)
        for found in _in_details(entry.details):
            for kind in ("user", "event", "company"):
                wanted[kind].add(found)
    parts = []
    for kind, ask in _ASKED.items():
        ids = sorted(one for one in wanted[kind] if one is not None)
        if ids:
            parts.append(ask(ids))
    if not parts:
        return {}
    rows = db.session.execute(union_all(*parts))
    return {(kind, thing_id): Name(label.strip(), within, note) for kind, thing_id, label, within, note in rows}
