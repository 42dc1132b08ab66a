"""The blueprint of all pages of accounts, and the rooms of one's own."""

from flask import Blueprint, url_for
from flask_babel import gettext as _

bp = Blueprint("accounts", __name__)


def rooms(here: str) -> list[tuple[str, str, str, bool]]:
    """Return the rooms of the account: (label, address, icon, whether this is it)."""
    return [
        (_("Your account"), url_for("accounts.account"), "user", here == "account"),
        (_("Devices"), url_for("accounts.sessions"), "globe", here == "sessions"),
        (_("Programs"), url_for("accounts.tokens"), "key-round", here == "tokens"),
        (_("Your companies"), url_for("companies.index"), "building-2", False),
    ]
