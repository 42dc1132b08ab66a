"""Programs read who was what in a company until now."""

import datetime as dt
import uuid

from pydantic import Field

from webapp.companies import queries
from webapp.companies.api.face import COMPANY, api, the_company
from webapp.core.actor import Scope
from webapp.core.database import db
from webapp.models import Membership, User
from webapp.web.endpoints import Listing, Out
from webapp.web.lists import ListQuery, listing
from webapp.web.sign_in import current_actor


class WhoOut(Out):
    """An account; its name is empty once it is deleted."""

    id: uuid.UUID
    name: str


class GrantedOut(Out):
    """A role that was granted, by whom and when, and whether and how it ended. Nothing here is ever overwritten."""

    id: uuid.UUID
    user: WhoOut
    role: str
    scopes: list[str] | None = Field(description="What tokens could use by this role; null: all that it gives.")
    company_id: uuid.UUID
    company_name: str
    granted_at: dt.datetime
    granted_by: WhoOut | None
    revoked_at: dt.datetime | None
    revoked_by: WhoOut | None


class HistoryQuery(ListQuery):
    """Whose roles: of one account alone, or everybody's."""

    person: uuid.UUID | None = Field(None, description="Roles of this account alone, by id.")


def _who(user: User | None) -> WhoOut | None:
    return WhoOut(id=user.id, name=user.full_name) if user is not None else None


def _shown(membership: Membership, giver: User | None, taker: User | None) -> GrantedOut:
    return GrantedOut(
        id=membership.id,
        user=WhoOut(id=membership.user_id, name=membership.user.full_name),
        role=membership.role,
        scopes=membership.scopes,
        company_id=membership.company_id,
        company_name=membership.company.name,
        granted_at=membership.granted_at,
        granted_by=_who(giver),
        revoked_at=membership.revoked_at,
        revoked_by=_who(taker),
    )


@api.on(
    "GET",
    f"{COMPANY}/administrators/history",
    access=Scope.COMPANIES_READ,
    asks=HistoryQuery,
    gives=GrantedOut,
    listed=True,
)
def list_role_history(company_id: uuid.UUID, query: HistoryQuery) -> Listing:
    """List every role that was granted or ended in the company and all below it, the latest first."""
    return listing(
        queries.role_history(current_actor(), the_company(company_id), query.person),
        (queries.HISTORY,),
        query,
        key=lambda row: (row[0].id,),
        types=(uuid.UUID,),
        show=lambda row: _shown(*row),
        fetch=lambda asked: db.session.execute(asked).all(),
        descending=True,
    )
