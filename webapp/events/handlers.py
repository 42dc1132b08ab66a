"""What events hear from lower features."""

from sqlalchemy import delete, select, update

from webapp.companies import queries as companies_queries
from webapp.core import clock
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.errors import ConflictError
from webapp.core.hooks import AccessChange, EventChange, event_changed
from webapp.core.operation import count
from webapp.journal.writing import record
from webapp.models import CoHost, Event


def access_revoked(change: AccessChange) -> dict[str, int]:
    """Hand the events of somebody who is offboarded over, past ones and drafts too, and end its co-hosting there.

    Returns how many: `events`, `co_hosted`. Where only a role ended, the events stay with their host. Raises
    ConflictError where there are events and nobody to take them.
    """
    if not change.offboarding:
        return {}
    actor = Actor(user_id=change.by)
    return {"events": _hand_over(actor, change), "co_hosted": _end_co_hosting(actor, change)}


def _hand_over(actor: Actor, change: AccessChange) -> int:
    hosted = companies_queries.hosted_below(change.company_id, change.user_id)
    events = db.session.scalars(select(Event).where(hosted).order_by(Event.id)).all()
    if not events:
        return 0
    if change.successor_id is None:
        raise ConflictError
    ids, moment = [event.id for event in events], clock.now()
    ahead = {event.id for event in events if event.published and event.ends_at > moment}
    count(update(Event).where(Event.id.in_(ids)).values(host_id=change.successor_id, updated_at=moment))
    # a host is no co-host of the same event
    count(delete(CoHost).where(CoHost.event_id.in_(ids), CoHost.user_id == change.successor_id))
    for event in db.session.scalars(select(Event).where(Event.id.in_(ids)).order_by(Event.id)).all():
        before, after = str(change.user_id), str(change.successor_id)
        record(actor, "event.handed_over", event, event_id=event.id, before=before, after=after)
    for event_id in sorted(ahead):
        event_changed.fire(EventChange(event_id, frozenset({"host"}), change.by))
    return len(ids)


def _end_co_hosting(actor: Actor, change: AccessChange) -> int:
    co_hosted = companies_queries.co_hosted_below(change.company_id, change.user_id)
    events = db.session.scalars(select(Event).where(co_hosted).order_by(Event.id)).all()
    ids = [event.id for event in events]
    count(delete(CoHost).where(CoHost.event_id.in_(ids), CoHost.user_id == change.user_id))
    for event in db.session.scalars(select(Event).where(Event.id.in_(ids)).order_by(Event.id)).all():
        record(actor, "event.co_hosts", event, event_id=event.id, added=[], removed=[str(change.user_id)])
    return len(ids)
