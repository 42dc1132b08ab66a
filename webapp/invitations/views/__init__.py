"""The HTML face: accepting invitations, and making them for an event, a company and the site."""

from webapp.invitations.views import accepting, event, people, site
from webapp.invitations.views.blueprint import bp

__all__ = ["accepting", "bp", "event", "people", "site"]
