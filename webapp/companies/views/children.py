"""The companies below a company."""

from flask import render_template

from webapp.companies import policy, queries
from webapp.companies.views.blueprint import Answer, bp, rooms
from webapp.core.permissions import Permission
from webapp.web.access import signed_in
from webapp.web.sign_in import current_actor


@bp.get("/<slug>/companies")
@signed_in
def children(slug: str) -> Answer:
    """Show the tree below a company."""
    actor = current_actor()
    company = queries.get_company(actor, slug)
    branches = queries.branches_of(company.id)
    return render_template(
        "companies/children.html",
        company=company,
        side=rooms(company, "children"),
        branches=branches,
        names={company.id: company.name, **{branch.company.id: branch.company.name for branch in branches}},
        may_manage=policy.allows(actor, company.id, Permission.MANAGE_CHILDREN),
    )
