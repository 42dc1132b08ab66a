"""Accounts: addresses taken from people who only opened their mail, and doors tried more often than allowed."""

import pytest
from flask import Flask

from tests import factories
from tests.browsers import Browser
from tests.mails import Outbox
from webapp.core.database import db
from webapp.models import User

MINE = "mallory@example.org"
HERS = "ana@example.org"


@pytest.fixture
def mallory(app: Flask) -> User:
    """Somebody who would like to have somebody else's address."""
    return factories.an_account("Mallory", email=MINE)


@pytest.fixture
def link(browser: Browser, mallory: User, outbox: Outbox) -> str:
    """What Ana gets when Mallory says that her address is his new one."""
    browser.sign_in(mallory)
    browser.submit("/account/email", current_password=factories.PASSWORD, email=HERS)
    return outbox.link("email-change", r"/email-change/\S+")


def address_of(user: User) -> str | None:
    db.session.refresh(user)
    return user.email


def test_whoever_only_confirms_an_address_does_not_give_it_to_a_stranger(
    other_browser: Browser, mallory: User, link: str
):
    company = factories.a_company(factories.an_account())
    host = factories.an_account()
    guest = factories.a_guest(factories.an_event(company, host, visibility="invited"), email=HERS)
    for typed in ({}, {"password": ""}, {"password": "Ana's own password"}):
        assert other_browser.submit(link, typed).status_code == 422
    db.session.refresh(guest)
    assert (address_of(mallory), guest.user_id) == (MINE, None)


def test_somebody_elses_session_confirms_nothing_either(other_browser: Browser, mallory: User, link: str):
    other_browser.sign_in(factories.an_account("Ana"))
    assert other_browser.submit(link).status_code == 422
    assert address_of(mallory) == MINE


def test_on_another_device_the_password_confirms_the_new_address(other_browser: Browser, mallory: User, link: str):
    assert 'name="password"' in other_browser.get(link).text
    assert other_browser.submit(link, password=factories.PASSWORD).status_code == 303
    assert address_of(mallory) == HERS


def test_where_one_is_signed_in_no_password_is_asked(browser: Browser, mallory: User, link: str):
    assert 'name="password"' not in browser.get(link).text
    assert browser.submit(link).status_code == 303
    assert address_of(mallory) == HERS


def test_the_password_is_not_guessed_by_the_link(app: Flask, other_browser: Browser, link: str):
    app.config["LIMITS"] = True
    answers = [other_browser.submit(link, password=f"guess {number}").status_code for number in range(12)]
    assert answers == [422] * 10 + [429] * 2


@pytest.mark.parametrize("path", ["/login", "/register"])
def test_space_around_an_address_does_not_make_another_account_of_it(app: Flask, browser: Browser, path: str):
    app.config["LIMITS"] = True
    fields = {"name": "Ana", "password": "certainly not this one"}
    email = f"{path[1:]}@example.org"
    answers = [
        browser.submit(path, {**fields, "email": " " * (400 - number) + email}).status_code
        for number in range(0, 24, 2)
    ]
    assert answers[-2:] == [429, 429]
    assert set(answers[:-2]) <= {303, 422}
