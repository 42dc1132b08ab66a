"""An event's links: single ones, a batch, and the one for many."""

import uuid

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from webapp.core.database import db
from webapp.events.policy import require_manage
from webapp.events.queries import get_event
from webapp.invitations import operations, queries
from webapp.invitations.forms import LinksForm, SharedLinkForm
from webapp.invitations.views.blueprint import bp, lasting, page_of
from webapp.models import Event
from webapp.web.access import signed_in
from webapp.web.sign_in import current_actor

Answer = str | Response | tuple[str, int]


def _managed(event_id: uuid.UUID) -> Event:
    event = get_event(current_actor(), event_id)
    require_manage(current_actor(), event)
    return event


def _page(event: Event, links: LinksForm | None = None, shared: SharedLinkForm | None = None) -> Answer:
    actor = current_actor()
    forms = links or LinksForm(None), shared or SharedLinkForm(None)
    address = url_for("invitations.index", event_id=event.id)
    one_for_many = db.session.scalars(queries.one_for_many(event)).all()
    page = render_template(
        "invitations/event.html",
        event=event,
        page=page_of(queries.of_event(actor, event), address, event),
        one_for_many=queries.listed(actor, one_for_many, event),
        links=forms[0],
        shared=forms[1],
    )
    return page, max(form.status for form in forms)


@bp.get("/events/<uuid:event_id>/invitations")
@signed_in
def index(event_id: uuid.UUID) -> Answer:
    """List the event's links, who used which, and what can still be used."""
    return _page(_managed(event_id))


@bp.post("/events/<uuid:event_id>/invitations")
@signed_in
def create(event_id: uuid.UUID) -> Answer:
    """Make links for one person each, or the one for many (`shared`, or `max_uses` above 1)."""
    event = _managed(event_id)
    if "shared" in request.form or request.form.get("max_uses", "").strip() not in {"", "1"}:
        return _create_shared(event)
    form = LinksForm()
    with form.refusals():
        data = form.input()
        made = operations.create_batch(current_actor(), event, number=data.count, expires_in=lasting(data.expires_in))
        flash(ngettext("Your link is ready.", "Your %(num)d links are ready.", len(made)), "yes")
        return redirect(url_for("invitations.index", event_id=event_id), 303)
    return _page(_managed(event_id), links=form)


def _create_shared(event: Event) -> Answer:
    form, event_id = SharedLinkForm(), event.id
    with form.refusals():
        data = form.input()
        operations.create_invitation(
            current_actor(),
            kind="event",
            event=event,
            expires_in=lasting(data.expires_in),
            max_uses=data.max_uses,
        )
        flash(_("Your link for many is ready."), "yes")
        return redirect(url_for("invitations.index", event_id=event_id), 303)
    return _page(_managed(event_id), shared=form)
