"""The outbox: e-mails are rows, written in the same transaction as what they speak of."""

import uuid
from typing import Any

from flask import current_app
from sqlalchemy import case, update

from webapp.core import clock, text
from webapp.core.database import db, new_id
from webapp.core.jobs import enqueue
from webapp.core.operation import count
from webapp.models import OutboxMail

DELIVER = "mail.deliver"
SWEEP = "mail.sweep"
ERASED = "erased"


def queue(
    template: str,
    *,
    to: str,
    name: str = "",
    context: dict[str, Any] | None = None,
    user_id: uuid.UUID | None = None,
    guest_id: uuid.UUID | None = None,
    event_id: uuid.UUID | None = None,
    company_id: uuid.UUID | None = None,
) -> OutboxMail:
    """Write one e-mail of `template` to the address `to`; it is sent after the commit.

    `context`: ids and plain words for the template's context function; never a link or a secret (links are made at
    sending). Call it inside an operation.
    """
    moment = clock.now()
    row_id = new_id()
    host = current_app.config["BASE_URL"].split("://", 1)[-1].split("/")[0].split(":")[0]
    mail = OutboxMail(
        id=row_id,
        template=template,
        to_email=to,
        to_key=text.fold(to),
        to_name=name,
        context=context or {},
        user_id=user_id,
        guest_id=guest_id,
        event_id=event_id,
        company_id=company_id,
        created_at=moment,
        next_attempt_at=moment,
        message_id=f"<{row_id}@{host}>",
    )
    db.session.add(mail)
    enqueue(DELIVER, str(row_id))
    return mail


def forget(address_key: str) -> int:
    """Erase an address and its name from the outbox, and drop what still waits for it; return how many rows there were.

    Call it inside an operation, before a farewell is queued. A mail that is being sent at this moment stays.
    """
    waiting = OutboxMail.state == "queued"
    return count(
        update(OutboxMail)
        .where(OutboxMail.to_key == address_key, OutboxMail.state != "sending")
        .values(
            to_email=ERASED,
            to_key=ERASED,
            to_name="",
            state=case((waiting, "dropped"), else_=OutboxMail.state),
            error=case((waiting, None), else_=OutboxMail.error),
        )
    )
