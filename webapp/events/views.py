"""The HTML face of events: the lists, an event's page, its form, and what its organisers do with it."""

import datetime as dt
import uuid
from functools import partial
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from webapp.companies.queries import projects_of, usual_project
from webapp.core.errors import InputError
from webapp.core.text import slugify
from webapp.events import listed, operations, policy, queries
from webapp.events.calendar import MEDIA_TYPE, event_calendar
from webapp.events.forms import EventForm
from webapp.voting.rule import Rule
from webapp.web.access import public, signed_in
from webapp.web.asking import asked
from webapp.web.pagination import decode, paged, window
from webapp.web.sign_in import current_actor

bp = Blueprint("events", __name__)

PAGE = 20


def _project_id(value: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(value) if value else None
    except ValueError:
        return None


@bp.get("/events")
@public
def index() -> str:
    """List events: those that everybody may see, and those of one's own."""
    actor = current_actor()
    when = request.args.get("when", "upcoming")
    when = when if when in listed.WHEN and when != "all" else "upcoming"
    search = request.args.get("search", "")[:200]
    project = _project_id(request.args.get("project"))
    cursor = decode(request.args.get("page"), (dt.datetime, uuid.UUID))
    found = listed.events_listed(actor, when=when, search=search, project=project)
    asked = found.page(partial(window, cursor=cursor, size=PAGE, descending=when != "upcoming"))
    rows = queries.list_events(asked)
    page = paged(rows, cursor, lambda event: (event.starts_at, event.id), size=PAGE)
    return render_template(
        "events/index.html",
        page=page,
        mine=queries.my_rows(actor, page.items),
        when_shown=when,
        search=search,
        project=project,
        projects=queries.projects_seen(actor, project),
    )


@bp.route("/events/new", methods=["GET", "POST"])
@signed_in
def new() -> str | tuple[str, int] | BaseResponse:
    """Ask for a new event, and create it."""
    actor = current_actor()
    projects = projects_of(actor)
    if not projects:
        return render_template("events/no_company.html"), 403 if request.method == "POST" else 200
    form = EventForm(projects=projects, usual=usual_project(actor, projects), zone=current_user.timezone)
    if form.reshaped():
        return render_template("events/new.html", form=form)
    if form.sent:
        publish = "publish" in request.form
        with form.refusals():
            event = operations.create_event(
                actor, form.input(), publish=publish, co_hosts=form.co_host_addresses() or ()
            )
            flash(_("Your event is published.") if publish else _("Your event is saved as a draft."), "yes")
            return redirect(url_for("events.show", event_id=event.id), 303)
    return render_template("events/new.html", form=form), form.status


@bp.route("/events/<uuid:event_id>/edit", methods=["GET", "POST"])
@signed_in
def edit(event_id: uuid.UUID) -> str | tuple[str, int] | BaseResponse:
    """Ask what to change, and change it."""
    actor = current_actor()
    event = queries.get_event(actor, event_id)
    policy.require_manage(actor, event)
    form = EventForm(projects=projects_of(actor), event=event)
    page: dict[str, Any] = {"event": event, "form": form, "rule": Rule.of(event)}
    page["frozen"] = queries.voting_opened(event)
    if form.reshaped():
        return render_template("events/edit.html", **page)
    if form.sent:
        with form.refusals():
            operations.edit_event(actor, event, form.input(), co_hosts=form.co_host_addresses())
            flash(_("Saved."), "yes")
            return redirect(url_for("events.show", event_id=event_id), 303)
        page["event"] = queries.get_event(actor, event_id)
    return render_template("events/edit.html", **page), form.status


@bp.get("/events/<uuid:event_id>")
@public
def show(event_id: uuid.UUID) -> str:
    """Show an event, and on top what is asked of whoever looks."""
    actor = current_actor()
    event = queries.get_event(actor, event_id)
    standing = policy.standing(actor, event)
    return render_template(
        "events/show.html",
        event=event,
        standing=standing,
        asked=asked(actor, event, standing),
        coming=queries.coming_guests(event) if standing.sees_names else None,
        rule=Rule.of(event) if event.questions else None,
        deletable=standing.manages and not queries.in_use(event),
        address=f"{current_app.config['BASE_URL']}/events/{event_id}",
    )


@bp.get("/events/<uuid:event_id>.ics")
@public
def ics(event_id: uuid.UUID) -> Response:
    """Give the event as a calendar file."""
    event = queries.get_event(current_actor(), event_id)
    name = slugify(event.title, "event")
    url = f"{current_app.config['BASE_URL']}/events/{event_id}"
    headers = {"Content-Disposition": f'attachment; filename="{name}.ics"'}
    return Response(event_calendar(event, url=url), content_type=MEDIA_TYPE, headers=headers)


@bp.post("/events/<uuid:event_id>/publish")
@signed_in
def publish(event_id: uuid.UUID) -> BaseResponse:
    """Publish a draft."""
    actor = current_actor()
    try:
        operations.publish_event(actor, queries.get_event(actor, event_id))
    except InputError as error:
        flash(" ".join(str(sentence) for sentence in error.fields.values()), "trouble")
        return redirect(url_for("events.edit", event_id=event_id), 303)
    flash(_("Your event is published."), "yes")
    return redirect(url_for("events.show", event_id=event_id), 303)


@bp.post("/events/<uuid:event_id>/cancel")
@signed_in
def cancel(event_id: uuid.UUID) -> BaseResponse:
    """Call an event off."""
    actor = current_actor()
    operations.cancel_event(actor, queries.get_event(actor, event_id))
    flash(_("The event is cancelled."), "wait")
    return redirect(url_for("events.show", event_id=event_id), 303)


@bp.post("/events/<uuid:event_id>/duplicate")
@signed_in
def duplicate(event_id: uuid.UUID) -> BaseResponse:
    """Make a draft like it, and open its form."""
    actor = current_actor()
    copy = operations.duplicate_event(actor, queries.get_event(actor, event_id))
    flash(_("Here is your copy, as a draft. Please look at its date."), "yes")
    return redirect(url_for("events.edit", event_id=copy.id), 303)


@bp.post("/events/<uuid:event_id>/delete")
@signed_in
def delete(event_id: uuid.UUID) -> BaseResponse:
    """Erase an event that nobody was asked to."""
    actor = current_actor()
    operations.delete_event(actor, queries.get_event(actor, event_id))
    flash(_("The event is deleted."), "yes")
    return redirect(url_for("events.index"), 303)
