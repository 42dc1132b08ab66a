"""Writing the journal: by operations, in their transaction."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select

from webapp.core.actor import Actor
from webapp.core.database import Base, db
from webapp.models import Company, Event, JournalEntry


def record(
    actor: Actor,
    action: str,
    thing: object,
    *,
    company_id: uuid.UUID | None = None,
    event_id: uuid.UUID | None = None,
    **details: Any,
) -> None:
    """Write that `actor` did `action` ("event.published") to `thing` (a row), with ids, counts and words as details.

    Names, addresses and free text do not belong here; neither does who voted. The company and the event are those of
    the thing where they are not given, and an event's company is looked up: so a company's journal is whole. What
    each action is called stands in `journal.words`.
    """
    thing_id = _id(thing)
    event_id = event_id or getattr(thing, "event_id", None) or (thing_id if isinstance(thing, Event) else None)
    company_id = company_id or getattr(thing, "company_id", None)
    if company_id is None and isinstance(thing, Company):
        company_id = thing_id
    if company_id is None and event_id is not None:
        company_id = db.session.scalar(select(Event.company_id).where(Event.id == event_id))
    db.session.add(
        JournalEntry(
            actor_kind=actor.kind,
            actor_id=actor.user_id or actor.guest_id,
            action=action,
            thing_type=type(thing).__name__.lower(),
            thing_id=thing_id,
            company_id=company_id,
            event_id=event_id,
            details=details,
        )
    )


def record_each(
    actor: Actor,
    action: str,
    things: Sequence[Base],
    *,
    company_id: uuid.UUID,
    event_id: uuid.UUID,
    **details: Any,
) -> None:
    """Write that `actor` did `action` to each of `things`, which have their ids, as `record` does, in one statement."""
    rows = [
        {
            "actor_kind": actor.kind,
            "actor_id": actor.user_id or actor.guest_id,
            "action": action,
            "thing_type": type(thing).__name__.lower(),
            "thing_id": _id(thing),
            "company_id": company_id,
            "event_id": event_id,
            "details": details,
        }
        for thing in things
    ]
    if rows:
        db.session.execute(insert(JournalEntry), rows)


def _id(thing: object) -> uuid.UUID | None:
    found = getattr(thing, "id", None)
    if found is None:
        db.session.flush()
        found = getattr(thing, "id", None)
    return found if isinstance(found, uuid.UUID) else None
