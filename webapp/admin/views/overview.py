"""How the site stands, at a glance."""

from flask import current_app, render_template

from webapp.admin import health
from webapp.admin import queries as admin_queries
from webapp.admin.views.blueprint import bp, rooms
from webapp.core import jobs
from webapp.mail import queries
from webapp.web.access import signed_in
from webapp.web.sign_in import current_actor


@bp.get("")
@signed_in
def index() -> str:
    """Show what needs attention, how much there is, and how it runs."""
    actor = current_actor()
    figures = queries.figures(actor)
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 jobs belong to the app
    asked = (
        health.mail_age,
        health.journal,
        health.disk,
        health.database,
        health.migrations,
        health.redis_answers,
        health.processes,
    )
    return render_template(
        "admin/index.html",
        side=rooms("index"),
        figures=figures,
        there=admin_queries.figures(actor),
        trouble=[check for check in (ask() for ask in asked) if not check.ok],
        has_server=bool(app.config["MAIL_SERVER"]),
        jobs_run=jobs.are_running(app),
        jobs_waiting=jobs.waiting(app),
        database=health.database_kind(),
        base_url=app.config["BASE_URL"],
    )
