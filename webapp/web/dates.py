"""Moments as people read them: "Sat 21 November, 18:00 (Ljubljana)".

Every function takes aware datetimes (UTC from the database) and the IANA name of the zone to show them in. Names of
months and days come from the page's language; what was written once is kept, since half of a
list page's time goes here.
"""

import datetime as dt
import functools
from typing import NamedTuple

from babel import Locale
from babel.dates import format_timedelta, get_timezone_location
from flask_babel import get_locale
from flask_babel import gettext as _

from webapp.core import clock

_KEEP = 8192
_SOON = dt.timedelta(seconds=45)


class DayParts(NamedTuple):
    """What stands on a leaf of the calendar, and the moment as a machine reads it."""

    month: str
    day: str
    weekday: str
    iso: str


class _Names(NamedTuple):
    days: dict[int, str]
    days_short: dict[int, str]
    months: dict[int, str]
    months_short: dict[int, str]


def _language() -> str:
    locale = get_locale()
    return str(locale) if locale else "en"


@functools.lru_cache(maxsize=32)
def _names(language: str) -> _Names:
    locale = Locale.parse(language)
    days, months = locale.days["format"], locale.months["format"]
    return _Names(dict(days["wide"]), dict(days["abbreviated"]), dict(months["wide"]), dict(months["abbreviated"]))


@functools.lru_cache(maxsize=1024)
def _city(zone: str, language: str) -> str:
    if zone == "UTC" or "/" not in zone:
        return zone
    try:
        return str(get_timezone_location(zone, locale=language, return_city=True))
    except LookupError:  # a zone that the language data does not know
        return zone.rsplit("/", 1)[-1].replace("_", " ")


def zone_name(zone: str | None) -> str:
    """Return what people call a time zone: "Ljubljana" for Europe/Ljubljana, "UTC" for UTC or none."""
    return _city(zone or "UTC", _language())


def _day(local: dt.datetime, year: int, language: str) -> str:
    names = _names(language)
    weekday, month = names.days_short[local.weekday()], names.months[local.month]
    if local.year == year:
        return _("%(weekday)s %(day)s %(month)s", weekday=weekday, day=local.day, month=month)
    return _("%(weekday)s %(day)s %(month)s %(year)s", weekday=weekday, day=local.day, month=month, year=local.year)


@functools.lru_cache(maxsize=_KEEP)
def _when(moment: dt.datetime, zone: str, year: int, language: str) -> str:
    local = moment.astimezone(clock.zone(zone))
    return _("%(day)s, %(time)s", day=_day(local, year, language), time=f"{local:%H:%M}")


@functools.lru_cache(maxsize=_KEEP)
def _short(moment: dt.datetime, zone: str, year: int, language: str) -> str:
    local = moment.astimezone(clock.zone(zone))
    names = _names(language)
    day = f"{names.days_short[local.weekday()]} {local.day} {names.months_short[local.month]}"
    day = day if local.year == year else f"{day} {local.year}"
    return _("%(day)s, %(time)s", day=day, time=f"{local:%H:%M}")


def _year(zone: str) -> int:
    return clock.now().astimezone(clock.zone(zone)).year


def when(moment: dt.datetime | None, zone: str | None, *, place: bool = True) -> str:
    """Return a moment in its zone, "Sat 21 November, 18:00 (Ljubljana)"; the year only when it is not the current one.

    Without `place` the zone's name is left out. "" for no moment.
    """
    if moment is None:
        return ""
    zone = zone or "UTC"
    text = _when(moment, zone, _year(zone), _language())
    return _("%(when)s (%(place)s)", when=text, place=zone_name(zone)) if place else text


def span(starts: dt.datetime, ends: dt.datetime | None, zone: str | None, *, place: bool = True) -> str:
    """Return from when to when, "Sat 21 November, 18:00 to 22:00 (Ljubljana)", the second day only if it differs."""
    if ends is None:
        return when(starts, zone, place=place)
    zone = zone or "UTC"
    year, language = _year(zone), _language()
    first, last = starts.astimezone(clock.zone(zone)), ends.astimezone(clock.zone(zone))
    until = f"{last:%H:%M}" if first.date() == last.date() else _when(ends, zone, year, language)
    text = _("%(starts)s to %(ends)s", starts=_when(starts, zone, year, language), ends=until)
    return _("%(when)s (%(place)s)", when=text, place=zone_name(zone)) if place else text


def own_time(starts: dt.datetime, zone: str | None, viewer_zone: str | None, ends: dt.datetime | None = None) -> str:
    """Return the same moment where the viewer is, "17:00 to 21:00 for you (Reykjavik)"; "" for the same hour."""
    if not viewer_zone:
        return ""
    zone = zone or "UTC"
    there, here = starts.astimezone(clock.zone(zone)), starts.astimezone(clock.zone(viewer_zone))
    if there.replace(tzinfo=None) == here.replace(tzinfo=None):
        return ""
    year, language = _year(viewer_zone), _language()
    text = f"{here:%H:%M}" if here.date() == there.date() else _when(starts, viewer_zone, year, language)
    if ends is not None:
        last = ends.astimezone(clock.zone(viewer_zone))
        until = f"{last:%H:%M}" if last.date() == here.date() else _when(ends, viewer_zone, year, language)
        text = _("%(starts)s to %(ends)s", starts=text, ends=until)
    return _("%(time)s for you (%(place)s)", time=text, place=zone_name(viewer_zone))


def short(moment: dt.datetime | None, zone: str | None) -> str:
    """Return a moment for a table's cell, "Mon 2 Nov, 09:00"; with the year when it is another one. "" for none."""
    if moment is None:
        return ""
    zone = zone or "UTC"
    return _short(moment, zone, _year(zone), _language())


def on_day(moment: dt.datetime, zone: str | None) -> str:
    """Return the day of a moment in its zone, "Sat 21 November"; the year only when it is not the current one."""
    zone = zone or "UTC"
    return _day(moment.astimezone(clock.zone(zone)), _year(zone), _language())


def day_of(date: dt.date) -> str:
    """Return a day for a chart or a table, "7 Sep"; no year."""
    return f"{date.day} {_names(_language()).months_short[date.month]}"


def short_day(moment: dt.datetime | None, zone: str | None) -> str:
    """Return a moment's day for a table's cell, "Mon 2 Nov"; with the year when it is another one. "" for none."""
    if moment is None:
        return ""
    zone = zone or "UTC"
    local, names = moment.astimezone(clock.zone(zone)), _names(_language())
    day = f"{names.days_short[local.weekday()]} {local.day} {names.months_short[local.month]}"
    return day if local.year == _year(zone) else f"{day} {local.year}"


@functools.lru_cache(maxsize=_KEEP)
def _day_parts(moment: dt.datetime, zone: str, language: str) -> DayParts:
    local = moment.astimezone(clock.zone(zone))
    names = _names(language)
    stamp = local.isoformat(timespec="minutes")
    return DayParts(names.months[local.month], str(local.day), names.days[local.weekday()], stamp)


def day_parts(moment: dt.datetime, zone: str | None) -> DayParts:
    """Return month, day of the month and weekday of a moment in its zone, and the moment in ISO 8601."""
    return _day_parts(moment, zone or "UTC", _language())


def ago(moment: dt.datetime | None) -> str:
    """Return how long ago a moment was, or how far away it is, in words: "5 minutes ago", "in 2 days". "" for none."""
    if moment is None:
        return ""
    since = moment - clock.now()
    if abs(since) < _SOON:
        return _("just now")
    return format_timedelta(since, add_direction=True, locale=_language())


def iso(moment: dt.datetime | None) -> str:
    """Return a moment for a `datetime` attribute: ISO 8601 in UTC, to the second. "" for none."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""
