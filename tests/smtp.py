"""A real SMTP server that tests can look into, and that can be told to refuse, to be slow, or to be gone.

The fixture `smtp` starts one and sets the app's mail settings to it.
"""

import asyncio
import email
import email.policy
import socket
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask

from webapp.models import OutboxMail


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Handler:
    """What the server does with each step of a delivery."""

    def __init__(self) -> None:
        self.delivered: list[EmailMessage] = []
        self.changed = threading.Condition()
        self.envelopes: list[Envelope] = []
        self.connections = 0
        self.refused: dict[str, str] = {}
        self.refused_senders: dict[str, str] = {}
        self.refuse_content = ""
        self.silent = False

    async def handle_EHLO(  # noqa: N802 as aiosmtpd calls it
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802 as aiosmtpd calls it
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := self.refused_senders.get(address):
            return answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 as aiosmtpd calls it
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if answer := self.refused.get(address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 as above
        if self.silent:
            await asyncio.Event().wait()
        if self.refuse_content:
            return self.refuse_content
        assert isinstance(envelope.content, bytes)
        with self.changed:
            self.envelopes.append(envelope)
            self.delivered.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
            self.changed.notify_all()
        return "250 taken"


class MailServer:
    """An SMTP server on a port of its own, which it keeps when it goes down and comes up again.

    `delivered` holds the messages it took, oldest first. `refuse(address, "550 No such user")` refuses a recipient;
    `refuse_content = "554 Spam"` what is written; `silent = True` never answers; `down()` and `up()`.
    """

    def __init__(self, **options: Any) -> None:
        self.port = free_port()
        self.handler = Handler()
        self._options = {"enable_SMTPUTF8": True, **options}
        self._controller: Controller | None = None

    def up(self) -> None:
        if self._controller is None:
            self._controller = Controller(
                self.handler, hostname="127.0.0.1", port=self.port, ready_timeout=30, **self._options
            )
            self._controller.start()

    def down(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    @property
    def delivered(self) -> list[EmailMessage]:
        return self.handler.delivered

    def wait_for(self, number: int, patience: float = 60) -> None:
        """Wait until so many messages were taken, for `patience` seconds at most: mails sent by another process."""
        with self.handler.changed:
            assert self.handler.changed.wait_for(lambda: len(self.delivered) >= number, patience), self.delivered

    def to(self, address: str) -> list[EmailMessage]:
        """The messages that went to `address`."""
        pairs = zip(self.handler.envelopes, self.delivered, strict=True)
        return [message for envelope, message in pairs if address in envelope.rcpt_tos]

    def refuse(self, address: str, answer: str) -> None:
        self.handler.refused[address] = answer

    def accept(self, address: str) -> None:
        self.handler.refused.pop(address, None)


def body(message: EmailMessage, kind: str = "plain") -> str:
    """The text (or HTML) part of a delivered message."""
    part = message.get_body((kind,))
    assert part is not None, f"no {kind} part"
    return str(part.get_content()).replace("\r\n", "\n")


def use(app: Flask, server: MailServer, **settings: Any) -> None:
    """Set the app's mail settings to `server`."""
    app.config.update(
        MAIL_SERVER="127.0.0.1",
        MAIL_PORT=server.port,
        MAIL_USE_TLS=False,
        MAIL_USE_SSL=False,
        MAIL_TIMEOUT=20,
        MAIL_USERNAME="",
        MAIL_PASSWORD="",
    )
    app.config.update(settings)


@pytest.fixture
def smtp(app: Flask) -> Iterator[MailServer]:
    """A running SMTP server that the app sends its mails to (jobs are run by hand, as always in tests)."""
    server = MailServer()
    server.up()
    use(app, server)
    app.extensions.pop("mail_paused_until", None)
    yield server
    server.down()
    app.extensions.pop("mail_paused_until", None)


def states(mails: list[OutboxMail]) -> list[str]:
    return [mail.state for mail in mails]
