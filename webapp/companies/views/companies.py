"""Companies: the list, a new one, its dashboard, its people."""

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp.companies import operations, policy, queries
from webapp.companies.forms import CompanyForm
from webapp.core.errors import InputError
from webapp.core.permissions import Permission, Role
from webapp.models import Company
from webapp.web.access import signed_in
from webapp.web.sign_in import current_actor

bp = Blueprint("companies", __name__, url_prefix="/companies")
Answer = str | Response | tuple[str, int]
_EVENTS_SHOWN = 5


def rooms(company: Company, here: str) -> list[tuple[str, str, str, bool]]:
    """Return the rooms of a company for the side of its pages: (label, address, icon, whether this is it)."""
    return [
        (_("Overview"), url_for("companies.show", slug=company.slug), "house", here == "show"),
        (_("People"), url_for("companies.people", slug=company.slug), "users", here == "people"),
    ]


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
    form.parent.choices = [("", _("Nothing, it stands by itself")), *((s, c.name) for s, c in parents.items())]
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
    """Show what is coming up in a company, and who looks after it."""
    actor = current_actor()
    company = queries.get_company(actor, slug)
    may_manage = policy.allows(actor, company.id, Permission.MANAGE_EVENTS)
    return render_template(
        "companies/show.html",
        company=company,
        side=rooms(company, "show"),
        events=queries.events_to_come(company.id, _EVENTS_SHOWN, drafts=may_manage),
        figures=queries.figures(company.id),
        people=queries.people_of(company.id),
        may_manage=may_manage,
        may_manage_children=policy.allows(actor, company.id, Permission.MANAGE_CHILDREN),
    )


@bp.get("/<slug>/people")
@signed_in
def people(slug: str) -> Answer:
    """Show who is what in a company."""
    actor = current_actor()
    company = queries.get_company(actor, slug)
    return render_template(
        "companies/people.html",
        company=company,
        side=rooms(company, "people"),
        people=queries.people_of(company.id),
        role=policy.role_in(actor, company.id),
        may_manage=policy.allows(actor, company.id, Permission.MANAGE_PEOPLE),
        may_manage_owners=policy.allows(actor, company.id, Permission.MANAGE_OWNERS),
    )


@bp.post("/<slug>/people/<uuid:membership_id>/revoke")
@signed_in
def revoke(slug: str, membership_id: uuid.UUID) -> Answer:
    """Take a role away, or leave."""
    actor = current_actor()
    company = queries.get_company(actor, slug)
    membership = queries.get_membership(actor, company, membership_id)
    own, name = membership.user_id == actor.user_id, membership.user.full_name
    operations.revoke(actor, membership)
    flash(_("You have left %(company)s.", company=company.name) if own else _("%(name)s is out.", name=name), "yes")
    return redirect(url_for("companies.index") if own else url_for("companies.people", slug=slug), 303)
