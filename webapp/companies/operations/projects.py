"""Projects: named groups of a company's events, and the calendar feed of each."""

import uuid

from sqlalchemy import select, update

from webapp.companies import policy
from webapp.companies.errors import DefaultProjectError
from webapp.companies.operations.tree import hold_company
from webapp.core import clock, text
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.errors import NotFoundError
from webapp.core.operation import count, operation
from webapp.core.permissions import Permission
from webapp.journal.writing import record
from webapp.models import Company, Project

_BITS = 128


def hold_project(project_id: uuid.UUID) -> Project | None:
    """Keep a project from being archived, and its company from being deleted, until the operation ends; return it.

    None where there is no such project, or either has happened already. Others may hold it at the same time.
    """
    statement = (
        select(Project, Company.deleted_at)
        .join(Project.company)
        .where(Project.id == project_id)
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    )
    found = db.session.execute(statement).one_or_none()
    if found is None or found[0].archived_at is not None or found[1] is not None:
        return None
    project: Project = found[0]
    return project


def _require(actor: Actor, project: Project) -> None:
    """Raise unless `actor` may manage the projects of a company that is not deleted."""
    policy.require_in(actor, project.company_id, Permission.MANAGE_PROJECTS)
    hold_company(project.company_id)


@operation
def create_project(actor: Actor, company: Company, *, name: str) -> Project:
    """Make a project of the company and return it.

    Raises NotFoundError or ForbiddenError where `actor` may not, CompanyGoneError where the company is deleted.
    """
    policy.require_in(actor, company.id, Permission.MANAGE_PROJECTS)
    hold_company(company.id)
    project = Project(company_id=company.id, name=name)
    db.session.add(project)
    db.session.flush()
    record(actor, "project.created", project)
    return project


@operation
def rename_project(actor: Actor, project: Project, *, name: str) -> None:
    """Give the project another name; raises as `create_project` does."""
    _require(actor, project)
    if not count(update(Project).where(Project.id == project.id).values(name=name)):
        raise NotFoundError
    record(actor, "project.renamed", project)


@operation
def archive_project(actor: Actor, project: Project) -> None:
    """Hide the project: it takes no new events, and those it has go on. A second time changes nothing.

    Raises DefaultProjectError for the default one, otherwise as `create_project` does.
    """
    _require(actor, project)
    if project.is_default:
        raise DefaultProjectError
    standing = (Project.id == project.id, Project.archived_at.is_(None), ~Project.is_default)
    if count(update(Project).where(*standing).values(archived_at=clock.now())):
        record(actor, "project.archived", project)


@operation
def unarchive_project(actor: Actor, project: Project) -> None:
    """Let the project take events again; a second time changes nothing. Raises as `create_project` does."""
    _require(actor, project)
    archived = (Project.id == project.id, Project.archived_at.is_not(None))
    if count(update(Project).where(*archived).values(archived_at=None)):
        record(actor, "project.unarchived", project)


@operation
def change_project(actor: Actor, project: Project, *, name: str | None = None, archived: bool | None = None) -> None:
    """Name the project, archive it or take it out of the archive, all of it or nothing; None leaves it as it is."""
    if name is not None:
        rename_project(actor, project, name=name)
    if archived is not None:
        (archive_project if archived else unarchive_project)(actor, project)
    if name is None and archived is None:
        _require(actor, project)


@operation
def make_calendar(actor: Actor, project: Project, *, anew: bool = True) -> None:
    """Give the project's calendar feed a secret link; one that it has is dead from now on.

    `anew` False keeps a link that is there. Raises as `create_project` does.
    """
    _require(actor, project)
    which = (Project.id == project.id,) if anew else (Project.id == project.id, Project.calendar_nonce.is_(None))
    if count(update(Project).where(*which).values(calendar_nonce=text.secret(_BITS))):
        record(actor, "project.calendar_made", project)


@operation
def revoke_calendar(actor: Actor, project: Project) -> None:
    """End the project's calendar feed; a second time changes nothing. Raises as `create_project` does."""
    _require(actor, project)
    there = (Project.id == project.id, Project.calendar_nonce.is_not(None))
    if count(update(Project).where(*there).values(calendar_nonce=None)):
        record(actor, "project.calendar_revoked", project)
