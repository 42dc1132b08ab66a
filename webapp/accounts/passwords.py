"""Passwords: what may be one, and how it is kept (argon2id with OWASP's parameters)."""

import functools
import os
import pathlib
import threading
import unicodedata
from collections.abc import Callable
from typing import Annotated, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from pydantic import AfterValidator, StringConstraints

from webapp.core.errors import BusyError
from webapp.core.operation import end_read
from webapp.core.schema import Says, refuse
from webapp.core.text import fold

LEAST = 8
MOST = 128
_COMMON = pathlib.Path(__file__).with_name("common_passwords.txt")
# OWASP Password Storage Cheat Sheet: argon2id, 19 MiB, two passes, one lane; about 25 ms
_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
# Hashing leaves processors to those who only look at pages, and nobody waits for it longer than this.
_SLOTS = threading.BoundedSemaphore(max(1, (os.cpu_count() or 1) // 2))
_PATIENCE_SECONDS = 10.0
Result = TypeVar("Result")


@functools.cache
def common_passwords() -> frozenset[str]:
    """Return the most common passwords of 8 and more characters, folded."""
    lines = _COMMON.read_text(encoding="utf-8").splitlines()
    return frozenset(fold(line) for line in lines if not line.startswith("#"))


def _judge(value: str) -> str:
    if not value:
        raise refuse(_l("Please fill this in."))
    if len(value) < LEAST:
        raise refuse(ngettext("At least one character, please.", "At least %(num)d characters, please.", LEAST))
    if len(value) > MOST:
        raise refuse(ngettext("At most one character, please.", "At most %(num)d characters, please.", MOST))
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise refuse(_l("This holds characters that cannot be kept. Please type it again."))
    if fold(value) in common_passwords():
        raise refuse(_l("This is one of the most common passwords. Please think of another, such as a short sentence."))
    return value


# A new password: 8 to 128 characters of any kind, kept to the letter, none of the 3,000 most common.
Password = Annotated[
    str,
    StringConstraints(strip_whitespace=False),
    AfterValidator(_judge),
    Says(minLength=LEAST, maxLength=MOST),
]


def _bytes(password: str) -> bytes:
    # One password typed on two keyboards may be composed differently
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


def _in_turn(work: Callable[[], Result]) -> Result:
    end_read()
    if not _SLOTS.acquire(timeout=_PATIENCE_SECONDS):
        raise BusyError(retry_after=1)
    try:
        return work()
    finally:
        _SLOTS.release()


def hash_password(password: str) -> str:
    """Return what is kept of `password`. Call it before the operation: it takes about 25 ms.

    Raises BusyError where too many are being hashed at once.
    """
    return _in_turn(lambda: _HASHER.hash(_bytes(password)))


@functools.cache
def _nobodys() -> str:
    return _HASHER.hash(os.urandom(16))


def verify_password(kept: str | None, password: str) -> bool:
    """Tell whether `password` is the one of which `kept` is kept; it takes as long where nothing is kept (None).

    Call it outside of operations. Raises BusyError where too many are being hashed at once.
    """
    against = kept or _nobodys()
    try:
        _in_turn(lambda: _HASHER.verify(against, _bytes(password)))
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def is_weak(kept: str) -> bool:
    """Tell whether `kept` was made with other parameters than today's, so that it is to be made anew."""
    return _HASHER.check_needs_rehash(kept)
