"""Many at once are put on the list as they would be one by one, in few statements."""

import datetime as dt
import random
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests import factories
from webapp.core import clock
from webapp.core.database import db
from webapp.guests import operations, rows
from webapp.models import Event, EventDay, Guest, JournalEntry, OutboxMail, User

pytestmark = pytest.mark.both_databases

PEOPLE = [
    "Ana <ana@example.org>",
    "Ana again <ANA@example.org>",
    "new@example.org",
    "Bor <bor@example.org>",
    "listed@example.org",
    "removed@example.org",
    "Gone <left@example.org>",
    "somebody@example.org",
    "Somebody Else <else@example.org>",
    "unverified@example.org",
    "of somebody <other@example.org>",
    "nobody",
    "@example.org",
    "",
]


@pytest.fixture
def owner(app: Flask) -> User:
    factories.an_account(email="somebody@example.org")
    factories.an_account(email="unverified@example.org", verified=False)
    return factories.an_account()


def an_event(owner: User) -> Event:
    event = factories.an_event(factories.a_company(owner), owner)
    moment = clock.now() - dt.timedelta(days=1)
    factories.a_guest(event, name="L", email="listed@example.org")
    factories.a_guest(event, name="R", email="removed@example.org", removed_at=moment, invited_at=moment)
    factories.a_guest(
        event, name="G", email="left@example.org", removed_at=moment, left_at=moment, unsubscribed_at=moment
    )
    other = db.session.scalars(sa.select(User).where(User.email == "other@example.org")).one_or_none()
    # an account that stands there under another address
    other = other or factories.an_account(email="other@example.org")
    factories.a_guest(event, name="O", user=other, email="was@example.org")
    return event


def told(event: Event) -> dict[str, Any]:
    """All that is kept of an event's list, without ids and times."""
    guests = {guest.id: guest for guest in db.session.scalars(sa.select(Guest).where(Guest.event_id == event.id))}
    counters = {
        column.key: getattr(event, column.key)
        for column in sa.inspect(Event).columns
        if column.key.startswith(("guests_", "taken"))
    }
    of_event = {model: sa.select(model).where(model.event_id == event.id) for model in (EventDay, OutboxMail)}
    entries = db.session.scalars(sa.select(JournalEntry).where(JournalEntry.event_id == event.id))
    return {
        "guests": sorted(
            (
                *(g.email_key, g.email, g.name, g.name_key, g.source, str(g.user_id), str(g.listed_by), g.standing),
                *(g.invited_at is not None, g.last_mail_id is not None, bool(g.nonce)),
            )
            for g in guests.values()
        ),
        "counters": counters,
        "days": sorted((d.invited, d.opened, d.yes) for d in db.session.scalars(of_event[EventDay])),
        "mails": sorted(
            (
                *(m.to_key, m.to_name, m.template, guests[m.guest_id].email_key, str(m.user_id), m.state),
                guests[m.guest_id].last_mail_id == m.id,
            )
            for m in db.session.scalars(of_event[OutboxMail])
        ),
        "journal": sorted((e.action, guests[e.thing_id].email_key, str(e.details), str(e.actor_id)) for e in entries),
    }


@pytest.mark.parametrize("seed", range(8))
def test_together_is_as_one_by_one(owner: User, monkeypatch: pytest.MonkeyPatch, seed: int):
    chance = random.Random(seed)
    lines = [chance.choice(PEOPLE) for _ in range(chance.randint(1, 25))]
    invite = bool(seed % 2)
    together, apart = an_event(owner), an_event(owner)
    at_once = operations.add_guests(factories.acting(owner), together, lines, invite=invite)
    monkeypatch.setattr(rows, "unknown", lambda _event, _keys: set())
    one_by_one = operations.add_guests(factories.acting(owner), apart, lines, invite=invite)
    assert [(a.line, a.outcome, a.guest_id is None) for a in at_once] == [
        (a.line, a.outcome, a.guest_id is None) for a in one_by_one
    ]
    db.session.rollback()
    assert told(together) == told(apart)


def statements(owner: User, event: Event, people: list[tuple[str, str]]) -> int:
    seen: list[str] = []

    def note(*given: Any) -> None:
        seen.append(given[2])

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        done = operations.add_people(factories.acting(owner), event, people, invite=True)
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    assert {one.outcome for one in done} == {"added"}
    return len(seen)


def test_a_thousand_take_few_statements(owner: User):
    event = factories.an_event(factories.a_company(owner), owner)
    few = statements(owner, event, [("", f"a{n}@example.org") for n in range(10)])
    assert few <= 25
    assert statements(owner, event, [(f"G {n}", f"g{n}@example.org") for n in range(1000)]) <= few + 20
    db.session.rollback()
    assert (event.guests_listed, event.guests_invited) == (1010, 1010)


def test_who_comes_onto_the_list_meanwhile_keeps_no_other_away(owner: User, monkeypatch: pytest.MonkeyPatch):
    event = an_event(owner)
    # as if "listed" had come between the look and the write
    monkeypatch.setattr(rows, "unknown", lambda _event, keys: set(keys))
    lines = ["new@example.org", "listed@example.org", "Bor <bor@example.org>"]
    done = operations.add_guests(factories.acting(owner), event, lines, invite=True)
    assert [one.outcome for one in done] == ["added", "there already", "added"]
    db.session.rollback()
    assert len(told(event)["mails"]) == 2
