"""The HTML face: companies with all their rooms, and the first run."""

from webapp.companies.views import (
    apps,
    calendar,
    children,
    companies,
    mail,
    offboarding,
    people,
    projects,
    settings,
    setup,
)
from webapp.companies.views.blueprint import bp

__all__ = [
    "apps",
    "bp",
    "calendar",
    "children",
    "companies",
    "mail",
    "offboarding",
    "people",
    "projects",
    "settings",
    "setup",
]
