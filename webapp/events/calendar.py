"""An event as a calendar file (RFC 5545)."""

import datetime as dt

import icalendar

from webapp.core import clock
from webapp.models import Event

MEDIA_TYPE = "text/calendar; charset=utf-8"
_STATES = {"draft": "TENTATIVE", "published": "CONFIRMED", "cancelled": "CANCELLED"}


def _utc(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC).replace(microsecond=0)


def event_calendar(event: Event, *, url: str, method: str | None = None) -> bytes:
    """Return `event` as a calendar of one entry, in UTF-8.

    Times are in UTC: every calendar shows them at the right hour wherever its reader is, with no rules of a zone to
    misread. The UID is the event's id and stays; SEQUENCE grows with every change of what stands in calendars.
    `url`: where the event is shown. `method`: RFC 5546's word for a calendar sent by mail ("PUBLISH", "CANCEL"),
    None for a file to download.
    """
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Folkmoot//Folkmoot//EN")
    calendar.add("version", "2.0")
    if method:
        calendar.add("method", method)
    entry = icalendar.Event()
    entry.add("uid", str(event.id))
    entry.add("dtstamp", _utc(clock.now()))
    entry.add("created", _utc(event.created_at))
    entry.add("last-modified", _utc(event.updated_at))
    entry.add("sequence", event.sequence)
    entry.add("dtstart", _utc(event.starts_at))
    entry.add("dtend", _utc(event.ends_at))
    entry.add("summary", event.title)
    if event.place:
        entry.add("location", event.place)
    entry.add("description", f"{event.description}\n\n{url}".strip())
    entry.add("url", url)
    entry.add("status", _STATES[event.state])
    entry.add("transp", "TRANSPARENT" if event.state == "cancelled" else "OPAQUE")
    calendar.add_component(entry)
    return bytes(calendar.to_ical())
