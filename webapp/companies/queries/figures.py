"""What a company has coming up, in numbers."""

import dataclasses
import uuid
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from webapp.companies.queries.tree import below
from webapp.core import clock
from webapp.core.database import db
from webapp.models import Event


@dataclasses.dataclass(frozen=True)
class Figures:
    """What the dashboard says of the events to come: how many, and of their guests."""

    events: int
    invited: int
    yes: int
    no: int


def events_to_come(company_id: uuid.UUID, limit: int, *, drafts: bool) -> Sequence[Event]:
    """Return the next events of the company and all below it, soonest first, companies and hosts loaded.

    `drafts`: those too, for who manages events there; nobody else knows of them.
    """
    statement = (
        select(Event)
        .options(joinedload(Event.company), joinedload(Event.host))
        .where(
            Event.company_id.in_(below(company_id)),
            Event.state.in_(("published", "draft") if drafts else ("published",)),
            Event.ends_at > clock.now(),
        )
        .order_by(Event.starts_at, Event.id)
        .limit(limit)
    )
    return db.session.scalars(statement).all()


def figures(company_id: uuid.UUID) -> Figures:
    """Return the counters of the events to come of the company and all below it, added up."""
    statement = select(
        func.count(),
        func.coalesce(func.sum(Event.guests_invited), 0),
        func.coalesce(func.sum(Event.guests_yes), 0),
        func.coalesce(func.sum(Event.guests_no), 0),
    ).where(Event.company_id.in_(below(company_id)), Event.state == "published", Event.ends_at > clock.now())
    return Figures(*db.session.execute(statement).one())
