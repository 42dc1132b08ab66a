"""Coming in and going out: signing in, signing out, and the way back in without the password."""

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp.accounts import links, operations, sessions
from webapp.accounts.errors import EmailUnverifiedError
from webapp.accounts.forms import AddressForm, ConfirmPasswordForm, LoginForm, NewPasswordForm, prefilled
from webapp.accounts.passwords import hash_password
from webapp.accounts.schemas import own_path
from webapp.accounts.views.blueprint import bp
from webapp.core.tokens import Purpose, TokenExpiredError
from webapp.web import sign_in
from webapp.web.access import linked, public, signed_in
from webapp.web.sign_in import current_actor
from webapp.web.site import current_site

Answer = str | Response | tuple[str, int]


@bp.route("/login", methods=["GET", "POST"])
@public
def login() -> Answer:
    """Ask for address and password, and begin a session; whoever is signed in goes on at once."""
    if current_actor().user_id is not None and request.method == "GET":
        return redirect(own_path(request.args.get("next")) or url_for("home.index"), 303)
    form = prefilled(LoginForm)
    if form.sent:
        with form.refusals():
            data = form.input()
            proven = operations.authenticate(data.email, data.password)
            secret = operations.sign_in(
                proven, remember=data.remember, device=sign_in.device(), instead_of=current_actor().session_id
            )
            response = redirect(data.next or url_for("home.index"), 303)
            sign_in.set_cookie(response, secret, remember=data.remember)
            return response
    else:
        form.remember.data = True
    unverified = form.refused_by is EmailUnverifiedError
    may_register = current_site().registration == "open"
    page = render_template("accounts/login.html", form=form, unverified=unverified, may_register=may_register)
    return page, form.status


@bp.post("/logout")
@public
def logout() -> Answer:
    """End this browser's session, on the server too."""
    session_id = current_actor().session_id
    if session_id is not None:
        sessions.end(session_id)
        g.pop("touch_due", None)
        flash(_("You are signed out."), "yes")
    response = redirect(url_for("home.index"), 303)
    sign_in.clear_cookie(response)
    return response


@bp.route("/forgot-password", methods=["GET", "POST"])
@public
def forgot_password() -> Answer:
    """Mail a link for a new password; the same answer for every address."""
    form = prefilled(AddressForm)
    if form.sent:
        with form.refusals():
            operations.request_reset(email=form.input().email)
            return redirect(url_for("accounts.reset_sent"), 303)
    return render_template("accounts/forgot_password.html", form=form), form.status


@bp.get("/forgot-password/sent")
@public
def reset_sent() -> Answer:
    """Say that an e-mail is on its way if there is such an account."""
    return render_template("accounts/reset_sent.html")


@bp.route("/reset-password/<token>", methods=["GET", "POST"])
@linked
def reset_password(token: str) -> Answer:
    """Ask for a new password and set it; every session ends."""
    try:
        email = links.find(Purpose.RESET, token).user.email
        form = NewPasswordForm()
        if form.sent:
            with form.refusals():
                operations.reset_password(token, password_hash=hash_password(form.input().password))
                flash(_("Your new password is set. Please sign in with it."), "yes")
                response = redirect(url_for("accounts.login"), 303)
                sign_in.clear_cookie(response)
                return response
    except TokenExpiredError as error:
        return render_template("accounts/dead_link.html", again=url_for("accounts.forgot_password")), error.status
    return render_template("accounts/reset_password.html", form=form, email=email), form.status


@bp.route("/account/confirm", methods=["GET", "POST"])
@signed_in
def confirm_password() -> Answer:
    """Ask for the password again before something that needs it, and go on."""
    form = prefilled(ConfirmPasswordForm)
    if form.sent:
        with form.refusals():
            data = form.input()
            actor = current_actor()
            operations.prove(actor, data.password, field="password")
            if actor.session_id is not None:
                sessions.refresh(actor.session_id)
            return redirect(data.next or url_for("accounts.account"), 303)
    return render_template("accounts/confirm_password.html", form=form), form.status
