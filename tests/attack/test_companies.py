"""Companies: what their pages tell to whom, and who tries to become more than they are."""

import base64
import csv
import datetime as dt
import io
import logging
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests import factories
from tests.browsers import Browser, plain, words
from tests.programs import Program
from webapp.accounts.sessions import digest
from webapp.companies import operations
from webapp.companies.queries import calendar_token
from webapp.core import clock, text, tokens
from webapp.core.actor import Scope
from webapp.core.database import Base, db
from webapp.core.operation import count, operation
from webapp.core.permissions import Role
from webapp.core.tokens import Purpose
from webapp.guests.links import personal_token, unsubscribe_token
from webapp.models import App, Company, JournalEntry, LoginSession, Membership, Project, User

HARM = "<img src=x onerror=alert(1)>\"'{{7*7}}"


@pytest.mark.parametrize(("role", "shown"), [(Role.DOORKEEPER, False), (Role.ORGANISER, True)])
def test_a_companys_page_tells_of_drafts_only_who_manages_events(app: Flask, browser: Browser, role: Role, shown: bool):
    owner, person = factories.an_account(), factories.an_account()
    above = factories.a_company(owner)
    below = factories.a_company(parent=above)
    factories.a_membership(person, above, role)
    for company, title in ((above, "A secret party"), (below, "A hidden dinner")):
        factories.an_event(company, owner, title=title, state="draft", published_at=None)
        factories.an_event(company, owner, title=f"Known {title}")
    said = words(browser.sign_in(person).get(f"/companies/{above.slug}"))
    assert "Known A secret party" in said
    assert "Known A hidden dinner" in said
    said = said.replace("Known A secret party", "").replace("Known A hidden dinner", "")
    assert ("A secret party" in said, "A hidden dinner" in said) == (shown, shown)


# ---------------------------------------------------------------- a company, and what hangs on it


@pytest.fixture
def owner(app: Flask) -> User:
    return factories.an_account("Neža")


@pytest.fixture
def above(owner: User) -> Company:
    return factories.a_company(owner, name="Above")


@pytest.fixture
def company(owner: User, above: Company) -> Company:
    """Part of Above, with an owner of its own."""
    return factories.a_company(owner, name="Here", parent=above)


@pytest.fixture
def mallory(company: Company) -> User:
    """An administrator who would like to be more."""
    mallory = factories.an_account("Mallory", email="mallory@example.org")
    factories.a_membership(mallory, company, Role.ADMINISTRATOR)
    return mallory


@pytest.fixture
def elsewhere(mallory: User) -> Company:
    """A company of Mallory's own."""
    return factories.a_company(mallory, name="Elsewhere")


def rows() -> dict[str, Any]:
    """All rows there are, but for when a session was used last."""
    db.session.rollback()
    return {
        table.name: sorted(
            db.session.execute(select(*(c for c in table.columns if c.name != "last_used_at"))).all(), key=repr
        )
        for table in Base.metadata.sorted_tables
    }


def roles(user: User) -> set[tuple[str, str]]:
    """What an account is where: (the company's name, the role)."""
    statement = (
        select(Company.name, Membership.role)
        .join(Membership.company)
        .where(Membership.user_id == user.id, Membership.revoked_at.is_(None))
    )
    return {(name, role) for name, role in db.session.execute(statement)}


def standing(user: User, company: Company) -> Membership:
    return db.session.scalars(
        select(Membership).where(
            Membership.user_id == user.id, Membership.company_id == company.id, Membership.revoked_at.is_(None)
        )
    ).one()


@operation
def change(row: Any, **values: Any) -> None:
    count(update(type(row)).where(type(row).id == row.id).values(**values))


# ---------------------------------------------------------------- becoming more than one is

Way = Callable[[Browser, Company, Company, User, User], Any]


def _own_role(browser: Browser, company: Company, _else: Company, mallory: User, _owner: User) -> Any:
    return browser.submit(f"/companies/{company.slug}/people/{standing(mallory, company).id}/role", role="owner")


def _role_by_other_fields(browser: Browser, company: Company, _else: Company, mallory: User, owner: User) -> Any:
    path = f"/companies/{company.slug}/people/{standing(mallory, company).id}/role"
    return browser.submit(path, role="administrator", user_id=str(owner.id), company_id=str(company.parent_id))


def _owner_demoted(browser: Browser, company: Company, _else: Company, _mallory: User, owner: User) -> Any:
    return browser.submit(f"/companies/{company.slug}/people/{standing(owner, company).id}/role", role="doorkeeper")


def _owner_taken_out(browser: Browser, company: Company, _else: Company, _mallory: User, owner: User) -> Any:
    return browser.submit(f"/companies/{company.slug}/people/{standing(owner, company).id}/revoke")


def _owner_offboarded(browser: Browser, company: Company, _else: Company, mallory: User, owner: User) -> Any:
    return browser.submit(f"/companies/{company.slug}/offboard/{owner.id}", hand_over_to=str(mallory.id))


def _owner_invited(browser: Browser, company: Company, _else: Company, _mallory: User, _owner: User) -> Any:
    return browser.submit(f"/companies/{company.slug}/people", role="owner", expires_in="24", link="1", email="")


def _role_of_above(browser: Browser, company: Company, _else: Company, _mallory: User, owner: User) -> Any:
    there = db.session.scalars(select(Company).where(Company.id == company.parent_id)).one()
    return browser.submit(f"/companies/{company.slug}/people/{standing(owner, there).id}/role", role="doorkeeper")


def _moved_to_the_top(browser: Browser, company: Company, _else: Company, _mallory: User, _owner: User) -> Any:
    return browser.submit(f"/companies/{company.slug}/move", parent="")


def _moved_under_the_own(browser: Browser, company: Company, other: Company, _mallory: User, _owner: User) -> Any:
    return browser.submit(f"/companies/{company.slug}/move", parent=other.slug)


def _own_moved_under_it(browser: Browser, company: Company, other: Company, _mallory: User, _owner: User) -> Any:
    return browser.submit(f"/companies/{other.slug}/move", parent=company.slug)


def _renamed(browser: Browser, company: Company, other: Company, _mallory: User, _owner: User) -> Any:
    return browser.submit(f"/companies/{company.slug}/settings", name="Mine", parent=other.slug)


def _deleted(browser: Browser, company: Company, _else: Company, _mallory: User, _owner: User) -> Any:
    return browser.submit(f"/companies/{company.slug}/delete")


def _child_of_above(browser: Browser, _company: Company, _else: Company, _mallory: User, _owner: User) -> Any:
    return browser.submit("/companies/new", name="A child", parent="above")


def _self_offboarded(browser: Browser, company: Company, _else: Company, mallory: User, owner: User) -> Any:
    return browser.submit(f"/companies/{company.slug}/offboard/{mallory.id}", hand_over_to=str(owner.id))


WAYS = (
    _own_role,
    _role_by_other_fields,
    _owner_demoted,
    _owner_taken_out,
    _owner_offboarded,
    _owner_invited,
    _role_of_above,
    _moved_to_the_top,
    _moved_under_the_own,
    _own_moved_under_it,
    _renamed,
    _deleted,
    _child_of_above,
    _self_offboarded,
)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__.strip("_"))
def test_an_administrator_does_not_become_owner_nor_owners_less(
    browser: Browser, company: Company, elsewhere: Company, mallory: User, owner: User, way: Way
):
    change(db.session.get_one(Company, company.parent_id), slug="above")
    browser.sign_in(mallory)
    before = rows()
    answer = way(browser, company, elsewhere, mallory, owner)
    after = rows()
    if way is _role_by_other_fields:  # which changes the own role to what it is
        assert answer.status_code == 303
    else:
        assert answer.status_code in {403, 404, 409, 422}
    assert {name for name in before if before[name] != after[name]} == set()
    assert roles(mallory) == {("Here", "administrator"), ("Elsewhere", "owner")}


def test_the_owner_of_a_company_below_has_nothing_above(browser: Browser, company: Company, above: Company):
    ana = factories.an_account("Ana")
    factories.a_membership(ana, company, Role.OWNER)
    browser.sign_in(ana)
    for path in ("", "/people", "/settings", "/journal", "/mail", "/apps", "/companies", "/projects"):
        assert browser.get(f"/companies/{above.slug}{path}").status_code == 404
    assert browser.submit(f"/companies/{above.slug}/move", parent=company.slug).status_code == 404


def test_who_only_owns_what_is_above_leaves_no_company_without_an_owner(browser: Browser, owner: User, above: Company):
    orphan = factories.a_company(name="Orphan", parent=above)
    browser.sign_in(owner).submit(f"/companies/{orphan.slug}/move", parent="")
    db.session.refresh(orphan)
    # either it stays where its owner is, or it has got one of its own
    assert orphan.parent_id == above.id or ("Orphan", "owner") in roles(owner)


# ---------------------------------------------------------------- what stays in the hand of who goes


def _offboards(browser: Browser, company: Company, user: User, **fields: str) -> None:
    answer = browser.submit(f"/companies/{company.slug}/offboard/{user.id}", {"hand_over_to": "", **fields})
    assert answer.status_code == 303, words(answer)


def test_who_is_offboarded_does_not_come_back_by_a_link_kept_in_time(
    browser: Browser, other_browser: Browser, owner: User, company: Company, mallory: User
):
    below = factories.a_company(parent=company, name="Below")
    event = factories.an_event(company, owner, visibility="invited")
    mine = Browser(browser.app).sign_in(mallory)
    for slug in (company.slug, below.slug):
        form = {"role": "administrator", "expires_in": "168", "email": "", "link": "1"}
        assert mine.submit(f"/companies/{slug}/people", form).status_code == 303
    assert mine.submit(f"/events/{event.id}/invitations", count="2", expires_in="720").status_code == 303
    pages = [f"/companies/{company.slug}/people", f"/companies/{below.slug}/people", f"/events/{event.id}/invitations"]
    kept = {link for page in pages for link in re.findall(r"/invite/[\w.-]+", mine.get(page).text)}
    assert len(kept) == 4
    assert {other_browser.get(link).status_code for link in kept} == {200}
    _offboards(browser.sign_in(owner), company, mallory)
    assert mine.get(f"/companies/{company.slug}").status_code in {303, 404}
    mine.sign_in(mallory)
    for link in kept:
        assert mine.get(link).status_code == 404
        assert mine.submit(link).status_code == 404
        assert other_browser.get(link).status_code == 404
    assert roles(mallory) == set()


@pytest.mark.parametrize("how", ["demoted", "taken out"])
def test_a_link_does_not_outlive_the_right_to_make_it(
    browser: Browser, other_browser: Browser, owner: User, company: Company, mallory: User, how: str
):
    mine = Browser(browser.app).sign_in(mallory)
    form = {"role": "administrator", "expires_in": "24", "email": "", "link": "1"}
    mine.submit(f"/companies/{company.slug}/people", form)
    [link] = set(re.findall(r"/invite/[\w.-]+", mine.get(f"/companies/{company.slug}/people").text))
    path = f"/companies/{company.slug}/people/{standing(mallory, company).id}"
    browser.sign_in(owner)
    answer = browser.submit(f"{path}/role", role="doorkeeper") if how == "demoted" else browser.submit(f"{path}/revoke")
    assert answer.status_code == 303
    assert other_browser.get(link).status_code == 404
    # nor can who is less now do what a page that stands open offers
    assert mine.submit(f"/companies/{company.slug}/people", form).status_code in {403, 404}


def test_an_outsider_cannot_be_signed_out_by_inviting_and_offboarding(
    browser: Browser, other_browser: Browser, mallory: User, elsewhere: Company
):
    ana = factories.an_account("Ana", email="ana@example.org")
    other_browser.sign_in(ana)
    browser.sign_in(mallory)
    browser.submit(f"/companies/{elsewhere.slug}/people", email="ana@example.org", role="organiser", expires_in="24")
    event = factories.an_event(elsewhere, mallory)
    factories.a_guest(event, user=ana, reply="yes")
    assert browser.get(f"/companies/{elsewhere.slug}/offboard/{ana.id}").status_code == 404
    assert browser.submit(f"/companies/{elsewhere.slug}/offboard/{ana.id}", hand_over_to="").status_code == 404
    assert other_browser.get("/account").status_code == 200


def test_who_is_made_co_host_without_being_asked_is_not_signed_out_with_it(
    browser: Browser, other_browser: Browser, mallory: User, elsewhere: Company
):
    ana = factories.an_account("Ana", email="ana@example.org")
    other_browser.sign_in(ana)
    event = factories.an_event(elsewhere, mallory, co_hosts=(ana,))
    path = f"/companies/{elsewhere.slug}/offboard/{ana.id}"
    page = words(browser.sign_in(mallory).get(path))
    assert event.title in page
    assert "signed in" not in page
    _offboards(browser, elsewhere, ana)
    assert other_browser.get("/account").status_code == 200
    assert event.title not in words(other_browser.get("/events?when=mine"))


# ---------------------------------------------------------------- fields that no page has

MORE = {
    "id": str(uuid.uuid4()),
    "slug": "taken-over",
    "parent_id": "",
    "parent": "",
    "deleted_at": "2026-01-01",
    "is_default": "1",
    "archived_at": "2026-01-01",
    "calendar_nonce": "mine",
    "key_hash": "0" * 64,
    "created_by": str(uuid.uuid4()),
    "revoked_at": "",
    "granted_by": str(uuid.uuid4()),
    "user_id": str(uuid.uuid4()),
    "company_id": str(uuid.uuid4()),
    "site_administrator": "1",
    "verified_at": "2026-01-01",
    "reputation": "1000",
}


def test_what_a_form_does_not_ask_is_not_taken(browser: Browser, owner: User, company: Company, mallory: User):
    browser.sign_in(owner)
    parent_id, slug = company.parent_id, company.slug
    path = f"/companies/{slug}"
    assert browser.submit(f"{path}/settings", {**MORE, "name": "Renamed"}).status_code == 303
    assert browser.submit(f"{path}/projects", {**MORE, "name": "A season"}).status_code == 303
    project = db.session.scalars(select(Project).where(Project.name == "A season")).one()
    assert browser.submit(f"{path}/projects/{project.id}/rename", {**MORE, "name": "Winter"}).status_code == 303
    role = f"{path}/people/{standing(mallory, company).id}/role"
    assert browser.submit(role, {**MORE, "role": "organiser"}).status_code == 303
    assert browser.submit(f"{path}/apps", {**MORE, "name": "Printer", "scopes": "events:read"}).status_code in {
        200,
        201,
    }
    profile = {**MORE, "name": "Neža", "surname": "", "eth_address": "", "timezone": "UTC"}
    assert browser.submit("/account", profile).status_code == 303
    db.session.expire_all()
    assert (company.name, company.slug, company.parent_id, company.deleted_at) == ("Renamed", slug, parent_id, None)
    assert (project.name, project.company_id, project.is_default) == ("Winter", company.id, False)
    assert (project.archived_at, project.calendar_nonce) == (None, None)
    changed = standing(mallory, company)
    assert (changed.role, changed.granted_by) == ("organiser", owner.id)
    app = db.session.scalars(select(App)).one()
    assert (app.company_id, app.created_by, app.scopes) == (company.id, owner.id, ["events:read"])
    assert app.key_hash != MORE["key_hash"]
    assert (owner.site_administrator, owner.reputation) == (False, 0)


def test_the_id_of_an_app_is_not_taken_from_another(browser: Browser, owner: User, mallory: User, elsewhere: Company):
    hers = factories.a_company(owner)
    app, _key = operations.create_app(factories.acting(owner), hers, name="Hers", scopes=[Scope.EVENTS_READ])
    before = rows()["apps"]
    path = f"/companies/{elsewhere.slug}/apps"
    answer = browser.sign_in(mallory).submit(path, name="Mine", scopes="events:read", once=str(app.id))
    assert answer.status_code in {409, 422}
    assert rows()["apps"] == before


# ---------------------------------------------------------------- a key is shown once


def test_the_key_of_an_app_is_in_one_answer_and_nowhere_else(
    browser: Browser, owner: User, company: Company, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    browser.sign_in(owner)
    path = f"/companies/{company.slug}/apps"

    def make() -> Any:
        return browser.submit(path, name="Printer", scopes="events:read")

    def rotate() -> Any:
        app = db.session.scalars(select(App)).one()
        mark = re.search(r'name="mark"\s+value="([^"]+)"', browser.get(f"{path}/{app.id}").text)
        return browser.submit(f"{path}/{app.id}/rotate", mark=mark[1] if mark else "")

    for act in (make, rotate):
        answer = act()
        db.session.expire_all()
        app = db.session.scalars(select(App)).one()
        [key] = {word for word in re.findall(r"[\w-]{40,}", answer.text) if digest(word) == app.key_hash}
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Location" not in answer.headers
        cookies = " ".join(answer.headers.getlist("Set-Cookie"))
        assert key not in cookies + _unpacked(cookies)
        for page in (path, f"{path}/{app.id}", f"/companies/{company.slug}/journal", f"/companies/{company.slug}"):
            assert key not in browser.get(page).text
        written = [repr(row) for table in rows().values() for row in table]
        assert key not in " ".join([*written, *(record.getMessage() for record in caplog.records)])


def _unpacked(written: str) -> str:
    """What is packed as URL-safe base64 into cookies, links and cursors."""
    packed = (word for word in re.findall(r"[\w-]{16,}", written) if len(word) % 4 != 1)
    return "".join(base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)).decode("latin-1") for word in packed)


# ---------------------------------------------------------------- feeds


def test_a_feed_is_opened_by_its_own_link_alone(browser: Browser, owner: User, company: Company):
    acting = factories.acting(owner)
    first, second = (operations.create_project(acting, company, name=name) for name in ("Spring", "Autumn"))
    for project, title in ((first, "In spring"), (second, "In autumn")):
        operations.make_calendar(acting, project)
        event = factories.an_event(company, owner, title=title, visibility="invited")
        change(event, project_id=project.id)
        draft = factories.an_event(company, owner, title=f"Draft {title}", state="draft", published_at=None)
        change(draft, project_id=project.id)
    factories.an_event(company, owner, title="Of no season")
    guest = factories.a_guest(factories.an_event(company, owner))
    first, second = (db.session.get_one(Project, project.id) for project in (first, second))
    said = browser.get(f"/calendar/{calendar_token(first)}.ics").text
    assert "In spring" in said
    assert not re.search("Draft|autumn|Of no season", said)
    nonce = str(first.calendar_nonce)
    others = {
        "the id of one with the nonce of another": tokens.make(Purpose.CALENDAR, second.id, nonce),
        "a personal link": personal_token(guest),
        "an unsubscribe link": unsubscribe_token(guest),
        "made for another purpose": tokens.make(Purpose.PERSONAL, first.id, nonce),
        "no nonce": tokens.make(Purpose.CALENDAR, first.id, ""),
        "the word None": tokens.make(Purpose.CALENDAR, factories.default_project(company).id, "None"),
        "the id alone": str(first.id),
    }
    for what, token in others.items():
        assert browser.get(f"/calendar/{token}.ics").status_code == 404, what
    # and the link of a feed opens nothing else
    for path in ("/rsvp/{}", "/rsvp/{}/calendar.ics", "/unsubscribe/{}", "/invite/{}"):
        assert browser.get(path.format(calendar_token(first))).status_code == 404


def test_an_etag_tells_nothing_to_who_has_no_link(browser: Browser, owner: User, company: Company):
    project = factories.default_project(company)
    operations.make_calendar(factories.acting(owner), project)
    token = calendar_token(db.session.get_one(Project, project.id))
    tag = browser.get(f"/calendar/{token}.ics").headers["ETag"]
    operations.revoke_calendar(factories.acting(owner), db.session.get_one(Project, project.id))
    answer = browser.get(f"/calendar/{token}.ics", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.headers.get("ETag")) == (404, None)


# ---------------------------------------------------------------- what can be found out


def test_what_is_foreign_looks_like_what_is_not_there(browser: Browser, mallory: User, owner: User, above: Company):
    acting = factories.acting(owner)
    project = operations.create_project(acting, above, name="Secret")
    app, _key = operations.create_app(acting, above, name="Secret", scopes=[Scope.EVENTS_READ])
    pairs = [(f"/companies/{above.slug}{path}", f"/companies/nowhere{path}") for path in ("", "/people", "/journal")]
    nothing = uuid.uuid4()
    mine = factories.a_company(mallory).slug
    pairs += [
        (f"/companies/{mine}/projects/{project.id}", f"/companies/{mine}/projects/{nothing}"),
        (f"/companies/{mine}/apps/{app.id}", f"/companies/{mine}/apps/{nothing}"),
        (f"/companies/{mine}/offboard/{owner.id}", f"/companies/{mine}/offboard/{nothing}"),
        (f"/companies/{mine}/journal?person={owner.id}", f"/companies/{mine}/journal?person={nothing}"),
        (f"/companies/{mine}/journal?thing=app&id={app.id}", f"/companies/{mine}/journal?thing=app&id={nothing}"),
        (f"/companies/{mine}/people/history?person={owner.id}", f"/companies/{mine}/people/history?person={nothing}"),
    ]
    browser.sign_in(mallory)
    for foreign, missing in pairs:
        answers = [browser.get(path) for path in (foreign, missing)]
        assert answers[0].status_code == answers[1].status_code, foreign
        texts = [plain(answer.text, foreign, missing, app.id, project.id, owner.id, nothing) for answer in answers]
        assert texts[0] == texts[1], foreign


@pytest.mark.parametrize("role", [Role.DOORKEEPER, Role.ORGANISER])
def test_who_is_shown_no_addresses_finds_nobody_by_them(browser: Browser, company: Company, role: Role):
    factories.a_membership(factories.an_account("Ana", email="hidden@example.org"), company, Role.ORGANISER)
    person = factories.an_account()
    factories.a_membership(person, company, role)
    browser.sign_in(person)
    path = f"/companies/{company.slug}/people?search="
    assert "Ana" in words(browser.get(f"{path}Ana"))
    for part in ("hidden", "hidden@example.org", "@"):
        assert "Ana" not in words(browser.get(path + part))
        assert "hidden@" not in browser.get(path).text


def test_the_door_learns_no_address_from_the_pages_that_programs_get(app: Flask, owner: User, company: Company):
    doorkeeper = factories.an_account()
    factories.a_membership(doorkeeper, company, Role.DOORKEEPER)
    event = factories.an_event(company, owner, visibility="invited")
    for number in range(5):
        factories.a_guest(event, name=f"Guest {number}", email=f"hidden{number}@example.net")
    program, names, cursor = Program(app).act_for(doorkeeper), [], ""
    while cursor is not None:
        answer = program.get(f"/api/guests/{event.id}?limit=2" + (f"&cursor={cursor}" if cursor else ""))
        assert answer.status_code == 200
        assert "hidden" not in answer.text + _unpacked(answer.text)
        names += [guest["name"] for guest in answer.json["data"]]
        cursor = answer.json["meta"]["next"]
    assert names == [f"Guest {number}" for number in range(5)]


def test_inviting_does_not_tell_who_has_an_account(browser: Browser, company: Company, mallory: User):
    factories.an_account("Known", email="known@example.org")
    browser.sign_in(mallory)
    for email in ("known@example.org", "unknown@example.org"):
        answer = browser.submit(f"/companies/{company.slug}/people", email=email, role="organiser", expires_in="24")
        page = words(browser.follow(answer))
        assert f"{email} is invited." in page
        assert "Known" not in page


# ---------------------------------------------------------------- what others open


@pytest.mark.parametrize("harm", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "=HYPERLINK(0)"])
@pytest.mark.parametrize("whole", [False, True], ids=["a company", "the site"])
def test_no_cell_of_an_export_is_a_formula(browser: Browser, app: Flask, harm: str, whole: bool):
    actor = factories.an_account(harm, site_administrator=True)
    company = factories.a_company(actor, name=harm)
    operations.create_project(factories.acting(actor), company, name=harm)
    operations.create_app(factories.acting(actor), company, name=harm, scopes=[Scope.EVENTS_READ])
    path = "/admin/journal/export" if whole else f"/companies/{company.slug}/journal/export"
    answer = browser.sign_in(actor).get(f"{path}?format=csv")
    table = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert len(table) > 2
    cells = [cell for line in table for cell in line]
    assert any(harm.strip() in cell for cell in cells), "the name is in it"
    assert [cell for cell in cells if re.match(r"[=+\-@\t\r]", cell)] == []


def test_no_page_of_a_company_takes_names_for_markup(browser: Browser, app: Flask):
    owner = factories.an_account(HARM, site_administrator=True)
    company = factories.a_company(owner, name=HARM)
    child = factories.a_company(owner, name=f"Child {HARM}", parent=company)
    member = factories.an_account(f"Member {HARM}")
    factories.a_membership(member, child, Role.ORGANISER)
    acting = factories.acting(owner)
    project = operations.create_project(acting, company, name=HARM)
    made, _key = operations.create_app(acting, company, name=HARM, scopes=[Scope.EVENTS_READ])
    event = factories.an_event(child, member, title=HARM, place=HARM, capacity=1)
    factories.a_guest(event, name=HARM, reply="yes")
    browser.sign_in(owner)
    browser.submit(f"/events/{event.id}/guests", email="ana@example.org", name=HARM, invite="1")
    mail = re.search(r"/mail/([0-9a-f-]{36})", browser.get(f"/companies/{company.slug}/mail").text)
    assert mail
    path = f"/companies/{company.slug}"
    pages = ["", "/people", "/people?where=below", "/people/history", "/companies", "/projects", "/settings", "/mail"]
    pages += ["/apps", "/journal", f"/projects/{project.id}", f"/apps/{made.id}", f"/mail/{mail[1]}"]
    pages += [f"/offboard/{member.id}"]
    site = ["/admin", "/admin/accounts", f"/admin/accounts/{member.id}", "/admin/companies", "/admin/events"]
    for page in [*(path + one for one in pages), *site, "/admin/journal", "/companies", "/companies/new"]:
        answer = browser.get(page)
        assert answer.status_code == 200, page
        for bad in ("<img src=x", "onerror=alert(1)>", ">49<", "'49"):
            assert bad not in answer.text, (page, bad)


# ---------------------------------------------------------------- a password typed long ago


def test_what_needs_a_fresh_password_waits_for_it(browser: Browser, app: Flask):
    owner = factories.an_account("Neža", site_administrator=True)
    company, other = factories.a_company(owner), factories.an_account("Ana")
    browser.sign_in(owner)
    session = db.session.scalars(select(LoginSession).where(LoginSession.user_id == owner.id)).one()
    change(session, fresh_at=clock.now() - dt.timedelta(minutes=16))
    acts = [f"/companies/{company.slug}/delete", "/admin/settings", "/admin/settings/test-mail"]
    acts += [f"/admin/accounts/{other.id}/{act}" for act in ("disable", "enable", "sign-out", "resend")]
    acts += [f"/admin/accounts/{other.id}/administrator"]
    before = rows()
    for act in acts:
        answer = browser.submit(act, name="Mine", on="yes", email="ana@example.org")
        assert answer.status_code in {303, 403}, act
        assert "/account/confirm" in answer.headers.get("Location", "/account/confirm"), act
        assert {name for name, now in rows().items() if now != before[name]} == set(), act


# ---------------------------------------------------------------- names that stand in the way


def test_nobody_takes_the_path_of_a_page(browser: Browser, owner: User):
    browser.sign_in(owner)
    for name in ("new", "New", "NEW!"):
        made = browser.submit("/companies/new", name=name)
        assert made.status_code == 303
        assert made.headers["Location"] != "/companies/new"
    assert len(text.slugify("x" * 500)) <= 60


def test_the_journal_names_nobody(browser: Browser, owner: User, company: Company, mallory: User):
    """What is written there is written for good: no name, no address, no secret."""
    browser.sign_in(owner)
    path = f"/companies/{company.slug}"
    browser.submit(f"{path}/people", email="secret.address@example.org", role="organiser", expires_in="24")
    browser.submit(f"{path}/projects", name="A secret project")
    browser.submit(f"{path}/settings", name="A secret company")
    browser.submit(f"{path}/apps", name="A secret app", scopes="events:read")
    browser.submit(f"{path}/people/{standing(mallory, company).id}/role", role="organiser")
    _offboards(browser, company, mallory)
    entries = db.session.scalars(select(JournalEntry)).all()
    assert len(entries) > 6
    written = " ".join(str(entry.details) for entry in entries).lower()
    assert not re.search("secret|mallory|neža|@", written)
