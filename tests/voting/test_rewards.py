"""What follows from a consensus: rewards in whole points, reputation by one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.voting.strategies import QUESTIONS, many_ballots, rules
from webapp.voting.count import Count, Outcome, Why, decide
from webapp.voting.rewards import Due, dues
from webapp.voting.rule import Rule

quick = settings(deadline=None, max_examples=100)
YES, NO = {"q": "yes"}, {"q": "no"}


def test_the_reward_is_shared_by_those_who_agree_and_reputation_moves_by_one():
    due = dues([("ana", YES), ("bor", NO), ("cene", YES)], Outcome.latched(YES), 10, silent=["dana"])
    assert due == {"ana": Due(5, 1), "bor": Due(0, -1), "cene": Due(5, 1), "dana": Due(0, 0)}


def test_what_cannot_be_divided_goes_to_the_earliest():
    due = dues([("bor", YES), ("ana", NO), ("dana", YES), ("cene", YES)], Outcome.latched(YES), 8)
    assert {guest: one.reward for guest, one in due.items()} == {"bor": 3, "dana": 3, "cene": 2, "ana": 0}


def test_fewer_points_than_agreeing_ballots_go_to_the_earliest():
    due = dues([(guest, YES) for guest in range(5)], Outcome.latched(YES), 2)
    assert [due[guest].reward for guest in range(5)] == [1, 1, 0, 0, 0]


def test_without_a_consensus_nothing_moves():
    due = dues([("ana", YES), ("bor", NO)], Outcome.none(["q"], Why.DISAGREEMENT), 10, silent=["cene"])
    assert due == dict.fromkeys(["ana", "bor", "cene"], Due())


def test_a_question_settled_beside_an_open_one_moves_nothing():
    ballots = [{"q1": "a", "q2": "d"}, {"q1": "a", "q2": "e"}]
    outcome = decide(Rule(), 2, Count.of(["q1", "q2"], ballots))
    assert outcome.answers == {"q1": "a"}
    assert set(dues(enumerate(ballots), outcome, 10).values()) == {Due()}


def test_to_agree_is_to_agree_on_every_question():
    settled = {"q1": "a", "q2": "d"}
    due = dues([("ana", settled), ("bor", {"q1": "a", "q2": "e"})], Outcome.latched(settled), 3)
    assert due == {"ana": Due(3, 1), "bor": Due(0, -1)}


def test_where_nobody_agrees_on_all_the_reward_stays():
    ballots = [{"q1": "b", "q2": "d", "q3": "f"}, {"q1": "a", "q2": "e", "q3": "f"}, {"q1": "a", "q2": "d", "q3": "g"}]
    outcome = decide(Rule(), 3, Count.of(QUESTIONS, ballots))
    assert outcome.reached
    assert set(dues(enumerate(ballots), outcome, 9).values()) == {Due(0, -1)}


def test_a_negative_reward_is_refused():
    with pytest.raises(ValueError, match="-1"):
        dues([], Outcome.latched(YES), -1)


@quick
@given(rules, st.integers(0, 30), many_ballots, st.integers(0, 100), st.integers(0, 3))
def test_all_of_the_reward_is_given_or_none_of_it(rule, roll, ballots, reward, silent):
    outcome = decide(rule, roll, Count.of(QUESTIONS, ballots))
    due = dues(enumerate(ballots), outcome, reward, silent=range(100, 100 + silent))
    agreeing = [guest for guest, ballot in enumerate(ballots) if outcome.reached and ballot == outcome.answers]
    assert sum(one.reward for one in due.values()) == (reward if agreeing else 0)
    assert len(due) == len(ballots) + silent
    shares = [due[guest].reward for guest in agreeing]
    assert shares == sorted(shares, reverse=True)
    assert not shares or shares[0] - shares[-1] <= 1
    for guest, one in due.items():
        expected = 0 if not outcome.reached or guest >= 100 else 1 if guest in agreeing else -1
        assert one.reputation == expected
        assert one.reward == 0 or guest in agreeing
