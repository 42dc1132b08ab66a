"""Of 100,000 events, and of 100,000 guests, any page is answered by index."""

from typing import Any

import pytest
from flask import Flask

from tests.programs import Program
from tests.scale.plans import Work, noted, work_of
from tests.scale.world import MANY, World
from webapp.core.database import db
from webapp.guests.queries import STATUSES, list_word
from webapp.models import Event, User
from webapp.web.pagination import Cursor, encode

Large = tuple[Flask, World]
PEOPLE = ("nobody", "stranger", "owner", "doorkeeper")
PLACES = ("first", "middle", "last")
MOST = {"sqlite": 250_000, "postgresql": 20_000}
"""How much a page may look at, in steps of the machine or rows. Sorting all takes millions or hundreds of thousands."""
MOST_TO_COUNT = {"sqlite": 2_500_000, "postgresql": 250_000}


def asked_by(large: Large, person: str, path: str) -> tuple[list[Work], dict[str, Any]]:
    """Ask for `path`; return how each of its statements was done, and the answer."""
    app, world = large
    with app.app_context():
        program = Program(app)
        if person != "nobody":
            program.act_for(db.session.get_one(User, getattr(world, person)))
        with noted() as statements:
            answer = program.get(path)
        db.session.rollback()
        works = [work_of(one) for one in statements]
    assert answer.status_code == 200, answer.text
    return works, answer.json


def judge(large: Large, works: list[Work], most: dict[str, int] = MOST) -> None:
    """Say that nothing large was read whole, and that counting ended early."""
    with large[0].app_context():
        kind = db.engine.dialect.name
    assert works
    for work in works:
        assert work.looked_at <= (MOST_TO_COUNT if work.counts else most)[kind], f"{work.looked_at}\n{work.plan}"
        # a count that ends after so many may read a table in the order in which it lies there
        assert work.counts or not work.wrong, f"{work.wrong}\n{work.plan}"


def from_there(place: str, middle: tuple[Any, ...], last: tuple[Any, ...], sealed: str = "") -> str:
    key = {"first": None, "middle": middle, "last": last}[place]
    return f"&cursor={encode(Cursor(key), sealed)}" if key else ""


def among_guests(large: Large, place: str) -> str:
    """What asks for a page of the guest list, as the list itself would say it."""
    app, world = large
    with app.app_context():
        sealed = list_word(db.session.get_one(Event, world.event))
        return from_there(place, world.middle_guest, world.last_guest, sealed)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("search", ["", "gathering", "taco", "burrito", "gather tac", "4711 gath"])
@pytest.mark.parametrize("person", PEOPLE)
def test_any_page_of_the_events_is_found_by_index(large: Large, person: str, search: str, place: str):
    world = large[1]
    cursor = from_there(place, world.middle, world.last)
    works, answer = asked_by(large, person, f"/api/events?limit=50&search={search}{cursor}")
    judge(large, works)
    if search in {"", "gathering", "taco"}:
        assert len(answer["data"]) == 50 if place != "last" else 0 < len(answer["data"]) < 50
        assert answer["meta"]["count"] == (10_000 if not search else 1_000)
    starts = [event["starts_at"] for event in answer["data"]]
    assert starts == sorted(starts)


@pytest.mark.parametrize("when", ["upcoming", "past", "mine"])
@pytest.mark.parametrize("search", ["", "taco", "burrito"])
@pytest.mark.parametrize("person", PEOPLE)
def test_so_are_those_to_come_those_over_and_ones_own(large: Large, person: str, search: str, when: str):
    works, answer = asked_by(large, person, f"/api/events?limit=50&when={when}&search={search}")
    judge(large, works)
    assert answer["data"] or when == "mine" or search == "burrito"
    if answer["meta"]["next"]:
        path = f"/api/events?limit=50&when={when}&search={search}&cursor={answer['meta']['next']}"
        works, later = asked_by(large, person, path)
        judge(large, works)
        assert later["data"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("search", ["", "taco", "burrito"])
@pytest.mark.parametrize("narrowed", ["project", "company"])
def test_so_are_those_of_one_project_or_company(large: Large, narrowed: str, search: str, place: str):
    world = large[1]
    cursor = from_there(place, world.middle, world.last)
    path = f"/api/events?limit=50&when=all&search={search}&{narrowed}={getattr(world, narrowed)}{cursor}"
    works, answer = asked_by(large, "owner", path)
    # SQLite goes through the starts of all of them; it does so once, and reads nothing else
    judge(large, works, {**MOST, "sqlite": 20 * MANY})
    assert answer["data"] or search == "burrito"


WALKED_ON_SQLITE = {"listed", "trouble"}
"""Of these SQLite, which does not know how few they are, finds a page by going through the list once."""


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("status", STATUSES)
def test_any_page_of_the_guests_is_found_by_index(large: Large, status: str, place: str):
    path = f"/api/guests/{large[1].event}?limit=50&status={status}{among_guests(large, place)}"
    works, answer = asked_by(large, "owner", path)
    judge(large, works, {**MOST, "sqlite": 20 * MANY} if status in WALKED_ON_SQLITE else MOST)
    assert answer["data"] or place == "last"
    if status == "all":
        assert answer["meta"]["count"] == MANY + 2
    if status == "trouble" and place == "first":
        assert answer["meta"]["count"] == 100
    if status in {"all", "yes", "none"} and place != "last":
        assert len(answer["data"]) == 50


def test_parts_of_names_are_searched_among_the_guests_of_the_event_alone(large: Large):
    # the one search that looks at all guests of an event; it looks at them once, and at no others
    works, answer = asked_by(large, "owner", f"/api/guests/{large[1].event}?limit=50&search=099999")
    assert [guest["name"] for guest in answer["data"]] == ["Guest 099999"]
    assert max(work.looked_at for work in works) < 20 * MANY


@pytest.mark.parametrize("place", ["middle", "last"])
def test_so_are_the_later_pages_of_such_a_search(large: Large, place: str):
    path = f"/api/guests/{large[1].event}?limit=50&search=guest{among_guests(large, place)}"
    works, answer = asked_by(large, "owner", path)
    assert len(answer["data"]) == 50 if place == "middle" else 0 < len(answer["data"]) < 50
    assert max(work.looked_at for work in works) < 20 * MANY


# Which index is missed, by whom, and on which page.
GUESTS = "/api/guests/{event}?limit=50&status={status}"
MISSED = {
    ("ix_events_public", "ix_events_starts_at_events_id"): ("nobody", "/api/events?limit=50"),
    ("ix_event_words_word_event_words_starts_at_event_words_event_id",): ("nobody", "/api/events?limit=50&search=taco"),
    ("ix_guests_not_invited",): ("owner", GUESTS.replace("{status}", "listed")),
    ("ix_guests_waiting",): ("owner", GUESTS.replace("{status}", "waiting")),
    ("ix_guests_in",): ("owner", GUESTS.replace("{status}", "in")),
    # last, for of two that serve alike SQLite takes the one made last
    ("ix_guests_reply",): ("owner", GUESTS.replace("{status}", "no")),
    ("ix_guests_list",): ("owner", GUESTS.replace("{status}", "all")),
}


@pytest.mark.parametrize("names", MISSED)
def test_a_missing_index_is_missed(large: Large, names: tuple[str, ...]):
    app, world = large
    person, path = MISSED[names]
    with app.app_context():
        if db.engine.dialect.name == "sqlite" and path.endswith(tuple(WALKED_ON_SQLITE)):
            return
    before, _ = asked_by(large, person, path.format(event=world.event))
    judge(large, before)
    with app.app_context():
        found = [index for table in db.metadata.sorted_tables for index in table.indexes if index.name in names]
        for index in found:
            index.drop(db.engine)
    assert len(found) == len(names)
    try:
        works, _ = asked_by(large, person, path.format(event=world.event))
        with pytest.raises(AssertionError):
            judge(large, works)
    finally:
        with app.app_context():
            for index in found:
                index.create(db.engine)
