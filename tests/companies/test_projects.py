"""Projects: made, named, archived; and what an archived one still does."""

import datetime as dt
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests import factories
from tests.browsers import Browser, words
from tests.companies.meanwhile import Meanwhile
from webapp.companies import operations, queries
from webapp.companies.errors import DefaultProjectError
from webapp.companies.operations import projects
from webapp.core import clock
from webapp.core.database import db
from webapp.core.errors import ForbiddenError, InputError, NotFoundError
from webapp.core.operation import operation
from webapp.core.permissions import Role
from webapp.core.schema import judge
from webapp.events import operations as events
from webapp.events import queries as events_queries
from webapp.events.schemas import EventInput
from webapp.models import Company, Event, JournalEntry, Project, User

both = pytest.mark.both_databases
DAY = dt.timedelta(days=1)


@pytest.fixture
def ana(app: Flask) -> User:
    return factories.an_account("Ana")


@pytest.fixture
def company(ana: User) -> Company:
    return factories.a_company(ana, name="Pod lipo")


def a_project(company: Company, ana: User, name: str = "Apples") -> Project:
    return operations.create_project(factories.acting(ana), company, name=name)


def wanted(project: Project, **values: Any) -> EventInput:
    day = (clock.now() + 7 * DAY).date()
    typed = {"title": "New", "timezone": "UTC", "starts_at": f"{day}T18:00", "ends_at": f"{day}T20:00", **values}
    return judge(EventInput, {**typed, "project": str(project.id)})


def actions(project: Project) -> list[str]:
    statement = select(JournalEntry.action).where(JournalEntry.thing_id == project.id).order_by(JournalEntry.id)
    return list(db.session.scalars(statement))


# ---------------------------------------------------------------- making and naming


@both
def test_a_project_is_made_and_named(company: Company, ana: User):
    project = a_project(company, ana)
    operations.rename_project(factories.acting(ana), project, name="Pears")
    assert [(row.project.name, row.project.is_default) for row in queries.projects_in(company.id)] == [
        ("General", True),
        ("Pears", False),
    ]
    assert actions(project) == ["project.created", "project.renamed"]


@both
@pytest.mark.parametrize("role", [None, Role.DOORKEEPER, Role.ORGANISER])
def test_projects_are_managed_by_administrators(company: Company, ana: User, role: Role | None):
    project, bob = a_project(company, ana), factories.an_account()
    if role:
        factories.a_membership(bob, company, role)
    actor, error = factories.acting(bob), ForbiddenError if role else NotFoundError
    for act in (
        lambda: operations.create_project(actor, company, name="Mine"),
        lambda: operations.rename_project(actor, project, name="Mine"),
        lambda: operations.archive_project(actor, project),
        lambda: operations.unarchive_project(actor, project),
        lambda: operations.make_calendar(actor, project),
        lambda: operations.revoke_calendar(actor, project),
    ):
        with pytest.raises(error):
            act()
    assert actions(project) == ["project.created"]


@both
def test_an_administrator_above_manages_the_projects_below(company: Company, ana: User):
    below, bob = factories.a_company(parent=company), factories.an_account()
    factories.a_membership(bob, company, Role.ADMINISTRATOR)
    project = operations.create_project(factories.acting(bob), below, name="Apples")
    assert queries.get_project(factories.acting(bob), below, project.id).name == "Apples"
    with pytest.raises(NotFoundError):
        queries.get_project(factories.acting(bob), company, project.id)


# ---------------------------------------------------------------- archiving


@both
def test_the_default_project_stays(company: Company, ana: User):
    project = factories.default_project(company)
    with pytest.raises(DefaultProjectError):
        operations.archive_project(factories.acting(ana), project)
    assert project.archived_at is None


@both
def test_archiving_twice_is_archiving_once(company: Company, ana: User):
    project, actor = a_project(company, ana), factories.acting(ana)
    operations.archive_project(actor, project)
    first = project.archived_at
    operations.archive_project(actor, project)
    assert project.archived_at == first
    operations.unarchive_project(actor, project)
    operations.unarchive_project(actor, project)
    assert actions(project) == ["project.created", "project.archived", "project.unarchived"]


@both
def test_an_archived_project_takes_no_new_events_and_keeps_those_it_has(company: Company, ana: User):
    project, actor = a_project(company, ana), factories.acting(ana)
    running = events.create_event(actor, wanted(project), publish=True)
    draft = events.create_event(actor, wanted(project, title="Draft"), publish=False)
    elsewhere = factories.an_event(company, ana)
    operations.archive_project(actor, project)
    for attempt in (
        lambda: events.create_event(actor, wanted(project), publish=False),
        lambda: events.edit_event(actor, elsewhere, wanted(project)),
    ):
        with pytest.raises(InputError) as refused:
            attempt()
        assert set(refused.value.fields) == {"project"}
    assert project.id not in {one.id for one in queries.projects_of(actor)}
    # what it has goes on: shown, edited, published
    events.edit_event(actor, running, wanted(project, title="Running on"))
    events.publish_event(actor, draft)
    listed = db.session.scalars(events_queries.project_events(actor, project.id, when="upcoming")).all()
    assert {event.title for event in listed} == {"Running on", "Draft"}
    # a copy goes where new ones may go
    assert events.duplicate_event(actor, running).project_id == factories.default_project(company).id


@both
@pytest.mark.race
def test_no_event_slips_into_a_project_while_it_is_archived(
    app: Flask, company: Company, ana: User, monkeypatch: pytest.MonkeyPatch
):
    project, actor = a_project(company, ana), factories.acting(ana)
    what = wanted(project)
    other = Meanwhile(app, monkeypatch, projects, "record", lambda: events.create_event(actor, what, publish=True))
    operations.archive_project(actor, project)
    assert other.answer() == "json_error"
    assert db.session.scalars(select(Event.id)).all() == []


# ---------------------------------------------------------------- lists


def test_the_list_counts_what_is_to_come_and_over(company: Company, ana: User):
    project = a_project(company, ana)
    for starts_in, state in ((DAY, "published"), (2 * DAY, "published"), (DAY, "draft"), (-9 * DAY, "published")):
        factories.an_event(company, ana, starts_in=starts_in, state=state)
    factories.an_event(company, ana, state="cancelled")
    moved = factories.an_event(company, ana, starts_in=-5 * DAY)
    operation(db.session.execute)(update(Event).where(Event.id == moved.id).values(project_id=project.id))
    assert [(row.project.name, row.to_come, row.past) for row in queries.projects_in(company.id)] == [
        ("General", 2, 1),
        ("Apples", 0, 1),
    ]


def test_a_list_of_events_is_not_narrowed_by_an_archived_project_unless_asked(
    company: Company, ana: User, browser: Browser
):
    project, actor = a_project(company, ana), factories.acting(ana)
    event = events.create_event(actor, wanted(project, title="Picking"), publish=True)
    operations.archive_project(actor, project)
    browser.sign_in(ana)
    page = browser.get("/events")
    assert "Picking" in words(page)
    assert "Pod lipo: Apples" not in page.text
    asked = browser.get(f"/events?project={project.id}")
    assert f'<option value="{project.id}" selected>' in asked.text
    assert "Picking" in words(asked)
    assert browser.get(f"/events/{event.id}").status_code == 200
    assert "Apples</option>" not in browser.get("/events/new").text


# ---------------------------------------------------------------- pages


def test_a_project_is_made_named_and_archived_on_its_pages(company: Company, ana: User, browser: Browser):
    path = f"/companies/{company.slug}/projects"
    browser.sign_in(ana)
    refused = browser.submit(path, name="x" * 121)
    assert (refused.status_code, 'id="name-error"' in refused.text) == (422, True)
    assert "x" * 121 in refused.text
    answer = browser.submit(path, name="Apples")
    where = answer.headers["Location"]
    assert "Apples is made." in words(browser.follow(answer))
    refused = browser.submit(f"{where}/rename", name="")
    assert (refused.status_code, 'id="name-error"' in refused.text) == (422, True)
    assert "Pears" in words(browser.follow(browser.submit(f"{where}/rename", name="Pears")))
    assert "It takes no new events." in words(browser.follow(browser.submit(f"{where}/archive")))
    assert "1 archived project" in words(browser.get(path))
    assert "takes events again" in words(browser.follow(browser.submit(f"{where}/unarchive")))
    assert "archived" not in words(browser.get(path))


def test_the_default_project_cannot_be_archived_on_its_page(company: Company, ana: User, browser: Browser):
    project = factories.default_project(company)
    where = f"/companies/{company.slug}/projects/{project.id}"
    browser.sign_in(ana)
    assert "so it stays" in words(browser.get(where))
    assert browser.submit(f"{where}/archive").status_code == 409


def test_a_project_shows_its_events_to_come_and_past(company: Company, ana: User, browser: Browser):
    project = factories.default_project(company)
    factories.an_event(company, ana, title="Soon")
    factories.an_event(company, ana, title="Hidden so far", state="draft", published_at=None)
    factories.an_event(company, ana, title="Long ago", starts_in=-9 * DAY)
    factories.an_event(factories.a_company(ana), ana, title="Elsewhere")
    where = f"/companies/{company.slug}/projects/{project.id}"
    browser.sign_in(ana)
    page = words(browser.get(where))
    assert ("Soon" in page, "Hidden so far" in page, "Long ago" in page, "Elsewhere" in page) == (
        True,
        True,
        False,
        False,
    )
    assert "Long ago" in words(browser.get(f"{where}?when=past"))


def test_a_long_project_comes_in_pages(company: Company, ana: User, browser: Browser):
    for number in range(22):
        factories.an_event(company, ana, title=f"Evening {number:02}", starts_in=(number + 1) * DAY)
    where = f"/companies/{company.slug}/projects/{factories.default_project(company).id}"
    first = browser.sign_in(ana).get(where)
    assert "Evening 19" in words(first)
    assert "Evening 20" not in words(first)
    further = first.text.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    assert "Evening 21" in words(browser.get(further))


def test_a_doorkeeper_sees_what_is_published_and_changes_nothing(company: Company, ana: User, browser: Browser):
    keeper, project = factories.an_account(), factories.default_project(company)
    factories.a_membership(keeper, company, Role.DOORKEEPER)
    operations.make_calendar(factories.acting(ana), project)
    factories.an_event(company, ana, title="For those invited", visibility="invited")
    factories.an_event(company, ana, title="A draft", state="draft", published_at=None)
    where = f"/companies/{company.slug}/projects/{project.id}"
    browser.sign_in(keeper)
    page = browser.get(where)
    assert "For those invited" in words(page)
    assert "A draft" not in words(page)
    for hidden in ("/calendar/", "<form class", "Start an event"):
        assert hidden not in page.text.split('<main id="main">')[1].split("</main>")[0]
    assert "Make a project" not in words(browser.get(f"/companies/{company.slug}/projects"))
    for act in ("rename", "archive", "unarchive", "calendar"):
        assert browser.submit(f"{where}/{act}").status_code == 403
    assert browser.submit(f"/companies/{company.slug}/projects").status_code == 403


def test_a_project_of_another_company_is_not_there(company: Company, ana: User, browser: Browser):
    other = factories.a_company(ana)
    foreign = factories.a_company(factories.an_account())
    project, theirs = factories.default_project(other), factories.default_project(foreign)
    browser.sign_in(ana)
    assert browser.get(f"/companies/{other.slug}/projects/{project.id}").status_code == 200
    for where in (
        f"/companies/{company.slug}/projects/{project.id}",
        f"/companies/{company.slug}/projects/{theirs.id}",
        f"/companies/{foreign.slug}/projects/{theirs.id}",
        f"/companies/{foreign.slug}/projects",
    ):
        assert browser.get(where).status_code == 404
        assert browser.submit(where + "/archive").status_code == 404


def test_a_new_event_begins_in_the_project_one_came_from(company: Company, ana: User, browser: Browser):
    project = a_project(company, ana)
    other = factories.a_company(ana, name="Another")
    browser.sign_in(ana)
    chosen = f'<option selected value="{project.id}">'
    assert chosen in browser.get(f"/events/new?project={project.id}").text
    assert chosen not in browser.get("/events/new").text
    theirs = factories.default_project(other)
    assert f'<option selected value="{theirs.id}">' in browser.get(f"/events/new?company={other.slug}").text
