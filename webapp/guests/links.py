"""The links of a guest: derived from the row and its nonce, good until renewed or the guest is removed."""

from flask import current_app

from webapp.core import tokens
from webapp.core.tokens import Purpose
from webapp.models import Guest


def personal_token(guest: Guest) -> str:
    """Return the token of the guest's own page."""
    return tokens.make(Purpose.PERSONAL, guest.id, guest.nonce)


def unsubscribe_token(guest: Guest) -> str:
    """Return the token with which the guest ends all e-mail about this event."""
    return tokens.make(Purpose.UNSUBSCRIBE, guest.id, guest.nonce)


def confirm_token(guest: Guest) -> str:
    """Return the token that proves the address of a guest who came by a shared link."""
    return tokens.make(Purpose.CONFIRM_PLACE, guest.id, guest.nonce)


def admission_token(guest: Guest) -> str:
    """Return the token in the QR code shown at the door."""
    return tokens.make(Purpose.CHECK_IN, guest.id, guest.nonce)


def admission_code(guest: Guest) -> str:
    """Return the same to read out at the door: the last 12 hexadecimal digits of the row's id, in threes of four."""
    digits = guest.id.hex[-12:].upper()
    return "-".join(digits[start : start + 4] for start in range(0, 12, 4))


def personal_url(guest: Guest, *more: str) -> str:
    """Return the address of the guest's own page (or of a page below it), behind the configured base address."""
    return "/".join([current_app.config["BASE_URL"], "rsvp", personal_token(guest), *more])


def unsubscribe_url(guest: Guest) -> str:
    """Return the address for List-Unsubscribe."""
    return f"{current_app.config['BASE_URL']}/unsubscribe/{unsubscribe_token(guest)}"


def confirm_url(guest: Guest) -> str:
    """Return the address that confirms a place."""
    return f"{current_app.config['BASE_URL']}/rsvp/{confirm_token(guest)}/confirm"
