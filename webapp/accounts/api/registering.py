"""Programs register accounts and prove their addresses."""

from typing import Annotated, Any

from flask import request
from flask_babel import lazy_gettext as _l
from pydantic import Field

from webapp.accounts import emails, operations, tokens
from webapp.accounts.api.face import TokensOut, api
from webapp.accounts.api.signing import given
from webapp.accounts.errors import RegistrationClosedError
from webapp.accounts.passwords import Password, hash_password
from webapp.companies import queries as companies
from webapp.core import text
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.errors import AppError, InputError
from webapp.core.schema import Blank, Email, Line, Name, Schema
from webapp.core.tokens import TokenExpiredError, TokenMissingError
from webapp.models import User
from webapp.web import captcha, sign_in
from webapp.web.endpoints import PUBLIC, Out, Said

Token = Annotated[Line, Field(min_length=1, max_length=400)]


class NotAcceptedError(AppError):
    """Only a program confirms by GET, and says that it is one."""

    id = "not_acceptable"
    status = 406
    message = _l("Please send Accept: application/json.")


class RegisterInput(Schema):
    """A new account. `confirmation_url`: where the mailed link leads; the token is put behind it."""

    email: Email
    password: Password
    name: Annotated[Name | None, Blank] = None
    confirmation_url: Annotated[Annotated[Line, Field(max_length=500)] | None, Blank] = None


class RegisteredOut(Out):
    """What the registering program keeps until the address is confirmed."""

    registration: str = Field(description="Send it with the confirmation; without it the password is asked for anew.")


class ConfirmInput(Schema):
    """What confirms an address beside the mailed token: that the same program registered, or a password."""

    registration: Annotated[str | None, Field(max_length=400)] = None
    password: Password | None = None


class ConfirmTokenInput(ConfirmInput):
    """The mailed token, and what confirms it."""

    otk: Token


class ConfirmQuery(Schema):
    """That the same program registered."""

    registration: Annotated[str | None, Field(max_length=400)] = None


class ResendInput(Schema):
    """An address to write to once more, and what shows that a person asks: altcha's payload."""

    email: Email
    captcha: Annotated[str, Field(max_length=8192)]


@api.on(
    "POST",
    "/register",
    "/users",
    access=PUBLIC,
    ignores_token=True,
    secret=True,
    takes=RegisterInput,
    gives=RegisteredOut,
    status=201,
    id="user_inserted",
    message=_l("User added and email was sent"),
    refusals=(RegistrationClosedError,),
)
def register(data: RegisterInput) -> RegisteredOut:
    """Make an account. The address gets an e-mail with a link; nobody is signed in before it was opened.

    The answer is the same for a known and an unknown address. With `confirmation_url` the link leads there, the token
    put behind it: send that to POST /api/verify-email/<token> or /api/confirm_otk.
    """
    if data.confirmation_url is not None and not emails.may_lead_to(data.confirmation_url):
        raise InputError(fields={"confirmation_url": _l("Links may not lead there from here.")})
    secret = text.secret()
    operations.register(
        name=data.name or data.email.partition("@")[0],
        email=data.email,
        password_hash=hash_password(data.password),
        next_url=data.confirmation_url,
        registration_secret=secret,
    )
    return RegisteredOut(registration=secret)


def _confirm(token: str, data: ConfirmInput) -> TokensOut:
    kept = hash_password(data.password) if data.password is not None else None
    user = operations.verify(token, password_hash=kept, browser_secret=data.registration)
    company = companies.company_to_act_for(Actor(user_id=user.id), None)
    pair = tokens.start(user, company_id=company.id if company is not None else None, device=sign_in.device())
    return given(pair, db.session.get_one(User, user.id))


_REFUSED = (TokenMissingError, TokenExpiredError)
_CONFIRMED = _l("Email verified, tokens returned")


@api.on(
    "POST",
    "/confirm_otk",
    takes=ConfirmTokenInput,
    access=PUBLIC,
    ignores_token=True,
    secret=True,
    gives=TokensOut,
    id="email_verified",
    message=_CONFIRMED,
    refusals=_REFUSED,
)
def confirm_otk(data: ConfirmTokenInput) -> TokensOut:
    """Confirm an address with the token out of the e-mail, and sign in."""
    return _confirm(data.otk, data)


@api.on(
    "POST",
    "/verify-email/<token>",
    takes=ConfirmInput,
    access=PUBLIC,
    ignores_token=True,
    secret=True,
    gives=TokensOut,
    id="email_verified",
    message=_CONFIRMED,
    refusals=_REFUSED,
)
def verify_email(token: str, data: ConfirmInput) -> TokensOut:
    """Confirm an address with the token out of the e-mail, and sign in."""
    return _confirm(token, data)


@api.on(
    "GET",
    "/verify-email/<token>",
    asks=ConfirmQuery,
    access=PUBLIC,
    ignores_token=True,
    secret=True,
    gives=TokensOut,
    id="email_verified",
    message=_CONFIRMED,
    refusals=(*_REFUSED, NotAcceptedError),
)
def verify_email_by_get(token: str, query: ConfirmQuery) -> TokensOut:
    """Confirm an address as POST does, for a program that says `Accept: application/json`.

    Mail scanners follow links: whoever does not say so confirms nothing.
    """
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) != "application/json":
        raise NotAcceptedError
    return _confirm(token, ConfirmInput(registration=query.registration))


class CaptchaOut(Out):
    """A puzzle for altcha: solve it, and send the payload as `captcha`."""

    challenge: dict[str, Any]


@api.on("GET", "/resend-email-verification", access=PUBLIC, ignores_token=True, gives=CaptchaOut)
def resend_puzzle() -> CaptchaOut:
    """Give the puzzle that shows that a person asks; it is good for 20 minutes and one answer."""
    return CaptchaOut(challenge=captcha.challenge())


@api.on(
    "POST",
    "/resend-email-verification",
    access=PUBLIC,
    ignores_token=True,
    takes=ResendInput,
    message=_l("If this address waits for its confirmation, an e-mail is on its way."),
    refusals=(captcha.CaptchaError,),
)
def resend(data: ResendInput) -> Said:
    """Mail the confirmation once more. The answer is the same for every address."""
    captcha.require_person({"altcha": data.captcha})
    operations.resend(email=data.email)
    return Said()


class AddressInput(Schema):
    """An address."""

    email: Email


class ResetInput(Schema):
    """The mailed token, and the new password."""

    token: Token
    password: Annotated[Password | None, Field(description="The new password.")] = None
    newPassword: Annotated[Password | None, Field(description="The same as password.")] = None  # noqa: N815 as 001 spells it


@api.on(
    "POST",
    "/forgot-password",
    "/forgot-passsword",
    access=PUBLIC,
    ignores_token=True,
    takes=AddressInput,
    message=_l("If there is such an account, an e-mail is on its way."),
)
def forgot_password(data: AddressInput) -> Said:
    """Mail a link for a new password. The answer is the same for every address."""
    operations.request_reset(email=data.email)
    return Said()


@api.on(
    "POST",
    "/reset-password",
    "/reset-passsword",
    access=PUBLIC,
    ignores_token=True,
    takes=ResetInput,
    message=_l("The new password is set. Every session has ended."),
    refusals=_REFUSED,
)
def reset_password(data: ResetInput) -> Said:
    """Set a new password with the token out of the e-mail; every session and token of the account ends."""
    password = data.password or data.newPassword
    if password is None:
        raise InputError(fields={"password": _l("Please fill this in.")})
    if data.newPassword not in {None, password}:
        raise InputError(fields={"newPassword": _l("This is another password than the one in password.")})
    operations.reset_password(data.token, password_hash=hash_password(password))
    return Said()
