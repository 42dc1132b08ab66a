"""Programs read what a company's dashboard shows: what needs somebody, how its events went, how many answers came."""

import datetime as dt
import uuid

from flask_login import current_user
from pydantic import Field

from webapp.companies import policy, queries
from webapp.companies.api.face import COMPANY, api, the_company
from webapp.core.actor import Scope
from webapp.core.permissions import Permission, may
from webapp.core.schema import Schema
from webapp.web.endpoints import Out
from webapp.web.sign_in import current_actor


class NeedOut(Out):
    """One thing that needs somebody.

    `number` of `of`: e-mails that failed; ballots of the roll; places left of all; the others have none.
    """

    kind: str = Field(description="mail, vote, draft, full, undecided or invitation.")
    at: dt.datetime = Field(description="Since or until when.")
    company_id: uuid.UUID
    event_id: uuid.UUID | None
    invitation_id: uuid.UUID | None
    number: int
    of: int
    reason: str | None = Field(description="What the mail server said, where it said the same of all.")


class SeasonOut(Out):
    """The counters of the events that ended in one stretch of time, added up; votes are those that have closed."""

    events: int
    invited: int
    opened: int
    yes: int
    no: int
    checked_in: int
    votes: int
    roll: int
    ballots: int
    consensus: int


class WeekOut(Out):
    """The answers of one week, from `monday` on."""

    monday: dt.date
    yes: int
    no: int


class DashboardOut(Out):
    """How a company stands. A doorkeeper is told its size alone."""

    people: int
    projects: int
    companies: int = Field(description="How many stand right below it.")
    needs: list[NeedOut] = Field(description="What needs somebody, worst first.")
    season: SeasonOut | None = Field(description="Of the events that ended in the last 90 days.")
    season_before: SeasonOut | None = Field(description="Of those that ended in the 90 days before.")
    weeks: list[WeekOut] = Field(description="The last ten weeks, the running one last.")


class DashboardQuery(Schema):
    """Of what: of the company and all below it, or (false) of the company alone."""

    below: bool = Field(True, description="False leaves out what belongs to the companies below.")  # noqa: FBT003


@api.on("GET", f"{COMPANY}/dashboard", access=Scope.COMPANIES_READ, asks=DashboardQuery, gives=DashboardOut)
def get_dashboard(company_id: uuid.UUID, query: DashboardQuery) -> DashboardOut:
    """Return what needs somebody in the company and all below it, and how its events of the last 90 days went."""
    company = the_company(company_id)
    role = policy.role_in(current_actor(), company.id)
    house = queries.house(company.id)
    scope = queries.Scope(company.id, with_below=query.below and house.children > 0)
    manages = may(role, Permission.MANAGE_EVENTS)
    figures = queries.figures(scope) if manages else None
    return DashboardOut(
        people=house.people,
        projects=house.projects,
        companies=house.children,
        needs=[_need(one) for one in queries.needs(scope, role)],
        season=SeasonOut.model_validate(figures.now) if figures else None,
        season_before=SeasonOut.model_validate(figures.before) if figures else None,
        weeks=[WeekOut.model_validate(one) for one in queries.answers_by_week(scope, current_user.timezone)]
        if manages
        else [],
    )


def _need(need: queries.Need) -> NeedOut:
    return NeedOut(
        kind=need.kind.value,
        at=need.at,
        company_id=need.company.id,
        event_id=need.event.id if need.event is not None else None,
        invitation_id=need.invitation.id if need.invitation is not None else None,
        number=need.number,
        of=need.of,
        reason=need.reason,
    )
