"""Background work: votes open and close when their time has come."""

import logging
import uuid
from collections.abc import Callable

from webapp.core.database import db
from webapp.core.errors import AppError
from webapp.core.jobs import Job
from webapp.models import Event
from webapp.voting import operations, queries

log = logging.getLogger(__name__)


def settle_due() -> int:
    """Open and announce the votes whose time has come, close those whose time is over; return how many that were.

    One that cannot be settled does not hold up the others: it is logged and tried again the next time.
    """
    done = 0
    for due, operation in (
        (queries.to_open, operations.open_vote),
        (queries.to_announce, operations.announce_vote),
        (queries.to_close, operations.close_vote),
    ):
        events = due()
        done += len(events)
        for event_id in events:
            _try(operation, event_id)
    return done


def _try(operation: Callable[[Event], object], event_id: uuid.UUID) -> None:
    try:
        operation(db.session.get_one(Event, event_id))
    except AppError as error:
        log.info("vote of event %s: %s", event_id, error.id)  # it was moved or cancelled just now
    except Exception:
        log.exception("vote of event %s could not be settled", event_id)


JOBS: tuple[Job, ...] = (Job("voting.settle", settle_due, every=1),)
