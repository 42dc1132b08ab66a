"""Programs say which fields they want, and get these alone; and no field is ever called otherwise."""

import json
import pathlib
import re
from typing import Any

import pytest
from flask import Flask

from tests import factories
from tests.api import reader
from tests.api.furnished import endpoints, furnish, named
from tests.programs import Program, refused
from webapp.core.permissions import Role
from webapp.models import Company, Event, User
from webapp.web.endpoints import Endpoint

KEPT = pathlib.Path(__file__).with_name("field_names.json")
GIVING = [found for found in endpoints() if found[0].gives is not None and found[0].paths[0] == found[1]]
READS = [found for found in GIVING if found[0].sparse]


@pytest.fixture
def company(ana: User) -> Company:
    return factories.a_company(ana, name="Zadruga")


@pytest.fixture
def event(ana: User, company: Company) -> Event:
    return factories.an_event(company, ana, title="Taco Party", questions={"Which salsa?": ["Verde", "Roja"]})


@pytest.fixture
def organiser(program: Program, ana: User, company: Company) -> Program:
    return program.act_for(ana)


# ---------------------------------------------------------------- asking for some


def test_what_is_named_comes_alone(organiser: Program, event: Event):
    answer = organiser.get(f"/api/events/{event.id}?fields=id,title,capacity")
    assert answer.status_code == 200
    assert answer.json["data"] == {"id": str(event.id), "title": "Taco Party", "capacity": None}


def test_each_row_of_a_list_has_these_fields_and_meta_stays(organiser: Program, event: Event):
    whole = organiser.get("/api/events?limit=1").json
    some = organiser.get("/api/events?limit=1&fields=title,starts_at").json
    assert some["data"] == [{name: row[name] for name in ("title", "starts_at")} for row in whole["data"]]
    assert some["data"]
    assert some["meta"] == whole["meta"]


def test_a_field_of_a_field_is_named_with_a_dot(organiser: Program, event: Event):
    data = organiser.get(f"/api/events/{event.id}?fields=rule.roll,rule.results,questions.text,answers.text").json[
        "data"
    ]
    assert data == {
        "rule": {"roll": "open", "results": event.results},
        "questions": [{"text": "Which salsa?"}],
        "answers": [[{"text": "Verde"}, {"text": "Roja"}]],
    }


def test_of_a_field_that_is_null_nothing_more_is_said(program: Program, ana: User, company: Company):
    public = factories.an_event(company, ana, visibility="public")
    assert program.get(f"/api/events/{public.id}?fields=guests.yes").json["data"] == {"guests": None}


@pytest.mark.parametrize("asked", ["rule,rule.roll", "rule.roll,rule", "rule.roll, rule ,rule"])
def test_whoever_wants_all_of_a_field_gets_all_of_it(organiser: Program, event: Event, asked: str):
    whole = organiser.get(f"/api/events/{event.id}").json["data"]
    assert organiser.get(f"/api/events/{event.id}?fields={asked}").json["data"] == {"rule": whole["rule"]}


def test_a_name_said_twice_counts_once(organiser: Program, event: Event):
    answer = organiser.get(f"/api/events/{event.id}?fields=title,title,id,title")
    assert answer.json["data"] == {"title": "Taco Party", "id": str(event.id)}


def test_an_unknown_name_is_refused_with_what_there_is(organiser: Program):
    fields = refused(organiser.get("/api/companies?fields=id,nmae,titel"), 422, "json_error")
    assert fields.keys() == {"fields"}
    assert "“nmae”, “titel”" in fields["fields"]
    assert "There is: id, name, slug" in fields["fields"]
    assert "“id”" not in fields["fields"]


def test_of_a_field_of_a_field_it_is_said_what_that_one_has(organiser: Program, event: Event):
    fields = refused(organiser.get(f"/api/events/{event.id}?fields=questions.answer,title.long"), 422, "json_error")
    assert fields["fields"] == (
        "Not known here: “questions.answer”, “title.long”. "
        "There is: questions.id, questions.text, questions.kind, questions.answers, title."
    )


@pytest.mark.parametrize("asked", ["", "%20", ",", "id,,title", "id,", ".", "rule.", ".roll", "x" * 2001, "%00", "Id"])
def test_what_names_nothing_is_refused(organiser: Program, event: Event, asked: str):
    fields = refused(organiser.get(f"/api/events/{event.id}?fields={asked}"), 422, "json_error")
    assert fields.keys() == {"fields"}


def test_what_else_does_not_fit_is_said_too(organiser: Program):
    fields = refused(organiser.get("/api/events?fields=nothing&limit=0&limt=1"), 422, "json_error")
    assert fields.keys() == {"fields", "limit", "limt"}


def test_the_tag_is_of_what_was_answered(organiser: Program, event: Event):
    whole = organiser.get(f"/api/events/{event.id}")
    some = organiser.get(f"/api/events/{event.id}?fields=title")
    assert whole.headers["ETag"] != some.headers["ETag"]
    headers = {"If-None-Match": some.headers["ETag"]}
    assert organiser.get(f"/api/events/{event.id}?fields=title", headers=headers).status_code == 304
    assert organiser.get(f"/api/events/{event.id}?fields=place", headers=headers).status_code == 200
    # what is not in it does not change it
    organiser.patch(f"/api/events/{event.id}", {"place": "The large hall"})
    assert organiser.get(f"/api/events/{event.id}?fields=title", headers=headers).status_code == 304
    organiser.patch(f"/api/events/{event.id}", {"title": "Burrito Party"})
    assert organiser.get(f"/api/events/{event.id}?fields=title", headers=headers).status_code == 200


def test_a_doorkeeper_is_told_no_more_by_asking_for_it(program: Program, company: Company, event: Event):
    door = factories.an_account("Vrata")
    factories.a_membership(door, company, Role.DOORKEEPER)
    guest = factories.a_guest(event, name="Maja", email="maja@example.org")
    answer = program.act_for(door).get(f"/api/guests/{event.id}/{guest.id}?fields=name,email")
    assert answer.json["data"] == {"name": "Maja", "email": None}


def test_a_link_is_not_used_up_by_a_question_that_is_refused(app: Flask):
    asked = reader.printed(app, "verify-email-by-get")
    for wrong in ("fields=nothing", "fields=", "more=1"):
        assert asked.asking(wrong).send(Program(app)).status_code == 422
    answer = asked.asking("fields=user_name").send(Program(app))
    assert (answer.status_code, answer.json["data"]) == (200, {"user_name": "Fresh"})


# ---------------------------------------------------------------- parameters


def test_a_parameter_that_is_not_known_is_refused_wherever(app: Flask):
    furnished = furnish(app)
    program, wrong = furnished.program(), []
    for endpoint, path in endpoints():
        if endpoint.name == "set_up":
            continue  # it was done, and is refused for that whatever is sent (tests/api/test_setup.py)
        sent = {} if endpoint.takes is None else {"json": {}}
        answer = program.send(endpoint.method, f"{furnished.address(path)}?no_such_name=1", **sent)
        if answer.status_code != 422 or "no_such_name" not in answer.json["error"]["fields"]:
            wrong.append((named((endpoint, path)), answer.status_code, answer.text))
    assert not wrong


@pytest.mark.parametrize("asked", ["limit=1&limit=2", "search=a&search=a", "fields=id&fields=id", "no=1&no=2"])
def test_a_parameter_that_stands_twice_is_refused(organiser: Program, asked: str):
    fields = refused(organiser.get(f"/api/events?{asked}"), 422, "json_error")
    assert fields == {asked.partition("=")[0]: "This stands twice."}


def test_a_write_takes_no_fields(organiser: Program):
    fields = refused(organiser.post("/api/companies?fields=id", {"name": "Choir"}), 422, "json_error")
    assert fields == {"fields": "This field is not known here."}
    assert organiser.get("/api/companies").json["meta"]["count"] == 1


# ---------------------------------------------------------------- all of them


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    found: dict[str, Any] = app.test_client().get("/api/openapi.json").json
    return found


def given(document: dict[str, Any], found: tuple[Endpoint, str]) -> str:
    """The name of the schema of what an endpoint gives."""
    endpoint, path = found
    said = document["paths"]["/api" + path.replace("<uuid:", "{").replace("<", "{").replace(">", "}")]
    success = said[endpoint.method.lower()]["responses"][str(endpoint.status)]
    data = success["content"]["application/json"]["schema"]["properties"]["data"]
    return str(data.get("items", data)["$ref"].rpartition("/")[2])


@pytest.mark.parametrize("found", READS, ids=named)
def test_each_field_of_each_read_can_be_asked_for_alone(app: Flask, document: dict[str, Any], found):
    names = list(document["components"]["schemas"][given(document, found)]["properties"])
    # in two halves, each asked for in a world of its own: some reads turn a token or use a link up
    for half in (names[::2], names[1::2]):
        if half:
            asked = reader.printed(app, found[0].name.replace("_", "-"))
            said = asked.asking(f"fields={','.join(half)}").send(Program(app))
            assert said.status_code == 200, said.text
            rows = said.json["data"] if found[0].listed else [said.json["data"]]
            assert rows
            assert all(sorted(row) == sorted(half) for row in rows)


# ---------------------------------------------------------------- names stay


def names_of(document: dict[str, Any]) -> dict[str, str]:
    """The schema that each endpoint gives, and the names in each schema that goes out."""
    schemas = document["components"]["schemas"]
    gives = {named(found): given(document, found) for found in GIVING}
    out, todo = set(), set(gives.values())
    while todo:
        name = todo.pop()
        out.add(name)
        todo |= set(re.findall(r"#/components/schemas/(\w+)", json.dumps(schemas[name]))) - out
    return {
        **dict(sorted(gives.items())),
        **{name: " ".join(schemas[name].get("properties", ())) for name in sorted(out)},
    }


def test_no_field_is_called_otherwise_than_before(document: dict[str, Any], tmp_path_factory: pytest.TempPathFactory):
    before, now = json.loads(KEPT.read_text()), names_of(document)
    anew = tmp_path_factory.getbasetemp() / KEPT.name
    anew.write_text(json.dumps(now, indent=2) + "\n")
    gone = {
        f"{name}: {one}" for name, said in before.items() for one in set(said.split()) - set(now.get(name, "").split())
    }
    assert not gone, (
        f"Programs read these names: {sorted(gone)}. Keep them; if that cannot be, say it in docs/changelog.md, "
        f"and then copy {anew} to tests/api/{KEPT.name}."
    )
    assert before == now, f"There are new names: copy {anew} to tests/api/{KEPT.name}, so that they stay."


def test_a_field_without_a_value_is_null_and_never_left_out(document: dict[str, Any]):
    schemas = document["components"]["schemas"]
    perhaps = {
        f"{name}.{one}"
        for name in names_of(document)
        for one in schemas.get(name, {}).get("properties", ())
        if one not in schemas[name].get("required", ())
    }
    assert not perhaps
