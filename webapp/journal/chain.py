"""The chain: what the seal of an entry is computed from, to the byte (docs/journal.md tells others)."""

import datetime as dt
import hashlib
import json
import uuid
from typing import Any, Final

from webapp.models import JournalEntry

# What stands before the first entry.
BEGINNING: Final = ""
COLUMNS: Final = (
    JournalEntry.id,
    JournalEntry.at,
    JournalEntry.actor_kind,
    JournalEntry.actor_id,
    JournalEntry.action,
    JournalEntry.thing_type,
    JournalEntry.thing_id,
    JournalEntry.company_id,
    JournalEntry.event_id,
    JournalEntry.details,
    JournalEntry.position,
    JournalEntry.seal,
)


def moment(at: dt.datetime) -> str:
    """Return an aware moment as "2026-11-21T15:52:24.123456Z": UTC, always six figures after the second."""
    return at.astimezone(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _id(value: uuid.UUID | None) -> str | None:
    return None if value is None else str(value)


def content(entry: Any, position: int | None, previous: str | None) -> dict[str, Any]:
    """Return what is sealed of `entry` (a row of COLUMNS) at `position` (from 1), behind the seal `previous`.

    Ids are texts. An entry that is not sealed yet has None for both.
    """
    return {
        "action": entry.action,
        "actor_id": _id(entry.actor_id),
        "actor_kind": entry.actor_kind,
        "at": moment(entry.at),
        "company_id": _id(entry.company_id),
        "details": entry.details,
        "event_id": _id(entry.event_id),
        "id": str(entry.id),
        "position": position,
        "previous": previous,
        "thing_id": _id(entry.thing_id),
        "thing_type": entry.thing_type,
    }


def canonical(said: dict[str, Any]) -> bytes:
    """Return `said` as the one JSON there is of it: names sorted, no spaces, no escapes but JSON's own, UTF-8."""
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    # half a surrogate pair is no character; whoever smuggles one in must not stop the sealing
    return text.encode("utf-8", "surrogatepass")


def seal_of(entry: Any, position: int, previous: str) -> str:
    """Return the seal of `entry` (a row of COLUMNS) there: SHA-256 in hexadecimal."""
    return hashlib.sha256(canonical(content(entry, position, previous))).hexdigest()
