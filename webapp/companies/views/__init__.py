"""The HTML face: companies, and the first run."""

from webapp.companies.views import companies, setup
from webapp.companies.views.companies import bp

__all__ = ["bp", "companies", "setup"]
