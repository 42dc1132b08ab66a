"""A furnished world for tests that walk every endpoint: one of everything that an endpoint can name.

Ana owns "Here", which is part of "Above" (not hers) and has "Below" beneath it; "Elsewhere" is nobody's she knows.
"""

import dataclasses
import datetime as dt
import uuid
from typing import Any

from flask import Flask

from tests import factories
from tests.programs import Program
from webapp import APIS
from webapp.accounts import links, tokens
from webapp.companies import operations as companies
from webapp.core import clock, text
from webapp.core.actor import Scope
from webapp.core.database import db
from webapp.core.operation import operation
from webapp.core.permissions import Role
from webapp.core.tokens import Purpose
from webapp.invitations.links import public_id
from webapp.mail.outbox import queue
from webapp.models import Answer, App, Company, Event, Invitation, Question, User
from webapp.web.endpoints import Endpoint

PEOPLE = ("ana", "doorkeeper", "stranger", "guest", "fresh")


def endpoints() -> list[tuple[Endpoint, str]]:
    """Every endpoint there is with each of its paths."""
    return [(endpoint, path) for api in APIS for endpoint in api.endpoints for path in endpoint.paths]


def named(found: tuple[Endpoint, str]) -> str:
    """What a test of it is called."""
    return f"{found[0].method} {found[1]}"


@dataclasses.dataclass(eq=False)
class Furnished:
    """The app with one of everything; `values`: what stands for each name in a path, a query or a body."""

    app: Flask
    users: dict[str, User]
    company: Company
    slug: str
    event: Event
    above: Company
    elsewhere: Company
    values: dict[str, str] = dataclasses.field(default_factory=dict)
    foreign: dict[str, str] = dataclasses.field(default_factory=dict)

    def program(self, person: str = "ana", *, company: bool = False, scopes: list[str] | None = None) -> Program:
        """A program of one of PEOPLE with a token of its own. `company`: one that acts for Here alone."""
        asked: dict[str, Any] = {"scopes": scopes}
        if company:
            asked["company_id"] = self.company.id
        return Program(self.app).act_for(self.users[person], **asked)

    def address(self, path: str, **other: str) -> str:
        """The path of an endpoint, filled in; with `other` values in place of ours."""
        said = self.values | other
        filled = path
        if path.startswith("/email-change/"):
            said["token"] = other.get("token", said["email_change"])
        for name in variables(path):
            assert name in said, f"tests/api/furnished.py must say what {name} is in {path}"
            filled = filled.replace(f"<uuid:{name}>", said[name]).replace(f"<{name}>", said[name])
        return f"/api{filled}"


def variables(path: str) -> list[str]:
    """The names in a path."""
    return [part.split(">")[0].rpartition(":")[2] for part in path.split("<")[1:]]


def _app(person: User, company: Company) -> App:
    app, _key = companies.create_app(
        factories.acting(person), company, name="Ticket printer", scopes=[Scope.EVENTS_READ]
    )
    return app


def _invitation(issuer: User, event: Event) -> Invitation:
    link = Invitation(
        kind="event",
        issuer_id=issuer.id,
        event_id=event.id,
        nonce=text.secret(128),
        expires_at=clock.now() + dt.timedelta(days=1),
    )
    factories.save(link)
    return link


def _here(owner: User, *, parent: Company | None = None, mark: str = "Here") -> dict[str, Any]:
    """One of everything in one company."""
    company = factories.a_company(owner, name=mark, parent=parent)
    person = factories.an_account(f"{mark} person")
    factories.a_membership(person, company, Role.ORGANISER)
    event = factories.an_event(
        company,
        owner,
        title=f"{mark} party",
        visibility="invited",
        questions={f"{mark}?": [f"{mark} yes", f"{mark} no"]},
        capacity=50,
    )
    guest = factories.a_guest(event, name=f"{mark} guest", email=f"guest@{mark.lower()}.example.org")
    mail = operation(queue)(
        "guest-invited", to=str(guest.email), guest_id=guest.id, event_id=event.id, company_id=company.id
    )
    answer = db.session.query(Answer).join(Question).filter(Question.event_id == event.id).first()
    assert answer is not None
    link = _invitation(owner, event)
    project = companies.create_project(factories.acting(owner), company, name=f"{mark} apples")
    return {
        "company": company,
        "event": event,
        "guest": guest,
        "values": {
            "company_id": str(company.id),
            "event_id": str(event.id),
            "guest_id": str(guest.id),
            "project_id": str(project.id),
            "app_id": str(_app(owner, company).id),
            "mail_id": str(mail.id),
            "user_id": str(person.id),
            "invite": public_id(link),
            "invitation_id": str(link.id),
            "answer_id": str(answer.id),
        },
    }


def furnish(app: Flask) -> Furnished:
    """Furnish the world of `app`, which is empty."""
    users = {
        name: factories.an_account(name.title(), email=f"{name}@example.org", verified=name != "fresh")
        for name in PEOPLE
    }
    above = factories.a_company(factories.an_account("Above"), name="Above")
    here = _here(users["ana"], parent=above)
    company, event = here["company"], here["event"]
    below = factories.a_company(name="Below", parent=company)
    factories.a_membership(users["doorkeeper"], company, Role.DOORKEEPER)
    factories.a_guest(event, user=users["guest"])
    own = tokens.start(users["ana"])
    verify = links.token_of(links.issue(users["fresh"], Purpose.VERIFY))
    values = {
        **here["values"],
        "parent_id": str(above.id),
        "below_id": str(below.id),
        "session_id": str(own.session_id),
        "token": verify,
        "otk": verify,
        "reset": links.token_of(links.issue(users["ana"], Purpose.RESET)),
        "email_change": links.token_of(links.issue(users["ana"], Purpose.EMAIL_CHANGE, email="ana@example.net")),
        "email": "ana@example.org",
    }
    elsewhere = _here(users["stranger"], mark="Elsewhere")
    foreign = {**elsewhere["values"], "session_id": str(tokens.start(users["stranger"]).session_id)}
    return Furnished(app, users, company, company.slug, event, above, elsewhere["company"], values, foreign)


def with_known_ids(sent: Any, values: dict[str, str]) -> Any:
    """`sent` with what is a UUID under a known name made one that there is."""
    if isinstance(sent, list):
        return [with_known_ids(one, values) for one in sent]
    if not isinstance(sent, dict):
        return sent
    changed = {}
    for name, value in sent.items():
        single = name.removesuffix("s")
        if name in values and is_uuid(value):
            changed[name] = values[name]
        elif single in values and isinstance(value, list) and all(is_uuid(one) for one in value):
            changed[name] = [values[single]] * min(len(value), 1)
        else:
            changed[name] = with_known_ids(value, values)
    return changed


def is_uuid(value: Any) -> bool:
    """Tell whether a value is the text of a UUID."""
    try:
        return isinstance(value, str) and bool(uuid.UUID(value))
    except ValueError:
        return False


__all__ = ["Furnished", "endpoints", "furnish", "is_uuid", "named", "variables", "with_known_ids"]
