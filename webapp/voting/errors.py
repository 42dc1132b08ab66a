"""The refusals of voting, each with the id programs know it by."""

from flask_babel import lazy_gettext as _l

from webapp.core.errors import ConflictError, InputError


class NotOnRollError(ConflictError):
    """This guest is not on the roll: has not joined, or joined too late for a frozen roll."""

    id = "not_joined_error"
    message = _l("You are not on the roll of this vote, so you cannot cast a ballot.")


class VoteNotOpenError(ConflictError):
    """Voting has not opened yet."""

    id = "event_start_error"
    message = _l("Voting has not opened yet.")


class VoteOverError(ConflictError):
    """Voting has closed, or the event was cancelled."""

    id = "event_end_error"
    message = _l("Voting has closed. Your ballot came too late to count.")


class AlreadyVotedError(ConflictError):
    """One guest, one ballot."""

    id = "already_voted_error"
    message = _l("You have cast your ballot already. It counts as you cast it.")


class BallotError(InputError):
    """The ballot does not answer every question of the event exactly once, with an answer that may be chosen."""

    id = "event_error"
    message = _l("Please choose one answer to every question.")
