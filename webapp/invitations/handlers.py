"""What invitations hear from lower features."""

from webapp.core.hooks import AccessChange, AccountChange
from webapp.invitations import operations, queries


def account_verified(change: AccountChange) -> None:
    """Grant what the account's held invitations promised."""
    operations.grant_held(change.user_id)


def account_deleted(change: AccountChange) -> None:
    """Revoke what the account has standing, and erase its address from what was mailed to it."""
    operations.forget_account(change)


def access_revoked(change: AccessChange) -> dict[str, int]:
    """Withdraw the invitations of somebody who is offboarded; return how many could still be used: `invitations`.

    Where only a role ended, what it does not carry any more is dead by itself.
    """
    return {"invitations": operations.withdraw_of(change)} if change.offboarding else {}


def account_exported(change: AccountChange) -> dict[str, object]:
    """Return the invitations that the account made and used."""
    return queries.exported(change.user_id)
