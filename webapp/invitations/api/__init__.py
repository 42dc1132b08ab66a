"""The JSON face of invitations: making links that let people in, and accepting them."""

from webapp.invitations.api import accepting, making
from webapp.invitations.api.face import api

__all__ = ["accepting", "api", "making"]
