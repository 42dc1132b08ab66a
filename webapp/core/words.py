"""The words by which a text is found: folded, without accents, looked for by how they begin."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from webapp.core import text

LONGEST: Final = 40
MOST_ASKED: Final = 10

_WORD = re.compile(r"[^\W_]+")
# Letters that carry their stroke in themselves: no accent comes off them.
_PLAIN = str.maketrans("łđøħŧı", "ldohti")
# Scripts that put no spaces between words: Thai, Lao, Burmese, Khmer, Japanese, Chinese.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff]+"
)


def _plain(said: str) -> str:
    apart = unicodedata.normalize("NFKD", text.fold(said))
    bare = "".join(letter for letter in apart if not unicodedata.category(letter).startswith("M"))
    return unicodedata.normalize("NFKC", bare).translate(_PLAIN)


def _runs(plain: str) -> Iterator[tuple[str, bool]]:
    """Yield the runs of letters and digits, each with whether it is of a script without spaces."""
    for found in _WORD.findall(plain):
        start = 0
        for run in _UNSPACED.finditer(found):
            if run.start() > start:
                yield found[start : run.start()], False
            yield run[0], True
            start = run.end()
        if start < len(found):
            yield found[start:], False


def _signs(plain: str) -> set[str]:
    return {sign for sign in _WORD.sub("", plain) if not sign.isspace()}


def words_of(said: str) -> set[str]:
    """Return the words under which `said` is found, each of at most LONGEST characters.

    Where a script has no spaces these are its pairs of neighbours, and its last character alone; signs such as "%" are
    words of one character.
    """
    plain = _plain(said)
    words = _signs(plain)
    for run, unspaced in _runs(plain):
        words |= {run[i : i + 2] for i in range(len(run))} if unspaced else {run[:LONGEST]}
    return words


def words_asked(search: str) -> list[str]:
    """Return how words must begin for `search` to find them: all of these, at most MOST_ASKED, the longest first.

    Signs count where there is nothing else.
    """
    plain = _plain(search)
    asked: set[str] = set()
    for run, unspaced in _runs(plain):
        asked |= {run[i : i + 2] for i in range(max(1, len(run) - 1))} if unspaced else {run[:LONGEST]}
    asked = asked or _signs(plain)
    # the beginning of another one asks for nothing more
    apart = {word for word in asked if not any(other != word and other.startswith(word) for other in asked)}
    return sorted(apart, key=lambda word: (-len(word), word))[:MOST_ASKED]
