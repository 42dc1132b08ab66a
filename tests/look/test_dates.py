"""Moments as people read them, in the event's zone and in their own."""

import datetime as dt

import pytest
from flask import Flask
from flask_babel import Babel, force_locale

from webapp.core import clock
from webapp.web import dates

STARTS = dt.datetime(2026, 11, 21, 17, 0, tzinfo=dt.UTC)
ENDS = dt.datetime(2026, 11, 21, 21, 0, tzinfo=dt.UTC)
ZONE = "Europe/Ljubljana"


@pytest.fixture(autouse=True)
def page(monkeypatch):
    """A page in English, on 10 November 2026."""
    monkeypatch.setattr(clock, "now", lambda: dt.datetime(2026, 11, 10, 12, 0, tzinfo=dt.UTC))
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context("/"):
        yield


def test_a_moment_is_said_in_its_zone_with_its_name():
    assert dates.when(STARTS, ZONE) == "Sat 21 November, 18:00 (Ljubljana)"
    assert dates.when(STARTS, "UTC") == "Sat 21 November, 17:00 (UTC)"
    assert dates.when(STARTS, ZONE, place=False) == "Sat 21 November, 18:00"
    assert dates.when(STARTS, "Nowhere/Land") == "Sat 21 November, 17:00 (Land)"
    assert dates.when(None, ZONE) == ""


def test_the_year_is_said_when_it_is_another_one_there():
    new_year = dt.datetime(2026, 12, 31, 23, 30, tzinfo=dt.UTC)
    assert dates.when(new_year, ZONE) == "Fri 1 January 2027, 00:30 (Ljubljana)"
    assert dates.when(new_year, "America/New_York") == "Thu 31 December, 18:30 (New York)"


def test_a_span_names_the_second_day_only_if_it_is_another():
    assert dates.span(STARTS, ENDS, ZONE) == "Sat 21 November, 18:00 to 22:00 (Ljubljana)"
    late = ENDS + dt.timedelta(hours=5)
    assert dates.span(STARTS, late, ZONE) == "Sat 21 November, 18:00 to Sun 22 November, 03:00 (Ljubljana)"
    assert dates.span(STARTS, None, ZONE) == dates.when(STARTS, ZONE)


def test_the_readers_own_time_is_said_only_where_it_differs():
    assert dates.own_time(STARTS, ZONE, "Atlantic/Reykjavik") == "17:00 for you (Reykjavik)"
    assert dates.own_time(STARTS, ZONE, "Europe/Paris") == ""
    assert dates.own_time(STARTS, ZONE, None) == ""
    assert dates.own_time(STARTS, ZONE, "Asia/Tokyo") == "Sun 22 November, 02:00 for you (Tokyo)"
    assert dates.own_time(STARTS, ZONE, "Europe/London", ENDS) == "17:00 to 21:00 for you (London)"


def test_summer_time_is_kept():
    assert dates.when(dt.datetime(2026, 7, 1, 16, 0, tzinfo=dt.UTC), ZONE) == "Wed 1 July, 18:00 (Ljubljana)"


def test_short_moments_fit_a_table():
    assert dates.short(STARTS, ZONE) == "Sat 21 Nov, 18:00"
    assert dates.short(STARTS.replace(year=2025), ZONE) == "Fri 21 Nov 2025, 18:00"
    assert dates.short(None, ZONE) == ""


def test_a_day_alone_is_the_day_of_the_zone():
    assert dates.short_day(STARTS, ZONE) == "Sat 21 Nov"
    assert dates.short_day(ENDS, "Asia/Tokyo") == "Sun 22 Nov"
    assert dates.short_day(STARTS.replace(year=2025), None) == "Fri 21 Nov 2025"
    assert dates.short_day(None, ZONE) == ""


def test_the_leaf_of_the_calendar_has_the_day_of_the_zone():
    assert dates.day_parts(STARTS, ZONE) == ("November", "21", "Saturday", "2026-11-21T18:00+01:00")
    assert dates.day_parts(ENDS, "Asia/Tokyo").day == "22"


def test_names_are_those_of_the_pages_language():
    with force_locale("sl"):
        assert dates.day_parts(STARTS, ZONE)[:3] == ("november", "21", "sobota")
        assert dates.when(STARTS, "Europe/Vienna").endswith("18:00 (Dunaj)")


def test_how_long_ago():
    now = clock.now()
    assert dates.ago(now) == "just now"
    assert dates.ago(now - dt.timedelta(minutes=5)) == "5 minutes ago"
    assert dates.ago(now + dt.timedelta(days=2)) == "in 2 days"
    assert dates.ago(None) == ""


def test_machines_read_utc():
    assert dates.iso(STARTS.astimezone(clock.zone(ZONE))) == "2026-11-21T17:00:00Z"
    assert dates.iso(None) == ""
