"""Reading the outbox."""

import dataclasses
import logging
import uuid

from sqlalchemy import Select, func, select
from sqlalchemy import text as sql

from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.errors import NotFoundError
from webapp.core.text import fit, fold
from webapp.mail import policy
from webapp.mail.rendering import masked, render
from webapp.models import OutboxMail

log = logging.getLogger(__name__)
# What is asked for, and the states of the rows it means.
STATES = {
    "waiting": ("queued", "sending"),
    "sent": ("sent",),
    "failed": ("failed",),
    "dropped": ("dropped",),
}
_COUNTED = 1000


@dataclasses.dataclass(frozen=True)
class Figures:
    """How the outbox stands; each count stops at 1000."""

    waiting: int
    failed: int


@dataclasses.dataclass(frozen=True)
class Reading:
    """An e-mail as it is shown. `html` is None where links are masked; all is empty where it has lost its sense.

    `broken`: it cannot be written, by a mistake in this installation.
    """

    subject: str = ""
    text: str = ""
    html: str | None = None
    masked: bool = False
    broken: bool = False


def mails(actor: Actor, *, search: str = "", state: str = "") -> Select[OutboxMail]:
    """Return the statement of all e-mails whose address holds `search` and that are in `state` (a key of STATES).

    Raises NotFoundError unless `actor` looks after the site.
    """
    policy.require_site_administrator(actor)
    statement = select(OutboxMail)
    if wanted := fold(fit(search)):
        statement = statement.where(OutboxMail.to_key.contains(wanted, autoescape=True))
    if state in STATES:
        statement = statement.where(OutboxMail.state.in_(STATES[state]))
    return statement


def get_mail(actor: Actor, mail_id: uuid.UUID) -> OutboxMail:
    """Return one e-mail; raises NotFoundError where there is none, or unless `actor` looks after the site."""
    policy.require_site_administrator(actor)
    mail = db.session.get(OutboxMail, mail_id)
    if mail is None:
        raise NotFoundError
    return mail


def figures(actor: Actor) -> Figures:
    """Return how many e-mails wait and how many failed; raises NotFoundError unless `actor` looks after the site."""
    policy.require_site_administrator(actor)
    waiting = select(OutboxMail.id).where(sql("state IN ('queued', 'sending')")).limit(_COUNTED).subquery()
    failed = select(OutboxMail.id).where(OutboxMail.state == "failed").limit(_COUNTED).subquery()
    return Figures(
        db.session.scalar(select(func.count()).select_from(waiting)) or 0,
        db.session.scalar(select(func.count()).select_from(failed)) or 0,
    )


def read_mail(actor: Actor, mail: OutboxMail) -> Reading | None:
    """Return what `mail` says, as far as `actor` may see it; None where it has lost its sense.

    Raises NotFoundError unless `actor` looks after the site.
    """
    policy.require_site_administrator(actor)
    open_links = policy.may_see_links(actor)
    try:
        rendered = render(mail)
    except Exception:
        log.exception("the mail %s (%s) could not be written", mail.id, mail.template)
        return Reading(broken=True)
    if rendered is None:
        return None
    if open_links:
        return Reading(rendered.subject, rendered.text, rendered.html)
    return Reading(masked(rendered.subject), masked(rendered.text), masked=True)
