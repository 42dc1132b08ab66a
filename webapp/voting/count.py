"""The count: from how many ballots chose what to what is decided. It looks at counters only, never at guests."""

import hashlib
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Self, TypeVar

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from webapp.voting.rule import Rule

K = TypeVar("K", bound=Hashable)

Answers = Mapping[str, str]
"""What one ballot says: {question id: answer id}."""
AnswerSet = tuple[tuple[str, str], ...]
"""The same as something that can be counted: (question id, answer id), sorted."""

STEP: Final = 5
"""The count of a secret vote shows in steps of so many ballots (see `Published`)."""


class Why(StrEnum):
    """Why nothing is decided."""

    TOO_FEW = "too few ballots"
    LOW_TURNOUT = "turnout too low"
    DISAGREEMENT = "too little agreement"
    TIE = "tie"

    @property
    def sentence(self) -> LazyString:
        """The reason in the reader's words."""
        return _SENTENCES[self]


_SENTENCES: Final = {
    Why.TOO_FEW: _l("Too few ballots are in."),
    Why.LOW_TURNOUT: _l("Too few of the roll have voted."),
    Why.DISAGREEMENT: _l("Too few ballots agree."),
    Why.TIE: _l("Two or more answers share the lead: a tie is no consensus."),
}


def answer_set(answers: Answers) -> AnswerSet:
    """Return a ballot's answers as one countable thing; the order in which they were given does not matter."""
    return tuple(sorted(answers.items()))


def answer_set_key(answers: Answers) -> str:
    """Return SHA-256 (64 hex digits) over the sorted answer ids: a short name of a set of answers."""
    return hashlib.sha256("\n".join(sorted(answers.values())).encode()).hexdigest()


@dataclass(frozen=True)
class Count:
    """How many ballots chose what. `votes` has every question of the vote, with at least the answers that were chosen.

    `sets` is looked at only where whole ballots decide, and needs no more than its two largest, so that a vote costs
    the same however many came before.
    """

    ballots: int
    votes: Mapping[str, Mapping[str, int]]
    sets: Mapping[AnswerSet, int] = field(default_factory=dict)

    @classmethod
    def of(cls, questions: Iterable[str], ballots: Iterable[Answers]) -> Self:
        """Count `ballots` from scratch. Raises KeyError when one leaves a question of `questions` out."""
        votes: dict[str, dict[str, int]] = {question: {} for question in questions}
        sets: dict[AnswerSet, int] = {}
        number = 0
        for answers in ballots:
            number += 1
            for question, tally in votes.items():
                tally[answers[question]] = tally.get(answers[question], 0) + 1
            whole = answer_set({question: answers[question] for question in votes})
            sets[whole] = sets.get(whole, 0) + 1
        return cls(number, votes, sets)


@dataclass(frozen=True)
class Settled:
    """What became of one question: its winning answer, or why there is none; and how many ballots the leader has."""

    question: str
    answer: str | None
    why: Why | None
    leading: int
    tied: bool


@dataclass(frozen=True)
class Outcome:
    """What a count decides. A consensus is reached when every question is settled."""

    questions: tuple[Settled, ...]

    @property
    def reached(self) -> bool:
        """Whether there is a consensus."""
        return bool(self.questions) and all(settled.answer is not None for settled in self.questions)

    @property
    def answers(self) -> dict[str, str]:
        """The settled questions with their answers: {question id: answer id}."""
        return {settled.question: settled.answer for settled in self.questions if settled.answer is not None}

    @property
    def whys(self) -> dict[str, Why]:
        """The open questions with the reason: {question id: why}."""
        return {settled.question: settled.why for settled in self.questions if settled.why is not None}

    @property
    def tied(self) -> bool:
        """Whether somewhere two or more share the lead."""
        return any(settled.tied for settled in self.questions)

    @classmethod
    def latched(cls, answers: Answers) -> Self:
        """Return the outcome that stands since a consensus on `answers` was reached, whatever was cast later."""
        return cls(tuple(Settled(question, answer, None, 0, tied=False) for question, answer in answers.items()))

    @classmethod
    def none(cls, questions: Iterable[str], why: Why) -> Self:
        """Return the outcome of a vote that decided none of `questions`, all for the same reason."""
        return cls(tuple(Settled(question, None, why, 0, tied=False) for question in questions))


def decide(rule: Rule, roll: int, count: Count) -> Outcome:
    """Return what `count` decides under `rule`, with so many guests on the `roll`.

    Enough ballots and turnout are asked of the vote as a whole; among the answers (or sets of answers) with enough of
    the ballots cast, a single largest one wins. A vote without questions decides nothing.
    """
    why = _quorum(rule, roll, count.ballots)
    if rule.decide_by == "ballot":
        return _by_ballot(rule, why, count)
    return Outcome(tuple(_by_question(rule, why, count.ballots, name, votes) for name, votes in count.votes.items()))


def _quorum(rule: Rule, roll: int, ballots: int) -> Why | None:
    """Return which of the two conditions on the vote as a whole fails first."""
    if ballots < max(rule.min_votes, 1):
        return Why.TOO_FEW
    if not rule.min_turnout.met(ballots, roll):
        return Why.LOW_TURNOUT
    return None


def _by_question(rule: Rule, why: Why | None, ballots: int, question: str, votes: Mapping[str, int]) -> Settled:
    leaders, most = _lead(votes)
    tied = len(leaders) > 1
    why = why or _agreement(rule, ballots, most, tied=tied)
    return Settled(question, None if why else leaders[0], why, most, tied)


def _by_ballot(rule: Rule, why: Why | None, count: Count) -> Outcome:
    leaders, most = _lead(count.sets)
    tied = len(leaders) > 1
    why = why or _agreement(rule, count.ballots, most, tied=tied)
    won: Mapping[str, str] = {} if why else dict(leaders[0])
    return Outcome(tuple(Settled(question, won.get(question), why, most, tied) for question in count.votes))


def _agreement(rule: Rule, ballots: int, most: int, *, tied: bool) -> Why | None:
    """Judge the lead alone: where what most chose does not qualify, what fewer chose cannot."""
    if most == 0 or not rule.min_agreement.met(most, ballots):
        return Why.DISAGREEMENT
    return Why.TIE if tied else None


def _lead(votes: Mapping[K, int]) -> tuple[list[K], int]:
    """Return who has the most votes, and how many; nobody while there are none."""
    most = max(votes.values(), default=0)
    return ([choice for choice, number in votes.items() if number == most] if most else []), most


@dataclass(frozen=True)
class Published:
    """The two counts kept of a secret vote while it runs, so that no single ballot shows.

    Were the newest count shown at every fifth ballot, the difference between the last one shown and the final count
    could be a single ballot. So the count shown stays one step behind: at every fifth ballot the one `held` becomes
    the one `shown`, and the newest is held. Then any two counts ever published, the final one included, lie at least
    five ballots apart (or are the same).
    """

    shown: Count
    held: Count

    @classmethod
    def at_opening(cls, questions: Sequence[str]) -> Self:
        """Return what is published when voting opens: nothing."""
        nothing = Count(0, {question: {} for question in questions})
        return cls(nothing, nothing)

    def after(self, count: Count) -> Self:
        """Return what is published after a ballot was cast that made it `count`."""
        return type(self)(self.held, count) if moves(count.ballots) else self


def moves(ballots: int) -> bool:
    """Tell whether the published count of a secret vote moves with the ballot that makes it so many `ballots`."""
    return ballots > 0 and ballots % STEP == 0


def shows_newest(rule: Rule, *, closed: bool) -> bool:
    """Tell whether the newest count shows: after close and in an open vote; else it is the published one.

    Who may see it at all (`rule.results`) is for the policy to say.
    """
    return closed or rule.secrecy == "open"
