"""The HTML face of the site's own pages, for its administrators."""

from webapp.admin.views import accounts, companies, events, health, mail, overview, settings
from webapp.admin.views.blueprint import bp

__all__ = ["accounts", "bp", "companies", "events", "health", "mail", "overview", "settings"]
