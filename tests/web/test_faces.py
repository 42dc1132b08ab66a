"""Every refusal, as a page for people and as JSON for programs."""

import logging
import re

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from webapp.core.database import db
from webapp.extensions import limiter
from webapp.web.headers import POLICY

CASES = [
    ("bad", 400, "bad_request"),
    ("unseen", 404, "not_found"),
    ("forbidden", 403, "forbidden"),
    ("conflict", 409, "conflict"),
    ("big", 413, "request_entity_too_large"),
    ("input", 422, "json_error"),
    ("bug", 500, "internal_error"),
    ("busy", 503, "db_error"),
    ("database", 503, "db_error"),
]


def is_page(response: TestResponse, status: int) -> None:
    """Check that this is the page that refusals have."""
    assert response.status_code == status
    assert response.mimetype == "text/html"
    heading = re.search(r"<h1>(.+?)</h1>", response.text)
    title = re.search(r"<title>(.+?)</title>", response.text)
    assert heading, response.text
    assert title, response.text
    assert title[1].startswith(heading[1])
    assert f">{status}</span>" in response.text
    assert response.headers["Content-Security-Policy"] == POLICY
    assert response.headers["Cache-Control"] == "no-store"


def is_json(response: TestResponse, status: int, error_id: str) -> dict[str, str]:
    """Check that this is a refusal as programs get it, and return the fields."""
    assert response.status_code == status
    assert response.mimetype == "application/json"
    assert set(response.json) == {"error"}
    error = response.json["error"]
    assert set(error) == {"id", "message", "code", "fields"}
    assert (error["id"], error["code"]) == (error_id, status)
    assert len(error["message"]) > 10
    return dict(error["fields"])


@pytest.mark.parametrize(("what", "status", "error_id"), CASES)
def test_a_refusal_has_both_faces(troubled: Flask, what: str, status: int, error_id: str):
    browser = troubled.test_client()
    is_page(browser.get(f"/trouble/{what}"), status)
    fields = is_json(browser.get(f"/api/trouble/{what}"), status, error_id)
    assert fields == ({"name": "Please fill this in."} if what == "input" else {})


def test_no_such_address(troubled: Flask):
    browser = troubled.test_client()
    is_page(browser.get("/no/such/page"), 404)
    is_json(browser.get("/api/no/such/thing"), 404, "not_found")


def test_the_wrong_method_says_which_are_right(troubled: Flask):
    browser = troubled.test_client()
    for response in (browser.delete("/trouble/json"), browser.delete("/api/trouble/json")):
        assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
    is_page(browser.delete("/trouble/json"), 405)
    is_json(browser.delete("/api/trouble/json"), 405, "method_not_allowed")


def test_another_content_type(troubled: Flask):
    browser = troubled.test_client()
    is_page(browser.post("/trouble/json", data="x=1"), 415)
    is_json(browser.post("/api/trouble/json", data="x=1"), 415, "unsupported_media_type")


def test_more_than_fits(troubled: Flask):
    browser = troubled.test_client()
    much = b"x" * (troubled.config["MAX_CONTENT_LENGTH"] + 1)
    is_page(browser.post("/trouble/read", data=much), 413)
    is_json(browser.post("/api/trouble/read", data=much), 413, "request_entity_too_large")
    assert browser.post("/api/trouble/read", data=much[:1000]).json == {"got": 1000}


def test_too_often_says_when_to_come_again(troubled: Flask, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(troubled.config, "LIMITS", value=True)
    monkeypatch.setitem(troubled.config, "LIMIT_PAGES", "2/minute")
    monkeypatch.setitem(troubled.config, "LIMIT_ANONYMOUS", "2/minute")
    browser = troubled.test_client()
    with troubled.app_context():
        limiter.reset()
    for path in ("/trouble/read", "/api/trouble/read"):
        assert [browser.get(path).status_code for _ in range(3)] == [200, 200, 429]
    page, program = browser.get("/trouble/read"), browser.get("/api/trouble/read")
    is_page(page, 429)
    is_json(program, 429, "too_many_requests")
    for response in (page, program):
        assert 1 <= int(response.headers["Retry-After"]) <= 60


def test_a_bug_tells_the_log_and_nobody_else(troubled: Flask, caplog: pytest.LogCaptureFixture):
    for path in ("/trouble/bug", "/api/trouble/bug"):
        caplog.clear()
        with caplog.at_level(logging.ERROR):
            text = troubled.test_client().get(path).text
        assert "the inside of the app" not in text
        assert "Traceback" not in text
        assert "the inside of the app" in caplog.text


@pytest.mark.parametrize("path", ["/", "/api/trouble/database", "/no/such/page", "/events"])
def test_a_database_that_is_away_is_said_in_both_faces(troubled: Flask, path: str):
    failure = sa.exc.OperationalError("connect", {}, Exception("unable to open database file"))

    def away(*_: object) -> None:
        raise failure

    with troubled.app_context():
        engine = db.engine
        engine.dispose()
    troubled.extensions.pop("site_view", None)
    sa.event.listen(engine, "do_connect", away)
    try:
        response = troubled.test_client().get(path)
    finally:
        sa.event.remove(engine, "do_connect", away)
    if path.startswith("/api/"):
        is_json(response, 503, "db_error")
    else:
        is_page(response, 503)
    assert troubled.test_client().get("/trouble/database").status_code == 503
    assert troubled.test_client().get("/trouble/unseen").status_code == 404
