"""The JSON face of writing to guests: invitations, reminders, messages."""

import uuid

from flask_babel import lazy_gettext as _l

from webapp.core.actor import Scope
from webapp.core.schema import Schema
from webapp.events import queries as events
from webapp.guests import operations, queries
from webapp.guests.api.face import ID, GuestIds, GuestOut, api, guest_out
from webapp.guests.errors import EventClosedError, EventEndError
from webapp.guests.schemas import MessageInput
from webapp.web.endpoints import Out
from webapp.web.sign_in import current_actor


class SomeInput(Schema):
    """Which guests; none named: all who wait for it."""

    guest_ids: GuestIds | None = None


class SentOut(Out):
    """To how many guests an e-mail is on its way, and to how many none can be sent."""

    queued: int
    unreachable: int


@api.on(
    "POST",
    "/guests/<uuid:event_id>/invite",
    access=Scope.GUESTS_WRITE,
    takes=SomeInput,
    gives=SentOut,
    refusals=(EventClosedError, EventEndError),
)
def invite_guests(event_id: uuid.UUID, data: SomeInput) -> SentOut:
    """Send the invitation to guests who have none yet; to those who are named also again."""
    actor = current_actor()
    event = events.get_event(actor, event_id)
    return SentOut.model_validate(operations.invite_guests(actor, event, data.guest_ids))


@api.on(
    "POST",
    "/guests/<uuid:event_id>/remind",
    access=Scope.GUESTS_WRITE,
    takes=SomeInput,
    gives=SentOut,
    refusals=(EventClosedError, EventEndError),
)
def remind_guests(event_id: uuid.UUID, data: SomeInput) -> SentOut:
    """Remind guests who were invited and have not answered."""
    actor = current_actor()
    event = events.get_event(actor, event_id)
    return SentOut.model_validate(operations.remind_guests(actor, event, data.guest_ids))


class NewMessageInput(MessageInput):
    """A message, as plain text, and which guests it goes to; none named: all on the list."""

    guest_ids: GuestIds | None = None


@api.on(
    "POST",
    "/guests/<uuid:event_id>/message",
    access=Scope.GUESTS_WRITE,
    takes=NewMessageInput,
    gives=SentOut,
    message=_l("The message is on its way."),
    refusals=(EventClosedError,),
)
def message_guests(event_id: uuid.UUID, data: NewMessageInput) -> SentOut:
    """Write to guests: each gets an e-mail of their own with the link to their page. Also after the end."""
    actor = current_actor()
    event = events.get_event(actor, event_id)
    sent = operations.message_guests(actor, event, data.guest_ids, subject=data.subject, body=data.body)
    return SentOut.model_validate(sent)


@api.on(
    "POST",
    f"/guests{ID}/renew",
    access=Scope.GUESTS_WRITE,
    gives=GuestOut,
    message=_l("The old personal link leads nowhere now. Send the invitation again, so that the new one arrives."),
)
def renew_link(event_id: uuid.UUID, guest_id: uuid.UUID) -> GuestOut:
    """Give a guest a new personal link; the one in the e-mails until now leads nowhere."""
    actor = current_actor()
    event = events.get_event(actor, event_id)
    operations.renew_link(actor, event, queries.get_guest(actor, event, guest_id))
    return guest_out(event, guest_id)
