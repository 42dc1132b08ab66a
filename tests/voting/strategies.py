"""Votes made up at random: questions, rules, ballots."""

from hypothesis import strategies as st

from webapp.core.shares import Share
from webapp.voting.rule import RESULTS, Rule

QUESTIONS = {"q1": ["a", "b", "c"], "q2": ["d", "e"], "q3": ["f", "g", "h"]}


@st.composite
def shares(draw):
    """Mostly shares at which few ballots can come out exactly even."""
    den = draw(st.integers(1, 6))
    num = draw(st.integers(0, den))
    return Share(num, den, strict=draw(st.booleans()) if 0 < num < den else False)


rules = st.builds(
    Rule,
    roll=st.sampled_from(["open", "frozen"]),
    min_votes=st.sampled_from([1, 1, 2, 3, 8]),
    min_turnout=st.one_of(st.just(Share(0)), shares()),
    min_agreement=shares(),
    decide_by=st.sampled_from(["question", "ballot"]),
    decide_when=st.sampled_from(["at close", "at once"]),
    secrecy=st.sampled_from(["secret", "open"]),
    results=st.sampled_from(RESULTS),
)

# Answers that come early in the list are drawn more often, so that some votes agree
one_ballot = st.fixed_dictionaries(
    {name: st.sampled_from([answers[0], answers[0], *answers]) for name, answers in QUESTIONS.items()}
)
many_ballots = st.lists(one_ballot, max_size=24)
