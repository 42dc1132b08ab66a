"""The HTML face: companies with all their rooms, and the first run."""

from webapp.companies.views import companies, people, setup
from webapp.companies.views.blueprint import bp

__all__ = ["bp", "companies", "people", "setup"]
