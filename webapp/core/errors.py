"""The vocabulary of refusals. Operations raise them, `webapp.web.errors` shows them as a page, a notice or JSON."""

from collections.abc import Mapping
from typing import ClassVar

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

Text = str | LazyString


class AppError(Exception):
    """A refusal with a stable id, an HTTP status and a sentence in the reader's words.

    A subclass sets `id`, `status` and `message`; an instance may say the sentence more exactly and name the fields
    it speaks of as `{field: sentence}`.
    """

    id: ClassVar[str] = "error"
    status: ClassVar[int] = 400
    message: ClassVar[Text] = _l("Something about that did not work.")

    def __init__(
        self,
        message: Text | None = None,
        *,
        fields: Mapping[str, Text] | None = None,
        retry_after: int | None = None,
    ) -> None:
        """Take the exact sentence, the sentences beside fields, and in how many seconds to try again."""
        self.text: Text = message if message is not None else self.message
        self.fields: dict[str, Text] = dict(fields or {})
        self.retry_after = retry_after
        super().__init__(self.id)

    def __str__(self) -> str:
        """Return the sentence."""
        return str(self.text)


class NotFoundError(AppError):
    """The actor may not see it, or it does not exist: both look the same."""

    id = "not_found"
    status = 404
    message = _l("There is nothing here, or it is not for you to see.")


class ForbiddenError(AppError):
    """The actor sees it and may not do this to it."""

    id = "forbidden"
    status = 403
    message = _l("You may see this, but you may not do that.")


class ReachError(ForbiddenError):
    """A token that is limited to one company is used for something that lies outside of it."""

    message = _l("This token acts for one company, and this lies outside of it.")


class SignInError(AppError):
    """Somebody has to be signed in for this."""

    id = "auth_not_found"
    status = 401
    message = _l("Please sign in first.")


class StaleError(AppError):
    """The password must have been typed within the last 15 minutes."""

    id = "password_needed"
    status = 403
    message = _l("Please type your password again: what you are about to do needs it.")


class InputError(AppError):
    """What came in does not fit; `fields` says where."""

    id = "json_error"
    status = 422
    message = _l("Please look at the marked fields again.")


class DuplicateError(AppError):
    """It is there already."""

    id = "duplicate"
    status = 409
    message = _l("That is there already.")


class ConflictError(AppError):
    """It changed in the meantime, or its state does not allow it."""

    id = "conflict"
    status = 409
    message = _l("That is not possible as things stand now.")


class BusyError(AppError):
    """The database did not answer in time."""

    id = "db_error"
    status = 503
    message = _l("Too much is going on at once. Nothing was changed; please try again in a moment.")
