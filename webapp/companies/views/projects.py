"""The projects of a company."""

import datetime as dt
import uuid

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp.companies import operations, policy, queries
from webapp.companies.forms import ProjectForm
from webapp.companies.views.blueprint import Answer, bp, rooms
from webapp.core.actor import Actor
from webapp.core.errors import InputError
from webapp.core.permissions import Permission
from webapp.events import queries as events_queries
from webapp.models import Company, Event, Project
from webapp.web.access import signed_in
from webapp.web.pagination import decode, paged, window
from webapp.web.sign_in import current_actor

PAGE = 20


@bp.route("/<slug>/projects", methods=["GET", "POST"])
@signed_in
def projects(slug: str) -> Answer:
    """List the projects of a company; make one."""
    actor = current_actor()
    company = queries.get_company(actor, slug)
    form = ProjectForm()
    if form.sent:
        policy.require_in(actor, company.id, Permission.MANAGE_PROJECTS)
        with form.refusals():
            made = operations.create_project(actor, company, name=form.input().name)
            flash(_("%(project)s is made.", project=made.name), "yes")
            return redirect(url_for("companies.project", slug=slug, project_id=made.id), 303)
    page = render_template(
        "companies/projects.html",
        company=company,
        side=rooms(company, "projects"),
        form=form,
        rows=queries.projects_in(company.id),
        may_manage=policy.allows(actor, company.id, Permission.MANAGE_PROJECTS),
    )
    return page, form.status


def _page(actor: Actor, company: Company, project: Project, form: ProjectForm | None = None) -> Answer:
    """Return the page of a project; `form` is the one that was just refused."""
    when = "past" if request.args.get("when") == "past" else "upcoming"
    cursor = decode(request.args.get("page"), (dt.datetime, uuid.UUID))
    statement = events_queries.project_events(actor, project.id, when=when)
    key = (Event.starts_at, Event.id)
    rows = events_queries.list_events(window(statement, key, cursor, size=PAGE, descending=when == "past"))
    token = queries.calendar_token(project)
    page = render_template(
        "companies/project.html",
        company=company,
        project=project,
        side=rooms(company, "projects"),
        page=paged(rows, cursor, lambda event: (event.starts_at, event.id), size=PAGE),
        when_shown=when,
        form=form or ProjectForm(None, obj=project),
        address=f"{current_app.config['BASE_URL']}{url_for('calendar.feed', token=token)}" if token else None,
        may_start=policy.allows(actor, company.id, Permission.MANAGE_EVENTS),
        may_manage=policy.allows(actor, company.id, Permission.MANAGE_PROJECTS),
    )
    return page, form.status if form else 200


@bp.get("/<slug>/projects/<uuid:project_id>")
@signed_in
def project(slug: str, project_id: uuid.UUID) -> Answer:
    """Show a project and its events."""
    actor = current_actor()
    company = queries.get_company(actor, slug)
    return _page(actor, company, queries.get_project(actor, company, project_id))


def _to_manage(actor: Actor, slug: str, project_id: uuid.UUID) -> tuple[Company, Project]:
    """Return the company and its project; raises NotFoundError or ForbiddenError for who does not manage projects."""
    company = queries.get_company(actor, slug)
    found = queries.get_project(actor, company, project_id)
    policy.require_in(actor, company.id, Permission.MANAGE_PROJECTS)
    return company, found


def _back(slug: str, project_id: uuid.UUID, said: str) -> Response:
    flash(said, "yes")
    return redirect(url_for("companies.project", slug=slug, project_id=project_id), 303)


@bp.post("/<slug>/projects/<uuid:project_id>/rename")
@signed_in
def rename_project(slug: str, project_id: uuid.UUID) -> Answer:
    """Give a project another name."""
    actor = current_actor()
    company, found = _to_manage(actor, slug, project_id)
    form = ProjectForm()
    with form.refusals():
        operations.rename_project(actor, found, name=form.input().name)
        return _back(slug, project_id, _("Saved."))
    return _page(actor, company, found, form)


@bp.post("/<slug>/projects/<uuid:project_id>/archive")
@signed_in
def archive_project(slug: str, project_id: uuid.UUID) -> Answer:
    """Hide a project."""
    actor = current_actor()
    operations.archive_project(actor, _to_manage(actor, slug, project_id)[1])
    return _back(slug, project_id, _("This project is archived. Its events go on."))


@bp.post("/<slug>/projects/<uuid:project_id>/unarchive")
@signed_in
def unarchive_project(slug: str, project_id: uuid.UUID) -> Answer:
    """Take a project out of the archive."""
    actor = current_actor()
    operations.unarchive_project(actor, _to_manage(actor, slug, project_id)[1])
    return _back(slug, project_id, _("This project takes events again."))


@bp.post("/<slug>/projects/<uuid:project_id>/calendar")
@signed_in
def project_calendar(slug: str, project_id: uuid.UUID) -> Answer:
    """Make, renew or revoke the secret link of a project's calendar."""
    actor = current_actor()
    found = _to_manage(actor, slug, project_id)[1]
    do = request.form.get("do")
    if do == "revoke":
        operations.revoke_calendar(actor, found)
        return _back(slug, project_id, _("The calendar link is revoked: it leads nowhere any more."))
    if do not in {"make", "renew"}:
        raise InputError
    # pressed twice, "make" keeps the link that may have been copied already
    operations.make_calendar(actor, found, anew=do == "renew")
    renewed = _("The calendar has a new link; the one before leads nowhere.")
    return _back(slug, project_id, renewed if do == "renew" else _("The calendar has its link."))
