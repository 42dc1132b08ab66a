"""Programs change the address of the account they act for."""

import uuid

from flask_babel import lazy_gettext as _l
from pydantic import Field

from webapp.accounts import links, operations
from webapp.accounts.api.face import AccountOut, api
from webapp.accounts.errors import TakenError
from webapp.accounts.schemas import EmailChangeInput, Given
from webapp.core.actor import Actor, Scope
from webapp.core.errors import InputError
from webapp.core.schema import Schema
from webapp.core.tokens import Purpose, TokenExpiredError, TokenMissingError
from webapp.web import limits
from webapp.web.endpoints import PUBLIC, Out, Said
from webapp.web.sign_in import current_actor

_REFUSED = (TokenMissingError, TokenExpiredError)


@api.on(
    "POST",
    "/email",
    access=Scope.ACCOUNT,
    takes=EmailChangeInput,
    secret=True,
    message=_l("An e-mail is on its way to the new address. Until it is confirmed from there, nothing changes."),
)
def change_email(data: EmailChangeInput) -> Said:
    """Ask for another address: a link is mailed to it, and the one before stays until it is confirmed.

    The answer is the same for an address that has an account. A wrong `current_password` is 422 beside it.
    """
    actor = current_actor()
    limits.hit_password(actor.account())
    proven = operations.prove(actor, data.current_password)
    operations.request_email_change(actor, proven, email=data.email)
    return Said()


class EmailChangeOut(Out):
    """Which address is to be confirmed, and whether that takes the password of its account."""

    email: str
    needs_password: bool


class EmailConfirmInput(Schema):
    """The account's password; not needed with a token of its own that has the scope `account`."""

    password: Given | None = Field(None, description="The password of the account.")


def _is_own(user_id: uuid.UUID) -> bool:
    actor = current_actor()
    return actor.user_id == user_id and actor.has_scope(Scope.ACCOUNT)


@api.on("GET", "/email-change/<token>", access=PUBLIC, linked=True, gives=EmailChangeOut, refusals=_REFUSED)
def open_email_change(token: str) -> EmailChangeOut:
    """Tell which address the mailed token confirms; nothing is used by looking."""
    link = links.find(Purpose.EMAIL_CHANGE, token)
    return EmailChangeOut(email=str(link.email), needs_password=not _is_own(link.user_id))


@api.on(
    "POST",
    "/email-change/<token>",
    access=PUBLIC,
    linked=True,
    takes=EmailConfirmInput,
    gives=AccountOut,
    message=_l("The account has its new address."),
    refusals=(*_REFUSED, TakenError),
)
def confirm_email_change(token: str, data: EmailConfirmInput) -> AccountOut:
    """Confirm the new address with the token out of the e-mail; the one before is told.

    Without a token of the account itself its password is asked for: anybody can have the link sent to somebody else.
    """
    user_id = links.find(Purpose.EMAIL_CHANGE, token).user_id
    if not _is_own(user_id):
        if data.password is None:
            raise InputError(fields={"password": _l("Please fill this in.")})
        limits.hit_password(user_id)
        operations.prove(Actor(user_id=user_id), data.password, field="password")
    return AccountOut.model_validate(operations.confirm_email_change(token))
