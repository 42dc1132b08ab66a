"""The first run: the first account, the first company."""

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp.accounts import sessions
from webapp.accounts.passwords import hash_password
from webapp.companies import setting_up
from webapp.companies.forms import SetUpForm
from webapp.core.errors import NotFoundError
from webapp.web import sign_in
from webapp.web.access import public
from webapp.web.site import current_site, forget_site

bp = Blueprint("setup", __name__)


@bp.route("/setup", methods=["GET", "POST"])
@public
def setup() -> str | Response | tuple[str, int]:
    """Ask for the first account and company; 404 once that is done."""
    if current_site().set_up:
        raise NotFoundError
    form = SetUpForm(request.args) if request.method == "GET" else SetUpForm()
    if form.sent:
        with form.refusals():
            data = form.input()
            setting_up.require_code(data.code)
            user = setting_up.set_up_site(
                name=data.name, email=data.email, password_hash=hash_password(data.password), company=data.company
            )
            secret = sessions.start(user, remember=False, device=sign_in.device())
            forget_site()
            flash(_("Everything is ready. Welcome!"), "yes")
            response = redirect(url_for("home.index"), 303)
            sign_in.set_cookie(response, secret, remember=False)
            return response
    return render_template("setup.html", form=form, mail_server=current_app.config["MAIL_SERVER"]), form.status
