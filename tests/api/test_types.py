"""What programs send is of the type the document says: nothing changes its type unasked."""

import pytest

from tests import factories
from tests.api.test_events import NEW
from tests.programs import Program, refused
from webapp.models import User

WRONG = [
    pytest.param("capacity", "20", id="a text for a number"),
    pytest.param("capacity", True, id="true for a number"),
    pytest.param("capacity", 2.5, id="a part of one"),
    pytest.param("reward", "0", id="a text for points"),
    pytest.param("publish", "yes", id="a text for true"),
    pytest.param("publish", 1, id="a number for true"),
    pytest.param("starts_at", 3797344800, id="a number for a moment"),
    pytest.param("title", 7, id="a number for a text"),
    pytest.param("co_hosts", "ana@example.org", id="a text for a list"),
    pytest.param("questions", [{"text": "Which?", "answers": "Verde\nRoja"}], id="lines for a list"),
    pytest.param("project", "", id="nothing for an id"),
    pytest.param("capacity", "", id="nothing for a number"),
    pytest.param("join_by", " ", id="a space for a moment"),
    pytest.param("reward", "", id="nothing for points"),
    pytest.param("min_turnout", "", id="nothing for a share"),
    pytest.param("title", "half \ud800", id="half a surrogate"),
]


@pytest.fixture
def organiser(program: Program, ana: User) -> Program:
    factories.a_company(ana)
    return program.act_for(ana)


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_another_type_is_refused_beside_its_field(organiser: Program, name: str, value: object):
    fields = refused(organiser.post("/api/events", {**NEW, name: value}), 422, "json_error")
    assert {field.partition("-")[0] for field in fields} == {name}


def test_all_that_is_wrong_is_said_at_once(organiser: Program):
    sent = {**NEW, "capacity": "20", "title": "", "publish": "yes", "more": 1}
    fields = refused(organiser.post("/api/events", sent), 422, "json_error")
    assert fields.keys() == {"capacity", "title", "publish", "more"}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"])
def test_what_is_no_json_is_refused_and_never_passed_over(organiser: Program, ana: User, method: str, kind: str):
    company = organiser.get("/api/companies").json["data"][0]["id"]
    path = {"POST": "/api/events", "PATCH": f"/api/companies/{company}"}.get(method, "/api/users/me")
    answer = organiser.send(method, path, data=b"name=Another&current_password=x", content_type=kind)
    refused(answer, 415, "json_error")
    assert organiser.get("/api/users/me").json["data"]["user_name"] == "Ana"


def test_a_whole_number_may_be_written_with_a_point(organiser: Program):
    answer = organiser.post("/api/events", {**NEW, "capacity": 20.0})
    assert (answer.status_code, answer.json["data"]["capacity"]) == (201, 20)


@pytest.mark.parametrize("limit", ["1_0", "%2B5", "05", "%205", "5.0", "-1", "five", ""])
def test_a_limit_is_written_in_digits(organiser: Program, limit: str):
    assert refused(organiser.get(f"/api/events?limit={limit}"), 422, "json_error").keys() == {"limit"}
