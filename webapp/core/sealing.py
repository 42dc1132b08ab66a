"""Short texts that go out and come back, and that nobody but this installation can read, make or change.

AES-SIV (RFC 5297): the same text always gives the same seal, and one that was changed does not open.
"""

import base64
import hashlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from flask import current_app

from webapp.config import signing_keys

_STEP = 128


def _cipher(secret: str) -> AESSIV:
    return AESSIV(hashlib.sha256(b"folkmoot:seal:" + secret.encode()).digest())


def seal(text: str, about: str) -> str:
    """Return `text` sealed, for addresses; it opens for the same `about` alone. Outer space is not kept.

    How long a text is shows in steps of 128 bytes.
    """
    data = text.strip().encode()
    data = data.ljust(-(-len(data) // _STEP) * _STEP or _STEP)
    sealed = _cipher(signing_keys(current_app.config)[0]).encrypt(data, [about.encode()])
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def unseal(sealed: str, about: str) -> str | None:
    """Return what `seal` was given, with this key or an earlier one that still counts; None for anything else."""
    try:
        raw = base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
    except ValueError:
        return None
    for secret in signing_keys(current_app.config):
        try:
            return _cipher(secret).decrypt(raw, [about.encode()]).decode().rstrip()
        except (InvalidTag, ValueError):
            continue
    return None
