"""Pages of long lists by key: the next page begins behind the last row's key, however far down it is."""

import base64
import dataclasses
import datetime as dt
import json
import uuid
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from flask import request, url_for
from sqlalchemy import ColumnElement, Select, tuple_

from webapp.core import text
from webapp.core.sealing import seal, unseal

Row = TypeVar("Row")
Key = tuple[Any, ...]


@dataclasses.dataclass(frozen=True)
class Cursor:
    """Where a page begins: behind `key`, or before it when paging back."""

    key: Key
    back: bool = False


@dataclasses.dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of a list, and the addresses of those beside it (None where there is none)."""

    items: Sequence[Row]
    next: str | None = None
    previous: str | None = None
    next_cursor: str | None = None


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return {"t": value.isoformat()}
    if isinstance(value, uuid.UUID):
        return {"u": value.hex}
    return value


def _rich(value: Any) -> Any:
    if isinstance(value, dict):
        return _moment(value["t"]) if "t" in value else uuid.UUID(hex=value["u"])
    return value


def _moment(value: str) -> dt.datetime:
    """Return the moment in UTC; raises OverflowError for one that UTC has no date for, ValueError without an offset."""
    moment = dt.datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(value)
    return moment.astimezone(dt.UTC)


def encode(cursor: Cursor, sealed: str = "") -> str:
    """Return the cursor as text for an address. `sealed`: of which list alone, so that nobody reads or makes one."""
    data = json.dumps(
        [cursor.back, *[_plain(part) for part in cursor.key]], separators=(",", ":"), ensure_ascii=not sealed
    )
    if sealed:
        return seal(data, sealed)
    return base64.urlsafe_b64encode(data.encode()).rstrip(b"=").decode()


def decode(value: str | None, types: tuple[type, ...], sealed: str = "") -> Cursor | None:
    """Return what `encode` made; None for nothing and for anything else (the list then begins at its start)."""
    if not value or len(value) > 4096:
        return None
    try:
        back, *parts = json.loads(
            (unseal(value, sealed) or "") if sealed else base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
        )
        key = tuple(_rich(part) for part in parts)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return None
    if not isinstance(back, bool) or [type(part) for part in key] != list(types):
        return None
    if any(isinstance(part, str) and text.unfit(part) for part in key):
        return None
    return Cursor(key, back)


def window(
    statement: Select[Any],
    columns: Sequence[ColumnElement[Any] | Any],
    cursor: Cursor | None,
    *,
    size: int,
    descending: bool = False,
) -> Select[Any]:
    """Return `statement` ordered by `columns` and narrowed to the page behind (or before) `cursor`.

    One row more than `size` is asked for, which tells whether there is a further page.
    """
    down = descending != (cursor is not None and cursor.back)
    if cursor is not None:
        key = tuple_(*columns)
        statement = statement.where(key < cursor.key if down else key > cursor.key)
    order = [column.desc() if down else column.asc() for column in columns]
    return statement.order_by(None).order_by(*order).limit(size + 1)


def paged(
    rows: Sequence[Row],
    cursor: Cursor | None,
    key: Callable[[Row], Key],
    *,
    size: int,
    address: Callable[[str], str] | None = None,
    sealed: str = "",
) -> Page[Row]:
    """Return the page that `rows` (fetched by `window`) make; `address` turns a cursor into a link.

    `sealed`: the list's own word, where a key must not be read out of a cursor.
    """
    more = len(rows) > size
    items = list(rows[:size])
    back = cursor is not None and cursor.back
    if back:
        items.reverse()
    address = address or here
    has_next = bool(items) and (back or more)
    has_previous = bool(items) and (more if back else cursor is not None)
    after = encode(Cursor(key(items[-1])), sealed) if has_next else None
    before = encode(Cursor(key(items[0]), back=True), sealed) if has_previous else None
    return Page(items, address(after) if after else None, address(before) if before else None, after)


def here(cursor: str) -> str:
    """Return the address of the page being shown, with `cursor` in place of its own."""
    # Joined by hand: url_for takes some names (`endpoint`, `_external`, `_anchor` …) for its own, whoever wrote them.
    asked = {**request.args.to_dict(flat=False), "page": cursor}
    return f"{url_for(request.endpoint or '', **(request.view_args or {}))}?{urlencode(asked, doseq=True)}"
