"""The people of a company."""

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from webapp.companies import operations, policy, queries, scopes
from webapp.companies.forms import ProgramsForm, RoleForm
from webapp.companies.views.blueprint import Answer, bp, rooms
from webapp.core.database import db
from webapp.core.permissions import Permission, Role
from webapp.models import Company
from webapp.web.access import signed_in
from webapp.web.pagination import Page, decode, paged, window
from webapp.web.sign_in import current_actor

PAGE = 50


@bp.get("/<slug>/people")
@signed_in
def people(slug: str) -> Answer:
    """Show who is what in a company, and for who manages them (`?where=below`) in all companies below it too."""
    return _people(queries.get_company(current_actor(), slug))


def _people(
    company: Company, *, changed: uuid.UUID | None = None, form: RoleForm | ProgramsForm | None = None
) -> Answer:
    """Return the page; `changed`: the membership whose `form` was refused."""
    actor = current_actor()
    may_manage = policy.allows(actor, company.id, Permission.MANAGE_PEOPLE)
    may_manage_owners = policy.allows(actor, company.id, Permission.MANAGE_OWNERS)
    everywhere = may_manage and form is None and request.args.get("where") == "below"
    search = request.args.get("search", "")[:200] if form is None else ""
    page = render_template(
        "companies/people.html",
        company=company,
        side=rooms(company, "people"),
        page=_page(company, search, everywhere=everywhere),
        above=[] if everywhere or search else queries.people_above(company),
        numbers=queries.count_people(company),
        has_below=may_manage and queries.has_below(company),
        everywhere=everywhere,
        search=search,
        may_manage=may_manage,
        may_manage_owners=may_manage_owners,
        roles=[role.value for role in Role if may_manage_owners or role is not Role.OWNER],
        groups=scopes.MEMBER_GROUPS,
        labels=scopes.LABELS,
        changed=changed,
        form=form,
    )
    return page, form.status if form is not None else 200


def _page(company: Company, search: str, *, everywhere: bool) -> Page[queries.Person]:
    actor = current_actor()
    listed, order, types = (
        (queries.people_everywhere, queries.EVERYWHERE, queries.KEY_EVERYWHERE)
        if everywhere
        else (queries.people_here, queries.HERE, queries.KEY_HERE)
    )
    cursor = decode(request.args.get("page"), types) if request.method == "GET" else None
    rows = db.session.execute(window(listed(actor, company, search), order, cursor, size=PAGE)).all()
    asked: dict[str, Any] = {"where": "below" if everywhere else None, "search": search or None}
    page = paged(
        rows,
        cursor,
        lambda row: tuple(row[1:]),
        size=PAGE,
        address=lambda place: url_for("companies.people", slug=company.slug, page=place, **asked),
    )
    people = queries.with_roles(page.items, company, everywhere=everywhere)
    return Page(people, page.next, page.previous, page.next_cursor)


@bp.get("/<slug>/people/history")
@signed_in
def people_history(slug: str) -> Answer:
    """Show who was given which role, and who lost it: latest first, `?person=` of one account alone."""
    actor = current_actor()
    company = queries.get_company(actor, slug)
    person = request.args.get("person", type=uuid.UUID)
    cursor = decode(request.args.get("page"), (uuid.UUID,))
    statement = queries.role_history(actor, company, person)
    rows = db.session.execute(window(statement, (queries.HISTORY,), cursor, size=PAGE, descending=True)).all()
    return render_template(
        "companies/people_history.html",
        company=company,
        side=rooms(company, "people"),
        page=paged(rows, cursor, lambda row: (row[0].id,), size=PAGE),
        person=person,
        has_below=queries.has_below(company),
        labels=scopes.LABELS,
    )


@bp.post("/<slug>/people/<uuid:membership_id>/role")
@signed_in
def change_role(slug: str, membership_id: uuid.UUID) -> Answer:
    """Give somebody another role."""
    actor = current_actor()
    company = queries.get_company(actor, slug)
    membership = queries.get_membership(actor, company, membership_id)
    policy.require_in(actor, company.id, Permission.MANAGE_PEOPLE)
    form, own, name = RoleForm(), membership.user_id == actor.user_id, membership.user.full_name
    with form.refusals():
        role = form.input().role
        operations.change_role(actor, membership, role)
        flash(_("Your role is changed.") if own else _("The role of %(name)s is changed.", name=name), "yes")
        return redirect(url_for("companies.people", slug=slug), 303)
    return _people(queries.get_company(actor, slug), changed=membership_id, form=form)


@bp.post("/<slug>/people/<uuid:membership_id>/programs")
@signed_in
def change_programs(slug: str, membership_id: uuid.UUID) -> Answer:
    """Hold somebody's tokens to less than the role gives, or to nothing less."""
    actor = current_actor()
    company = queries.get_company(actor, slug)
    membership = queries.get_membership(actor, company, membership_id)
    policy.require_in(actor, company.id, Permission.MANAGE_PEOPLE)
    form, name = ProgramsForm(), membership.user.full_name
    with form.refusals():
        ticked = form.input().scopes
        operations.change_membership(actor, membership, limits=True, scopes=scopes.held_to(ticked))
        flash(_("What programs of %(name)s may do here is changed.", name=name), "yes")
        return redirect(url_for("companies.people", slug=slug), 303)
    return _people(queries.get_company(actor, slug), changed=membership_id, form=form)


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
