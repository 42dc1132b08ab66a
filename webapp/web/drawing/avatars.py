"""Initials of a person on a dye of their own."""

import functools
import hashlib
import unicodedata

from markupsafe import Markup, escape

DYES = ("", "sky", "rose", "leaf", "lilac", "weld")
_PERSON = Markup('<path d="M19 21v-2a4 4 0 0 0-4-4H9a4 4 0 0 0-4 4v2"/><circle cx="12" cy="7" r="4"/>')  # Lucide's user


def initials(name: str) -> str:
    """Return one or two letters for a name: of its first and its last word that begin with a letter; "" if none do."""
    letters = [word[0] for word in unicodedata.normalize("NFC", name).split() if word[0].isalpha()]
    if not letters:
        return ""
    picked = letters[:1] + letters[1:][-1:]
    # title case, not upper: Georgian has capitals that few fonts know, and a sharp s has none
    return "".join(letter.title() if len(letter.title()) == 1 else letter for letter in picked)


def dye(key: str) -> str:
    """Return the name of the dye that belongs to a key (an id): "" is linen. The same key has the same dye for ever."""
    return DYES[hashlib.sha256(key.encode()).digest()[0] % len(DYES)]


@functools.lru_cache(maxsize=4096)
def _avatar(name: str, key: str, size: str) -> Markup:
    letters = initials(name)
    colour = dye(key or name) if letters else ""
    cls = "avatar" + (f" avatar--{colour}" if colour else "") + (f" avatar--{size}" if size else "")
    if letters:
        return Markup('<span class="{}" aria-hidden="true">{}</span>').format(cls, escape(letters))
    icon = Markup(
        '<svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" '
        'stroke-linecap="round" stroke-linejoin="round" focusable="false">{}</svg>'
    ).format(_PERSON)
    return Markup('<span class="{}" aria-hidden="true">{}</span>').format(cls, icon)


def avatar(name: str | None, key: object = "", size: str | None = None) -> Markup:
    """Return the avatar of somebody called `name`, in the dye of `key`; `size` is "s", "l" or nothing.

    It is decoration (hidden from screen readers): the name stands beside it in words.
    """
    return _avatar(name or "", str(key), size or "")
