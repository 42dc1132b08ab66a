"""The companies of the site, by name and in figures."""

import uuid

from flask import render_template, request

from webapp.admin import queries
from webapp.admin.views.blueprint import bp, rooms
from webapp.core.database import db
from webapp.models import Company
from webapp.web.access import signed_in
from webapp.web.pagination import decode, paged, window
from webapp.web.sign_in import current_actor

PAGE = 25


@bp.get("/companies")
@signed_in
def companies() -> str:
    """List the companies, newest first."""
    search = request.args.get("search", "")[:200]
    cursor = decode(request.args.get("page"), (uuid.UUID,))
    statement = queries.companies(current_actor(), search=search)
    found = db.session.execute(window(statement, [Company.id], cursor, size=PAGE, descending=True))
    rows = queries.company_rows(found)
    return render_template(
        "admin/companies.html",
        side=rooms("companies"),
        page=paged(rows, cursor, lambda row: (row.company.id,), size=PAGE),
        search=search,
    )
