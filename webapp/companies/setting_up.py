"""The first run: the first account, the first company, once."""

import hmac

from flask import current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy import update

from webapp import config
from webapp.accounts import operations as accounts
from webapp.companies import operations
from webapp.core import clock
from webapp.core.actor import SYSTEM, Actor
from webapp.core.database import db
from webapp.core.errors import ConflictError, InputError
from webapp.core.operation import count, operation
from webapp.journal.writing import record
from webapp.models import Site, User


class SetUpBeforeError(ConflictError):
    """Somebody has set this site up."""

    id = "set_up_before"
    message = _l("This site is set up already.")


def require_code(code: str) -> None:
    """Raise InputError unless `code` is the one that the server printed when it started."""
    printed = [config.setup_code(key) for key in config.signing_keys(current_app.config)]
    if not any(hmac.compare_digest(code.encode(), expected.encode()) for expected in printed):
        raise InputError(fields={"code": _l("This is not the code that the server printed.")})


@operation
def set_up_site(*, name: str, email: str, password_hash: str, company: str) -> User:
    """Make the first account (verified, site administrator) and the company it owns; return the account.

    Of many at once one succeeds: SetUpBeforeError for all others.
    """
    if not count(update(Site).where(Site.id == 1, Site.set_up_at.is_(None)).values(set_up_at=clock.now())):
        raise SetUpBeforeError
    user = accounts.create_account(SYSTEM, name=name, email=email, password_hash=password_hash, verified=True)
    user.site_administrator = True
    db.session.flush()
    actor = Actor(user_id=user.id, site_administrator=True)
    operations.create_company(actor, name=company)
    accounts.account_proven(user)
    record(actor, "site.set_up", user)
    return user
