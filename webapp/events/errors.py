"""What can be refused about an event."""

from flask_babel import lazy_gettext as _l

from webapp.core.errors import ConflictError


class FrozenError(ConflictError):
    """Voting has opened: questions, answers and the rule stay as they were printed on the ballot."""

    id = "event_frozen"
    message = _l("Voting has opened, so the questions and the rule can no longer be changed.")


class CapacityError(ConflictError):
    """Fewer places than are taken."""

    id = "event_capacity"
    message = _l("More places than that are taken already.")


class EventStateError(ConflictError):
    """The event is a draft, published, cancelled or over, and this does not go with it."""

    id = "event_error"
    message = _l("That does not go with how this event stands now.")


class EventInUseError(ConflictError):
    """Somebody was put on its list or asked by a link: such an event is cancelled, not deleted."""

    id = "event_in_use"
    message = _l("People have been asked to this event already, so it cannot be deleted. You can cancel it instead.")
