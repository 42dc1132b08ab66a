"""Whatever is typed: a clear sentence, or kept and shown harmlessly; never a failure of ours."""

import pytest
from flask import Flask

from tests import factories
from tests.browsers import Browser
from webapp.core.database import db
from webapp.guests import links
from webapp.mail import rendering
from webapp.models import Event, Guest, User

MEGABYTE = "x" * 1_000_000
NASTY = {
    "empty": "",
    "spaces": "   ",
    "a megabyte": MEGABYTE,
    "NUL": "a\x00b",
    "control": "a\x07b\x1b[31m",
    "surrogate": "a\ud800b".encode("utf-8", "surrogatepass"),
    "emoji": "👩‍👩‍👧‍👦🎉",
    "right to left": "محمد الفارسي",
    "override": "a\u202egnp.exe",
    "script": "<script>alert(1)</script>",
    "attribute": '"><img src=x onerror=alert(1)>',
    "template": "{{7*7}}",
    "SQL": "'; DROP TABLE guests; --",
    "percent": "%(name)s %s {0} {name}",
    "lines": "a\nb\r\nc",
    "number": "-1",
    "huge number": "9" * 5000,
    "fraction": "1.5",
}
values = pytest.mark.parametrize("value", NASTY.values(), ids=NASTY.keys())


@pytest.fixture
def owner(app: Flask) -> User:
    return factories.an_account()


@pytest.fixture
def event(owner: User) -> Event:
    return factories.an_event(factories.a_company(owner), owner)


def harmless(page) -> None:
    assert page.status_code in {200, 204, 303, 400, 404, 409, 413, 422}, page.status_code
    for evil in ("<script>alert", "onerror=alert(1)>", ">49<"):
        assert evil not in page.text


def told_or_kept(page) -> None:
    """The page says what is wrong beside a field, or leads on."""
    harmless(page)
    if page.status_code == 422:
        assert "field__error" in page.text or "notice--trouble" in page.text


@values
@pytest.mark.parametrize("field", ["reply", "party_size", "companions", "note"])
def test_an_answer(browser: Browser, event: Event, field: str, value) -> None:
    guest = factories.a_guest(event)
    path = f"/rsvp/{links.personal_token(guest)}"
    told_or_kept(browser.client.post(path, data={"reply": "yes", field: value}))
    harmless(browser.get(path))
    harmless(browser.get(path, query_string={"reply": value[:2000]}))


@values
@pytest.mark.parametrize("field", ["email", "name", "lines"])
def test_a_guest_to_add(browser: Browser, owner: User, event: Event, field: str, value) -> None:
    browser.sign_in(owner)
    path = f"/events/{event.id}/guests"
    told_or_kept(browser.submit(path, {"email": "ana@example.org", field: value}))
    harmless(browser.get(path))


@values
@pytest.mark.parametrize("field", ["name", "email"])
def test_a_guest_to_edit(browser: Browser, owner: User, event: Event, field: str, value) -> None:
    browser.sign_in(owner)
    path = f"/events/{event.id}/guests/{factories.a_guest(event).id}"
    told_or_kept(browser.submit(f"{path}/edit", {"name": "Ana", "email": "ana@example.org", field: value}))
    harmless(browser.get(path))


@values
@pytest.mark.parametrize("field", ["subject", "body"])
def test_a_message(browser: Browser, owner: User, event: Event, outbox, field: str, value) -> None:
    browser.sign_in(owner)
    factories.a_guest(event)
    path = f"/events/{event.id}/guests/message"
    told_or_kept(browser.submit(path, {"subject": "Hello", "body": "There", field: value}))
    for mail in outbox("guest-message"):
        rendered = rendering.render(mail)
        assert rendered is not None
        assert mail.context[field] in (rendered.text if field == "body" else rendered.subject)


@values
def test_a_walk_in(browser: Browser, owner: User, event: Event, value) -> None:
    browser.sign_in(owner)
    told_or_kept(browser.submit(f"/events/{event.id}/guests/walk-in", {"name": value}))
    harmless(browser.get(f"/events/{event.id}/guests"))


@values
def test_a_search_a_filter_and_a_page(browser: Browser, owner: User, event: Event, value) -> None:
    browser.sign_in(owner)
    factories.a_guest(event)
    for name in ("search", "status", "page"):
        harmless(browser.get(f"/events/{event.id}/guests", query_string={name: value[:3000]}))


@values
@pytest.mark.parametrize("act", ["invite", "remind", "remove"])
def test_ids_that_are_none(browser: Browser, owner: User, event: Event, act: str, value) -> None:
    browser.sign_in(owner)
    guest = factories.a_guest(event)
    harmless(browser.submit(f"/events/{event.id}/guests/{act}", {"ticked": "yes", "guest": value}))
    db.session.rollback()
    assert db.session.get_one(Guest, guest.id).standing


def test_more_companions_than_places_is_said(browser: Browser, event: Event) -> None:
    guest = factories.a_guest(event)
    path = f"/rsvp/{links.personal_token(guest)}"
    answer = browser.client.post(path, data={"reply": "yes", "party_size": "2", "companions": "A\nB\nC"})
    assert answer.status_code == 422
    assert "You name more people than you bring." in answer.text


def test_more_lines_than_fit_are_refused_whole(browser: Browser, owner: User, event: Event) -> None:
    browser.sign_in(owner)
    lines = "\n".join(f"g{n}@example.org" for n in range(501))
    answer = browser.submit(f"/events/{event.id}/guests", lines=lines)
    assert answer.status_code == 422
    assert "At most 500 lines" in answer.text
    db.session.refresh(event)
    assert event.guests_listed == 0
