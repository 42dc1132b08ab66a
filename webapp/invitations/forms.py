"""How pages ask whom to invite, and who is there."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, HiddenField, IntegerField, PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its types

from webapp.core.permissions import Role
from webapp.invitations.schemas import (
    MOST_AT_ONCE,
    AsGuestInput,
    CompanyInvitationInput,
    EventLinksInput,
    NewLoginInput,
    SiteInvitationInput,
)
from webapp.web.forms import SchemaForm

GOOD_FOR = [
    SelectChoice("24", _l("24 hours")),
    SelectChoice("72", _l("3 days")),
    SelectChoice("168", _l("7 days")),
    SelectChoice("720", _l("30 days")),
]
ROLES = {
    Role.DOORKEEPER: _l("Doorkeeper: sees the names of guests and lets them in"),
    Role.ORGANISER: _l("Organiser: starts events, keeps guest lists, opens votes"),
    Role.ADMINISTRATOR: _l("Administrator: also looks after people, projects, mail and the journal"),
    Role.OWNER: _l("Owner: everything, also settings and other owners"),
}


class SiteInvitationForm(SchemaForm[SiteInvitationInput]):
    """Asks for somebody to invite to the site; the button `link` makes a link instead of an e-mail."""

    schema = SiteInvitationInput
    email = EmailField(_l("E-mail"), render_kw={"autocomplete": "off", "inputmode": "email"})
    expires_in = SelectField(_l("Good for"), choices=GOOD_FOR, default="24", validate_choice=False)
    link = HiddenField()


class CompanyInvitationForm(SchemaForm[CompanyInvitationInput]):
    """Asks for somebody to invite to a company, and as what; the button `link` makes a link instead of an e-mail."""

    schema = CompanyInvitationInput
    email = EmailField(_l("E-mail"), render_kw={"autocomplete": "off", "inputmode": "email"})
    role = SelectField(_l("As"), default=Role.ORGANISER.value, validate_choice=False)
    expires_in = SelectField(
        _l("A link is good for"),
        description=_l("An e-mail is good for 24 hours, and for its reader alone."),
        choices=GOOD_FOR[:3],
        default="24",
        validate_choice=False,
    )
    link = HiddenField()

    def __init__(self, *, owners: bool, **kwargs: Any) -> None:
        """Offer the roles; that of an owner only where `owners`."""
        super().__init__(**kwargs)
        offered = [role for role in ROLES if owners or role is not Role.OWNER]
        self.role.choices = [SelectChoice(role.value, str(ROLES[role])) for role in offered]


class LinksForm(SchemaForm[EventLinksInput]):
    """Asks how many links to an event for one person each."""

    schema = EventLinksInput
    count = IntegerField(
        _l("How many"), default=1, render_kw={"inputmode": "numeric", "min": "1", "max": str(MOST_AT_ONCE)}
    )
    expires_in = SelectField(_l("Each good for"), choices=GOOD_FOR, default="24", validate_choice=False)


class SharedLinkForm(SchemaForm[EventLinksInput]):
    """Asks for the one link for many; the button `shared` tells it from the others."""

    schema = EventLinksInput
    max_uses = IntegerField(
        _l("For how many people"),
        description=_l("Leave it empty for as many as come."),
        render_kw={"inputmode": "numeric", "min": "1"},
    )
    expires_in = SelectField(
        _l("Good for"),
        id="shared-expires-in",
        choices=[SelectChoice("", _l("As long as one can join")), *GOOD_FOR],
        validate_choice=False,
    )
    shared = HiddenField()


class NewLoginForm(SchemaForm[NewLoginInput]):
    """Asks who accepts with a new login."""

    schema = NewLoginInput
    name = StringField(_l("Your name"), render_kw={"autocomplete": "name"})
    email = EmailField(_l("E-mail"), render_kw={"autocomplete": "email", "inputmode": "email"})
    password = PasswordField(
        _l("Choose a password"),
        description=_l("At least 8 characters. A sentence you like is good."),
        render_kw={"autocomplete": "new-password"},
    )


class AsGuestForm(SchemaForm[AsGuestInput]):
    """Asks who comes as a guest without an account; stands on the page beside NewLoginForm, so its ids differ."""

    schema = AsGuestInput
    name = StringField(_l("Your name"), id="guest-name", render_kw={"autocomplete": "name"})
    email = EmailField(_l("E-mail"), id="guest-email", render_kw={"autocomplete": "email", "inputmode": "email"})
