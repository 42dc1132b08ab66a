"""Mails through the real server: from whatever process wrote them, and over a kill."""

import pytest
from flask import Flask

from tests import factories
from tests.faults.servers import PATIENCE, Server
from tests.smtp import MailServer, body
from webapp import create_app
from webapp.accounts import operations
from webapp.core.database import db

pytestmark = pytest.mark.race


@pytest.fixture
def mail_server():
    server = MailServer()
    yield server
    server.down()


@pytest.fixture
def start(tmp_path, mail_server):
    running = []

    def start():
        settings = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(mail_server.port), "MAIL_USE_TLS": "no"}
        server = Server(tmp_path / "instance", **settings)
        running.append(server)
        server.until("/readyz", 200)
        return server

    yield start
    for server in running:
        server.kill()


def another_process(server: Server, jobs: str) -> Flask:
    """The app as another process on the same instance has it."""
    return create_app({**server.environ, "JOBS": jobs})


def register(app: Flask, email: str) -> None:
    with app.app_context():
        factories.set_up_site()
        operations.register(name="Maja", email=email, password_hash=factories.password_hash())
        db.engine.dispose()


def test_the_consumer_sends_what_another_process_wrote(start, mail_server):
    mail_server.up()
    server = start()
    app = another_process(server, "separate")
    register(app, "maja@example.org")
    app.extensions["job_backend"].close()
    mail_server.wait_for(1, PATIENCE)
    (message,) = mail_server.to("maja@example.org")
    assert f"{server.base}/verify/" in body(message)
    assert server.terminate() == 0


def test_what_the_queue_lost_goes_out_with_the_next_start(start, mail_server):
    first = start()
    first.process.kill()
    first.ended()
    register(another_process(first, "none"), "maja@example.org")
    mail_server.up()
    again = start()
    mail_server.wait_for(1, PATIENCE)
    assert len(mail_server.to("maja@example.org")) == 1
    assert again.terminate() == 0
