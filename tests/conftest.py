"""What every test may ask for: an app on an empty database, a browser, and the outbox."""

from collections.abc import Iterator

import flask_migrate
import pytest
import sqlalchemy as sa
from flask import Flask

from tests import databases, factories
from tests.browsers import Browser
from tests.mails import Outbox
from webapp import create_app
from webapp.core.database import Base, db

pytest_plugins = ["tests.certificates", "tests.full", "tests.smtp", "tests.together", "tests.world"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what is marked `both_databases` on each of them, and all else on SQLite."""
    if "database" in metafunc.fixturenames:
        both = metafunc.definition.get_closest_marker("both_databases")
        kinds = ["sqlite", "postgresql"] if both else ["sqlite"]
        metafunc.parametrize("database", kinds, indirect=True, scope="session")


@pytest.fixture(scope="session")
def apps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Flask]]:
    """The apps made so far, one a kind of database."""
    made: dict[str, Flask] = {}
    yield made
    for app in made.values():
        with app.app_context():
            db.engine.dispose()


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """The address of a PostgreSQL database for this run."""
    yield from databases.postgresql_database()


@pytest.fixture(scope="session")
def database(request: pytest.FixtureRequest, apps: dict[str, Flask], tmp_path_factory: pytest.TempPathFactory) -> str:
    """Make the app for one kind of database, migrated; return the kind."""
    kind: str = request.param
    if kind not in apps:
        url = request.getfixturevalue("postgresql_url") if kind == "postgresql" else ""
        environ = {
            "INSTANCE_PATH": str(tmp_path_factory.mktemp(kind)),
            "DATABASE_URL": url,
            "SECRET_KEY": "kept for tests",
            "BASE_URL": "http://folkmoot.example.org",
            "JOBS": "none",
            "LIMITS": "no",
        }
        app = create_app(environ, TESTING=True)
        with app.app_context():
            if kind == "sqlite":
                sa.event.listen(db.engine, "connect", lambda c, _: c.execute("PRAGMA synchronous=OFF"))
            flask_migrate.upgrade()
        apps[kind] = app
    return kind


@pytest.fixture
def app(database: str, apps: dict[str, Flask]) -> Iterator[Flask]:
    """An app that is set up, on an empty database, with its context pushed."""
    app = apps[database]
    config = dict(app.config)
    app.extensions.pop("site_view", None)
    with app.app_context():
        factories.set_up_site()
        yield app
        db.session.remove()
        databases.empty(db.engine, Base.metadata)
    app.config.clear()
    app.config.update(config)


@pytest.fixture
def browser(app: Flask) -> Browser:
    """A browser in which nobody is signed in."""
    return Browser(app)


@pytest.fixture
def other_browser(app: Flask) -> Browser:
    """Another browser, elsewhere."""
    return Browser(app)


@pytest.fixture
def outbox(app: Flask) -> Outbox:
    """The outbox: `outbox()` gives its rows, oldest first; `outbox("verify-email")` those of one template."""
    return Outbox(app)
