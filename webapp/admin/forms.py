"""How the site's own pages ask; the schemas judge."""

from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import EmailField, Field, HiddenField, RadioField, StringField, TextAreaField, URLField

from webapp.admin import schemas
from webapp.models import Site
from webapp.web.forms import SchemaForm

_WEB = {"autocomplete": "off", "inputmode": "url", "placeholder": "https://"}
_EXACT = {"autocomplete": "off", "spellcheck": "false"}


def _modes() -> list[tuple[str, str]]:
    """Return who may register, and what the environment says of it."""
    said = {"open": _("anybody"), "invitation": _("by invitation only")}[current_app.config["REGISTRATION"]]
    return [
        ("", _("As the setting REGISTRATION says (now: %(said)s)", said=said)),
        ("open", _("Anybody")),
        ("invitation", _("By invitation only")),
    ]


class SiteForm(SchemaForm[schemas.SiteInput]):
    """What the installation is called and allows."""

    schema = schemas.SiteInput
    name = StringField(_l("Name"), description=_l("Stands on top of every page and in every e-mail."))
    footer = StringField(_l("Footer"), description=_l("Who keeps this site, in a sentence. Stands below every page."))
    privacy_url = URLField(_l("What you do with people’s data"), render_kw=_WEB)
    terms_url = URLField(_l("Terms"), render_kw=_WEB)
    imprint_url = URLField(_l("Imprint"), render_kw=_WEB)
    registration = RadioField(_l("Who may make an account?"), choices=_modes, validate_choice=False)
    allowed_domains = TextAreaField(
        _l("Mail domains"),
        description=_l(
            "Only addresses of these domains may register, or be changed to; one a line, such as example.org. Empty: "
            "all may. Who is invited by e-mail or link may come with any address."
        ),
        render_kw=_EXACT,
    )
    limit_pages = StringField(_l("Showing pages"), description=_l("A network address that is not signed in."))
    limit_anonymous = StringField(_l("Sending forms"), description=_l("A network address that is not signed in."))
    limit_signed_in = StringField(_l("Everything"), description=_l("An account that is signed in."))
    limit_mails = StringField(
        _l("E-mails to one recipient"), description=_l("Resets and confirmations that anybody can ask for.")
    )
    limit_login_both = StringField(_l("Signing in to an account"), description=_l("From one network address."))
    limit_login_account = StringField(_l("Signing in to an account, in all"), description=_l("From anywhere."))
    limit_login_address = StringField(
        _l("Signing in and registering"), description=_l("A network address: an office may share one.")
    )
    limit_api_login = StringField(_l("Signing in by programs"), description=_l("A network address."))
    limit_link = StringField(_l("One personal link or invitation"), description=_l("Whoever opens it."))
    limit_link_address = StringField(
        _l("Personal links and invitations"), description=_l("A network address, all of them together.")
    )

    @classmethod
    def of(cls, site: Site) -> "SiteForm":
        """Return the form filled with what holds now."""
        known = {name: getattr(site, name) for name in schemas.SiteInput.model_fields if hasattr(site, name)}
        known["registration"] = site.registration or ""
        limits = {name.lower(): site.limits.get(name, "") for name in schemas.LIMITS}
        return cls(None, data={**known, **limits})

    def show_defaults(self) -> None:
        """Let every limit say what holds where it is left empty."""
        for field in self.limits():
            field.render_kw = {**_EXACT, "placeholder": current_app.config[field.short_name.upper()]}

    def limits(self) -> list[Field]:
        """Return the fields of the limits, in the order in which they are asked for."""
        return [field for field in self if field.short_name.startswith("limit_")]


class MailTestForm(SchemaForm[schemas.MailTestInput]):
    """Where to send a test mail."""

    schema = schemas.MailTestInput
    email = EmailField(_l("Send it to"), id="test-email", render_kw={"autocomplete": "email", "inputmode": "email"})


class AdministratorForm(SchemaForm[schemas.AdministratorInput]):
    """Whether an account looks after the site."""

    schema = schemas.AdministratorInput
    on = HiddenField()
