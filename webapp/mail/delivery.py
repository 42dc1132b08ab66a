"""Delivery: a mail is claimed, then sent outside of any transaction, then marked.

Whoever wins the claim sends. A process that dies in between leaves the claim to run out; the mail is then sent again,
under the same Message-ID, by which mailboxes know it.
"""

import datetime as dt
import logging
import uuid
from collections.abc import Iterator

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import select, text, update

from webapp.core import clock
from webapp.core.database import db
from webapp.core.operation import count, end_read, operation
from webapp.mail.letters import Envelope, Letter, write_letter
from webapp.mail.rendering import render
from webapp.mail.sender import sender
from webapp.mail.smtp import Blame, Connection, Trouble
from webapp.models import OutboxMail

log = logging.getLogger(__name__)

CLAIM = dt.timedelta(minutes=10)
"""How long a claim holds: longer than any sending takes with its time limits."""
PAUSES = tuple(dt.timedelta(minutes=m) for m in (1, 5, 15, 60, 240, 720))
"""Pauses after the first, second … attempt; the last one goes on."""
SERVER_PAUSES = PAUSES[:3]
"""The same where the server is at fault: once it is back, nothing waits for hours."""
GIVE_UP_AFTER = dt.timedelta(days=3)
TRIES = 10
"""Attempts that the pauses make in about three days; a mail gets as many, however long it waited for a server."""
SERVER_TRIES = 280
BATCH = 100
"""Mails of one job, over one connection; what is left is another job's."""
BATCHES = 30
"""Batches of one sweep: the next one comes in a minute."""
_WAITING = ("queued", "sending")
# Statements of the outbox's due rows: a claim sets next_attempt_at to its end, so one comparison finds both kinds.
# The states stand as text, as they do in the index.
_DUE = (
    select(OutboxMail.id)
    .where(text("state IN ('queued', 'sending')"))
    .order_by(OutboxMail.next_attempt_at, OutboxMail.id)
    .limit(BATCH)
)


def has_server() -> bool:
    """Tell whether there is an SMTP server; without one mails wait in the outbox for the site administrator."""
    return bool(current_app.config["MAIL_SERVER"])


@operation
def claim(mail_id: uuid.UUID) -> dt.datetime | None:
    """Take the mail for sending if it waits and is due; return until when it is ours, or None."""
    moment = clock.now()
    until = moment + CLAIM
    won = count(
        update(OutboxMail)
        .where(OutboxMail.id == mail_id, OutboxMail.state.in_(_WAITING), OutboxMail.next_attempt_at <= moment)
        .values(state="sending", attempts=OutboxMail.attempts + 1, claimed_until=until, next_attempt_at=until)
    )
    return until if won else None


def _finish(mail_id: uuid.UUID, claimed_until: dt.datetime, **values: object) -> bool:
    """Write how the sending ended, unless the claim ran out and somebody else has the mail now."""
    return bool(
        count(
            update(OutboxMail)
            .where(OutboxMail.id == mail_id, OutboxMail.state == "sending", OutboxMail.claimed_until == claimed_until)
            .values(claimed_until=None, **values)
        )
    )


@operation
def mark_sent(mail_id: uuid.UUID, claimed_until: dt.datetime) -> None:
    """Write that the server has taken the mail over."""
    _finish(mail_id, claimed_until, state="sent", sent_at=clock.now(), error=None)


@operation
def mark_dropped(mail_id: uuid.UUID, claimed_until: dt.datetime) -> None:
    """Write that the mail has lost its sense and was not sent."""
    _finish(mail_id, claimed_until, state="dropped", error=None)


@operation
def mark_trouble(mail_id: uuid.UUID, claimed_until: dt.datetime, trouble: Trouble) -> None:
    """Write why the mail was not delivered, and when it is tried again, if it is."""
    mail = db.session.get(OutboxMail, mail_id)
    if mail is None:
        return
    moment = clock.now()
    server = trouble.blame is Blame.SERVER
    tries = SERVER_TRIES if server else TRIES
    over = mail.attempts >= tries and moment - mail.created_at >= GIVE_UP_AFTER
    if trouble.blame is Blame.GOOD or over:
        words = _("Given up after %(tries)d attempts. %(why)s", tries=mail.attempts, why=trouble.words)
        _finish(mail_id, claimed_until, state="failed", error=words if over else trouble.words)
        return
    pauses = SERVER_PAUSES if server else PAUSES
    pause = pauses[min(mail.attempts, len(pauses)) - 1]
    _finish(mail_id, claimed_until, state="queued", next_attempt_at=moment + pause, error=trouble.words)


def _letter(mail_id: uuid.UUID) -> Letter | Trouble | None:
    """Return the mail as a letter, None where it has lost its sense, or why it cannot be written."""
    mail = db.session.get_one(OutboxMail, mail_id)
    envelope = Envelope.of(mail)
    try:
        rendered = render(mail)
        if rendered is None:
            return None
        return write_letter(envelope, rendered, sender())
    except Exception:
        # Our mistake, not the mail's: it is tried again, and goes out once the mistake is mended.
        log.exception("the mail %s (%s) could not be written", mail_id, mail.template)
        return Trouble(Blame.MOMENT, _("This mail could not be written: a mistake in this installation."))
    finally:
        end_read()


def _transmit(connection: Connection, letter: Letter) -> Trouble | None:
    try:
        return connection.transmit(letter)
    except Exception:
        log.exception("a mail could not be handed to the mail server")
        connection.close()
        return Trouble(Blame.MOMENT, _("This mail could not be sent: a mistake in this installation."))


def _send(connection: Connection, mail_id: uuid.UUID) -> Trouble | None:
    """Claim, send and mark one mail; return the trouble it met, if any."""
    until = claim(mail_id)
    if until is None:
        return None
    letter = _letter(mail_id)
    if letter is None:
        mark_dropped(mail_id, until)
        return None
    trouble = letter if isinstance(letter, Trouble) else _transmit(connection, letter)
    if trouble is None:
        mark_sent(mail_id, until)
    else:
        mark_trouble(mail_id, until, trouble)
    return trouble


def _due() -> Iterator[uuid.UUID]:
    ids = list(db.session.scalars(_DUE.where(OutboxMail.next_attempt_at <= clock.now())))
    end_read()
    yield from ids


def _server_is_at_fault(trouble: Trouble | None) -> bool:
    """Tell whether the server is at fault, and remember it, so that a thousand mails do not each wait for it."""
    if trouble is None or trouble.blame is not Blame.SERVER:
        return False
    current_app.extensions["mail_paused_until"] = clock.now() + PAUSES[0]
    log.warning("mail: %s", trouble.words)
    return True


def _paused() -> bool:
    until: dt.datetime | None = current_app.extensions.get("mail_paused_until")
    return until is not None and clock.now() < until


def deliver(mail_id: str) -> None:
    """Send one mail, if it waits and is due, and over the same connection what else is due.

    Does nothing within a minute of finding the server away: the sweep sees to it.
    """
    if not has_server() or _paused():
        return
    with Connection() as connection:
        if not _server_is_at_fault(_send(connection, uuid.UUID(mail_id))) and connection.host is not None:
            _send_due(connection)


def sweep() -> int:
    """Send what is due, oldest first, over one connection; return how many mails were looked at.

    Begins anew with a server that was away: the first mail finds out whether it is back.
    """
    if not has_server():
        return 0
    looked_at = 0
    with Connection() as connection:
        for _batch in range(BATCHES):
            found = _send_due(connection)
            looked_at += found
            if found < BATCH or _paused():
                break
    return looked_at


def _send_due(connection: Connection) -> int:
    looked_at = 0
    for mail_id in _due():
        looked_at += 1
        if _server_is_at_fault(_send(connection, mail_id)):
            return looked_at
    if looked_at:
        current_app.extensions.pop("mail_paused_until", None)
    return looked_at
