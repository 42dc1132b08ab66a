"""The refusals of invitations."""

from flask_babel import lazy_gettext as _l

from webapp.core.errors import ConflictError, DuplicateError, ForbiddenError, NotFoundError


class DeadLinkError(NotFoundError):
    """The link opens nothing: unknown, used, held, expired, revoked, or what it led to is gone. All look the same."""

    message = _l(
        "This invitation leads nowhere: it was used, has expired, or was taken back. Please ask for a new one."
    )


class OtherAddressError(ForbiddenError):
    """The invitation was mailed to another address than the one that wants to use it."""

    id = "invitation_for_other"
    message = _l(
        "This invitation was sent to another e-mail address. Please ask whoever invited you for one of your own."
    )


class StandingError(ConflictError):
    """As many invitations as one account may have standing are standing."""

    id = "too_many_invitations"
    message = _l("You have 20 invitations under way. Take one back, or wait until one is used or expires.")


class OneForManyError(DuplicateError):
    """The event has its one link for many already."""

    message = _l("This event has its one link for many already. Revoke it first to make a new one.")


class MailedEnoughError(ConflictError):
    """The address got as many invitations today as anybody should."""

    id = "email_error"
    message = _l("This address has had enough invitations by e-mail for today. Please try again tomorrow.")


class OverError(ConflictError):
    """The event takes nobody any more: it is cancelled, or nobody can join it now."""

    id = "event_end_error"
    message = _l("Nobody can join this event any more, so a link to it would lead nowhere.")
