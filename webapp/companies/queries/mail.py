"""A company's outbox: its own e-mails and those of all companies below it."""

import uuid
from collections.abc import Iterable

from sqlalchemy import select

from webapp.companies import policy
from webapp.companies.queries.tree import below
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.errors import NotFoundError
from webapp.core.permissions import Permission
from webapp.models import Company, Event, OutboxMail


def writing_companies(actor: Actor, company: Company) -> dict[uuid.UUID, str]:
    """Return whose e-mails the company's outbox holds, names by ids: its own, and those of all companies below it.

    For `mail.queries.matching` and `counted`. Raises NotFoundError, ForbiddenError where the actor may not read them.
    """
    policy.require_in(actor, company.id, Permission.READ_MAIL)
    rows = db.session.execute(select(Company.id, Company.name).where(Company.id.in_(below(company.id))))
    return {row.id: row.name for row in rows}


def get_mail(actor: Actor, company: Company, mail_id: uuid.UUID) -> OutboxMail:
    """Return one e-mail of the company or of one below it; raises NotFoundError, ForbiddenError."""
    policy.require_in(actor, company.id, Permission.READ_MAIL)
    inside = (OutboxMail.id == mail_id, OutboxMail.company_id.in_(below(company.id)))
    mail = db.session.scalar(select(OutboxMail).where(*inside))
    if mail is None:
        raise NotFoundError
    return mail


def events_of(mails: Iterable[OutboxMail]) -> dict[uuid.UUID | None, Event]:
    """Return the events that these e-mails speak of, by their ids."""
    ids = {mail.event_id for mail in mails if mail.event_id}
    return {event.id: event for event in db.session.scalars(select(Event).where(Event.id.in_(ids)))} if ids else {}
