"""The JSON face of accounts: registering, signing in, one's own account."""

from webapp.accounts.api import first, own, registering, signing
from webapp.accounts.api.face import api

__all__ = ["api", "first", "own", "registering", "signing"]
