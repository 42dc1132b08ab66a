"""Tokens made by hand, for programs of one's own. A token is shown by the answer that made it alone."""

import datetime as dt
import uuid

from flask import flash, make_response, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its types

from webapp.accounts import operations, queries
from webapp.accounts import tokens as account_tokens
from webapp.accounts.forms import TokenForm
from webapp.accounts.schemas import TokenInput
from webapp.accounts.views.blueprint import bp, rooms
from webapp.companies import queries as companies
from webapp.companies import scopes
from webapp.core.database import new_id
from webapp.core.errors import DuplicateError, InputError, NotFoundError
from webapp.web.access import signed_in
from webapp.web.sign_in import current_actor

Answer = str | Response | tuple[str, int]


@bp.route("/account/tokens", methods=["GET", "POST"])
@signed_in
def tokens() -> Answer:
    """List one's own tokens made by hand, and make one: the answer is the token."""
    actor = current_actor()
    form = TokenForm()
    if form.sent:
        actor.require_fresh()
        with form.refusals():
            return _made(form.input())
    if not form.once.data or form.once.errors or form.refused_by is DuplicateError:
        form.once.data = str(new_id())
    mine = companies.companies_of(actor)
    names = companies.paths(actor, [row.company for row in mine])
    everywhere = SelectChoice("", _("Everywhere I have a role"))
    form.company_id.choices = [everywhere, *(SelectChoice(str(key), name) for key, name in names.items())]
    page = render_template(
        "accounts/tokens.html",
        side=rooms("tokens"),
        form=form,
        rows=queries.tokens_of(actor),
        groups=scopes.OWN_GROUPS,
        labels=scopes.OWN_LABELS,
    )
    return page, form.status


def _made(data: TokenInput) -> Response:
    """Make a token and answer with the page that shows it: it goes into no address, no cookie and no cache."""
    actor = current_actor()
    try:
        company = companies.company_to_act_for(actor, data.company_id) if data.company_id is not None else None
    except NotFoundError as error:
        raise InputError(fields={"company_id": _("Please choose one of what is offered.")}) from error
    session, token = account_tokens.issue(
        actor,
        name=data.name,
        scopes=data.scopes,
        good_for=dt.timedelta(days=data.expires_in),
        company_id=company.id if company is not None else None,
        token_id=data.once,
    )
    page = render_template("accounts/token_made.html", side=rooms("tokens"), session=session, token=token)
    response = make_response(page)
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/account/tokens/<uuid:session_id>/revoke")
@signed_in
def revoke_token(session_id: uuid.UUID) -> Answer:
    """End one of one's own tokens."""
    operations.revoke_session(current_actor(), session_id)
    flash(_("The token is revoked. It opens nothing any more."), "yes")
    return redirect(url_for("accounts.tokens"), 303)
