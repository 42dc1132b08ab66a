"""The first page: for whoever comes by, and for those who are signed in."""

import datetime as dt
import re

import pytest
from flask import Flask

from tests import factories
from tests.browsers import Browser, words
from webapp.core import clock
from webapp.core.database import db
from webapp.models import Company, Guest, Tally, User

DAY = dt.timedelta(days=1)


@pytest.fixture
def ana(app: Flask) -> User:
    return factories.an_account("Ana")


@pytest.fixture
def company(ana: User) -> Company:
    return factories.a_company(ana)


def test_whoever_comes_by_sees_public_events_and_no_others(browser: Browser, ana: User, company: Company) -> None:
    assert "Invite people." in words(browser.get("/"))
    factories.an_event(company, ana, title="Open to all")
    factories.an_event(company, ana, title="By link", visibility="unlisted")
    factories.an_event(company, ana, title="Private", visibility="invited")
    factories.an_event(company, ana, title="Unfinished", state="draft", published_at=None)
    factories.an_event(company, ana, title="Called off", state="cancelled", cancelled_at=clock.now())
    factories.an_event(company, ana, title="Long ago", starts_in=-2 * DAY)
    page = browser.get("/")
    assert re.findall(r'class="agenda__title"><a [^>]*>(.*?)</a>', page.text) == ["Open to all"]
    for title in ("By link", "Private", "Unfinished", "Called off", "Long ago"):
        assert title not in page.text


def test_where_one_registers_by_invitation_only_the_page_offers_no_registration(browser: Browser, app: Flask) -> None:
    assert 'href="/register"' in browser.get("/").text
    app.config["REGISTRATION"] = "invitation"
    app.extensions.pop("site_view", None)
    assert 'href="/register"' not in browser.get("/").text


@pytest.mark.both_databases
def test_what_is_asked_of_an_account_stands_on_top(browser: Browser, ana: User, company: Company) -> None:
    gita = factories.an_account("Gita")
    browser.sign_in(gita)
    assert "Gita, nothing is asked of you now" in words(browser.get("/"))
    question = {"Soup?": ["Yes", "No"]}
    vote = factories.an_event(company, ana, title="With a vote", questions=question)
    factories.a_guest(vote, user=gita, reply="yes")
    supper = factories.an_event(company, ana, title="Supper", visibility="invited")
    factories.a_guest(supper, user=gita, invited_at=clock.now())
    for title, values, guest in (
        ("Voted", {"questions": question}, {"reply": "yes", "has_voted": True}),
        ("Not on the roll", {"questions": question}, {"reply": "yes", "on_roll": False}),
        ("Not open yet", {"questions": question, "voting_opens_at": clock.now() + DAY}, {"reply": "yes"}),
        ("Asks nothing", {}, {"reply": "yes"}),
        ("Declined", {}, {"reply": "no"}),
        ("Not invited yet", {"visibility": "invited"}, {}),
        ("Too late", {"join_by": clock.now() - DAY}, {"invited_at": clock.now()}),
        ("Taken off", {"questions": question}, {"reply": "no", "removed_at": clock.now()}),
    ):
        factories.a_guest(factories.an_event(company, ana, title=title, **values), user=gita, **guest)
    closed = factories.an_event(company, ana, title="Closed", questions=question)
    factories.a_guest(closed, user=gita, reply="yes")
    factories.save(Tally(event_id=closed.id, opened_at=clock.now(), closed_at=clock.now(), outcome="no consensus"))
    page = browser.get("/")
    assert "Gita, 2 things are asked of you" in words(page)
    asks = re.search(r'(?s)<ol class="asks">.*?</ol>', page.text)
    assert asks
    found = re.findall(r'class="ask__title"><a [^>]*>(.*?)</a>', asks.group())
    assert found == ["Cast your ballot: With a vote", "Ana asks you to Supper"]


def test_yes_and_no_are_one_tap_away(browser: Browser, ana: User, company: Company) -> None:
    gita = factories.an_account("Gita")
    browser.sign_in(gita)
    event = factories.an_event(company, ana, visibility="invited")
    guest = factories.a_guest(event, user=gita, invited_at=clock.now())
    page = browser.get("/")
    forms = re.findall(
        r'(?s)<form class="post" method="post" action="(/rsvp/[^"]*)">.*?name="reply" value="(\w+)"', page.text
    )
    assert [answer for _, answer in forms] == ["yes", "no"]
    assert browser.submit(forms[0][0], reply="yes").status_code == 303
    db.session.rollback()
    assert db.session.get_one(Guest, guest.id).reply == "yes"
    page = browser.get("/")
    assert "nothing is asked of you" in words(page)
    assert event.title in page.text


@pytest.mark.both_databases
def test_what_is_next_and_what_one_organises_is_there(browser: Browser, ana: User, company: Company) -> None:
    gita = factories.an_account("Gita")
    browser.sign_in(gita)
    coming = factories.an_event(company, ana, title="Coming")
    factories.a_guest(coming, user=gita, reply="yes")
    over = factories.an_event(company, ana, title="Past and gone", starts_in=-2 * DAY)
    factories.a_guest(over, user=gita, reply="yes")
    factories.an_event(company, ana, title="Hers alone", state="draft", published_at=None)
    factories.an_event(company, ana, title="Together", co_hosts=(gita,), capacity=12)
    page = words(browser.get("/"))
    assert "Coming" in page
    assert "Together Nobody invited yet" in page
    assert "Past and gone" not in page
    assert "Hers alone" not in page


def test_odd_names_are_shown_harmlessly(browser: Browser, app: Flask, ana: User, company: Company) -> None:
    odd = "<script>alert(1)</script> {{7*7}} %(x)s"
    user = factories.an_account(odd)
    event = factories.an_event(company, user, title=odd, visibility="public", questions={odd: ["Yes", "No"]})
    factories.a_guest(event, user=user, reply="yes")
    other = factories.an_account("Gita")
    factories.a_guest(event, user=other, invited_at=clock.now())
    for browser_ in (browser, Browser(app).sign_in(user), Browser(app).sign_in(other)):
        for path in ("/", f"/events/{event.id}", "/events"):
            page = browser_.get(path)
            assert page.status_code == 200
            assert "<script>alert" not in page.text
            assert "{{7*7}}" in words(page)
