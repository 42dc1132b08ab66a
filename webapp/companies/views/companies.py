"""Companies: the list, a new one, its dashboard."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from webapp.companies import operations, policy, queries
from webapp.companies.forms import CompanyForm
from webapp.companies.views.blueprint import Answer, bp, parent_choices, rooms
from webapp.core import clock
from webapp.core.errors import InputError
from webapp.core.permissions import Permission, Role, may
from webapp.models import Event
from webapp.web.access import signed_in
from webapp.web.sign_in import current_actor

_EVENTS_SHOWN = 5
_NEEDS_SHOWN = 8


@bp.get("")
@signed_in
def index() -> Answer:
    """List the companies one has a role in."""
    return render_template("companies/index.html", rows=queries.companies_of(current_actor()))


@bp.route("/new", methods=["GET", "POST"])
@signed_in
def new() -> Answer:
    """Make a company, under another one if one likes."""
    actor = current_actor()
    parents = {row.company.slug: row.company for row in queries.companies_of(actor, at_least=Role.ADMINISTRATOR)}
    form = CompanyForm(request.args) if request.method == "GET" else CompanyForm()
    form.parent.choices = parent_choices(actor, parents.values())
    if form.sent:
        with form.refusals():
            data = form.input()
            if data.parent and data.parent not in parents:
                raise InputError(fields={"parent": _("Please choose one of what is offered.")})
            parent = parents[data.parent] if data.parent else None
            company = operations.create_company(actor, name=data.name, parent=parent)
            flash(_("%(company)s is made.", company=company.name), "yes")
            return redirect(url_for("companies.show", slug=company.slug), 303)
    return render_template("companies/new.html", form=form, has_parents=bool(parents)), form.status


@bp.get("/<slug>")
@signed_in
def show(slug: str) -> Answer:
    """Show what needs somebody in a company, how its events went, and what is next; a doorkeeper what is next alone."""
    actor = current_actor()
    company = queries.get_company(actor, slug)
    role = policy.role_in(actor, company.id)
    may_manage = may(role, Permission.MANAGE_EVENTS)
    house = queries.house(company.id)
    scope = queries.Scope(company.id, with_below=house.children > 0 and request.args.get("below") != "no")
    events = queries.events_to_come(scope, _EVENTS_SHOWN, drafts=may_manage)
    return render_template(
        "companies/show.html",
        company=company,
        side=rooms(company, "show"),
        house=house,
        scope=scope,
        needs=queries.needs(scope, role),
        needs_shown=_NEEDS_SHOWN,
        figures=queries.figures(scope) if may_manage else None,
        weeks=queries.answers_by_week(scope, current_user.timezone) if may_manage else [],
        today=[] if may_manage else [event for event in events if _is_today(event)],
        events=events if may_manage else [event for event in events if not _is_today(event)],
        may_manage=may_manage,
    )


def _is_today(event: Event) -> bool:
    """Tell whether an event that is not over begins today where it takes place, or has begun."""
    zone = clock.zone(event.timezone)
    return event.starts_at.astimezone(zone).date() <= clock.now().astimezone(zone).date()
