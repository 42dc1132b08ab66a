"""How many statements each endpoint sends to the database, whatever the length of its list."""

import contextlib
import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests import databases, factories
from tests.api import reader
from tests.api.furnished import Furnished, endpoints, furnish, named
from tests.programs import Program
from tests.voting import votes
from webapp.companies import operations as companies
from webapp.core import clock, text
from webapp.core.actor import Scope
from webapp.core.database import db
from webapp.core.operation import operation
from webapp.core.permissions import Role
from webapp.models import Invitation, InvitationUse, User
from webapp.voting.operations import close_vote
from webapp.web.endpoints import Endpoint

MANY = 40
OWN_STATE = {
    "change_password", "delete_company", "exist_email", "get_ballots", "make_token", "publish_event",
    "resend_invitation", "verify_email_by_get",
}  # fmt: skip
"""Those that want more than a token and what tests/api/furnished.py made: a password, a closed vote, a mailed link."""


def of_its_own(endpoint: Endpoint) -> bool:
    """Whether an endpoint is asked as the docs page prints it, in the state that tests/api/reader.py makes for it."""
    return endpoint.name in OWN_STATE or (endpoint.method != "GET" and not isinstance(endpoint.access, Scope))


FIRST = [found for found in endpoints() if found[0].paths[0] == found[1]]
READS = [found for found in FIRST if found[0].method == "GET" and not of_its_own(found[0])]
WRITES = [found for found in FIRST if found[0].method != "GET" and not of_its_own(found[0])]
PRINTED = [found for found in FIRST if of_its_own(found[0])]


@pytest.fixture
def furnished(app: Flask) -> Furnished:
    return furnish(app)


@contextlib.contextmanager
def counted() -> Iterator[list[str]]:
    """The statements sent meanwhile, but for those that begin and end transactions and savepoints."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA")):
            sent.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)


@dataclasses.dataclass(frozen=True)
class Asked:
    """What came of one request: its status and text, and the statements that it took."""

    status: int
    text: str
    sent: list[str]


def read(furnished: Furnished, found: tuple[Endpoint, str]) -> Asked:
    """Ask with a token that has just been used."""
    endpoint, path = found
    program = furnished.program("guest" if endpoint.name == "get_own_guest" else "ana")
    program.get("/api/boot")
    own = {"user_id": "me"} if path.startswith("/users/") else {}
    address = furnished.address(path, **own)
    with counted() as done:
        answer = program.get(address)
    return Asked(answer.status_code, answer.text, done)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def asked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Asked]]:
    """What came of each read, of few rows and of many; made once for each database."""
    with databases.an_app(request.param, tmp_path_factory.mktemp("queries")) as app:
        factories.set_up_site()
        furnished = furnish(app)
        # somebody has said yes: where nobody has, nobody is looked for
        factories.a_guest(furnished.event, reply="yes")
        found = {named(one): [read(furnished, one)] for one in READS}
        fill(furnished)
        for one in READS:
            found[named(one)].append(read(furnished, one))
    return found


NUMBERS: dict[str, int] = {
    "GET /refresh": 7,
    "GET /boot": 3,
    "GET /sessions": 2,
    "GET /sessions/<uuid:session_id>": 2,
    "GET /resend-email-verification": 0,
    "GET /companies/<uuid:company_id>/apps": 6,
    "GET /companies/<uuid:company_id>/apps/<uuid:app_id>": 5,
    "GET /companies/<uuid:company_id>/administrators": 5,
    "GET /companies/<uuid:company_id>/administrators/<uuid:user_id>": 5,
    "GET /companies/<uuid:company_id>/projects": 5,
    "GET /companies/<uuid:company_id>/projects/<uuid:project_id>": 6,
    "GET /companies/<uuid:company_id>/journal": 6,
    "GET /companies/<uuid:company_id>/mail": 6,
    "GET /companies/<uuid:company_id>/mail/<uuid:mail_id>": 5,
    "GET /companies": 4,
    "GET /companies/<uuid:company_id>": 3,
    "GET /companies/<uuid:company_id>/companies": 4,
    "GET /events": 8,
    "GET /events/<uuid:event_id>": 8,
    "GET /guests/<uuid:event_id>": 10,
    "GET /guests/<uuid:event_id>/<uuid:guest_id>": 10,
    "GET /invites": 5,
    "GET /invite/<invite>": 10,
    "GET /events/<uuid:event_id>/results": 14,
    "GET /events/<uuid:event_id>/guest": 2,
    "GET /asked": 4,
    "GET /events/<uuid:event_id>/coming": 9,
    "GET /events/<uuid:event_id>/calendar": 7,
    "GET /users/<user_id>": 3,
    "GET /users/<user_id>/export": 8,
    "GET /email-change/<token>": 2,
    "GET /companies/<uuid:company_id>/administrators/history": 5,
    "GET /companies/<uuid:company_id>/administrators/<uuid:user_id>/holdings": 17,
    "GET /companies/<uuid:company_id>/dashboard": 9,
}


SENT: dict[str, dict[str, Any]] = {
    "edit_event": {"place": "The yard"},
    "add_guest": {"email": "new@example.org"},
    "edit_guest": {"name": "Another"},
    "add_guests": {"guests": [{"email": "new@example.org"}]},
    "check_in": {"walk_in": "Somebody"},
    "edit_company": {"name": "Another"},
    "change_person": {"role": "administrator"},
    "invite_person": {"email": "new@example.org", "role": "organiser"},
    "create_project": {"name": "Spring"},
    "edit_project": {"name": "Summer"},
    "create_app": {"name": "Kiosk", "scopes": ["events:read"]},
    "create_company": {"name": "Choir"},
    "create_event": {
        "title": "Taco Party",
        "timezone": "UTC",
        "starts_at": "2090-05-01T18:00",
        "ends_at": "2090-05-01T20:00",
    },
    "create_invitation": {},
    "update_user": {"name": "Another"},
    "change_email": {"current_password": factories.PASSWORD, "email": "new@example.org"},
    "delete_user": {"current_password": factories.PASSWORD},
    "create_invitations": {"event_id": "event_id", "count": 1},
    "message_guests": {"subject": "Plates", "body": "Bring one."},
    "remove_guests": {"guest_ids": ["guest_id"]},
    "reply": {"event_id": "event_id", "reply": "yes", "companions": ["Iva"]},
    "join": {"event_id": "event_id"},
    "leave": {"event_id": "event_id"},
    "vote": {"event_id": "event_id", "answer_ids": ["answer_id"]},
    "offboard": {"hand_over_to": "ana"},
}


WRITTEN: dict[str, tuple[int, int]] = {
    "PUT /users/<user_id>": (200, 5),
    "DELETE /users/<user_id>": (204, 28),
    "POST /email": (200, 9),
    "POST /companies/<uuid:company_id>/mail/retry": (200, 7),
    "POST /invites": (201, 34),
    "DELETE /sessions/<uuid:session_id>": (204, 5),
    "POST /companies/<uuid:company_id>/apps": (201, 10),
    "POST /companies/<uuid:company_id>/apps/<uuid:app_id>/rotate": (200, 15),
    "DELETE /companies/<uuid:company_id>/apps/<uuid:app_id>": (204, 10),
    "PATCH /companies/<uuid:company_id>/administrators/<uuid:user_id>": (200, 21),
    "DELETE /companies/<uuid:company_id>/administrators/<uuid:user_id>": (204, 12),
    "POST /companies/<uuid:company_id>/administrators/<uuid:user_id>/offboard": (200, 60),
    "POST /companies/<uuid:company_id>/projects": (201, 14),
    "PATCH /companies/<uuid:company_id>/projects/<uuid:project_id>": (200, 15),
    "POST /companies/<uuid:company_id>/projects/<uuid:project_id>/calendar": (200, 15),
    "DELETE /companies/<uuid:company_id>/projects/<uuid:project_id>/calendar": (204, 8),
    "POST /companies/<uuid:company_id>/mail/<uuid:mail_id>/retry": (200, 13),
    "POST /companies": (201, 10),
    "PATCH /companies/<uuid:company_id>": (200, 12),
    "POST /events": (201, 16),
    "PATCH /events/<uuid:event_id>": (200, 37),
    "DELETE /events/<uuid:event_id>": (200, 39),
    "POST /events/<uuid:event_id>/cancel": (200, 28),
    "POST /events/<uuid:event_id>/duplicate": (201, 36),
    "POST /guest/<uuid:event_id>": (201, 43),
    "PATCH /guests/<uuid:event_id>/<uuid:guest_id>": (200, 27),
    "DELETE /guests/<uuid:event_id>/<uuid:guest_id>": (204, 27),
    "POST /guests/<uuid:event_id>/import": (200, 19),
    "POST /guests/<uuid:event_id>/invite": (200, 23),
    "POST /guests/<uuid:event_id>/remind": (200, 14),
    "POST /guests/<uuid:event_id>/check-in": (200, 38),
    "POST /invite": (201, 10),
    "POST /companies/<uuid:company_id>/administrators": (201, 15),
    "DELETE /invite/<invite>": (204, 13),
    "POST /guests/<uuid:event_id>/message": (200, 17),
    "POST /guests/<uuid:event_id>/remove": (200, 24),
    "POST /guests/<uuid:event_id>/<uuid:guest_id>/renew": (200, 26),
    "POST /reply": (200, 9),
    "POST /join": (201, 45),
    "POST /leave": (204, 30),
    "POST /vote": (201, 36),
}
"""Status, and statements."""


def fill(furnished: Furnished) -> None:
    """Make every list long."""
    ana, company = furnished.users["ana"], furnished.company
    actor = factories.acting(ana)
    for number in range(MANY):
        event = factories.an_event(company, ana, questions={"Which?": ["This", "That"]})
        person = factories.an_account()
        factories.a_membership(person, company, Role.ORGANISER)
        factories.a_membership(ana, factories.a_company(parent=company), Role.OWNER)
        factories.a_guest(furnished.event, user=person, reply="yes")
        factories.a_guest(event, user=ana, reply="yes")
        companies.create_project(actor, company, name=f"Project {number}")
        companies.create_app(actor, company, name=f"App {number}", scopes=[Scope.EVENTS_READ])
        furnished.program()


@pytest.mark.parametrize("found", READS, ids=named)
def test_a_read_asks_as_often_for_many_rows_as_for_few(asked: dict[str, list[Asked]], found: tuple[Endpoint, str]):
    for once in asked[named(found)]:
        assert once.status == 200, once.text
        assert len(once.sent) == NUMBERS[named(found)], "\n".join(once.sent)


def test_every_read_has_its_number():
    assert {named(found) for found in READS} == set(NUMBERS)


def ask(furnished: Furnished, found: tuple[Endpoint, str]) -> tuple[int, int]:
    """The status of a write that a token asks for which has just been used, and how many statements it took."""
    endpoint, path = found
    known = {**furnished.values, "ana": str(furnished.users["ana"].id)}

    def own(value: Any) -> Any:
        if isinstance(value, list):
            return [own(one) for one in value]
        return known.get(value, value) if isinstance(value, str) else value

    if endpoint.name in {"leave", "vote", "reply"}:
        factories.a_guest(furnished.event, user=furnished.users["ana"], reply="yes")
    program = furnished.program()
    program.get("/api/boot")
    sent = {name: own(value) for name, value in SENT.get(endpoint.name, {}).items()}
    address = furnished.address(path, **({"user_id": "me"} if path.startswith("/users/") else {}))
    with counted() as done:
        answer = program.send(
            endpoint.method, address, **({"json": sent} if sent or endpoint.method != "DELETE" else {})
        )
    return answer.status_code, len(done)


@pytest.mark.both_databases
@pytest.mark.parametrize("found", WRITES, ids=named)
def test_a_write_takes_so_many_statements(furnished: Furnished, found: tuple[Endpoint, str]):
    assert ask(furnished, found) == WRITTEN[named(found)]


def test_every_write_has_its_number():
    assert {named(found) for found in WRITES} == set(WRITTEN)


AS_PRINTED: dict[str, tuple[int, int]] = {
    "POST /setup": (201, 28),
    "POST /auth/authenticate": (200, 12),
    "POST /login/<uuid:company_id>": (200, 13),
    "POST /login/admin/<uuid:company_id>": (200, 13),
    "POST /refresh": (200, 7),
    "DELETE /login": (204, 2),
    "POST /auth/logout": (204, 2),
    "GET /exist-email/<email>": (200, 3),
    "POST /password": (200, 15),
    "POST /tokens": (201, 7),
    "POST /register": (201, 8),
    "POST /email-change/<token>": (200, 18),
    "POST /confirm_otk": (200, 29),
    "POST /verify-email/<token>": (200, 29),
    "GET /verify-email/<token>": (200, 29),
    "POST /resend-email-verification": (200, 7),
    "POST /forgot-password": (200, 7),
    "POST /reset-password": (200, 12),
    "DELETE /companies/<uuid:company_id>": (204, 21),
    "POST /events/<uuid:event_id>/publish": (200, 27),
    "POST /invite/<invite>": (200, 65),
    "POST /invite/<uuid:invitation_id>/resend": (200, 24),
    "GET /events/<uuid:event_id>/results/ballots.jsonl": (200, 9),
}
"""Status, and statements."""


@pytest.mark.both_databases
@pytest.mark.parametrize("found", PRINTED, ids=named)
def test_what_wants_a_state_of_its_own_takes_so_many_statements(app: Flask, found: tuple[Endpoint, str]):
    endpoint, _path = found
    printed, program = reader.printed(app, endpoint.name.replace("_", "-")), Program(app)
    if "Authorization" in printed.headers:
        program.get("/api/boot", headers=printed.headers)
    if endpoint.name == "set_up":
        factories.set_up_site(set_up_at=None)
        app.extensions.pop("site_view", None)
    with counted() as done:
        answer = printed.send(program)
    assert (answer.status_code, len(done)) == AS_PRINTED[named(found)], "\n".join([answer.text, *done])


def test_every_other_has_its_number_too():
    assert {named(found) for found in PRINTED} == set(AS_PRINTED)


@pytest.mark.both_databases
def test_the_file_of_many_ballots_takes_no_more_than_that_of_one(app: Flask):
    sent, program = [], Program(app)
    program.get("/api/boot")
    for ballots in (1, MANY):
        event = votes.an_open_vote(visibility="public")
        votes.cast_by_new_voters(event, *[0] * ballots)
        votes.end(event)
        close_vote(event)
        with counted() as done:
            answer = program.get(f"/api/events/{event.id}/results/ballots.jsonl")
        assert answer.text.count("receipt") >= ballots
        sent.append(len(done))
    assert sent == [10, 10]


@operation
def _invitations(number: int, issuer: User, **about: Any) -> None:
    """Make so many invitations, each with one who came by it and has yet to be proven."""
    for _ in range(number):
        until = clock.now() + dt.timedelta(days=1)
        link = Invitation(
            issuer_id=issuer.id,
            nonce=text.secret(128),
            max_uses=2,
            uses=1,
            expires_at=until,
            created_at=clock.now(),
            **about,
        )
        db.session.add(link)
        db.session.flush()
        db.session.add(
            InvitationUse(invitation_id=link.id, user_id=factories.an_account().id, state="held", held_until=until)
        )


def _add_site(furnished: Furnished, number: int) -> None:
    _invitations(number, furnished.users["ana"], kind="site")


def _add_of_event(furnished: Furnished, number: int) -> None:
    _invitations(number, furnished.users["ana"], kind="event", event_id=furnished.event.id)


def _add_of_company(furnished: Furnished, number: int) -> None:
    about = {"kind": "company", "company_id": furnished.company.id, "role": "organiser"}
    for one in range(number):
        issuer = factories.an_account()
        _invitations(1, issuer, email=f"invited{one}@example.org", email_key=f"invited{one}@example.org", **about)


def _add_asked(furnished: Furnished, number: int) -> None:
    for _ in range(number):
        host = factories.an_account()
        event = factories.an_event(factories.a_company(host), host)
        factories.a_guest(event, user=furnished.users["ana"], invited_at=clock.now())


MORE: dict[str, tuple[Callable[[Furnished, int], None], int]] = {
    "/api/invites?limit=100": (_add_site, 5),
    "/api/invites?limit=100&event_id={event_id}": (_add_of_event, 13),
    "/api/invites?limit=100&company_id={company_id}": (_add_of_company, 7),
    "/api/asked": (_add_asked, 4),
}
"""What adds rows to a list that stays empty (or nearly so) in `fill`, and how many statements the list takes."""


@pytest.mark.both_databases
@pytest.mark.parametrize("path", MORE)
def test_invitations_and_what_is_asked_take_as_many_for_many_rows_as_for_one(furnished: Furnished, path: str):
    add, number = MORE[path]
    program = furnished.program()
    program.get("/api/boot")
    found: list[int] = []
    for more in (1, 19):
        add(furnished, more)
        with counted() as done:
            answer = program.get(path.format(**furnished.values))
        assert answer.status_code == 200, answer.text
        data = answer.json["data"]
        found.append(len(data["replies"] if isinstance(data, dict) else data))
        assert len(done) == number, "\n".join(done)
    assert found[0] >= 1
    assert found[1] == found[0] + 19
