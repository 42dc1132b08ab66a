"""The example client in docs/examples does what it says, against a real server."""

import contextlib
import dataclasses
import datetime as dt
import http.server
import importlib.util
import json
import pathlib
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from tests import factories
from tests.browser.house import House, standing
from tests.smtp import free_port
from webapp.accounts import tokens
from webapp.core import clock
from webapp.core.database import db
from webapp.models import Guest
from webapp.voting.operations import close_vote

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "docs" / "examples"
PATIENCE = 60


def _loaded() -> Any:
    spec = importlib.util.spec_from_file_location("folkmoot_client", EXAMPLES / "folkmoot.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


client = _loaded()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    def fill(app: Flask) -> None:
        factories.set_up_site()
        ana = factories.an_account("Ana", email="ana@example.org")
        company = factories.a_company(ana)
        rehearsal = factories.an_event(
            company, ana, title="Taco Party 2025 rehearsal", visibility="invited", starts_in=dt.timedelta(days=1)
        )
        factories.a_guest(rehearsal, name="Somebody else")
        event = factories.an_event(company, ana, title="Taco Party 2025", visibility="invited")
        for number in range(120):
            factories.a_guest(event, name=f"Guest {number:03}")
        salsa = factories.an_event(company, ana, title="Which salsa", questions={"Which?": ["Verde", "Roja"]})
        factories.a_guest(salsa, user=ana, reply="yes")
        over = factories.an_event(
            company, ana, title="Counted", questions={"Which?": ["This"]}, starts_in=dt.timedelta(days=-2)
        )
        close_vote(over)

    with standing(tmp_path_factory.mktemp("client"), fill) as house:
        yield house


@pytest.fixture
def moot(house: House) -> Any:
    """The client, signed in as Ana."""
    moot = client.Folkmoot(house.address)
    moot.authenticate("ana@example.org", factories.PASSWORD)
    return moot


@pytest.fixture
def event(moot: Any) -> str:
    return str(next(found["id"] for found in moot.events(search="taco party") if found["title"] == "Taco Party 2025"))


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """For how many seconds the client slept, without sleeping."""
    times: list[float] = []
    monkeypatch.setattr(client, "sleep", times.append)
    return times


@dataclasses.dataclass(frozen=True)
class Reply:
    """What a server says: a status, a body, and headers."""

    status: int
    body: str = ""
    headers: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Heard:
    """What a server was asked."""

    method: str
    path: str
    headers: dict[str, str]


@dataclasses.dataclass(frozen=True)
class Script:
    """A server that answers from a list, one after the other, and what it heard."""

    address: str
    heard: list[Heard]


@contextlib.contextmanager
def scripted(*replies: Reply) -> Iterator[Script]:
    """Serve these replies; the last one again and again."""
    heard: list[Heard] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            reply = replies[min(len(heard), len(replies) - 1)]
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            heard.append(Heard(self.command, self.path, dict(self.headers)))
            self.send_response(reply.status)
            raw = reply.body.encode()
            for name, value in {
                "Content-Type": "application/json",
                "Content-Length": len(raw),
                **reply.headers,
            }.items():
                self.send_header(name, str(value))
            self.end_headers()
            self.wfile.write(raw)

        do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815 as http.server names them

        def log_message(self, *_said: Any) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Script(f"http://127.0.0.1:{server.server_port}", heard)
    finally:
        server.shutdown()
        thread.join(PATIENCE)
        server.server_close()


def busy(status: int = 429, wait: str | None = "7") -> Reply:
    error = {"error": {"id": "too_many_requests", "message": "Later, please.", "code": status, "fields": {}}}
    return Reply(status, json.dumps(error), {} if wait is None else {"Retry-After": wait})


DONE = Reply(200, json.dumps({"data": {"name": "Moot"}, "meta": {"id": "ok", "message": "Done.", "code": 200}}))
EXPIRED = Reply(401, json.dumps({"error": {"id": "auth_expired", "message": "It has expired.", "code": 401}}))
REFRESHED = Reply(200, json.dumps({"data": {"user_token": "new", "company_token": None}, "meta": {"id": "refreshed"}}))


def listed(house: House, email: str) -> int:
    with house.app.app_context():
        found = db.session.query(Guest).filter_by(email=email).count()
        db.session.remove()
    return found


def aged(house: House, token: str) -> str:
    """What a token of a quarter of an hour ago says: the same session, and a moment that is past."""
    with house.app.app_context():
        claims = tokens.read(token)
        moment = clock.now() - tokens.GOOD_FOR
        return tokens._encode(claims.secret, claims.serial, claims.company_id, moment)


def test_a_long_guest_list_is_read_page_by_page(moot: Any, event: str):
    names = [guest["name"] for guest in moot.guests(event)]
    assert [name for name in names if name.startswith("Guest ")] == [f"Guest {number:03}" for number in range(120)]
    assert [guest["name"] for guest in moot.guests(event, search="Guest 007")] == ["Guest 007"]


def test_the_same_key_invites_once(house: House, moot: Any, event: str):
    key = str(uuid.uuid4())
    first = moot.invite(event, "once@example.org", "Maja", key=key)
    assert moot.invite(event, "once@example.org", "Maja", key=key) == first
    assert listed(house, "once@example.org") == 1


def test_a_refusal_is_an_exception_with_id_and_fields(house: House, moot: Any, event: str):
    with pytest.raises(client.RefusedError, match="email: This is not an e-mail address") as refused:
        moot.invite(event, "nobody")
    assert (refused.value.status, refused.value.id) == (422, "json_error")
    assert refused.value.fields.keys() == {"email"}
    with pytest.raises(client.RefusedError, match="401 wrong_credentials"):
        client.Folkmoot(house.address).authenticate("ana@example.org", "something else")


def test_an_expired_token_is_refreshed_on_the_way(house: House, moot: Any, event: str):
    moot.token = old = aged(house, moot.token)
    assert next(moot.guests(event))["event_id"] == event
    assert moot.token != old
    assert moot.call("GET", "boot")["company_id"] is None
    moot.log_out()
    assert moot.token is None
    with pytest.raises(client.RefusedError, match="401"):
        next(moot.guests(event))


def test_it_acts_for_one_company(house: House):
    moot = client.Folkmoot(house.address)
    given = moot.authenticate("ana@example.org", factories.PASSWORD)
    company = given["companies"][0]["id"]
    given = moot.authenticate("ana@example.org", factories.PASSWORD, scopes=["events:read"], company_id=company)
    assert moot.token == given["company_token"]
    assert moot.call("GET", "boot")["company_id"] == company
    moot.refresh()
    assert moot.call("GET", "boot")["company_id"] == company


def test_a_companys_token_goes_on_acting_for_its_company_when_it_is_refreshed(house: House, moot: Any, event: str):
    given = moot.authenticate("ana@example.org", factories.PASSWORD)
    agent = client.Folkmoot(house.address, aged(house, given["company_token"]))
    assert next(agent.guests(event))["event_id"] == event
    assert agent.call("GET", "boot")["company_id"] == given["company_id"]


def test_an_answer_can_be_had_with_what_stands_beside_its_data(moot: Any):
    (salsa,) = moot.events(search="Which salsa")
    cast = moot.ask("POST", "vote", {"event_id": salsa["id"], "answer_ids": [salsa["answers"][0][0]["id"]]})
    assert cast.meta["id"] == "vote_cast"
    assert cast.meta["message"].startswith("Vote cast, consensus ")
    assert cast.data["receipt"]


def test_what_is_no_json_is_given_as_text(moot: Any):
    (over,) = moot.events(search="Counted", when="past")
    ballots = moot.call("GET", f"events/{over['id']}/results/ballots.jsonl")
    assert json.loads(ballots.splitlines()[0])["event"] == over["id"]
    assert moot.call("GET", f"events/{over['id']}/calendar").startswith("BEGIN:VCALENDAR")
    assert moot.call("GET", "openapi.json")["openapi"].startswith("3.1")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_token_never_follows_a_redirect(status: int, method: str):
    with scripted(DONE) as elsewhere, scripted(Reply(status, headers={"Location": f"{elsewhere.address}/x"})) as here:
        moot = client.Folkmoot(here.address, "a token")
        with pytest.raises(client.NoAnswerError, match=f"points to {elsewhere.address}"):
            moot.call(method, "boot")
    assert [asked.headers["Authorization"] for asked in here.heard] == ["Bearer a token"]
    assert elsewhere.heard == []


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_can_be_sent_again_waits_as_long_as_the_server_says(slept: list[float], method: str, status: int):
    with scripted(busy(status), busy(status, "0"), DONE) as here:
        assert client.Folkmoot(here.address).call(method, "boot") == {"name": "Moot"}
    assert slept == [7, 1]
    keys = {asked.headers.get("Idempotency-Key") for asked in here.heard}
    assert len(here.heard) == 3
    assert len(keys) == 1
    assert (keys == {None}) == (method == "GET")


def test_it_waits_no_longer_than_its_patience(slept: list[float]):
    with scripted(busy(wait="7")) as here:
        with pytest.raises(client.RefusedError) as refused:
            client.Folkmoot(here.address, patience=20).call("GET", "boot")
        assert (refused.value.status, refused.value.retry_after) == (429, 7)
        assert len(here.heard) == 3
    assert slept == [7, 7]


def test_its_patience_is_spent_to_the_last_second(slept: list[float]):
    with scripted(busy(wait="7"), busy(wait="7"), DONE) as here:
        assert client.Folkmoot(here.address, patience=14).call("GET", "boot") == {"name": "Moot"}
    assert slept == [7, 7]


def test_a_key_is_the_same_after_a_token_was_refreshed_on_the_way():
    with scripted(EXPIRED, REFRESHED, DONE) as here:
        assert client.Folkmoot(here.address, "old").call("POST", "guest/1", {}, key="my own") == {"name": "Moot"}
    asked, refreshed, again = here.heard
    assert (refreshed.method, refreshed.path) == ("POST", "/api/refresh")
    assert "Idempotency-Key" not in refreshed.headers
    for sent, token in ((asked, "old"), (again, "new")):
        assert (sent.method, sent.path) == ("POST", "/api/guest/1")
        assert sent.headers["Idempotency-Key"] == "my own"
        assert sent.headers["Authorization"] == f"Bearer {token}"


def test_a_key_of_its_own_is_the_same_after_a_token_was_refreshed_too():
    with scripted(EXPIRED, REFRESHED, DONE) as here:
        client.Folkmoot(here.address, "old").call("POST", "guest/1", {})
    asked, _refreshed, again = here.heard
    assert uuid.UUID(asked.headers["Idempotency-Key"])
    assert again.headers["Idempotency-Key"] == asked.headers["Idempotency-Key"]


def test_a_token_that_it_had_is_not_sent_along_when_it_authenticates():
    with scripted(REFRESHED, DONE) as here:
        moot = client.Folkmoot(here.address, "old")
        moot.authenticate("ana@example.org", "a password")
        moot.call("GET", "boot")
    first, second = here.heard
    assert (first.path, first.headers.get("Authorization")) == ("/api/auth/authenticate", None)
    assert second.headers["Authorization"] == "Bearer new"


@pytest.mark.parametrize(("method", "reply"), [("PATCH", busy()), ("DELETE", busy()), ("GET", busy(wait=None))])
def test_what_cannot_be_sent_again_says_so_at_once(slept: list[float], method: str, reply: Reply):
    with scripted(reply) as here:
        with pytest.raises(client.RefusedError, match="429 too_many_requests: Later, please"):
            client.Folkmoot(here.address).call(method, "boot")
        assert len(here.heard) == 1
    assert slept == []


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, "<h1>Welcome</h1>", {"Content-Type": "text/html; charset=utf-8"}),
        Reply(200, "{", {}),
        Reply(200, "{}", {"Content-Length": "10"}),
    ],
    ids=["a page", "broken JSON", "broken off"],
)
def test_an_answer_that_is_none_is_an_exception_of_its_own(reply: Reply):
    with scripted(reply) as here, pytest.raises(client.NoAnswerError, match=f"GET {here.address}/api/boot: "):
        client.Folkmoot(here.address).call("GET", "boot?fields=name")


def test_a_server_that_is_not_there_is_an_exception_of_its_own():
    with pytest.raises(client.FolkmootError, match="refused") as error:
        client.Folkmoot(f"http://127.0.0.1:{free_port()}").call("GET", "boot")
    assert isinstance(error.value, client.NoAnswerError)


@pytest.mark.parametrize("body", ["<h1>Bad gateway</h1>", '{"error": "401 Unauthorized"}', ""])
def test_a_refusal_of_somebody_else_is_told_by_its_status(body: str):
    with scripted(Reply(502, body)) as here, pytest.raises(client.RefusedError) as refused:
        client.Folkmoot(here.address).call("GET", "boot")
    assert (refused.value.status, refused.value.id, refused.value.message) == (502, "", "Bad Gateway")


def guest_list(address: str, title: str, token: str | None) -> subprocess.CompletedProcess[str]:
    """Run the example as a person does."""
    given = {} if token is None else {"TOKEN": token}
    return subprocess.run(
        [sys.executable, str(EXAMPLES / "guest_list.py"), address, title],
        env={**given, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip


def test_the_example_prints_the_guest_list(house: House, moot: Any):
    done = guest_list(house.address, "taco party 2025", moot.token)
    assert done.returncode == 0, done.stderr
    assert "Guest 000" in done.stdout.splitlines()[0]
    assert "Somebody else" not in done.stdout
    assert done.stderr.startswith("Taco Party 2025, ")


def test_the_example_takes_part_of_a_title_and_says_which_event_it_took(house: House, moot: Any):
    done = guest_list(house.address, "rehears", moot.token)
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("Taco Party 2025 rehearsal, ")
    assert "Somebody else" in done.stdout


def test_the_example_says_what_is_wrong(house: House, moot: Any):
    missing = guest_list(house.address, "Taco Party 2025", None)
    assert (missing.returncode, missing.stdout) == (2, "")
    assert missing.stderr.startswith("Please set TOKEN: ")
    unknown = guest_list(house.address, "Burrito", moot.token)
    assert (unknown.returncode, unknown.stderr) == (1, "There is no event called Burrito.\n")
    assert guest_list(house.address, "Taco Party 2025", "x.y.z").stderr.startswith("401 auth_invalid: ")
    away = guest_list(f"http://127.0.0.1:{free_port()}", "Taco Party 2025", "x.y.z")
    assert (away.returncode, away.stderr.count("\n")) == (1, 1)
