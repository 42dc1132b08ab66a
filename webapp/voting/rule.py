"""The rule of a vote: what must hold for a consensus, in whole numbers and in one sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final, Self

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_babel.speaklater import LazyString

from webapp.core.shares import MORE_THAN_HALF, NOTHING, Share

MAX_VOTES: Final = 1_000_000

ROLLS: Final = ("open", "frozen")
DECIDE_BY: Final = ("question", "ballot")
DECIDE_WHEN: Final = ("at close", "at once")
SECRECIES: Final = ("secret", "open")
RESULTS: Final = ("live", "after voting", "after close")


@dataclass(frozen=True)
class Step:
    """One condition of the rule, for the results page: what is needed, how it stands, and whether it is met.

    `met` is None where the count may not be seen yet.
    """

    name: str
    need: LazyString
    have: LazyString
    met: bool | None


@dataclass(frozen=True)
class Rule:
    """All that decides a vote. Frozen when voting opens, printed on the ballot, kept in the ballot file."""

    roll: str = "open"
    min_votes: int = 1
    min_turnout: Share = NOTHING
    min_agreement: Share = MORE_THAN_HALF
    decide_by: str = "question"
    decide_when: str = "at close"
    secrecy: str = "secret"
    results: str = "after voting"

    @classmethod
    def of(cls, source: object) -> Self:
        """Read the rule from an object with attributes of these names, shares in canonical text. Raises ShareError."""
        return cls.read({field.name: getattr(source, field.name) for field in fields(cls)})

    @classmethod
    def read(cls, values: Mapping[str, object]) -> Self:
        """Read what `as_dict` wrote. Raises KeyError for a missing part, TypeError or ShareError for a wrong one."""
        rule = {field.name: values[field.name] for field in fields(cls)}
        votes = rule.pop("min_votes")
        texts = {name: value for name, value in rule.items() if isinstance(value, str)}
        if not isinstance(votes, int) or isinstance(votes, bool) or len(texts) != len(rule):
            raise TypeError
        turnout, agreement = Share.stored(texts.pop("min_turnout")), Share.stored(texts.pop("min_agreement"))
        return cls(min_votes=votes, min_turnout=turnout, min_agreement=agreement, **texts)

    def as_dict(self) -> dict[str, str | int]:
        """Return the whole rule as JSON knows it, shares as canonical text."""
        return {
            field.name: value.text if isinstance(value := getattr(self, field.name), Share) else value
            for field in fields(self)
        }

    def problems(self) -> dict[str, LazyString]:
        """Return what makes this rule unusable as {field: sentence}, empty for a good one."""
        found: dict[str, LazyString] = {}
        choices = {
            "roll": ROLLS,
            "decide_by": DECIDE_BY,
            "decide_when": DECIDE_WHEN,
            "secrecy": SECRECIES,
            "results": RESULTS,
        }
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                found[name] = _l("Please choose one of these.")
        if self.min_votes < 1:
            found["min_votes"] = _l("At least one ballot is needed.")
        elif self.min_votes > MAX_VOTES:
            found["min_votes"] = _l("That is more ballots than a vote can have.")
        elif self.decide_when == "at once" and self.min_votes == 1 and self.min_turnout.num == 0:
            found["min_votes"] = _l(
                "Deciding at once, the very first ballot would settle the vote: "
                "ask for at least two ballots, or for a turnout."
            )
        return found

    def sentence(self, questions: int = 1) -> LazyString:
        """Return the rule as one exact sentence for a ballot with so many `questions`."""
        return LazyString(self._sentence, questions)

    def _sentence(self, questions: int) -> str:
        conditions = self._conditions(questions)
        if self.roll == "frozen":
            tail = _("a tie is no consensus, and only those may vote who joined before voting opened")
        else:
            tail = _("a tie is no consensus, and everybody who joins in time may vote")
        if self.decide_when == "at once":
            return _("There is a consensus as soon as %(conditions)s; %(tail)s.", conditions=conditions, tail=tail)
        return _("There is a consensus if, when voting closes, %(conditions)s; %(tail)s.",
                 conditions=conditions, tail=tail)  # fmt: skip

    def _conditions(self, questions: int) -> str:
        """Join what must hold. That one ballot must be in goes without saying."""
        parts = [self._agreement(questions)]
        if self.min_turnout.num:
            parts.insert(0, self._turnout())
        if self.min_votes > 1:
            votes = ngettext("at least %(num)s ballot is in", "at least %(num)s ballots are in", self.min_votes)
            parts.insert(0, votes)
        if len(parts) == 1:
            return parts[0]
        if len(parts) == 2:
            return _("%(first)s and %(last)s", first=parts[0], last=parts[1])
        return _("%(first)s, %(second)s and %(last)s", first=parts[0], second=parts[1], last=parts[2])

    def _turnout(self) -> str:
        if self.min_turnout.num == self.min_turnout.den:
            return _("everybody on the roll has voted")
        return _("%(share)s of the roll has voted", share=self.min_turnout.words())

    def _agreement(self, questions: int) -> str:
        """Say who must agree on what: where two could have the share, it also takes more than any other."""
        if questions > 1 and self.decide_by == "ballot":
            return self._agreement_on_set(self.min_agreement.words())
        if questions > 1:
            return self._agreement_on_each(self.min_agreement.words())
        return self._agreement_on_one(self.min_agreement.words())

    def _agreement_on_set(self, share: str) -> str:
        if self.min_agreement.num == 0:
            return _("one and the same set of answers is on more ballots than any other set")
        if self.min_agreement.alone:
            return _("one and the same set of answers is on %(share)s of the ballots", share=share)
        return _("one and the same set of answers is on %(share)s of the ballots and on more than any other set",
                 share=share)  # fmt: skip

    def _agreement_on_each(self, share: str) -> str:
        if self.min_agreement.num == 0:
            return _("on every question, each by itself, one answer has more ballots than any other")
        if self.min_agreement.alone:
            return _("on every question, each by itself, one answer has %(share)s of the ballots", share=share)
        return _("on every question, each by itself, one answer has %(share)s of the ballots and more than any other",
                 share=share)  # fmt: skip

    def _agreement_on_one(self, share: str) -> str:
        if self.min_agreement.num == 0:
            return _("one answer has more ballots than any other")
        if self.min_agreement.alone:
            return _("one answer has %(share)s of the ballots", share=share)
        return _("one answer has %(share)s of the ballots and more than any other", share=share)

    def privacy(self) -> LazyString:
        """Return two sentences on who will see what: the secrecy of the vote, and when its count shows."""
        return LazyString(self._privacy)

    def _privacy(self) -> str:
        if self.secrecy == "open":
            who = _("This vote is open: after it closes, your name stands beside your answers in the ballot file.")
        else:
            who = _("This vote is secret: nobody is shown who chose what.")
        if self.results == "after close":
            when = _("The count is shown when voting closes.")
        elif self.secrecy == "secret":
            when = {
                "live": _("The count is shown while voting runs, in steps of at least five ballots."),
                "after voting": _("You see the count once you have voted, in steps of at least five ballots."),
            }[self.results]
        else:
            when = {
                "live": _("The count is shown while voting runs."),
                "after voting": _("You see the count once you have voted."),
            }[self.results]
        return f"{who} {when}"

    def steps(
        self, *, roll: int, ballots: int, leading: Sequence[int] | None, counted: int | None = None, tied: bool = False
    ) -> list[Step]:
        """Return the conditions as the results page lists them.

        `leading` holds the ballots of the leading answer of each question (of the leading set of answers where whole
        ballots decide), or None while the count may not be seen; `counted` says of how many ballots, where the shown
        count lags behind `ballots`; `tied` that somewhere two answers share the lead.
        """
        steps = [
            Step(
                "votes",
                LazyString(ngettext, "%(num)s ballot needed", "%(num)s ballots needed", self.min_votes),
                LazyString(ngettext, "%(num)s is in", "%(num)s are in", ballots),
                ballots >= self.min_votes,
            )
        ]
        if self.min_turnout.num:
            percent = self.min_turnout.percent(ballots, roll)
            have = _l("%(ballots)s of %(roll)s have, %(percent)s %%", ballots=ballots, roll=roll, percent=percent)
            need = LazyString(self._turnout_need)
            steps.append(Step("turnout", need, have, self.min_turnout.met(ballots, roll)))
        steps.append(self._agreement_step(leading, ballots if counted is None else counted, tied=tied))
        return steps

    def _turnout_need(self) -> str:
        if self.min_turnout.num == self.min_turnout.den:
            return _("Everybody on the roll must vote")
        return _("Of the roll, %(share)s must vote", share=self.min_turnout.words())

    def _agreement_step(self, leading: Sequence[int] | None, counted: int, *, tied: bool) -> Step:
        need = LazyString(self._agreement_need, len(leading) if leading is not None else 1)
        if leading is None:
            return Step("agreement", need, _l("This shows when the count may be seen"), None)
        if counted == 0 or not leading:
            return Step("agreement", need, _l("No ballot has been counted yet"), met=False)
        enough = all(self.min_agreement.met(top, counted) for top in leading)
        shares = ", ".join(f"{self.min_agreement.percent(top, counted)} %" for top in leading)
        if enough and tied:
            return Step("agreement", need, _l("It is %(shares)s, but that is a tie", shares=shares), met=False)
        return Step("agreement", need, _l("It is %(shares)s", shares=shares), met=enough)

    def _agreement_need(self, parts: int) -> str:
        share, most = self.min_agreement.words(), self.min_agreement.num == 0
        if self.decide_by == "ballot":
            if most:
                return _("One set of answers must be on the most ballots")
            return _("Of the ballots, %(share)s must agree on all answers together", share=share)
        if parts > 1:
            if most:
                return _("One answer must have the most ballots, each question by itself")
            return _("Of the ballots, %(share)s must agree, each question by itself", share=share)
        if most:
            return _("One answer must have the most ballots")
        return _("Of the ballots, %(share)s must agree", share=share)
