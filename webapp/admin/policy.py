"""Who may enter the site's own pages."""

from webapp.core.actor import Actor
from webapp.core.permissions import require


def require_site_administrator(actor: Actor) -> None:
    """Raise NotFoundError unless `actor` looks after the site: whoever does not finds nothing there."""
    require(actor.site_administrator, seen=actor.site_administrator)
