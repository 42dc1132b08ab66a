"""How the installation is."""

from flask import render_template

from webapp.admin import health as checking
from webapp.admin.policy import require_site_administrator
from webapp.admin.views.blueprint import bp, rooms
from webapp.web.access import signed_in
from webapp.web.sign_in import current_actor


@bp.get("/health")
@signed_in
def health() -> str:
    """Show what was checked just now, what to do where it is not well, and what is installed."""
    require_site_administrator(current_actor())
    return render_template(
        "admin/health.html", side=rooms("health"), checks=checking.checks(), versions=checking.versions()
    )
