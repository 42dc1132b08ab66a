"""The HTML face: companies with all their rooms, and the first run."""

from webapp.companies.views import calendar, children, companies, mail, people, projects, settings, setup
from webapp.companies.views.blueprint import bp

__all__ = ["bp", "calendar", "children", "companies", "mail", "people", "projects", "settings", "setup"]
