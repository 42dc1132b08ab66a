"""`make bench`: each page and endpoint in turn with the yardstick, on one server in one run: what else runs hits both.

The ratio is the yardstick's time by the page's: 1 is as fast as a bare Flask page of 50 rows. Times are medians and
hold for the machine they were taken on; ratios travel. `ARGS=--rounds=300` asks for more rounds; DATABASE_URL names
another database (an empty one) than SQLite.
"""

import argparse
import contextlib
import dataclasses
import functools
import html
import http.client
import json
import os
import pathlib
import re
import secrets
import statistics
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from itsdangerous import URLSafeTimedSerializer

from tests import factories
from tests.bench import world
from tests.races.servers import Server, serving
from webapp.core.database import db

YARDSTICK = "/yardstick/"


@dataclasses.dataclass(frozen=True)
class Page:
    """One thing to measure."""

    name: str
    path: str
    session: str | None = None
    form: dict[str, str] | None = None
    token: str | None = None
    data: Callable[[], dict[str, Any]] | None = None
    """What a program sends: something new each time."""
    rarely: bool = False
    """Whether it takes so long that a tenth of the rounds has to do."""


@dataclasses.dataclass(frozen=True)
class Figures:
    """What was found."""

    page: Page
    ratio: float
    milliseconds: float
    queries: int
    kilobytes: float


def _cookies(server: Server, page: Page) -> tuple[str, str]:
    raw = secrets.token_hex(20)
    token = URLSafeTimedSerializer(server.app.config["SECRET_KEY"], salt="wtf-csrf-token").dumps(raw)
    cookies = {}
    if page.form is not None:
        serializer = server.app.session_interface.get_signing_serializer(server.app)  # type: ignore[attr-defined]
        cookies["session"] = serializer.dumps({"csrf_token": raw})
    if page.session is not None:
        cookies["identity"] = page.session
    return "; ".join(f"{name}={value}" for name, value in cookies.items()), str(token)


def _request(server: Server, page: Page) -> tuple[dict[str, str], str | None]:
    """Return the headers and the body that ask for a page."""
    if page.token is not None:
        headers = {"Authorization": f"Bearer {page.token}", "Content-Type": "application/json"}
        return headers, json.dumps(page.data()) if page.data is not None else None
    cookies, token = _cookies(server, page)
    headers = {"Cookie": cookies} if cookies else {}
    if page.form is None:
        return headers, None
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    return headers, urllib.parse.urlencode({**page.form, "csrf_token": token})


def ask(connection: http.client.HTTPConnection, server: Server, page: Page) -> tuple[float, bytes, int]:
    """Ask for a page over an open connection; return the seconds it took, what came, and the status."""
    headers, body = _request(server, page)
    begun = time.perf_counter()
    connection.request("GET" if body is None else "POST", page.path, body, headers)
    response = connection.getresponse()
    content = response.read()
    return time.perf_counter() - begun, content, response.status


def queries(server: Server, page: Page) -> int:
    """Count the statements that a page needs."""
    seen: list[str] = []

    def note(*given: object) -> None:
        statement = str(given[2])
        if not statement.startswith(("BEGIN", "PRAGMA")):
            seen.append(statement)

    client = server.app.test_client(use_cookies=False)
    sa.event.listen(db.engine, "before_cursor_execute", note)
    for _ in range(2):  # the first one fills what is remembered
        headers, body = _request(server, page)
        seen.clear()
        with server.app.app_context():  # of its own, as on the server
            client.open(page.path, method="POST" if body else "GET", data=body, headers=headers)
    sa.event.remove(db.engine, "before_cursor_execute", note)
    return len(seen)


def measure(server: Server, page: Page, rounds: int) -> Figures:
    """Measure one page, each time next to the yardstick."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    yardstick = Page("yardstick", YARDSTICK)
    ours, bare = [], []
    content = b""
    warming = 1 if page.rarely else 10
    for number in range((rounds // 10 if page.rarely else rounds) + warming):
        taken_bare, _, status = ask(connection, server, yardstick)
        assert status == 200, status
        taken, content, status = ask(connection, server, page)
        assert status in {200, 201, 303}, (page.name, status)
        if number >= warming:  # the first ones warm up
            ours.append(taken)
            bare.append(taken_bare)
    connection.close()
    middle = statistics.median(ours)
    return Figures(page, statistics.median(bare) / middle, middle * 1000, queries(server, page), len(content) / 1024)


def far_page(server: Server, paths: world.Paths, pages: int) -> str:
    """Turn so many pages of the long guest list over; return the address of the one that comes next."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    address = paths.many
    for _ in range(pages):
        content = ask(connection, server, Page("", address, paths.session))[1].decode()
        found = re.search(r'href="([^"]*[?&;]page=[^"]+)"[^>]*rel="next"|rel="next"[^>]*href="([^"]+)"', content)
        assert found, "no next page"
        address = html.unescape(found[1] or found[2])
        if address.startswith("?"):
            address = paths.many + address
    connection.close()
    return address


def pages_of(server: Server, paths: world.Paths) -> list[Page]:
    """Everything that is measured."""
    typed = {"email": paths.email, "password": factories.PASSWORD}
    event, few = paths.event.rpartition("/")[2], paths.few.split("/")[2]
    program = functools.partial(Page, token=paths.token)
    return [
        Page("event page, nobody signed in", paths.event),
        Page("event page, its organiser", paths.event, paths.session),
        Page("event list, nobody signed in", "/events"),
        Page("event list, signed in", "/events", paths.session),
        Page(f"guest list of {world.FEW}", paths.few, paths.session),
        Page(f"guest list of {world.MANY:,}", paths.many, paths.session),
        Page(f"guest list of {world.MANY:,}, 20 pages on", far_page(server, paths, 20), paths.session),
        Page(f"dashboard of {world.HELD} events, {world.MANY:,} guests", paths.dashboard, paths.owner),
        Page("a guest's own page", paths.personal),
        Page("the sign-in page", "/login"),
        Page("signing in (the password's hash)", "/login", form=typed),
        program("GET /api/events, 50", "/api/events"),
        program("GET /api/events?search=, 50 of 300", f"/api/events?search={quote(world.COMMON)}"),
        program(f"GET /api/guests/<uuid>, 50 of {world.MANY:,}", f"/api/guests/{paths.many.split('/')[2]}"),
        program("POST /api/guest/<uuid>", f"/api/guest/{event}", data=lambda: {"email": somebody()}),
        program(
            "POST /api/guests/<uuid>/import, 1,000 at once",
            f"/api/guests/{few}/import",
            data=lambda: {"guests": [{"email": somebody()} for _ in range(1000)]},
            rarely=True,
        ),
    ]


def somebody() -> str:
    """Return an address that no guest has."""
    return f"{secrets.token_hex(8)}@example.org"


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Measure everything and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=150)
    rounds = parser.parse_args().rounds
    settings = {"JOBS": "none", "DATABASE_URL": os.environ.get("DATABASE_URL", "")}
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(serving(folder, entry="tests.bench.served:app", **settings))
        paths = world.make()
        say(f"One process on {db.engine.dialect.name}, median of {rounds} rounds.\n")
        say("| page | ratio | ms | queries | KB |\n| --- | ---: | ---: | ---: | ---: |")
        for page in (Page("the yardstick", YARDSTICK), *pages_of(server, paths)):
            found = measure(server, page, rounds)
            asked = "" if page.path == YARDSTICK else found.queries
            say(f"| {page.name} | {found.ratio:.2f} | {found.milliseconds:.1f} | {asked} | {found.kilobytes:.0f} |")


if __name__ == "__main__":
    main()
