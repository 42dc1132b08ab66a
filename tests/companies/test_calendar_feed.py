"""The calendar feed of a project, read back as a calendar program does."""

import datetime as dt

import icalendar
import pytest
from flask import Flask
from sqlalchemy import update

from tests import factories
from tests.browsers import Browser, words
from webapp.companies import operations, queries
from webapp.core import clock, tokens
from webapp.core.database import db
from webapp.core.operation import operation
from webapp.core.permissions import Role
from webapp.core.tokens import Purpose
from webapp.events import operations as events
from webapp.models import Company, Event, Project, User

DAY = dt.timedelta(days=1)


@pytest.fixture
def ana(app: Flask) -> User:
    return factories.an_account("Ana")


@pytest.fixture
def company(ana: User) -> Company:
    return factories.a_company(ana, name="Zadruga, Pod lipo")


@pytest.fixture
def project(company: Company, ana: User) -> Project:
    project = factories.default_project(company)
    operations.make_calendar(factories.acting(ana), project)
    return project


def address(project: Project) -> str:
    return f"/calendar/{queries.calendar_token(project)}.ics"


def read(data: bytes) -> icalendar.Calendar:
    calendar = icalendar.Calendar.from_ical(data)
    assert isinstance(calendar, icalendar.Calendar)
    return calendar


def titles(browser: Browser, project: Project) -> list[str]:
    return [str(entry["summary"]) for entry in read(browser.get(address(project)).data).events]


def test_a_calendar_program_reads_it(company: Company, project: Project, ana: User, browser: Browser):
    event = factories.an_event(
        company,
        ana,
        title="Soup; bread, \\ and 🌳",
        place="Here",
        description="One\nTwo",
        sequence=2,
        visibility="invited",
    )
    answer = browser.get(address(project))
    assert answer.content_type == "text/calendar; charset=utf-8"
    calendar = read(answer.data)
    assert str(calendar["x-wr-calname"]) == str(calendar["name"]) == "Zadruga, Pod lipo"
    assert b"\r\nREFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in answer.data
    assert b"\r\nX-PUBLISHED-TTL:PT1H\r\n" in answer.data
    assert b"METHOD" not in answer.data
    (entry,) = calendar.events
    assert (str(entry["uid"]), entry["sequence"]) == (str(event.id), 2)
    assert str(entry["summary"]) == "Soup; bread, \\ and 🌳"
    assert str(entry["url"]) == f"http://folkmoot.example.org/events/{event.id}"
    assert (entry.start, entry.end) == (event.starts_at, event.ends_at)
    assert str(entry["status"]) == "CONFIRMED"


def test_it_holds_what_was_published_since_a_year_ago(company: Company, project: Project, ana: User, browser: Browser):
    shown = {
        "To come": {"starts_in": 400 * DAY},
        "Unlisted": {"visibility": "unlisted"},
        "Under way": {"starts_in": -dt.timedelta(hours=1)},
        "Eleven months ago": {"starts_in": -335 * DAY},
        "Called off": {"state": "cancelled"},
    }
    hidden = {
        "Draft": {"state": "draft", "published_at": None},
        "Called off before anybody knew": {"state": "cancelled", "published_at": None},
        "Thirteen months ago": {"starts_in": -395 * DAY},
    }
    for title, values in {**shown, **hidden}.items():
        factories.an_event(company, ana, title=title, **values)
    other = operations.create_project(factories.acting(ana), company, name="Other")
    elsewhere = factories.an_event(company, ana, title="Of another project")
    operation(db.session.execute)(update(Event).where(Event.id == elsewhere.id).values(project_id=other.id))
    found = read(browser.get(address(project)).data).events
    assert sorted(str(entry["summary"]) for entry in found) == sorted(shown)
    assert {str(e["summary"]) for e in found if str(e["status"]) == "CANCELLED"} == {"Called off"}


def test_a_named_project_says_its_company_too(company: Company, ana: User, browser: Browser):
    project = operations.create_project(factories.acting(ana), company, name="Apples")
    operations.make_calendar(factories.acting(ana), project)
    assert str(read(browser.get(address(project)).data)["x-wr-calname"]) == "Zadruga, Pod lipo: Apples"


def test_it_is_sent_anew_only_when_something_has_changed(
    company: Company, project: Project, ana: User, browser: Browser
):
    event = factories.an_event(company, ana)
    first = browser.get(address(project))
    assert first.headers["Cache-Control"] == "private, no-cache"
    tag = {"If-None-Match": first.headers["ETag"]}
    again = browser.get(address(project), headers=tag)
    assert (again.status_code, again.data) == (304, b"")
    events.cancel_event(factories.acting(ana), event)
    changed = browser.get(address(project), headers=tag)
    assert changed.status_code == 200
    assert str(read(changed.data).events[0]["status"]) == "CANCELLED"


def test_an_archived_project_goes_on_in_calendars(company: Company, ana: User, browser: Browser):
    project = operations.create_project(factories.acting(ana), company, name="Apples")
    operations.make_calendar(factories.acting(ana), project)
    operations.archive_project(factories.acting(ana), project)
    assert titles(browser, project) == []


# ---------------------------------------------------------------- the link


def test_a_renewed_link_ends_the_one_before(project: Project, ana: User, browser: Browser):
    before = address(project)
    operations.make_calendar(factories.acting(ana), project)
    assert address(project) != before
    assert browser.get(before).status_code == 404
    assert browser.get(address(project)).status_code == 200


def test_a_revoked_link_leads_nowhere(project: Project, ana: User, browser: Browser):
    before = address(project)
    operations.revoke_calendar(factories.acting(ana), project)
    assert browser.get(before).status_code == 404
    assert queries.calendar_token(project) is None


def test_the_link_dies_with_the_company(company: Company, project: Project, ana: User, browser: Browser):
    before, kept = address(project), project.calendar_nonce
    operations.delete_company(factories.acting(ana), company)
    assert browser.get(before).status_code == 404
    # not only because its nonce is gone
    operation(db.session.execute)(update(Project).where(Project.id == project.id).values(calendar_nonce=kept))
    assert browser.get(before).status_code == 404


def test_no_other_link_passes_for_one(project: Project, browser: Browser):
    nonce = str(project.calendar_nonce)
    good = tokens.make(Purpose.CALENDAR, project.id, nonce)
    wrong = [
        tokens.make(Purpose.PERSONAL, project.id, nonce),
        tokens.make(Purpose.CALENDAR, project.company_id, nonce),
        tokens.make(Purpose.CALENDAR, project.id, ""),
        good[:-1],
        good + "x",
        "žž",
        "%00",
    ]
    assert browser.get(f"/calendar/{good}.ics").status_code == 200
    for token in wrong:
        assert browser.get(f"/calendar/{token}.ics").status_code == 404, token


def test_the_link_of_a_project_without_one_cannot_be_guessed_from_nothing(
    company: Company, ana: User, browser: Browser
):
    project = factories.default_project(company)
    assert browser.get(f"/calendar/{tokens.make(Purpose.CALENDAR, project.id, '')}.ics").status_code == 404
    assert browser.get(f"/calendar/{tokens.make(Purpose.CALENDAR, project.id, 'None')}.ics").status_code == 404


def test_the_link_is_made_renewed_and_revoked_on_the_page(company: Company, ana: User, browser: Browser):
    project = factories.default_project(company)
    where = f"/companies/{company.slug}/projects/{project.id}"
    browser.sign_in(ana)
    assert "/calendar/" not in browser.get(where).text
    made = browser.follow(browser.submit(f"{where}/calendar", do="make"))
    db.session.refresh(project)
    first = f"http://folkmoot.example.org{address(project)}"
    assert first in made.text
    # pressed twice it is still the link that was copied
    assert first in browser.follow(browser.submit(f"{where}/calendar", do="make")).text
    renewed = browser.follow(browser.submit(f"{where}/calendar", do="renew"))
    assert "The calendar has a new link" in words(renewed)
    assert first not in renewed.text
    assert "/calendar/" not in browser.follow(browser.submit(f"{where}/calendar", do="revoke")).text
    assert browser.submit(f"{where}/calendar", do="burn").status_code == 422


def test_organisers_copy_the_link_and_change_nothing(company: Company, project: Project, browser: Browser):
    organiser = factories.an_account()
    factories.a_membership(organiser, company, Role.ORGANISER)
    where = f"/companies/{company.slug}/projects/{project.id}"
    page = browser.sign_in(organiser).get(where)
    assert address(project) in page.text
    assert "Renew the link" not in words(page)
    assert browser.submit(f"{where}/calendar", do="renew").status_code == 403


def test_showing_the_feed_changes_nothing(company: Company, project: Project, ana: User, browser: Browser):
    event = factories.an_event(company, ana)
    stood = (event.updated_at, project.calendar_nonce)
    browser.get(address(project))
    db.session.refresh(event)
    assert (event.updated_at, project.calendar_nonce) == stood
    assert clock.now() > event.updated_at
