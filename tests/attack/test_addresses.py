"""Addresses that no page leads to: made-up cursors, names the framework knows, control characters."""

import base64
import json
import uuid
from typing import Any

import pytest
from flask import Flask

from tests import factories
from tests.browsers import Browser
from webapp.models import Company, Event, User

ID = {"u": uuid.UUID(int=7).hex}


def cursor(*key: Any) -> str:
    """A cursor as `pagination.encode` writes it, holding whatever one likes."""
    return base64.urlsafe_b64encode(json.dumps([False, *key]).encode()).rstrip(b"=").decode()


@pytest.fixture
def owner(app: Flask, browser: Browser) -> User:
    """Somebody who looks after the site; signed in."""
    owner = factories.an_account("Neža", site_administrator=True)
    browser.sign_in(owner)
    return owner


@pytest.fixture
def company(owner: User) -> Company:
    """The owner's company."""
    return factories.a_company(owner)


@pytest.fixture
def event(owner: User, company: Company) -> Event:
    """An event with more guests than fit on a page."""
    event = factories.an_event(company, owner)
    for number in range(51):
        factories.a_guest(event, name=f"Guest {number}")
    return event


@pytest.mark.both_databases
@pytest.mark.parametrize("name", ["\ud800", "a\x00b", "a\x01b", "\U0010ffff"])
def test_a_cursor_with_characters_that_cannot_be_kept_begins_the_list(browser: Browser, event: Event, name: str):
    assert browser.get(f"/events/{event.id}/guests?page={cursor(name, ID)}").status_code == 200


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "moment",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+00:00", "2026-11-21T10:00:00"],
)
def test_a_cursor_at_the_end_of_all_days_begins_the_list(browser: Browser, event: Event, moment: str):
    assert browser.get(f"/events?page={cursor({'t': moment}, ID)}").status_code == 200


@pytest.mark.parametrize("name", ["endpoint", "_external", "_scheme", "_anchor", "_method", "self", "values"])
def test_names_that_mean_something_to_the_framework_are_names_like_others(
    browser: Browser, owner: User, company: Company, name: str
):
    for _ in range(21):
        factories.an_event(company, owner)
    response = browser._ask("GET", f"/events?{name}=javascript", headers={"Host": "evil.example.net"})
    assert response.status_code == 200
    assert "page=" in response.text, "the list has a second page"
    assert "evil.example.net" not in response.text
    assert f"{name}=javascript" in response.text


@pytest.mark.both_databases
@pytest.mark.parametrize("place", ["/events", "/admin/mail", "/events/{event}/guests"])
def test_a_search_for_what_cannot_be_kept_finds_what_is_left_of_it(browser: Browser, event: Event, place: str):
    for search in ("%00", "gue%00st%201", "%E2%80%AEguest"):
        assert browser.get(f"{place.format(event=event.id)}?search={search}").status_code == 200
    found = browser.get(f"/events/{event.id}/guests?search=gue%00st%2049").text
    assert "Guest 49" in found
    assert "Guest 48" not in found
