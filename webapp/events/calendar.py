"""An event as a calendar file (RFC 5545)."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Final

import icalendar

from webapp.core import clock
from webapp.models import Event

MEDIA_TYPE = "text/calendar; charset=utf-8"
LOOK_AGAIN: Final = dt.timedelta(hours=1)
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
    calendar = _calendar()
    if method:
        calendar.add("method", method)
    calendar.add_component(_entry(event, url, stamp=clock.now()))
    return bytes(calendar.to_ical())


def events_calendar(events: Iterable[Event], *, name: str, url: Callable[[Event], str]) -> bytes:
    """Return `events` as a calendar to subscribe to, called `name`, in UTF-8; the same events give the same bytes.

    `url`: where an event is shown. How often to look again is said as RFC 7986 has it, and as older programs know it.
    """
    calendar = _calendar()
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", LOOK_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", icalendar.vDuration(LOOK_AGAIN))
    for event in events:
        calendar.add_component(_entry(event, url(event), stamp=event.updated_at))
    return bytes(calendar.to_ical())


def _calendar() -> icalendar.Calendar:
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Folkmoot//Folkmoot//EN")
    calendar.add("version", "2.0")
    return calendar


def _entry(event: Event, url: str, *, stamp: dt.datetime) -> icalendar.Event:
    entry = icalendar.Event()
    entry.add("uid", str(event.id))
    entry.add("dtstamp", _utc(stamp))
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
    return entry
