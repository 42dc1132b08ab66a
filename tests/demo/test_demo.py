"""The example company."""

import collections

from flask import Flask
from sqlalchemy import func, select

from tests import factories
from webapp.core import clock
from webapp.core.database import db
from webapp.guests.counters import DAILY
from webapp.home.demo import tell_story
from webapp.models import Company, Event, EventDay, Guest, Tally, User


def test_the_example_has_three_companies_twelve_events_and_three_hundred_guests(app: Flask) -> None:
    assert tell_story(factories.password_hash())
    for table, number in ((Company, 3), (Event, 12), (Guest, 300)):
        assert db.session.scalar(select(func.count()).select_from(table)) == number


def test_telling_it_twice_changes_nothing(app: Flask) -> None:
    tell_story(factories.password_hash())
    assert not tell_story(factories.password_hash())
    assert db.session.scalar(select(func.count()).select_from(Event)) == 12


def test_its_counters_say_what_counting_says(app: Flask) -> None:
    tell_story(factories.password_hash())
    for event in db.session.scalars(select(Event)).all():
        guests = db.session.scalars(select(Guest).where(Guest.event_id == event.id)).all()
        assert event.taken == sum(guest.places for guest in guests) <= (event.capacity or 1000)
        assert event.guests_yes == sum(guest.reply == "yes" for guest in guests)
        assert event.guests_on_roll == sum(guest.on_roll for guest in guests)


def test_its_days_say_when_it_happened(app: Flask) -> None:
    tell_story(factories.password_hash())
    happened: collections.Counter[tuple[object, ...]] = collections.Counter()
    for guest in db.session.scalars(select(Guest)).all():
        moments = {"invited": guest.invited_at, "opened": guest.opened_at, "checked_in": guest.checked_in_at}
        if guest.reply:
            moments[guest.reply] = guest.replied_at
        happened.update((guest.event_id, moment.date(), name) for name, moment in moments.items() if moment)
    days = db.session.scalars(select(EventDay)).all()
    kept = {(day.event_id, day.day, name): getattr(day, name) for day in days for name in DAILY}
    assert {key: number for key, number in kept.items() if number} == happened
    for event in db.session.scalars(select(Event)).all():
        for name in DAILY:
            of_event = sum(getattr(day, name) for day in days if day.event_id == event.id)
            assert of_event == getattr(event, f"guests_{name}")


def test_its_timestamps_come_in_the_order_in_which_things_happen(app: Flask) -> None:
    tell_story(factories.password_hash())
    for guest in db.session.scalars(select(Guest)).all():
        steps = [guest.listed_at, guest.invited_at, guest.opened_at, guest.replied_at, guest.checked_in_at]
        happened = [step for step in steps if step is not None]
        assert happened == sorted(happened)
        assert happened[-1] <= clock.now()


def test_its_past_votes_are_closed_and_those_to_come_are_open(app: Flask) -> None:
    tell_story(factories.password_hash())
    votes = db.session.execute(select(Tally, Event).join(Event, Event.id == Tally.event_id)).all()
    assert len(votes) == 3
    for tally, event in votes:
        assert (tally.closed_at is not None) == (event.ends_at < clock.now())
        assert tally.ballots > 0


def test_an_installation_that_people_have_set_up_gets_no_people_whose_password_everybody_knows(app: Flask) -> None:
    factories.an_account("Ana", site_administrator=True)
    done = app.test_cli_runner().invoke(args=["demo"])
    assert done.exit_code == 1
    assert "set up" in done.output
    assert db.session.query(User).count() == 1


def test_a_new_installation_is_set_up_with_the_example(app: Flask) -> None:
    factories.set_up_site(set_up_at=None)
    for said in ("The example company is there.", "was there already"):
        done = app.test_cli_runner().invoke(args=["demo"])
        assert (done.exit_code, said in done.output) == (0, True), done.output
        assert "neza@example.org" in done.output
