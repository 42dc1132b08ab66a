"""What can be done with the outbox by hand."""

from sqlalchemy import update

from webapp.core import clock
from webapp.core.actor import Actor
from webapp.core.errors import ConflictError
from webapp.core.jobs import enqueue
from webapp.core.operation import count, operation
from webapp.journal.writing import record
from webapp.mail import policy
from webapp.mail.outbox import DELIVER
from webapp.models import OutboxMail


@operation
def retry(actor: Actor, mail: OutboxMail) -> None:
    """Send `mail` now: one that failed, or one that waits for its next attempt.

    Raises NotFoundError unless `actor` looks after the site, ConflictError for one that was sent, is being sent, or
    was dropped.
    """
    policy.require_site_administrator(actor)
    mail_id = mail.id
    put_back = count(
        update(OutboxMail)
        .where(OutboxMail.id == mail_id, OutboxMail.state.in_(("failed", "queued")))
        .values(state="queued", attempts=0, next_attempt_at=clock.now(), claimed_until=None)
    )
    if not put_back:
        raise ConflictError
    record(actor, "mail.retried", mail)
    enqueue(DELIVER, str(mail_id))
