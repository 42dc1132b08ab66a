"""Writing the journal: by operations, in their transaction."""

import uuid
from typing import Any

from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.models import JournalEntry


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

    Names, addresses and free text do not belong here; neither does who voted.
    """
    db.session.add(
        JournalEntry(
            actor_kind=actor.kind,
            actor_id=actor.user_id or actor.guest_id,
            action=action,
            thing_type=type(thing).__name__.lower(),
            thing_id=_id(thing),
            company_id=company_id or getattr(thing, "company_id", None),
            event_id=event_id or getattr(thing, "event_id", None),
            details=details,
        )
    )


def _id(thing: object) -> uuid.UUID | None:
    found = getattr(thing, "id", None)
    if found is None:
        db.session.flush()
        found = getattr(thing, "id", None)
    return found if isinstance(found, uuid.UUID) else None
