"""The JSON face of guests: the list, writing to them, and who has come."""

from webapp.guests.api import listing, mailing, presence
from webapp.guests.api.face import api

__all__ = ["api", "listing", "mailing", "presence"]
