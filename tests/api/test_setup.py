"""A program sets the site up, once."""

import threading

import pytest
from flask import Flask

from tests import factories
from tests.programs import Program, refused
from webapp import config
from webapp.core.database import db
from webapp.models import Company, LoginSession, User


@pytest.fixture
def anew(app: Flask) -> Flask:
    """A site that nobody has set up."""
    factories.set_up_site(set_up_at=None)
    app.extensions.pop("site_view", None)
    return app


@pytest.fixture
def sent(anew: Flask) -> dict[str, str]:
    return {
        "code": config.setup_code(anew.config["SECRET_KEY"]),
        "name": "Ana",
        "email": "ana@example.org",
        "password": factories.PASSWORD,
        "company": "Zadruga",
    }


def test_until_then_the_api_says_so(anew: Flask, program: Program):
    for path in ("/api/events", "/api/users/me", "/api/exist-email/a@example.org", "/api/openapi.json"):
        refused(program.get(path), 503, "setup_needed")
    refused(program.post("/api/register", {}), 503, "setup_needed")
    assert program.get("/api/boot").json["data"]["set_up"] is False


@pytest.mark.both_databases
def test_a_program_sets_the_site_up_and_is_signed_in(program: Program, sent: dict[str, str]):
    answer = program.post("/api/setup", sent)
    assert answer.status_code == 201, answer.text
    assert answer.json["meta"]["id"] == "set_up"
    given = answer.json["data"]
    assert [(company["name"], company["role"]) for company in given["companies"]] == [("Zadruga", "owner")]
    ana = db.session.query(User).one()
    assert (ana.email, ana.site_administrator, ana.verified_at is not None) == ("ana@example.org", True, True)
    program.token = given["company_token"]
    assert program.get("/api/boot").json["data"]["set_up"] is True
    program.token = given["user_token"]
    assert program.get("/api/users/me").json["data"]["user_email"] == "ana@example.org"


def test_it_is_done_once(program: Program, sent: dict[str, str]):
    assert program.post("/api/setup", sent).status_code == 201
    refused(program.post("/api/setup", {**sent, "email": "eve@example.org"}), 409, "set_up_before")
    refused(program.post("/api/setup", {**sent, "code": "wrong"}), 409, "set_up_before")
    assert db.session.query(User).count() == 1


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"code": "wrong"}, "code"), ({"email": "ana"}, "email"), ({"password": "short"}, "password"), ({"x": 1}, "x")],
)
def test_what_does_not_fit_sets_nothing_up(program: Program, sent: dict[str, str], changed, field: str):
    assert refused(program.post("/api/setup", {**sent, **changed}), 422, "json_error").keys() == {field}
    assert (db.session.query(User).count(), db.session.query(LoginSession).count()) == (0, 0)
    assert program.get("/api/boot").json["data"]["set_up"] is False


@pytest.mark.both_databases
def test_of_many_at_once_one_sets_it_up(anew: Flask, sent: dict[str, str]):
    start, got = threading.Barrier(4), []

    def ask(number: int) -> None:
        program = Program(anew, f"192.0.2.{number}")
        with anew.app_context():
            start.wait(30)
            got.append(program.post("/api/setup", {**sent, "email": f"ana{number}@example.org"}).status_code)

    db.session.rollback()
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [201, 409, 409, 409]
    assert (db.session.query(User).count(), db.session.query(Company).count()) == (1, 1)
