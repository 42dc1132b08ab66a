"""The words of an event's title and place, by which lists find it. This file alone writes them."""

from sqlalchemy import delete, insert

from webapp.core.database import db
from webapp.core.words import words_of
from webapp.models import Event, EventWord

_PLAINLY = {"synchronize_session": False}


def write(event: Event) -> None:
    """Let `event`, which has its row, be found by the words it has now. Call it inside an operation."""
    db.session.execute(delete(EventWord).where(EventWord.event_id == event.id), execution_options=_PLAINLY)
    found = words_of(f"{event.title} {event.place}")
    if found:
        rows = [{"event_id": event.id, "word": word, "starts_at": event.starts_at} for word in sorted(found)]
        db.session.execute(insert(EventWord), rows)
