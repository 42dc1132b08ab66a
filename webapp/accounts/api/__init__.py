"""The JSON face of accounts: registering, signing in, one's own account."""

from webapp.accounts.api import own, registering, signing
from webapp.accounts.api.face import api

__all__ = ["api", "own", "registering", "signing"]
