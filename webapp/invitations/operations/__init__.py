"""Every write to invitations, by verb: issuing makes and takes back links, accepting uses them."""

from webapp.invitations.operations.accepting import (
    Accepted,
    accept_as_guest,
    accept_signed_in,
    accept_with_new_login,
    grant_held,
)
from webapp.invitations.operations.issuing import (
    create_batch,
    create_invitation,
    forget_account,
    release_expired_holds,
    resend_invitation,
    revoke_invitation,
)
from webapp.invitations.operations.offboarding import withdraw_of

__all__ = [
    "Accepted",
    "accept_as_guest",
    "accept_signed_in",
    "accept_with_new_login",
    "create_batch",
    "create_invitation",
    "forget_account",
    "grant_held",
    "release_expired_holds",
    "resend_invitation",
    "revoke_invitation",
    "withdraw_of",
]
