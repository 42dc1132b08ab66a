"""The HTML face of the site's own pages, for its administrators."""

from webapp.admin.views import mail, overview
from webapp.admin.views.blueprint import bp

__all__ = ["bp", "mail", "overview"]
