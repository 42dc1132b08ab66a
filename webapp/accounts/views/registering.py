"""Making an account: registering, and proving the address."""

from flask import current_app, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp.accounts import links, operations, sessions
from webapp.accounts.errors import RegistrationClosedError
from webapp.accounts.forms import NewPasswordForm, RegisterForm, ResendForm, prefilled
from webapp.accounts.passwords import hash_password
from webapp.accounts.schemas import own_path
from webapp.accounts.views.blueprint import bp
from webapp.core import text
from webapp.core.tokens import Purpose, TokenExpiredError
from webapp.web import captcha, sign_in
from webapp.web.access import linked, public
from webapp.web.sign_in import current_actor
from webapp.web.site import current_site

Answer = str | Response | tuple[str, int]


@bp.route("/register", methods=["GET", "POST"])
@public
def register() -> Answer:
    """Ask for name, address and password; the same answer for every address."""
    if current_actor().user_id is not None and request.method == "GET":
        return redirect(url_for("home.index"), 303)
    if current_site().registration != "open":
        return render_template("accounts/by_invitation.html"), RegistrationClosedError.status
    form = prefilled(RegisterForm)
    if form.sent:
        with form.refusals():
            data = form.input()
            secret = request.cookies.get(sign_in.registering_cookie()) or text.secret()
            operations.register(
                name=data.name,
                email=data.email,
                password_hash=hash_password(data.password),
                next_url=data.next,
                registration_secret=secret,
            )
            response = redirect(url_for("accounts.registered"), 303)
            sign_in.set_registering(response, secret)
            return response
    return render_template("accounts/register.html", form=form), form.status


@bp.get("/registered")
@public
def registered() -> Answer:
    """Say that an e-mail is on its way."""
    return render_template("accounts/registered.html", mail_server=bool(current_app.config["MAIL_SERVER"]))


@bp.route("/verify/<token>", methods=["GET", "POST"])
@linked
def verify(token: str) -> Answer:
    """Show what is to be confirmed; confirm it, sign in, and go on to where the person was heading."""
    try:
        link = links.find(Purpose.VERIFY, token)
        secret = request.cookies.get(sign_in.registering_cookie())
        next_url, email, here = own_path(link.next_url), link.user.email, operations.registered_here(link.user, secret)
        form = NewPasswordForm()
        if form.sent:
            with form.refusals():
                kept = None if here else hash_password(form.input().password)
                user = operations.verify(token, password_hash=kept, browser_secret=secret)
                before = current_actor().session_id
                identity = sessions.start(user, remember=False, device=sign_in.device(), instead_of=before)
                flash(_("Your address is confirmed. Welcome!"), "yes")
                response = redirect(next_url or url_for("home.index"), 303)
                sign_in.set_cookie(response, identity, remember=False)
                sign_in.clear_registering(response)
                return response
    except TokenExpiredError as error:
        return render_template("accounts/dead_link.html", again=url_for("accounts.resend")), error.status
    return render_template("accounts/verify.html", form=form, email=email, here=here), form.status


@bp.route("/verify/resend", methods=["GET", "POST"])
@public
def resend() -> Answer:
    """Mail the confirmation once more, to whoever shows to be a person; the same answer for every address."""
    form = prefilled(ResendForm)
    if form.sent:
        with form.refusals():
            data = form.input()
            captcha.require_person(request.form)
            operations.resend(email=data.email)
            return redirect(url_for("accounts.registered"), 303)
    question = captcha.ask()
    form.answer.label.text = question.sentence
    form.answer.data = ""
    return render_template("accounts/resend.html", form=form, question=question), form.status


@bp.get("/captcha")
@public
def captcha_challenge() -> Answer:
    """Give the puzzle that a browser with scripts solves by itself."""
    return jsonify(captcha.challenge())
