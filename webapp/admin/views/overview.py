"""How the site stands, at a glance."""

from flask import current_app, render_template

from webapp.admin.views.blueprint import bp, rooms
from webapp.core import jobs
from webapp.core.database import db
from webapp.mail import queries
from webapp.web.access import signed_in
from webapp.web.sign_in import current_actor


@bp.get("")
@signed_in
def index() -> str:
    """Show how the site stands: mails, jobs, the database."""
    figures = queries.figures(current_actor())
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 jobs belong to the app
    return render_template(
        "admin/index.html",
        side=rooms("index"),
        figures=figures,
        has_server=bool(app.config["MAIL_SERVER"]),
        jobs_run=jobs.are_running(app),
        jobs_waiting=jobs.waiting(app),
        database={"sqlite": "SQLite", "postgresql": "PostgreSQL"}.get(db.engine.dialect.name, db.engine.dialect.name),
        base_url=app.config["BASE_URL"],
    )
