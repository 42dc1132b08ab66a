"""Who may look into the outbox."""

from flask import current_app

from webapp.core.actor import Actor
from webapp.core.permissions import require


def require_site_administrator(actor: Actor) -> None:
    """Raise NotFoundError unless `actor` looks after the site."""
    require(actor.site_administrator, seen=actor.site_administrator)


def may_see_links(actor: Actor) -> bool:
    """Tell whether `actor` sees the links in e-mails: whoever has one acts as the person it was written for.

    Only the site administrator of an installation without an SMTP server, where nobody else can pass them on.
    """
    return actor.site_administrator and not current_app.config["MAIL_SERVER"]
