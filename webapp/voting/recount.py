"""The ballot file: all that is needed to count a vote again, offline, with `docs/recount.py`.

JSON Lines in UTF-8: a header, one line a ballot, and a last line with the digest of all lines before it. Ballots are
sorted by receipt, which is random: the file knows no time and no order of casting, and no names where the vote was
secret.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from webapp.voting.count import Answers, Outcome
from webapp.voting.rule import Rule

FORMAT = "folkmoot ballots"
VERSION = 1


@dataclass(frozen=True)
class Asked:
    """A question as it stands in the file: its id, its text, and its answers as {id: text} in their order."""

    id: str
    text: str
    answers: Mapping[str, str]


@dataclass(frozen=True)
class Reached:
    """Where a consensus was reached at once: how many ballots were in then, and how many guests on the roll."""

    ballots: int
    roll: int


@dataclass(frozen=True)
class Vote:
    """A vote that is over. `roll` is its size at the end; `reached` only where it was decided at once."""

    event_id: str
    title: str
    questions: Sequence[Asked]
    rule: Rule
    roll: int
    outcome: Outcome
    reached: Reached | None = None
    cancelled: bool = False


@dataclass(frozen=True)
class Cast:
    """One ballot as the file keeps it. `voter` (None once the account is deleted) is written for open votes only."""

    receipt: str
    answers: Answers
    voter: str | None = None


def ballot_file(vote: Vote, ballots: Iterable[Cast]) -> bytes:
    """Return the ballot file of `vote`; the order in which `ballots` come leaves no trace in it."""
    in_file = sorted(ballots, key=lambda ballot: ballot.receipt)
    lines = [_line(_header(vote, len(in_file))), *(_line(_ballot(vote, ballot)) for ballot in in_file)]
    content = b"".join(lines)
    return content + _line({"sha256": hashlib.sha256(content).hexdigest()})


def _header(vote: Vote, ballots: int) -> dict[str, object]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "event": vote.event_id,
        "title": vote.title,
        "questions": [
            {
                "id": question.id,
                "text": question.text,
                "answers": [{"id": answer, "text": text} for answer, text in question.answers.items()],
            }
            for question in vote.questions
        ],
        "rule": vote.rule.as_dict(),
        "roll": vote.roll,
        "ballots": ballots,
        "cancelled": vote.cancelled,
        "outcome": _outcome(vote),
    }


def _outcome(vote: Vote) -> dict[str, object]:
    """Return what was decided. A cancelled event has decided nothing, whatever its ballots say."""
    if vote.cancelled:
        return {"reached": False, "answers": {}, "why": {}, "at_once": None}
    at_once = vote.reached if vote.outcome.reached else None
    return {
        "reached": vote.outcome.reached,
        "answers": vote.outcome.answers,
        "why": {question: why.value for question, why in vote.outcome.whys.items()},
        "at_once": {"ballots": at_once.ballots, "roll": at_once.roll} if at_once else None,
    }


def _ballot(vote: Vote, ballot: Cast) -> dict[str, object]:
    answers = {question.id: ballot.answers[question.id] for question in vote.questions}
    named = {"voter": ballot.voter} if vote.rule.secrecy == "open" else {}
    return {"receipt": ballot.receipt, **named, "answers": answers}


def _line(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(", ", ": ")).encode() + b"\n"
