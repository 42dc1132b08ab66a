"""What the whole installation is called and allows."""

from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.admin import operations
from webapp.admin.forms import MailTestForm, SiteForm
from webapp.admin.policy import require_site_administrator
from webapp.admin.views.blueprint import bp, rooms
from webapp.core.database import db
from webapp.mail.sender import sender
from webapp.models import Site
from webapp.web.access import signed_in
from webapp.web.forms import SchemaForm
from webapp.web.sign_in import current_actor

Answer = str | Response | tuple[str, int]


def _page(shown: SchemaForm[Any] | None = None) -> Answer:
    """Return the settings page; `shown` is the form that was just refused, the other stands as it is."""
    form = shown if isinstance(shown, SiteForm) else SiteForm.of(db.session.get_one(Site, 1))
    form.show_defaults()
    test = shown if isinstance(shown, MailTestForm) else MailTestForm(None, data={"email": current_user.email})
    page = render_template(
        "admin/settings.html",
        side=rooms("settings"),
        form=form,
        test=test,
        limits=form.limits(),
        limits_on=current_app.config["LIMITS"],
        mail_server=current_app.config["MAIL_SERVER"],
        mail_port=current_app.config["MAIL_PORT"],
        sender=sender(),
    )
    return page, shown.status if shown else 200


@bp.route("/settings", methods=["GET", "POST"])
@signed_in
def settings() -> Answer:
    """Show the settings, and change what was sent: all of it or nothing.

    They are shown to who has typed the password lately, so that nothing typed into them is lost to asking for it.
    """
    actor = current_actor()
    require_site_administrator(actor)
    if request.method == "GET":
        actor.require_fresh()
        return _page()
    form = SiteForm()
    with form.refusals():
        changed = operations.change_site(actor, **form.input().model_dump(exclude_unset=True))
        flash(_("Saved.") if changed else _("Nothing was changed."), "yes")
        return redirect(url_for("admin.settings"), 303)
    return _page(form)


@bp.post("/settings/test-mail")
@signed_in
def test_mail() -> Answer:
    """Send a test mail, and say how far it came."""
    actor = current_actor()
    require_site_administrator(actor)
    form = MailTestForm()
    with form.refusals():
        checked = operations.send_test_mail(actor, form.input().email)
        if checked.ok:
            flash(checked.words, "yes")
        else:
            flash(f"{_stuck_at(checked.step)} {checked.words}", "trouble")
        return redirect(url_for("admin.settings") + "#mail", 303)
    return _page(form)


def _stuck_at(step: str) -> str:
    """Return at which step a test mail got stuck, in a few words."""
    return {
        "dns": _("Stuck at the server’s name."),
        "connection": _("Stuck at the connection."),
        "tls": _("Stuck at the safe connection (TLS)."),
        "sign-in": _("Stuck at signing in."),
        "sender": _("Stuck at the sender’s address."),
        "recipient": _("Stuck at the recipient’s address."),
    }.get(step, _("Stuck."))
