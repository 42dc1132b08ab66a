"""Text as it is kept and compared."""

import re
import secrets
import unicodedata

_SLUG = re.compile(r"[^a-z0-9]+")
# C0 and C1 controls but tab and line feed, lone surrogates, and the characters that turn the reading direction around
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def fold(text: str) -> str:
    """Return `text` as it is compared: Unicode NFKC, case-folded, outer space gone."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text.strip()).casefold())


def unfit(text: str) -> bool:
    """Tell whether `text` holds characters that cannot be kept: controls, lone surrogates, direction overrides."""
    return _UNFIT.search(text) is not None


def fit(text: str) -> str:
    """Return `text` without the characters that cannot be kept: what is looked for holds none of them."""
    return _UNFIT.sub("", text)


def one_line(text: str) -> str:
    """Return `text` on one line with single spaces, composed (NFC)."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def many_lines(text: str) -> str:
    """Return `text` with line feeds alone as line ends, composed (NFC), outer space gone."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def slugify(text: str, fallback: str = "company") -> str:
    """Return a name for a path: lower-case ASCII letters, digits and single hyphens, 1 to 60 characters."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return _SLUG.sub("-", plain).strip("-")[:60].strip("-") or fallback


def secret(bits: int = 256) -> str:
    """Return `bits` (a multiple of 8) random bits as URL-safe text."""
    return secrets.token_urlsafe(bits // 8)
