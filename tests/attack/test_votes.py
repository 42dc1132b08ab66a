"""Votes: closing one at the moment that suits."""

import datetime as dt

import pytest
from flask import Flask

from tests import factories
from tests.browsers import Browser
from webapp.core.database import db
from webapp.guests.links import personal_token
from webapp.models import Answer, Event, Guest, Question, User

LOCAL = "%Y-%m-%dT%H:%M"


@pytest.fixture
def owner(app: Flask) -> User:
    return factories.an_account("Neža")


@pytest.fixture
def event(owner: User) -> Event:
    """An event that began an hour ago and whose vote closes with its end, in a day."""
    return factories.an_event(
        factories.a_company(owner),
        owner,
        questions={"Where?": ["Here", "There"]},
        starts_in=dt.timedelta(hours=-1),
        lasts=dt.timedelta(hours=25),
    )


def move_end(browser: Browser, event: Event, ends_at: dt.datetime) -> int:
    fields = {
        "title": event.title,
        "timezone": "UTC",
        "starts_at": event.starts_at.strftime(LOCAL),
        "ends_at": ends_at.strftime(LOCAL),
        "visibility": event.visibility,
    }
    return browser.submit(f"/events/{event.id}/edit", fields).status_code


def vote(browser: Browser, guest: Guest, event: Event) -> int:
    answer = db.session.query(Answer).join(Answer.question).filter(Question.event_id == event.id).first()
    assert answer is not None
    ballot = {f"question-{answer.question_id}": str(answer.id)}
    return browser.submit(f"/rsvp/{personal_token(guest)}/vote", ballot).status_code


def test_an_earlier_end_of_the_event_does_not_close_its_open_vote(
    browser: Browser, other_browser: Browser, owner: User, event: Event
):
    guest = factories.a_guest(event, reply="yes")
    said = event.votes_until
    assert move_end(browser.sign_in(owner), event, event.starts_at + dt.timedelta(minutes=10)) == 303
    db.session.refresh(event)
    assert event.ends_at < said
    assert event.votes_until == said
    assert vote(other_browser, guest, event) == 303


def test_a_later_end_takes_the_open_vote_along(browser: Browser, owner: User, event: Event):
    later = event.ends_at + dt.timedelta(hours=3)
    assert move_end(browser.sign_in(owner), event, later) == 303
    db.session.refresh(event)
    assert abs(event.votes_until - later) < dt.timedelta(minutes=1)
