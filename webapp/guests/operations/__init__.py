"""Every write of this feature, one function a verb."""

from webapp.guests import emails  # noqa: F401 what these operations queue is told there
from webapp.guests.operations.admitting import admit, confirm_place, mark_opened, renew_link, unsubscribe
from webapp.guests.operations.door import check_in, check_in_many, undo_check_in, walk_in
from webapp.guests.operations.listing import (
    Added,
    Outcome,
    add_guest,
    add_guests,
    add_people,
    edit_guest,
    remove_guest,
    remove_guests,
)
from webapp.guests.operations.mailing import Sent, invite_guests, message_guests, remind_guests
from webapp.guests.operations.replying import join, leave, reply

__all__ = [
    "Added",
    "Outcome",
    "Sent",
    "add_guest",
    "add_guests",
    "add_people",
    "admit",
    "check_in",
    "check_in_many",
    "confirm_place",
    "edit_guest",
    "invite_guests",
    "join",
    "leave",
    "mark_opened",
    "message_guests",
    "remind_guests",
    "remove_guest",
    "remove_guests",
    "renew_link",
    "reply",
    "undo_check_in",
    "unsubscribe",
    "walk_in",
]
