"""Coming in, staying in, going out."""

import datetime as dt
from http.cookies import Morsel, SimpleCookie

import pytest
import time_machine
from flask import Flask
from sqlalchemy import Update, select, update
from werkzeug.test import TestResponse

from tests import factories
from tests.browsers import Browser, plain, words
from webapp.accounts import passwords, sessions
from webapp.core import clock
from webapp.core.database import db
from webapp.core.operation import operation
from webapp.models import LoginSession, User


def cookie(answer: TestResponse, name: str = "identity") -> Morsel:
    for header in answer.headers.getlist("Set-Cookie"):
        found = SimpleCookie(header)
        if name in found:
            return found[name]
    raise AssertionError(answer.headers)


@operation
def _write(statement: Update) -> None:
    db.session.execute(statement)


def sign_in(browser: Browser, user: User, **fields: str) -> TestResponse:
    return browser.submit("/login", {"email": user.email, "password": factories.PASSWORD, **fields})


@pytest.fixture
def ana(app: Flask) -> User:
    return factories.an_account("Ana", email="ana@example.org")


def test_the_right_password_signs_in(app: Flask, browser: Browser, ana: User):
    answer = sign_in(browser, ana)
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/"
    assert browser.get("/account").status_code == 200


def test_case_and_space_of_the_address_do_not_matter(app: Flask, browser: Browser, ana: User):
    assert sign_in(browser, ana, email="  ANA@Example.org ").status_code == 303


def test_without_remember_the_cookie_ends_with_the_browser(app: Flask, browser: Browser, ana: User):
    said = cookie(sign_in(browser, ana))
    assert (said["max-age"], said["expires"]) == ("", "")
    assert (said["httponly"], said["samesite"], said["path"], said["domain"]) == (True, "Lax", "/", "")
    assert said["secure"] == ""
    assert len(said.value) >= 43  # 256 bits


def test_with_remember_it_lasts_seven_days(app: Flask, browser: Browser, ana: User):
    assert cookie(sign_in(browser, ana, remember="y"))["max-age"] == str(7 * 24 * 3600)


def test_behind_https_the_cookie_is_bound_to_the_host(app: Flask, browser: Browser, ana: User):
    app.config.update(IDENTITY_COOKIE="__Host-identity", SESSION_COOKIE_SECURE=True)
    said = cookie(sign_in(browser, ana), "__Host-identity")
    assert said["secure"] is True
    assert (said["path"], said["domain"]) == ("/", "")


def test_the_database_does_not_hold_the_secret(app: Flask, browser: Browser, ana: User):
    secret = cookie(sign_in(browser, ana)).value
    row = db.session.scalars(select(LoginSession)).one()
    assert row.secret_hash == sessions.digest(secret)
    assert secret not in {row.secret_hash, row.device}


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(app: Flask, browser: Browser, ana: User):
    wrong = browser.submit("/login", email=ana.email, password="not hers")
    unknown = browser.submit("/login", email="bob@example.org", password="not hers")
    assert (wrong.status_code, unknown.status_code) == (422, 422)
    assert plain(wrong.text, "ana@example.org") == plain(unknown.text, "bob@example.org")
    assert "do not belong together" in words(wrong)


@pytest.mark.parametrize("state", ["deleted_at", "disabled_at"])
def test_an_account_that_is_no_more_does_not_sign_in(app: Flask, browser: Browser, state: str):
    gone = factories.an_account(email="gone@example.org", **{state: clock.now()})
    assert sign_in(browser, gone).status_code == 422


def test_after_the_right_password_an_unconfirmed_account_is_told_so(app: Flask, browser: Browser):
    new = factories.an_account(email="new@example.org", verified=False)
    wrong = sign_in(browser, new, password="not this")
    assert "not confirmed" not in words(wrong)
    right = sign_in(browser, new)
    assert right.status_code == 422
    assert "not confirmed yet" in words(right)
    assert "/verify/resend?email=new@example.org" in right.text.replace("%40", "@")
    assert browser.get("/account").status_code == 303


@pytest.mark.parametrize("email", ["ana@example.org", "nobody@example.org", "new@example.org"])
@pytest.mark.parametrize("password", [factories.PASSWORD, "wrong and long"])
def test_every_login_costs_one_comparison(
    app: Flask, browser: Browser, ana: User, monkeypatch: pytest.MonkeyPatch, email: str, password: str
):
    factories.an_account(email="new@example.org", verified=False)
    strong = passwords.hash_password(factories.PASSWORD)
    _write(update(User).values(password_hash=strong))
    counted: list[str] = []

    class Counting:
        def verify(self, kept: str, given: bytes) -> bool:
            counted.append(kept.split("$")[3])
            return real.verify(kept, given)

        def hash(self, given: bytes) -> str:
            return real.hash(given)

        def check_needs_rehash(self, kept: str) -> bool:
            return real.check_needs_rehash(kept)

    real = passwords._HASHER
    monkeypatch.setattr(passwords, "_HASHER", Counting())
    browser.submit("/login", email=email, password=password)
    assert counted == ["m=19456,t=2,p=1"]


def test_an_old_hash_is_made_anew(app: Flask, browser: Browser, ana: User):
    assert passwords.is_weak(ana.password_hash)
    sign_in(browser, ana)
    db.session.refresh(ana)
    assert ana.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert sign_in(browser, ana).status_code == 303


def test_signing_out_ends_the_session_on_the_server(app: Flask, browser: Browser, other_browser: Browser, ana: User):
    secret = cookie(sign_in(browser, ana)).value
    other_browser.client.set_cookie("identity", secret)
    assert other_browser.get("/account").status_code == 200
    answer = browser.submit("/logout")
    assert answer.status_code == 303
    assert cookie(answer).value == ""
    assert other_browser.get("/account").status_code == 303


def test_looking_at_the_way_out_does_not_sign_out(app: Flask, browser: Browser, ana: User):
    browser.sign_in(ana)
    assert browser.get("/logout").status_code == 405
    assert browser.get("/account").status_code == 200


def test_a_form_without_its_token_is_refused(app: Flask, browser: Browser, ana: User):
    browser.sign_in(ana)
    answer = browser.client.post("/logout", environ_base=browser.address)
    assert answer.status_code == 400
    assert browser.get("/account").status_code == 200


def test_a_session_dies_after_seven_days_without_use(app: Flask, browser: Browser, other_browser: Browser, ana: User):
    start = clock.now()
    with time_machine.travel(start, tick=False) as travel:
        browser.sign_in(ana)
        other_browser.sign_in(ana)
        for day in range(1, 7):
            travel.move_to(start + dt.timedelta(days=day))
            assert browser.get("/account").status_code == 200
        travel.move_to(start + dt.timedelta(days=7, seconds=1))
        assert other_browser.get("/account").status_code == 303
        assert browser.get("/account").status_code == 200


def test_the_last_use_is_written_every_quarter_of_an_hour(app: Flask, browser: Browser, ana: User):
    start = clock.now().replace(microsecond=0)
    last = select(LoginSession.last_used_at)
    with time_machine.travel(start, tick=False) as travel:
        browser.sign_in(ana)
        travel.move_to(start + dt.timedelta(minutes=14))
        assert not any(c.startswith("identity=") for c in browser.get("/account").headers.getlist("Set-Cookie"))
        assert db.session.scalar(last) == start
        travel.move_to(start + dt.timedelta(minutes=16))
        answer = browser.get("/account")
        assert cookie(answer)["max-age"] == str(7 * 24 * 3600)
        assert db.session.scalar(last) == start + dt.timedelta(minutes=16)


def test_a_new_sign_in_ends_the_session_this_browser_had(app: Flask, browser: Browser, ana: User):
    first = cookie(sign_in(browser, ana)).value
    assert sign_in(browser, ana).status_code == 303
    browser.client.set_cookie("identity", first)
    assert browser.get("/account").status_code == 303


def test_a_page_for_accounts_leads_to_the_door_and_back(app: Flask, browser: Browser, ana: User):
    door = browser.get("/companies?x=1")
    assert door.headers["Location"] == "/login?next=/companies?x%3D1"
    assert 'value="/companies?x=1"' in browser.follow(door).text
    assert sign_in(browser, ana, next="/companies?x=1").headers["Location"] == "/companies?x=1"


@pytest.mark.parametrize(
    "next_url",
    [
        "//evil.example.org/",
        "https://evil.example.org",
        "/\\evil.example.org",
        "\\/evil",
        "javascript:alert(1)",
        "/\t/evil",
        "/x\nSet-Cookie: a=b",
        "evil",
        "http:evil",
    ],
)
def test_the_door_leads_to_own_paths_only(app: Flask, browser: Browser, ana: User, next_url: str):
    assert sign_in(browser, ana, next=next_url).headers["Location"] == "/"


@pytest.mark.parametrize("value", ["", "x", "x" * 5000, "é", "\x00"])
def test_a_made_up_cookie_is_nobody(app: Flask, browser: Browser, value: str):
    answer = browser.get(
        "/account", headers={"Cookie": f"identity={value}".encode("latin-1", "ignore").decode("latin-1")}
    )
    assert answer.status_code == 303


def test_flask_logins_own_session_is_not_used(app: Flask, browser: Browser, ana: User):
    sign_in(browser, ana)
    with browser.client.session_transaction() as kept:
        assert set(kept) <= {"csrf_token", "_flashes"}
