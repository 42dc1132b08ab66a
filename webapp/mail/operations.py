"""What can be done with the outbox by hand."""

from sqlalchemy import Select, select, update

from webapp.core import clock
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.errors import ConflictError
from webapp.core.jobs import enqueue
from webapp.core.operation import count, operation
from webapp.journal.writing import record
from webapp.mail import policy, queries
from webapp.mail.outbox import DELIVER, ERASED, SWEEP
from webapp.models import OutboxMail, Site


def put_back(actor: Actor, mail: OutboxMail) -> None:
    """Put `mail` among those to be sent now, within an operation that has judged whether `actor` may.

    Raises ConflictError for one that was sent, is being sent or was dropped, and for one whose address is erased.
    """
    mail_id = mail.id
    waits = (OutboxMail.state.in_(("failed", "queued")), OutboxMail.to_key != ERASED)
    anew = {"state": "queued", "attempts": 0, "next_attempt_at": clock.now(), "claimed_until": None}
    if not count(update(OutboxMail).where(OutboxMail.id == mail_id, *waits).values(anew)):
        raise ConflictError
    record(actor, "mail.retried", mail)
    enqueue(DELIVER, str(mail_id))


def put_back_failed(wanted: Select[OutboxMail]) -> int:
    """Put those of the e-mails of `wanted` that failed among those to be sent now; return how many there were.

    Within an operation that has judged whether the actor may, and writes the journal.
    """
    failed = (queries.in_state("failed"), OutboxMail.to_key != ERASED)
    ids = wanted.with_only_columns(OutboxMail.id).where(*failed)
    anew = {"state": "queued", "attempts": 0, "next_attempt_at": clock.now(), "claimed_until": None}
    number = count(update(OutboxMail).where(OutboxMail.id.in_(ids), *failed).values(anew))
    if number:
        enqueue(SWEEP)
    return number


@operation
def retry(actor: Actor, mail: OutboxMail) -> None:
    """Send `mail` now: one that failed, or one that waits for its next attempt.

    Raises NotFoundError unless `actor` looks after the site, and as `put_back` does.
    """
    policy.require_site_administrator(actor)
    put_back(actor, mail)


@operation
def retry_failed(actor: Actor, *, search: str = "") -> int:
    """Send all e-mails now that failed and whose address or name holds `search`; return how many there were.

    Raises NotFoundError unless `actor` looks after the site.
    """
    policy.require_site_administrator(actor)
    number = put_back_failed(queries.matching(search=search))
    if number:
        record(actor, "mail.retried", db.session.scalars(select(Site)).one(), number=number)
    return number
