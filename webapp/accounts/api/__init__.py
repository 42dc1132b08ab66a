"""The JSON face of accounts: registering, signing in, one's own account."""

from webapp.accounts.api import address, first, leaving, own, registering, signing
from webapp.accounts.api.face import api

__all__ = ["address", "api", "first", "leaving", "own", "registering", "signing"]
