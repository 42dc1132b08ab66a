"""The journal as a file, written a chunk at a time: CSV for people, JSON lines for those who check the chain."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from webapp.core.operation import end_read
from webapp.journal import queries
from webapp.journal.chain import BEGINNING, canonical, content, moment
from webapp.journal.naming import Names, names
from webapp.journal.queries import Asked, Scope

CHUNK: Final = 500
HEADS: Final = (
    "at",
    "who",
    "what",
    "action",
    "actor_kind",
    "actor_id",
    "thing_type",
    "thing_id",
    "company_id",
    "event_id",
    "details",
    "id",
    "position",
    "seal",
)
# A spreadsheet takes what begins so for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def _chunks(scope: Scope, asked: Asked) -> Iterator[Sequence[Any]]:
    """Yield what is asked for, oldest first, up to what there is now: an export comes to an end."""
    most, beyond = queries.newest_id(), 0
    while rows := queries.page(scope, asked, beyond=beyond, most=most, down=False, limit=CHUNK):
        yield rows
        beyond = rows[-1].id


def json_lines(scope: Scope, asked: Asked) -> Iterator[bytes]:
    """Yield an entry a line: what is sealed, in the form it is sealed in, and its seal (None until it is sealed).

    What is sealed while the export is written counts as not sealed, so that the chain in the file has no gap.
    """
    head = queries.head()
    last = head.position if head else 0
    for rows in _chunks(scope, asked):
        places = {row.position for row in rows if row.position is not None and row.position <= last}
        seals = queries.seals_at({place - 1 for place in places if place > 1}) | {0: BEGINNING}
        end_read()
        lines = []
        for row in rows:
            sealed = row.position in places
            said = content(row, row.position if sealed else None, seals[row.position - 1] if sealed else None)
            lines.append(canonical({**said, "seal": row.seal if sealed else None}) + b"\n")
        yield b"".join(lines)


def csv_lines(scope: Scope, asked: Asked, told: Callable[[Any, Names], tuple[str, str]]) -> Iterator[bytes]:
    """Yield the entries as a table in UTF-8; `told` says of an entry who did what."""
    # by this mark a spreadsheet knows that it is UTF-8
    yield "\ufeff".encode() + _table([HEADS])
    for rows in _chunks(scope, asked):
        found = names(rows)
        end_read()
        yield _table([_row(row, *told(row, found)) for row in rows])


def _row(entry: Any, who: str, what: str) -> Sequence[Any]:
    said = content(entry, entry.position, None)
    said |= {"who": who, "what": what, "seal": entry.seal, "at": moment(entry.at)}
    said["details"] = json.dumps(entry.details, sort_keys=True, ensure_ascii=False) if entry.details else ""
    return [_cell(said[name]) for name in HEADS]


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _table(rows: Sequence[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode("utf-8", "replace")
