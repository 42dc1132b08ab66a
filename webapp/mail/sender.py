"""Who writes the e-mails."""

from email.utils import parseaddr

from flask import current_app

from webapp.core.database import db
from webapp.models import Site


def sender() -> str:
    """Return the From of all e-mails, "Name <address>": under the site's name where MAIL_DEFAULT_SENDER gives none."""
    said: str = current_app.config["MAIL_DEFAULT_SENDER"]
    name, address = parseaddr(said)
    site = None if name else db.session.get(Site, 1)
    if site is None or not address:
        return said
    quoted = site.name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{address}>'
