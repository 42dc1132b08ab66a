"""Shares: of those on a roll, of the ballots cast. Whole numbers only, and no rounding that tells another story."""

import math
import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Self

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

MAX_DENOMINATOR: Final = 10_000
"""Fine enough for "66.67 %", and `Share.text` stays within 12 characters."""

_CANONICAL: Final = re.compile(r"(>?)(0|[1-9][0-9]{0,4})(?:/([1-9][0-9]{0,4}))?")
_FRACTION: Final = re.compile(r"([0-9]{1,6}) ?(?:/|in|of|out of) ?([0-9]{1,6})")
_PERCENT: Final = re.compile(r"([0-9]{1,3})(?:[.,]([0-9]{1,4}))? ?(?:%|percent|per cent)")
_DECIMAL: Final = re.compile(r"([01])(?:[.,]([0-9]{1,4}))?")
_STRICT: Final = re.compile(r"(?:more than|over|above|>) ?")
_LOOSE: Final = re.compile(r"(?:at least|>=|≥) ?")
_WORDS: Final = {
    "none": (0, 1), "nobody": (0, 1), "all": (1, 1), "everybody": (1, 1), "everyone": (1, 1),
    "half": (1, 2), "a half": (1, 2), "one half": (1, 2),
    "a third": (1, 3), "one third": (1, 3), "two thirds": (2, 3),
    "a quarter": (1, 4), "one quarter": (1, 4), "three quarters": (3, 4),
}  # fmt: skip


class ShareError(ValueError):
    """What was typed is not a share. Its text is the sentence for the person who typed it."""

    def __init__(self, message: LazyString | None = None) -> None:
        """Take the exact sentence, when there is one."""
        self.text = message if message is not None else _l("Write a share like 60 %, 2/3 or more than half.")
        super().__init__()

    def __str__(self) -> str:
        """Return the sentence in the reader's language."""
        return str(self.text)


@dataclass(frozen=True)
class Share:
    """A share between nothing and all as a fraction in lowest terms; a strict one wants more than the fraction.

    Raises ShareError when made of numbers that are no share, or that nothing could be more than.
    """

    num: int
    den: int = 1
    strict: bool = False

    def __post_init__(self) -> None:
        """Bring the fraction to its lowest terms, so that equal shares are equal."""
        if self.den < 1 or not 0 <= self.num <= self.den:
            raise ShareError(_l("A share lies between nothing and all."))
        if self.strict and self.num == self.den:
            raise ShareError(_l("Nothing is more than all: leave out the “more than”."))
        if self.strict and self.num == 0:
            raise ShareError(_l("For “more than none”, ask for a number of ballots instead."))
        common = math.gcd(self.num, self.den)
        object.__setattr__(self, "num", self.num // common)
        object.__setattr__(self, "den", self.den // common)
        if self.den > MAX_DENOMINATOR:
            raise ShareError(_l("Write that share with fewer digits."))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the canonical text ("0", "1/2", ">1/2", "1") or what people type ("60 %", "0,6", "more than half").

        A bare number above 1 is refused: "60" could be ballots. Raises ShareError.
        """
        plain = " ".join(unicodedata.normalize("NFKC", text).replace("⁄", "/").casefold().split())
        strict = _STRICT.match(plain) if not plain.startswith(">=") else None
        if strict:
            plain = plain[strict.end() :]
        elif loose := _LOOSE.match(plain):
            plain = plain[loose.end() :]
        num, den = _number(plain)
        return cls(num, den, strict=strict is not None)

    @classmethod
    def stored(cls, text: str) -> Self:
        """Read the canonical text alone, as `text` printed it. Raises ShareError."""
        found = _CANONICAL.fullmatch(text)
        if found is None:
            raise ShareError
        return cls(int(found[2]), int(found[3] or 1), strict=bool(found[1]))

    @property
    def text(self) -> str:
        """The canonical text, as the database and the ballot file keep it: "0", "1/2", ">1/2", "1"."""
        number = str(self.num) if self.den == 1 else f"{self.num}/{self.den}"
        return f">{number}" if self.strict else number

    def __str__(self) -> str:
        """Return the canonical text."""
        return self.text

    def met(self, part: int, whole: int) -> bool:
        """Tell whether `part` of `whole` is this share, in whole numbers only. Of nothing only the share 0 is met."""
        if whole <= 0:
            return self.num == 0
        left, right = part * self.den, self.num * whole
        return left > right if self.strict else left >= right

    @property
    def alone(self) -> bool:
        """Whether at most one of several can have this share of the same whole."""
        return 2 * self.num > self.den or (2 * self.num == self.den and self.strict)

    def least(self, whole: int) -> int:
        """Return the smallest part of `whole` (at least 1) that meets this share."""
        down, rest = divmod(self.num * whole, self.den)
        return down + 1 if self.strict or rest else down

    def percent(self, part: int, whole: int) -> int:
        """Return `part` of `whole` in whole percent, rounded so that it never tells another story than `met` does."""
        if whole <= 0:
            return 0
        rounded = (200 * part + whole) // (2 * whole)
        if self.met(part, whole) == self.met(rounded, 100):
            return rounded
        down = 100 * part // whole
        return down if not self.met(part, whole) else down + 1

    def words(self) -> str:
        """Return the share in words of the reader's language: "at least half", "more than 60 in 100", "all"."""
        if self.num == self.den:
            return _("all")
        named = {
            (1, 2): _("half"),
            (1, 3): _("a third"),
            (2, 3): _("two thirds"),
            (1, 4): _("a quarter"),
            (3, 4): _("three quarters"),
        }
        part, whole = (self.num * 100 // self.den, 100) if 100 % self.den == 0 else (self.num, self.den)
        fraction = named.get((self.num, self.den)) or _("%(part)s in %(whole)s", part=part, whole=whole)
        if self.strict:
            return _("more than %(share)s", share=fraction)
        return _("at least %(share)s", share=fraction)


def _number(plain: str) -> tuple[int, int]:
    """Read the fraction in folded text. Raises ShareError."""
    if plain in _WORDS:
        return _WORDS[plain]
    if found := _FRACTION.fullmatch(plain):
        if int(found[2]) == 0:
            raise ShareError
        return int(found[1]), int(found[2])
    for form, whole in ((_PERCENT, 100), (_DECIMAL, 1)):
        if found := form.fullmatch(plain):
            digits = found[2] or ""
            return int(found[1] + digits), whole * 10 ** len(digits)
    raise ShareError


NOTHING: Final = Share(0)
HALF: Final = Share(1, 2)
MORE_THAN_HALF: Final = Share(1, 2, strict=True)
