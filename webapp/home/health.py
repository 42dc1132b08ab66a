"""Whether the process is up, and whether it can do its work: for proxies, containers and those who watch over it."""

import logging

from flask import Blueprint, current_app, jsonify
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from webapp.core import jobs
from webapp.core.database import db
from webapp.core.operation import end_read
from webapp.models import Site
from webapp.web.access import public

log = logging.getLogger(__name__)
bp = Blueprint("health", __name__)


def _database_answers() -> bool:
    try:
        return db.session.scalar(select(Site.id)) is not None
    except SQLAlchemyError:
        log.warning("the database does not answer", exc_info=True)
        return False
    finally:
        end_read()


@bp.get("/healthz")
@public
def healthz() -> Response:
    """Say that the process is up; asks nobody else."""
    return jsonify(status="ok")


@bp.get("/readyz")
@public
def readyz() -> tuple[Response, int]:
    """Say whether the database answers and jobs run: 200, or 503 with what is missing."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 jobs belong to the app
    parts = {"database": _database_answers(), "jobs": jobs.are_running(app)}
    ready = all(parts.values())
    return jsonify(status="ok" if ready else "not ready", **parts), 200 if ready else 503
