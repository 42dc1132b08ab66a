"""The JSON face of companies: the tree, people, projects, apps, journal and outbox."""

from webapp.companies.api import apps, dashboard, history, offboarding, people, projects, records, tree
from webapp.companies.api.face import api

__all__ = ["api", "apps", "dashboard", "history", "offboarding", "people", "projects", "records", "tree"]
