"""What every endpoint answers when it is asked as its example asks: as the document shows it, headers and all."""

import json
import uuid
from typing import Any

import jwt
import pytest
from flask import Flask

from tests import factories
from tests.api import recorded
from tests.programs import Program, refused
from webapp import APIS
from webapp.api.openapi import path_of
from webapp.api.samples import KEPT
from webapp.extensions import limiter
from webapp.models import User

RATES = ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"]


@pytest.fixture(scope="module")
def answers() -> list[recorded.Recorded]:
    return recorded.walk()


@pytest.fixture
def document(program: Program) -> dict[str, Any]:
    found: dict[str, Any] = program.get("/api/openapi.json").json
    return found


def test_the_document_shows_what_comes(answers: list[recorded.Recorded]):
    there = json.loads(KEPT.read_text())
    come = json.loads(recorded.kept(answers))
    changed = [name for name in sorted(there.keys() | come.keys()) if there.get(name) != come.get(name)]
    assert {name: there.get(name) for name in changed} == {name: come.get(name) for name in changed}, (
        "`python -m tests.api.recorded` writes webapp/api/answers.json anew"
    )


def test_what_is_read_is_asked_for_anew_and_is_nobody_elses_and_all_else_is_kept_nowhere(
    answers: list[recorded.Recorded],
):
    # told by hand: what gives tokens or uses up a link, though it is read
    never = {"refresh", "verify_email_by_get"}
    wrong = []
    for one in answers:
        read = one.endpoint.method == "GET" and one.endpoint.name not in never
        told = (one.answer.headers["Cache-Control"], "ETag" in one.answer.headers)
        if told != (("private, no-cache", True) if read else ("no-store", False)):
            wrong.append((one.endpoint.name, told))
    assert not wrong


def test_an_answer_has_the_headers_that_the_document_tells_of(
    answers: list[recorded.Recorded], document: dict[str, Any]
):
    wrong = []
    for one in answers:
        methods = document["paths"][path_of(one.endpoint.paths[0])]
        told = methods[one.endpoint.method.lower()]["responses"][str(one.answer.status_code)]["headers"]
        come = {name for name in document["components"]["headers"] if name in one.answer.headers}
        if come != told.keys() - set(RATES):  # nothing is counted here
            wrong.append((one.endpoint.name, come))
    assert not wrong


@pytest.mark.parametrize("token", [None, "not one of ours"])
def test_a_refusal_of_a_token_has_the_headers_that_the_document_tells_of(
    program: Program, document: dict[str, Any], token: str | None
):
    program.token = token
    answer = program.get("/api/sessions")
    assert answer.status_code == 401
    told = document["paths"]["/api/sessions"]["get"]["responses"]["401"]["headers"]
    assert {name for name in document["components"]["headers"] if name in answer.headers} == {"WWW-Authenticate"}
    assert told.keys() == {"WWW-Authenticate", *RATES}


def test_a_refusal_of_one_request_too_many_has_the_headers_that_the_document_tells_of(
    app: Flask, program: Program, document: dict[str, Any]
):
    app.config.update(LIMITS=True, LIMIT_ANONYMOUS="1/minute")
    limiter.reset()
    try:
        answer = [program.get("/api/events") for _ in range(2)][-1]
    finally:
        limiter.reset()
    refused(answer, 429, "too_many_requests")
    come = {name for name in document["components"]["headers"] if name in answer.headers}
    assert come == {"Retry-After", *RATES}
    silent = [
        endpoint.name
        for api in APIS
        for endpoint in api.endpoints
        for path in endpoint.paths
        if document["paths"][path_of(path)][endpoint.method.lower()]["responses"]["429"]["headers"].keys() != come
    ]
    assert not silent


def test_a_tag_is_sent_back_in_the_header_that_the_document_names(
    program: Program, ana: User, document: dict[str, Any]
):
    said = document["components"]["parameters"]["IfNoneMatch"]
    program.act_for(ana)
    tag = program.get("/api/users/me").headers["ETag"]
    assert said["in"] == "header"
    assert program.get("/api/users/me", headers={said["name"]: tag}).status_code == 304


def test_a_key_may_be_what_the_document_says(program: Program, ana: User, document: dict[str, Any]):
    said = document["components"]["parameters"]["IdempotencyKey"]
    schema = said["schema"]
    program.act_for(ana)

    def keyed(key: str) -> int:
        sent = {"name": f"Zadruga {uuid.uuid4()}"}
        return program.post("/api/companies", sent, headers={said["name"]: key}).status_code

    longest, shortest = "k" * schema["maxLength"], "k" * schema["minLength"]
    assert (said["in"], keyed(longest), keyed(longest), keyed(longest + "k")) == ("header", 201, 409, 422)
    assert (keyed(shortest), keyed("")) == (201, 422)
    assert schema["pattern"] == "^[!-~]+$"
    assert [keyed(key) for key in ("!~", "a b", "ž")] == [201, 422, 422]


def test_tokens_are_sent_as_the_document_says_and_are_what_it_says(
    program: Program, ana: User, document: dict[str, Any]
):
    ways = document["components"]["securitySchemes"]
    assert {key: ways["token"][key] for key in ("type", "scheme", "bearerFormat")} == {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
    }
    token = program.authenticate(ana)["user_token"]
    assert jwt.get_unverified_header(token)["alg"] == "HS256"
    assert {"exp", "aud"} <= jwt.decode(token, options={"verify_signature": False}).keys()
    program.token = None
    assert program.get("/api/users/me", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_apps_are_named_in_the_headers_that_the_document_names(program: Program, ana: User, document: dict[str, Any]):
    company = factories.a_company(ana)
    asked = {"name": "Desk", "scopes": ["exist-email"]}
    app = program.act_for(ana).post(f"/api/companies/{company.id}/apps", asked).json["data"]
    ways = document["components"]["securitySchemes"]
    sent = {"app_id": app["id"], "app_key": app["app_key"]}
    headers = {ways[name]["name"]: value for name, value in sent.items()}
    program.token = None
    path = f"/api/exist-email/{ana.email}"
    assert document["paths"]["/api/exist-email/{email}"]["get"]["security"] == [{"app_id": [], "app_key": []}]
    assert program.get(path, headers=headers).status_code == 200
    assert program.get(path).status_code == 401
