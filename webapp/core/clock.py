"""The one place that asks what time it is."""

import datetime as dt
import functools
import zoneinfo

EARLIEST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
LATEST = dt.datetime(2200, 1, 1, tzinfo=dt.UTC)


def now() -> dt.datetime:
    """Return the present moment as an aware datetime in UTC."""
    return dt.datetime.now(dt.UTC)


def zone(name: str | None) -> zoneinfo.ZoneInfo:
    """Return the time zone called `name` (an IANA name); UTC where there is none or it is unknown."""
    try:
        return zoneinfo.ZoneInfo(name or "UTC")
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return zoneinfo.ZoneInfo("UTC")


def is_zone(name: str) -> bool:
    """Tell whether `name` is a time zone of the world (an IANA name), not one of this machine's settings."""
    return name in _zones()


@functools.cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones() - {"localtime", "posixrules", "Factory"})


def zone_names() -> list[str]:
    """Return the IANA names a person may choose from, sorted, "UTC" first; no aliases of the operating system."""
    kept = sorted(n for n in _zones() if "/" in n and not n.startswith(("Etc/", "SystemV/", "posix/", "right/", "US/")))
    return ["UTC", *kept]
