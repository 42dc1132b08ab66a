"""Casting: one guest, one ballot, in its time, by its owner, counted as it is cast."""

import concurrent.futures
import datetime as dt
import threading
import uuid

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import factories
from tests.voting.votes import (
    MEADOW,
    TWO,
    a_voter,
    an_open_vote,
    as_guest,
    ballot,
    cast,
    cast_by_new_voters,
    end,
    move,
    votes,
)
from webapp.core import clock
from webapp.core.actor import NOBODY, Actor
from webapp.core.database import db
from webapp.core.errors import AppError, NotFoundError
from webapp.models import AnswerSet, Ballot, BallotAnswer, Event, Guest, Tally
from webapp.voting import operations, queries
from webapp.voting.errors import AlreadyVotedError, BallotError, NotOnRollError, VoteNotOpenError, VoteOverError
from webapp.voting.operations import Said

pytestmark = pytest.mark.both_databases
HOUR = dt.timedelta(hours=1)


def _ballots(event: Event) -> int:
    return db.session.scalar(select(func.count()).where(Ballot.event_id == event.id)) or 0


def _nothing_happened(event: Event, guest: Guest) -> None:
    assert _ballots(event) == 0
    assert not guest.has_voted
    assert all(number == 0 for numbers in votes(event) for number in numbers)


def test_a_ballot_is_counted_and_its_guest_has_voted(app: Flask) -> None:
    event = an_open_vote(TWO)
    guest = a_voter(event)
    done = cast(guest, 1, 0)
    assert done.message is Said.NOT_YET
    assert votes(event) == [[0, 1, 0], [1, 0]]
    assert guest.has_voted
    assert db.session.get_one(Tally, event.id).ballots == 1
    assert len(done.ballot.receipt) == 19
    given = db.session.scalars(select(BallotAnswer.answer_id).where(BallotAnswer.ballot_id == done.ballot.id))
    assert {str(answer) for answer in given} == set(ballot(event, 1, 0).values())


def test_ballots_are_numbered_in_the_order_in_which_they_are_cast(app: Flask) -> None:
    event = an_open_vote()
    assert [done.ballot.position for done in cast_by_new_voters(event, 0, 1, 1)] == [1, 2, 3]


def test_an_account_votes_as_the_guest_it_is(app: Flask) -> None:
    event, user = an_open_vote(), factories.an_account()
    guest = a_voter(event, user=user)
    operations.cast_ballot(factories.acting(user), guest, ballot(event, 0))
    assert votes(event) == [[1, 0, 0]]


def test_the_second_ballot_of_a_guest_is_refused_and_changes_nothing(app: Flask) -> None:
    event = an_open_vote()
    guest = a_voter(event)
    cast(guest, 0)
    with pytest.raises(AlreadyVotedError) as refused:
        cast(guest, 1)
    assert refused.value.id == "already_voted_error"
    assert votes(event) == [[1, 0, 0]]
    assert db.session.get_one(Tally, event.id).ballots == 1


@pytest.mark.parametrize("whose", ["nobody", "another guest", "another account", "the host"])
def test_nobody_votes_as_somebody_else(app: Flask, whose: str) -> None:
    event = an_open_vote()
    guest = a_voter(event, user=factories.an_account())
    actors = {
        "nobody": NOBODY,
        "another guest": as_guest(a_voter(event)),
        "another account": factories.acting(factories.an_account()),
        "the host": Actor(user_id=event.host_id),
    }
    with pytest.raises(NotFoundError):
        operations.cast_ballot(actors[whose], guest, ballot(event, 0))
    _nothing_happened(event, guest)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"reply": "no"},
        {"reply": "yes", "on_roll": False},
        {"on_roll": True, "removed_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)},
        {"on_roll": True, "unconfirmed_until": dt.datetime(2126, 1, 1, tzinfo=dt.UTC)},
    ],
)
def test_who_is_not_on_the_roll_does_not_vote(app: Flask, values: dict) -> None:
    event = an_open_vote()
    guest = factories.a_guest(event, **values)
    with pytest.raises(NotOnRollError) as refused:
        cast(guest, 0)
    assert (refused.value.id, refused.value.status) == ("not_joined_error", 409)
    _nothing_happened(event, guest)


def test_a_ballot_before_voting_opens_is_refused(app: Flask) -> None:
    event = an_open_vote(voting_opens_at=clock.now() + HOUR)
    guest = a_voter(event)
    with pytest.raises(VoteNotOpenError) as refused:
        cast(guest, 0)
    assert refused.value.id == "event_start_error"
    _nothing_happened(event, guest)
    assert db.session.get(Tally, event.id) is None


def test_a_ballot_for_a_draft_is_refused(app: Flask) -> None:
    event = an_open_vote(state="draft", published_at=None)
    with pytest.raises(VoteNotOpenError):
        cast(a_voter(event), 0)


@pytest.mark.parametrize("when", ["at the end", "at the close of voting"])
def test_a_ballot_after_its_time_is_refused_also_before_the_vote_is_settled(app: Flask, when: str) -> None:
    event = an_open_vote()
    guest = a_voter(event)
    if when == "at the end":
        end(event)
    else:
        move(event, voting_closes_at=clock.now() - dt.timedelta(seconds=1))
    with pytest.raises(VoteOverError) as refused:
        cast(guest, 0)
    assert refused.value.id == "event_end_error"
    _nothing_happened(event, guest)


def test_a_ballot_after_the_vote_was_closed_is_refused_even_if_the_event_is_moved(app: Flask) -> None:
    event = an_open_vote()
    guest = a_voter(event)
    operations.close_vote(end(event))
    move(event, ends_at=clock.now() + HOUR)
    with pytest.raises(VoteOverError):
        cast(guest, 0)
    _nothing_happened(event, guest)


def test_a_ballot_for_a_cancelled_event_is_refused(app: Flask) -> None:
    event = an_open_vote()
    guest = a_voter(event)
    move(event, state="cancelled")
    with pytest.raises(VoteOverError):
        cast(guest, 0)
    _nothing_happened(event, guest)


def _odd_ballots(event: Event) -> dict[str, dict[str, str]]:
    good = ballot(event, 0, 0)
    first, second = good
    other = an_open_vote(TWO)
    return {
        "empty": {},
        "one question left out": {first: good[first]},
        "an answer of the other question": {first: good[second], second: good[second]},
        "an answer of another event": {**good, first: next(iter(ballot(other, 0, 0).values()))},
        "a question too many": {**good, str(uuid.uuid4()): good[first]},
        "another event's questions": ballot(other, 0, 0),
        "no identifier": {**good, first: "'; DROP TABLE ballots; --"},
        "a NUL": {**good, first: "\x00"},
        "a megabyte": {**good, first: "a" * 1_000_000},
        "a question that is none": {**good, "\x00{{7*7}}": "<script>"},
    }


def test_a_ballot_that_does_not_fit_is_refused(app: Flask) -> None:
    event = an_open_vote(TWO)
    guest = a_voter(event)
    for odd, answers in _odd_ballots(event).items():
        with pytest.raises(BallotError) as refused:
            operations.cast_ballot(as_guest(guest), guest, answers)
        assert (refused.value.id, refused.value.status) == ("event_error", 422), odd
    _nothing_happened(event, guest)


def test_a_question_without_an_answer_is_named(app: Flask) -> None:
    event = an_open_vote(TWO)
    first, second = ballot(event, 0, 0).items()
    guest = a_voter(event)
    with pytest.raises(BallotError) as refused:
        operations.cast_ballot(as_guest(guest), guest, dict([first]))
    assert list(refused.value.fields) == [f"question-{second[0]}"]


def test_an_event_that_asks_nothing_takes_no_ballots(app: Flask) -> None:
    host = factories.an_account()
    event = factories.an_event(factories.a_company(host), host)
    guest = a_voter(event)
    with pytest.raises(BallotError):
        operations.cast_ballot(as_guest(guest), guest, {})
    with pytest.raises(BallotError):
        operations.open_vote(event)


# ---- opening


def test_opening_freezes_the_rule(app: Flask) -> None:
    event = an_open_vote(min_votes=3, min_agreement="2/3")
    operations.open_vote(event)
    move(event, min_votes=1, min_agreement="0")
    operations.open_vote(event)
    tally = db.session.get_one(Tally, event.id)
    assert (tally.rule["min_votes"], tally.rule["min_agreement"]) == (3, "2/3")


def test_opening_before_its_time_is_refused(app: Flask) -> None:
    with pytest.raises(VoteNotOpenError):
        operations.open_vote(an_open_vote(voting_opens_at=clock.now() + HOUR))


def test_a_frozen_roll_keeps_its_size_and_an_open_one_grows(app: Flask) -> None:
    for roll, size in (("frozen", 1), ("open", 2)):
        event = an_open_vote(roll=roll)
        a_voter(event)
        operations.open_vote(event)
        a_voter(event)
        assert queries.results(Actor(user_id=event.host_id), event, None).roll == size, roll


# ---- deciding at once


def test_a_consensus_at_once_is_reached_by_the_first_count_that_meets_the_rule(app: Flask) -> None:
    event = an_open_vote(decide_when="at once", min_votes=2)
    said = [done.message for done in cast_by_new_voters(event, 1, 1, 0, 0, 0)]
    assert said == [Said.NOT_YET, Said.REACHED, Said.BEFOREHAND, Said.BEFOREHAND, Said.BEFOREHAND]
    tally = db.session.get_one(Tally, event.id)
    assert tally.reached_with == ballot(event, 1)
    assert (tally.reached_ballots, tally.ballots) == (2, 5)


def test_at_once_a_turnout_is_of_the_roll_as_it_is(app: Flask) -> None:
    event = an_open_vote(decide_when="at once", min_turnout="1/2")
    guests = [a_voter(event) for _ in range(4)]
    assert cast(guests[0], 0).message is Said.NOT_YET
    a_voter(event)
    assert cast(guests[1], 0).message is Said.NOT_YET
    assert cast(guests[2], 0).message is Said.REACHED
    assert db.session.get_one(Tally, event.id).reached_roll == 5


def test_at_once_every_question_must_be_settled(app: Flask) -> None:
    event = an_open_vote(TWO, decide_when="at once", min_votes=2)
    said = [done.message for done in cast_by_new_voters(event, (0, 0), (0, 1), (1, 1))]
    assert said == [Said.NOT_YET, Said.NOT_YET, Said.REACHED]
    assert db.session.get_one(Tally, event.id).reached_with == ballot(event, 0, 1)


def test_by_ballot_whole_sets_of_answers_are_counted(app: Flask) -> None:
    event = an_open_vote(TWO, decide_by="ballot", decide_when="at once", min_votes=2)
    said = [done.message for done in cast_by_new_voters(event, (0, 0), (0, 1), (1, 1), (0, 1), (0, 1))]
    assert said == [Said.NOT_YET, Said.NOT_YET, Said.NOT_YET, Said.NOT_YET, Said.REACHED]
    sets = db.session.scalars(select(AnswerSet.votes).where(AnswerSet.event_id == event.id))
    assert sorted(sets) == [1, 1, 3]


def test_at_close_no_count_is_told_while_voting_runs(app: Flask) -> None:
    event = an_open_vote()
    assert {done.message for done in cast_by_new_voters(event, 0, 0, 0)} == {Said.NOT_YET}
    assert db.session.get_one(Tally, event.id).reached_at is None


# ---- the published count


def test_the_published_count_of_a_secret_vote_moves_by_five_and_lags_a_step(app: Flask) -> None:
    event = an_open_vote(TWO, decide_by="ballot", results="live")
    seen = []
    for number in range(1, 16):
        cast(a_voter(event), number % 2, 0)
        tally = db.session.get_one(Tally, event.id)
        assert sum(votes(event, "votes_shown")[0]) == tally.ballots_shown
        sets = select(func.sum(AnswerSet.votes_shown)).where(AnswerSet.event_id == event.id)
        assert db.session.scalar(sets) == tally.ballots_shown
        seen.append(tally.ballots_shown)
    assert seen == [0] * 9 + [5] * 5 + [10]
    assert votes(event, "votes_shown") == [[5, 5, 0], [10, 0]]
    assert votes(event) == [[7, 8, 0], [15, 0]]


def test_the_count_of_an_open_vote_is_always_the_newest(app: Flask) -> None:
    event = an_open_vote(secrecy="open", results="live")
    cast_by_new_voters(event, 0, 1)
    found = queries.results(NOBODY, event, None)
    assert (found.counted, [row.votes for row in found.asked[0].rows]) == (2, [1, 1, 0])


# ---- races


def _at_once(app: Flask, calls: list) -> list[str]:
    """Run `calls` in threads that begin together; return how each ended."""
    ready = threading.Barrier(len(calls))

    def run(call) -> str:
        with app.app_context():
            ready.wait(timeout=30)
            try:
                call()
            except AppError as error:
                return error.id
            return "done"

    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def _casting(guest_id: uuid.UUID, answers: dict[str, str]):
    def call() -> None:
        operations.cast_ballot(Actor(guest_id=guest_id), db.session.get_one(Guest, guest_id), answers)

    return call


@pytest.mark.race
def test_thirty_votes_of_one_guest_are_one_ballot(app: Flask) -> None:
    event = an_open_vote(MEADOW)
    guest = a_voter(event)
    ended = _at_once(app, [_casting(guest.id, ballot(event, n % 3)) for n in range(30)])
    db.session.rollback()
    assert sorted(ended) == ["already_voted_error"] * 29 + ["done"]
    assert _ballots(event) == 1
    assert sum(votes(event)[0]) == 1
    assert db.session.get_one(Tally, event.id).ballots == 1


@pytest.mark.race
def test_many_guests_at_once_are_all_counted_and_open_the_vote_once(app: Flask) -> None:
    event = an_open_vote(MEADOW, decide_when="at once", min_votes=12, decide_by="ballot")
    guests = [a_voter(event) for _ in range(20)]
    choices = [ballot(event, n % 2 if n < 6 else 1) for n in range(20)]
    ended = _at_once(app, [_casting(guest.id, chosen) for guest, chosen in zip(guests, choices, strict=True)])
    db.session.rollback()
    assert ended == ["done"] * 20
    tally = db.session.get_one(Tally, event.id)
    positions = db.session.scalars(select(Ballot.position).where(Ballot.event_id == event.id))
    assert sorted(positions) == list(range(1, 21))
    assert (tally.ballots, votes(event)) == (20, [[3, 17, 0]])
    assert (tally.reached_ballots, tally.reached_with) == (12, ballot(event, 1))


@pytest.mark.race
def test_votes_and_a_cancellation_at_once_leave_a_count_that_agrees_with_the_ballots(app: Flask) -> None:
    event = an_open_vote(MEADOW)
    guests = [a_voter(event) for _ in range(8)]
    calls = [_casting(guest.id, ballot(event, 0)) for guest in guests]

    @operations.operation
    def cancel() -> None:
        found = db.session.get_one(Event, event_id)
        found.state = "cancelled"
        db.session.flush()
        operations.cancel_vote(found)

    event_id = event.id
    ended = _at_once(app, [*calls, cancel])
    db.session.rollback()
    assert set(ended) <= {"done", "event_end_error"}
    done = ended[:-1].count("done")
    assert _ballots(event) == done == votes(event)[0][0]
    tally = db.session.get(Tally, event.id)
    assert (tally.ballots if tally else 0) == done
    assert tally is None or tally.outcome == "cancelled"
