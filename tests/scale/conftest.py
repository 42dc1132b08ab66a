"""One large site a kind of database, built once and only read."""

import pathlib
from collections.abc import Iterator

import flask_migrate
import pytest
from flask import Flask

from tests import databases
from tests.scale import world
from tests.scale.world import World
from webapp import create_app
from webapp.core.database import db


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def large(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, World]]:
    """The app of a large site, and what is there."""
    opened = databases.postgresql_database() if request.param == "postgresql" else None
    folder: pathlib.Path = tmp_path_factory.mktemp("large")
    environ = {
        "INSTANCE_PATH": str(folder),
        "DATABASE_URL": next(opened) if opened else "",
        "SECRET_KEY": "kept for tests",
        "JOBS": "none",
        "LIMITS": "no",
    }
    app = create_app(environ, TESTING=True)
    with app.app_context():
        flask_migrate.upgrade()
        found = world.build()
        db.session.remove()
    yield app, found
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    if opened:
        next(opened, None)
