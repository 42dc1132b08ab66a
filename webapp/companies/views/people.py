"""The people of a company."""

import uuid

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from webapp.companies import operations, policy, queries
from webapp.companies.views.blueprint import Answer, bp, rooms
from webapp.core.permissions import Permission
from webapp.web.access import signed_in
from webapp.web.sign_in import current_actor


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
