"""The apps of a company: registered, given a new key, revoked. A key is shown by the answer that made it alone."""

import uuid

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp.companies import operations, queries, scopes
from webapp.companies.forms import AppForm
from webapp.companies.views.blueprint import Answer, bp, rooms
from webapp.core.database import db, new_id
from webapp.core.errors import DuplicateError
from webapp.models import App, Company
from webapp.web.access import signed_in
from webapp.web.pagination import decode, paged, window
from webapp.web.sign_in import current_actor

PAGE = 25


@bp.route("/<slug>/apps", methods=["GET", "POST"])
@signed_in
def apps(slug: str) -> Answer:
    """List the apps of a company, newest first, and register one: the answer is its key."""
    actor = current_actor()
    company = queries.get_company(actor, slug)
    statement = queries.apps_of(actor, company)
    form = AppForm()
    if form.sent:
        with form.refusals():
            data = form.input()
            made, key = operations.create_app(actor, company, name=data.name, scopes=data.scopes, app_id=data.once)
            return _key(company, made, key)
    if not form.once.data or form.once.errors or form.refused_by is DuplicateError:
        form.once.data = str(new_id())
    cursor = decode(request.args.get("page"), (uuid.UUID,))
    rows = db.session.scalars(window(statement, [App.id], cursor, size=PAGE, descending=True)).all()
    page = render_template(
        "companies/apps.html",
        company=company,
        side=rooms(company, "apps"),
        form=form,
        page=paged(rows, cursor, lambda row: (row.id,), size=PAGE),
        tokens=queries.tokens_of(row.id for row in rows),
        groups=scopes.GROUPS,
        labels=scopes.LABELS,
    )
    return page, form.status


@bp.get("/<slug>/apps/<uuid:app_id>")
@signed_in
def app(slug: str, app_id: uuid.UUID) -> Answer:
    """Show one app: what it may do, who answers for it, how it is used."""
    actor = current_actor()
    company = queries.get_company(actor, slug)
    found = queries.get_app(actor, company, app_id)
    return render_template(
        "companies/app.html",
        company=company,
        side=rooms(company, "apps"),
        app=found,
        mark=queries.key_mark(found),
        tokens=queries.tokens_of([found.id]).get(found.id, 0),
        labels=scopes.LABELS,
    )


@bp.post("/<slug>/apps/<uuid:app_id>/rotate")
@signed_in
def rotate_app(slug: str, app_id: uuid.UUID) -> Answer:
    """Give an app a new key in place of the one it had when the page was opened: the answer is that key."""
    actor = current_actor()
    company = queries.get_company(actor, slug)
    found = queries.get_app(actor, company, app_id)
    key = operations.rotate_app(actor, found, mark=request.form.get("mark", ""))
    return _key(company, found, key)


@bp.post("/<slug>/apps/<uuid:app_id>/revoke")
@signed_in
def revoke_app(slug: str, app_id: uuid.UUID) -> Answer:
    """Revoke an app with all its tokens."""
    actor = current_actor()
    found = queries.get_app(actor, queries.get_company(actor, slug), app_id)
    operations.revoke_app(actor, found)
    flash(_("%(app)s is revoked. Its key and its tokens open nothing any more.", app=found.name), "yes")
    return redirect(url_for("companies.app", slug=slug, app_id=app_id), 303)


def _key(company: Company, app: App, key: str) -> Response:
    """Answer with the page that shows a key: it goes into no address, no cookie and no cache."""
    page = render_template("companies/app_key.html", company=company, side=rooms(company, "apps"), app=app, key=key)
    response = make_response(page)
    response.headers["Cache-Control"] = "no-store"
    return response
