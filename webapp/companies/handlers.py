"""What companies hear from accounts."""

from flask_babel import gettext as _

from webapp.companies import operations, queries
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.hooks import AccountChange
from webapp.models import User

_NAME_MAX = 120


def account_verified(change: AccountChange) -> None:
    """Make the default company and project of an account that has none and is promised none."""
    user = db.session.get(User, change.user_id)
    if user is not None and queries.needs_company(user.id):
        name = _("%(name)s's company", name=user.name)
        operations.create_company(Actor(user_id=user.id), name=name[:_NAME_MAX].strip())


def account_deleted(change: AccountChange) -> None:
    """End the account's memberships; a last owner hands over first (LastOwnerError)."""
    operations.close_lone_companies(Actor(user_id=change.user_id), change.user_id)


def account_exported(change: AccountChange) -> dict[str, object]:
    """Return what the account is, and in which companies."""
    rows = queries.memberships_of(change.user_id)
    return {
        "memberships": [
            {"company": row.company.name, "role": row.role, "granted_at": row.granted_at.isoformat()} for row in rows
        ]
    }
