"""Writing one e-mail to one guest into the outbox. Used by this feature's operations, inside their transaction."""

import datetime as dt
from typing import Any

from sqlalchemy import func, select

from webapp.core import clock, text
from webapp.core.database import db
from webapp.mail import outbox
from webapp.models import Event, Guest, OutboxMail

A_DAY = dt.timedelta(days=1)
MOST_A_DAY = 5


def can_write(guest: Guest) -> bool:
    """Tell whether this guest has an address and has not said "no more mail"."""
    return guest.email is not None and guest.unsubscribed_at is None


def write(template: str, guest: Guest, event: Event, **context: Any) -> bool:
    """Queue an e-mail of `template` to `guest` and note it as the guest's last.

    Returns False where there is nobody to write to.
    """
    if not can_write(guest):
        return False
    mail = outbox.queue(
        template,
        to=guest.email or "",
        name=guest.name,
        context=context,
        user_id=guest.user_id,
        guest_id=guest.id,
        event_id=event.id,
        company_id=event.company_id,
    )
    guest.last_mail_id = mail.id
    return True


def too_many(template: str, email: str) -> bool:
    """Tell whether this address got as many e-mails of `template` within a day as anybody may cause."""
    sent = db.session.scalar(
        select(func.count())
        .select_from(OutboxMail)
        .where(
            OutboxMail.to_key == text.fold(email),
            OutboxMail.template == template,
            OutboxMail.created_at > clock.now() - A_DAY,
        )
    )
    return (sent or 0) >= MOST_A_DAY
