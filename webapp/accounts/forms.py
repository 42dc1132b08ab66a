"""How pages ask for what accounts need; the schemas judge."""

from typing import Any, TypeVar

from flask import request
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    PasswordField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its types

from webapp.accounts import schemas
from webapp.core import clock
from webapp.web.forms import SchemaForm

_NEW_HELP = _l("At least 8 characters. A short sentence is easy to keep in mind.")
_EMAIL = {"autocomplete": "email", "inputmode": "email"}
_USERNAME = {"autocomplete": "username", "inputmode": "email"}
_NEW = {"autocomplete": "new-password"}
_CURRENT = {"autocomplete": "current-password"}

Form = TypeVar("Form", bound=SchemaForm[Any])


def prefilled(form_class: type[Form]) -> Form:
    """Return the form as it was sent; when the page is opened, with what its address says (`?email=`, `?next=`)."""
    return form_class(request.args) if request.method == "GET" else form_class()


class RegisterForm(SchemaForm[schemas.RegisterInput]):
    """Making an account."""

    schema = schemas.RegisterInput
    name = StringField(_l("Name"), description=_l("As others shall see it."), render_kw={"autocomplete": "name"})
    email = EmailField(_l("E-mail"), render_kw=_USERNAME)
    password = PasswordField(_l("Password"), description=_NEW_HELP, render_kw=_NEW)
    next = HiddenField()


class LoginForm(SchemaForm[schemas.LoginInput]):
    """Signing in."""

    schema = schemas.LoginInput
    email = EmailField(_l("E-mail"), render_kw=_USERNAME)
    password = PasswordField(_l("Password"), render_kw=_CURRENT)
    remember = BooleanField(_l("Stay signed in on this device"))
    next = HiddenField()


class NewPasswordForm(SchemaForm[schemas.NewPasswordInput]):
    """A new password by itself."""

    schema = schemas.NewPasswordInput
    password = PasswordField(_l("New password"), description=_NEW_HELP, render_kw=_NEW)


class ConfirmPasswordForm(SchemaForm[schemas.PasswordInput]):
    """The password typed again."""

    schema = schemas.PasswordInput
    password = PasswordField(_l("Password"), render_kw=_CURRENT)
    next = HiddenField()


class AddressForm(SchemaForm[schemas.AddressInput]):
    """An address to write to."""

    schema = schemas.AddressInput
    email = EmailField(_l("E-mail"), render_kw=_USERNAME)


class ResendForm(AddressForm):
    """An address to write to, and the answer to a question for browsers without scripts."""

    answer = StringField(render_kw={"inputmode": "numeric", "autocomplete": "off"})


class ProfileForm(SchemaForm[schemas.ProfileInput]):
    """What one says of oneself."""

    schema = schemas.ProfileInput
    name = StringField(_l("Name"), render_kw={"autocomplete": "given-name"})
    surname = StringField(_l("Surname"), render_kw={"autocomplete": "family-name"})
    timezone = SelectField(
        _l("Time zone"),
        description=_l("Times are shown where an event is, and yours beside it where it differs."),
        choices=lambda: [("", _l("As each event says")), *((name, name) for name in clock.zone_names())],
        validate_choice=False,
    )
    eth_address = StringField(
        _l("Ethereum address"), render_kw={"autocomplete": "off", "spellcheck": "false", "placeholder": "0x…"}
    )


class PasswordChangeForm(SchemaForm[schemas.PasswordChangeInput]):
    """A new password in place of the current one."""

    schema = schemas.PasswordChangeInput
    current_password = PasswordField(_l("Current password"), id="password-current", render_kw=_CURRENT)
    password = PasswordField(_l("New password"), id="password-new", description=_NEW_HELP, render_kw=_NEW)


class EmailChangeForm(SchemaForm[schemas.EmailChangeInput]):
    """A new address."""

    schema = schemas.EmailChangeInput
    email = EmailField(_l("New e-mail address"), id="email-new", render_kw=_EMAIL)
    current_password = PasswordField(_l("Current password"), id="email-current", render_kw=_CURRENT)


class DeleteForm(SchemaForm[schemas.PasswordInput]):
    """The last word on an account."""

    schema = schemas.PasswordInput
    password = PasswordField(_l("Your password"), id="delete-password", render_kw=_CURRENT)


class TokenForm(SchemaForm[schemas.TokenInput]):
    """A token for a program of one's own. The view fills in companies and `once`; the template draws the scopes."""

    schema = schemas.TokenInput
    name = StringField(
        _l("Name"),
        description=_l("Which program it is for, so that you know it later."),
        render_kw={"autocomplete": "off", "maxlength": 120},
    )
    scopes = SelectMultipleField(
        _l("What it may do"),
        description=_l("Never more than you may yourself. Tick as little as it needs."),
        choices=[],
        validate_choice=False,
    )
    expires_in = SelectField(
        _l("Good for"),
        description=_l("After that it opens nothing any more, and you make another one."),
        choices=[
            SelectChoice("7", _l("7 days")),
            SelectChoice("30", _l("30 days")),
            SelectChoice("90", _l("90 days")),
            SelectChoice("365", _l("a year")),
        ],
        default="30",
        validate_choice=False,
    )
    company_id = SelectField(
        _l("Where"),
        description=_l(
            "A token for one company reaches that one and all below it, and nothing else: not your account."
        ),
        validate_choice=False,
    )
    once = HiddenField(_l("This form"))
