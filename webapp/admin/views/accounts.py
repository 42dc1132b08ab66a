"""The accounts of the site, and what its administrators may do with them."""

import uuid
from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp.accounts import administration
from webapp.accounts.errors import LastKeeperError
from webapp.admin import queries
from webapp.admin.forms import AdministratorForm
from webapp.admin.views.blueprint import bp, rooms
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.errors import AppError, ConflictError
from webapp.models import User
from webapp.web import sign_in
from webapp.web.access import signed_in
from webapp.web.pagination import decode, paged, window
from webapp.web.sign_in import current_actor

Answer = str | Response | tuple[str, int]
PAGE = 25


@bp.get("/accounts")
@signed_in
def accounts() -> Answer:
    """List the accounts, newest first."""
    actor = current_actor()
    search, state = request.args.get("search", "")[:200], request.args.get("state", "")
    cursor = decode(request.args.get("page"), (uuid.UUID,))
    statement = queries.accounts(actor, search=search, state=state)
    found = db.session.execute(window(statement, [User.id], cursor, size=PAGE, descending=True))
    rows = [queries.AccountRow(*row) for row in found]
    return render_template(
        "admin/accounts.html",
        side=rooms("accounts"),
        page=paged(rows, cursor, lambda row: (row.user.id,), size=PAGE),
        search=search,
        state=state if state in queries.ACCOUNTS else "",
        counts=queries.account_counts(actor),
    )


def _page(actor: Actor, user_id: uuid.UUID, refusal: AppError | None = None) -> Answer:
    """Return the page of an account; `refusal` says why something just did not happen."""
    shown = queries.account_page(actor, user_id)
    page = render_template(
        "admin/account.html", side=rooms("accounts"), shown=shown, own=user_id == actor.user_id, refusal=refusal
    )
    return page, refusal.status if refusal else 200


@bp.get("/accounts/<uuid:user_id>")
@signed_in
def account(user_id: uuid.UUID) -> Answer:
    """Show one account, its roles, and what can be done with it."""
    return _page(current_actor(), user_id)


def _do(user_id: uuid.UUID, act: Callable[[Actor, User], object], done: str) -> Answer:
    """Let the signed-in administrator do `act`, and say so; or show why it cannot be."""
    actor = current_actor()
    try:
        act(actor, queries.get_account(actor, user_id))
    except (ConflictError, LastKeeperError) as refusal:
        return _page(actor, user_id, refusal)
    flash(done, "yes")
    return redirect(url_for("admin.account", user_id=user_id), 303)


@bp.post("/accounts/<uuid:user_id>/disable")
@signed_in
def disable(user_id: uuid.UUID) -> Answer:
    """Let an account not sign in any more."""
    return _do(user_id, administration.disable, _("The account is disabled, and signed out everywhere."))


@bp.post("/accounts/<uuid:user_id>/enable")
@signed_in
def enable(user_id: uuid.UUID) -> Answer:
    """Let a disabled account sign in again."""
    return _do(user_id, administration.enable, _("The account can sign in again."))


@bp.post("/accounts/<uuid:user_id>/sign-out")
@signed_in
def sign_out(user_id: uuid.UUID) -> Answer:
    """End all sessions and tokens of an account."""
    response = _do(user_id, administration.sign_out, _("The account is signed out everywhere."))
    if isinstance(response, Response) and user_id == current_actor().user_id:
        sign_in.clear_cookie(response)
    return response


@bp.post("/accounts/<uuid:user_id>/resend")
@signed_in
def resend(user_id: uuid.UUID) -> Answer:
    """Mail the link that proves an address once more."""
    return _do(user_id, administration.resend_verification, _("The e-mail is on its way. Links sent before are dead."))


@bp.post("/accounts/<uuid:user_id>/administrator")
@signed_in
def make_administrator(user_id: uuid.UUID) -> Answer:
    """Let an account look after the site, or not any more."""
    actor = current_actor()
    queries.get_account(actor, user_id)
    on = AdministratorForm().input().on == "yes"
    done = (
        _("The account looks after this site now.") if on else _("The account does not look after this site any more.")
    )
    response = _do(user_id, lambda actor, user: administration.set_administrator(actor, user, on=on), done)
    if isinstance(response, Response) and not on and user_id == actor.user_id:
        return redirect(url_for("home.index"), 303)
    return response
