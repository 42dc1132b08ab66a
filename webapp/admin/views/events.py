"""The events of the site, in figures."""

import datetime as dt
import uuid

from flask import render_template, request

from webapp.admin import queries
from webapp.admin.views.blueprint import bp, rooms
from webapp.core.database import db
from webapp.models import Event
from webapp.web.access import signed_in
from webapp.web.pagination import decode, paged, window
from webapp.web.sign_in import current_actor

PAGE = 25


@bp.get("/events")
@signed_in
def events() -> str:
    """List the events, the latest first."""
    search, state = request.args.get("search", "")[:200], request.args.get("state", "")
    cursor = decode(request.args.get("page"), (dt.datetime, uuid.UUID))
    statement = queries.events(current_actor(), search=search, state=state)
    columns = [Event.starts_at, Event.id]
    rows = db.session.scalars(window(statement, columns, cursor, size=PAGE, descending=True)).all()
    return render_template(
        "admin/events.html",
        side=rooms("events"),
        page=paged(rows, cursor, lambda event: (event.starts_at, event.id), size=PAGE),
        search=search,
        state=state if state in queries.EVENTS else "",
        shows_title=queries.shows_title,
    )
