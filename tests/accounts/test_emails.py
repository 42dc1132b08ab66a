"""What the e-mails of accounts say, in text and HTML alike."""

import html
import re

import pytest
from flask import Flask

from tests import factories
from tests.mails import Outbox
from webapp.accounts import emails, operations
from webapp.accounts.passwords import hash_password
from webapp.mail import rendering
from webapp.models import User


def everything(outbox: Outbox) -> dict[str, rendering.Rendered]:
    """Have every e-mail written once, and rendered while its link is good."""
    found: dict[str, rendering.Rendered] = {}

    def note() -> None:
        mail = outbox.last()
        rendered = rendering.render(mail)
        assert rendered is not None
        found[mail.template] = rendered

    operations.register(name='Neža <b>"Ž"</b>', email="neza@example.org", password_hash=hash_password("lipa pred hišo"))
    note()
    user = operations.verify(_token(found["verify-email"].text), password_hash=hash_password(factories.PASSWORD))
    operations.register(name="X", email="neza@example.org", password_hash="x")
    note()
    operations.request_reset(email="neza@example.org")
    note()
    actor = factories.acting(user)
    operations.change_password(
        actor, _proven(user), password_hash=hash_password(factories.PASSWORD), device="a new device"
    )
    note()
    operations.request_email_change(actor, _proven(user), email="nova@example.org")
    note()
    operations.confirm_email_change(_token(found["email-change"].text))
    note()
    operations.delete_account(actor, _proven(user))
    note()
    return found


def _proven(user: User) -> operations.Proven:
    return operations.prove(factories.acting(user), factories.PASSWORD)


def _token(text: str) -> str:
    return re.search(r"http\S+/([^/\s]+)$", text, re.MULTILINE)[1]


@pytest.fixture
def said(app: Flask, outbox: Outbox) -> dict[str, rendering.Rendered]:
    return everything(outbox)


def test_all_seven_are_written(said: dict[str, rendering.Rendered]):
    assert set(said) == {
        "verify-email",
        "already-registered",
        "reset-password",
        "password-changed",
        "email-change",
        "email-changed",
        "account-deleted",
    }
    assert set(emails.ASKED_FOR) < set(said)


def test_text_and_html_say_the_same(app: Flask, said: dict[str, rendering.Rendered]):
    for name, mail in said.items():
        assert mail.subject, name
        assert "\n" not in mail.subject
        links = set(re.findall(r"https?://\S+", mail.text))
        assert all(link.startswith(app.config["BASE_URL"]) for link in links), name
        assert links <= set(re.findall(r"https?://[^\s\"<]+", html.unescape(mail.html))), name
        assert "{{" not in mail.text + mail.html, name
        assert "%(" not in mail.text + mail.html, name


def test_a_name_is_shown_and_never_markup(said: dict[str, rendering.Rendered]):
    for name, mail in said.items():
        assert 'Hello Neža <b>"Ž"</b>,' in mail.text, name
        assert "<b>" not in mail.html, name
        assert "Neža &lt;b&gt;" in mail.html, name


def test_links_come_from_the_configured_address_not_from_the_host_header(app: Flask, outbox: Outbox):
    factories.an_account(email="a@example.org")
    operations.request_reset(email="a@example.org")
    with app.test_request_context(base_url="http://evil.example.net"):
        rendered = rendering.render(outbox.last())
    assert rendered is not None
    assert "evil" not in rendered.text + rendered.html
