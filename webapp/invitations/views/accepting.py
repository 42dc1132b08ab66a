"""Opening an invitation, and accepting it."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.accounts import sessions
from webapp.accounts.passwords import hash_password
from webapp.core import text
from webapp.core.actor import Actor
from webapp.guests.links import personal_token
from webapp.invitations import operations, policy, queries
from webapp.invitations.forms import AsGuestForm, NewLoginForm
from webapp.invitations.views.blueprint import bp
from webapp.web import sign_in
from webapp.web.access import linked, public
from webapp.web.sign_in import current_actor

Answer = str | Response | tuple[str, int]


@bp.get("/invite/<invite>")
@linked
def show(invite: str) -> Answer:
    """Show who invites to what; nothing is used by looking."""
    return _letter(invite)


@bp.post("/invite/<invite>")
@linked
def accept(invite: str) -> Answer:
    """Accept: as the signed-in account, as a guest of an event, or with a new login."""
    actor = current_actor()
    if actor.user_id is not None:
        return _accept_signed_in(actor, invite)
    opened = queries.open_by_token(invite)
    if opened.event is not None and (request.form.get("as") == "guest" or "password" not in request.form):
        return _accept_as_guest(invite)
    return _accept_with_new_login(invite)


@bp.get("/invite/sent")
@public
def sent() -> Answer:
    """Say that an e-mail asks for the address first."""
    return render_template("invitations/sent.html")


def _letter(invite: str, login: NewLoginForm | None = None, guest: AsGuestForm | None = None) -> Answer:
    """Return the page of an invitation; a form that was refused keeps what was typed."""
    actor = current_actor()
    opened = queries.open_by_token(invite, actor)
    mailed_to = {"email": opened.invitation.email}
    forms = login or NewLoginForm(None, data=mailed_to), guest or AsGuestForm(None, data=mailed_to)
    user = current_user if actor.user_id is not None else None
    page = render_template(
        "invitations/show.html",
        invitation=opened.invitation,
        event=opened.event,
        good_until=queries.good_until(opened.invitation, opened.event),
        issuer_role=queries.role_of_issuer(opened),
        for_viewer=user is None or policy.is_for(opened.invitation, user),
        has_already=user is not None and queries.has_already(opened, user),
        login=forms[0],
        guest=forms[1],
        here=url_for("invitations.show", invite=invite),
    )
    return page, max(form.status for form in forms)


def _accept_signed_in(actor: Actor, invite: str) -> Answer:
    accepted = operations.accept_signed_in(actor, invite)
    if accepted.had_already:
        flash(_("You had that already, so the invitation was not used up: somebody else can still accept it."), "yes")
    else:
        flash(_("You accepted the invitation. Welcome!"), "yes")
    return redirect(accepted.path, 303)


def _accept_as_guest(invite: str) -> Answer:
    form = AsGuestForm()
    with form.refusals():
        data = form.input()
        accepted = operations.accept_as_guest(invite, name=data.name, email=data.email)
        if accepted.waits or accepted.guest is None:
            flash(_("We have written to %(email)s.", email=data.email), "wait")
            return redirect(url_for("invitations.sent"), 303)
        return redirect(url_for("rsvp.show", token=personal_token(accepted.guest)), 303)
    return _letter(invite, guest=form)


def _accept_with_new_login(invite: str) -> Answer:
    form = NewLoginForm()
    with form.refusals():
        data = form.input()
        secret = request.cookies.get(sign_in.registering_cookie()) or text.secret()
        accepted = operations.accept_with_new_login(
            invite,
            name=data.name,
            email=data.email,
            password_hash=hash_password(data.password),
            registration_secret=secret,
        )
        if accepted.user is None:
            response = redirect(url_for("accounts.registered"), 303)
            sign_in.set_registering(response, secret)
            return response
        flash(_("You accepted the invitation. Welcome!"), "yes")
        response = redirect(accepted.path, 303)
        before = current_actor().session_id
        identity = sessions.start(accepted.user, remember=False, device=sign_in.device(), instead_of=before)
        sign_in.set_cookie(response, identity, remember=False)
        return response
    return _letter(invite, login=form)
