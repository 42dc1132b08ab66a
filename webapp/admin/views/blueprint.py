"""The blueprint of the site's own pages. Whoever does not look after the site finds nothing there."""

from flask import Blueprint, current_app, url_for
from flask_babel import gettext as _

bp = Blueprint("admin", __name__, url_prefix="/admin")


def rooms(here: str) -> list[tuple[str, str, str, bool]]:
    """Return the rooms of the site's pages: (label, address, icon, whether this is it).

    `here`: the endpoint of the room without its blueprint's name ("index", "mail", "of_site" for the journal).
    """
    listed = (
        ("admin.index", _("Overview"), "house"),
        ("admin.accounts", _("Accounts"), "users"),
        ("admin.companies", _("Companies"), "building-2"),
        ("admin.events", _("Events"), "calendar"),
        ("admin.mail", _("Mail"), "mail"),
        ("journal.of_site", _("Journal"), "book-open"),
        ("admin.settings", _("Settings"), "settings"),
        ("admin.health", _("Health"), "info"),
    )
    return [
        (label, url_for(endpoint), icon, endpoint.rpartition(".")[2] == here)
        for endpoint, label, icon in listed
        if endpoint in current_app.view_functions
    ]
