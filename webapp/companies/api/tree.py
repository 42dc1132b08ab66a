"""Programs list, make, name, move and delete companies."""

import datetime as dt
import uuid
from typing import Annotated

from flask_babel import lazy_gettext as _l
from pydantic import Field

from webapp.accounts.errors import BeyondTokenError
from webapp.companies import operations, policy, queries
from webapp.companies.api.face import COMPANY, api, the_company
from webapp.companies.errors import ChildrenError, CycleError, EventsToComeError, LastOwnerError
from webapp.companies.schemas import CompanyName
from webapp.core import text
from webapp.core.actor import Scope
from webapp.core.errors import NotFoundError, StaleError
from webapp.core.schema import Patch, Schema
from webapp.models import Company
from webapp.web.endpoints import Listing, Out
from webapp.web.lists import SearchQuery, listing
from webapp.web.sign_in import current_actor


class CompanyOut(Out):
    """A company one has a role in."""

    id: uuid.UUID
    name: str
    slug: str
    parent_id: uuid.UUID | None
    role: str = Field(description="The strongest role of the token's account there, its own or from above.")
    created_at: dt.datetime
    links: dict[str, str]


class BranchOut(Out):
    """A company below another one: how many steps, its own people, and its own events to come."""

    id: uuid.UUID
    name: str
    slug: str
    parent_id: uuid.UUID | None
    depth: int
    people: int
    events: int


def shown(company: Company, role: str) -> CompanyOut:
    """Return what goes out of a company for somebody with that role."""
    return CompanyOut(
        id=company.id,
        name=company.name,
        slug=company.slug,
        parent_id=company.parent_id,
        role=role,
        created_at=company.created_at,
        links={
            "self": f"/api/companies/{company.id}",
            "companies": f"/api/companies/{company.id}/companies",
            "administrators": f"/api/companies/{company.id}/administrators",
            "projects": f"/api/companies/{company.id}/projects",
            "login": f"/api/login/{company.id}",
        },
    )


def _out(company_id: uuid.UUID) -> CompanyOut:
    company = the_company(company_id)
    role = policy.role_in(current_actor(), company_id)
    if role is None:
        raise NotFoundError
    return shown(company, role.value)


@api.on("GET", "/companies", access=Scope.COMPANIES_READ, asks=SearchQuery, gives=CompanyOut, listed=True)
def list_companies(query: SearchQuery) -> Listing:
    """List the companies in which the account has a role, its own or from above, by name."""
    actor = current_actor()
    roles = policy.roles_of(actor)
    return listing(
        queries.companies_found(actor, search=query.search),
        (Company.name, Company.id),
        query,
        key=lambda company: (company.name, company.id),
        types=(str, uuid.UUID),
        show=lambda company: shown(company, roles[company.id].value),
    )


class NewCompanyInput(Schema):
    """A new company; `parent_id`: the one it belongs to."""

    name: CompanyName
    parent_id: uuid.UUID | None = None


@api.on(
    "POST",
    "/companies",
    access=Scope.COMPANIES_WRITE,
    takes=NewCompanyInput,
    gives=CompanyOut,
    status=201,
    message=_l("The company is made."),
    refusals=(NotFoundError,),
)
def create_company(data: NewCompanyInput) -> CompanyOut:
    """Make a company, under another one if one likes; the account owns it."""
    actor = current_actor()
    parent = the_company(data.parent_id) if data.parent_id is not None else None
    if parent is None and actor.company_id is not None:
        # what such a token makes must lie within its reach
        parent = the_company(actor.company_id)
    return _out(operations.create_company(actor, name=data.name, parent=parent).id)


@api.on("GET", COMPANY, access=Scope.COMPANIES_READ, gives=CompanyOut)
def get_company(company_id: uuid.UUID) -> CompanyOut:
    """Return one company."""
    return _out(company_id)


class CompanyPatch(Patch):
    """What is to change; what is left out stays."""

    name: CompanyName
    parent_id: uuid.UUID | None = Field(
        description="The company it is to be part of. Null takes it out of the one it is part of: it stands by itself, "
        "and who has a role there by the one above has none any more."
    )


@api.on(
    "PATCH",
    COMPANY,
    access=Scope.COMPANIES_WRITE,
    takes=CompanyPatch,
    gives=CompanyOut,
    message=_l("The company is changed."),
    refusals=(CycleError, LastOwnerError, BeyondTokenError),
)
def edit_company(company_id: uuid.UUID, data: CompanyPatch) -> CompanyOut:
    """Give a company another name, or move it: an owner of it and of the new parent may."""
    actor = current_actor()
    company = the_company(company_id)
    moves = "parent_id" in data.named()
    parent = the_company(data.parent_id) if data.parent_id is not None else None
    try:
        operations.change_company(actor, company, name=data.name, moves=moves, parent=parent)
    except (CycleError, LastOwnerError) as error:
        # the page calls the field otherwise
        error.fields = {"parent_id": error.text}
        raise
    return _out(company_id)


@api.on(
    "DELETE",
    COMPANY,
    access=Scope.COMPANIES_WRITE,
    status=204,
    refusals=(ChildrenError, EventsToComeError, StaleError),
)
def delete_company(company_id: uuid.UUID) -> None:
    """Close a company for good: its owner may, within 15 minutes of authenticating, when nothing is to come in it."""
    operations.delete_company(current_actor(), the_company(company_id))


class BelowQuery(Schema):
    """Part of a name."""

    search: Annotated[str, Field(max_length=200)] = ""


@api.on("GET", f"{COMPANY}/companies", access=Scope.COMPANIES_READ, asks=BelowQuery, gives=BranchOut, listed=True)
def list_below(company_id: uuid.UUID, query: BelowQuery) -> Listing:
    """List all companies below one, each behind the one it is part of."""
    company = the_company(company_id)
    wanted = text.fold(query.search)
    rows = [row for row in queries.branches_of(company.id) if wanted in text.fold(row.company.name)]
    found = [
        BranchOut(
            id=row.company.id,
            name=row.company.name,
            slug=row.company.slug,
            parent_id=row.company.parent_id,
            depth=row.depth,
            people=row.people,
            events=row.events,
        )
        for row in rows
    ]
    return Listing(found, count=len(found))
