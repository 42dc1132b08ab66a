"""The count: what is decided, why not, and what of a running secret vote may show."""

import random
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.voting.strategies import QUESTIONS, many_ballots, one_ballot, rules
from webapp.core.shares import HALF, NOTHING, Share
from webapp.voting.count import (
    STEP,
    Count,
    Outcome,
    Published,
    Why,
    answer_set,
    answer_set_key,
    decide,
    moves,
    shows_newest,
)
from webapp.voting.rule import Rule

quick = settings(deadline=None, max_examples=100)
rolls = st.integers(0, 12)


def count(ballots):
    return Count.of(QUESTIONS, ballots)


def one(**votes):
    """Count a vote with one question."""
    return Count(sum(votes.values()), {"q": votes})


def winner(rule, roll, counted):
    (settled,) = decide(rule, roll, counted).questions
    return settled.answer or settled.why


class TestOneQuestion:
    def test_is_decided_by_more_than_half(self):
        assert winner(Rule(), 9, one(a=3, b=2)) == "a"

    def test_is_not_decided_by_exactly_half(self):
        assert winner(Rule(), 9, one(a=2, b=1, c=1)) is Why.DISAGREEMENT

    def test_is_decided_by_exactly_half_where_half_is_enough(self):
        assert winner(Rule(min_agreement=HALF), 9, one(a=2, b=1, c=1)) == "a"

    def test_stays_open_at_a_tie_of_answers_that_qualify(self):
        assert winner(Rule(min_agreement=HALF), 9, one(a=2, b=2)) is Why.TIE
        assert winner(Rule(min_agreement=NOTHING), 9, one(a=1, b=2, c=2)) is Why.TIE

    def test_is_won_by_the_largest_of_several_that_qualify(self):
        assert winner(Rule(min_agreement=Share(1, 3)), 9, one(a=3, b=4, c=1)) == "b"

    def test_speaks_of_too_little_agreement_where_a_tie_does_not_qualify(self):
        assert winner(Rule(min_agreement=Share(3, 5)), 9, one(a=2, b=2)) is Why.DISAGREEMENT

    def test_is_won_by_the_most_ballots_where_no_share_is_asked(self):
        assert winner(Rule(min_agreement=NOTHING), 9, one(a=2, b=1, c=1, d=1)) == "a"

    def test_with_all_to_agree_fails_by_a_single_ballot(self):
        assert winner(Rule(min_agreement=Share(1)), 9, one(a=4)) == "a"
        assert winner(Rule(min_agreement=Share(1)), 9, one(a=4, b=1)) is Why.DISAGREEMENT

    def test_waits_for_enough_ballots(self):
        assert winner(Rule(min_votes=4), 9, one(a=3)) is Why.TOO_FEW
        assert winner(Rule(min_votes=4), 9, one(a=4)) == "a"

    def test_waits_for_the_turnout(self):
        assert winner(Rule(min_turnout=HALF), 8, one(a=3)) is Why.LOW_TURNOUT
        assert winner(Rule(min_turnout=HALF), 8, one(a=4)) == "a"
        assert winner(Rule(min_turnout=Share(1, 2, strict=True)), 8, one(a=4)) is Why.LOW_TURNOUT

    @pytest.mark.parametrize("share", [NOTHING, HALF, Share(1)])
    def test_without_any_ballot_is_not_decided(self, share):
        assert winner(Rule(min_agreement=share), 9, one(a=0, b=0)) is Why.TOO_FEW
        assert winner(Rule(min_agreement=share), 0, one()) is Why.TOO_FEW


class TestSeveralQuestions:
    def test_are_a_consensus_only_when_each_is_settled(self):
        ballots = [{"q1": "a", "q2": "d", "q3": "f"}, {"q1": "a", "q2": "e", "q3": "f"}]
        outcome = decide(Rule(), 9, count(ballots))
        assert not outcome.reached
        assert outcome.answers == {"q1": "a", "q3": "f"}
        assert outcome.whys == {"q2": Why.DISAGREEMENT}

    def test_decided_by_question_need_no_ballot_that_agrees_on_all(self):
        ballots = [
            {"q1": "b", "q2": "d", "q3": "f"},
            {"q1": "a", "q2": "e", "q3": "f"},
            {"q1": "a", "q2": "d", "q3": "g"},
        ]
        settled = {"q1": "a", "q2": "d", "q3": "f"}
        assert decide(Rule(), 9, count(ballots)).answers == settled
        by_ballot = decide(Rule(decide_by="ballot"), 9, count(ballots))
        assert by_ballot.whys == dict.fromkeys(QUESTIONS, Why.DISAGREEMENT)

    def test_decided_by_ballot_are_won_by_a_whole_set_of_answers(self):
        most, other = {"q1": "a", "q2": "d", "q3": "f"}, {"q1": "b", "q2": "d", "q3": "f"}
        outcome = decide(Rule(decide_by="ballot"), 9, count([most, other, most]))
        assert outcome.reached
        assert outcome.answers == most

    def test_decided_by_ballot_know_a_tie_too(self):
        sets = [{"q1": "a", "q2": "d", "q3": "f"}, {"q1": "b", "q2": "d", "q3": "f"}]
        outcome = decide(Rule(decide_by="ballot", min_agreement=HALF), 9, count(sets))
        assert outcome.whys == dict.fromkeys(QUESTIONS, Why.TIE)
        assert outcome.tied

    def test_of_which_there_are_none_are_no_consensus(self):
        for by in ("question", "ballot"):
            assert not decide(Rule(decide_by=by, min_agreement=NOTHING), 9, Count.of([], [{}, {}])).reached

    @quick
    @given(rules, rolls, many_ballots)
    def test_decided_by_ballot_need_only_the_two_largest_sets(self, rule, roll, ballots):
        rule = replace(rule, decide_by="ballot")
        full = count(ballots)
        top = dict(sorted(full.sets.items(), key=lambda pair: -pair[1])[:2])
        assert decide(rule, roll, Count(full.ballots, full.votes, top)) == decide(rule, roll, full)


class TestTheCount:
    @quick
    @given(rules, rolls, many_ballots)
    def test_agrees_with_the_rule_as_written_down_in_fractions(self, rule, roll, ballots):
        def enough(part, whole, share):
            if whole == 0:
                return share.num == 0
            wanted = Fraction(share.num, share.den)
            return Fraction(part, whole) > wanted if share.strict else Fraction(part, whole) >= wanted

        def single_largest(chosen):
            good = {c: chosen.count(c) for c in chosen if enough(chosen.count(c), len(chosen), rule.min_agreement)}
            best = [c for c, number in good.items() if number == max(good.values())]
            return best[0] if len(best) == 1 else None

        expected = {}
        if len(ballots) >= rule.min_votes and enough(len(ballots), roll, rule.min_turnout):
            if rule.decide_by == "ballot":
                expected = dict(single_largest([answer_set(ballot) for ballot in ballots]) or ())
            else:
                found = {name: single_largest([ballot[name] for ballot in ballots]) for name in QUESTIONS}
                expected = {name: answer for name, answer in found.items() if answer}
        outcome = decide(rule, roll, count(ballots))
        assert outcome.answers == expected
        assert outcome.reached == (len(expected) == len(QUESTIONS))
        assert set(outcome.whys) == set(QUESTIONS) - set(expected)

    @quick
    @given(rules, rolls, many_ballots, st.randoms(use_true_random=False))
    def test_does_not_depend_on_the_order_of_ballots(self, rule, roll, ballots, rng):
        shuffled = list(ballots)
        rng.shuffle(shuffled)
        assert decide(rule, roll, count(shuffled)) == decide(rule, roll, count(ballots))

    @quick
    @given(rules, rolls, many_ballots, st.permutations("abcdefgh"))
    def test_does_not_depend_on_what_answers_are_called(self, rule, roll, ballots, names):
        new = dict(zip("abcdefgh", names, strict=True))
        renamed = [{question: new[answer] for question, answer in ballot.items()} for ballot in ballots]
        outcome = decide(rule, roll, count(ballots))
        assert decide(rule, roll, count(renamed)).answers == {q: new[a] for q, a in outcome.answers.items()}

    @quick
    @given(rules, rolls, many_ballots)
    def test_never_turns_against_a_consensus_when_one_more_agrees(self, rule, roll, ballots):
        outcome = decide(rule, roll, count(ballots))
        if outcome.reached:
            more = decide(rule, roll, count([*ballots, outcome.answers]))
            assert more.reached
            assert more.answers == outcome.answers

    @quick
    @given(rules, st.integers(1, 12), many_ballots)
    def test_decides_nothing_more_when_the_roll_grows(self, rule, roll, ballots):
        small, large = (decide(rule, size, count(ballots)) for size in (roll, roll + 1))
        assert set(large.answers.items()) <= set(small.answers.items())

    @quick
    @given(many_ballots, one_ballot)
    def test_kept_ballot_by_ballot_is_the_count_from_scratch(self, ballots, last):
        before, after = count(ballots), count([*ballots, last])
        assert after.ballots == before.ballots + 1
        for question, answers in QUESTIONS.items():
            for answer in answers:
                grown = before.votes[question].get(answer, 0) + (last[question] == answer)
                assert after.votes[question].get(answer, 0) == grown

    def test_refuses_a_ballot_that_leaves_a_question_out(self):
        with pytest.raises(KeyError):
            count([{"q1": "a", "q2": "d"}])

    @quick
    @given(one_ballot, one_ballot)
    def test_names_a_set_of_answers_the_same_only_when_it_is_the_same(self, left, right):
        backwards = dict(reversed(list(left.items())))
        assert answer_set(backwards) == answer_set(left)
        assert answer_set_key(backwards) == answer_set_key(left)
        assert (answer_set_key(left) == answer_set_key(right)) == (left == right)
        assert len(answer_set_key(left)) == 64

    def test_can_be_told_in_words_for_every_reason(self):
        sentences = {str(why.sentence) for why in Why}
        assert len(sentences) == len(Why)

    def test_latched_stands_as_a_consensus(self):
        outcome = Outcome.latched({"q1": "a", "q2": "d"})
        assert outcome.reached
        assert outcome.answers == {"q1": "a", "q2": "d"}


class TestAVoteThatIsDecidedAtOnce:
    @quick
    @given(rules, rolls, many_ballots)
    def test_and_never_was_is_not_decided_by_its_last_count_either(self, rule, roll, ballots):
        moments = [decide(rule, roll, count(ballots[:number])).reached for number in range(1, len(ballots) + 1)]
        if not any(moments):
            assert not decide(rule, roll, count(ballots)).reached


class TestARunningSecretVote:
    def published(self, ballots):
        """Return the published count before the first ballot and after each one."""
        state = Published.at_opening(list(QUESTIONS))
        states = [state.shown]
        for number in range(1, len(ballots) + 1):
            state = state.after(count(ballots[:number]))
            states.append(state.shown)
        return states

    @quick
    @given(many_ballots)
    def test_never_shows_what_fewer_than_five_ballots_say(self, ballots):
        ever = [*self.published(ballots), count(ballots)]
        apart = [abs(earlier.ballots - later.ballots) for earlier, later in pairwise(ever)]
        # The final count of a vote with fewer ballots than a step is all there is to tell.
        assert all(gap == 0 or gap >= min(STEP, len(ballots)) for gap in apart)

    @quick
    @given(many_ballots)
    def test_shows_only_counts_that_were_true(self, ballots):
        for shown in self.published(ballots):
            assert shown == count(ballots[: shown.ballots])
            assert shown.ballots % STEP == 0

    @quick
    @given(many_ballots)
    def test_is_at_most_nine_ballots_behind(self, ballots):
        for number, shown in enumerate(self.published(ballots)):
            assert number - shown.ballots < 2 * STEP

    def test_moves_at_every_fifth_ballot_only(self):
        assert [number for number in range(21) if moves(number)] == [5, 10, 15, 20]

    @quick
    @given(many_ballots, st.integers(0, 2**32))
    def test_shows_the_same_whatever_the_order_within_a_step(self, ballots, seed):
        mixed = []
        for start in range(0, len(ballots), STEP):
            part = ballots[start : start + STEP]
            if len(part) == STEP:
                random.Random(seed).shuffle(part)
            mixed += part
        assert self.published(mixed) == self.published(ballots)

    def test_shows_the_newest_count_once_it_is_closed_or_when_it_is_open(self):
        published = Published.at_opening(["q"]).after(one(a=5))
        assert shows_newest(Rule(), closed=True)
        assert shows_newest(Rule(secrecy="open"), closed=False)
        assert not shows_newest(Rule(), closed=False)
        assert published.shown.ballots == 0
