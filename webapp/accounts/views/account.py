"""One's own account."""

import uuid
from typing import Any

import orjson
from flask import flash, make_response, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp.accounts import links, operations, queries
from webapp.accounts.forms import ConfirmPasswordForm, DeleteForm, EmailChangeForm, PasswordChangeForm, ProfileForm
from webapp.accounts.passwords import hash_password
from webapp.accounts.views.blueprint import bp, rooms
from webapp.core.actor import Actor
from webapp.core.tokens import Purpose, TokenExpiredError
from webapp.web import sign_in
from webapp.web.access import linked, signed_in
from webapp.web.forms import SchemaForm
from webapp.web.sign_in import current_actor

Answer = str | Response | tuple[str, int]


def _page(shown: SchemaForm[Any] | None = None) -> Answer:
    """Return the account page; `shown` is the form that was just refused, the others stand as they are."""
    user = queries.account_of(current_actor())
    forms: dict[str, SchemaForm[Any]] = {
        "profile": ProfileForm(None, obj=user),
        "password": PasswordChangeForm(None),
        "email": EmailChangeForm(None),
        "delete": DeleteForm(None),
    }
    for name, form in forms.items():
        if shown is not None and type(form) is type(shown):
            forms[name] = shown
    votes = queries.votes_of(current_actor())
    page = render_template("accounts/account.html", side=rooms("account"), user=user, votes=votes, forms=forms)
    return page, shown.status if shown else 200


@bp.get("/account")
@signed_in
def account() -> Answer:
    """Show what one says of oneself, and everything that can be changed."""
    return _page()


@bp.post("/account")
@signed_in
def update_profile() -> Answer:
    """Set the profile, all of it or nothing."""
    form = ProfileForm()
    with form.refusals():
        operations.update_profile(current_actor(), form.input())
        flash(_("Saved."), "yes")
        return redirect(url_for("accounts.account"), 303)
    return _page(form)


@bp.post("/account/password")
@signed_in
def change_password() -> Answer:
    """Set a new password: every session ends, and this browser gets a fresh one."""
    form = PasswordChangeForm()
    with form.refusals():
        data = form.input()
        actor = current_actor()
        proven = operations.prove(actor, data.current_password)
        anew = hash_password(data.password)
        secret, remember = operations.change_password(actor, proven, password_hash=anew, device=sign_in.device())
        flash(_("Your new password is set. Everywhere else you are signed out."), "yes")
        response = redirect(url_for("accounts.account"), 303)
        sign_in.set_cookie(response, secret, remember=remember)
        return response
    return _page(form)


@bp.post("/account/email")
@signed_in
def change_email() -> Answer:
    """Mail a link to the new address; the old one stays until it is opened."""
    form = EmailChangeForm()
    with form.refusals():
        data = form.input()
        proven = operations.prove(current_actor(), data.current_password)
        operations.request_email_change(current_actor(), proven, email=data.email)
        flash(_("We have written to %(email)s. Open the link in that e-mail to confirm it.", email=data.email), "wait")
        return redirect(url_for("accounts.account"), 303)
    return _page(form)


@bp.route("/email-change/<token>", methods=["GET", "POST"])
@linked
def email_change(token: str) -> Answer:
    """Show which address is to be confirmed; confirm it.

    Whoever is not signed in to the account types its password: anybody can have the link sent to somebody else, who
    must not give the own address to a stranger's account.
    """
    try:
        link = links.find(Purpose.EMAIL_CHANGE, token)
        email, owner = link.email, Actor(user_id=link.user_id)
        here = current_actor().user_id == owner.user_id
        form: SchemaForm[Any] = SchemaForm() if here else ConfirmPasswordForm()
        if form.sent:
            with form.refusals():
                if not here:
                    operations.prove(owner, form.input().password, field="password")
                operations.confirm_email_change(token)
                flash(_("%(email)s is your address now.", email=email), "yes")
                return redirect(url_for("accounts.account"), 303)
    except TokenExpiredError as error:
        return render_template("accounts/dead_link.html", again=url_for("accounts.account")), error.status
    return render_template("accounts/email_change.html", form=form, email=email, here=here), form.status


@bp.post("/account/delete")
@signed_in
def delete() -> Answer:
    """Erase the account."""
    form = DeleteForm()
    with form.refusals():
        actor = current_actor()
        operations.delete_account(actor, operations.prove(actor, form.input().password, field="password"))
        flash(_("Your account is deleted."), "yes")
        response = redirect(url_for("home.index"), 303)
        sign_in.clear_cookie(response)
        return response
    return _page(form)


@bp.get("/account/sessions")
@signed_in
def sessions() -> Answer:
    """Show where one is signed in."""
    actor = current_actor()
    found = queries.sessions_of(actor)
    return render_template("accounts/sessions.html", side=rooms("sessions"), sessions=found, here=actor.session_id)


@bp.post("/account/sessions/<uuid:session_id>/revoke")
@signed_in
def revoke_session(session_id: uuid.UUID) -> Answer:
    """End one of one's own sessions."""
    actor = current_actor()
    operations.revoke_session(actor, session_id)
    response = redirect(url_for("accounts.sessions"), 303)
    if session_id == actor.session_id:
        sign_in.clear_cookie(response)
        return response
    flash(_("That device is signed out."), "yes")
    return response


@bp.get("/account/export")
@signed_in
def export() -> Answer:
    """Give everything that is kept of the account, as JSON."""
    response = make_response(orjson.dumps(queries.export(current_actor()), option=orjson.OPT_INDENT_2))
    response.mimetype = "application/json"
    response.headers["Content-Disposition"] = 'attachment; filename="folkmoot-account.json"'
    return response
