"""Every write to companies, their projects and who is what in them, one function a verb."""

from webapp.companies.operations.people import grant, revoke
from webapp.companies.operations.tree import close_lone_companies, create_company

__all__ = ["close_lone_companies", "create_company", "grant", "revoke"]
