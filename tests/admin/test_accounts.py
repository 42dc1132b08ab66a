"""The pages of accounts, and what a site administrator does there."""

import datetime as dt
import re
import uuid

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.browsers import Browser, words
from tests.mails import Outbox
from webapp.accounts import sessions
from webapp.core import clock
from webapp.core.database import db
from webapp.core.operation import operation
from webapp.core.permissions import Role
from webapp.models import Company, JournalEntry, LoginSession, User

ACTS = ["disable", "enable", "sign-out", "resend", "administrator"]


@pytest.fixture
def ana(app: Flask) -> User:
    return factories.an_account("Ana", surname="Šušteršič", email="ana@example.org")


@operation
def close(company: Company) -> None:
    company.deleted_at = clock.now()


def path(user: User, act: str = "") -> str:
    return f"/admin/accounts/{user.id}" + (f"/{act}" if act else "")


def found(browser: Browser, query: str = "") -> list[str]:
    """The addresses in the list, as they stand there."""
    return re.findall(r"[\w.+-]+@[\w.-]+", words(browser.get(f"/admin/accounts?{query}")))


def press(browser: Browser, user: User, act: str, **fields: str):
    """Press a button of an account's page, as a browser that says which page that was."""
    referrer = {"Referer": f"http://folkmoot.example.org{path(user)}"}
    return browser._ask("POST", path(user, act), data={**fields, "csrf_token": browser.csrf_token()}, headers=referrer)


# ---------------------------------------------------------------- the list


@pytest.mark.both_databases
def test_the_list_says_of_each_account_what_one_wants_to_know(app: Flask, admin: Browser, keeper: User, ana: User):
    company = factories.a_company(ana)
    factories.a_membership(ana, factories.a_company(), Role.DOORKEEPER)
    close(factories.a_company(ana))
    shown = words(admin.get("/admin/accounts"))
    assert company.name not in shown
    today = f"{clock.now():%a} {clock.now().day} {clock.now():%b}"
    assert f"Ana Šušteršič ana@example.org In use {today} never 2" in shown
    assert f"{keeper.email} In use Looks after the site {today} {today} 0" in shown


def test_the_last_use_is_told_to_the_day_and_no_closer(app: Flask, admin: Browser, ana: User):
    then = dt.datetime(2026, 3, 14, 15, 9, 26, tzinfo=dt.UTC)
    factories.save(LoginSession(user_id=ana.id, secret_hash="a" * 64, last_used_at=then))
    for page in (admin.get("/admin/accounts?search=ana"), admin.get(path(ana))):
        assert "Sat 14 Mar" in words(page)
        assert "15:09" not in page.text


@pytest.mark.both_databases
def test_accounts_are_found_by_name_and_address_however_they_are_written(app: Flask, admin: Browser, ana: User):
    factories.an_account("Žiga", surname="100%", email="ziga_k@example.org")
    for search in ("ŠUŠTERŠIČ", "šušteršič", "ana", "ANA@EXAMPLE", "ana+šuš", "Šušteršič ana"):
        assert found(admin, f"search={search}") == ["ana@example.org"], search
    assert found(admin, "search=žiga") == ["ziga_k@example.org"]
    assert found(admin, "search=100%25") == ["ziga_k@example.org"]
    assert found(admin, "search=a_k") == ["ziga_k@example.org"]
    assert found(admin, "search=ana+žiga") == []
    assert "No account fits that" in words(admin.get("/admin/accounts?search=zzz"))


@pytest.mark.both_databases
def test_accounts_are_filtered_by_state_and_counted(app: Flask, admin: Browser, keeper: User, ana: User):
    factories.an_account(email="new@example.org", verified=False)
    factories.an_account(email="off@example.org", disabled_at=clock.now())
    factories.an_account(email="gone@example.org", deleted_at=clock.now())
    assert found(admin, "state=unverified") == ["new@example.org"]
    assert found(admin, "state=disabled") == ["off@example.org"]
    assert found(admin, "state=administrators") == [keeper.email]
    assert set(found(admin)) == {"new@example.org", "off@example.org", "ana@example.org", keeper.email}
    shown = words(admin.get("/admin/accounts"))
    for chip in ("All 4", "Not confirmed 1", "Disabled 1", "Look after the site 1"):
        assert chip in shown


@pytest.mark.parametrize(
    "query", ["page=x", "page=W10", "search=%00", "state=x", "search=" + "x" * 5000, "search=%25_"]
)
def test_a_list_asked_for_with_nonsense_is_shown(app: Flask, admin: Browser, query: str):
    for list_of in ("accounts", "companies", "events"):
        assert admin.get(f"/admin/{list_of}?{query}").status_code == 200


@pytest.mark.both_databases
def test_pages_go_there_and_back_and_none_is_left_out(app: Flask, admin: Browser):
    for number in range(60):
        factories.an_account(email=f"guest{number:02}@example.org")
    seen, address, back = [], "/admin/accounts?search=guest", ""
    for _ in range(3):
        page = admin.get(address).text
        seen.append([int(n) for n in re.findall(r"guest(\d\d)@", page.split("<tbody>")[1])])
        links = dict(re.findall(r'href="([^"]*page=[^"]*)" rel="(next|prev)"', page))
        back = next((link for link, kind in links.items() if kind == "prev"), "").replace("&amp;", "&")
        address = next((link for link, kind in links.items() if kind == "next"), "").replace("&amp;", "&")
    assert [number for numbers in seen for number in numbers] == list(reversed(range(60)))
    page = admin.get(back).text
    assert [int(n) for n in re.findall(r"guest(\d\d)@", page.split("<tbody>")[1])] == seen[1]


# ---------------------------------------------------------------- one account


def test_the_page_of_an_account_says_who_it_is_and_where_it_has_a_role(app: Flask, admin: Browser, ana: User):
    company = factories.a_company(ana, name="Zadruga")
    factories.an_event(company, ana, title="Harvest supper")
    sessions.start(ana, remember=True)
    factories.save(LoginSession(user_id=ana.id, kind="token", secret_hash="t" * 64, last_used_at=clock.now()))
    shown = words(admin.get(path(ana)))
    for said in ("Ana Šušteršič", "ana@example.org", "Zadruga Owner", "1 browser, 1 program"):
        assert said in shown
    assert "Harvest" not in shown
    page = admin.get(path(ana)).text
    for address in ("/admin/mail?search=ana@example.org", f"/admin/journal?person={ana.id}"):
        assert f'href="{address}"' in page
        assert admin.get(address).status_code == 200
    assert ana.password_hash not in admin.get(path(ana)).text


def test_an_account_that_is_gone_has_no_page(app: Flask, admin: Browser):
    gone = factories.an_account(deleted_at=clock.now())
    for address in (path(gone), f"/admin/accounts/{uuid.uuid4()}"):
        assert admin.get(address).status_code == 404
        assert admin.submit(f"{address}/disable").status_code == 404


@pytest.mark.parametrize("act", ACTS)
def test_nobody_else_finds_these_pages(app: Flask, browser: Browser, other_browser: Browser, ana: User, act: str):
    assert browser.get(path(ana)).status_code == 303
    assert browser.submit(path(ana, act)).status_code == 303
    other_browser.sign_in(ana)
    factories.a_company(ana)
    for address in (
        "/admin/accounts",
        path(ana),
        "/admin/companies",
        "/admin/events",
        "/admin/settings",
        "/admin/health",
    ):
        assert other_browser.get(address).status_code == 404
    assert other_browser.submit(path(ana, act), on="yes").status_code == 404
    assert db.session.scalars(select(JournalEntry)).all() == []


def test_looking_changes_nothing(app: Flask, admin: Browser, ana: User):
    for act in ACTS:
        assert admin.get(path(ana, act)).status_code == 405
    admin.get(path(ana))
    assert db.session.scalars(select(JournalEntry)).all() == []


# ---------------------------------------------------------------- acting


def test_disabling_throws_out_on_the_next_click_and_enabling_lets_in(
    app: Flask, admin: Browser, other_browser: Browser, ana: User
):
    other_browser.sign_in(ana)
    assert other_browser.get("/account").status_code == 200
    answer = press(admin, ana, "disable")
    assert answer.headers["Location"] == path(ana)
    shown = words(admin.follow(answer))
    assert "The account is disabled, and signed out everywhere." in shown
    assert "Enable this account" in shown
    assert other_browser.get("/account").status_code == 303
    refused = other_browser.submit("/login", email=ana.email, password=factories.PASSWORD)
    assert "This account is disabled" in words(refused)
    assert press(admin, ana, "enable").status_code == 303
    assert other_browser.submit("/login", email=ana.email, password=factories.PASSWORD).status_code == 303


def test_a_stale_password_leads_to_typing_it_and_back_to_the_act(app: Flask, admin: Browser, ana: User):
    with time_machine.travel(clock.now() + dt.timedelta(minutes=16), tick=False):
        answer = press(admin, ana, "disable")
        assert answer.status_code == 303
        assert answer.headers["Location"] == f"/account/confirm?next={path(ana)}"
        db.session.refresh(ana)
        assert ana.disabled_at is None
        back = admin.submit(answer.headers["Location"], password=factories.PASSWORD, next=path(ana))
        assert back.headers["Location"] == path(ana)
        assert press(admin, ana, "disable").headers["Location"] == path(ana)
        db.session.refresh(ana)
        assert ana.disabled_at is not None


def test_signing_somebody_out_is_told(app: Flask, admin: Browser, other_browser: Browser, ana: User):
    other_browser.sign_in(ana)
    assert "signed out everywhere" in words(admin.follow(press(admin, ana, "sign-out")))
    assert other_browser.get("/account").status_code == 303


def test_signing_oneself_out_takes_the_cookie_too(app: Flask, admin: Browser, keeper: User):
    answer = press(admin, keeper, "sign-out")
    assert any(header.startswith("identity=;") for header in answer.headers.getlist("Set-Cookie"))
    assert admin.get("/admin").status_code == 303


def test_a_confirmation_is_sent_again_until_the_day_has_had_enough(app: Flask, admin: Browser, outbox: Outbox):
    app.config.update(LIMITS=True)
    new = factories.an_account("Urška", email="new@example.org", verified=False)
    assert "Send the confirmation again" in words(admin.get(path(new)))
    for _ in range(5):
        assert press(admin, new, "resend").status_code == 303
    refused = press(admin, new, "resend")
    assert refused.status_code == 409
    assert "all the e-mails that one may be sent in a day" in words(refused)
    assert "Urška" in words(refused)
    assert len(outbox("verify-email")) == 5


def test_an_administrator_is_made_and_may_step_back(app: Flask, admin: Browser, keeper: User, ana: User):
    shown = words(admin.follow(press(admin, ana, "administrator", on="yes")))
    assert "The account looks after this site now." in shown
    answer = press(admin, keeper, "administrator", on="no")
    assert answer.headers["Location"] == "/"
    assert "does not look after this site any more" in words(admin.follow(answer))
    assert admin.get("/admin").status_code == 404


def test_the_last_administrator_is_told_why_not(app: Flask, admin: Browser, keeper: User):
    refused = press(admin, keeper, "administrator", on="no")
    assert refused.status_code == 403
    assert "You look after this site alone" in words(refused)
    assert admin.get("/admin").status_code == 200


def test_nobody_disables_the_own_account(app: Flask, admin: Browser, keeper: User):
    assert "Disable this account" not in words(admin.get(path(keeper)))
    refused = press(admin, keeper, "disable")
    assert refused.status_code == 409
    assert "your own account" in words(refused)


@pytest.mark.parametrize("on", ["", "maybe", "1"])
def test_an_administrator_is_made_by_yes_or_no_alone(app: Flask, admin: Browser, ana: User, on: str):
    assert press(admin, ana, "administrator", on=on).status_code == 422
    db.session.refresh(ana)
    assert not ana.site_administrator
