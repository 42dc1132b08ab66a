"""The projects of a company, and what their calendar feeds hold."""

import dataclasses
import datetime as dt
import hmac
import uuid
from collections.abc import Sequence

from sqlalchemy import and_, func, select
from sqlalchemy.orm import contains_eager

from webapp.companies import policy
from webapp.core import clock, tokens
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.errors import NotFoundError
from webapp.core.tokens import Purpose
from webapp.models import Company, Event, Project

FEED_REACHES_BACK = dt.timedelta(days=365)


@dataclasses.dataclass(frozen=True)
class ProjectRow:
    """A project as the list shows it, with how many of its published events are to come and over."""

    project: Project
    to_come: int
    past: int


def projects_in(company_id: uuid.UUID) -> list[ProjectRow]:
    """Return all projects of the company itself, archived ones too: the default one first, then by name."""
    moment = clock.now()
    published = and_(Event.project_id == Project.id, Event.state == "published")
    statement = (
        select(
            Project,
            func.count(Event.id).filter(Event.ends_at > moment),
            func.count(Event.id).filter(Event.ends_at <= moment),
        )
        .outerjoin(Event, published)
        .where(Project.company_id == company_id)
        .group_by(Project.id)
        .order_by(Project.is_default.desc(), func.lower(Project.name), Project.id)
    )
    return [ProjectRow(*row) for row in db.session.execute(statement)]


def get_project(actor: Actor, company: Company, project_id: uuid.UUID) -> Project:
    """Return a project of the company; NotFoundError where there is none or the actor has no role there."""
    project = db.session.scalar(select(Project).where(Project.id == project_id, Project.company_id == company.id))
    if project is None or policy.role_in(actor, company.id) is None:
        raise NotFoundError
    return project


def calendar_token(project: Project) -> str | None:
    """Return the secret of the link to the project's calendar feed; None where it has none."""
    if project.calendar_nonce is None:
        return None
    return tokens.make(Purpose.CALENDAR, project.id, project.calendar_nonce)


def project_by_calendar(token: str) -> Project:
    """Return the project whose calendar feed the link leads to, its company loaded.

    Raises NotFoundError or TokenMissingError where the link is not ours, was renewed or revoked, or the company is
    deleted.
    """
    said = tokens.read(Purpose.CALENDAR, token)
    project = db.session.scalar(
        select(Project)
        .join(Project.company)
        .options(contains_eager(Project.company))
        .where(Project.id == said.row, Project.calendar_nonce.is_not(None), Company.deleted_at.is_(None))
    )
    if project is None or not hmac.compare_digest((project.calendar_nonce or "").encode(), said.nonce.encode()):
        raise NotFoundError
    return project


def events_in_calendar(project_id: uuid.UUID) -> Sequence[Event]:
    """Return what the project's feed holds, in order: its events since a year ago, published or since cancelled."""
    statement = (
        select(Event)
        .where(
            Event.project_id == project_id,
            Event.published_at.is_not(None),
            Event.ends_at > clock.now() - FEED_REACHES_BACK,
        )
        .order_by(Event.starts_at, Event.id)
    )
    return db.session.scalars(statement).all()
