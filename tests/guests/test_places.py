"""Places and counters: whatever happens, the numbers on the event are those that counting the rows gives."""

import datetime as dt
import threading
import uuid
from collections.abc import Callable

import pytest
import time_machine
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from tests import databases, factories
from tests.guests.strategies import PEOPLE, steps
from webapp.core import clock
from webapp.core.actor import NOBODY, Actor
from webapp.core.database import Base, db
from webapp.core.errors import AppError
from webapp.core.hooks import AccountChange
from webapp.core.operation import operation
from webapp.guests import handlers, operations, rows
from webapp.guests.counters import DAILY
from webapp.models import Event, EventDay, Guest, User

pytestmark = pytest.mark.both_databases


def count_rows(event_id) -> dict[str, int]:
    """The counters as counting all rows gives them, said a second time in SQL."""
    on = (Guest.event_id == event_id, Guest.removed_at.is_(None), Guest.unconfirmed_until.is_(None))

    def number(*conditions) -> int:
        return db.session.scalar(select(func.count()).select_from(Guest).where(*conditions)) or 0

    return {
        "taken": db.session.scalar(select(func.coalesce(func.sum(Guest.places), 0)).where(Guest.event_id == event_id)),
        "guests_listed": number(*on),
        "guests_invited": number(*on, Guest.invited_at.is_not(None)),
        "guests_opened": number(*on, Guest.opened_at.is_not(None)),
        "guests_yes": number(*on, Guest.reply == "yes"),
        "guests_no": number(*on, Guest.reply == "no"),
        "guests_waiting": number(*on, Guest.waiting_since.is_not(None)),
        "guests_checked_in": number(*on, Guest.checked_in_at.is_not(None)),
        "guests_on_roll": number(Guest.event_id == event_id, Guest.on_roll),
    }


def kept(event_id) -> dict[str, int]:
    db.session.rollback()
    event = db.session.get_one(Event, event_id)
    return {name: getattr(event, name) for name in count_rows(event_id)}


def days_of(event_id) -> dict[str, int]:
    """What the event's days say, all of them together."""
    days = db.session.scalars(select(EventDay).where(EventDay.event_id == event_id)).all()
    return {f"guests_{name}": sum(getattr(day, name) for day in days) for name in DAILY}


def address(who: int) -> str:
    return f"guest{who}@example.org"


@operation
def verify(user: User) -> None:
    handlers.account_verified(AccountChange(user.id, user.email_key))


def acts(event: Event, owner: User, people: list[User]) -> dict[str, Callable[[int, int], object]]:
    organiser = factories.acting(owner)

    def row(who: int) -> Guest:
        guest = rows.by_address(event.id, address(who))
        if guest is None:
            raise AppError
        return guest

    def say(who: int, reply: str, size: int) -> None:
        guest = row(who)
        operations.reply(Actor(guest_id=guest.id), guest, reply=reply, party_size=size)

    return {
        "add": lambda who, _size: operations.add_guest(organiser, event, email=address(who), name=f"G{who}"),
        "invite": lambda who, _size: operations.invite_guests(organiser, event, [row(who).id]),
        "remind": lambda _who, _size: operations.remind_guests(organiser, event),
        "open": lambda who, _size: operations.mark_opened(row(who)),
        "yes": lambda who, size: say(who, "yes", size),
        "no": lambda who, _size: say(who, "no", 1),
        "join": lambda who, size: operations.join(factories.acting(people[who]), event, party_size=size),
        "leave": lambda who, _size: operations.leave(factories.acting(people[who]), event),
        "remove": lambda who, _size: operations.remove_guest(organiser, event, row(who)),
        "check in": lambda who, _size: operations.check_in(organiser, event, row(who)),
        "undo": lambda who, _size: operations.undo_check_in(organiser, event, row(who)),
        "walk in": lambda who, _size: operations.walk_in(organiser, event, name=f"W{who}"),
        "admit": lambda who, _size: operations.admit(NOBODY, event, email=address(who), confirmed=True),
        "admit unproven": lambda who, _size: operations.admit(NOBODY, event, email=address(who), confirmed=False),
        "confirm": lambda who, _size: operations.confirm_place(row(who)),
        "verify": lambda who, _size: verify(people[who]),
    }


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=steps,
    capacity=st.sampled_from([None, 1, 3, 6]),
    voting=st.booleans(),
    roll=st.sampled_from(["open", "frozen"]),
)
def test_after_anything_places_and_counters_are_what_counting_rows_gives(
    app: Flask, steps, capacity, voting, roll
) -> None:
    db.session.rollback()
    databases.empty(db.engine, Base.metadata)
    owner = factories.an_account()
    # some accounts have the address of a guest, some another
    people = [factories.an_account(email=address(who) if who % 2 else "") for who in range(PEOPLE)]
    opens = clock.now() + dt.timedelta(days=-1 if voting else 1)
    event = factories.an_event(
        factories.a_company(owner),
        owner,
        capacity=capacity,
        roll=roll,
        voting_opens_at=opens,
        questions={"?": ["a", "b"]},
    )
    does = acts(event, owner, people)
    happened = dict.fromkeys((f"guests_{name}" for name in DAILY), 0)
    for act, who, size in steps:
        before = kept(event.id)
        try:
            does[act](who, size)
        except AppError:
            assert kept(event.id) == before, f"{act} was refused and left something behind"
        after = count_rows(event.id)
        assert kept(event.id) == after, act
        happened = {name: times + max(0, after[name] - before[name]) for name, times in happened.items()}
        assert days_of(event.id) == happened, act
        assert capacity is None or kept(event.id)["taken"] <= capacity


def test_each_day_keeps_what_happened_on_it_and_nothing_is_taken_back(app: Flask) -> None:
    with time_machine.travel("2031-05-01T23:59:50Z", tick=False) as clock_hand:
        owner = factories.an_account()
        event = factories.an_event(factories.a_company(owner), owner)
        guest = factories.a_guest(event)
        me, door = Actor(guest_id=guest.id), factories.acting(owner)
        operations.reply(me, guest, reply="yes")
        operations.reply(me, guest, reply="no")
        clock_hand.shift(dt.timedelta(seconds=20))
        operations.reply(me, guest, reply="yes")
        for _ in range(2):
            operations.check_in(door, event, guest)
            operations.undo_check_in(door, event, guest)
    rows = db.session.scalars(select(EventDay).where(EventDay.event_id == event.id).order_by(EventDay.day)).all()
    assert [(str(row.day), row.yes, row.no, row.checked_in) for row in rows] == [
        ("2031-05-01", 1, 1, 0),
        ("2031-05-02", 1, 0, 2),
    ]
    assert kept(event.id)["guests_checked_in"] == 0


def test_many_answers_at_once_are_all_in_the_day(app: Flask) -> None:
    owner = factories.an_account()
    event = factories.an_event(factories.a_company(owner), owner)
    guests = [factories.a_guest(event).id for _ in range(12)]
    start, trouble = threading.Barrier(len(guests)), []

    def answer(guest_id: uuid.UUID, reply: str) -> None:
        with app.app_context():
            guest = db.session.get_one(Guest, guest_id)
            start.wait(20)
            try:
                operations.reply(Actor(guest_id=guest_id), guest, reply=reply)
            except Exception as error:  # noqa: BLE001 told to the test
                trouble.append(error)

    db.session.rollback()
    threads = [
        threading.Thread(target=answer, args=(one, "no" if number % 3 == 0 else "yes"))
        for number, one in enumerate(guests)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert trouble == []
    assert days_of(event.id) == {**dict.fromkeys(days_of(event.id), 0), "guests_yes": 8, "guests_no": 4}
    assert kept(event.id) == count_rows(event.id)


def test_a_yes_takes_places_and_less_frees_them(app: Flask) -> None:
    owner = factories.an_account()
    event = factories.an_event(factories.a_company(owner), owner, capacity=4)
    guest = factories.a_guest(event)
    me = Actor(guest_id=guest.id)
    for size, taken in ((3, 3), (4, 4), (2, 2)):
        operations.reply(me, guest, reply="yes", party_size=size)
        assert kept(event.id)["taken"] == taken
    operations.reply(me, guest, reply="no")
    assert kept(event.id)["taken"] == 0


def test_places_offered_to_others_are_not_given_away(app: Flask) -> None:
    owner = factories.an_account()
    event = factories.an_event(factories.a_company(owner), owner, capacity=2, offered=1)
    first, second = factories.a_guest(event), factories.a_guest(event)
    operations.reply(Actor(guest_id=first.id), first, reply="yes")
    with pytest.raises(AppError) as refused:
        operations.reply(Actor(guest_id=second.id), second, reply="yes")
    assert refused.value.id == "event_full_error"
