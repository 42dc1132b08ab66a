"""What each e-mail to a guest is told. Links are made here, at sending, from the configured base address."""

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from webapp.core import clock
from webapp.core.database import db
from webapp.events.calendar import MEDIA_TYPE, event_calendar
from webapp.guests import links
from webapp.guests.sending import can_write
from webapp.mail.telling import Told, tells
from webapp.models import Event, Guest, OutboxMail


def _guest(mail: OutboxMail) -> Guest | None:
    """Return the guest of this e-mail with event, host and company; None where nothing is to be sent any more."""
    guest = db.session.scalar(
        select(Guest)
        .where(Guest.id == mail.guest_id)
        .options(
            joinedload(Guest.event).joinedload(Event.host),
            joinedload(Guest.event).joinedload(Event.company),
        )
    )
    if guest is None or not can_write(guest):
        return None
    return guest


def _told(guest: Guest, *, attachments: tuple[tuple[str, str, bytes], ...] = (), **more: Any) -> Told:
    event = guest.event
    unsubscribe = links.unsubscribe_url(guest)
    values = {
        "guest": guest,
        "event": event,
        "host": event.host.full_name or event.company.name,
        "company": event.company.name,
        "link": links.personal_url(guest),
        **more,
    }
    return Told(values, unsubscribe=unsubscribe, attachments=attachments)


def _calendar(guest: Guest, *, method: str = "PUBLISH") -> tuple[tuple[str, str, bytes], ...]:
    name = _("event") + ".ics"
    media_type = MEDIA_TYPE.replace("; ", f"; method={method}; ", 1)
    return ((name, media_type, event_calendar(guest.event, url=links.personal_url(guest), method=method)),)


def _open(guest: Guest | None) -> bool:
    """Tell whether this guest can still be asked."""
    return (
        guest is not None
        and guest.standing
        and guest.unconfirmed_until is None
        and guest.event.published
        and guest.event.ends_at > clock.now()
    )


@tells("guest-invited")
def invited(mail: OutboxMail) -> Told | None:
    """Tell who invites to what; nothing to whoever was removed or wishes no mail, or when the event is off or over."""
    guest = _guest(mail)
    return _told(guest) if guest is not None and _open(guest) else None


@tells("guest-reminder")
def reminder(mail: OutboxMail) -> Told | None:
    """Remind of an answer; nothing to whoever has answered in the meantime."""
    guest = _guest(mail)
    return _told(guest) if guest is not None and _open(guest) and guest.reply is None else None


@tells("guest-message")
def message(mail: OutboxMail) -> Told | None:
    """Tell what the organiser wrote."""
    guest = _guest(mail)
    if guest is None or not guest.standing:
        return None
    return _told(guest, written_subject=mail.context["subject"], written=mail.context["body"])


@tells("guest-confirmation")
def confirmation(mail: OutboxMail) -> Told | None:
    """Confirm a yes, with the calendar file; nothing when it became a no in the meantime."""
    guest = _guest(mail)
    if guest is None or not _open(guest) or guest.reply != "yes":
        return None
    return _told(guest, attachments=_calendar(guest), code=links.admission_code(guest))


@tells("guest-changed")
def changed(mail: OutboxMail) -> Told | None:
    """Tell what moved, as it stands now, with a new calendar file for those who come."""
    guest = _guest(mail)
    if guest is None or not _open(guest) or guest.reply == "no":
        return None
    attachments = _calendar(guest) if guest.reply == "yes" else ()
    return _told(guest, attachments=attachments, changed=mail.context["changed"])


@tells("guest-cancelled")
def cancelled(mail: OutboxMail) -> Told | None:
    """Tell that the event is off, with a calendar file that takes it away from those who had it."""
    guest = _guest(mail)
    if guest is None or not guest.standing or guest.event.state != "cancelled":
        return None
    attachments = _calendar(guest, method="CANCEL") if guest.reply == "yes" else ()
    return _told(guest, attachments=attachments)


@tells("confirm-place")
def confirm_place(mail: OutboxMail) -> Told | None:
    """Ask whoever typed this address to confirm it; who stands on the list already gets the personal link instead."""
    guest = _guest(mail)
    if guest is None or not guest.event.published or guest.event.ends_at <= clock.now():
        return None
    if guest.unconfirmed_until is None:
        return _told(guest, confirms=False) if guest.standing else None
    if guest.unconfirmed_until <= clock.now():
        return None
    return _told(guest, confirms=True, link=links.confirm_url(guest))
