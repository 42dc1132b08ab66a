"""Short texts that go out and come back, and that nobody but this installation can read, make or change.

The seal is HMAC-SHA256 alone, put together as a synthetic-IV cipher (RFC 5297): a mark over the text begins its key
stream. So the same text always gives the same seal, and one that was changed does not open.
"""

import base64
import hmac

from flask import current_app

from webapp.config import signing_keys

_MARK = 16
_BLOCK = 32
_STEP = 128


def _of(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, "sha256")


def _key(secret: str, about: str, use: bytes) -> bytes:
    return _of(_of(secret.encode(), b"folkmoot:seal:" + use), about.encode())


def _crossed(key: bytes, mark: bytes, data: bytes) -> bytes:
    """Return `data` crossed with the key stream that begins with `mark`: sealed if it was open, open if sealed."""
    numbers = range(-(-len(data) // _BLOCK))
    stream = b"".join(_of(key, mark + number.to_bytes(4, "big")) for number in numbers)
    return bytes(one ^ other for one, other in zip(data, stream, strict=False))


def seal(text: str, about: str) -> str:
    """Return `text` sealed, for addresses; it opens for the same `about` alone. Outer space is not kept.

    How long a text is shows in steps of 128 bytes.
    """
    secret = signing_keys(current_app.config)[0]
    data = text.strip().encode()
    data = data.ljust(-(-len(data) // _STEP) * _STEP)
    mark = _of(_key(secret, about, b"mark"), data)[:_MARK]
    return base64.urlsafe_b64encode(mark + _crossed(_key(secret, about, b"stream"), mark, data)).rstrip(b"=").decode()


def unseal(sealed: str, about: str) -> str | None:
    """Return what `seal` was given, with this key or an earlier one that still counts; None for anything else."""
    try:
        raw = base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
    except ValueError:
        return None
    mark, data = raw[:_MARK], raw[_MARK:]
    for secret in signing_keys(current_app.config):
        found = _crossed(_key(secret, about, b"stream"), mark, data)
        if hmac.compare_digest(_of(_key(secret, about, b"mark"), found)[:_MARK], mark):
            return found.decode().rstrip()
    return None
