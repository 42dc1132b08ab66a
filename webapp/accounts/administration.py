"""What a site administrator does with somebody else's account. Every act needs a password typed lately.

Each raises NotFoundError unless the actor looks after the site (and for an account that is gone), StaleError where the
password was typed more than 15 minutes ago.
"""

from flask_babel import lazy_gettext as _l
from sqlalchemy import update

from webapp.accounts import emails, keepers, links, queries, sessions
from webapp.core import clock
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.errors import ConflictError, NotFoundError
from webapp.core.operation import count, locked, operation
from webapp.core.permissions import require
from webapp.journal.writing import record
from webapp.models import User


def require_keeper(actor: Actor) -> None:
    """Raise unless `actor` looks after the site and has typed its password lately; within an operation.

    What the session said may be old by now: the account is read anew, and stays as it is until the operation ends.
    """
    allowed = actor.site_administrator or actor.system
    require(allowed, seen=allowed)
    actor.require_fresh()
    keepers.hold()
    if actor.system:
        return
    account = db.session.get(User, actor.account(), populate_existing=True)
    still = account is not None and account.site_administrator and account.is_active
    require(still, seen=still)


def _standing(user: User) -> User:
    """Return the account under a lock; raises NotFoundError for one that was deleted."""
    if locked(user).deleted_at is not None:
        raise NotFoundError
    return user


@operation
def disable(actor: Actor, user: User) -> None:
    """Let the account not sign in any more: its sessions, tokens and mailed links end at once.

    What it made, and its places on guest lists, stay; personal links go on. Raises ConflictError for the actor's own.
    """
    require_keeper(actor)
    if _standing(user).id == actor.user_id:
        raise ConflictError(_l("This is your own account. Somebody else who looks after this site can disable it."))
    if user.disabled_at is not None:
        return
    keepers.let_go(user.id, disabled_at=clock.now())
    sessions.end_all(user.id)
    links.end(user.id)
    record(actor, "account.disabled", user)


@operation
def enable(actor: Actor, user: User) -> None:
    """Let a disabled account sign in again."""
    require_keeper(actor)
    _standing(user)
    if count(update(User).where(User.id == user.id, User.disabled_at.is_not(None)).values(disabled_at=None)):
        record(actor, "account.enabled", user)


@operation
def sign_out(actor: Actor, user: User) -> int:
    """End every session and token of the account; return how many there were."""
    require_keeper(actor)
    ended = sessions.end_all(_standing(user).id)
    record(actor, "account.signed_out", user, sessions=ended)
    return ended


@operation
def resend_verification(actor: Actor, user: User) -> None:
    """Mail the link that proves the address once more; links sent before end.

    Raises ConflictError for an address that is confirmed, a disabled account, and where the recipient had all the
    e-mails of the day (LIMIT_MAILS).
    """
    require_keeper(actor)
    if _standing(user).verified_at is not None:
        raise ConflictError(_l("This address is confirmed already."))
    if user.disabled_at is not None:
        raise ConflictError(_l("This account is disabled. Enable it first."))
    if not emails.may_mail(str(user.email)):
        raise ConflictError(
            _l("This address has had all the e-mails that one may be sent in a day. Please try again tomorrow.")
        )
    emails.verification(user, queries.where_to(user.id))
    record(actor, "account.verification_sent", user)


@operation
def set_administrator(actor: Actor, user: User, *, on: bool) -> None:
    """Let the account look after the site, or not any more.

    Raises ConflictError for an account that cannot sign in, LastKeeperError where nobody else would look after the
    site.
    """
    require_keeper(actor)
    if _standing(user).site_administrator is on:
        return
    if on:
        able = (User.verified_at.is_not(None), User.disabled_at.is_(None), User.deleted_at.is_(None))
        if not count(update(User).where(User.id == user.id, *able).values(site_administrator=True)):
            raise ConflictError(_l("Only an account that can sign in can look after this site."))
        record(actor, "account.administrator_made", user)
    else:
        keepers.let_go(user.id, site_administrator=False)
        record(actor, "account.administrator_unmade", user)
