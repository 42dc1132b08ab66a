"""Closing: exactly once, with reward, reputation and word to the roll; a cancelled event settles nothing."""

import concurrent.futures
import datetime as dt
import json
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import factories
from tests.mails import Outbox
from tests.voting.votes import TWO, a_voter, an_open_vote, as_guest, ballot, cast, cast_by_new_voters, end, move
from webapp.core import clock
from webapp.core.actor import NOBODY, Actor
from webapp.core.database import db
from webapp.core.errors import ConflictError, NotFoundError
from webapp.core.hooks import EventChange, event_cancelled
from webapp.core.operation import operation
from webapp.mail import rendering
from webapp.models import Ballot, Event, Guest, JournalEntry, Tally, User
from webapp.voting import jobs, operations, queries
from webapp.voting.rule import Rule
from webapp.voting.states import Phase

pytestmark = pytest.mark.both_databases
RECOUNT = Path(__file__).parent.parent.parent / "docs" / "recount.py"


def _tally(event: Event) -> Tally:
    return db.session.get_one(Tally, event.id)


def _dues(guests: list[Guest]) -> list[tuple[int, int]]:
    return [(guest.reward, guest.reputation) for guest in guests]


def _recount(path: Path, content: bytes, *more: str) -> subprocess.CompletedProcess[str]:
    path.write_bytes(content)
    return subprocess.run(
        [sys.executable, str(RECOUNT), str(path), *more], capture_output=True, text=True, check=False, timeout=60
    )


def test_a_consensus_at_close_shares_the_reward_and_moves_reputation(app: Flask) -> None:
    event = an_open_vote(reward=10)
    users = [factories.an_account() for _ in range(4)]
    guests = [a_voter(event, user=user) for user in users]
    silent = a_voter(event, user=factories.an_account())
    for guest, choice in zip(guests, (1, 0, 1, 1), strict=True):
        operations.cast_ballot(Actor(user_id=guest.user_id), guest, ballot(event, choice))
    assert operations.close_vote(end(event)) is True
    assert _tally(event).outcome == "consensus"
    assert _tally(event).reached_with == ballot(event, 1)
    assert _dues(guests) == [(4, 1), (0, -1), (3, 1), (3, 1)]
    assert _dues([silent]) == [(0, 0)]
    assert [db.session.get_one(User, user.id).reputation for user in users] == [1, -1, 1, 1]


def test_a_guest_without_an_account_gets_its_share(app: Flask) -> None:
    event = an_open_vote(reward=5)
    guest = a_voter(event)
    cast(guest, 0)
    operations.close_vote(end(event))
    assert _dues([guest]) == [(5, 1)]


def test_a_vote_without_consensus_is_recorded_as_that_and_moves_nothing(app: Flask) -> None:
    event = an_open_vote(reward=10)
    guests = [a_voter(event, user=factories.an_account()) for _ in range(2)]
    for guest, choice in zip(guests, (0, 1), strict=True):
        cast(guest, choice)
    operations.close_vote(end(event))
    tally = _tally(event)
    assert (tally.outcome, tally.reached_at, tally.reached_with) == ("no consensus", None, None)
    assert _dues(guests) == [(0, 0), (0, 0)]
    assert db.session.scalar(select(func.sum(func.abs(User.reputation)))) == 0


def test_a_vote_in_which_nobody_voted_closes_without_consensus(app: Flask) -> None:
    event = an_open_vote()
    end(event)
    jobs.settle_due()
    assert (_tally(event).outcome, _tally(event).ballots) == ("no consensus", 0)
    assert queries.results(NOBODY, event, None).whys == ["Too few ballots are in."]


def test_what_was_decided_at_once_stands_whatever_was_cast_later(app: Flask) -> None:
    event = an_open_vote(decide_when="at once", min_votes=2, reward=9)
    done = cast_by_new_voters(event, 0, 0, 1, 1, 1, 1)
    operations.close_vote(end(event))
    assert (_tally(event).outcome, _tally(event).reached_with) == ("consensus", ballot(event, 0))
    guests = [db.session.get_one(Guest, one.ballot.guest_id) for one in done]
    assert _dues(guests) == [(5, 1), (4, 1), (0, -1), (0, -1), (0, -1), (0, -1)]


def test_by_ballot_the_largest_set_of_answers_wins(app: Flask) -> None:
    event = an_open_vote(TWO, decide_by="ballot", min_agreement="1/2")
    cast_by_new_voters(event, (0, 0), (1, 1), (1, 1), (2, 1))
    operations.close_vote(end(event))
    assert _tally(event).reached_with == ballot(event, 1, 1)


def test_by_question_winning_answers_need_not_be_on_one_ballot(app: Flask) -> None:
    event = an_open_vote(TWO, reward=10)
    done = cast_by_new_voters(event, (0, 1), (0, 1), (1, 0), (1, 0), (0, 0))
    operations.close_vote(end(event))
    assert _tally(event).reached_with == ballot(event, 0, 0)
    guests = [db.session.get_one(Guest, one.ballot.guest_id) for one in done]
    assert _dues(guests) == [(0, -1)] * 4 + [(10, 1)]


def test_turnout_at_close_is_of_the_whole_roll(app: Flask) -> None:
    for size, outcome in ((4, "consensus"), (5, "no consensus")):
        event = an_open_vote(min_turnout="1/2")
        guests = [a_voter(event) for _ in range(size)]
        cast(guests[0], 0)
        cast(guests[1], 0)
        operations.close_vote(end(event))
        assert (_tally(event).outcome, _tally(event).roll_size) == (outcome, size)


def test_an_open_vote_is_not_closed_before_its_time(app: Flask) -> None:
    event = an_open_vote()
    cast_by_new_voters(event, 0)
    with pytest.raises(ConflictError):
        operations.close_vote(event)
    jobs.settle_due()
    assert _tally(event).closed_at is None


def test_closing_twice_settles_once(app: Flask, outbox: Outbox) -> None:
    event = an_open_vote(reward=4)
    user = factories.an_account()
    guest = a_voter(event, user=user)
    cast(guest, 0)
    end(event)
    assert [operations.close_vote(event), operations.close_vote(event)] == [True, False]
    jobs.settle_due()
    assert db.session.get_one(User, user.id).reputation == 1
    assert len(outbox("vote-closed")) == 1
    closed = select(func.count()).where(JournalEntry.action == "vote.closed")
    assert db.session.scalar(closed) == 1


@pytest.mark.race
def test_ten_who_close_at_once_settle_once(app: Flask, outbox: Outbox) -> None:
    event = an_open_vote(reward=7)
    users = [factories.an_account() for _ in range(3)]
    for user in users:
        cast(a_voter(event, user=user), 0)
    event_id = end(event).id
    ready = threading.Barrier(10)

    def close() -> bool:
        with app.app_context():
            ready.wait(timeout=30)
            return operations.close_vote(db.session.get_one(Event, event_id))

    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        ended = [future.result() for future in [pool.submit(close) for _ in range(10)]]
    db.session.rollback()
    assert sorted(ended) == [False] * 9 + [True]
    assert [db.session.get_one(User, user.id).reputation for user in users] == [1, 1, 1]
    assert db.session.scalar(select(func.sum(Guest.reward))) == 7
    assert len(outbox("vote-closed")) == 3


def test_the_job_opens_and_closes_what_is_due_and_nothing_else(app: Flask) -> None:
    soon = an_open_vote(voting_opens_at=clock.now() + dt.timedelta(hours=1))
    draft = an_open_vote(state="draft", published_at=None, voting_opens_at=clock.now() - dt.timedelta(hours=1))
    running, over = an_open_vote(), end(an_open_vote())
    silent = factories.an_event(factories.a_company(factories.an_account()), factories.an_account())
    jobs.settle_due()
    jobs.settle_due()
    for event in (soon, draft, silent):
        assert db.session.get(Tally, event.id) is None
    assert _tally(running).closed_at is None
    assert _tally(over).closed_at is not None


def test_one_vote_that_cannot_be_settled_does_not_hold_up_the_others(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    events = sorted((end(an_open_vote()) for _ in range(3)), key=lambda event: event.id)
    broken, close = events[0].id, operations.close_vote

    def fail(event: Event) -> bool:
        if event.id == broken:
            raise ZeroDivisionError
        return close(event)

    monkeypatch.setattr(operations, "close_vote", fail)
    jobs.settle_due()
    assert [_tally(event).closed_at is not None for event in events] == [False, True, True]
    assert str(broken) in caplog.text


def test_between_the_end_and_the_settling_nothing_new_shows(app: Flask) -> None:
    event = an_open_vote(results="live")
    cast_by_new_voters(event, *[0] * 6)
    found = queries.results(NOBODY, end(event), None)
    assert (found.state.phase, found.state.consensus, found.counted) == (Phase.COUNTING, None, 0)
    with pytest.raises(NotFoundError):
        queries.ballot_file(NOBODY, event)


# ---- word to the roll


def test_the_roll_is_told_and_nobody_else(app: Flask, outbox: Outbox) -> None:
    event = an_open_vote(title="Hedges")
    voted = a_voter(event, email="voted@example.org")
    a_voter(event, email="silent@example.org")
    a_voter(event, email=None, name="No address")
    a_voter(event, email="enough@example.org", unsubscribed_at=clock.now())
    factories.a_guest(event, email="no@example.org", reply="no")
    cast(voted, 0)
    operations.close_vote(end(event))
    mails = outbox("vote-closed")
    assert {mail.to_email for mail in mails} == {"voted@example.org", "silent@example.org"}
    texts = [outbox.text(mail) for mail in mails]
    assert all("Hedges" in text and "/results" in text for text in texts)
    assert "a consensus is reached" in texts[0]
    for mail in mails:
        assert mail.context == {}


def test_an_account_is_led_to_the_event_and_a_guest_without_one_to_the_personal_link(
    app: Flask, outbox: Outbox
) -> None:
    event = an_open_vote()
    a_voter(event, user=factories.an_account(email="account@example.org"))
    a_voter(event, email="guest@example.org")
    operations.close_vote(end(event))
    texts = {mail.to_email: outbox.text(mail) for mail in outbox("vote-closed")}
    assert f"/events/{event.id}/results" in texts["account@example.org"]
    assert "/rsvp/" in texts["guest@example.org"]


def test_the_roll_is_told_once_that_a_vote_has_opened_at_its_time(app: Flask, outbox: Outbox) -> None:
    event = an_open_vote(title="Hedges", voting_opens_at=clock.now() - dt.timedelta(minutes=1))
    a_voter(event, user=factories.an_account(email="account@example.org"))
    voted = a_voter(event, email="voted@example.org")
    a_voter(event, email="enough@example.org", unsubscribed_at=clock.now())
    factories.a_guest(event, email="no@example.org", reply="no")
    cast(voted, 0)
    assert outbox() == []
    for _ in range(3):
        jobs.settle_due()
    texts = {mail.to_email: outbox.text(mail) for mail in outbox("vote-open")}
    assert set(texts) == {"account@example.org", "voted@example.org"}
    assert f"/events/{event.id}/vote" in texts["account@example.org"]
    assert re.search(r"/rsvp/\S+/vote", texts["voted@example.org"])
    assert "Hedges" in texts["voted@example.org"]
    assert len(outbox()) == 2
    actions = db.session.scalars(select(JournalEntry.action).where(JournalEntry.thing_id == event.id)).all()
    assert actions == ["vote.opened"]


def test_a_vote_that_is_open_from_the_start_is_not_announced_by_mail(app: Flask, outbox: Outbox) -> None:
    a_voter(an_open_vote())
    jobs.settle_due()
    assert outbox() == []


def test_the_mail_that_voting_is_open_is_not_sent_when_it_is_over(app: Flask, outbox: Outbox) -> None:
    event = an_open_vote(voting_opens_at=clock.now() - dt.timedelta(minutes=1))
    a_voter(event)
    jobs.settle_due()
    mail = outbox.last("vote-open")
    move(event, voting_closes_at=clock.now() - dt.timedelta(seconds=1))
    assert rendering.render(mail) is None


# ---- cancelling


def _cancel(event: Event) -> None:
    @operation
    def cancel() -> None:
        found = db.session.get_one(Event, event.id)
        found.state = "cancelled"
        found.cancelled_at = clock.now()
        db.session.flush()
        event_cancelled.fire(EventChange(found.id))

    cancel()


def test_cancelling_ends_the_vote_without_consensus_and_settles_nothing(app: Flask, outbox: Outbox) -> None:
    event = an_open_vote(decide_when="at once", min_votes=2, reward=10)
    user = factories.an_account()
    cast(a_voter(event, user=user), 0)
    cast_by_new_voters(event, 0)
    assert _tally(event).reached_at is not None
    _cancel(event)
    jobs.settle_due()
    assert _tally(event).outcome == "cancelled"
    assert db.session.get_one(User, user.id).reputation == 0
    assert db.session.scalar(select(func.sum(Guest.reward))) == 0
    assert outbox("vote-closed") == []
    state = queries.vote_state(NOBODY, event, None)
    assert (state.phase, state.consensus) == (Phase.CANCELLED, False)


def test_a_cancelled_event_keeps_its_ballot_file(app: Flask, tmp_path: Path) -> None:
    event = an_open_vote()
    cast_by_new_voters(event, 0, 0)
    _cancel(event)
    content = queries.ballot_file(NOBODY, event)
    header = json.loads(content.splitlines()[0])
    assert (header["cancelled"], header["ballots"], header["outcome"]["reached"]) == (True, 2, False)
    assert _recount(tmp_path / "ballots.jsonl", content).returncode == 0


def test_cancelling_before_voting_opened_leaves_nothing(app: Flask) -> None:
    event = an_open_vote(voting_opens_at=clock.now() + dt.timedelta(hours=1))
    _cancel(event)
    jobs.settle_due()
    assert db.session.get(Tally, event.id) is None
    assert queries.vote_state(NOBODY, event, None).phase is Phase.CANCELLED


# ---- the ballot file


@pytest.mark.parametrize("decide_by", ["question", "ballot"])
@pytest.mark.parametrize("decide_when", ["at close", "at once"])
@pytest.mark.parametrize("choices", [((0, 0), (0, 0), (1, 1), (0, 1)), ((0, 0), (1, 1))])
def test_the_recount_agrees_with_what_the_vote_decided(
    app: Flask, tmp_path: Path, decide_by: str, decide_when: str, choices: tuple[tuple[int, int], ...]
) -> None:
    event = an_open_vote(TWO, decide_by=decide_by, decide_when=decide_when, min_votes=2, min_agreement="1/2")
    a_voter(event)
    done = cast_by_new_voters(event, *choices)
    operations.close_vote(end(event))
    content = queries.ballot_file(NOBODY, event)
    header = json.loads(content.splitlines()[0])
    assert header["outcome"]["reached"] is (_tally(event).outcome == "consensus")
    assert (header["roll"], header["rule"]) == (len(choices) + 1, Rule.of(event).as_dict())
    told = _recount(tmp_path / "ballots.jsonl", content, "--receipt", done[-1].ballot.receipt)
    assert told.returncode == 0, told.stdout + told.stderr


def test_the_recount_agrees_where_the_roll_has_shrunk_since_a_consensus_at_once(app: Flask, tmp_path: Path) -> None:
    event = an_open_vote(decide_when="at once", min_turnout="1/2")
    guests = [a_voter(event) for _ in range(4)]
    cast(guests[0], 0)
    cast(guests[1], 0)
    move(event, guests_on_roll=1)
    operations.close_vote(end(event))
    assert _recount(tmp_path / "ballots.jsonl", queries.ballot_file(NOBODY, event)).returncode == 0


def test_the_ballot_file_is_for_those_who_may_see_the_event(app: Flask) -> None:
    event = an_open_vote(visibility="invited")
    guest = a_voter(event)
    cast(guest, 0)
    operations.close_vote(end(event))
    assert queries.ballot_file(as_guest(guest), event)
    for actor in (NOBODY, factories.acting(factories.an_account())):
        with pytest.raises(NotFoundError):
            queries.ballot_file(actor, event)


def test_an_open_vote_names_its_voters_in_the_file_and_never_their_addresses(app: Flask) -> None:
    event = an_open_vote(secrecy="open")
    named = a_voter(event, name="Maja Črnigoj", email="maja@example.org")
    nameless = a_voter(event, name="x", email="nameless@example.org")
    move_guest(nameless, name="")
    cast(named, 0)
    cast(nameless, 0)
    operations.close_vote(end(event))
    lines = [json.loads(line) for line in queries.ballot_file(NOBODY, event).splitlines()]
    assert sorted(line["voter"] or "" for line in lines[1:-1]) == ["", "Maja Črnigoj"]
    assert b"example.org" not in queries.ballot_file(NOBODY, event)


@operation
def move_guest(guest: Guest, **values: object) -> None:
    for name, value in values.items():
        setattr(db.session.get_one(Guest, guest.id), name, value)


def test_a_ballot_stands_when_its_guest_leaves_or_is_removed(app: Flask) -> None:
    event = an_open_vote()
    guest = a_voter(event)
    cast(guest, 0)
    move_guest(guest, removed_at=clock.now(), left_at=clock.now(), places=0, on_roll=False)
    operations.close_vote(end(event))
    assert _tally(event).ballots == 1
    assert db.session.scalar(select(func.count(Ballot.id)).where(Ballot.event_id == event.id)) == 1
    assert queries.my_ballot(as_guest(guest), guest) is not None


def test_the_account_exports_its_own_ballots_with_their_dues(app: Flask) -> None:
    event = an_open_vote(reward=3, title="Hedges")
    user, other = factories.an_account(), factories.an_account()
    cast(a_voter(event, user=user), 1)
    cast(a_voter(event, user=other), 1)
    operations.close_vote(end(event))
    found = queries.votes_of(user.id)
    assert [(vote.event.title, vote.ballot.reward, vote.ballot.reputation, vote.closed) for vote in found] == [
        ("Hedges", 2, 1, True)
    ]
    assert found[0].ballot.choices == [("When should the meadow be mown?", "In strips")]
