"""Making an account, from the page to the proven address."""

import datetime as dt
import re

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from tests import factories
from tests.browsers import Browser, words
from tests.mails import Outbox
from webapp.accounts import operations
from webapp.accounts.passwords import hash_password, verify_password
from webapp.core import clock
from webapp.core.database import db
from webapp.core.errors import DuplicateError
from webapp.models import Company, Membership, OneTimeLink, Project, User

GOOD = {"name": "Neža Žagar", "email": "neza@example.org", "password": "lipa pred hišo"}
VERIFY = r"/verify/\S+"


def person(email: str = GOOD["email"]) -> User:
    found = db.session.scalar(select(User).where(User.email_key == email.casefold()))
    assert found is not None
    return found


def test_a_person_registers_confirms_and_is_signed_in_with_a_company(app: Flask, browser: Browser, outbox: Outbox):
    answer = browser.submit("/register", GOOD)
    assert answer.status_code == 303
    assert "mailbox" in words(browser.follow(answer))
    assert person().verified_at is None
    link = outbox.link("verify-email", VERIFY)

    page = browser.get(link)
    assert page.status_code == 200
    assert 'type="password"' not in page.text
    assert person().verified_at is None  # looking changes nothing

    answer = browser.submit(link)
    assert answer.status_code == 303
    assert person().verified_at is not None
    assert browser.get("/account").status_code == 200
    company = db.session.scalars(select(Company)).one()
    assert company.name == "Neža Žagar's company"
    assert db.session.scalars(select(Project)).one().is_default
    assert db.session.scalars(select(Membership)).one().role == "owner"
    assert verify_password(person().password_hash, GOOD["password"])
    assert browser.get(link).status_code == 410


def test_another_browser_chooses_the_password_anew(
    app: Flask, browser: Browser, other_browser: Browser, outbox: Outbox
):
    browser.submit("/register", GOOD)
    link = outbox.link("verify-email", VERIFY)
    assert 'type="password"' in other_browser.get(link).text
    refused = other_browser.submit(link, password="")
    assert refused.status_code == 422
    assert person().verified_at is None
    assert other_browser.submit(link, password="moja lastna beseda").status_code == 303
    assert verify_password(person().password_hash, "moja lastna beseda")
    assert not verify_password(person().password_hash, GOOD["password"])
    assert browser.submit("/login", email=GOOD["email"], password=GOOD["password"]).status_code == 422


def test_a_known_address_gets_the_same_answer_and_its_owner_a_mail(app: Flask, browser: Browser, outbox: Outbox):
    owner = factories.an_account("Ana", email=GOOD["email"])
    known = browser.submit("/register", GOOD)
    unknown = browser.submit("/register", {**GOOD, "email": "other@example.org"})
    assert (known.status_code, known.headers["Location"]) == (unknown.status_code, unknown.headers["Location"])
    assert known.text == unknown.text
    db.session.refresh(owner)
    assert owner.name == "Ana"
    assert [mail.template for mail in outbox() if mail.to_email == GOOD["email"]] == ["already-registered"]


def test_registering_an_unproven_address_again_replaces_what_was_typed_first(
    app: Flask, browser: Browser, other_browser: Browser, outbox: Outbox
):
    other_browser.submit("/register", {**GOOD, "name": "Somebody Else", "password": "not her password"})
    first = outbox.link("verify-email", VERIFY)
    browser.submit("/register", GOOD)
    second = outbox.link("verify-email", VERIFY)
    assert db.session.scalar(select(func.count()).select_from(User)) == 1
    assert other_browser.submit(first, password="a third password").status_code == 410
    assert browser.submit(second).status_code == 303
    assert person().name == GOOD["name"]
    assert verify_password(person().password_hash, GOOD["password"])


def test_addresses_that_differ_in_case_or_form_are_one(app: Flask, browser: Browser):
    browser.submit("/register", GOOD)
    browser.submit("/register", {**GOOD, "email": "NEZA@Example.ORG"})
    browser.submit("/register", {**GOOD, "email": "ＮＥＺＡ@example.org"})  # noqa: RUF001 full-width letters are meant
    assert db.session.scalar(select(func.count()).select_from(User)) == 1


def test_a_link_dies_with_time(app: Flask, browser: Browser, outbox: Outbox):
    browser.submit("/register", GOOD)
    link = outbox.link("verify-email", VERIFY)
    with time_machine.travel(clock.now() + dt.timedelta(hours=24, seconds=1), tick=False):
        assert browser.get(link).status_code == 410
        assert browser.submit(link).status_code == 410
    assert person().verified_at is None
    assert browser.get(link).status_code == 200


def test_a_link_that_was_changed_leads_nowhere(app: Flask, browser: Browser, outbox: Outbox):
    browser.submit("/register", GOOD)
    link = outbox.link("verify-email", VERIFY)
    assert browser.get(link[:-3] + "abc").status_code == 404
    assert browser.get(link.replace("/verify/", "/reset-password/")).status_code == 404


def test_nothing_secret_is_kept(app: Flask, browser: Browser, outbox: Outbox):
    answer = browser.submit("/register", GOOD)
    token = outbox.link("verify-email", VERIFY).removeprefix("/verify/")
    link = db.session.scalars(select(OneTimeLink)).one()
    assert token not in str(outbox.last().context)
    assert token != link.nonce
    secret = re.search(r"registering=([^;]+);", answer.headers["Set-Cookie"])[1]
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert person().registered_by not in {None, secret}
    assert GOOD["password"] not in person().password_hash


def test_where_one_was_heading_is_remembered_over_the_mail(app: Flask, browser: Browser, outbox: Outbox):
    browser.submit("/register", GOOD, next="/companies?x=1")
    assert browser.submit(outbox.link("verify-email", VERIFY)).headers["Location"] == "/companies?x=1"


@pytest.mark.parametrize(
    "next_url", ["//evil.example.org", "https://evil.example.org", "/\\evil.example.org", "javascript:x"]
)
def test_only_own_paths_are_followed(app: Flask, browser: Browser, outbox: Outbox, next_url: str):
    browser.submit("/register", GOOD, next=next_url)
    assert browser.submit(outbox.link("verify-email", VERIFY)).headers["Location"] == "/"


def test_by_invitation_only_nobody_registers(app: Flask, browser: Browser, outbox: Outbox):
    factories.set_up_site(registration="invitation")
    app.extensions.pop("site_view", None)
    assert "invitation" in words(browser.get("/register"))
    assert browser.submit("/register", GOOD).status_code == 403
    assert outbox() == []


def test_the_sites_own_word_wins_over_the_setting(app: Flask, browser: Browser):
    app.config["REGISTRATION"] = "invitation"
    factories.set_up_site(registration="open")
    app.extensions.pop("site_view", None)
    assert browser.submit("/register", GOOD).status_code == 303
    app.extensions.pop("site_view", None)
    factories.set_up_site(registration=None)
    assert browser.submit("/register", {**GOOD, "email": "b@example.org"}).status_code == 403


def test_only_allowed_domains_register(app: Flask, browser: Browser):
    factories.set_up_site(allowed_domains="moot.example.org\n@lipa.example.org")
    refused = browser.submit("/register", GOOD)
    assert refused.status_code == 422
    assert "domains" in words(refused)
    assert browser.submit("/register", {**GOOD, "email": "a@lipa.example.org"}).status_code == 303


def test_an_invited_account_takes_over_an_address_nobody_has_proven(app: Flask, browser: Browser):
    browser.submit("/register", GOOD)
    made = operations.create_account(
        factories.acting(factories.an_account()),
        name="Ana",
        email=GOOD["email"],
        password_hash=hash_password("a password of hers"),
        verified=True,
    )
    assert made.name == "Ana"
    assert made.is_active
    with pytest.raises(DuplicateError):
        operations.create_account(
            factories.acting(made), name="B", email=GOOD["email"], password_hash="x", verified=False
        )


def test_confirming_where_somebody_else_is_signed_in_ends_their_session_there(
    app: Flask, browser: Browser, other_browser: Browser, outbox: Outbox
):
    other_browser.sign_in(factories.an_account("Ana"))
    before = other_browser.client.get_cookie("identity")
    assert before is not None
    browser.submit("/register", GOOD)
    link = outbox.link("verify-email", VERIFY)
    assert other_browser.submit(link, password=GOOD["password"]).status_code == 303
    assert "Neža Žagar" in words(other_browser.get("/account"))
    other_browser.client.set_cookie("identity", before.value)
    assert other_browser.get("/account").status_code == 303
