"""Names and titles that want to become headers of an e-mail."""

import email
import email.policy

import pytest
from flask import Flask

from tests.browsers import Browser
from tests.mails import Outbox
from webapp.core import clock
from webapp.mail.letters import Envelope, Letter, write_letter
from webapp.mail.rendering import Rendered, render

SENDER = "Folkmoot <folkmoot@example.org>"
HEADERS = {
    "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "List-Unsubscribe", "List-Unsubscribe-Post",
    "MIME-Version", "Content-Type",
}  # fmt: skip
WORDS = [
    "=?utf-8?q?a=0d=0aBcc:_evil@example.org?=",
    "=?utf-8?b?DQpCY2M6IGV2aWxAZXhhbXBsZS5vcmc=?=",
    "Ž =?utf-8?q?a?= =?utf-8?q?=0d=0aBcc:_evil@example.org?=",
    "==??utf-8?q?=0d=0aBcc:_evil@example.org??==",
    "=?utf-8?q?=0a?=",
    "=?utf-8?q?=00?=",
    "=?x?q?a?=",
    "a\r\nBcc: evil@example.org",
    "a\u2028Bcc: evil@example.org",
    'a" <evil@example.org>, "b',
    "a\\",
    "<>",
    "a,b;c:d@e (x",
    "é" * 255,
    "🌳" * 255,
    "=?" * 127,
]


def letter(*, to: str = "ana@example.org", name: str = "Ana", subject: str = "Hello") -> Letter:
    envelope = Envelope(to, name, "<1@folkmoot.example.org>", clock.now())
    said = Rendered(subject=subject, text="t", html="h", unsubscribe="http://folkmoot.example.org/unsubscribe/x")
    return write_letter(envelope, said, SENDER)


def names_of_headers(wire: bytes) -> set[str]:
    """The headers as a server reads them, line by line."""
    head = wire.split(b"\r\n\r\n", 1)[0]
    assert b"\n" not in head.replace(b"\r\n", b"")
    assert b"\r" not in head.replace(b"\r\n", b"")
    lines = [line for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    return {line.split(b":", 1)[0].decode() for line in lines}


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("to", ["ana@example.org", "žan@example.org"])
def test_no_name_and_no_subject_becomes_a_header(words: str, to: str):
    for written in (letter(to=to, name=words), letter(to=to, subject=words)):
        assert names_of_headers(written.wire) == HEADERS


@pytest.mark.parametrize("words", WORDS)
def test_no_name_brings_another_recipient(words: str):
    read = email.message_from_bytes(letter(name=words).wire, policy=email.policy.SMTP)
    assert [address.addr_spec for address in read["To"].addresses] == ["ana@example.org"]


def test_whoever_registers_sends_no_headers_to_whomever_they_name(app: Flask, browser: Browser, outbox: Outbox):
    browser.submit(
        "/register",
        name="=?utf-8?q?a=0d=0aBcc:_evil@example.org?=",
        email="ana@example.org",
        password="a long and quiet evening",
    )
    mail = outbox.last("verify-email")
    rendered = render(mail)
    assert rendered is not None
    written = write_letter(Envelope.of(mail), rendered, SENDER)
    assert names_of_headers(written.wire) <= HEADERS
