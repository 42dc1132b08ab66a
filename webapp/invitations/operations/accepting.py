"""Accepting invitations: with a new login, as the signed-in account, or to an event as a guest without one."""

import dataclasses
import uuid

from flask_babel import gettext as _
from sqlalchemy import select

from webapp.accounts import operations as accounts
from webapp.accounts import queries as accounts_queries
from webapp.companies import operations as companies
from webapp.core import text
from webapp.core.actor import NOBODY, SYSTEM, Actor
from webapp.core.database import db
from webapp.core.errors import AppError, DuplicateError, InputError, NotFoundError
from webapp.core.operation import operation
from webapp.core.permissions import Role
from webapp.guests import operations as guests
from webapp.invitations import links, policy, queries, taking
from webapp.invitations.errors import OtherAddressError
from webapp.journal.writing import record
from webapp.models import Company, Guest, Invitation, InvitationUse, User


@dataclasses.dataclass(frozen=True)
class Accepted:
    """What became of an invitation.

    `path`: where it leads. `user`: the login that was made and is proven (to be signed in). `guest`: the guest it
    made. `waits`: an e-mail was sent whose link proves the address first. `had_already`: the account had what it
    gives, and the link was not used up.
    """

    path: str
    user: User | None = None
    guest: Guest | None = None
    waits: bool = False
    had_already: bool = False


@operation
def accept_signed_in(actor: Actor, public_id: str) -> Accepted:
    """Give the signed-in account what the invitation promises.

    Raises NotFoundError as `queries.open_by_token` does, ForbiddenError or ReachError where the token may not accept
    such, OtherAddressError where it was mailed to another address, and what the granting refuses.
    """
    # One account accepts once at a time: what it has already is judged under the lock of its row. Whoever is offboarded
    # meanwhile is signed out then
    user = accounts_queries.held_account(actor)
    opened = queries.open_by_token(public_id, actor)
    policy.require_accept(actor, opened.invitation, opened.event)
    if not policy.is_for(opened.invitation, user):
        raise OtherAddressError
    path = _path(opened)
    if queries.has_already(opened, user):
        return Accepted(path, had_already=True)
    invitation_id, nonce = opened.invitation.id, opened.invitation.nonce
    held = queries.held_by(opened.invitation, user.id)
    try:
        guest = _grant(opened, user)
    except DuplicateError:
        # the same account was quicker in another window
        return Accepted(path, had_already=True)
    guest_id = guest.id if guest is not None else None
    if held is None:
        taking.take(invitation_id, nonce, user_id=user.id, guest_id=guest_id)
    elif not taking.grant_hold(held.id, guest_id=guest_id):
        raise NotFoundError
    record(actor, "invitation.accepted", db.session.get_one(Invitation, invitation_id))
    return Accepted(path, guest=guest)


@operation
def accept_with_new_login(
    public_id: str, *, name: str, email: str, password_hash: str, registration_secret: str
) -> Accepted:
    """Make a login by the invitation.

    By a link that was mailed to this very address the login is verified at once and gets what was promised. By any
    other link the address is asked by e-mail first: the use is held for it, and what was promised waits for the
    verification. An address that has an account gets the same answer, and an e-mail that says so.

    Raises NotFoundError as `queries.open_by_token` does, and InputError where the invitation was mailed to another
    address than `email`.
    """
    opened = queries.open_by_token(public_id)
    invitation_id, nonce, path = opened.invitation.id, opened.invitation.nonce, _path(opened)
    _require_address(opened.invitation, email)
    bound = opened.invitation.email_key is not None
    try:
        user = accounts.create_account(
            NOBODY,
            name=name,
            email=email,
            password_hash=password_hash,
            verified=bound,
            registration_secret=registration_secret,
            next_url=path,
        )
    except DuplicateError:
        accounts.resend(email=email)
        if bound:
            return Accepted(path, waits=True)
    else:
        if bound:
            _grant_new_login(opened, nonce, user)
            return Accepted(path, user=user)
    holder = db.session.scalar(select(User.id).where(User.email_key == text.fold(email)))
    taking.take(invitation_id, nonce, user_id=holder, hold=True)
    record(NOBODY, "invitation.held", db.session.get_one(Invitation, invitation_id))
    return Accepted(path, waits=True)


def _grant_new_login(opened: queries.Opened, nonce: str, user: User) -> None:
    """Give a login, whose address the mailed link has proven, what was promised; then tell the other features of it."""
    invitation_id = opened.invitation.id
    guest = _grant(opened, user)
    guest_id = guest.id if guest is not None else None
    taking.take(invitation_id, nonce, user_id=user.id, guest_id=guest_id)
    record(Actor(user_id=user.id), "invitation.accepted", db.session.get_one(Invitation, invitation_id))
    accounts.account_proven(user)


@operation
def accept_as_guest(public_id: str, *, name: str, email: str) -> Accepted:
    """Put somebody without an account on the event's guest list.

    By a link mailed to this very address at once; by any other the address is asked by e-mail first: the use is held,
    and there is no place until the answer. The same for an address that is on the list already.

    Raises NotFoundError as `queries.open_by_token` does or where the invitation is not to an event, InputError where
    it was mailed to another address, and what `guests.operations.admit` refuses.
    """
    opened = queries.open_by_token(public_id)
    if opened.event is None:
        raise NotFoundError
    invitation_id, nonce = opened.invitation.id, opened.invitation.nonce
    _require_address(opened.invitation, email)
    proven = opened.invitation.email_key is not None
    known = _on_list(opened.event.id, email)
    guest = guests.admit(SYSTEM, opened.event, email=email, name=name, confirmed=proven, source="link")
    guest_id = guest.id
    path = links.path_behind(opened.invitation, None)
    if known and proven:
        return Accepted(path, guest=guest, had_already=True)
    # Whoever was on the list before does not use the link up: it is held in nobody's name, and is free again
    taking.take(invitation_id, nonce, guest_id=None if known else guest_id, hold=not proven)
    actor = Actor(guest_id=guest_id) if proven else NOBODY
    record(actor, "invitation.accepted" if proven else "invitation.held", db.session.get_one(Invitation, invitation_id))
    return Accepted(path, guest=guest, waits=not proven)


@operation
def grant_held(user_id: uuid.UUID) -> None:
    """Give an account, whose address has just been proven, what its held uses wait for.

    What cannot be given any more (revoked, the event cancelled, the issuer gone) is given back, and says nothing.
    """
    held = select(InvitationUse.id).where(InvitationUse.user_id == user_id, InvitationUse.state == "held")
    for use_id in list(db.session.scalars(held)):
        try:
            with db.session.begin_nested():
                _grant_one(use_id, user_id)
        except AppError:
            taking.release(use_id)


def _grant_one(use_id: uuid.UUID, user_id: uuid.UUID) -> None:
    use = db.session.get_one(InvitationUse, use_id)
    invitation_id = use.invitation_id
    opened = queries.promised(invitation_id)
    user = db.session.get_one(User, user_id)
    guest = _grant(opened, user)
    if not taking.grant_hold(use_id, guest_id=guest.id if guest is not None else None):
        raise NotFoundError
    record(Actor(user_id=user_id), "invitation.accepted", db.session.get_one(Invitation, invitation_id))


def _grant(opened: queries.Opened, user: User) -> Guest | None:
    """Give the account the role or the place; a login is all that an invitation to the site gives."""
    invitation, event = opened.invitation, opened.event
    if invitation.role is not None:
        issuer = Actor(user_id=invitation.issuer_id)
        # the issuer's right is judged again; whoever has the role or a higher one keeps it
        if not queries.has_already(opened, user):
            companies.grant(issuer, db.session.get_one(Company, invitation.company_id), user, Role(invitation.role))
        return None
    if event is not None:
        return guests.admit(
            SYSTEM, event, email=user.email, name=user.full_name, user_id=user.id, confirmed=True, source="link"
        )
    return None


def _path(opened: queries.Opened) -> str:
    company = opened.invitation.company
    return links.path_behind(opened.invitation, company.slug if company is not None else None)


def _require_address(invitation: Invitation, email: str) -> None:
    if invitation.email_key is not None and text.fold(email) != invitation.email_key:
        raise InputError(fields={"email": _("This invitation was sent to another address. Please use that one.")})


def _on_list(event_id: uuid.UUID, email: str) -> bool:
    """Tell whether a guest of that address is on the list with a proven one."""
    known = select(Guest.id).where(
        Guest.event_id == event_id,
        Guest.email_key == text.fold(email),
        Guest.removed_at.is_(None),
        Guest.unconfirmed_until.is_(None),
    )
    return db.session.scalar(known) is not None
