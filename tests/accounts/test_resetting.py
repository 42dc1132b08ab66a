"""The way back in without the password, and the mail once more."""

import datetime as dt

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.browsers import Browser, words
from tests.mails import Outbox
from webapp.accounts import operations
from webapp.accounts.passwords import hash_password, verify_password
from webapp.core import clock
from webapp.core.database import db
from webapp.core.tokens import TokenExpiredError
from webapp.models import LoginSession, OneTimeLink, User

RESET = r"/reset-password/\S+"
NEW = "čisto nova beseda"


@pytest.fixture
def ana(app: Flask) -> User:
    return factories.an_account("Ana", email="ana@example.org")


def test_a_mailed_link_sets_a_new_password_and_ends_every_session(
    app: Flask, browser: Browser, other_browser: Browser, ana: User, outbox: Outbox
):
    other_browser.sign_in(ana)
    assert browser.submit("/forgot-password", email=ana.email).status_code == 303
    link = outbox.link("reset-password", RESET)
    assert browser.get(link).status_code == 200
    assert other_browser.get("/account").status_code == 200
    assert browser.submit(link, password=NEW).headers["Location"] == "/login"
    assert other_browser.get("/account").status_code == 303
    assert browser.submit("/login", email=ana.email, password=factories.PASSWORD).status_code == 422
    assert browser.submit("/login", email=ana.email, password=NEW).status_code == 303
    assert outbox.last("password-changed").to_email == ana.email


def test_a_link_works_once(app: Flask, browser: Browser, ana: User, outbox: Outbox):
    browser.submit("/forgot-password", email=ana.email)
    link = outbox.link("reset-password", RESET)
    browser.submit(link, password=NEW)
    assert browser.get(link).status_code == 410
    assert browser.submit(link, password="somebody else's").status_code == 410
    assert browser.submit("/login", email=ana.email, password=NEW).status_code == 303


def test_a_refused_password_does_not_use_the_link_up(app: Flask, browser: Browser, ana: User, outbox: Outbox):
    browser.submit("/forgot-password", email=ana.email)
    link = outbox.link("reset-password", RESET)
    assert browser.submit(link, password="short").status_code == 422
    assert browser.submit(link, password=NEW).status_code == 303


def test_a_newer_link_ends_the_one_before(app: Flask, browser: Browser, ana: User, outbox: Outbox):
    browser.submit("/forgot-password", email=ana.email)
    first = outbox.link("reset-password", RESET)
    browser.submit("/forgot-password", email=ana.email)
    second = outbox.link("reset-password", RESET)
    assert browser.get(first).status_code == 410
    assert browser.get(second).status_code == 200


def test_a_password_change_ends_the_link(app: Flask, browser: Browser, ana: User, outbox: Outbox):
    browser.submit("/forgot-password", email=ana.email)
    link = outbox.link("reset-password", RESET)
    actor = factories.acting(ana)
    operations.change_password(actor, operations.prove(actor, factories.PASSWORD), password_hash=hash_password(NEW))
    assert browser.get(link).status_code == 410


def test_a_link_ends_after_four_hours(app: Flask, browser: Browser, ana: User, outbox: Outbox):
    browser.submit("/forgot-password", email=ana.email)
    link = outbox.link("reset-password", RESET)
    with time_machine.travel(clock.now() + dt.timedelta(hours=4, seconds=1), tick=False):
        assert browser.submit(link, password=NEW).status_code == 410


def test_a_mail_whose_link_is_dead_is_not_sent(app: Flask, browser: Browser, ana: User, outbox: Outbox):
    browser.submit("/forgot-password", email=ana.email)
    browser.submit("/forgot-password", email=ana.email)
    first, second = outbox("reset-password")
    with pytest.raises(AssertionError, match="dropped"):
        outbox.text(first)
    assert outbox.text(second)


def test_known_and_unknown_addresses_get_the_same_answer(app: Flask, browser: Browser, ana: User, outbox: Outbox):
    answers = [browser.submit("/forgot-password", email=mail) for mail in (ana.email, "nobody@example.org")]
    assert answers[0].status_code == answers[1].status_code == 303
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert [mail.to_email for mail in outbox()] == [ana.email]


@pytest.mark.both_databases
def test_an_unknown_address_has_an_email_written_and_taken_back(
    app: Flask, ana: User, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
):
    handed: list[str] = []
    monkeypatch.setitem(
        app.extensions, "job_backend", type("Backend", (), {"put": lambda _, *a: handed.append(a[0])})()
    )
    operations.request_reset(email="nobody@example.org")
    operations.request_reset(email=str(ana.email))
    assert handed == ["mail.deliver", "mail.deliver"]
    assert len(outbox()) == 1


def test_an_unconfirmed_account_that_forgot_gets_its_confirmation(app: Flask, browser: Browser, outbox: Outbox):
    new = factories.an_account(email="new@example.org", verified=False)
    browser.submit("/forgot-password", email="new@example.org")
    link = outbox.link("verify-email", r"/verify/\S+")
    assert browser.submit(link, password=NEW).status_code == 303
    db.session.refresh(new)
    assert new.verified_at is not None
    assert verify_password(new.password_hash, NEW)


def test_five_mails_a_day_go_to_one_recipient(app: Flask, browser: Browser, ana: User, outbox: Outbox):
    app.config["LIMITS"] = True
    start = clock.now()
    for number in range(7):
        browser.address = {"REMOTE_ADDR": f"203.0.113.{number}"}
        assert browser.submit("/forgot-password", email=ana.email).status_code == 303
    assert len(outbox()) == 5
    operations.resend(email=str(ana.email))
    operations.register(name="B", email=str(ana.email), password_hash="x")
    assert len(outbox()) == 5
    operations.request_reset(email="other@example.org")
    factories.an_account(email="third@example.org")
    operations.request_reset(email="third@example.org")
    assert len(outbox()) == 6
    with time_machine.travel(start + dt.timedelta(days=1, seconds=5), tick=False):
        operations.request_reset(email=str(ana.email))
    assert len(outbox()) == 7


@pytest.mark.both_databases
def test_of_many_at_once_one_uses_a_link(app: Flask, ana: User, outbox: Outbox):
    operations.request_reset(email=str(ana.email))
    token = outbox.link("reset-password", RESET).removeprefix("/reset-password/")
    operations.reset_password(token, password_hash=hash_password(NEW))
    with pytest.raises(TokenExpiredError):
        operations.reset_password(token, password_hash="x")
    assert db.session.scalar(select(OneTimeLink.ended_at)) is not None
    assert db.session.scalars(select(LoginSession).where(LoginSession.revoked_at.is_(None))).all() == []


@pytest.mark.both_databases
def test_the_mail_says_whose_it_is_and_what_to_do(app: Flask, ana: User, outbox: Outbox):
    operations.request_reset(email=str(ana.email))
    text = outbox.text(outbox.last())
    assert text.startswith("Hello Ana,\n\n")
    assert "four" not in text
    assert "4 hours" in text
    assert app.config["BASE_URL"] in text


def test_a_disabled_account_gets_no_link(app: Flask, browser: Browser, outbox: Outbox):
    factories.an_account(email="off@example.org", disabled_at=clock.now())
    assert "mailbox" in words(browser.follow(browser.submit("/forgot-password", email="off@example.org")))
    assert outbox() == []
