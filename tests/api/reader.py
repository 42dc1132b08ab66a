"""Somebody who reads the page for programmers, and does what it says.

The lines of curl are run by a real shell and a real curl, letter by letter as they are printed; what a reader would put
into the shell's variables is made here, anew for each endpoint.
"""

import base64
import dataclasses
import datetime as dt
import html
import itertools
import json
import pathlib
import re
import string
import subprocess
from typing import Any

import altcha
from flask import Flask, current_app
from werkzeug.test import TestResponse

from tests import factories
from tests.programs import Program
from webapp import config
from webapp.accounts import links, operations, tokens
from webapp.companies import operations as companies
from webapp.core import clock, text
from webapp.core.actor import Scope
from webapp.core.database import db
from webapp.core.operation import operation
from webapp.core.permissions import Role
from webapp.core.tokens import Purpose
from webapp.invitations import operations as invitations
from webapp.invitations.links import public_id
from webapp.mail.outbox import queue
from webapp.models import Answer, Question, User
from webapp.voting.operations import close_vote
from webapp.web import captcha

PATIENCE = 60
_ARTICLE = re.compile(r'<article class="endpoint[^"]*"\s+id="([^"]+)".*?</article>', re.DOTALL)
_CODE = re.compile(r"<pre[^>]*><code>(.*?)</code></pre>", re.DOTALL)
_numbers = itertools.count(1)


def codes(page: str) -> list[str]:
    """What is printed in the page's boxes for code, in order."""
    return [html.unescape(found) for found in _CODE.findall(page)]


def quick_start(page: str, language: str) -> list[str]:
    """The code of the quick start in one language, step by step."""
    part = page[page.index('id="quick-start"') : page.index('id="good-to-know"')]
    boxes = re.findall(rf'<div class="code code--{language}">(.*?)</div>', part, re.DOTALL)
    return [code for box in boxes for code in codes(box)]


def filled(code: str) -> str:
    """The quick start as a reader fills it in."""
    return code.replace("your password", factories.PASSWORD)


def party(app: Flask) -> None:
    """Make what the quick start speaks of: you, and the party."""
    factories.set_up_site()
    you = factories.an_account("Ana", email="you@example.org")
    factories.an_event(factories.a_company(you), you, title="Taco Party 2025", visibility="unlisted")


def lines(page: str) -> dict[str, list[str]]:
    """The lines of curl of each endpoint, one for each of its paths, by what stands behind # in its address."""
    return {
        found[1]: [code for code in codes(found[0]) if code.startswith("curl ")] for found in _ARTICLE.finditer(page)
    }


def reference(page: str) -> dict[str, str]:
    """The line of curl of each endpoint at its first path."""
    return {name: found[0] for name, found in lines(page).items()}


def asked(line: str) -> str:
    """The method and path of a printed line, with its variables: `POST /api/guest/$EVENT`."""
    found = re.match(r'curl (?:-X (\w+) )?"https?://[^/]+([^"?]+)', line)
    assert found is not None, line
    return f"{found[1] or 'GET'} {found[2]}"


@dataclasses.dataclass
class Told:
    """What curl told: the HTTP status and the body."""

    status: int
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def run(folder: pathlib.Path, command: str, values: dict[str, str]) -> Told:
    """Run one printed command in a shell whose variables are `values`."""
    # curl says the status because its settings ask for it: what is printed is run unchanged
    (folder / ".curlrc").write_text('silent\nshow-error\nwrite-out = "\\n%{http_code}"\n')
    done = subprocess.run(
        ["/bin/sh", "-euc", command],
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "CURL_HOME": str(folder), **values},
        capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stderr}"
    said, _, status = done.stdout.rpartition("\n")
    return Told(int(status), said)


@dataclasses.dataclass(frozen=True)
class Printed:
    """A printed line of curl, its variables filled in."""

    method: str
    path: str
    headers: dict[str, str]
    body: str | None

    def asking(self, more: str) -> "Printed":
        """The same with `more` in its query."""
        return dataclasses.replace(self, path=f"{self.path}{'&' if '?' in self.path else '?'}{more}")

    def send(self, program: Program) -> TestResponse:
        """Send it; a token is among its headers, if it has one."""
        return program.send(self.method, self.path, headers=self.headers, data=self.body)


def printed(app: Flask, name: str, values: dict[str, str] | None = None) -> Printed:
    """What the page prints for the endpoint `name`, and everything there that it needs (or `values` that are)."""
    page = app.test_client().get("/api/docs").text
    filled = string.Template(reference(page)[name]).substitute(values or prepared(app, name))
    method, address = re.match(r'curl (?:-X (\w+) )?"([^"]+)"', filled).groups()
    body = re.search(r"<<JSON\n(.*)\nJSON$|-d '(.*)'$", filled, re.DOTALL)
    return Printed(
        method or "GET",
        address.removeprefix(app.config["BASE_URL"]),
        dict(re.findall(r'-H "([\w-]+): ([^"]*)"', filled)),
        None if body is None else body[1] or body[2],
    )


def _solved() -> str:
    challenge = captcha.challenge()
    found = altcha.solve_challenge(altcha.Challenge.from_dict(challenge))
    return base64.b64encode(json.dumps({"challenge": challenge, "solution": found.to_dict()}).encode()).decode()


def _token(user: User) -> str:
    return tokens.start(db.session.get_one(User, user.id)).user_token


def prepared(app: Flask, name: str) -> dict[str, str]:
    """What a reader has in the shell before trying the endpoint `name`: one of everything, in the state it needs."""
    with app.app_context():
        values = _prepared(name)
        db.session.remove()
    return values


def _prepared(name: str) -> dict[str, str]:
    number = next(_numbers)
    ana = factories.an_account("Ana", email=f"reader{number}@example.org")
    ben = factories.an_account("Ben", email=f"ben{number}@example.org")
    actor = factories.acting(ana)
    company = factories.a_company(ana, name=f"Zadruga {number}")
    factories.a_membership(ben, company, Role.OWNER if name == "delete-user" else Role.ORGANISER)
    project = companies.create_project(actor, company, name="Spring")
    state = {"state": "draft", "published_at": None} if name == "publish-event" else {}
    event = factories.an_event(
        company, ana, title=f"Taco Party {number}", questions={"Which salsa?": ["Verde", "Roja"]}, **state
    )
    answer = db.session.query(Answer).join(Question).filter(Question.event_id == event.id).first()
    assert answer is not None
    {
        "resend": lambda: factories.an_account("New", email=f"new{number}@example.org", verified=False),
        "revoke-calendar": lambda: companies.make_calendar(actor, project),
        "list-below": lambda: factories.a_company(ana, name="Choir", parent=company),
    }.get(name, lambda: None)()
    if name in {"leave", "vote", "reply", "get-own-guest", "list-guests"}:
        factories.a_guest(event, user=ana, reply="yes")
    invited = {"invited_at": clock.now()} if name == "remind-guests" else {}
    guest = factories.a_guest(event, name="Maja", email=f"maja{number}@example.org", **invited)
    mail = operation(queue)(
        "guest-invited", to=str(guest.email), guest_id=guest.id, event_id=event.id, company_id=company.id
    )
    if name in {"retry-mail", "retry-failed-mails"}:
        _fail(mail)
    app, key = companies.create_app(actor, company, name="Website", scopes=list(Scope))
    link = invitations.create_invitation(actor, kind="event", event=event, email=f"new{number}@example.org")
    fresh = factories.an_account("Fresh", email=f"fresh{number}@example.org", verified=False)
    verify = links.token_of(links.issue(fresh, Purpose.VERIFY))
    if name in {"open-email-change", "confirm-email-change"}:
        verify = links.token_of(links.issue(ben, Purpose.EMAIL_CHANGE, email=f"other{number}@example.org"))
    registration = ""
    if name == "verify-email-by-get":
        registration = text.secret()
        verify = _registered(f"other{number}@example.org", registration)
    reset = links.token_of(links.issue(ben, Purpose.RESET))
    token = _token(ana)
    other = tokens.start(ana)
    if name == "get-ballots":
        event = factories.an_event(company, ana, questions={"Which?": ["This"]}, starts_in=dt.timedelta(days=-2))
        close_vote(event)
    if name == "delete-company":
        company = factories.a_company(ana, name="Empty")
    return {
        "TOKEN": token,
        "EMAIL": f"first{number}@example.org" if name == "set-up" else ana.email,
        "PASSWORD": factories.PASSWORD,
        "NEW_EMAIL": f"new{number}@example.org",
        "NEW_PASSWORD": "another long and quiet evening",
        "ME": str(ana.id),
        "PERSON": str(ben.id),
        "COMPANY": str(company.id),
        "PROJECT": str(project.id),
        "EVENT": str(event.id),
        "ANSWER": str(answer.id),
        "GUEST": str(guest.id),
        "MAIL": str(mail.id),
        "APP": str(app.id),
        "APP_ID": str(app.id),
        "APP_KEY": key,
        "SESSION": str(other.session_id),
        "INVITATION": str(link.id),
        "INVITE": public_id(link),
        "OTK": verify,
        "REGISTRATION": registration,
        "RESET": reset,
        "CAPTCHA": _solved() if name == "resend" else "",
        "CODE": config.setup_code(current_app.config["SECRET_KEY"]),
    }


@operation
def _fail(mail: Any) -> None:
    mail.state, mail.error = "failed", "550 no such mailbox"


def _registered(email: str, secret: str) -> str:
    operations.register(name="Fresh", email=email, password_hash=factories.password_hash(), registration_secret=secret)
    user = db.session.query(User).filter_by(email=email).one()
    return links.token_of(links.issue(user, Purpose.VERIFY))
