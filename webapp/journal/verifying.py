"""Verifying: walking the chain from its beginning, and saying where it breaks."""

import dataclasses
import datetime as dt
import enum
from collections.abc import Callable, Iterator
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, select, tuple_

from webapp.core.database import db
from webapp.core.operation import end_read
from webapp.journal.chain import BEGINNING, COLUMNS, seal_of
from webapp.models import JournalEntry

CHUNK = 1000
# Clocks of several machines differ, and an entry is dated a little before it is committed; never by so much.
SLACK = dt.timedelta(minutes=15)


class Fault(enum.StrEnum):
    """What can be wrong with an entry, or with the chain as a whole."""

    CHANGED = "changed"
    MISSING = "missing"
    DOUBLED = "doubled"
    LATE = "late"
    UNREADABLE = "unreadable"
    HEAD = "head"


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing that is wrong: with the entry `id` at `position` (None: not sealed, or none at all)."""

    fault: Fault
    position: int | None = None
    id: int | None = None

    @property
    def words(self) -> str:
        """Return what is wrong, as a sentence."""
        names = {"position": self.position, "id": self.id}
        if self.fault is Fault.CHANGED:
            return _("Entry %(position)s (id %(id)s) is not what was sealed there, or not behind what it was.", **names)
        if self.fault is Fault.MISSING:
            return _("Before entry %(position)s (id %(id)s) something is missing.", **names)
        if self.fault is Fault.DOUBLED:
            return _("Entry %(position)s (id %(id)s) stands twice at the same place.", **names)
        if self.fault is Fault.UNREADABLE:
            return _("Entry %(position)s (id %(id)s) holds what nobody could have written there.", **names)
        if self.fault is Fault.HEAD:
            return _("The seal you noted is not in this chain: entries at its end are gone, or it was made anew.")
        if self.position is None:
            return _("The entry with the id %(id)s is dated long before the one it follows.", **names)
        return _("Entry %(position)s (id %(id)s) is dated long before the one it follows.", **names)


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What a walk along the chain found.

    `entries` = `sealed` + `unsealed`. `position` and `head`: the last place and its seal (0 and "" for an empty chain).
    `first`: the first finding, of `findings` altogether. `noted_at`: where the expected head stands.
    """

    entries: int
    sealed: int
    unsealed: int
    position: int
    head: str
    findings: int
    first: Finding | None
    noted_at: int | None

    @property
    def whole(self) -> bool:
        """Tell whether nothing is wrong."""
        return self.first is None


@dataclasses.dataclass
class _Walk:
    """How far the walk has come."""

    expected: str | None
    sealed: int = 0
    unsealed: int = 0
    position: int = 0
    head: str = BEGINNING
    at: dt.datetime | None = None
    findings: int = 0
    first: Finding | None = None
    noted_at: int | None = None

    def find(self, fault: Fault, position: Any = None, entry_id: Any = None) -> None:
        self.findings += 1
        self.first = self.first or Finding(fault, position, entry_id)

    def sealed_entry(self, key: Any, entry: Any) -> None:
        """Judge one entry of the chain; `entry` is None where it cannot be read."""
        self.sealed += 1
        fault = self._fault(key.position, entry)
        if fault is not None:
            self.find(fault, key.position, key.id)
        self.position, self.head = key.position, key.seal
        self.at = self.at if entry is None else entry.at
        if self.expected is not None and key.seal == self.expected:
            self.noted_at = key.position

    def _fault(self, position: Any, entry: Any) -> Fault | None:
        if entry is None:
            return Fault.UNREADABLE
        if position == self.position:
            return Fault.DOUBLED
        if position != self.position + 1:
            return Fault.MISSING
        if seal_of(entry, position, self.head) != entry.seal:
            return Fault.CHANGED
        return Fault.LATE if self._is_late(entry) else None

    def unsealed_entry(self, key: Any, entry: Any) -> None:
        """Judge one entry that waits to be sealed."""
        self.unsealed += 1
        if entry is None:
            self.find(Fault.UNREADABLE, None, key.id)
            return
        if self._is_late(entry):
            self.find(Fault.LATE, None, key.id)
        self.at = entry.at

    def _is_late(self, entry: Any) -> bool:
        return self.at is not None and entry.at < self.at - SLACK

    def verdict(self) -> Verdict:
        if self.expected is not None and self.noted_at is None:
            self.find(Fault.HEAD)
        return Verdict(
            entries=self.sealed + self.unsealed,
            sealed=self.sealed,
            unsealed=self.unsealed,
            position=self.position,
            head=self.head,
            findings=self.findings,
            first=self.first,
            noted_at=self.noted_at,
        )


def verify(expected_head: str | None = None) -> Verdict:
    """Walk the whole chain by position, then what is not sealed yet, and return what was found.

    `expected_head`: a seal that was noted elsewhere (lower-case hexadecimal); it must still be in the chain, as its
    head or further back. A thousand entries at a time are held, however many there are.
    """
    walk = _Walk(expected_head)
    for key, entry in _entries(_behind):
        walk.sealed_entry(key, entry)
    for key, entry in _entries(_unsealed_behind):
        walk.unsealed_entry(key, entry)
    return walk.verdict()


_KEY = (JournalEntry.position, JournalEntry.id)
Keys = Select[*tuple[Any, ...]]
_KEYS = select(*_KEY, JournalEntry.seal)


def _behind(last: Any) -> Keys:
    statement = _KEYS.where(JournalEntry.position.is_not(None)).order_by(*_KEY)
    return statement if last is None else statement.where(tuple_(*_KEY) > (last.position, last.id))


def _unsealed_behind(last: Any) -> Keys:
    # without a seal, and not without a position: the partial index holds just these
    statement = _KEYS.where(JournalEntry.seal.is_(None)).order_by(JournalEntry.id)
    return statement if last is None else statement.where(JournalEntry.id > last.id)


def _entries(behind: Callable[[Any], Keys]) -> Iterator[tuple[Any, Any]]:
    """Yield (row of position, id and seal; row of COLUMNS, or None if it cannot be read) in order, a chunk a read."""
    last = None
    while True:
        keys = db.session.execute(behind(last).limit(CHUNK)).all()
        rows = _rows([key.id for key in keys])
        end_read()
        for key in keys:
            yield key, rows.get(key.id)
        if len(keys) < CHUNK:
            return
        last = keys[-1]


def _rows(ids: list[int]) -> dict[int, Any]:
    """Return the rows with these ids. What somebody wrote into the file by hand may be no date or no JSON at all."""
    whole = select(*COLUMNS).where(JournalEntry.id.in_(ids))
    try:
        return {row.id: row for row in db.session.execute(whole)}
    except (ValueError, TypeError, AttributeError):
        if len(ids) == 1:
            return {}
    return {entry_id: row for one in ids for entry_id, row in _rows([one]).items()}
