"""Who looks after the site: never nobody.

Only here does an account stop looking after it. All who change who does wait for each other at the site's row: two
administrators who let each other go at the same moment would otherwise each see the other one still there.
"""

import uuid
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select, update
from sqlalchemy.orm import aliased

from webapp.accounts.errors import LastKeeperError
from webapp.core.database import db
from webapp.core.operation import count
from webapp.models import Site, User


def hold() -> None:
    """Let only this operation change who looks after the site, until it ends."""
    db.session.execute(select(Site.id).where(Site.id == 1).with_for_update())


def _another(user_id: uuid.UUID) -> ColumnElement[bool]:
    """Return the condition that somebody but this account looks after the site and can sign in."""
    other = aliased(User)
    return exists().where(
        other.site_administrator,
        other.id != user_id,
        other.verified_at.is_not(None),
        other.disabled_at.is_(None),
        other.deleted_at.is_(None),
    )


def let_go(user_id: uuid.UUID, **values: Any) -> None:
    """Write `values`, with which the account stops looking after the site if it does.

    Raises LastKeeperError where nobody else would be left to do it. Call `hold` first.
    """
    still_kept = or_(User.site_administrator.is_(False), _another(user_id))
    if not count(update(User).where(User.id == user_id, still_kept).values(**values)):
        raise LastKeeperError
