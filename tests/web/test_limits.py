"""How often one may ask: exact to the number."""

import datetime as dt
import uuid

import pytest
import time_machine
from flask import Flask

from tests import factories
from tests.browsers import Browser
from webapp.config import SETTINGS
from webapp.core import clock
from webapp.extensions import limiter
from webapp.web import limits


@pytest.fixture(autouse=True)
def counted(app: Flask):
    app.config["LIMITS"] = True
    limiter.reset()
    start = clock.now().replace(second=0, microsecond=0)
    with time_machine.travel(start, tick=False) as travel:
        yield travel
    limiter.reset()


def until_refused(ask, most: int = 2000) -> int:
    """How many answers came before the first 429."""
    for number in range(most):
        if ask(number).status_code == 429:
            return number
    return most


def wrong(email: str, browser: Browser):
    return browser.submit("/login", email=email, password="not the one")


def test_the_numbers_are_those_of_the_design():
    said = {setting.name: setting.default for setting in SETTINGS if setting.name.startswith("LIMIT_")}
    assert said == {
        "LIMIT_ANONYMOUS": "30/minute;200/hour",
        "LIMIT_API_LOGIN": "10/minute",
        "LIMIT_LOGIN_ADDRESS": "60/minute",
        "LIMIT_LOGIN_BOTH": "10/minute",
        "LIMIT_LOGIN_ACCOUNT": "100/hour",
        "LIMIT_LINK": "30/minute",
        "LIMIT_LINK_ADDRESS": "600/minute",
        "LIMIT_SIGNED_IN": "600/minute",
        "LIMIT_PAGES": "300/minute",
        "LIMIT_MAILS": "5/day",
    }


def test_ten_logins_a_minute_for_an_account_from_an_address(app: Flask, browser: Browser, counted):
    assert until_refused(lambda _: wrong("ana@example.org", browser), 15) == 10
    assert wrong("ANA@example.org ", browser).status_code == 429
    assert wrong("bob@example.org", browser).status_code == 422
    elsewhere = Browser(app, "198.51.100.1")
    assert wrong("ana@example.org", elsewhere).status_code == 422
    counted.shift(dt.timedelta(seconds=61))
    assert wrong("ana@example.org", browser).status_code == 422


def test_the_right_password_does_not_get_past_the_limit(app: Flask, browser: Browser):
    ana = factories.an_account(email="ana@example.org")
    until_refused(lambda _: wrong("ana@example.org", browser), 15)
    assert browser.submit("/login", email=ana.email, password=factories.PASSWORD).status_code == 429


def test_sixty_logins_a_minute_from_an_address(app: Flask, browser: Browser):
    assert until_refused(lambda n: wrong(f"person{n // 6}@example.org", browser), 70) == 60


def test_a_hundred_logins_an_hour_for_an_account(app: Flask, counted):
    def ask(number: int):
        counted.shift(dt.timedelta(seconds=20))
        return wrong("ana@example.org", Browser(app, f"198.51.100.{number % 50}"))

    assert until_refused(ask, 120) == 100


def test_registering_counts_at_the_same_door(app: Flask, browser: Browser):
    def ask(_: int):
        return browser.submit("/register", name="A", email="ana@example.org", password="short")

    assert until_refused(ask, 15) == 10
    assert wrong("ana@example.org", browser).status_code == 429


def test_thirty_changes_a_minute_and_two_hundred_an_hour_for_strangers(app: Flask, browser: Browser, counted):
    def ask(number: int):
        return browser.submit("/forgot-password", email=f"person{number}@example.org")

    assert until_refused(ask, 40) == 30
    total = 30
    for _ in range(10):
        counted.shift(dt.timedelta(seconds=61))
        total += until_refused(ask, 40)
    assert total == 200
    counted.shift(dt.timedelta(hours=1, seconds=1))
    assert until_refused(ask, 40) == 30


def test_three_hundred_pages_a_minute_for_strangers(app: Flask, browser: Browser):
    assert until_refused(lambda _: browser.get("/login"), 310) == 300
    assert Browser(app, "198.51.100.1").get("/login").status_code == 200


def test_six_hundred_a_minute_for_who_is_signed_in_wherever(app: Flask, browser: Browser, other_browser: Browser):
    ana = factories.an_account()
    browser.sign_in(ana)
    other_browser.sign_in(ana)
    other_browser.address = {"REMOTE_ADDR": "198.51.100.1"}
    path = f"/account/sessions/{uuid.uuid4()}/revoke"
    token = browser.csrf_token()

    def ask(number: int):
        return (browser, other_browser)[number % 2].get(path)

    assert token
    assert until_refused(ask, 610) == 600


def test_a_made_up_cookie_does_not_count_as_signed_in(app: Flask, browser: Browser):
    browser.client.set_cookie("identity", "x" * 43)
    assert until_refused(lambda n: browser.submit("/forgot-password", email=f"p{n}@example.org"), 40) == 30


def test_thirty_looks_a_minute_at_one_link(app: Flask, browser: Browser, other_browser: Browser):
    other_browser.address = {"REMOTE_ADDR": "198.51.100.1"}
    both = (browser, other_browser)
    assert until_refused(lambda n: both[n % 2].get("/verify/one"), 40) == 30
    assert browser.get("/verify/another").status_code == 404


def test_six_hundred_links_a_minute_from_an_address(app: Flask, browser: Browser):
    assert until_refused(lambda n: browser.get(f"/verify/link-{n}"), 610) == 600


def test_the_password_typed_again_is_no_way_to_guess_it(app: Flask, browser: Browser):
    browser.sign_in(factories.an_account())
    assert until_refused(lambda _: browser.submit("/account/confirm", password="guess"), 15) == 10
    refused = browser.submit("/account/password", current_password="guess", password="x")
    assert refused.status_code == 429


def test_static_files_and_health_are_never_refused(app: Flask, browser: Browser):
    until_refused(lambda _: browser.get("/login"), 310)
    assert browser.get("/login").status_code == 429
    for path in ("/static/css/app.css", "/healthz"):
        assert browser.get(path).status_code == 200


def test_a_refusal_says_when_to_come_again(app: Flask, browser: Browser, counted):
    until_refused(lambda _: wrong("ana@example.org", browser), 15)
    counted.shift(dt.timedelta(seconds=20))
    answer = wrong("ana@example.org", browser)
    assert answer.status_code == 429
    seconds = int(answer.headers["Retry-After"])
    assert seconds == 41
    counted.shift(dt.timedelta(seconds=seconds))
    assert wrong("ana@example.org", browser).status_code == 422


def test_where_the_store_is_gone_each_process_enforces_its_share(
    app: Flask, browser: Browser, monkeypatch: pytest.MonkeyPatch
):
    def gone(*_: object) -> bool:
        raise ConnectionError

    monkeypatch.setattr(limiter.limiter, "hit", gone)
    app.config["WORKERS"] = 2
    app.extensions["limits_alone"].storage.reset()
    assert until_refused(lambda _: wrong("ana@example.org", browser), 15) == 5


def test_switched_off_nothing_is_counted_but_single_uses(app: Flask, browser: Browser):
    app.config["LIMITS"] = False
    assert until_refused(lambda _: wrong("ana@example.org", browser), 15) == 15
    assert limits.once("test", "key", dt.timedelta(minutes=1))
    assert not limits.once("test", "key", dt.timedelta(minutes=1))
    assert limits.once("other", "key", dt.timedelta(minutes=1))
