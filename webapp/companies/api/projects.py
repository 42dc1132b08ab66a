"""Programs list, make, name and archive projects."""

import datetime as dt
import uuid

from flask import current_app, url_for
from flask_babel import lazy_gettext as _l
from pydantic import Field

from webapp.companies import operations, policy, queries
from webapp.companies.api.face import COMPANY, api, the_company
from webapp.companies.errors import CompanyGoneError, DefaultProjectError
from webapp.companies.schemas import CompanyName, NameInput
from webapp.core.actor import Scope
from webapp.core.permissions import Permission
from webapp.core.schema import Patch, Schema
from webapp.models import Company
from webapp.web.endpoints import Listing, Out
from webapp.web.sign_in import current_actor

PROJECT = f"{COMPANY}/projects/<uuid:project_id>"


class ProjectOut(Out):
    """A project, with how many of its published events are to come and over."""

    id: uuid.UUID
    company_id: uuid.UUID
    name: str
    is_default: bool
    archived_at: dt.datetime | None
    created_at: dt.datetime
    events_to_come: int
    events_past: int
    calendar_url: str | None = Field(
        description="The secret link of its calendar, for those who make events there and (the link tells of events "
        "that are not public) a token with events:read; else null, as where there is none."
    )


def _shown(row: queries.ProjectRow, *, may_follow: bool) -> ProjectOut:
    token = queries.calendar_token(row.project) if may_follow else None
    address = f"{current_app.config['BASE_URL']}{url_for('calendar.feed', token=token)}" if token else None
    values = {
        name: getattr(row.project, name)
        for name in ("id", "company_id", "name", "is_default", "archived_at", "created_at")
    }
    return ProjectOut(**values, events_to_come=row.to_come, events_past=row.past, calendar_url=address)


def _may_follow(company: Company) -> bool:
    """Tell whether the link of a calendar is for the token: what it tells takes the scope `events:read`, too."""
    actor = current_actor()
    reads = actor.under(Scope.EVENTS_READ)
    return actor.has_scope(Scope.EVENTS_READ) and policy.allows(reads, company.id, Permission.MANAGE_EVENTS)


def _out(company_id: uuid.UUID, project_id: uuid.UUID) -> ProjectOut:
    company = the_company(company_id)
    queries.get_project(current_actor(), company, project_id)
    may_follow = _may_follow(company)
    rows = queries.projects_in(company.id)
    return next(_shown(row, may_follow=may_follow) for row in rows if row.project.id == project_id)


@api.on("GET", f"{COMPANY}/projects", access=Scope.COMPANIES_READ, gives=ProjectOut, listed=True)
def list_projects(company_id: uuid.UUID) -> Listing:
    """List the projects of a company, archived ones too: the default one first, then by name."""
    company = the_company(company_id)
    may_follow = _may_follow(company)
    rows = queries.projects_in(company.id)
    return Listing([_shown(row, may_follow=may_follow) for row in rows], count=len(rows))


@api.on(
    "POST",
    f"{COMPANY}/projects",
    access=Scope.COMPANIES_WRITE,
    takes=NameInput,
    gives=ProjectOut,
    status=201,
    message=_l("The project is made."),
    refusals=(CompanyGoneError,),
)
def create_project(company_id: uuid.UUID, data: NameInput) -> ProjectOut:
    """Make a project."""
    made = operations.create_project(current_actor(), the_company(company_id), name=data.name)
    return _out(company_id, made.id)


@api.on("GET", PROJECT, access=Scope.COMPANIES_READ, gives=ProjectOut)
def get_project(company_id: uuid.UUID, project_id: uuid.UUID) -> ProjectOut:
    """Return one project."""
    return _out(company_id, project_id)


class ProjectPatch(Patch):
    """What is to change; what is left out stays."""

    name: CompanyName
    archived: bool


@api.on(
    "PATCH",
    PROJECT,
    access=Scope.COMPANIES_WRITE,
    takes=ProjectPatch,
    gives=ProjectOut,
    message=_l("The project is changed."),
    refusals=(DefaultProjectError, CompanyGoneError),
)
def edit_project(company_id: uuid.UUID, project_id: uuid.UUID, data: ProjectPatch) -> ProjectOut:
    """Give a project another name, hide it (`archived`), or take it out of the archive."""
    actor = current_actor()
    project = queries.get_project(actor, the_company(company_id), project_id)
    operations.change_project(actor, project, name=data.name, archived=data.archived)
    return _out(company_id, project_id)


class CalendarInput(Schema):
    """Whether a link that is there already gives way to a new one."""

    renew: bool = False


@api.on(
    "POST",
    f"{PROJECT}/calendar",
    access=Scope.COMPANIES_WRITE,
    besides=Scope.EVENTS_READ,
    takes=CalendarInput,
    gives=ProjectOut,
    # the answer holds the link
    secret=True,
    message=_l("The calendar has its link."),
    refusals=(CompanyGoneError,),
)
def make_calendar(company_id: uuid.UUID, project_id: uuid.UUID, data: CalendarInput) -> ProjectOut:
    """Give a project's calendar its secret link. One that is there stays, but with `renew`: then it leads nowhere.

    It tells of events that are not public, so that it takes the scope `events:read` besides.
    """
    actor = current_actor()
    project = queries.get_project(actor, the_company(company_id), project_id)
    operations.make_calendar(actor, project, anew=data.renew)
    return _out(company_id, project_id)


@api.on("DELETE", f"{PROJECT}/calendar", access=Scope.COMPANIES_WRITE, status=204, refusals=(CompanyGoneError,))
def revoke_calendar(company_id: uuid.UUID, project_id: uuid.UUID) -> None:
    """Revoke the calendar's link: it leads nowhere any more."""
    actor = current_actor()
    operations.revoke_calendar(actor, queries.get_project(actor, the_company(company_id), project_id))
