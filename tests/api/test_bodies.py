"""What programs send is judged wherever it is sent: no body is passed over in silence."""

import gzip
import json
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.api.furnished import Furnished, endpoints, furnish, named
from tests.programs import refused
from webapp.core.database import db
from webapp.models import Event, Guest, OutboxMail
from webapp.web.endpoints import Endpoint

PARTS = b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\nAnother\r\n--x--'
FORMS = [
    ("application/x-www-form-urlencoded", b"title=Another"),
    ("application/x-www-form-urlencoded", b'{"title": "Another"}'),
    ("multipart/form-data; boundary=x", PARTS),
    ("text/plain", b'{"title": "Another"}'),
    (None, b'{"title": "Another"}'),
]
# a site that is set up is not set up again, whatever is sent
WRITES = [one for one in endpoints() if one[0].method != "GET" and one[0].name != "set_up"]
BARE = [one for one in WRITES if one[0].takes is None]


@pytest.fixture
def furnished(app: Flask) -> Furnished:
    return furnish(app)


def everything() -> list[Any]:
    """What a write could have changed: the events, the guests, and the mail."""
    return [db.session.scalars(sa.select(sa.func.count()).select_from(one)).one() for one in (Event, Guest, OutboxMail)]


@pytest.mark.parametrize("found", WRITES, ids=named)
def test_a_body_of_another_kind_is_refused_and_nothing_is_done(furnished: Furnished, found: tuple[Endpoint, str]):
    endpoint, path = found
    before, program = everything(), furnished.program()
    for kind, sent in FORMS:
        answer = program.send(endpoint.method, furnished.address(path), data=sent, content_type=kind)
        refused(answer, 415, "json_error")
    assert everything() == before


@pytest.mark.parametrize("found", BARE, ids=named)
def test_what_nobody_asked_for_is_refused(furnished: Furnished, found: tuple[Endpoint, str]):
    endpoint, path = found
    before, program = everything(), furnished.program()
    fields = refused(program.send(endpoint.method, furnished.address(path), json={"title": "x"}), 422, "json_error")
    assert fields.keys() == {"title"}
    refused(program.send(endpoint.method, furnished.address(path), json=["x"]), 422, "json_error")
    assert everything() == before


@pytest.mark.parametrize("sent", [{}, {"data": {}}], ids=json.dumps)
def test_an_empty_object_is_no_body(furnished: Furnished, sent: dict[str, Any]):
    program = furnished.program()
    address = furnished.address("/guests/<uuid:event_id>/<uuid:guest_id>/renew")
    assert program.send("POST", address, json=sent).status_code == 200


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "unheard-of"])
def test_a_packed_body_is_refused_for_what_it_is(furnished: Furnished, coding: str):
    answer = furnished.program().send(
        "PATCH",
        furnished.address("/events/<uuid:event_id>"),
        data=gzip.compress(b'{"title": "Another"}'),
        content_type="application/json",
        headers={"Content-Encoding": coding},
    )
    refused(answer, 415, "json_error")


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "application/json;charset=UTF-8", "Application/JSON"]
)
def test_json_is_json_however_its_kind_is_written(furnished: Furnished, kind: str):
    answer = furnished.program().send(
        "PATCH", furnished.address("/events/<uuid:event_id>"), data='{"title": "Žur"}'.encode(), content_type=kind
    )
    assert (answer.status_code, answer.json["data"]["title"]) == (200, "Žur")


CHANGES = [one for one in endpoints() if one[0].method in {"PATCH", "PUT"}]


def fields_of(furnished: Furnished, endpoint: Endpoint, path: str) -> dict[str, dict[str, Any]]:
    """What the document says of each field of an endpoint's body."""
    document = furnished.program().get("/api/openapi.json").json
    pattern = "/api" + path.replace("<uuid:", "{").replace("<", "{").replace(">", "}")
    sent = document["paths"][pattern][endpoint.method.lower()]["requestBody"]["content"]["application/json"]["schema"]
    found: dict[str, dict[str, Any]] = document["components"]["schemas"][sent["$ref"].rpartition("/")[2]]["properties"]
    return found


def may_be_null(said: dict[str, Any]) -> bool:
    return any(one.get("type") == "null" for one in said.get("anyOf", ()))


@pytest.mark.parametrize("found", CHANGES, ids=named)
def test_nothing_stands_in_for_what_a_change_leaves_out(furnished: Furnished, found: tuple[Endpoint, str]):
    fields = fields_of(furnished, *found)
    assert fields
    assert not [name for name, said in fields.items() if "default" in said]


@pytest.mark.parametrize("found", CHANGES, ids=named)
def test_null_is_refused_or_said_to_mean_something(furnished: Furnished, found: tuple[Endpoint, str]):
    endpoint, path = found
    fields = fields_of(furnished, endpoint, path)
    assert not [
        name for name, said in fields.items() if may_be_null(said) and "Null" not in said.get("description", "")
    ]
    program = furnished.program()
    for name in [name for name, said in fields.items() if not may_be_null(said)]:
        answer = program.send(endpoint.method, furnished.address(path), json={name: None})
        assert refused(answer, 422, "json_error").keys() == {name}
