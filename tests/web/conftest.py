"""An app with routes that go wrong in every way, on a database of its own."""

import pathlib
from collections.abc import Iterator
from typing import Any

import flask_migrate
import pytest
import sqlalchemy as sa
from flask import Blueprint, Flask, request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from tests import factories
from webapp import create_app
from webapp.core.database import db
from webapp.core.errors import BusyError, ConflictError, ForbiddenError, InputError, NotFoundError
from webapp.extensions import csrf
from webapp.web.access import public

ERRORS: dict[str, Exception] = {
    "unseen": NotFoundError(),
    "forbidden": ForbiddenError(),
    "conflict": ConflictError(),
    "input": InputError(fields={"name": "Please fill this in."}),
    "busy": BusyError(),
    "bad": BadRequest(),
    "big": RequestEntityTooLarge(),
    "bug": ZeroDivisionError("the inside of the app"),
}


def trouble(what: str) -> Any:
    """Go wrong."""
    if what in ERRORS:
        raise ERRORS[what]
    if what == "database":
        db.session.execute(sa.text("SELECT 1 FROM no_such_table"))
    return {"got": request.get_json() if what == "json" else len(request.get_data())}


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The app; its own routes are /trouble/<what> and /api/trouble/<what>."""
    folder: pathlib.Path = tmp_path_factory.mktemp("troubled")
    environ = {"INSTANCE_PATH": str(folder), "SECRET_KEY": "kept for tests", "JOBS": "none", "LIMITS": "no"}
    app = create_app(environ, TESTING=True, PROPAGATE_EXCEPTIONS=False)
    bp = Blueprint("trouble", __name__)
    bp.add_url_rule("/trouble/<what>", "page", public(trouble), methods=["GET", "POST"])
    bp.add_url_rule("/api/trouble/<what>", "program", public(trouble), methods=["GET", "POST"])
    csrf.exempt(bp)
    app.register_blueprint(bp)
    with app.app_context():
        flask_migrate.upgrade()
        factories.set_up_site()
        db.session.remove()
    yield app
    with app.app_context():
        db.engine.dispose()
