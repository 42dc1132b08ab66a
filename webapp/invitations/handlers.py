"""What invitations hear from lower features."""

from webapp.core.hooks import AccountChange
from webapp.invitations import operations, queries


def account_verified(change: AccountChange) -> None:
    """Grant what the account's held invitations promised."""
    operations.grant_held(change.user_id)


def account_deleted(change: AccountChange) -> None:
    """Revoke what the account has standing, and erase its address from what was mailed to it."""
    operations.forget_account(change)


def account_exported(change: AccountChange) -> dict[str, object]:
    """Return the invitations that the account made and used."""
    return queries.exported(change.user_id)
