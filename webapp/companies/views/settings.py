"""The settings of a company: its name, where it stands, and its end."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from webapp.companies import operations, policy, queries
from webapp.companies.forms import CompanyNameForm, MoveForm
from webapp.companies.views.blueprint import Answer, bp, parent_choices, rooms
from webapp.core.actor import Actor
from webapp.core.errors import InputError
from webapp.core.permissions import Permission, Role
from webapp.models import Company
from webapp.web.access import signed_in
from webapp.web.sign_in import current_actor


def _to_settle(actor: Actor, slug: str) -> Company:
    """Return the company for its owner; raises NotFoundError or ForbiddenError for everybody else."""
    company = queries.get_company(actor, slug)
    policy.require_in(actor, company.id, Permission.MANAGE_SETTINGS)
    return company


def _parents(actor: Actor, company: Company) -> dict[str, Company]:
    """Return the companies that this one may be moved under, by their names for paths."""
    inside = set(queries.standing_below(company.id))
    owned = queries.companies_of(actor, at_least=Role.OWNER)
    return {row.company.slug: row.company for row in owned if row.company.id not in inside}


def _page(
    actor: Actor, company: Company, *, naming: CompanyNameForm | None = None, moving: MoveForm | None = None
) -> Answer:
    """Return the page of the settings; `naming` or `moving` is the form that was just refused."""
    name = naming or CompanyNameForm(None, obj=company)
    move = moving or MoveForm(None, parent=company.parent.slug if company.parent else "")
    parents = _parents(actor, company)
    move.parent.choices = parent_choices(actor, parents.values())
    page = render_template(
        "companies/settings.html",
        company=company,
        side=rooms(company, "settings"),
        name=name,
        move=move,
        may_move=bool(parents) or company.parent_id is not None,
        in_the_way=queries.in_the_way(company.id),
    )
    return page, max(name.status, move.status)


@bp.route("/<slug>/settings", methods=["GET", "POST"])
@signed_in
def settings(slug: str) -> Answer:
    """Show what can be settled; give the company another name."""
    actor = current_actor()
    company = _to_settle(actor, slug)
    form = CompanyNameForm()
    if not form.sent:
        return _page(actor, company)
    with form.refusals():
        operations.rename_company(actor, company, name=form.input().name)
        flash(_("Saved."), "yes")
        return redirect(url_for("companies.settings", slug=slug), 303)
    return _page(actor, company, naming=form)


@bp.post("/<slug>/move")
@signed_in
def move(slug: str) -> Answer:
    """Let the company be part of another one, or stand by itself."""
    actor = current_actor()
    company = _to_settle(actor, slug)
    form = MoveForm()
    with form.refusals():
        wanted = form.input().parent
        parents = _parents(actor, company)
        if wanted and wanted not in parents:
            raise InputError(fields={"parent": _("Please choose one of what is offered.")})
        parent = parents[wanted] if wanted else None
        above, name = parent.name if parent else None, company.name
        operations.move_company(actor, company, parent)
        said = _("%(company)s is part of %(above)s now.", company=name, above=above) if above else ""
        flash(said or _("%(company)s stands by itself now.", company=name), "yes")
        return redirect(url_for("companies.settings", slug=slug), 303)
    return _page(actor, queries.get_company(actor, slug), moving=form)


@bp.post("/<slug>/delete")
@signed_in
def delete(slug: str) -> Answer:
    """Close the company for good."""
    actor = current_actor()
    company = _to_settle(actor, slug)
    name = company.name
    operations.delete_company(actor, company)
    flash(_("%(company)s is deleted.", company=name), "yes")
    return redirect(url_for("companies.index"), 303)
