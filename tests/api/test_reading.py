"""What HTTP says of reading: tags, HEAD, conditions; and that below /api everything is JSON or nothing."""

import pytest
from flask import Flask

from tests import factories
from tests.api.furnished import Furnished, furnish
from tests.browsers import Browser
from tests.programs import Program, refused
from webapp.models import User

READS = [
    "/users/me",
    "/companies",
    "/events/<uuid:event_id>",
    "/guests/<uuid:event_id>",
    "/events/<uuid:event_id>/calendar",
]


@pytest.fixture
def furnished(app: Flask) -> Furnished:
    return furnish(app)


@pytest.mark.parametrize("path", READS)
def test_head_says_what_get_says(furnished: Furnished, path: str):
    program, address = furnished.program(), furnished.address(path)
    read, asked = program.get(address), program.send("HEAD", address)
    same = ("ETag", "Cache-Control", "Content-Type", "Content-Length")
    assert [asked.headers[name] for name in same] == [read.headers[name] for name in same]
    assert (asked.status_code, asked.data) == (200, b"")
    known = {"If-None-Match": read.headers["ETag"]}
    assert [program.send(method, address, headers=known).status_code for method in ("GET", "HEAD")] == [304, 304]


@pytest.mark.parametrize("path", [*READS, "/openapi.json"])
def test_another_state_than_there_is_is_refused(furnished: Furnished, path: str):
    program, address = furnished.program(), furnished.address(path)
    assert refused(program.get(address, headers={"If-Match": '"x"'}), 412, "precondition_failed") == {}
    for fits in ("*", program.get(address).headers["ETag"]):
        assert program.get(address, headers={"If-Match": fits}).status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nothing", "/api/docs/"])
def test_where_nothing_is_programs_are_told_so(program: Program, ana: User, method: str, path: str):
    refused(program.send(method, path), 404, "not_found")
    refused(program.act_for(ana).send(method, path), 404, "not_found")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_the_docs_page_is_to_be_read(program: Program, method: str):
    answer = program.send(method, "/api/docs")
    refused(answer, 405, "method_not_allowed")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert program.get("/api/docs").mimetype == "text/html"


def test_the_guide_is_a_page_like_any_other(browser: Browser, ana: User):
    browser.sign_in(ana)
    assert "Ana" in browser.get("/api/docs/api.md").text
    missing = browser.get("/api/docs/nothing.md")
    assert (missing.status_code, missing.mimetype) == (404, "text/html")


def test_what_says_nothing_is_of_no_type(program: Program, ana: User):
    event = factories.an_event(factories.a_company(ana), ana)
    guest = factories.a_guest(event)
    gone = program.act_for(ana).delete(f"/api/guests/{event.id}/{guest.id}")
    assert (gone.status_code, gone.data, "Content-Type" in gone.headers) == (204, b"", False)
    for path in ("/api/events", "/api/users/me"):
        asked = program.send("OPTIONS", path)
        assert (asked.data, "Content-Type" in asked.headers) == (b"", False)
        assert "GET" in asked.headers["Allow"]
