"""A small world with everybody in it, put back before each visit: for tests that walk every route as everybody.

A company with one above it, one below, and one that has nothing to do with it; an invited-only event of the company
whose vote is open; and people who stand to it in every way there is.
"""

import contextlib
import dataclasses
import datetime as dt
import pathlib
import sqlite3
import uuid
from collections.abc import Iterator
from typing import Any

import flask_migrate
import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.routing import Rule

from tests import factories
from tests.browsers import Browser
from webapp import create_app
from webapp.accounts import links, sessions
from webapp.companies import operations as companies
from webapp.companies.queries import calendar_token, key_mark
from webapp.core import clock, text
from webapp.core.actor import Scope
from webapp.core.database import Base, db
from webapp.core.operation import operation
from webapp.core.permissions import Role
from webapp.core.tokens import Purpose
from webapp.guests.links import confirm_token, personal_token, unsubscribe_token
from webapp.invitations.links import public_id
from webapp.mail.outbox import queue
from webapp.models import Invitation, LoginSession, Project, User

ROLES = ("doorkeeper", "organiser", "administrator", "owner")
PEOPLE = ("nobody", "stranger", "guest", *ROLES, "above", "below", "cohost", "site")
NO_PAGES = {"static", "assets.bundle", "api.openapi"}


def is_page(endpoint: str) -> bool:
    """Tell whether a route is for people: what is for programs is tried by tests/api."""
    return endpoint not in NO_PAGES and not endpoint.partition(".")[0].endswith("_api")


@dataclasses.dataclass(eq=False)
class World:
    """The app with everybody in it."""

    app: Flask
    path: pathlib.Path
    secrets: dict[str, str] = dataclasses.field(default_factory=dict)
    users: dict[str, uuid.UUID] = dataclasses.field(default_factory=dict)
    values: dict[str, Any] = dataclasses.field(default_factory=dict)
    """What stands for each variable of a path, by its name; or for one endpoint, by "endpoint:name"."""
    kept: sqlite3.Connection | None = None

    def keep(self) -> None:
        """Remember everything as it is now."""
        self.kept = sqlite3.connect(":memory:", check_same_thread=False)
        with contextlib.closing(sqlite3.connect(self.path)) as source:
            source.backup(self.kept)

    def restore(self) -> None:
        """Put everything back as it was kept."""
        assert self.kept is not None
        db.session.remove()
        with contextlib.closing(sqlite3.connect(self.path)) as target:
            self.kept.backup(target)
        self.app.extensions.pop("site_view", None)

    def browser(self, person: str) -> Browser:
        """The browser of one of PEOPLE, signed in."""
        browser = Browser(self.app)
        if person != "nobody":
            browser.client.set_cookie("identity", self.secrets[person])
        return browser

    def value(self, endpoint: str, name: str) -> Any:
        """What stands for the variable `name` in a path of `endpoint`."""
        return self.values.get(f"{endpoint}:{name}", self.values.get(name))

    def address(self, rule: Rule) -> str:
        """The path of a rule, filled in."""
        filled = {name: self.value(rule.endpoint, name) for name in rule.arguments}
        unknown = [name for name, value in filled.items() if value is None]
        assert not unknown, f"tests/world.py must say what {unknown} is in {rule.rule}"
        method = next(iter(rule.methods or ()))
        return self.app.url_map.bind("folkmoot.example.org").build(rule.endpoint, filled, method=method)

    def pages(self) -> list[tuple[str, str]]:
        """Every page there is: (endpoint, address); programs' and static files are not pages."""
        rules = [rule for rule in self.app.url_map.iter_rules() if "GET" in (rule.methods or ())]
        return sorted((rule.endpoint, self.address(rule)) for rule in rules if is_page(rule.endpoint))

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """All rows there are, but for when a session was used last."""
        found = {}
        with contextlib.closing(sqlite3.connect(self.path)) as connection:
            for table in Base.metadata.sorted_tables:
                columns = ", ".join(f'"{c.name}"' for c in table.columns if c.name != "last_used_at")
                # names come from the models
                found[table.name] = sorted(connection.execute(f"SELECT {columns} FROM {table.name}"), key=repr)  # noqa: S608
        return found


def _people() -> dict[str, User]:
    people = {name: factories.an_account(name.title(), email=f"{name}@example.org") for name in PEOPLE[1:-1]}
    people["site"] = factories.an_account("Site", email="site@example.org", site_administrator=True)
    return people


def _fill(world: World) -> None:
    """Put everybody into the world."""
    factories.set_up_site()
    people = _people()
    company_above = factories.a_company(name="Above")
    company = factories.a_company(people["owner"], name="Here", parent=company_above)
    below = factories.a_company(name="Below", parent=company)
    factories.a_company(people["stranger"], name="Elsewhere")
    for role in (Role.DOORKEEPER, Role.ORGANISER, Role.ADMINISTRATOR):
        factories.a_membership(people[role.value], company, role)
    factories.a_membership(people["above"], company_above, Role.ADMINISTRATOR)
    factories.a_membership(people["below"], below, Role.ADMINISTRATOR)
    event = factories.an_event(
        company,
        people["owner"],
        title="Under the lime tree",
        visibility="invited",
        capacity=20,
        questions={"Where do we meet?": ["Under the tree", "By the river"]},
        co_hosts=(people["cohost"],),
    )
    guest = factories.a_guest(event, user=people["guest"], reply="yes")
    other = factories.a_guest(event, name="Maja", email="maja@example.org")
    unsure = factories.a_guest(event, email="unsure@example.org", unconfirmed_until=clock.now() + dt.timedelta(days=1))
    draft = factories.an_event(company, people["owner"], title="A draft", state="draft", published_at=None)
    later = clock.now() + dt.timedelta(days=1)
    nonce = text.secret(128)
    owner_id = people["owner"].id
    link = Invitation(kind="event", issuer_id=owner_id, event_id=event.id, nonce=nonce, expires_at=later)
    factories.save(link)
    membership = factories.a_membership(factories.an_account("Eva"), company, Role.ORGANISER)
    fresh = factories.an_account("Fresh", verified=False)
    for name, user in people.items():
        world.users[name] = user.id
        world.secrets[name] = sessions.start(user, remember=True, device="Test")
    session = db.session.scalars(sa.select(LoginSession.id).where(LoginSession.user_id == people["site"].id)).one()
    mail = operation(queue)("already-registered", to="ana@example.org", user_id=people["owner"].id)
    guests_mail = operation(queue)(
        "guest-invited", to="maja@example.org", guest_id=other.id, event_id=event.id, company_id=company.id
    )
    scopes = [Scope.EVENTS_READ]
    owner = factories.acting(people["owner"])
    app, _key = companies.create_app(owner, company, name="Ticket printer", scopes=scopes)
    question = Base.metadata.tables["questions"].c.id
    answer = Base.metadata.tables["answers"].c.id
    project = Project(company_id=company.id, name="Apples", calendar_nonce=text.secret(128))
    factories.save(project)
    world.values |= {
        "project_id": project.id,
        "calendar.feed:token": calendar_token(project),
        "event_id": event.id,
        "events.publish:event_id": draft.id,
        "guest_id": other.id,
        "slug": company.slug,
        "token": personal_token(guest),
        "rsvp.unsubscribe:token": unsubscribe_token(guest),
        "rsvp.unsubscribed:token": unsubscribe_token(guest),
        "rsvp.confirm_place:token": confirm_token(unsure),
        "rsvp.confirm:token": confirm_token(unsure),
        "accounts.verify:token": links.token_of(links.issue(fresh, Purpose.VERIFY)),
        "accounts.reset_password:token": links.token_of(links.issue(people["owner"], Purpose.RESET)),
        "accounts.email_change:token": links.token_of(
            links.issue(people["owner"], Purpose.EMAIL_CHANGE, email="new@example.org")
        ),
        "invite": public_id(link),
        "invitation_id": link.id,
        "membership_id": membership.id,
        "companies.offboard:user_id": membership.user_id,
        **{f"admin.{act}:user_id": people["guest"].id for act in ("account", "disable", "enable", "sign_out")},
        "admin.make_administrator:user_id": people["guest"].id,
        "admin.resend:user_id": fresh.id,
        "session_id": session,
        "app_id": app.id,
        "mark": key_mark(app),
        "mail_id": mail.id,
        "companies.mail_detail:mail_id": guests_mail.id,
        "companies.retry_mail:mail_id": guests_mail.id,
        "filename": "css/bundle.css",
        "question": db.session.scalars(sa.select(question)).first(),
        "answer": db.session.scalars(sa.select(answer)).first(),
    }


@pytest.fixture(scope="session")
def made_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The world, made once."""
    folder = tmp_path_factory.mktemp("world")
    environ = {
        "INSTANCE_PATH": str(folder),
        "SECRET_KEY": "kept for tests",
        "BASE_URL": "http://folkmoot.example.org",
        "JOBS": "none",
        "LIMITS": "no",
    }
    app = create_app(environ, TESTING=True)
    world = World(app, folder / "folkmoot.db")
    with app.app_context():
        sa.event.listen(db.engine, "connect", lambda c, _: c.execute("PRAGMA synchronous=OFF"))
        flask_migrate.upgrade()
        _fill(world)
        db.session.remove()
        world.keep()
    yield world
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def world(made_world: World) -> Iterator[World]:
    """The world with everybody in it, as it was made, with its app's context pushed."""
    with made_world.app.app_context():
        made_world.restore()
        yield made_world
        db.session.remove()
