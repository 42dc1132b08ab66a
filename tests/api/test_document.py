"""The document of the API: whole, valid, and about what is really there."""

import json
import re
from typing import Any

import jsonschema_rs
import pytest
from flask import Flask
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.api.furnished import endpoints, named
from tests.programs import Program
from webapp.api import given, values, words
from webapp.api.openapi import refusals_of
from webapp.api.views import GUIDES
from webapp.core.schema import judge_json
from webapp.web.endpoints import Endpoint

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def document(program: Program) -> dict[str, Any]:
    answer = program.get("/api/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, said)
        for path, methods in document["paths"].items()
        for method, said in methods.items()
        if method in METHODS
    ]


def test_the_document_is_openapi(document: dict[str, Any]):
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"] == "3.1.1"
    assert document["servers"] == [{"url": "http://folkmoot.example.org"}]


def test_every_route_for_programs_is_documented_and_every_documented_one_is_there(app: Flask, document: dict[str, Any]):
    routes = {
        (method.lower(), re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.partition(".")[0].endswith("_api")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routes == {(method, path) for method, path, _said in operations(document)}
    others = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api") and not rule.endpoint.partition(".")[0].endswith("_api")
    }
    guides = {f"/api/docs/{name}" for name in GUIDES}
    assert others <= {"/api/openapi.json", "/api/docs", *guides}, (
        "below /api there is what is documented, and the documents"
    )


def test_no_two_paths_are_one(document: dict[str, Any]):
    # OpenAPI 3.1, Paths Object: such that differ by the names of their variables alone are identical
    shapes = [re.sub(r"\{\w+\}", "{}", path) for path in document["paths"]]
    assert sorted(shapes) == sorted(set(shapes))


def test_operations_are_called_by_names_of_their_own(document: dict[str, Any]):
    names = [said["operationId"] for _method, _path, said in operations(document)]
    assert len(names) == len(set(names))


def test_everything_says_what_it_is(document: dict[str, Any]):
    silent = [f"{method} {path}" for method, path, said in operations(document) if not said["summary"].strip()]
    silent += [name for name, said in document["components"]["schemas"].items() if not said.get("description")]
    assert not silent


def test_each_field_variable_and_parameter_says_what_it_means(document: dict[str, Any]):
    kept = document["components"]
    fields = {
        f"{name}.{field}": said
        for name, schema in kept["schemas"].items()
        for field, said in schema.get("properties", {}).items()
    }
    asked = {
        f"{found['operationId']}: {said.get('name')}": said
        for _method, _path, found in operations(document)
        for said in found["parameters"]
        if "$ref" not in said
    }
    assert len(fields) > 400
    told = fields | asked | kept["parameters"] | kept["headers"] | kept["securitySchemes"]
    assert not [name for name, said in told.items() if not said.get("description", "").strip()]


def test_no_exception_speaks_of_what_is_not_there(document: dict[str, Any]):
    schemas = document["components"]["schemas"]
    names = {f"{name}.{field}" for name, schema in schemas.items() for field in schema.get("properties", {})}
    names |= {
        f"{found['operationId']}.{said['name']}"
        for _method, _path, found in operations(document)
        for said in found["parameters"]
        if "$ref" not in said
    }
    spoken_of = {name for name in {**words.SENT, **given.GIVEN, **values.values()} if "." in name}
    assert spoken_of - names <= {"JournalQuery.thing"}


def test_what_has_fixed_values_says_them(document: dict[str, Any]):
    schemas = document["components"]["schemas"]
    assert schemas["EventOut"]["properties"]["state"]["enum"] == ["draft", "published", "cancelled"]
    assert schemas["GuestOut"]["properties"]["reply"]["anyOf"][0]["enum"] == ["yes", "no"]
    assert "events:read" in schemas["AppOut"]["properties"]["scopes"]["items"]["enum"]


def test_bounds_are_called_as_json_schema_calls_them(document: dict[str, Any]):
    said = document["components"]["schemas"]["NewEventInput"]["properties"]["reward"]
    assert (said["minimum"], said["maximum"]) == (0, 1_000_000_000)
    assert not re.search(r"'[gl][et]': \d", repr(document))


def test_wall_time_is_called_so(document: dict[str, Any]):
    said = document["components"]["schemas"]["NewEventInput"]["properties"]["starts_at"]
    assert [one["format"] for one in said["anyOf"]] == ["date-time", "date-time-local"]


def test_nothing_is_referred_to_that_is_not_there(document: dict[str, Any]):
    kept = document["components"]
    referred = set(re.findall(r"'#/components/(\w+)/(\w+)'", repr(document)))
    assert not {(kind, name) for kind, name in referred if name not in kept[kind]}
    used = {name for kind, name in referred if kind == "schemas"}
    assert used == set(kept["schemas"]), "and nothing is described that nobody uses"


@pytest.mark.parametrize("found", endpoints(), ids=named)
def test_every_id_an_endpoint_may_answer_is_listed(document: dict[str, Any], found: tuple[Endpoint, str]):
    endpoint, path = found
    pattern = "/api" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)
    answers = document["paths"][pattern][endpoint.method.lower()]["responses"]
    assert str(endpoint.status) in answers
    for error in refusals_of(endpoint):
        assert f"`{error.id}`" in answers[str(error.status)]["description"]


def test_a_stale_token_is_spoken_of_wherever_a_token_counts(document: dict[str, Any]):
    for method, path, said in operations(document):
        described = said["responses"].get("401", {}).get("description", "")
        if any("token" in one for one in said["security"]):
            assert "`auth_expired`" in described, f"{method} {path}"
            assert "`auth_invalid`" in described, f"{method} {path}"


def test_what_is_read_says_its_tag_and_takes_it_back(document: dict[str, Any], program: Program):
    ballots = document["paths"]["/api/events/{event_id}/results/ballots.jsonl"]["get"]
    assert {"$ref": "#/components/parameters/IfNoneMatch"} in ballots["parameters"]
    assert {"304", "200"} <= ballots["responses"].keys()
    assert "ETag" in ballots["responses"]["200"]["headers"]
    assert "304" not in document["paths"]["/api/refresh"]["get"]["responses"]


@pytest.mark.parametrize("found", [one for one in endpoints() if one[0].takes is not None], ids=named)
def test_every_example_is_one_that_is_taken(document: dict[str, Any], found: tuple[Endpoint, str]):
    endpoint, path = found
    pattern = "/api" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)
    sent = document["paths"][pattern][endpoint.method.lower()]["requestBody"]["content"]["application/json"]
    assert endpoint.takes is not None
    # that it does what it says, with ids of what is there, is shown by tests/api/test_walk.py
    assert sent["example"], "and says something, also where nothing has to be sent"
    assert judge_json(endpoint.takes, sent["example"])
    judge = jsonschema_rs.validator_for({**sent["schema"], "components": document["components"]}, validate_formats=True)
    assert [error.message for error in judge.iter_errors(sent["example"])] == []


@pytest.mark.parametrize("found", [one for one in endpoints() if one[0].gives is not None], ids=named)
def test_every_answer_shown_is_one_that_may_come(document: dict[str, Any], found: tuple[Endpoint, str]):
    endpoint, path = found
    pattern = "/api" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)
    said = document["paths"][pattern][endpoint.method.lower()]["responses"][str(endpoint.status)]
    shown = said["content"][endpoint.media]
    judging = Draft202012Validator(
        {**shown["schema"], "components": document["components"]}, format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    assert [error.message for error in judging.iter_errors(shown["example"])] == []
    assert shown["example"]["meta"]["id"] == endpoint.id
    assert shown["example"]["data"], "and shows something"
    assert "…" not in json.dumps(shown["example"], ensure_ascii=False).replace("/…", ""), "a real answer, links masked"


def closed(schema: Any) -> Any:
    """The schema with no room for names it does not tell."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: closed(one) for name, one in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        found.setdefault("additionalProperties", False)
    return found


@pytest.mark.parametrize("found", [one for one in endpoints() if one[0].gives is not None], ids=named)
def test_an_answer_shown_has_the_fields_that_come_and_no_others(document: dict[str, Any], found: tuple[Endpoint, str]):
    # webapp/api/answers.json holds what was really answered; `python -m tests.api.recorded` asks everything anew
    endpoint, path = found
    pattern = "/api" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)
    said = document["paths"][pattern][endpoint.method.lower()]["responses"][str(endpoint.status)]
    shown = said["content"][endpoint.media]
    judge = jsonschema_rs.validator_for(
        closed({**shown["schema"], "components": document["components"]}), validate_formats=True
    )
    assert [f"{error.instance_path}: {error.message}" for error in judge.iter_errors(shown["example"])] == []


def test_two_schemas_never_share_a_name(document: dict[str, Any]):
    # pydantic puts the module's name before both
    assert not [name for name in document["components"]["schemas"] if "__" in name]


def test_whoever_has_the_document_asks_for_it_anew_in_vain(program: Program):
    tag = program.get("/api/openapi.json").headers["ETag"]
    assert program.get("/api/openapi.json", headers={"If-None-Match": tag}).status_code == 304
