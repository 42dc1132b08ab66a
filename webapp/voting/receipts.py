"""Receipts: the code by which a voter finds the own ballot in the ballot file."""

import re
import secrets
import unicodedata
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base32 (https://www.crockford.com/base32.html): no I, L, O and U, so that nothing is misread."""
SYMBOLS: Final = 16
"""16 symbols of 5 bits are 80 bits: unguessable, and no two alike in any vote there will ever be."""
GROUP: Final = 4

_FORM: Final = re.compile(f"[{ALPHABET}]{{{SYMBOLS}}}")
_READ_AS: Final = str.maketrans("OIL", "011")
# Hyphen-minus, the dashes a phone makes of it, and the underscore; white space goes beside
_BETWEEN: Final = re.compile(r"[\s\-\u2010-\u2015\u2212_.]+")


def new_receipt() -> str:
    """Return a fresh receipt of 80 random bits, as `XXXX-XXXX-XXXX-XXXX`."""
    return receipt_of(secrets.randbits(5 * SYMBOLS))


def receipt_of(number: int) -> str:
    """Return the receipt that writes the lowest 80 bits of `number`, as `XXXX-XXXX-XXXX-XXXX`."""
    symbols = "".join(ALPHABET[number >> shift & 31] for shift in range(5 * (SYMBOLS - 1), -1, -5))
    return "-".join(symbols[start : start + GROUP] for start in range(0, SYMBOLS, GROUP))


def read_receipt(typed: str) -> str | None:
    """Return the receipt a person typed in its own form, or None when it cannot be one.

    Case, spaces and hyphens do not matter; O is read as 0, I and L as 1, as Crockford says.
    """
    plain = _BETWEEN.sub("", unicodedata.normalize("NFKC", typed)).upper().translate(_READ_AS)
    if _FORM.fullmatch(plain) is None:
        return None
    return "-".join(plain[start : start + GROUP] for start in range(0, SYMBOLS, GROUP))
