"""Folkmoot as people meet it: gunicorn on a port and an instance of its own, and an SMTP server beside it."""

import contextlib
import dataclasses
import os
import pathlib
import queue
import re
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from email.message import EmailMessage

import flask_migrate
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask

from tests.smtp import Handler, MailServer, body, free_port
from webapp import create_app
from webapp.core.database import db

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATIENCE = 60.0


class _Doorbell(Handler):
    """Rings when a letter has come."""

    def __init__(self) -> None:
        super().__init__()
        self.rung = threading.Condition()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 as aiosmtpd
        answer = await super().handle_DATA(server, session, envelope)
        with self.rung:
            self.rung.notify_all()
        return answer


class Postbox(MailServer):
    """Everybody's mailbox."""

    def __init__(self) -> None:
        super().__init__()
        self.handler: _Doorbell = _Doorbell()

    def letter(self, address: str, about: str) -> EmailMessage:
        """The newest e-mail to `address` with `about` in its subject; waits for it."""

        def come() -> EmailMessage | None:
            found = [message for message in self.to(address) if about in str(message["Subject"])]
            return found[-1] if found else None

        with self.handler.rung:
            message = self.handler.rung.wait_for(come, PATIENCE)
        subjects = [f"{message['To']}: {message['Subject']}" for message in self.delivered]
        assert message is not None, f"no e-mail to {address} about {about!r} among {subjects}"
        return message


def link_in(message: EmailMessage, path: str) -> str:
    """The link in the plain text of an e-mail whose path begins with `path`."""
    found = re.search(rf"https?://[^/\s]+{re.escape(path)}\S*", body(message))
    assert found, body(message)
    return found.group()


@dataclasses.dataclass
class House:
    """A running server. `app` is the same app in this process, on the same database; it works off no jobs."""

    address: str
    app: Flask
    mails: Postbox
    said: "queue.Queue[str]"

    def says(self, pattern: str) -> str:
        """What fits `pattern` in a line that the server prints; waits for it."""
        while True:
            line = self.said.get(timeout=PATIENCE)
            if found := re.search(pattern, line):
                return found.group()


def _listen(process: subprocess.Popen[str], said: "queue.Queue[str]") -> None:
    assert process.stdout is not None
    for line in process.stdout:
        sys.stdout.write(line)  # a test that fails shows it
        said.put(line)


@contextlib.contextmanager
def standing(folder: pathlib.Path, fill: Callable[[Flask], None] | None = None) -> Iterator[House]:
    """A house in `folder`: migrated, filled by `fill` (in the context of an app), served, and stopped in the end."""
    port = free_port()
    mails = Postbox()
    environ = {
        "INSTANCE_PATH": str(folder),
        "SECRET_KEY": secrets.token_hex(20),
        "BASE_URL": f"http://127.0.0.1:{port}",
        "PORT": str(port),
        "LIMITS": "no",
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(mails.port),
        "MAIL_USE_TLS": "no",
        "DATABASE_URL": "",
        "REDIS_URL": "",
    }
    app = create_app({**environ, "JOBS": "none"})
    with app.app_context():
        flask_migrate.upgrade()
        if fill is not None:
            fill(app)
        db.session.remove()
    mails.up()
    command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "wsgi:app"]
    base = {name: value for name, value in os.environ.items() if not name.startswith(("FOLKMOOT", "MAIL_"))}
    process = subprocess.Popen(
        command, cwd=ROOT, env={**base, **environ}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    said: queue.Queue[str] = queue.Queue()
    listener = threading.Thread(target=_listen, args=(process, said))
    listener.start()
    house = House(environ["BASE_URL"], app, mails, said)
    try:
        house.says("Folkmoot is at .*")
        yield house
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        listener.join(PATIENCE)
        process.stdout.close()
        mails.down()
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
