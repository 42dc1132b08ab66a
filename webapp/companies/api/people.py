"""Programs see and change who is what in a company."""

import datetime as dt
import uuid

from flask_babel import lazy_gettext as _l
from pydantic import Field

from webapp.accounts.errors import BeyondTokenError
from webapp.companies import operations, policy, queries
from webapp.companies.api.face import COMPANY, api, the_company
from webapp.companies.errors import LastOwnerError
from webapp.core.actor import Scope
from webapp.core.errors import ConflictError, NotFoundError, StaleError
from webapp.core.permissions import Permission, Role
from webapp.core.schema import Patch
from webapp.models import Company, Membership
from webapp.web.endpoints import Listing, Out
from webapp.web.lists import SearchQuery, listing
from webapp.web.sign_in import current_actor

PERSON = f"{COMPANY}/administrators/<uuid:user_id>"


class PersonOut(Out):
    """Somebody with a role in a company. `email`: for those who manage its people; null for others."""

    id: uuid.UUID
    name: str
    email: str | None
    role: str
    scopes: list[str] | None = Field(description="What tokens may use by this role; null: all that it gives.")
    company_id: uuid.UUID
    company_name: str
    granted_at: dt.datetime
    links: dict[str, str]


def _shown(membership: Membership, company: Company, *, manages: bool) -> PersonOut:
    """Return what goes out of a membership of `company`."""
    user = membership.user
    return PersonOut(
        id=membership.user_id,
        name=user.full_name,
        email=user.email if manages else None,
        role=membership.role,
        scopes=membership.scopes,
        company_id=company.id,
        company_name=company.name,
        granted_at=membership.granted_at,
        links={
            "self": f"/api/companies/{company.id}/administrators/{membership.user_id}",
            "company": f"/api/companies/{company.id}",
            "login": f"/api/login/admin/{company.id}",
        },
    )


def _membership(company: Company, user_id: uuid.UUID) -> Membership:
    found = queries.standing(company.id, user_id)
    if found is None:
        raise NotFoundError
    return queries.get_membership(current_actor(), company, found.id)


def _manages(company: Company) -> bool:
    return policy.allows(current_actor(), company.id, Permission.MANAGE_PEOPLE)


class PeopleQuery(SearchQuery):
    """Which people: of the company itself, of all below it too, or of those above, whose roles reach down to it."""

    where: queries.Where = "here"


@api.on("GET", f"{COMPANY}/administrators", access=Scope.COMPANIES_READ, asks=PeopleQuery, gives=PersonOut, listed=True)
def list_people(company_id: uuid.UUID, query: PeopleQuery) -> Listing:
    """List who has a role in the company itself.

    `where=below`: in all companies below it as well, for who manages its people. `where=above`: in those above it.
    """
    actor, company = current_actor(), the_company(company_id)
    manages = _manages(company) and query.where != "above"
    return listing(
        queries.members_found(actor, company, search=query.search, addresses=manages, where=query.where),
        # another role is another row: what stays is the company and the account
        (Membership.company_id, Membership.user_id),
        query,
        key=lambda row: (row.company_id, row.user_id),
        types=(uuid.UUID, uuid.UUID),
        show=lambda row: _shown(row, row.company, manages=manages),
    )


@api.on("GET", PERSON, access=Scope.COMPANIES_READ, gives=PersonOut)
def get_person(company_id: uuid.UUID, user_id: uuid.UUID) -> PersonOut:
    """Return what somebody is in the company itself."""
    company = the_company(company_id)
    return _shown(_membership(company, user_id), company, manages=_manages(company))


class PersonPatch(Patch):
    """What is to change; what is left out stays."""

    role: Role
    scopes: list[Scope] | None = Field(
        description="What tokens of this account may use in this company. Null: all that the role gives."
    )


@api.on(
    "PATCH",
    PERSON,
    access=Scope.COMPANIES_WRITE,
    takes=PersonPatch,
    gives=PersonOut,
    message=_l("The role is changed."),
    refusals=(LastOwnerError, BeyondTokenError, StaleError, ConflictError),
)
def change_person(company_id: uuid.UUID, user_id: uuid.UUID, data: PersonPatch) -> PersonOut:
    """Give somebody another role (only owners make or unmake owners), or hold tokens to fewer scopes than it gives.

    No token gives more than it has: what one's own row leaves to programs is widened on the page, by an owner.
    """
    company = the_company(company_id)
    operations.change_membership(
        current_actor(),
        _membership(company, user_id),
        role=data.role,
        limits="scopes" in data.named(),
        scopes=data.scopes,
    )
    # not by what may be read: whoever left the own programs nothing is still told what was done
    changed = queries.standing(company_id, user_id)
    if changed is None:
        raise NotFoundError
    return _shown(changed, company, manages=True)


@api.on("DELETE", PERSON, access=Scope.COMPANIES_WRITE, status=204, refusals=(LastOwnerError,))
def revoke_role(company_id: uuid.UUID, user_id: uuid.UUID) -> None:
    """Take somebody's role in the company away; with one's own id: leave."""
    operations.revoke(current_actor(), _membership(the_company(company_id), user_id))
