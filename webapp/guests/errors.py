"""The refusals of guests, each with the id programs know it by."""

from flask_babel import lazy_gettext as _l

from webapp.core.errors import ConflictError, DuplicateError


class EventFullError(ConflictError):
    """There are not enough places left."""

    id = "event_full_error"
    message = _l("All places are taken. If somebody cancels, a place becomes free: please look again later.")


class JoinTooLateError(ConflictError):
    """Join-by has passed."""

    id = "ttj_error"
    message = _l("It is too late to say yes: the time to join has passed.")


class EventEndError(ConflictError):
    """The event is over."""

    id = "event_end_error"
    message = _l("This event is over.")


class EventClosedError(ConflictError):
    """The event is cancelled, or not published yet."""

    id = "event_error"
    message = _l("This event does not take answers now: it is cancelled, or not published yet.")


class JoinedError(ConflictError):
    """The account has joined already."""

    id = "joined_error"
    message = _l("You have joined this event already.")


class NotJoinedError(ConflictError):
    """The account is not on the list."""

    id = "not_joined_error"
    message = _l("You have not joined this event.")


class ListedError(DuplicateError):
    """This person is on the guest list already."""

    message = _l("This person is on the guest list already.")
