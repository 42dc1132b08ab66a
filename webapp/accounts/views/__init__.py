"""The HTML face: coming in, and one's own account."""

from webapp.accounts.views import account, registering, signing, tokens
from webapp.accounts.views.blueprint import bp

__all__ = ["account", "bp", "registering", "signing", "tokens"]
