"""The calendar file, read back."""

import datetime as dt

import icalendar
import pytest
from flask import Flask

from tests import factories
from tests.browsers import Browser
from webapp.core import clock
from webapp.events.calendar import event_calendar
from webapp.models import Company, Event, User

URL = "http://folkmoot.example.org/events/1"


@pytest.fixture
def ana(app: Flask) -> User:
    return factories.an_account("Ana")


@pytest.fixture
def company(ana: User) -> Company:
    return factories.a_company(ana)


def read(data: bytes) -> icalendar.Event:
    calendar = icalendar.Calendar.from_ical(data)
    (entry,) = calendar.events
    return entry


@pytest.mark.parametrize(
    ("zone", "starts", "ends"),
    [
        ("Europe/Ljubljana", "2026-03-29T01:30", "2026-03-29T03:30"),  # the clocks go forward in between
        ("Europe/Ljubljana", "2026-10-25T01:30", "2026-10-25T04:30"),  # and back
        ("Asia/Kathmandu", "2026-06-01T10:00", "2026-06-01T12:00"),  # 5:45 ahead
        ("Pacific/Apia", "2026-12-31T23:30", "2027-01-01T01:00"),
        ("Africa/Casablanca", "2026-02-16T20:00", "2026-02-17T20:00"),  # changes its clocks for Ramadan
    ],
)
def test_a_calendar_shows_it_at_the_right_hour(ana: User, company: Company, zone: str, starts: str, ends: str) -> None:
    place = clock.zone(zone)
    first, last = (dt.datetime.fromisoformat(text).replace(tzinfo=place) for text in (starts, ends))
    event = factories.an_event(company, ana, timezone=zone, starts_at=first, ends_at=last)
    entry = read(event_calendar(event, url=URL))
    assert entry.start.astimezone(place).strftime("%Y-%m-%dT%H:%M") == starts
    assert entry.end.astimezone(place).strftime("%Y-%m-%dT%H:%M") == ends
    assert entry.end - entry.start == last.astimezone(dt.UTC) - first.astimezone(dt.UTC)
    assert b"TZID" not in event_calendar(event, url=URL)


def test_odd_text_comes_back_as_it_was(ana: User, company: Company) -> None:
    title = "Soup, bread; \\ and “tea”: 🌳 אירוע " + "x" * 100
    text = "One\nTwo, three; four\n\nBEGIN:VEVENT\nSUMMARY:forged"
    event = factories.an_event(company, ana, title=title, description=text, place="Here; there,\\")
    data = event_calendar(event, url=URL)
    entry = read(data)
    assert str(entry["summary"]) == title
    assert str(entry["location"]) == "Here; there,\\"
    assert str(entry["description"]) == f"{text}\n\n{URL}"
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    assert data.endswith(b"END:VCALENDAR\r\n")


def test_its_name_stays_and_its_version_and_state_follow_the_event(ana: User, company: Company) -> None:
    event = factories.an_event(company, ana, sequence=3)
    first = read(event_calendar(event, url=URL))
    assert (str(first["uid"]), first["sequence"], str(first["status"])) == (str(event.id), 3, "CONFIRMED")
    called_off = factories.an_event(company, ana, state="cancelled", cancelled_at=clock.now())
    data = event_calendar(called_off, url=URL, method="CANCEL")
    assert str(read(data)["status"]) == "CANCELLED"
    assert b"\r\nMETHOD:CANCEL\r\n" in data


def test_the_file_is_for_whoever_may_see_the_event(app: Flask, browser: Browser, ana: User, company: Company) -> None:
    event = factories.an_event(company, ana, title="Žive meje")
    hidden = factories.an_event(company, ana, visibility="invited")
    answer = browser.get(f"/events/{event.id}.ics")
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="zive-meje.ics"'
    entry = read(answer.data)
    assert str(entry["url"]) == f"http://folkmoot.example.org/events/{event.id}"
    assert browser.get(f"/events/{hidden.id}.ics").status_code == 404
    assert _missing(browser, event).status_code == 404


def _missing(browser: Browser, event: Event):
    return browser.get(f"/events/{event.project_id}.ics")
