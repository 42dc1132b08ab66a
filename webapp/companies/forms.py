"""How pages ask for what companies need; the schemas judge."""

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, HiddenField, PasswordField, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its types

from webapp.companies import schemas
from webapp.web.forms import SchemaForm


class CompanyForm(SchemaForm[schemas.CompanyInput]):
    """A new company. The view fills in which companies it may belong to."""

    schema = schemas.CompanyInput
    name = StringField(_l("Name"), render_kw={"autocomplete": "organization"})
    parent = SelectField(
        _l("Part of"),
        description=_l("Who looks after that company looks after this one too."),
        validate_choice=False,
    )


class CompanyNameForm(SchemaForm[schemas.NameInput]):
    """What a company is called."""

    schema = schemas.NameInput
    name = StringField(
        _l("Name"),
        description=_l("Links to this company stay as they are."),
        render_kw={"autocomplete": "organization", "maxlength": 120},
    )


class MoveForm(SchemaForm[schemas.MoveInput]):
    """Where a company stands. The view fills in which companies it may be part of."""

    schema = schemas.MoveInput
    parent = SelectField(_l("Part of"), validate_choice=False)


class ProjectForm(SchemaForm[schemas.NameInput]):
    """What a project is called."""

    schema = schemas.NameInput
    name = StringField(_l("Name"), render_kw={"autocomplete": "off", "maxlength": 120})


class RoleForm(SchemaForm[schemas.RoleInput]):
    """What somebody is in a company. The page shows one in each row."""

    schema = schemas.RoleInput
    role = SelectField(_l("Role"), validate_choice=False)


class ProgramsForm(SchemaForm[schemas.ProgramsInput]):
    """What programs of somebody may do in a company. The page shows one in each row, and draws the scopes."""

    schema = schemas.ProgramsInput
    scopes = SelectMultipleField(_l("What programs may do"), choices=[], validate_choice=False)


class OffboardForm(SchemaForm[schemas.OffboardInput]):
    """What becomes of what somebody holds. The view fills in who may take over."""

    schema = schemas.OffboardInput
    hand_over_to = SelectField(_l("Hand over to"), validate_choice=False)
    apps = RadioField(
        _l("The apps"),
        choices=[
            SelectChoice("revoke", _l("Revoke them, with all their tokens")),
            SelectChoice("hand-over", _l("Hand them over too")),
        ],
        default="revoke",
        validate_choice=False,
    )


class AppForm(SchemaForm[schemas.AppInput]):
    """A new app. The view fills in `once`; the template draws the scopes in their groups."""

    schema = schemas.AppInput
    name = StringField(
        _l("Name"), description=_l("What the program is, for those who look here later."), render_kw={"maxlength": 120}
    )
    scopes = SelectMultipleField(
        _l("What it may do"),
        description=_l("Never more than the person who signs in with it."),
        choices=[],
        validate_choice=False,
    )
    once = HiddenField(_l("This form"))


class SetUpForm(SchemaForm[schemas.SetUpInput]):
    """The first run."""

    schema = schemas.SetUpInput
    code = StringField(
        _l("Set-up code"),
        description=_l("The server printed it when it started."),
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
    name = StringField(_l("Your name"), render_kw={"autocomplete": "name"})
    email = EmailField(_l("Your e-mail"), render_kw={"autocomplete": "username", "inputmode": "email"})
    password = PasswordField(
        _l("Password"),
        description=_l("At least 8 characters. A short sentence is easy to keep in mind."),
        render_kw={"autocomplete": "new-password"},
    )
    company = StringField(
        _l("Your company"),
        description=_l("The team, club or house that invites. More can follow."),
        render_kw={"autocomplete": "organization"},
    )
