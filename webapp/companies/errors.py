"""The refusals of companies."""

from flask_babel import lazy_gettext as _l

from webapp.core.errors import AppError, ConflictError


class LastOwnerError(ConflictError):
    """A company would be left without an owner."""

    id = "last_owner"
    message = _l("A company needs an owner. Please make somebody else owner first.")


class OffboardSelfError(ConflictError):
    """Nobody offboards the own account."""

    id = "offboard_self"
    message = _l("You cannot offboard yourself: leave the company instead, or ask another administrator to do it.")


class AppRevokedError(ConflictError):
    """An app that is revoked gets no new key."""

    id = "app_revoked"
    message = _l("This app is revoked. Make a new one instead.")


class AppKeyError(AppError):
    """App-Id and App-Key do not open an app."""

    id = "auth_invalid"
    status = 401
    message = _l("App-Id and App-Key do not belong together, or the app is revoked. Please send both, or neither.")


class CycleError(ConflictError):
    """A company would stand below itself."""

    id = "company_cycle"
    message = _l("A company cannot be part of itself or of one below it.")


class ChildrenError(ConflictError):
    """A company with companies below it stays."""

    id = "company_has_children"
    message = _l("There are companies below this one. Please move or delete them first.")


class EventsToComeError(ConflictError):
    """A company with events to come stays."""

    id = "company_has_events"
    message = _l("This company has events to come. Please cancel or delete them first.")


class CompanyGoneError(ConflictError):
    """The company was deleted: what belonged to it takes nothing new."""

    id = "company_deleted"
    message = _l("This company has been deleted. What belonged to it stays as it is.")


class DefaultProjectError(ConflictError):
    """Every company keeps its default project."""

    id = "default_project"
    message = _l("The first project of a company stays. Give it another name, if you like.")
