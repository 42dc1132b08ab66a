"""What may come in about accounts, and what goes out."""

import uuid
from typing import Annotated
from urllib.parse import urlsplit

from flask_babel import lazy_gettext as _l
from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from webapp.accounts.passwords import Password
from webapp.core import text
from webapp.core.actor import Scope
from webapp.core.schema import Blank, Email, EthAddress, Line, Name, Says, Schema, Secret, TimeZone, refuse

_PATH_MAX = 2000


def own_path(value: object) -> str | None:
    """Return `value` if it is a path of this site, and None for anything else, whatever it is."""
    if not isinstance(value, str) or not 0 < len(value) <= _PATH_MAX:
        return None
    if not value.startswith("/") or value.startswith("//") or "\\" in value or text.unfit(value):
        return None
    if any(character in value for character in "\t\n\r"):
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    return None if parts.scheme or parts.netloc else value


def _given(value: str) -> str:
    if not value:
        raise refuse(_l("Please fill this in."))
    return value


OwnPath = Annotated[str | None, BeforeValidator(own_path)]
Given = Annotated[Secret, AfterValidator(_given), Says(minLength=1)]


class RegisterInput(Schema):
    """Making an account."""

    name: Name
    email: Email
    password: Password
    next: OwnPath = None


class LoginInput(Schema):
    """Signing in."""

    email: Annotated[Line, Field(min_length=1, max_length=1000)]
    password: Given
    remember: bool = False
    next: OwnPath = None


class NewPasswordInput(Schema):
    """A new password by itself: with a link, or by another browser than the one that registered."""

    password: Password


class PasswordInput(Schema):
    """The password typed again."""

    password: Given
    next: OwnPath = None


class AddressInput(Schema):
    """An address to write to."""

    email: Email


class ProfileInput(Schema):
    """What one says of oneself."""

    name: Name
    surname: Annotated[Line, Field(max_length=255)] = ""
    eth_address: Annotated[EthAddress | None, Blank] = None
    timezone: Annotated[TimeZone | None, Blank] = None


class PasswordChangeInput(Schema):
    """A new password in place of the current one."""

    current_password: Given
    password: Password


class EmailChangeInput(Schema):
    """A new address; the password says that it is the account's own wish."""

    current_password: Given
    email: Email


def _some(value: list[Scope]) -> list[Scope]:
    if not value:
        raise refuse(_l("Please tick what it may do."))
    return value


# What a program may do: at least one scope.
Scopes = Annotated[list[Scope], Field(max_length=len(Scope)), AfterValidator(_some), Says(minItems=1)]


class TokenInput(Schema):
    """A token made by hand, for a program of one's own: what it may do, and for how many days.

    `company_id`: the company it is limited to, with all below it, and never with the scope `account`; without one it
    reaches all that its account does.
    `once`: an id of your choice for the token, so that a form sent twice makes one token.
    """

    name: Annotated[Line, Field(min_length=1, max_length=120)]
    scopes: Scopes
    expires_in: Annotated[int, Field(ge=1, le=365, description="Days.")] = 30
    company_id: Annotated[uuid.UUID | None, Blank] = None
    once: Annotated[uuid.UUID | None, Blank] = None

    @field_validator("company_id")
    @classmethod
    def _not_the_account(cls, value: uuid.UUID | None, info: ValidationInfo) -> uuid.UUID | None:
        if value is not None and Scope.ACCOUNT in info.data.get("scopes", ()):
            raise refuse(_l("Your account is no company's: for one company, do not tick what concerns your account."))
        return value
