"""Guest lists: what doorkeepers could find out, and acts that met the wrong row."""

import base64
import re
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from tests import factories
from tests.browsers import Browser, words
from webapp.core.database import db
from webapp.core.hooks import AccountChange, account_verified
from webapp.core.operation import operation
from webapp.core.permissions import Role
from webapp.guests.links import personal_token
from webapp.guests.schemas import read_line
from webapp.models import Company, Event, Guest, User


@pytest.fixture
def owner(app: Flask) -> User:
    return factories.an_account("Neža")


@pytest.fixture
def company(owner: User) -> Company:
    return factories.a_company(owner)


@pytest.fixture
def event(owner: User, company: Company) -> Event:
    return factories.an_event(company, owner, visibility="invited")


@pytest.mark.parametrize("line", ["a" * 100_000, "a" * 99_998 + " @", "(" * 100_000, "a@" * 50_000, "<a" * 50_000])
def test_a_long_line_without_an_address_is_read_in_no_time(line: str):
    # The thread's own work, and forty times what is needed: it used to grow with the square of the length, to minutes
    # in which nobody could write.
    before = time.thread_time()
    read_line(line)
    assert time.thread_time() - before < 2


# ---------------------------------------------------------------- the door


def test_the_door_learns_no_address_from_the_pages_of_its_list(browser: Browser, company: Company, event: Event):
    doorkeeper = factories.an_account()
    factories.a_membership(doorkeeper, company, Role.DOORKEEPER)
    for number in range(101):
        factories.a_guest(event, name=f"Guest {number:03}", email=f"hidden{number}@example.net")
    browser.sign_in(doorkeeper)
    path, seen = f"/events/{event.id}/guests", []
    while path:
        page = browser.get(path).text
        seen += re.findall(r"arrival__name[^>]*>(Guest \d+)<", page)
        cursors = [parse_qs(urlsplit(address.replace("&amp;", "&")).query).get("page") for address in links_in(page)]
        plain = [base64.urlsafe_b64decode(cursor[0] + "==").decode(errors="replace") for cursor in cursors if cursor]
        assert "example.net" not in page + "".join(plain)
        following = re.search(r'rel="next"[^>]*href="([^"]+)"|href="([^"]+)"[^>]*rel="next"', page)
        path = (following[1] or following[2]).replace("&amp;", "&") if following else ""
    assert seen == [f"Guest {number:03}" for number in range(101)]


def links_in(page: str) -> list[str]:
    return re.findall(r'href="([^"]+)"', page)


def test_a_cursor_asks_nothing_of_names_and_addresses(browser: Browser, owner: User, event: Event):
    factories.a_guest(event, name="Ana", email="ana@example.org")
    made_up = base64.urlsafe_b64encode(b'[false,"ana b",{"u":"%s"}]' % (b"0" * 32)).decode()
    assert "Ana" in browser.sign_in(owner).get(f"/events/{event.id}/guests?page={made_up}").text


# ---------------------------------------------------------------- leaving


def test_who_leaves_by_a_personal_link_takes_that_guest_off_and_nobody_else(browser: Browser, event: Event):
    ana = factories.an_account("Ana")
    mine = factories.a_guest(event, user=ana, reply="yes")
    other = factories.a_guest(event, email="other@example.org", reply="yes")
    assert browser.sign_in(ana).submit(f"/rsvp/{personal_token(other)}/leave").status_code == 303
    db.session.refresh(mine)
    db.session.refresh(other)
    assert (mine.left_at is None, other.left_at is None) == (True, False)
    assert event.taken == 1


# ---------------------------------------------------------------- merging


@operation
def proven(user: User) -> None:
    account_verified.fire(AccountChange(user.id, user.email_key))


def rows_of(event: Event) -> list[Guest]:
    db.session.expire_all()
    return db.session.query(Guest).filter_by(event_id=event.id).order_by(Guest.id).all()


def test_who_was_on_a_frozen_roll_by_one_row_stays_on_it_when_two_rows_merge(owner: User, company: Company):
    event = factories.an_event(company, owner, questions={"Where?": ["Here", "There"]}, roll="frozen")
    ana = factories.an_account("Ana")
    early = factories.a_guest(event, email="ana.second@example.org", reply="yes")
    late = factories.a_guest(event, user=ana, reply="yes", on_roll=False)
    move_address(ana, "ana.second@example.org")
    early_id, late_id = early.id, late.id
    proven(ana)
    rows = rows_of(event)
    standing = [guest for guest in rows if guest.standing]
    assert {guest.id for guest in rows} == {early_id, late_id}
    assert [(guest.user_id, guest.on_roll) for guest in standing] == [(ana.id, True)]
    assert (event.guests_on_roll, event.taken, event.guests_yes) == (1, 1, 1)


@operation
def move_address(user: User, email: str) -> None:
    user = db.session.merge(user)
    user.email = user.email_key = email


def test_nothing_of_a_person_is_left_on_the_row_that_goes(owner: User, event: Event):
    ana = factories.an_account("Ana")
    factories.a_guest(event, user=ana, reply="yes")
    factories.a_guest(event, name="Ana Novak", email="ana.second@example.org", companions=["Bor"], note="I eat no fish")
    move_address(ana, "ana.second@example.org")
    proven(ana)
    gone = next(guest for guest in rows_of(event) if not guest.standing)
    assert (gone.email, gone.user_id, gone.companions, gone.note) == (None, None, [], "")
    assert "ana" not in (gone.name + gone.name_key).lower()


# ---------------------------------------------------------------- who has an account


def test_a_guest_list_does_not_tell_who_has_an_account(browser: Browser, owner: User, event: Event):
    factories.an_account("Hidden Name", email="known@example.org")
    browser.sign_in(owner)
    path = f"/events/{event.id}/guests"
    said = {}
    for who in ("known", "unknown", "later"):
        assert browser.submit(path, email=f"{who}@example.org", name="").status_code == 303
    later = factories.an_account("Hidden Name", email="later@example.org")
    proven(later)
    for guest_id, email in [(guest.id, str(guest.email)) for guest in rows_of(event)]:
        browser.get(path)  # what was said of adding them is said now
        one, form = browser.get(f"{path}/{guest_id}"), browser.get(f"{path}/{guest_id}/edit")
        moved = browser.submit(f"{path}/{guest_id}/edit", email=f"new.{email}", name="")
        assert "Hidden" not in one.text + form.text + browser.get(path).text
        said[email] = [words(one).replace(email, "…"), "readonly" in form.text, words(form), moved.status_code]
    assert said["known@example.org"] == said["unknown@example.org"] == said["later@example.org"]


def test_who_answers_with_an_account_is_called_by_its_name(browser: Browser, owner: User, event: Event):
    ana = factories.an_account("Ana", email="ana@example.org")
    browser.sign_in(owner).submit(f"/events/{event.id}/guests", email="ana@example.org", name="", invite="1")
    [guest] = rows_of(event)
    assert guest.name == ""
    assert Browser(browser.app).sign_in(ana).submit(f"/rsvp/{personal_token(guest)}", reply="yes").status_code == 303
    [guest] = rows_of(event)
    assert (guest.name, guest.name_key) == ("Ana", "ana ana@example.org")
