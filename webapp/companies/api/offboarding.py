"""Programs see what somebody holds in a company and all below it, and take it in one step."""

import datetime as dt
import uuid

from pydantic import Field

from webapp.companies import operations, queries
from webapp.companies.api.face import api, the_company
from webapp.companies.api.people import PERSON
from webapp.companies.errors import LastOwnerError, OffboardSelfError
from webapp.companies.schemas import OffboardInput
from webapp.core.actor import Scope
from webapp.core.database import db
from webapp.core.errors import NotFoundError
from webapp.models import Invitation, Membership, User
from webapp.web.endpoints import Out
from webapp.web.sign_in import current_actor


class HeldRoleOut(Out):
    """A role, and in which company."""

    company_id: uuid.UUID
    company_name: str
    role: str
    granted_at: dt.datetime


class HeldAppOut(Out):
    """An app that somebody answers for."""

    id: uuid.UUID
    name: str
    company_id: uuid.UUID


class HeldInvitationOut(Out):
    """An invitation that is pending; `email` null: a link to hand on."""

    invitation_id: uuid.UUID
    kind: str
    email: str | None
    company_id: uuid.UUID | None
    event_id: uuid.UUID | None
    role: str | None


class HeldEventOut(Out):
    """An event to come."""

    id: uuid.UUID
    title: str
    state: str
    starts_at: dt.datetime
    company_id: uuid.UUID


class HeldEventsOut(Out):
    """Events: those to come, the soonest 50, and how many there are."""

    to_come: list[HeldEventOut]
    number_to_come: int
    number_past: int


class SuccessorOut(Out):
    """Somebody who may take over."""

    id: uuid.UUID
    name: str


class HoldingsOut(Out):
    """What an account holds in a company and all below it, and who may take it over."""

    roles: list[HeldRoleOut]
    above: list[HeldRoleOut] = Field(description="Roles in companies above, which stay.")
    browsers: int = Field(description="How many browsers are signed in.")
    tokens: int = Field(description="How many tokens act for these companies or belong to their apps.")
    apps: list[HeldAppOut]
    invitations_made: list[HeldInvitationOut]
    invitations_waiting: list[HeldInvitationOut]
    hosted: HeldEventsOut
    co_hosted: HeldEventsOut
    successors: list[SuccessorOut]


def _role(membership: Membership) -> HeldRoleOut:
    return HeldRoleOut(
        company_id=membership.company_id,
        company_name=membership.company.name,
        role=membership.role,
        granted_at=membership.granted_at,
    )


def _invitation(invitation: Invitation) -> HeldInvitationOut:
    values = ("kind", "email", "company_id", "event_id", "role")
    return HeldInvitationOut(invitation_id=invitation.id, **{name: getattr(invitation, name) for name in values})


@api.on(
    "GET",
    f"{PERSON}/holdings",
    access=Scope.COMPANIES_READ,
    besides=Scope.EVENTS_READ,
    gives=HoldingsOut,
    refusals=(OffboardSelfError,),
)
def get_holdings(company_id: uuid.UUID, user_id: uuid.UUID) -> HoldingsOut:
    """Return what somebody holds in the company and all below it, and who may take it over: what offboarding ends."""
    company = the_company(company_id)
    _user, held = queries.holdings(current_actor(), company, user_id)
    return HoldingsOut(
        roles=[_role(one) for one in held.roles],
        above=[_role(one) for one in held.above],
        browsers=held.browsers,
        tokens=held.tokens,
        apps=[HeldAppOut.model_validate(one) for one in held.apps],
        invitations_made=[_invitation(one) for one in held.issued],
        invitations_waiting=[_invitation(one) for one in held.addressed],
        hosted=HeldEventsOut.model_validate(held.hosted),
        co_hosted=HeldEventsOut.model_validate(held.co_hosted),
        successors=[SuccessorOut(id=one.id, name=one.full_name) for one in queries.successors(company.id, user_id)],
    )


class OffboardedOut(Out):
    """How many of what was taken or handed over."""

    counts: dict[str, int]


@api.on(
    "POST",
    f"{PERSON}/offboard",
    access=Scope.COMPANIES_WRITE,
    takes=OffboardInput,
    gives=OffboardedOut,
    refusals=(LastOwnerError, OffboardSelfError),
)
def offboard(company_id: uuid.UUID, user_id: uuid.UUID, data: OffboardInput) -> OffboardedOut:
    """Take from somebody everything held in the company and all below it, in one step."""
    actor, company = current_actor(), the_company(company_id)
    user, _held = queries.holdings(actor, company, user_id)
    successor = db.session.get(User, data.hand_over_to) if data.hand_over_to is not None else None
    if data.hand_over_to is not None and successor is None:
        raise NotFoundError
    return OffboardedOut(counts=operations.offboard(actor, company, user, successor=successor, apps=data.apps))
