"""Who knows the password: compared outside of any transaction, and handed to operations as `Proven`."""

import dataclasses
import uuid

from flask_babel import lazy_gettext as _l
from sqlalchemy import update

from webapp.accounts import queries
from webapp.accounts.errors import AccountDisabledError, EmailUnverifiedError, WrongCredentialsError
from webapp.accounts.passwords import hash_password, is_weak, verify_password
from webapp.core.actor import Actor
from webapp.core.errors import InputError
from webapp.core.operation import count, operation
from webapp.models import User


@dataclasses.dataclass(frozen=True)
class Proven:
    """That somebody knew the password of an account, and which password that was.

    An operation that takes it does nothing where the password has been changed in the meantime.
    """

    user_id: uuid.UUID
    password_hash: str


def authenticate(email: str, password: str) -> Proven:
    """Return whose address and password these are; it takes as long for an unknown address.

    Raises WrongCredentialsError; after the right password also AccountDisabledError, or EmailUnverifiedError for an
    unconfirmed address.
    """
    user = queries.by_email(email)
    if user is None or user.deleted_at is not None:
        verify_password(None, password)
        raise WrongCredentialsError
    user_id, kept, verified = user.id, user.password_hash, user.verified_at is not None
    disabled = user.disabled_at is not None
    if not verify_password(kept, password):
        raise WrongCredentialsError
    if disabled:
        raise AccountDisabledError
    if not verified:
        raise EmailUnverifiedError
    if is_weak(kept):
        anew = hash_password(password)
        kept = anew if _strengthen(user_id, kept, anew) else kept
    return Proven(user_id, kept)


def wrong_password(field: str = "current_password") -> InputError:
    """Return the refusal of who is signed in and types another password than the own: no 401, for the token is good."""
    return InputError(fields={field: _l("This is not your password.")})


def prove(actor: Actor, password: str, *, field: str = "current_password") -> Proven:
    """Return that the actor knows its own password; raises InputError beside `field` where it does not."""
    user = queries.account_of(actor)
    user_id, kept = user.id, user.password_hash
    if not verify_password(kept, password):
        raise wrong_password(field)
    return Proven(user_id, kept)


@operation
def _strengthen(user_id: uuid.UUID, old: str, new: str) -> bool:
    return bool(count(update(User).where(User.id == user_id, User.password_hash == old).values(password_hash=new)))
