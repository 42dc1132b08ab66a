"""What a program sends: one JSON object, read strictly, and no more of it than anything here takes."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l

from webapp.core.errors import AppError, InputError

JSON = "application/json"
_EXACT = 2**53
_VALUES = 20_000
"""How many values a body has at most, however deep they stand: thrice what anything here takes."""

_BRACKETS = 100_000
"""How many [ a body has at most, with those of its texts (a description has 50,000 characters)."""


class NotJsonError(AppError):
    """The body is of another content type than JSON."""

    id = "json_error"
    status = 415
    message = _l("Please send JSON: Content-Type: application/json.")


def _count(values: int, most: int = _VALUES) -> None:
    if values > most:
        raise InputError(_l("That is more than anything here takes."))


def _maker() -> Callable[[list[tuple[str, Any]]], dict[str, Any]]:
    """Return what makes the objects of one body of their pairs; it raises InputError."""
    made = 0

    def make(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal made
        made += 1 + len(pairs)
        _count(made)
        found = dict(pairs)
        if len(found) != len(pairs):
            raise InputError(_l("A name stands twice in this JSON."))
        return found

    return make


def _count_all(sent: Any) -> None:
    """Raise InputError where `sent` holds too many values, those in lists too."""
    found, left = 0, [sent]
    while left:
        one = left.pop()
        if isinstance(one, dict | list):
            found += len(one)
            _count(found)
            left += one.values() if isinstance(one, dict) else one


def body() -> Mapping[str, Any]:
    """Return the object that was sent; one whose only key is `data` is unwrapped. No body at all is an empty object.

    Raises NotJsonError for another content type and what is packed, InputError for what is no JSON object.
    """
    raw = request.get_data(cache=True)
    if not raw:
        return {}
    if request.mimetype != JSON or request.content_encoding not in {None, "", "identity"}:
        raise NotJsonError
    _count(raw.count(b"["), _BRACKETS)
    try:
        text = raw.decode("utf-8")
        sent = json.loads(text, object_pairs_hook=_maker(), parse_constant=_no_constant, parse_float=_number)
    except (ValueError, RecursionError) as error:
        raise InputError(_l("This is not JSON.")) from error
    _count_all(sent)
    if isinstance(sent, dict) and list(sent) == ["data"]:
        sent = sent["data"]
    if not isinstance(sent, dict):
        raise InputError(_l("Please send a JSON object."))
    return sent


def _number(text: str) -> int | float:
    # In JSON 2.0 and 2 are the same number.
    value = float(text)
    return int(value) if value.is_integer() and abs(value) <= _EXACT else value


def _no_constant(name: str) -> None:
    raise ValueError(name)
