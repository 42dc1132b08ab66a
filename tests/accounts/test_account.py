"""One's own account."""

import json
import uuid

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests import factories
from tests.browsers import Browser, words
from tests.mails import Outbox
from webapp.accounts import operations, queries
from webapp.accounts.errors import TakenError, WrongCredentialsError
from webapp.accounts.passwords import hash_password
from webapp.accounts.schemas import ProfileInput
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.errors import InputError, NotFoundError
from webapp.core.operation import operation
from webapp.core.permissions import Role
from webapp.models import Company, Guest, JournalEntry, LoginSession, Membership, User

NEW = "čisto nova beseda"
ETH = "0x" + "aB" * 20
PROFILE = {"name": "Ana", "surname": "Kos", "eth_address": ETH, "timezone": "Europe/Ljubljana"}


@pytest.fixture
def ana(app: Flask) -> User:
    return factories.an_account("Ana", email="ana@example.org")


@operation
def _never_fresh() -> None:
    db.session.execute(update(LoginSession).values(fresh_at=None))


def fresh(user: User) -> User:
    db.session.refresh(user)
    return user


# ---------------------------------------------------------------- profile


def test_the_profile_is_set_whole(app: Flask, browser: Browser, ana: User):
    browser.sign_in(ana)
    assert browser.submit("/account", PROFILE).status_code == 303
    user = fresh(ana)
    assert (user.name, user.surname, user.eth_address, user.timezone) == ("Ana", "Kos", ETH, "Europe/Ljubljana")
    page = browser.get("/account")
    assert "Ana Kos" in words(page)
    assert f'value="{ETH}"' in page.text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 256),
        ("surname", "x" * 256),
        ("eth_address", "0x12"),
        ("eth_address", "0x" + "g" * 40),
        ("eth_address", "ab" * 21),
        ("timezone", "Europe/Atlantis"),
        ("timezone", "../../etc/passwd"),
    ],
)
def test_one_wrong_field_changes_nothing(app: Flask, browser: Browser, ana: User, field: str, value: str):
    browser.sign_in(ana)
    answer = browser.submit("/account", {**PROFILE, field: value})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    user = fresh(ana)
    assert (user.name, user.surname, user.eth_address, user.timezone) == ("Ana", "", None, None)


@pytest.mark.both_databases
def test_empty_fields_are_emptied(app: Flask, ana: User):
    operations.update_profile(factories.acting(ana), ProfileInput(**PROFILE))
    operations.update_profile(factories.acting(ana), ProfileInput(name="Ana", surname="", eth_address="", timezone=""))
    user = fresh(ana)
    assert (user.surname, user.eth_address, user.timezone) == ("", None, None)


# ---------------------------------------------------------------- password


def test_a_new_password_needs_the_current_one_and_kills_the_other_sessions(
    app: Flask, browser: Browser, other_browser: Browser, ana: User, outbox: Outbox
):
    browser.sign_in(ana)
    other_browser.sign_in(ana)
    old = browser.client.get_cookie("identity").value
    refused = browser.submit("/account/password", current_password="not hers", password=NEW)
    assert refused.status_code == 422
    assert "This is not your password." in words(refused)
    assert other_browser.get("/account").status_code == 200
    assert browser.submit("/account/password", current_password=factories.PASSWORD, password=NEW).status_code == 303
    assert browser.get("/account").status_code == 200
    assert browser.client.get_cookie("identity").value != old
    assert other_browser.get("/account").status_code == 303
    browser.client.set_cookie("identity", old)
    assert browser.get("/account").status_code == 303
    assert len(outbox("password-changed")) == 1


@pytest.mark.both_databases
def test_a_proof_of_the_password_before_is_worth_nothing(app: Flask, ana: User):
    actor = factories.acting(ana)
    proven = operations.prove(actor, factories.PASSWORD)
    operations.change_password(actor, proven, password_hash=hash_password(NEW))
    with pytest.raises(WrongCredentialsError):
        operations.sign_in(proven, remember=True)
    with pytest.raises(InputError):
        operations.change_password(actor, proven, password_hash="x")


# ---------------------------------------------------------------- address


def test_a_new_address_counts_once_it_is_confirmed_and_the_old_one_is_told(
    app: Flask, browser: Browser, ana: User, outbox: Outbox
):
    browser.sign_in(ana)
    fields = {"current_password": factories.PASSWORD, "email": "Ana.Nova@example.org"}
    assert browser.submit("/account/email", fields).status_code == 303
    assert outbox.last().to_email == "Ana.Nova@example.org"
    link = outbox.link("email-change", r"/email-change/\S+")
    assert "Ana.Nova@example.org" in words(browser.get(link))
    assert fresh(ana).email == "ana@example.org"
    assert browser.submit(link).status_code == 303
    assert (fresh(ana).email, ana.email_key) == ("Ana.Nova@example.org", "ana.nova@example.org")
    assert outbox.last("email-changed").to_email == "ana@example.org"
    assert browser.get(link).status_code == 410


def test_a_change_of_address_ends_the_links_sent_to_the_old_one(
    app: Flask, browser: Browser, ana: User, outbox: Outbox
):
    operations.request_reset(email="ana@example.org")
    reset = outbox.link("reset-password", r"/reset-password/\S+")
    actor = factories.acting(ana)
    operations.request_email_change(actor, operations.prove(actor, factories.PASSWORD), email="b@example.org")
    operations.confirm_email_change(outbox.link("email-change", r"/email-change/\S+").rpartition("/")[2])
    assert browser.get(reset).status_code == 410


def test_a_taken_address_is_not_given_away(app: Flask, browser: Browser, ana: User, outbox: Outbox):
    factories.an_account("Bob", email="bob@example.org")
    browser.sign_in(ana)
    fields = {"current_password": factories.PASSWORD, "email": "bob@example.org"}
    answer = browser.submit("/account/email", fields)
    assert answer.status_code == 303
    assert [mail.template for mail in outbox()] == ["already-registered"]


@pytest.mark.both_databases
def test_an_address_taken_in_the_meantime_is_refused(app: Flask, ana: User, outbox: Outbox):
    actor = factories.acting(ana)
    operations.request_email_change(actor, operations.prove(actor, factories.PASSWORD), email="b@example.org")
    token = outbox.link("email-change", r"/email-change/\S+").rpartition("/")[2]
    factories.an_account(email="b@example.org")
    with pytest.raises(TakenError):
        operations.confirm_email_change(token)
    assert fresh(ana).email == "ana@example.org"


@pytest.mark.both_databases
def test_an_unproven_account_does_not_keep_an_address_from_its_owner(app: Flask, ana: User, outbox: Outbox):
    squatter = factories.an_account(email="b@example.org", verified=False)
    actor = factories.acting(ana)
    operations.request_email_change(actor, operations.prove(actor, factories.PASSWORD), email="b@example.org")
    operations.confirm_email_change(outbox.link("email-change", r"/email-change/\S+").rpartition("/")[2])
    assert fresh(ana).email == "b@example.org"
    assert fresh(squatter).deleted_at is not None


@pytest.mark.both_databases
def test_the_own_address_is_no_change(app: Flask, ana: User):
    actor = factories.acting(ana)
    with pytest.raises(InputError):
        operations.request_email_change(actor, operations.prove(actor, factories.PASSWORD), email="ANA@example.org")


# ---------------------------------------------------------------- sessions


def test_sessions_are_listed_and_revoked(app: Flask, browser: Browser, other_browser: Browser, ana: User):
    browser.sign_in(ana)
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    other_browser.client.post(
        "/login",
        data={"email": ana.email, "password": factories.PASSWORD, "csrf_token": other_browser.csrf_token()},
        headers={"User-Agent": agent},
    )
    page = browser.get("/account/sessions")
    assert "Firefox, Linux" in words(page)
    assert "This one" in words(page)
    db.session.rollback()
    other = db.session.scalars(select(LoginSession).where(LoginSession.device == "Firefox, Linux")).one()
    assert browser.submit(f"/account/sessions/{other.id}/revoke").status_code == 303
    assert other_browser.get("/account").status_code == 303
    assert browser.get("/account").status_code == 200
    assert "Firefox" not in words(browser.get("/account/sessions"))


def test_nobody_revokes_somebody_elses_session(app: Flask, browser: Browser, other_browser: Browser, ana: User):
    browser.sign_in(ana)
    other_browser.sign_in(factories.an_account())
    mine = db.session.scalars(select(LoginSession).where(LoginSession.user_id == ana.id)).one()
    assert other_browser.submit(f"/account/sessions/{mine.id}/revoke").status_code == 404
    assert other_browser.submit(f"/account/sessions/{uuid.uuid4()}/revoke").status_code == 404
    assert browser.get("/account").status_code == 200


def test_typing_the_password_again_makes_the_session_fresh(app: Flask, browser: Browser, ana: User):
    browser.sign_in(ana)
    _never_fresh()
    assert browser.submit("/account/confirm", password="wrong").status_code == 422
    assert db.session.scalar(select(LoginSession.fresh_at)) is None
    answer = browser.submit("/account/confirm", password=factories.PASSWORD, next="/companies")
    assert answer.headers["Location"] == "/companies"
    db.session.rollback()
    assert db.session.scalar(select(LoginSession.fresh_at)) is not None
    assert browser.submit("/account/confirm", password=factories.PASSWORD, next="//x").headers["Location"] == "/account"


# ---------------------------------------------------------------- own data, and the end


def test_ones_own_data_is_exported_without_secrets(app: Flask, browser: Browser, ana: User):
    factories.a_company(ana, name="Pod lipo")
    browser.sign_in(ana)
    answer = browser.get("/account/export")
    assert answer.mimetype == "application/json"
    assert "attachment" in answer.headers["Content-Disposition"]
    data = json.loads(answer.text)
    assert data["account"]["email"] == "ana@example.org"
    assert data["memberships"][0]["company"] == "Pod lipo"
    assert data["sessions"][0]["device"] == "Test"
    for secret in ("argon2", "secret", "nonce", "hash"):
        assert secret not in answer.text


def delete(user: User) -> None:
    actor = factories.acting(user)
    operations.delete_account(actor, operations.prove(actor, factories.PASSWORD))


def test_deleting_an_account_needs_the_password_and_erases_the_person(
    app: Flask, browser: Browser, ana: User, outbox: Outbox
):
    company = factories.a_company(ana)
    guest = factories.a_guest(factories.an_event(company, ana, state="draft"), user=ana, name="Ana")
    browser.sign_in(ana)
    assert browser.submit("/account/delete", password="wrong").status_code == 422
    assert fresh(ana).deleted_at is None
    assert browser.submit("/account/delete", password=factories.PASSWORD).status_code == 303
    user = fresh(ana)
    assert (user.email, user.email_key, user.name, user.surname) == (None, None, "", "")
    assert user.deleted_at is not None
    assert browser.get("/account").status_code == 303
    assert outbox.last("account-deleted").to_email == "ana@example.org"
    assert outbox.text(outbox.last("account-deleted"))
    assert browser.submit("/login", email="ana@example.org", password=factories.PASSWORD).status_code == 422
    assert db.session.scalar(select(Membership.revoked_at)) is not None
    assert db.session.scalar(select(Company.deleted_at)) is not None
    assert db.session.get(Guest, guest.id).email is None
    entry = db.session.scalars(select(JournalEntry).where(JournalEntry.action == "account.deleted")).one()
    assert "ana" not in str(entry.details)


def test_the_address_is_free_afterwards(app: Flask, browser: Browser, ana: User, outbox: Outbox):
    delete(ana)
    operations.register(name="Ana again", email="ana@example.org", password_hash=hash_password(NEW))
    assert queries.by_email("ana@example.org").name == "Ana again"


def test_a_last_owner_hands_over_first(app: Flask, browser: Browser, ana: User):
    company = factories.a_company(ana, name="Pod lipo")
    bob = factories.an_account("Bob")
    factories.a_membership(bob, company, Role.ADMINISTRATOR)
    browser.sign_in(ana)
    refused = browser.submit("/account/delete", password=factories.PASSWORD)
    assert refused.status_code == 422
    assert "last owner of Pod lipo" in words(refused)
    assert fresh(ana).deleted_at is None
    factories.a_membership(factories.an_account(), company, Role.OWNER)
    delete(ana)
    db.session.refresh(company)
    assert company.deleted_at is None


def test_events_to_come_keep_their_last_owner(app: Flask, browser: Browser, ana: User):
    factories.an_event(factories.a_company(ana), ana)
    browser.sign_in(ana)
    assert browser.submit("/account/delete", password=factories.PASSWORD).status_code == 422


def test_the_only_site_administrator_stays(app: Flask, browser: Browser):
    boss = factories.an_account(site_administrator=True)
    browser.sign_in(boss)
    answer = browser.submit("/account/delete", password=factories.PASSWORD)
    assert answer.status_code == 403
    factories.an_account(site_administrator=True)
    delete(boss)


@pytest.mark.both_databases
def test_an_account_that_is_no_more_has_no_page(app: Flask, ana: User):
    delete(ana)
    with pytest.raises(NotFoundError):
        queries.account_of(Actor(user_id=ana.id))
