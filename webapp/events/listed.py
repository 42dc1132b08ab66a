"""Lists of events in the order of their start: any page of them by index, however many events there are.

An event stands on a list in one of several ways (public, a company's, one's own …), and no index walks them all at
once. So each way is a part of its own that gives its next few, and the page is made of the first of those. Words are
looked for in one of three ways, whichever looks at least: a rare word names its events; where a way holds few events,
each is asked for the words; and a common word is walked in the order of its events' starts.
"""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, exists, false, func, or_, select, union_all
from sqlalchemy.orm import aliased

from webapp.core import clock, text
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.words import words_asked
from webapp.events import policy
from webapp.events.policy import Way
from webapp.events.schemas import LONGEST
from webapp.models import Event, EventWord

WHEN: Final = ("upcoming", "past", "mine", "all")
MOST_COUNTED: Final = 10_000
MOST_FOUND: Final = 1_000
"""So far is counted, where each that counts has to be looked at."""
FEW: Final = 2_000
"""So many events are looked at one by one rather than walked in order."""
MOST_WORDS: Final = 32
"""So many words that begin alike are walked side by side."""
# No word holds it, so that what begins with a word lies between the word and the word with it.
_LAST = "\U0010ffff"

Narrow = Callable[[Select[Any], Sequence[Any]], Select[Any]]
_KEY = (Event.starts_at, Event.id)


@dataclasses.dataclass(frozen=True)
class Part:
    """Some of a list's events: a SELECT of their ids as `id`, and the columns of its order."""

    statement: Select[Any]
    key: Sequence[Any]


@dataclasses.dataclass(frozen=True)
class Events:
    """A list of events: all that stand in any of its parts."""

    parts: Sequence[Part]
    most: int = MOST_COUNTED

    def page(self, narrow: Narrow) -> Select[Event]:
        """Return a SELECT of the events of one page; `narrow` orders a SELECT by the columns given and cuts it."""
        if not self.parts:
            return narrow(select(Event).where(false()), _KEY)
        cut = [narrow(part.statement, part.key).subquery() for part in self.parts]
        ids = union_all(*[select(one.c.id) for one in cut]) if len(cut) > 1 else select(cut[0].c.id)
        return narrow(select(Event).where(Event.id.in_(ids)), _KEY)

    def count(self) -> int:
        """Return how many there are, counted up to `most`."""
        if not self.parts:
            return 0
        cut = [part.statement.limit(self.most).subquery() for part in self.parts]
        every = union_all(*[select(one.c.id) for one in cut]).subquery()
        some = select(every.c.id).distinct().limit(self.most).subquery()
        return db.session.scalar(select(func.count()).select_from(some)) or 0


def events_listed(
    actor: Actor,
    *,
    when: str = "upcoming",
    search: str = "",
    project: uuid.UUID | None = None,
    company: uuid.UUID | None = None,
) -> Events:
    """Return the list of events that `actor` is shown.

    `when`: "upcoming" (not over yet), "past" (over), "mine" (hosted, co-hosted, or on the guest list of), or "all".
    `search`: how words of the title or place begin, all of them, in any order; accents and case do not matter.
    `project`: only this project's; `company`: only this company's own.
    """
    ways = policy.own_ways(actor) if when == "mine" else policy.ways_listed(actor)
    further: list[ColumnElement[bool]] = []
    if project is not None:
        further.append(Event.project_id == project)
    if company is not None:
        further.append(Event.company_id == company)
    search = text.fit(search)
    if not search.strip():
        return Events([_walk(way, [*further, *_then(when, Event.starts_at)]) for way in ways])
    asked = words_asked(search)
    return Events(_found(ways, asked, when, further) if asked else [], MOST_FOUND)


def _then(when: str, starts_at: Any) -> list[ColumnElement[bool]]:
    """Return the conditions of `when`, with what the start says of the end, so that an index of starts serves."""
    moment = clock.now()
    if when == "past":
        return [starts_at < moment, Event.ends_at < moment]
    if when == "upcoming":
        return [starts_at >= moment - LONGEST - dt.timedelta(days=1), Event.ends_at >= moment]
    return []


def _walk(way: Way, conditions: Sequence[ColumnElement[bool]]) -> Part:
    return Part(select(Event.id).where(way.condition, *conditions), _KEY)


def _begins(word: Any, asked: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = word.between(asked, asked + _LAST)
    return found


def _has(event_id: Any, asked: Sequence[str]) -> list[ColumnElement[bool]]:
    """Return the conditions that an event has a word that begins so, for each that is asked."""
    found: list[ColumnElement[bool]] = []
    for one in asked:
        row = aliased(EventWord)
        found.append(exists().where(row.event_id == event_id, _begins(row.word, one)))
    return found


def _up_to(most: int, statements: Sequence[Select[Any]]) -> list[int]:
    """Return how many rows each SELECT has, counted up to one more than `most`."""
    if not statements:
        return []
    counts = [select(func.count()).select_from(s.limit(most + 1).subquery()).scalar_subquery() for s in statements]
    return list(db.session.execute(select(*counts)).one())


def _found(
    ways: Sequence[Way], asked: Sequence[str], when: str, further: Sequence[ColumnElement[bool]]
) -> Sequence[Part]:
    numbers = _up_to(10 * FEW, [select(EventWord.event_id).where(_begins(EventWord.word, one)) for one in asked])
    # the first of those that are found as rarely is the longest
    rarest = min(range(len(asked)), key=numbers.__getitem__)
    if not numbers[rarest]:
        return []
    others = [word for number, word in enumerate(asked) if number != rarest]
    anyway = or_(false(), *[way.condition for way in ways])
    if numbers[rarest] <= FEW:
        named = select(EventWord.event_id).where(
            _begins(EventWord.word, asked[rarest]), *_has(EventWord.event_id, others)
        )
        among = [*further, *_then(when, Event.starts_at)]
        # OFFSET 0: they are gathered first, and put in order then; else PostgreSQL would walk all events in that order
        found = select(Event.id, Event.starts_at).where(Event.id.in_(named), anyway, *among).offset(0).subquery()
        return [Part(select(found.c.id), (found.c.starts_at, found.c.id))]
    large = [way for way in ways if not way.few]
    sizes = _up_to(FEW, [select(Event.id).where(way.condition) for way in large])
    words = _vocabulary(asked[rarest])
    walked = [way for way, size in zip(large, sizes, strict=True) if size > FEW] if len(words) <= MOST_WORDS else []
    asking = [*further, *_then(when, Event.starts_at), *_has(Event.id, asked)]
    parts = [_walk(way, asking) for way in ways if way not in walked]
    if walked:
        either = or_(*[way.condition for way in walked])
        parts += [_walk_word(word, either, others, [*further, *_then(when, EventWord.starts_at)]) for word in words]
    return parts


def _vocabulary(begin: str) -> list[str]:
    """Return the words there are that begin so, the first MOST_WORDS + 1 of them; each is one look into the index."""
    first = select(func.min(EventWord.word).label("word")).where(_begins(EventWord.word, begin))
    known = first.cte("known", recursive=True)
    after = (
        select(func.min(EventWord.word))
        .where(EventWord.word > known.c.word, EventWord.word <= begin + _LAST)
        .correlate(known)
        .scalar_subquery()
    )
    known = known.union_all(select(after).where(known.c.word.is_not(None)))
    found = select(known.c.word).where(known.c.word.is_not(None)).limit(MOST_WORDS + 1)
    return list(db.session.scalars(found))


def _walk_word(
    word: str, either: ColumnElement[bool], others: Sequence[str], conditions: Sequence[ColumnElement[bool]]
) -> Part:
    statement = (
        select(EventWord.event_id.label("id"))
        .join(Event, Event.id == EventWord.event_id)
        .where(EventWord.word == word, either, *conditions, *_has(EventWord.event_id, others))
    )
    return Part(statement, (EventWord.starts_at, EventWord.event_id))
