"""Reads of companies, narrowed to what the actor may see."""

from webapp.companies.queries.figures import Figures, events_to_come, figures
from webapp.companies.queries.people import (
    get_membership,
    has_other_owner,
    memberships_of,
    needs_company,
    people_of,
    standing,
)
from webapp.companies.queries.tree import CompanyRow, below, companies_of, get_company, is_lived_in, projects_of

__all__ = [
    "CompanyRow",
    "Figures",
    "below",
    "companies_of",
    "events_to_come",
    "figures",
    "get_company",
    "get_membership",
    "has_other_owner",
    "is_lived_in",
    "memberships_of",
    "needs_company",
    "people_of",
    "projects_of",
    "standing",
]
