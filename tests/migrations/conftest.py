"""Apps on databases of their own, for tests that take tables down."""

import pathlib
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from tests import databases
from webapp import create_app
from webapp.core.database import db

MakeApp = Callable[[], Flask]


@pytest.fixture
def make_app(kind: str, tmp_path: pathlib.Path) -> Iterator[MakeApp]:
    """Return what makes an app on a new, empty database of this kind."""
    made: list[Flask] = []
    opened: list[Iterator[str]] = []

    def make() -> Flask:
        url = ""
        if kind == "postgresql":
            opened.append(databases.postgresql_database())
            url = next(opened[-1])
        environ = {
            "INSTANCE_PATH": str(tmp_path / str(len(made))),
            "DATABASE_URL": url,
            "SECRET_KEY": "kept for tests",
            "JOBS": "none",
            "LIMITS": "no",
        }
        made.append(create_app(environ, TESTING=True))
        return made[-1]

    yield make
    for app in made:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
    for database in opened:
        next(database, None)


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which database."""
    return str(request.param)


@pytest.fixture
def fresh(make_app: MakeApp) -> Iterator[Flask]:
    """An app on a new, empty database, with its context pushed."""
    app = make_app()
    with app.app_context():
        yield app
        db.session.remove()
