"""What arrives on the wire of a real server cut off, in broken chunks, or far too much of it: it is refused."""

import http.client
import json
import pathlib
import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from tests import factories
from tests.races.servers import PATIENCE, Server, serving
from webapp.accounts import tokens
from webapp.core.database import db
from webapp.models import Event, Guest, User
from webapp.web.bodies import STRANGERS

pytestmark = pytest.mark.race
CHUNKED = "Transfer-Encoding: chunked"
BROKEN = {
    "no size": b"zz\r\n{}\r\n0\r\n\r\n",
    "a size below nothing": b"-2\r\n{}\r\n0\r\n\r\n",
    "no end of the chunk": b"2\r\n{}XX0\r\n\r\n",
    "a chunk that is cut off": b"ff\r\n{}",
    "no last chunk": b"2\r\n{}\r\n",
    "nothing": b"",
}


class Wire:
    """A server, and what one sends to it byte by byte."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.ana = factories.an_account("Ana", email="ana@example.org")
        self.event = factories.an_event(factories.a_company(self.ana), self.ana)
        for _ in range(3):
            factories.a_guest(self.event)
        db.session.commit()
        self.token = tokens.start(db.session.get_one(User, self.ana.id)).user_token
        db.session.commit()

    def head(self, path: str, *lines: str, kind: str = "application/json", token: bool = True) -> bytes:
        found = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Type: {kind}", "Connection: close", *lines]
        if token:
            found.append(f"Authorization: Bearer {self.token}")
        return ("\r\n".join(found) + "\r\n\r\n").encode()

    def send(self, *parts: bytes, ends: bool = True) -> tuple[int, str, str]:
        """Send the parts, and nothing more; return the status, type and text of what comes back."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=PATIENCE) as wire:
            for part in parts:
                wire.sendall(part)
            if ends:
                wire.shutdown(socket.SHUT_WR)
            answer = http.client.HTTPResponse(wire)
            answer.begin()
            return answer.status, answer.getheader("Content-Type", ""), answer.read().decode()

    def refused(self, status: int, *parts: bytes) -> str:
        """Send the parts; say that they are refused as programs are told, and return the id."""
        found, kind, text = self.send(*parts)
        assert (found, kind) == (status, "application/json"), text
        assert json.loads(text)["error"]["code"] == status
        return str(json.loads(text)["error"]["id"])

    def count(self, what: Any) -> int:
        db.session.rollback()
        return db.session.scalars(sa.select(sa.func.count()).select_from(what)).one()

    def invited(self) -> int:
        db.session.rollback()
        return db.session.scalars(sa.select(sa.func.count()).where(Guest.invited_at.is_not(None))).one()


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    folder: pathlib.Path = tmp_path_factory.mktemp("wire")
    with serving(folder) as server:
        yield Wire(server)


@pytest.mark.parametrize("arrived", [0, 10])
def test_a_body_that_never_arrives_is_not_an_empty_one(wire: Wire, arrived: int):
    sent = json.dumps({"guest_ids": ["00000000-0000-4000-8000-000000000000"]}).encode()
    path = f"/api/guests/{wire.event.id}/invite"
    before = wire.invited()
    assert wire.refused(400, wire.head(path, f"Content-Length: {len(sent)}"), sent[:arrived]) == "bad_request"
    assert wire.invited() == before


@pytest.mark.parametrize("sent", BROKEN.values(), ids=BROKEN)
def test_broken_chunks_are_refused(wire: Wire, sent: bytes):
    before = wire.count(Event)
    for path, token in (("/api/events", True), ("/api/login", False)):
        assert wire.refused(400, wire.head(path, CHUNKED, token=token), sent) == "bad_request"
    assert wire.count(Event) == before


def test_good_chunks_are_read(wire: Wire):
    found, _kind, text = wire.send(wire.head("/api/events", CHUNKED), b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n")
    assert (found, json.loads(text)["error"]["fields"].keys() >= {"title"}) == (422, True)


def test_too_many_chunks_are_refused_and_not_cut(wire: Wire):
    event = {
        "title": "Cut",
        "timezone": "Europe/Ljubljana",
        "starts_at": "2090-05-01T18:00",
        "ends_at": "2090-05-01T20:00",
    }
    good = json.dumps(event).encode()
    parts = [good, *[b" " * 65536] * 32, b"and no JSON"]
    chunks = [b"%x\r\n%b\r\n" % (len(part), part) for part in parts]
    before = wire.count(Event)
    assert wire.refused(413, wire.head("/api/events", CHUNKED), *chunks, b"0\r\n\r\n") == "request_entity_too_large"
    assert wire.count(Event) == before


@pytest.mark.parametrize(("path", "token", "room"), [("/api/login", False, 64), ("/api/events", True, 1024)])
def test_a_body_beyond_its_room_is_not_read(wire: Wire, path: str, token: bool, room: int):
    head = wire.head(path, f"Content-Length: {room * 1024 + 1}", token=token)
    assert wire.refused(413, head) == "request_entity_too_large"


@pytest.mark.parametrize(("path", "kind"), [("/api/login", "application/json"), ("/login", "multipart/form-data")])
def test_who_sends_far_too_much_hears_the_answer(wire: Wire, path: str, kind: str):
    much = b"x" * 65536
    assert wire.send(wire.head(path, "Content-Length: 10485760", kind=kind, token=False), *[much] * 160)[0] == 413
    chunk = b"10000\r\n" + much + b"\r\n"
    assert wire.send(wire.head(path, CHUNKED, kind=f"{kind}; boundary=x", token=False), *[chunk] * 160)[0] == 413


def test_a_refusal_names_fifty_fields_at_most(wire: Wire):
    for number in (51, 5000):
        sent = json.dumps({f"n{one}": 1 for one in range(number)}).encode()
        found, _kind, text = wire.send(wire.head("/api/login", f"Content-Length: {len(sent)}", token=False), sent)
        error = json.loads(text)["error"]
        assert (found, error["id"], len(error["fields"])) == (422, "json_error", 50)


@pytest.mark.parametrize("one", ['{"email":1}', "[]", '{"x":{}}', "1", '{"email":"a@example.org","x":"y"}'])
def test_far_too_many_of_a_list_are_refused_in_few_words(wire: Wire, one: str):
    sent = '{"guests":[%s]}' % ",".join([one] * (4_000_000 // (len(one) + 1)))  # noqa: UP031 braces
    path = f"/api/guests/{wire.event.id}/import"
    before = wire.count(Guest)
    found, _kind, text = wire.send(wire.head(path, f"Content-Length: {len(sent)}"), sent.encode())
    assert (found, json.loads(text)["error"]["id"]) == (422, "json_error")
    assert len(text) < 10_000
    assert wire.count(Guest) == before


def test_a_thousand_guests_with_the_longest_names_fit(wire: Wire):
    names = "\N{CAT FACE}" * 255
    people = [{"email": f"{'x' * 50}{number}@example.org", "name": names} for number in range(1000)]
    sent = json.dumps({"guests": people, "invite": False}).encode()
    before = wire.count(Guest)
    path = f"/api/guests/{wire.event.id}/import"
    found, _kind, text = wire.send(wire.head(path, f"Content-Length: {len(sent)}"), sent)
    assert (found, json.loads(text)["data"]["added"]) == (200, 1000)
    assert wire.count(Guest) == before + 1000


@pytest.mark.parametrize("cut", [b"email=ana%40exam", b""])
def test_a_form_that_is_cut_off_is_refused_as_a_page(wire: Wire, cut: bytes):
    head = wire.head("/login", "Content-Length: 60", kind="application/x-www-form-urlencoded", token=False)
    found, kind, text = wire.send(head, cut)
    assert (found, kind.partition(";")[0]) == (400, "text/html")
    assert "did not arrive whole" in text


@pytest.mark.parametrize("sent", BROKEN.values(), ids=BROKEN)
def test_a_form_in_broken_chunks_is_refused_as_a_page(wire: Wire, sent: bytes):
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        found, answered, _text = wire.send(wire.head("/login", CHUNKED, kind=kind, token=False), sent)
        assert (found, answered.partition(";")[0]) == (400, "text/html")


def test_a_form_beyond_a_strangers_room_is_not_read(wire: Wire):
    for path in ("/login", "/account", "/nowhere"):
        head = wire.head(
            path, f"Content-Length: {STRANGERS + 1}", kind="application/x-www-form-urlencoded", token=False
        )
        found, kind, text = wire.send(head)
        assert (found, kind.partition(";")[0]) == (413, "text/html"), text


def test_a_form_of_too_many_fields_is_refused_before_they_are_told_apart(wire: Wire):
    for number, status in ((9_000, 400), (11_000, 413)):
        sent = "&".join(["a=1"] * number).encode()
        head = wire.head(
            "/login", f"Content-Length: {len(sent)}", kind="application/x-www-form-urlencoded", token=False
        )
        # what is read lacks the proof that a page of ours sent it
        assert wire.send(head, sent)[0] == status


def test_nothing_went_wrong_inside(wire: Wire):
    log = (pathlib.Path(wire.server.app.config["INSTANCE_PATH"]) / "server.log").read_text()
    assert not re.search(r"Traceback|unexpected error", log), log
