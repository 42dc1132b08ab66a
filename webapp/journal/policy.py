"""Who may read the journal of the whole site. Who may read a company's is for `companies.policy` to say."""

from webapp.core.actor import Actor
from webapp.core.permissions import require


def require_site_administrator(actor: Actor) -> None:
    """Raise NotFoundError unless `actor` looks after the site."""
    require(actor.site_administrator, seen=actor.site_administrator)
