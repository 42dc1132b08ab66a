"""The tree of companies: named, moved, deleted; never a circle, and the closure always says what the parents say."""

import concurrent.futures
import datetime as dt
import itertools
import pathlib
import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import flask_migrate
import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from tests import databases, factories
from tests.browsers import Browser, words
from tests.companies.meanwhile import Meanwhile
from webapp import create_app
from webapp.companies import operations, policy, queries
from webapp.companies.errors import (
    ChildrenError,
    CompanyGoneError,
    CycleError,
    EventsToComeError,
    LastOwnerError,
)
from webapp.companies.operations import people, tree
from webapp.core import clock, database, hooks
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.errors import AppError, ForbiddenError, NotFoundError, StaleError
from webapp.core.operation import operation
from webapp.core.permissions import Role
from webapp.core.schema import judge
from webapp.events import operations as events
from webapp.events.schemas import EventInput
from webapp.models import (
    App,
    Company,
    CompanyAncestor,
    Event,
    Invitation,
    JournalEntry,
    LoginSession,
    Membership,
    Project,
    User,
)

both = pytest.mark.both_databases
DAY = dt.timedelta(days=1)


@pytest.fixture
def ana(app: Flask) -> User:
    return factories.an_account("Ana")


def closure() -> dict[tuple[uuid.UUID, uuid.UUID], int]:
    rows = db.session.execute(
        select(CompanyAncestor.company_id, CompanyAncestor.ancestor_id, CompanyAncestor.depth)
    ).all()
    return {(company, ancestor): depth for company, ancestor, depth in rows}


def walked() -> dict[tuple[uuid.UUID, uuid.UUID], int]:
    """The closure as the parents say it. Fails where they go round in a circle."""
    parents = dict(db.session.execute(select(Company.id, Company.parent_id)).all())
    found = {}
    for company in parents:
        at, depth = company, 0
        while at is not None:
            found[company, at] = depth
            at, depth = parents[at], depth + 1
            assert depth <= len(parents), "the parents go round in a circle"
    return found


def assert_whole() -> None:
    db.session.rollback()
    assert closure() == walked()


def parent_of(company: Company) -> uuid.UUID | None:
    return db.session.scalar(select(Company.parent_id).where(Company.id == company.id))


def actions(company: Company) -> list[str]:
    statement = select(JournalEntry.action).where(JournalEntry.company_id == company.id).order_by(JournalEntry.id)
    return list(db.session.scalars(statement))


# ---------------------------------------------------------------- moving


@both
def test_a_company_moves_with_all_below_it(app: Flask, ana: User):
    left, right = factories.a_company(ana), factories.a_company(ana)
    mid = factories.a_company(parent=left)
    low = factories.a_company(parent=mid)
    bob, eva = factories.an_account(), factories.an_account()
    factories.a_membership(bob, left, Role.ADMINISTRATOR)
    factories.a_membership(eva, right, Role.ORGANISER)
    operations.move_company(factories.acting(ana), mid, right)
    assert_whole()
    assert closure()[low.id, right.id] == 2
    for company in (mid, low):
        assert policy.role_in(factories.acting(bob), company.id) is None
        assert policy.role_in(factories.acting(eva), company.id) is Role.ORGANISER
    assert policy.role_in(factories.acting(eva), left.id) is None
    assert actions(mid)[-1] == "company.moved"


@both
def test_a_company_is_moved_by_who_owns_it_and_the_one_it_goes_under(app: Flask, ana: User):
    here, there = factories.a_company(ana), factories.a_company(factories.an_account())
    bob = factories.an_account()
    factories.a_membership(bob, here, Role.OWNER)
    with pytest.raises(NotFoundError):
        operations.move_company(factories.acting(bob), here, there)
    factories.a_membership(bob, there, Role.ADMINISTRATOR)
    with pytest.raises(ForbiddenError):
        operations.move_company(factories.acting(bob), here, there)
    with pytest.raises(ForbiddenError):
        operations.move_company(factories.acting(bob), there, here)
    cilka = factories.an_account()
    factories.a_membership(cilka, there, Role.OWNER)
    with pytest.raises(NotFoundError):
        operations.move_company(factories.acting(cilka), here, there)
    assert [parent_of(one) for one in (here, there)] == [None, None]
    factories.a_membership(cilka, here, Role.OWNER)
    operations.move_company(factories.acting(cilka), here, there)
    assert parent_of(here) == there.id
    assert_whole()


@both
def test_a_company_never_goes_below_itself(app: Flask, ana: User):
    top = factories.a_company(ana)
    mid = factories.a_company(parent=top)
    low = factories.a_company(parent=mid)
    for parent in (top, mid, low):
        with pytest.raises(CycleError) as refused:
            operations.move_company(factories.acting(ana), top, parent)
        assert set(refused.value.fields) == {"parent"}
    assert_whole()
    operations.move_company(factories.acting(ana), low, top)
    assert closure()[low.id, top.id] == 1
    assert_whole()


@both
def test_a_company_moved_out_keeps_an_owner_or_stays(app: Flask, ana: User):
    top, other = factories.a_company(ana), factories.a_company(ana)
    inside = factories.a_company(parent=top)
    actor = factories.acting(ana)
    with pytest.raises(LastOwnerError):
        operations.move_company(actor, inside, None)
    assert_whole()
    assert parent_of(inside) == top.id
    # whoever owns the other one owns it there
    operations.move_company(actor, inside, other)
    factories.a_membership(factories.an_account(), inside, Role.OWNER)
    operations.move_company(actor, inside, None)
    assert_whole()
    assert parent_of(inside) is None
    assert policy.role_in(actor, inside.id) is None


@both
def test_an_owner_takes_the_own_company_to_the_top_and_nobody_above_sees_it_any_more(app: Flask, ana: User):
    top, bob = factories.a_company(ana), factories.an_account()
    inside = factories.a_company(bob, parent=top)
    low = factories.a_company(parent=inside)
    operations.move_company(factories.acting(bob), inside, None)
    assert_whole()
    assert policy.role_in(factories.acting(ana), low.id) is None
    assert policy.role_in(factories.acting(bob), low.id) is Role.OWNER


@both
def test_an_administrator_makes_a_company_below_and_owns_it_no_more_than_the_one_above(app: Flask, ana: User):
    top, bob = factories.a_company(ana), factories.an_account()
    factories.a_membership(bob, top, Role.ADMINISTRATOR)
    made = operations.create_company(factories.acting(bob), name="Choir", parent=top)
    assert policy.role_in(factories.acting(bob), made.id) is Role.ADMINISTRATOR
    assert policy.role_in(factories.acting(ana), made.id) is Role.OWNER
    with pytest.raises(ForbiddenError):
        operations.move_company(factories.acting(bob), made, None)


@both
def test_moving_where_it_stands_changes_nothing(app: Flask, ana: User):
    top = factories.a_company(ana)
    inside = factories.a_company(ana, parent=top)
    operations.move_company(factories.acting(ana), inside, top)
    operations.move_company(factories.acting(ana), top, None)
    assert_whole()
    assert actions(inside) == []


@both
def test_a_token_for_a_company_reaches_what_is_below_it_now(app: Flask, ana: User):
    here, there = factories.a_company(ana), factories.a_company(ana)
    limited = Actor(user_id=ana.id, company_id=here.id)
    assert policy.role_in(limited, there.id) is None
    operations.move_company(factories.acting(ana), there, here)
    assert policy.role_in(limited, there.id) is Role.OWNER
    operations.move_company(factories.acting(ana), there, None)
    assert policy.role_in(limited, there.id) is None


# ---------------------------------------------------------------- the closure, whatever happens

NUMBERS = itertools.count()
STEPS = st.lists(
    st.tuples(st.sampled_from(["create", "create", "move", "move", "top", "delete"]), *[st.integers(0, 20)] * 2),
    max_size=25,
)


@both
@given(steps=STEPS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_closure_says_what_the_parents_say(app: Flask, steps: list[tuple[str, int, int]]):
    actor = factories.acting(factories.an_account())
    made: list[Company] = []
    for act, which, other in steps:
        one = made[which % len(made)] if made else None
        parent = made[other % len(made)] if made else None
        try:
            if act == "create" or one is None:
                made.append(
                    operations.create_company(
                        actor, name=f"Company {next(NUMBERS)}", parent=parent if which % 3 else None
                    )
                )
            elif act == "delete":
                operations.delete_company(actor, one)
            else:
                operations.move_company(actor, one, parent if act == "move" else None)
        except (CycleError, ChildrenError, CompanyGoneError, NotFoundError):
            pass
    assert_whole()


# ---------------------------------------------------------------- two at once


def at_once(app: Flask, *calls: Callable[[], Any]) -> list[str]:
    """Make all calls, each in a thread and context of its own; return "done" or the refusal of each."""
    start = threading.Barrier(len(calls))

    def one(call: Callable[[], Any]) -> str:
        with app.app_context():
            start.wait(20)
            try:
                call()
            except AppError as error:
                return error.id
            return "done"

    db.session.rollback()
    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


def crossing(ana: User) -> list[Callable[[], Any]]:
    """Two moves of which either is fine, and both are a circle."""
    left, right = (factories.a_company(ana).id for _ in range(2))
    actor = factories.acting(ana)

    def move(one: uuid.UUID, under: uuid.UUID) -> None:
        company, parent = db.session.get_one(Company, one), db.session.get_one(Company, under)
        operations.move_company(actor, company, parent)

    return [lambda: move(left, right), lambda: move(right, left)]


@both
@pytest.mark.race
def test_of_two_moves_that_cross_one_is_refused(app: Flask, ana: User):
    for _ in range(5):
        assert sorted(at_once(app, *crossing(ana))) == ["company_cycle", "done"]
        assert_whole()


@pytest.fixture(params=["sqlite", "postgresql"])
def alone(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[Flask]:
    """An app on a database of its own, with its context pushed."""
    made = databases.postgresql_database() if request.param == "postgresql" else iter([""])
    environ = {
        "INSTANCE_PATH": str(tmp_path),
        "DATABASE_URL": next(made),
        "SECRET_KEY": "kept for tests",
        "JOBS": "none",
        "LIMITS": "no",
    }
    app = create_app(environ, TESTING=True)
    with app.app_context():
        flask_migrate.upgrade()
        factories.set_up_site()
        yield app
        db.session.remove()
        db.engine.dispose()
    next(made, None)


def without_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the locks away, and on SQLite the turns that all writers take and the key that would refuse a row twice."""
    monkeypatch.setattr(tree, "lock_tree", lambda: None)
    monkeypatch.setattr(tree, "hold_company", lambda _company_id: None)
    monkeypatch.setattr(tree, "locked_company", lambda company_id: db.session.get_one(Company, company_id))
    if db.engine.dialect.name == "sqlite":
        db.session.remove()
        sa.event.remove(db.engine, "begin", database._sqlite_begin)
        db.engine.dispose()
        with db.engine.connect() as connection:
            connection.exec_driver_sql("CREATE TABLE kept AS SELECT * FROM company_ancestors")
            connection.exec_driver_sql("DROP TABLE company_ancestors")
            connection.exec_driver_sql("ALTER TABLE kept RENAME TO company_ancestors")


@pytest.mark.race
def test_without_turns_two_moves_that_cross_make_a_circle(alone: Flask, monkeypatch: pytest.MonkeyPatch):
    moves = crossing(factories.an_account())
    without_turns(monkeypatch)
    # both have been judged before either is written
    meet, rehang = threading.Barrier(2), tree._rehang
    monkeypatch.setattr(tree, "_rehang", lambda *places: (meet.wait(20), rehang(*places)))
    try:
        assert at_once(alone, *moves) == ["done", "done"]
    except sa.exc.IntegrityError:
        return  # one wrote before the other had read: the key of the closure is all that stood in its way
    with pytest.raises(AssertionError, match="round in a circle"):
        assert_whole()


@both
@pytest.mark.race
@pytest.mark.parametrize("first", ["move", "make"])
def test_a_company_made_far_below_one_that_moves_hangs_where_it_should(
    app: Flask, ana: User, monkeypatch: pytest.MonkeyPatch, first: str
):
    actor = factories.acting(ana)
    left, right = factories.a_company(ana), factories.a_company(ana)
    mid = factories.a_company(parent=left)
    right_id, mid_id, low_id = right.id, mid.id, factories.a_company(parent=mid).id

    def make() -> None:
        operations.create_company(actor, name="New", parent=db.session.get_one(Company, low_id))

    def move() -> None:
        operations.move_company(actor, db.session.get_one(Company, mid_id), db.session.get_one(Company, right_id))

    one, other, step = (move, make, "_rehang") if first == "move" else (make, move, "record")
    meanwhile = Meanwhile(app, monkeypatch, tree, step, other)
    one()
    assert meanwhile.answer() == "done"
    assert_whole()
    made = db.session.scalars(select(Company).where(Company.name == "New")).one()
    assert closure()[made.id, right_id] == 3


@both
@pytest.mark.race
def test_no_event_slips_into_a_company_while_it_is_deleted(app: Flask, ana: User, monkeypatch: pytest.MonkeyPatch):
    actor, company = factories.acting(ana), factories.a_company(ana)
    day = (clock.now() + 7 * DAY).date()
    typed = {"title": "New", "timezone": "UTC", "starts_at": f"{day}T18:00", "ends_at": f"{day}T20:00"}
    wanted = judge(EventInput, {**typed, "project": str(factories.default_project(company).id)})
    other = Meanwhile(app, monkeypatch, tree, "_close", lambda: events.create_event(actor, wanted, publish=True))
    operations.delete_company(actor, company)
    assert other.answer() == "json_error"
    assert db.session.scalars(select(Event.id)).all() == []


@both
@pytest.mark.race
def test_no_company_slips_below_one_while_it_is_deleted(app: Flask, ana: User, monkeypatch: pytest.MonkeyPatch):
    actor, company = factories.acting(ana), factories.a_company(ana)
    company_id = company.id

    def make() -> None:
        operations.create_company(actor, name="New", parent=db.session.get_one(Company, company_id))

    other = Meanwhile(app, monkeypatch, tree, "_close", make)
    operations.delete_company(actor, company)
    assert other.answer() == "not_found"


@both
@pytest.mark.race
def test_the_last_own_owner_does_not_leave_while_the_company_is_moved_out(
    app: Flask, ana: User, monkeypatch: pytest.MonkeyPatch
):
    actor, bob = factories.acting(ana), factories.an_account()
    inside_id = factories.a_company(bob, parent=factories.a_company(ana)).id

    def move() -> None:
        operations.move_company(actor, db.session.get_one(Company, inside_id), None)

    other = Meanwhile(app, monkeypatch, people, "take", move)
    operations.revoke(factories.acting(bob), queries.standing(inside_id, bob.id))
    assert other.answer() == "last_owner"
    assert queries.has_owner(inside_id)


# ---------------------------------------------------------------- names


@both
def test_a_renamed_company_keeps_its_address(app: Flask, ana: User):
    company = operations.create_company(factories.acting(ana), name="Pod lipo")
    operations.rename_company(factories.acting(ana), company, name="Pod kostanjem")
    found = queries.get_company(factories.acting(ana), "pod-lipo")
    assert found.name == "Pod kostanjem"
    assert actions(company)[-1] == "company.renamed"
    details = select(JournalEntry.details).where(JournalEntry.action == "company.renamed")
    assert db.session.scalars(details).all() == [{}]


@both
@pytest.mark.parametrize("role", [None, Role.ORGANISER, Role.ADMINISTRATOR])
def test_only_an_owner_names_moves_and_deletes(app: Flask, ana: User, role: Role | None):
    company, bob = factories.a_company(ana, name="Pod lipo"), factories.an_account()
    if role:
        factories.a_membership(bob, company, role)
    error = ForbiddenError if role else NotFoundError
    actor = factories.acting(bob)
    for act in (
        lambda: operations.rename_company(actor, company, name="Mine"),
        lambda: operations.move_company(actor, company, None),
        lambda: operations.delete_company(actor, company),
    ):
        with pytest.raises(error):
            act()
    assert (company.name, company.deleted_at) == ("Pod lipo", None)


# ---------------------------------------------------------------- deleting


def furnished(ana: User) -> tuple[Company, dict[str, uuid.UUID]]:
    """A company with everything that ends with it; the ids of what it has."""
    company = factories.a_company(ana)
    membership = factories.a_membership(factories.an_account("Bob"), company, Role.ORGANISER)
    app = App(company_id=company.id, name="Door", scopes=[], key_hash="x", created_by=ana.id)
    factories.save(app)
    moment = clock.now()
    token = LoginSession(user_id=ana.id, kind="token", secret_hash="a", last_used_at=moment, app_id=app.id)
    limited = LoginSession(user_id=ana.id, kind="token", secret_hash="b", last_used_at=moment, company_id=company.id)
    browser = LoginSession(user_id=ana.id, secret_hash="c", last_used_at=moment)
    invitation = Invitation(
        kind="company", issuer_id=ana.id, company_id=company.id, role="organiser", nonce="x", expires_at=moment + DAY
    )
    factories.save(token, limited, browser, invitation)
    project = factories.default_project(company)
    operations.make_calendar(factories.acting(ana), project)
    rows = {
        "membership": membership, "app": app, "token": token, "limited": limited, "browser": browser,
        "invitation": invitation, "project": project,
    }  # fmt: skip
    return company, {name: row.id for name, row in rows.items()}


@both
def test_with_a_company_ends_all_that_could_be_used_of_it(app: Flask, ana: User):
    company, ids = furnished(ana)
    heard: list[hooks.AccessChange] = []
    hooks.access_revoked.listen(app, heard.append)
    try:
        operations.delete_company(factories.acting(ana), company)
    finally:
        app.extensions["hooks"]["access_revoked"].remove(heard.append)
    models = {
        "membership": Membership,
        "app": App,
        "token": LoginSession,
        "limited": LoginSession,
        "browser": LoginSession,
        "invitation": Invitation,
    }
    ended = {name: db.session.get_one(model, ids[name]).revoked_at is not None for name, model in models.items()}
    assert ended == {**dict.fromkeys(ended, True), "browser": False}
    assert db.session.get_one(Project, ids["project"]).calendar_nonce is None
    assert {change.company_id for change in heard} == {company.id}
    assert len(heard) == 2
    assert queries.companies_of(factories.acting(ana)) == []
    with pytest.raises(NotFoundError):
        queries.get_company(factories.acting(ana), company.slug)
    assert {"company.deleted", "membership.revoked", "app.revoked"} <= set(actions(company))
    assert_whole()


@both
def test_deleting_asks_for_the_password_anew(app: Flask, ana: User):
    company = factories.a_company(ana)
    stale = Actor(user_id=ana.id, fresh_at=clock.now() - dt.timedelta(minutes=16))
    with pytest.raises(StaleError):
        operations.delete_company(stale, company)
    assert company.deleted_at is None


@both
@pytest.mark.parametrize("state", ["published", "draft"])
def test_a_company_with_events_to_come_stays(app: Flask, ana: User, state: str):
    company = factories.a_company(ana)
    event = factories.an_event(company, ana, state=state)
    actor = factories.acting(ana)
    with pytest.raises(EventsToComeError):
        operations.delete_company(actor, company)
    events.cancel_event(actor, event)
    operations.delete_company(actor, company)
    assert company.deleted_at is not None


@both
def test_a_company_with_companies_below_stays(app: Flask, ana: User):
    top = factories.a_company(ana)
    inside = factories.a_company(parent=top)
    actor = factories.acting(ana)
    with pytest.raises(ChildrenError):
        operations.delete_company(actor, top)
    operations.delete_company(actor, inside)
    operations.delete_company(actor, top)
    assert_whole()


@both
def test_what_is_over_stays_with_its_guests_and_starts_nothing_new(app: Flask, ana: User):
    company = factories.a_company(ana)
    event = factories.an_event(company, ana, starts_in=-2 * DAY, title="Over")
    draft = factories.an_event(company, ana, starts_in=-2 * DAY, state="draft", published_at=None)
    actor = factories.acting(ana)
    operations.delete_company(actor, company)
    later = {"ends_at": clock.now() + DAY}
    operation(db.session.execute)(update(Event).where(Event.id == draft.id).values(later))
    with pytest.raises(CompanyGoneError):
        events.publish_event(actor, draft)
    with pytest.raises(CompanyGoneError):
        events.duplicate_event(actor, event)
    assert db.session.get_one(Event, event.id).title == "Over"


@both
def test_nothing_is_made_below_a_deleted_company_or_moved_there(app: Flask, ana: User):
    gone, other = factories.a_company(ana), factories.a_company(ana)
    actor = factories.acting(ana)
    operations.delete_company(actor, gone)
    factories.a_membership(ana, gone, Role.OWNER)
    with pytest.raises(NotFoundError):
        operations.create_company(actor, name="Below", parent=gone)
    with pytest.raises(CompanyGoneError):
        operations.move_company(actor, other, gone)
    with pytest.raises(NotFoundError):
        operations.delete_company(actor, gone)
    with pytest.raises(CompanyGoneError):
        operations.create_project(actor, gone, name="New")


@both
def test_an_account_that_leaves_closes_its_lone_companies_with_all_below(app: Flask, ana: User):
    top, _ids = furnished(ana)
    inside = factories.a_company(parent=top)
    bob = db.session.scalars(select(User).where(User.name == "Bob")).one()
    with pytest.raises(LastOwnerError):
        operations.close_lone_companies(factories.acting(ana), ana.id)
    operations.revoke(factories.acting(bob), queries.standing(top.id, bob.id))
    operations.close_lone_companies(factories.acting(ana), ana.id)
    assert db.session.scalars(select(Company.id).where(Company.deleted_at.is_(None))).all() == []
    assert db.session.scalars(select(App.id).where(App.revoked_at.is_(None))).all() == []
    assert "company.deleted" in actions(inside)


# ---------------------------------------------------------------- pages


def test_the_tree_is_shown_in_order_with_its_figures(app: Flask, browser: Browser, ana: User):
    top = factories.a_company(ana, name="Zveza")
    second = factories.a_company(parent=top, name="čebelarji")
    first = factories.a_company(ana, parent=top, name="Bralci")
    low = factories.a_company(parent=first, name="Ano")
    gone = factories.a_company(ana, parent=top, name="Gone")
    operations.delete_company(factories.acting(ana), gone)
    factories.a_company(factories.an_account(), name="Elsewhere")
    factories.an_event(low, ana)
    factories.an_event(low, ana, state="draft")
    factories.an_event(low, ana, starts_in=-DAY)
    found = queries.branches_of(top.id)
    assert [(row.company.id, row.depth, row.people, row.events) for row in found] == [
        (first.id, 1, 1, 0),
        (low.id, 2, 0, 1),
        (second.id, 1, 0, 0),
    ]
    page = browser.sign_in(ana).get(f"/companies/{top.slug}/companies")
    said = words(page)
    assert said.index("Bralci") < said.index("Ano") < said.index("čebelarji")
    assert "Ano part of Bralci" in said
    assert "Gone" not in said
    assert "Elsewhere" not in said
    assert f'href="/companies/new?parent={top.slug}"' in page.text


def test_whoever_may_not_make_companies_is_not_offered_to(app: Flask, browser: Browser, ana: User):
    company, keeper = factories.a_company(ana), factories.an_account()
    factories.a_membership(keeper, company, Role.DOORKEEPER)
    page = browser.sign_in(keeper).get(f"/companies/{company.slug}/companies")
    assert "No companies below this one" in words(page)
    assert "/companies/new" not in page.text


def test_a_choice_of_companies_shows_the_way_down_as_far_as_one_sees_it(app: Flask, browser: Browser, ana: User):
    top = factories.a_company(factories.an_account(), name="Hidden")
    here = factories.a_company(ana, parent=top, name="Here")
    factories.a_company(parent=here, name="Kitchen")
    page = browser.sign_in(ana).get("/companies/new").text
    assert ">Here / Kitchen</option>" in page
    assert "Hidden" not in page


def test_the_settings_name_and_move_a_company(app: Flask, browser: Browser, ana: User):
    company, top = factories.a_company(ana, name="Pod lipo"), factories.a_company(ana, name="Zveza")
    factories.a_company(parent=company, name="Kitchen")
    foreign = factories.a_company(factories.an_account(), name="Foreign")
    path = f"/companies/{company.slug}/settings"
    browser.sign_in(ana)
    page = browser.get(path).text
    assert ">Zveza</option>" in page
    assert "Kitchen</option>" not in page
    assert "Foreign" not in page
    refused = browser.submit(path, name=" ")
    assert (refused.status_code, 'id="name-error"' in refused.text) == (422, True)
    assert "Saved." in words(browser.follow(browser.submit(path, name="Pod kostanjem")))
    for parent in (foreign.slug, company.slug, "nothing"):
        refused = browser.submit(f"/companies/{company.slug}/move", parent=parent)
        assert (refused.status_code, 'id="parent-error"' in refused.text) == (422, True)
    answer = browser.submit(f"/companies/{company.slug}/move", parent=top.slug)
    assert "Pod kostanjem is part of Zveza now." in words(browser.follow(answer))
    assert "Pod kostanjem stands by itself now." in words(
        browser.follow(browser.submit(f"/companies/{company.slug}/move", parent=""))
    )


def test_a_move_that_leaves_nobody_owning_it_says_so_beside_the_field(app: Flask, browser: Browser, ana: User):
    top = factories.a_company(ana)
    inside = factories.a_company(parent=top, name="Kitchen")
    refused = browser.sign_in(ana).submit(f"/companies/{inside.slug}/move", parent="")
    assert refused.status_code == 422
    assert "Nobody would own Kitchen there. Please make somebody its owner first." in words(refused)


def test_the_settings_say_why_a_company_cannot_be_deleted(app: Flask, browser: Browser, ana: User):
    company = factories.a_company(ana)
    inside = factories.a_company(parent=company)
    event = factories.an_event(inside, ana)
    path = f"/companies/{company.slug}"
    browser.sign_in(ana)
    page = words(browser.get(f"{path}/settings"))
    assert "there is 1 company below it" in page
    assert "1 event is to come" in page
    assert "Delete this company" not in page
    assert browser.submit(f"{path}/delete").status_code == 409
    events.cancel_event(factories.acting(ana), event)
    operations.delete_company(factories.acting(ana), inside)
    assert "Delete this company" in words(browser.get(f"{path}/settings"))
    name = company.name
    answer = browser.submit(f"{path}/delete")
    assert answer.headers["Location"] == "/companies"
    assert f"{name} is deleted." in words(browser.follow(answer))
    assert browser.get(path).status_code == 404


def test_deleting_leads_to_the_password_and_back(app: Flask, browser: Browser, ana: User):
    company = factories.a_company(ana)
    browser.sign_in(ana)
    operation(db.session.execute)(update(LoginSession).values(fresh_at=None))
    answer = browser.submit(f"/companies/{company.slug}/delete")
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/account/confirm")
    assert browser.get(f"/companies/{company.slug}").status_code == 200


def test_only_owners_come_into_the_settings(app: Flask, browser: Browser, ana: User):
    company, bob = factories.a_company(ana), factories.an_account()
    factories.a_membership(bob, company, Role.ADMINISTRATOR)
    browser.sign_in(bob)
    assert browser.get(f"/companies/{company.slug}/settings").status_code == 403
    assert "/settings" not in browser.get(f"/companies/{company.slug}/companies").text
