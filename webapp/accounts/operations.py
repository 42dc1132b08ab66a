"""Every write to accounts. Passwords are hashed and compared before these begin: see `passwords` and `proving`."""

import hmac
import uuid

from flask import current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from webapp.accounts import emails, keepers, links, queries, sessions, tokens
from webapp.accounts.errors import RegistrationClosedError, TakenError, WrongCredentialsError
from webapp.accounts.proving import Proven, authenticate, prove, wrong_password
from webapp.accounts.schemas import ProfileInput
from webapp.core import clock, text
from webapp.core.actor import NOBODY, Actor
from webapp.core.database import db
from webapp.core.errors import DuplicateError, InputError, SignInError, Text
from webapp.core.hooks import AccountChange, account_deleted, account_verified
from webapp.core.operation import added, count, locked, operation
from webapp.core.schema import Schema, merged
from webapp.core.tokens import Purpose
from webapp.journal.writing import record
from webapp.mail.outbox import forget
from webapp.models import LoginSession, Site, User

__all__ = [
    "Proven",
    "account_proven",
    "authenticate",
    "change_password",
    "change_password_by_program",
    "confirm_email_change",
    "create_account",
    "delete_account",
    "prove",
    "register",
    "registered_here",
    "request_email_change",
    "request_reset",
    "resend",
    "reset_password",
    "revoke_session",
    "sign_in",
    "sign_in_program",
    "update_profile",
    "verify",
]


def _require_registration(email: str) -> None:
    said = db.session.scalar(select(Site.registration)) or current_app.config["REGISTRATION"]
    if said != "open":
        raise RegistrationClosedError
    _require_domain(email, _l("Only addresses of certain domains may register here."))


def _require_domain(email: str, words: Text) -> None:
    """Raise InputError saying `words` where the site takes addresses of certain domains only, and not this one."""
    domains = queries.allowed_domains()
    if domains and text.fold(email).rpartition("@")[2] not in domains:
        raise InputError(fields={"email": words})


def _take_address(*, name: str, email: str, password_hash: str, secret: str | None) -> User | None:
    """Make an unproven account, or take over one whose address nobody has proven; None where somebody has."""
    values = {
        "email": email,
        "name": name,
        "password_hash": password_hash,
        "registered_by": sessions.digest(secret) if secret else None,
    }
    key = text.fold(email)
    user = User(email_key=key, **values)
    if added(user):
        return user
    unproven = (User.email_key == key, User.verified_at.is_(None), User.disabled_at.is_(None))
    return queries.by_email(email) if count(update(User).where(*unproven).values(**values)) else None


@operation
def register(
    *, name: str, email: str, password_hash: str, next_url: str | None = None, registration_secret: str | None = None
) -> None:
    """Make an account and mail the link that proves its address, or tell the owner of a known address so.

    The same answer for every address. `registration_secret`: what the registering browser keeps; another browser
    chooses the password anew. Raises RegistrationClosedError, and InputError for a domain that may not register.
    """
    _require_registration(email)
    if not emails.may_mail(email):
        emails.nothing(email)
        return
    user = _take_address(name=name, email=email, password_hash=password_hash, secret=registration_secret)
    if user is not None:
        emails.verification(user, next_url)
        record(NOBODY, "account.registered", user)
        return
    owner = queries.by_email(email)
    if owner is None or owner.disabled_at is not None:
        emails.nothing(email)
    else:
        emails.known(owner)


@operation
def create_account(
    actor: Actor,
    *,
    name: str,
    email: str,
    password_hash: str,
    verified: bool,
    registration_secret: str | None = None,
    next_url: str | None = None,
) -> User:
    """Make an account for `email`, by an invitation or at set-up; one whose address nobody has proven is taken over.

    `verified=False` mails the link that proves the address. `verified=True` (the link came by mail to this address)
    lets the account sign in at once: call `account_proven` when everything it was promised is granted, for that tells
    the other features. Raises DuplicateError where somebody has proven the address.
    """
    user = _take_address(name=name, email=email, password_hash=password_hash, secret=registration_secret)
    if user is None:
        raise DuplicateError(_l("There is an account with this address. Please sign in with it."))
    record(actor, "account.created", user)
    if verified:
        user.verified_at = clock.now()
        user.registered_by = None
        links.end(user.id)
    elif emails.may_mail(email):
        emails.verification(user, next_url)
    else:
        emails.nothing(email)
    db.session.flush()
    return user


@operation
def account_proven(user: User) -> None:
    """Tell the other features that `user` has proven its address: guest rows, held invitations, a first company."""
    account_verified.fire(AccountChange(user.id, user.email_key))


def registered_here(user: User, browser_secret: str | None) -> bool:
    """Tell whether `browser_secret` is what the browser that registered `user` keeps."""
    return bool(
        browser_secret
        and user.registered_by
        and hmac.compare_digest(user.registered_by, sessions.digest(browser_secret))
    )


@operation
def verify(token: str, *, password_hash: str | None = None, browser_secret: str | None = None) -> User:
    """Confirm the address of the account that `token` was mailed to, and return the account.

    From another browser than the one that registered (by `browser_secret`) the password is chosen anew:
    `password_hash`; InputError where it is missing. Raises TokenMissingError, TokenExpiredError.
    """
    user = links.consume(Purpose.VERIFY, token).user
    if not registered_here(user, browser_secret):
        if password_hash is None:
            raise InputError(fields={"password": _l("Please choose a password.")})
        user.password_hash = password_hash
    user.verified_at = user.verified_at or clock.now()
    user.registered_by = None
    db.session.flush()
    links.end(user.id)
    record(Actor(user_id=user.id), "account.verified", user)
    account_proven(user)
    return user


@operation
def resend(*, email: str) -> None:
    """Mail the link that proves an address once more; the same answer for every address."""
    user = queries.by_email(email)
    if user is None or user.disabled_at is not None or not emails.may_mail(email):
        emails.nothing(email)
    elif locked(user).verified_at is None:
        emails.verification(user, queries.where_to(user.id))
    else:
        emails.known(user)


@operation
def request_reset(*, email: str) -> None:
    """Mail the link with which a new password is chosen; the same answer for every address."""
    user = queries.by_email(email)
    if user is None or user.disabled_at is not None or not emails.may_mail(email):
        emails.nothing(email)
    elif locked(user).verified_at is None:
        # its link proves the address and, in another browser, asks for a password: both needs in one
        emails.verification(user)
    else:
        emails.reset(user)
        record(NOBODY, "account.reset_asked", user)


@operation
def reset_password(token: str, *, password_hash: str) -> User:
    """Set a new password by a mailed link; ends every session, token and link. Raises as `verify`."""
    user = links.consume(Purpose.RESET, token).user
    user.password_hash = password_hash
    _password_is_new(user, Actor(user_id=user.id))
    return user


def _password_is_new(user: User, actor: Actor) -> None:
    db.session.flush()
    sessions.end_all(user.id)
    links.end(user.id)
    emails.password_changed(user)
    record(actor, "account.password_changed", user)


def _still(proven: Proven) -> User:
    """Return the account under a lock if it still has the password that was proven; raises WrongCredentialsError."""
    user = db.session.get(User, proven.user_id, populate_existing=True, with_for_update=True)
    if user is None or not user.is_active or user.password_hash != proven.password_hash:
        raise WrongCredentialsError
    return user


def _still_own(proven: Proven) -> User:
    """Return as `_still` does who is signed in already; raises InputError as `prove` does."""
    try:
        return _still(proven)
    except WrongCredentialsError as error:
        raise wrong_password() from error


@operation
def sign_in(proven: Proven, *, remember: bool, device: str = "", instead_of: uuid.UUID | None = None) -> str:
    """Begin a session of who gave the password; return its secret. `instead_of`: this browser's session until now."""
    user = _still(proven)
    record(Actor(user_id=user.id), "account.signed_in", user)
    return sessions.start(user, remember=remember, device=device, instead_of=instead_of)


@operation
def sign_in_program(
    proven: Proven,
    *,
    company_id: uuid.UUID | None,
    scopes: list[str] | None = None,
    app_id: uuid.UUID | None = None,
    device: str = "",
) -> tokens.Pair:
    """Begin a program's session of who gave the password, acting for that company; return its tokens."""
    user = _still(proven)
    record(Actor(user_id=user.id), "account.signed_in", user)
    return tokens.start(user, company_id=company_id, app_id=app_id, scopes=scopes, device=device)


@operation
def change_password(actor: Actor, proven: Proven, *, password_hash: str, device: str = "") -> tuple[str, bool]:
    """Set a new password, end every session and token, and begin a fresh session: its secret, and whether it lasts."""
    user = _still_own(proven)
    session = db.session.get(LoginSession, actor.session_id) if actor.session_id else None
    remember = bool(session and session.remember)
    user.password_hash = password_hash
    _password_is_new(user, actor)
    return sessions.start(user, remember=remember, device=device), remember


@operation
def change_password_by_program(
    actor: Actor, proven: Proven, *, password_hash: str, profile: Schema | None = None, device: str = ""
) -> tokens.Pair:
    """Set a new password (and what one says of oneself) and end every session; return a program's new tokens.

    They reach as far as the session that ended with the old password did, and no further. Raises InputError where the
    password was changed in the meantime, SignInError where there is no such session.
    """
    user = _still_own(proven)
    old = db.session.get(LoginSession, actor.session_id)
    if old is None:
        raise SignInError
    if profile is not None:
        update_profile(actor, profile)
    user.password_hash = password_hash
    _password_is_new(user, actor)
    return tokens.start_again(user, old, whole=actor.company_id is None, device=device)


@operation
def request_email_change(actor: Actor, proven: Proven, *, email: str) -> None:
    """Mail a link to the new address; nothing changes before it is opened. The same answer for a taken address.

    Raises InputError where the account has this address already, and for a domain that may not register.
    """
    user = _still_own(proven)
    if text.fold(email) == user.email_key:
        raise InputError(fields={"email": _l("This is your address already.")})
    _require_domain(email, _l("Only addresses of certain domains may be used here."))
    other = queries.by_email(email)
    if not emails.may_mail(email):
        emails.nothing(email)
    elif other is not None and other.verified_at is not None:
        emails.known(other)
    else:
        emails.change(user, email)
    record(actor, "account.email_change_asked", user)


@operation
def confirm_email_change(token: str) -> User:
    """Give the account the address that `token` was mailed to, and tell the old one.

    Raises TokenMissingError, TokenExpiredError, TakenError.
    """
    link = links.consume(Purpose.EMAIL_CHANGE, token)
    user, email, old = link.user, str(link.email), str(link.user.email)
    key = text.fold(email)
    # An account that never proved the address does not keep it from who just did
    count(
        update(User)
        .where(User.email_key == key, User.verified_at.is_(None), User.id != user.id)
        .values(email=None, email_key=None, name="", deleted_at=clock.now())
    )
    user.email, user.email_key = email, key
    try:
        db.session.flush()
    except IntegrityError as error:
        raise TakenError from error
    links.end(user.id)
    emails.changed(user, old)
    record(Actor(user_id=user.id), "account.email_changed", user)
    account_proven(user)
    return user


@operation
def update_profile(actor: Actor, change: Schema) -> User:
    """Set name, surname, Ethereum address and time zone to what `change` names of them, all or none; others stay.

    Raises InputError where that makes no ProfileInput.
    """
    user = locked(queries.account_of(actor))
    data = merged(ProfileInput, {name: getattr(user, name) for name in ProfileInput.model_fields}, change)
    user.name, user.surname = data.name, data.surname
    user.eth_address, user.timezone = data.eth_address, data.timezone
    record(actor, "account.updated", user)
    return user


@operation
def revoke_session(actor: Actor, session_id: uuid.UUID) -> None:
    """End one of the actor's own sessions; NotFoundError for anybody else's."""
    session = queries.own_session(actor, session_id)
    sessions.end(session.id)
    record(actor, "account.session_revoked", session)


@operation
def delete_account(actor: Actor, proven: Proven) -> None:
    """Erase the actor's account: name, address, sessions, and what the other features erase of it.

    Raises ConflictError where a company would be left without an owner, LastKeeperError where the site would.
    """
    keepers.hold()
    user = _still_own(proven)
    keepers.let_go(user.id, site_administrator=False)
    email, name = str(user.email), user.full_name
    forget(str(user.email_key))
    account_deleted.fire(AccountChange(user.id, user.email_key))
    record(actor, "account.deleted", user)
    user.email = user.email_key = user.eth_address = user.timezone = user.calendar_nonce = None
    user.name = user.surname = ""
    user.password_hash, user.reputation = "!", 0
    user.deleted_at = clock.now()
    db.session.flush()
    sessions.end_all(user.id)
    links.end(user.id)
    emails.deleted(email, name)
