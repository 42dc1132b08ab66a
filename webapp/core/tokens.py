"""Signed links: one token service, one salt a purpose.

A link is derived from a row's id and the row's nonce and is never stored: whoever reads the database cannot make one
without the secret key, and a new nonce ends all links made before.
"""

import base64
import dataclasses
import enum
import hashlib
import uuid

from flask import current_app
from flask_babel import lazy_gettext as _l
from itsdangerous import BadSignature, URLSafeSerializer, want_bytes

from webapp.config import signing_keys
from webapp.core.errors import AppError


class Purpose(enum.StrEnum):
    """What a link is for. Each purpose has its own salt, so that no link passes for another."""

    VERIFY = "verify"
    RESET = "reset"
    EMAIL_CHANGE = "email-change"
    PERSONAL = "personal"
    INVITATION = "invitation"
    UNSUBSCRIBE = "unsubscribe"
    CONFIRM_PLACE = "confirm-place"
    CHECK_IN = "check-in"
    CALENDAR = "calendar"


class TokenMissingError(AppError):
    """There is no token, or it points to no row."""

    id = "otk_not_found_error"
    status = 404
    message = _l("This link leads nowhere. Perhaps a part of it is missing; please copy the whole link.")


class TokenInvalidError(TokenMissingError):
    """The signature does not fit: a link that was changed or made elsewhere."""


class TokenExpiredError(AppError):
    """The link was good and is not any more."""

    id = "otk_expired"
    status = 410
    message = _l("This link has been used or has expired. Please ask for a new one.")


@dataclasses.dataclass(frozen=True)
class Token:
    """What a link says: which row, and the nonce the row had."""

    row: uuid.UUID
    nonce: str


def _serializer(purpose: Purpose) -> URLSafeSerializer:
    return URLSafeSerializer(
        list(reversed(signing_keys(current_app.config))),
        salt=f"folkmoot:{purpose.value}",
        signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
    )


def make(purpose: Purpose, row: uuid.UUID, nonce: str) -> str:
    """Return the token for `row` with its `nonce`; the same row and nonce always give the same token."""
    body = base64.urlsafe_b64encode(row.bytes).rstrip(b"=").decode()
    return str(_serializer(purpose).dumps(f"{body}.{nonce}"))


def read(purpose: Purpose, token: str) -> Token:
    """Return what `token` says.

    Raises TokenMissingError for an empty one and TokenInvalidError for one that is not ours. Whether the row still has
    that nonce, and whether it has expired (TokenExpiredError), is for the caller to judge against the row.
    """
    if not token:
        raise TokenMissingError
    try:
        body = _serializer(purpose).loads(want_bytes(token))
        row, _, nonce = str(body).partition(".")
        return Token(uuid.UUID(bytes=base64.urlsafe_b64decode(row + "==")), nonce)
    except (BadSignature, UnicodeError, ValueError, TypeError) as error:
        raise TokenInvalidError from error
