"""The rule of a vote: shares in whole numbers, and what people are told of them."""

from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from webapp.core.shares import HALF, MORE_THAN_HALF, NOTHING, Share, ShareError
from webapp.voting.rule import RESULTS, Rule

quick = settings(deadline=None, max_examples=80)


@st.composite
def shares(draw):
    den = draw(st.integers(1, 12))
    num = draw(st.integers(0, den))
    return Share(num, den, strict=draw(st.booleans()) if 0 < num < den else False)


rules = st.builds(
    Rule,
    roll=st.sampled_from(["open", "frozen"]),
    min_votes=st.integers(1, 40),
    min_turnout=shares(),
    min_agreement=shares(),
    decide_by=st.sampled_from(["question", "ballot"]),
    decide_when=st.sampled_from(["at close", "at once"]),
    secrecy=st.sampled_from(["secret", "open"]),
    results=st.sampled_from(RESULTS),
)


class TestAShare:
    @quick
    @given(shares(), st.integers(0, 400), st.integers(1, 400))
    def test_is_met_exactly_as_the_fraction_says(self, share, part, whole):
        fraction, wanted = Fraction(part, whole), Fraction(share.num, share.den)
        assert share.met(part, whole) == (fraction > wanted if share.strict else fraction >= wanted)

    @quick
    @given(shares(), st.integers(0, 400), st.integers(1, 400))
    def test_once_met_stays_met_when_more_agree(self, share, part, whole):
        if share.met(part, whole):
            assert share.met(part + 1, whole)

    @quick
    @given(st.integers(1, 10**18))
    def test_of_exactly_half_is_half_and_not_more_than_half(self, half):
        assert HALF.met(half, 2 * half)
        assert not MORE_THAN_HALF.met(half, 2 * half)
        assert MORE_THAN_HALF.met(half + 1, 2 * half)

    def test_is_not_rounded_where_a_float_would_be(self):
        third, most = Share(1, 3), 10**17
        assert third.met(most, 3 * most)
        assert not third.met(most, 3 * most + 1)

    def test_of_nothing_is_met_only_when_nothing_is_asked(self):
        assert NOTHING.met(0, 0)
        assert not HALF.met(0, 0)
        assert not Share(1).met(0, 0)

    @quick
    @given(shares(), st.integers(1, 400))
    def test_knows_the_least_that_meets_it(self, share, whole):
        least = share.least(whole)
        assert share.met(least, whole)
        assert least == 0 or not share.met(least - 1, whole)

    @quick
    @given(shares(), st.integers(2, 60))
    def test_that_one_alone_can_have_is_never_met_by_two(self, share, whole):
        for part in range(whole // 2 + 1):
            both = share.met(part, whole) and share.met(whole - part, whole)
            assert not (both and share.alone)
        if not share.alone:
            assert share.met(100 * share.den, 200 * share.den)

    @quick
    @given(shares())
    def test_is_stored_and_read_back_the_same(self, share):
        assert Share.stored(share.text) == share
        assert Share.parse(share.text) == share
        assert len(share.text) <= 12

    @pytest.mark.parametrize("text", ["0", "1/2", ">1/2", "2/3", "3/5", "1"])
    def test_has_one_canonical_text(self, text):
        assert Share.parse(text).text == text

    def test_in_other_words_is_the_same_share(self):
        assert Share(60, 100) == Share(3, 5) == Share.parse("6 in 10")

    @pytest.mark.parametrize(
        ("typed", "text"),
        [
            ("60 %", "3/5"),
            ("60%", "3/5"),
            ("0.6", "3/5"),
            ("0,6", "3/5"),
            ("60 percent", "3/5"),
            ("66,67 %", "6667/10000"),
            ("More than half", ">1/2"),
            ("> 50 %", ">1/2"),
            ("over  2/3", ">2/3"),
            ("½", "1/2"),
            ("two thirds", "2/3"),
            ("at least three quarters", "3/4"),
            (">= 1/2", "1/2"),
            ("≥ 50%", "1/2"),
            ("3 out of 5", "3/5"),
            ("100 %", "1"),
            ("everybody", "1"),
            ("0 %", "0"),
        ],
    )
    def test_is_read_the_way_people_type_it(self, typed, text):
        assert Share.parse(typed).text == text

    @pytest.mark.parametrize(
        "typed",
        ["", " ", "60", "2", "-1", "-1/2", "101 %", "3/2", "1/0", "0/0", ">100%", ">1", ">0", "more than", "1e3", "nan",
         "inf", "0.00001", "1/10001", "\x00", "🗳", "٣/٤", "<script>", "9" * 5000, "1/" + "9" * 5000],
    )  # fmt: skip
    def test_that_makes_no_sense_is_refused_with_a_sentence(self, typed):
        with pytest.raises(ShareError) as refusal:
            Share.parse(typed)
        assert str(refusal.value).endswith(".")

    @quick
    @given(st.text(max_size=30))
    def test_typed_as_anything_is_a_share_or_a_refusal(self, typed):
        try:
            share = Share.parse(typed)
        except ShareError:
            return
        assert 0 <= share.num <= share.den

    @pytest.mark.parametrize("kept", ["60 %", "half", " 1/2", "1/0", "2", "", "01/2", ">1"])
    def test_is_stored_in_no_other_form(self, kept):
        with pytest.raises(ShareError):
            Share.stored(kept)

    @quick
    @given(shares(), st.integers(0, 300), st.integers(1, 300))
    def test_is_shown_in_percent_that_never_contradict_the_outcome(self, share, part, whole):
        assume(part <= whole)
        shown = share.percent(part, whole)
        assert abs(shown - Fraction(100 * part, whole)) <= 1
        assert share.met(shown, 100) == share.met(part, whole)

    def test_missed_by_a_hair_does_not_look_met(self):
        assert Share(3, 5).percent(599, 1000) == 59
        assert MORE_THAN_HALF.percent(501, 1000) == 51


class TestARule:
    @quick
    @given(rules)
    def test_is_written_and_read_back_the_same(self, rule):
        assert Rule.read(rule.as_dict()) == rule

    @quick
    @given(rules)
    def test_is_read_from_a_row_with_columns_of_its_names(self, rule):
        row = type("Row", (), rule.as_dict())()
        assert Rule.of(row) == rule

    @pytest.mark.parametrize(
        ("name", "value"),
        [("min_votes", "3"), ("min_votes", True), ("min_turnout", 1), ("roll", None), ("min_agreement", "60 %")],
    )
    def test_with_a_part_of_the_wrong_kind_is_not_read(self, name, value):
        with pytest.raises((TypeError, ShareError)):
            Rule.read({**Rule().as_dict(), name: value})

    def test_with_a_part_missing_is_not_read(self):
        values = Rule().as_dict()
        del values["secrecy"]
        with pytest.raises(KeyError):
            Rule.read(values)

    def test_by_default_has_no_problems(self):
        assert Rule().problems() == {}

    def test_at_once_needs_a_second_ballot_or_a_turnout(self):
        assert set(Rule(decide_when="at once").problems()) == {"min_votes"}
        assert Rule(decide_when="at once", min_votes=2).problems() == {}
        assert Rule(decide_when="at once", min_turnout=Share(1, 100)).problems() == {}

    @pytest.mark.parametrize("name", ["roll", "decide_by", "decide_when", "secrecy", "results"])
    def test_with_an_unknown_choice_says_where(self, name):
        assert set(Rule(**{name: "whatever"}).problems()) == {name}

    @pytest.mark.parametrize("votes", [0, -1, 1_000_001])
    def test_with_an_impossible_number_of_ballots_says_so(self, votes):
        assert set(Rule(min_votes=votes).problems()) == {"min_votes"}


class TestTheSentence:
    def test_says_what_the_default_rule_asks(self):
        assert str(Rule().sentence()) == (
            "There is a consensus if, when voting closes, one answer has more than half of the ballots; "
            "a tie is no consensus, and everybody who joins in time may vote."
        )

    def test_names_every_condition_of_a_full_rule(self):
        rule = Rule("frozen", 24, HALF, Share(3, 5), "question", "at once")
        assert str(rule.sentence(2)) == (
            "There is a consensus as soon as at least 24 ballots are in, at least half of the roll has voted and on "
            "every question, each by itself, one answer has at least 60 in 100 of the ballots; a tie is no consensus, "
            "and only those may vote who joined before voting opened."
        )

    @quick
    @given(rules, rules, st.integers(1, 3))
    def test_differs_whenever_two_rules_can_decide_differently(self, one, other, questions):
        def deciding(rule):
            by = rule.decide_by if questions > 1 else None
            return rule.roll, rule.min_votes, rule.min_turnout, rule.min_agreement, rule.decide_when, by

        same = str(one.sentence(questions)) == str(other.sentence(questions))
        assert same == (deciding(one) == deciding(other))

    @quick
    @given(rules, st.integers(1, 3))
    def test_is_one_sentence(self, rule, questions):
        text = str(rule.sentence(questions))
        assert text.count(".") == 1
        assert text.endswith(".")
        assert "%(" not in text

    @quick
    @given(rules)
    def test_on_secrecy_promises_steps_only_where_the_count_moves_in_steps(self, rule):
        text = str(rule.privacy())
        assert ("secret" in text) == (rule.secrecy == "secret")
        assert ("steps" in text) == (rule.secrecy == "secret" and rule.results != "after close")


class TestTheSteps:
    def told(self, rule, **numbers):
        return [(step.name, str(step.need), str(step.have), step.met) for step in rule.steps(**numbers)]

    def test_tell_what_is_needed_and_how_it_stands(self):
        rule = Rule(min_votes=24, min_turnout=HALF, min_agreement=Share(3, 5))
        assert self.told(rule, roll=48, ballots=31, leading=[21, 20]) == [
            ("votes", "24 ballots needed", "31 are in", True),
            ("turnout", "Of the roll, at least half must vote", "31 of 48 have, 65 %", True),
            ("agreement", "Of the ballots, at least 60 in 100 must agree, each question by itself",
             "It is 68 %, 65 %", True),
        ]  # fmt: skip

    def test_say_where_one_question_falls_short(self):
        (_votes, agreement) = Rule().steps(roll=9, ballots=8, leading=[5, 4])
        assert agreement.met is False

    def test_leave_the_agreement_open_while_the_count_is_not_shown(self):
        step = Rule().steps(roll=9, ballots=8, leading=None)[-1]
        assert step.met is None
        assert not any(figure in str(step.have) for figure in "0123456789")

    def test_measure_the_agreement_on_the_count_that_is_shown(self):
        step = Rule().steps(roll=20, ballots=14, counted=5, leading=[3])[-1]
        assert (str(step.have), step.met) == ("It is 60 %", True)

    @pytest.mark.parametrize(
        ("rule", "leading", "need"),
        [
            (Rule(), [3], "Of the ballots, more than half must agree"),
            (Rule(min_agreement=NOTHING), [3], "One answer must have the most ballots"),
            (Rule(min_agreement=NOTHING), [3, 2], "One answer must have the most ballots, each question by itself"),
            (Rule(decide_by="ballot"), [3], "Of the ballots, more than half must agree on all answers together"),
            (Rule(decide_by="ballot", min_agreement=NOTHING), [3], "One set of answers must be on the most ballots"),
        ],
    )
    def test_say_who_must_agree_on_what(self, rule, leading, need):
        assert str(rule.steps(roll=9, ballots=4, leading=leading)[-1].need) == need

    def test_ask_everybody_where_all_of_the_roll_must_vote(self):
        assert str(Rule(min_turnout=Share(1)).steps(roll=9, ballots=4, leading=[3])[1].need) == (
            "Everybody on the roll must vote"
        )

    def test_call_a_tie_a_tie(self):
        step = Rule(min_agreement=HALF).steps(roll=9, ballots=8, leading=[4], tied=True)[-1]
        assert (str(step.have), step.met) == ("It is 50 %, but that is a tie", False)

    @pytest.mark.parametrize("share", [NOTHING, HALF, Share(1)])
    def test_before_the_first_ballot_have_nothing_met(self, share):
        assert not any(step.met for step in Rule(min_turnout=share).steps(roll=9, ballots=0, leading=[0])
                       if step.name != "turnout" or share.num)  # fmt: skip
