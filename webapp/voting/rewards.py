"""What follows from a consensus: who shares the reward, and whose reputation moves."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from webapp.voting.count import Answers, Outcome

G = TypeVar("G", bound=Hashable)


@dataclass(frozen=True)
class Due:
    """What one guest gets at close: whole points of the reward, and +1, -1 or 0 of reputation."""

    reward: int = 0
    reputation: int = 0


def dues(ballots: Iterable[tuple[G, Answers]], outcome: Outcome, reward: int, silent: Iterable[G] = ()) -> dict[G, Due]:
    """Return what everybody gets when the vote with this `outcome` closes.

    `ballots` come as (guest, {question: answer}) in the order in which they were cast; `silent` are those on the roll
    who cast none, who get nothing and lose nothing. The `reward` (whole points) goes in equal parts to all whose
    ballot agrees on every settled question; of what cannot be divided, the earliest get one point each. Where
    questions are settled each by itself it can happen that nobody agrees on all: then the reward stays where it is.
    Without a consensus nothing moves. Raises ValueError for a negative reward.
    """
    if reward < 0:
        raise ValueError(reward)
    cast = list(ballots)
    due = dict.fromkeys([*silent, *(guest for guest, _answers in cast)], Due())
    if not outcome.reached:
        return due
    settled = outcome.answers
    agreeing = [guest for guest, answers in cast if agrees(answers, settled)]
    due.update((guest, Due(0, -1)) for guest, _answers in cast)
    share, rest = divmod(reward, len(agreeing)) if agreeing else (0, 0)
    due.update((guest, Due(share + (place < rest), 1)) for place, guest in enumerate(agreeing))
    return due


def agrees(answers: Answers, settled: Mapping[str, str]) -> bool:
    """Tell whether a ballot's `answers` are those of every `settled` question."""
    return all(answers.get(question) == answer for question, answer in settled.items())
