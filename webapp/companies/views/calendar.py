"""The calendar feed of a project, for whoever has its secret link."""

import hashlib

from flask import Blueprint, current_app, request
from werkzeug.wrappers import Response

from webapp.companies import queries
from webapp.events.calendar import MEDIA_TYPE, events_calendar
from webapp.web.access import linked

bp = Blueprint("calendar", __name__)


@bp.get("/calendar/<token>.ics")
@linked
def feed(token: str) -> Response:
    """Give what a project has published since a year ago, as a calendar to subscribe to."""
    project = queries.project_by_calendar(token)
    events = queries.events_in_calendar(project.id)
    base = current_app.config["BASE_URL"]
    name = project.company.name if project.is_default else f"{project.company.name}: {project.name}"
    data = events_calendar(events, name=name, url=lambda event: f"{base}/events/{event.id}")
    response = Response(data, content_type=MEDIA_TYPE)
    # to be asked for anew each time, and sent anew only when something has changed
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(hashlib.sha256(data).hexdigest()[:32])
    return response.make_conditional(request.environ)
