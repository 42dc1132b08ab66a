"""What an event shows can be changed and sent back as it is."""

import copy
import uuid
from typing import Any

import pytest

from tests import factories
from tests.programs import Program, refused
from webapp.core.permissions import Role
from webapp.events.schemas import EventPatch
from webapp.models import Company, User

pytestmark = pytest.mark.both_databases
QUESTIONS = [
    {"text": "Which salsa?", "answers": ["Verde", "Roja"]},
    {"text": "Which day?", "answers": ["Friday", "Saturday", "Sunday"]},
]
NEW = {
    "title": "Taco Party",
    "timezone": "Europe/Ljubljana",
    "starts_at": "2090-05-01T18:00",
    "ends_at": "2090-05-01T20:00",
    "join_by": "2090-05-01T12:00",
    "capacity": 20,
    "min_agreement": "2/3",
    "questions": QUESTIONS,
}


@pytest.fixture
def company(ana: User) -> Company:
    return factories.a_company(ana, name="Zadruga")


@pytest.fixture
def ben(company: Company) -> User:
    ben = factories.an_account("Ben", email="ben@example.org")
    factories.a_membership(ben, company, Role.ORGANISER)
    return ben


@pytest.fixture
def organiser(program: Program, ana: User, company: Company) -> Program:
    return program.act_for(ana)


def make(organiser: Program, **more: Any) -> dict[str, Any]:
    answer = organiser.post("/api/events", {**NEW, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json["data"]
    return made


def patch(organiser: Program, event: dict[str, Any], **changes: Any) -> dict[str, Any]:
    answer = organiser.patch(f"/api/events/{event['id']}", changes)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json["data"]
    return found


def sendable(event: dict[str, Any]) -> dict[str, Any]:
    """What of an event, as it is shown, a change takes."""
    return copy.deepcopy({name: event[name] for name in EventPatch.model_fields if name in event})


def asked(event: dict[str, Any]) -> list[tuple[str, list[str]]]:
    return [(one["text"], [answer["text"] for answer in one["answers"]]) for one in event["questions"]]


def ids(event: dict[str, Any]) -> dict[str, str]:
    """The id of each question and answer, by its words."""
    rows = [row for question in event["questions"] for row in (question, *question["answers"])]
    return {row["text"]: row["id"] for row in rows}


@pytest.mark.parametrize("state", ["a draft", "one whose vote is to open", "one whose vote is open"])
def test_an_event_sent_back_as_it_is_changes_nothing(organiser: Program, ben: User, state: str):
    more = {"voting_opens_at": "2090-05-01T10:00"} if "to open" in state else {}
    event = make(organiser, publish=state != "a draft", co_hosts=[ben.email], **more)
    sent = sendable(event)
    assert {"rule", "project_id", "questions", "co_hosts", "voting_closes_at"} <= sent.keys()
    assert patch(organiser, event, **sent) == event


def test_one_word_of_it_is_changed_and_all_else_stays(organiser: Program, ben: User):
    event = make(organiser, co_hosts=[ben.email])
    sent = sendable(event)
    sent["rule"]["min_votes"] = 3
    sent["questions"][1]["answers"][0]["text"] = "Thursday"
    changed = patch(organiser, event, **sent)
    assert changed["rule"] == {**event["rule"], "min_votes": 3}
    assert asked(changed) == [("Which salsa?", ["Verde", "Roja"]), ("Which day?", ["Thursday", "Saturday", "Sunday"])]
    assert ids(changed)["Thursday"] == ids(event)["Friday"]
    same = event.keys() - {"rule", "questions", "answers", "updated_at"}
    assert {name: changed[name] for name in same} == {name: event[name] for name in same}


def test_questions_and_answers_stay_themselves_wherever_they_stand(organiser: Program):
    event = make(organiser)
    before = ids(event)
    salsa, day = event["questions"]
    day["answers"] = [{"text": "Monday"}, *reversed(day["answers"])]
    changed = patch(organiser, event, questions=[day, {"text": "Who cooks?", "answers": ["We", "You"]}, salsa])
    assert asked(changed) == [
        ("Which day?", ["Monday", "Sunday", "Saturday", "Friday"]),
        ("Who cooks?", ["We", "You"]),
        ("Which salsa?", ["Verde", "Roja"]),
    ]
    assert {text: one for text, one in ids(changed).items() if text in before} == before
    fewer = patch(organiser, event, questions=[{**day, "answers": [before["Sunday"], before["Friday"]]}])
    assert asked(fewer) == [("Which day?", [before["Sunday"], before["Friday"]])], "a text is a text, whatever it says"


def test_what_is_left_out_of_them_is_gone(organiser: Program):
    event = make(organiser)
    _salsa, day = event["questions"]
    day["answers"] = [day["answers"][2], day["answers"][0]]
    changed = patch(organiser, event, questions=[day])
    assert asked(changed) == [("Which day?", ["Sunday", "Friday"])]
    assert {ids(event)[text] for text in ("Which day?", "Sunday", "Friday")} == set(ids(changed).values())


def test_without_ids_they_are_told_by_their_places(organiser: Program):
    event = make(organiser)
    changed = patch(organiser, event, questions=[{"text": "Which sauce?", "answers": ["Verde", "Mole", "Roja"]}])
    assert asked(changed) == [("Which sauce?", ["Verde", "Mole", "Roja"])]
    assert changed["questions"][0]["id"] == event["questions"][0]["id"]
    assert [one["id"] for one in changed["answers"][0]][:2] == [one["id"] for one in event["answers"][0]]


def test_an_id_that_is_not_the_events_own_is_refused(organiser: Program):
    event, other = make(organiser), make(organiser, title="Another")
    path = f"/api/events/{event['id']}"
    salsa, day = event["questions"]
    for foreign in (other["questions"][0]["id"], str(uuid.uuid4())):
        fields = refused(organiser.patch(path, {"questions": [day, {**salsa, "id": foreign}]}), 422, "json_error")
        assert fields.keys() == {"questions-1-id"}
    twice = refused(organiser.patch(path, {"questions": [day, day]}), 422, "json_error")
    assert twice.keys() == {"questions-1-id"}
    swapped = {**salsa, "answers": [salsa["answers"][0], day["answers"][0]]}
    fields = refused(organiser.patch(path, {"questions": [swapped, day]}), 422, "json_error")
    assert fields.keys() == {"questions-0-answers-1-id"}
    assert organiser.get(path).json["data"] == event


def test_a_corrected_question_keeps_no_answer_twice(organiser: Program):
    event = make(organiser)
    salsa = event["questions"][0]
    salsa["answers"][0]["text"] = "roja"
    fields = refused(organiser.patch(f"/api/events/{event['id']}", {"questions": [salsa]}), 422, "json_error")
    assert fields.keys() == {"questions-0-answers"}


def test_the_rule_may_be_said_in_one_or_name_by_name_but_not_in_two_ways(organiser: Program):
    event = make(organiser)
    path = f"/api/events/{event['id']}"
    assert patch(organiser, event, rule={"roll": "frozen"}, min_votes=2)["rule"] == {
        **event["rule"],
        "roll": "frozen",
        "min_votes": 2,
    }
    assert patch(organiser, event, rule={"min_votes": 4}, min_votes=4)["rule"]["min_votes"] == 4
    fields = refused(organiser.patch(path, {"rule": {"min_votes": 5}, "min_votes": 6}), 422, "json_error")
    assert fields.keys() == {"rule-min_votes"}
    assert refused(organiser.patch(path, {"rule": {"title": "x"}}), 422, "json_error").keys() == {"rule-title"}
    assert refused(organiser.patch(path, {"rule": {"roll": None}}), 422, "json_error").keys() == {"rule-roll"}


def test_a_project_has_two_names_that_agree(organiser: Program, ana: User, company: Company):
    event = make(organiser)
    spring = organiser.post(f"/api/companies/{company.id}/projects", {"name": "Spring"}).json["data"]["id"]
    path = f"/api/events/{event['id']}"
    assert patch(organiser, event, project_id=spring)["project_id"] == spring
    fields = refused(organiser.patch(path, {"project": event["project_id"], "project_id": spring}), 422, "json_error")
    assert fields.keys() == {"project_id"}


def test_co_hosts_are_named_by_address_or_by_id(organiser: Program, ben: User, company: Company):
    eve = factories.an_account("Eve", email="eve@example.org")
    factories.a_membership(eve, company, Role.DOORKEEPER)
    event = make(organiser, co_hosts=[str(ben.id)])
    assert event["co_hosts"] == [str(ben.id)]
    both = patch(organiser, event, co_hosts=[*event["co_hosts"], "Eve@example.org"])
    assert set(both["co_hosts"]) == {str(ben.id), str(eve.id)}
    stranger = factories.an_account("Stranger")
    for wrong in (str(stranger.id), str(uuid.uuid4())):
        answer = organiser.patch(f"/api/events/{event['id']}", {"co_hosts": [wrong]})
        assert refused(answer, 422, "json_error").keys() == {"co_hosts"}
    fields = refused(organiser.patch(f"/api/events/{event['id']}", {"co_hosts": ["nobody"]}), 422, "json_error")
    assert fields.keys() == {"co_hosts-0"}


def test_a_vote_that_closes_with_its_event_goes_on_doing_so(organiser: Program):
    event = make(organiser)
    assert event["voting_closes_at"] == event["ends_at"]
    patch(organiser, event, **sendable(event))
    moved = patch(organiser, event, ends_at="2090-05-01T22:00")
    assert moved["voting_closes_at"] == moved["ends_at"] != event["ends_at"]
