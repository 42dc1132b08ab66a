"""What a page of the journal is asked for: read from its address, and said again on the page."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _

from webapp.core import clock
from webapp.core.schema import local_to_utc
from webapp.journal import naming, queries, words
from webapp.journal.queries import Asked, Scope

PEOPLE_SHOWN = 20
_DAY = dt.timedelta(days=1)


@dataclasses.dataclass(frozen=True)
class Question:
    """What was typed and chosen, what it means, and what is wrong with it.

    `typed`: the fields as they stand in the address, the empty ones left out. `found`: the accounts that a search for
    a person found (one more than PEOPLE_SHOWN where there are too many). `wrong`: sentences by field.
    """

    typed: dict[str, str]
    asked: Asked
    zone: str
    found: tuple[tuple[uuid.UUID, str], ...] = ()
    wrong: dict[str, str] = dataclasses.field(default_factory=dict)

    @property
    def person(self) -> uuid.UUID | None:
        """The one account or guest whose doings are asked for by id."""
        return _as_id(self.typed.get("person"))

    @property
    def too_many(self) -> bool:
        """Tell whether more people are called so than are looked for."""
        return len(self.found) > PEOPLE_SHOWN

    def address(self, *, without: tuple[str, ...] = (), **more: str) -> str:
        """Return the address of this page with the same question, changed: some fields left out, others set."""
        fields = {name: text for name, text in self.typed.items() if name not in without} | more
        return _at(fields)


def _at(fields: Mapping[str, str]) -> str:
    # `from` is a word of Python's, and url_for takes some names for its own: none of these is among them
    return url_for(request.endpoint or "", **(request.view_args or {}), **fields)  # type: ignore[arg-type]


def _as_id(value: str | None) -> uuid.UUID | None:
    return naming.as_id(value)


def read(scope: Scope, zone: str) -> Question:
    """Return what the request asks of the journal of `scope`, days meant in `zone` (an IANA name).

    What cannot be understood asks nothing, and is told in `wrong`.
    """
    typed = {name: request.args.get(name, "")[:200].strip() for name in ("search", "person", "thing", "id")}
    typed |= {name: request.args.get(name, "")[:40].strip() for name in ("from", "until")}
    if typed["thing"] not in words.THINGS:
        typed["thing"] = ""
    if not typed["thing"] or _as_id(typed["id"]) is None:
        typed["id"] = ""
    if _as_id(typed["person"]) is None:
        typed["person"] = ""
    wrong: dict[str, str] = {}
    since, until = (_day(name, typed[name], zone, wrong) for name in ("from", "until"))
    found = tuple(queries.people(scope, typed["search"], PEOPLE_SHOWN + 1)) if typed["search"] else ()
    asked = Asked(
        people=_people(typed, found),
        thing_type=typed["thing"] or None,
        thing_id=_as_id(typed["id"]),
        since=since,
        until=until,
    )
    return Question({name: text for name, text in typed.items() if text}, asked, zone, found, wrong)


def _people(typed: Mapping[str, str], found: tuple[tuple[uuid.UUID, str], ...]) -> frozenset[uuid.UUID] | None:
    person = _as_id(typed["person"])
    if person is not None:
        return frozenset({person})
    return frozenset(user_id for user_id, _name in found[:PEOPLE_SHOWN]) if typed["search"] else None


def _day(name: str, typed: str, zone: str, wrong: dict[str, Any]) -> dt.datetime | None:
    """Return when the day begins or, of the last one, when it is over, in UTC."""
    if not typed:
        return None
    try:
        day = dt.datetime.combine(dt.date.fromisoformat(typed), dt.time())
    except ValueError:
        wrong[name] = _("Please give a day, such as 2026-11-21.")
        return None
    if not clock.EARLIEST.year <= day.year < clock.LATEST.year:
        wrong[name] = _("Please choose a day between the years 2000 and 2200.")
        return None
    return local_to_utc(day + _DAY if name == "until" else day, zone)
