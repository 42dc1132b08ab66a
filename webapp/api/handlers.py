"""What the API hears from accounts."""

from sqlalchemy import delete

from webapp.core.hooks import AccountChange
from webapp.core.operation import count
from webapp.models import Answered


def account_deleted(change: AccountChange) -> None:
    """Delete what the account's programs were answered."""
    count(delete(Answered).where(Answered.user_id == change.user_id))
