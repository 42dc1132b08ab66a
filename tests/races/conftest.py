"""Real servers, and many clients that start at once."""

import pathlib
from collections.abc import Iterator

import pytest

from tests import databases
from tests.races.servers import Server, serving


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app as it is served: one process on SQLite with the jobs inside, and four on PostgreSQL with Redis."""
    folder: pathlib.Path = tmp_path_factory.mktemp("served")
    if request.param == "sqlite":
        with serving(folder) as server:
            yield server
        return
    databases_made = databases.postgresql_database()
    url = next(databases_made)
    grown = {"DATABASE_URL": url, "WORKERS": "4", "JOBS": "separate", "REDIS_URL": databases.REDIS}
    try:
        with serving(folder, **grown) as server:
            yield server
    finally:
        next(databases_made, None)
