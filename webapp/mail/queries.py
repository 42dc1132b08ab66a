"""Reading the outbox: the site's, and what each company's page of it stands on."""

import dataclasses
import logging
import uuid
from collections.abc import Collection

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal_column, or_, select

from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.errors import NotFoundError
from webapp.core.text import fit, fold
from webapp.mail import policy
from webapp.mail.outbox import ERASED
from webapp.mail.rendering import masked, render
from webapp.models import Guest, OutboxMail

log = logging.getLogger(__name__)
# What is asked for, and the states of the rows it means.
STATES = {
    "waiting": ("queued", "sending"),
    "sent": ("sent",),
    "failed": ("failed",),
    "dropped": ("dropped",),
}
_MANY = {"sent", "dropped"}
MOST_COUNTED = 1000


@dataclasses.dataclass(frozen=True)
class Figures:
    """How an outbox stands; each count stops at MOST_COUNTED."""

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


def in_state(state: str) -> ColumnElement[bool]:
    """Return the condition of an e-mail being in `state` (a key of STATES)."""
    # As text, as it stands in the indexes: SQLite would not know a bound value to be one of theirs.
    states: list[ColumnElement[str]] = [literal_column(f"'{one}'") for one in STATES[state]]
    return OutboxMail.state == states[0] if len(states) == 1 else OutboxMail.state.in_(states)


def of_companies(company_ids: Collection[uuid.UUID]) -> ColumnElement[bool]:
    """Return the condition of an e-mail being one of these companies'."""
    # one company alone is compared, so that its index gives the rows in their order
    if len(company_ids) == 1:
        return OutboxMail.company_id == next(iter(company_ids))
    return OutboxMail.company_id.in_(company_ids)


def matching(
    *, search: str = "", state: str = "", company_ids: Collection[uuid.UUID] | None = None
) -> Select[OutboxMail]:
    """Return the statement of the e-mails whose address or name holds `search` and that are in `state`.

    `state`: a key of STATES; anything else means all. `company_ids`: the companies whose e-mails they are; None: all
    there are. Who may read them is judged by the caller.
    """
    statement = select(OutboxMail)
    if company_ids is not None:
        statement = statement.where(of_companies(company_ids))
    if wanted := fold(fit(search)):
        statement = statement.where(or_(*_named(wanted)))
    if state in STATES:
        statement = statement.where(in_state(state) if state in _MANY else _few(state, company_ids))
    return statement


def _named(wanted: str) -> list[ColumnElement[bool]]:
    """Return the conditions of an e-mail's address or name holding `wanted`, of which one does."""
    found = [
        OutboxMail.to_key.contains(wanted, autoescape=True),
        func.lower(OutboxMail.to_name).contains(wanted, autoescape=True),
    ]
    if not wanted.isascii():
        # SQLite makes only ASCII letters small, but a guest's row keeps its name as it is compared.
        guest = exists().where(Guest.id == OutboxMail.guest_id, Guest.name_key.contains(wanted, autoescape=True))
        found.append(guest)
    return found


def _few(state: str, company_ids: Collection[uuid.UUID] | None) -> ColumnElement[bool]:
    """Return the condition of an e-mail being in `state`, in which few are of the many that were written.

    In a SELECT of its own, which finds them by the index of that state and not by walking through all the others.
    """
    few = select(OutboxMail.id).where(in_state(state)).correlate(None)
    if company_ids is not None and state == "failed":
        few = few.where(of_companies(company_ids))
    return OutboxMail.id.in_(few)


def counted(company_ids: Collection[uuid.UUID] | None = None) -> Figures:
    """Return how many e-mails wait and how many failed, of these companies or of all. Who may know: the caller judges.

    One query, and constant work: no count goes beyond MOST_COUNTED.
    """

    def number(state: str) -> Select[int]:
        condition = in_state(state)
        if company_ids is not None:
            condition = and_(of_companies(company_ids), _few(state, company_ids))
        some = select(OutboxMail.id).where(condition).limit(MOST_COUNTED)
        return select(func.count()).select_from(some.subquery())

    waiting, failed = db.session.execute(
        select(number("waiting").scalar_subquery(), number("failed").scalar_subquery())
    ).one()
    return Figures(waiting, failed)


def reading_of(mail: OutboxMail, *, open_links: bool) -> Reading | None:
    """Return what `mail` says, its links masked unless `open_links`; None where it has lost its sense.

    Who may read it, and whether with its links, is judged by the caller.
    """
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


def can_retry(mail: OutboxMail) -> bool:
    """Tell whether `mail` can be sent now by hand: it failed or waits, and its address is not erased."""
    return mail.state in {"failed", "queued"} and mail.to_key != ERASED


# ---------------------------------------------------------------- the site's


def mails(actor: Actor, *, search: str = "", state: str = "") -> Select[OutboxMail]:
    """Return the statement of the site's e-mails, as `matching` does.

    Raises NotFoundError unless `actor` looks after the site.
    """
    policy.require_site_administrator(actor)
    return matching(search=search, state=state)


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
    return counted()


def read_mail(actor: Actor, mail: OutboxMail) -> Reading | None:
    """Return what `mail` says, as far as `actor` may see it; None where it has lost its sense.

    Raises NotFoundError unless `actor` looks after the site.
    """
    policy.require_site_administrator(actor)
    return reading_of(mail, open_links=policy.may_see_links(actor))
