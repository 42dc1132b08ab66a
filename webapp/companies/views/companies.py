"""Companies: the list, a new one, its dashboard."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from webapp.companies import operations, policy, queries
from webapp.companies.forms import CompanyForm
from webapp.companies.views.blueprint import Answer, bp, rooms
from webapp.core.errors import InputError
from webapp.core.permissions import Permission, Role
from webapp.web.access import signed_in
from webapp.web.sign_in import current_actor

_EVENTS_SHOWN = 5


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
