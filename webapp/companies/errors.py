"""The refusals of companies."""

from flask_babel import lazy_gettext as _l

from webapp.core.errors import ConflictError


class LastOwnerError(ConflictError):
    """A company would be left without an owner."""

    id = "last_owner"
    message = _l("A company needs an owner. Please make somebody else owner first.")
