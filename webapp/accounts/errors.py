"""The refusals of accounts."""

from flask_babel import lazy_gettext as _l

from webapp.core.errors import AppError, DuplicateError, ForbiddenError


class WrongCredentialsError(AppError):
    """Address and password do not belong together; which of them is wrong is not said."""

    id = "wrong_credentials"
    status = 401
    message = _l("This e-mail address and password do not belong together.")


class EmailUnverifiedError(AppError):
    """The password is right, and the address was never confirmed."""

    id = "email_unverified"
    status = 403
    message = _l("Your e-mail address is not confirmed yet. Please open the link in the e-mail we sent you.")


class AccountDisabledError(AppError):
    """The password is right, and who looks after the site has disabled the account."""

    id = "account_disabled"
    status = 403
    message = _l("This account is disabled. Please ask whoever looks after this site.")


class LastKeeperError(ForbiddenError):
    """Nobody else would look after the site."""

    id = "last_administrator"
    message = _l("You look after this site alone. Please make somebody else its administrator first.")


class RegistrationClosedError(ForbiddenError):
    """Accounts are made by invitation only."""

    id = "registration_closed"
    message = _l("Accounts are made by invitation here. Please ask somebody who has one to invite you.")


class TakenError(DuplicateError):
    """Somebody else's account has the address by now."""

    message = _l("This e-mail address belongs to an account already.")


class BeyondTokenError(ForbiddenError):
    """A program would make something that may do more than its own token."""

    message = _l("This token may not give what it does not have itself.")
