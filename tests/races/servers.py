"""The app under gunicorn, and the clients of a race."""

import concurrent.futures
import contextlib
import dataclasses
import http.client
import os
import pathlib
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Iterator

import flask_migrate
import pytest
from flask import Flask
from itsdangerous import URLSafeTimedSerializer

from tests import factories
from webapp import create_app
from webapp.core.database import db

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATIENCE = 60.0


@dataclasses.dataclass(frozen=True)
class Post:
    """What one client sends: where, which fields, and as whom (the secret of a session)."""

    path: str
    fields: dict[str, str]
    session: str | None = None


@dataclasses.dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    text: str


@dataclasses.dataclass
class Server:
    """A running server, and an app on the same database with which a test looks at its rows."""

    app: Flask
    port: int
    process: subprocess.Popen[bytes]

    def _headers(self, post: Post) -> tuple[dict[str, str], bytes]:
        raw = secrets.token_hex(20)
        serializer = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]
        token = URLSafeTimedSerializer(self.app.config["SECRET_KEY"], salt="wtf-csrf-token").dumps(raw)
        cookies = {"session": serializer.dumps({"csrf_token": raw})}
        if post.session is not None:
            cookies["identity"] = post.session
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            "Connection": "close",
        }
        return headers, urllib.parse.urlencode({**post.fields, "csrf_token": token}).encode()

    def at_once(self, posts: list[Post]) -> list[Answer]:
        """Let each of `posts` be sent by a client of its own, all at the same moment; return the answers."""
        barrier = threading.Barrier(len(posts))
        ready = [(post.path, *self._headers(post)) for post in posts]

        def send(path: str, headers: dict[str, str], body: bytes) -> Answer:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
            connection.connect()
            barrier.wait(PATIENCE)
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            answer = Answer(response.status, response.read().decode())
            connection.close()
            return answer

        with concurrent.futures.ThreadPoolExecutor(len(posts)) as pool:
            return list(pool.map(lambda one: send(*one), ready))

    def get(self, path: str) -> Answer:
        """Ask for a page."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("GET", path)
        response = connection.getresponse()
        answer = Answer(response.status, response.read().decode())
        connection.close()
        return answer


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _wait(server: Server, log: pathlib.Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if server.process.poll() is not None:
            break
        with contextlib.suppress(OSError):
            server.get("/healthz")
            return
        time.sleep(0.1)  # a server that is starting has nothing to wait on
    pytest.fail(f"the server did not start:\n{log.read_text()}")


@contextlib.contextmanager
def serving(folder: pathlib.Path, *, entry: str = "wsgi:app", **settings: str) -> Iterator[Server]:
    """Set the database up, serve the app at `entry`, and stop it in the end as a service manager would."""
    port = _free_port()
    environ = {
        "INSTANCE_PATH": str(folder),
        "SECRET_KEY": secrets.token_hex(20),
        "BASE_URL": f"http://127.0.0.1:{port}",
        "LIMITS": "no",
        "PORT": str(port),
        **settings,
    }
    app = create_app({**environ, "JOBS": "none"})
    log = folder / "server.log"
    with app.app_context():
        flask_migrate.upgrade()
        factories.set_up_site()
        db.session.remove()
        command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", entry]
        base = {name: value for name, value in os.environ.items() if not name.startswith(("FOLKMOOT", "MAIL_"))}
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=ROOT, env={**base, **environ}, stdout=output, stderr=subprocess.STDOUT
            )
        server = Server(app, port, process)
        try:
            _wait(server, log)
            yield server
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0, log.read_text()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            db.session.remove()
            db.engine.dispose()
