"""What the kinds of e-mails are called."""

from flask_babel import lazy_gettext as _l

from webapp.core.errors import Text

KINDS: dict[str, Text] = {
    "account-deleted": _l("Your account was deleted"),
    "already-registered": _l("You are registered already"),
    "confirm-place": _l("Confirm your place"),
    "email-change": _l("Confirm your new address"),
    "email-changed": _l("Your address was changed"),
    "guest-cancelled": _l("An event was cancelled"),
    "guest-changed": _l("An event was changed"),
    "guest-confirmation": _l("Your answer"),
    "guest-invited": _l("Invitation to an event"),
    "guest-message": _l("Message to guests"),
    "guest-reminder": _l("Reminder to answer"),
    "invitation": _l("Invitation"),
    "password-changed": _l("Your password was changed"),
    "reset-password": _l("Choose a new password"),
    "verify-email": _l("Confirm your address"),
    "vote-closed": _l("How the vote ended"),
    "vote-open": _l("Voting is open"),
}


def kind(template: str) -> str:
    """Return what an e-mail of `template` is about, in a few words."""
    return str(KINDS.get(template) or template.replace("-", " ").capitalize())
