"""Programs vote: the ballot says what was chosen, and nothing besides is kept of it."""

import pytest
import sqlalchemy as sa
from flask import Flask

from tests import factories
from tests.programs import Program, refused
from tests.voting import votes
from webapp.core.database import db
from webapp.models import Answered, Ballot, Event, User

pytestmark = pytest.mark.both_databases


@pytest.fixture
def event(app: Flask) -> Event:
    """A vote on two questions, its counts seen at once."""
    return votes.an_open_vote(votes.TWO, results="live", secrecy="open")


@pytest.fixture
def voter(program: Program, ana: User, event: Event) -> Program:
    factories.a_guest(event, user=ana, reply="yes")
    return program.act_for(ana)


def answers(program: Program, event: Event) -> list[list[str]]:
    """The ids of the answers, question by question, as the event says them."""
    questions = program.get(f"/api/events/{event.id}").json["data"]["questions"]
    return [[answer["id"] for answer in question["answers"]] for question in questions]


def ballots() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(Ballot)) or 0


def test_the_answer_that_was_chosen_is_the_one_that_is_counted(voter: Program, event: Event):
    chosen = [answers(voter, event)[0][2], answers(voter, event)[1][1]]
    assert voter.post("/api/vote", {"event_id": str(event.id), "answer_ids": chosen}).status_code == 201
    counted = voter.get(f"/api/events/{event.id}/results").json["data"]["questions"]
    said = [(answer["id"], answer["text"], answer["votes"]) for question in counted for answer in question["answers"]]
    texts = [text for question in votes.TWO.values() for text in question]
    ids = [one for question in answers(voter, event) for one in question]
    assert said == [(one, text, int(one in chosen)) for one, text in zip(ids, texts, strict=True)]


@pytest.mark.parametrize(
    "picked",
    [
        pytest.param([(0, 0), (0, 1)], id="two of one question and none of the other"),
        pytest.param([(0, 0), (0, 1), (1, 0)], id="two of one question"),
        pytest.param([(0, 0), (0, 0), (1, 0)], id="one twice"),
        pytest.param([(0, 0)], id="too few"),
        pytest.param([], id="none"),
    ],
)
def test_a_ballot_that_is_not_one_answer_to_each_question_is_refused(
    voter: Program, event: Event, picked: list[tuple[int, int]]
):
    ids = answers(voter, event)
    sent = {"event_id": str(event.id), "answer_ids": [ids[question][answer] for question, answer in picked]}
    answer = voter.post("/api/vote", sent)
    assert answer.status_code == 422, answer.text
    assert answer.json["error"]["fields"]
    assert ballots() == 0
    whole = {**sent, "answer_ids": [ids[0][0], ids[1][0]]}
    assert voter.post("/api/vote", whole).status_code == 201, "the ballot is not used up"


def test_the_answer_to_a_ballot_is_kept_under_no_key(voter: Program, event: Event):
    ids = answers(voter, event)
    sent = {"event_id": str(event.id), "answer_ids": [ids[0][0], ids[1][0]]}
    key = {"Idempotency-Key": "order-66"}
    assert voter.post("/api/vote", sent, headers=key).status_code == 201
    assert db.session.scalars(sa.select(Answered)).all() == []
    refused(voter.post("/api/vote", sent, headers=key), 409, "already_voted_error")
    assert ballots() == 1


def test_without_its_scope_a_token_sees_of_a_vote_what_everybody_sees(program: Program, ana: User):
    closed = factories.an_event(factories.a_company(ana), ana, visibility="invited", questions=votes.MEADOW)
    shown = factories.an_event(
        factories.a_company(ana), ana, visibility="public", questions=votes.MEADOW, results="live", secrecy="open"
    )
    voter = factories.a_guest(shown, user=ana, reply="yes")
    receipt = votes.cast(voter, 0).ballot.receipt
    path = f"/api/events/{shown.id}/results"
    everybody = program.get(path).json["data"]
    own = program.act_for(ana, scopes=["events:read"]).get(path).json["data"]
    assert (own["receipt"], everybody["receipt"]) == (receipt, None)
    assert program.get(f"/api/events/{closed.id}/results").status_code == 200
    program.act_for(ana, scopes=["account", "voting"])
    assert program.get(path).json["data"] == everybody
    refused(program.get(f"/api/events/{closed.id}/results"), 404, "not_found")
    refused(program.get(f"/api/events/{closed.id}/results/ballots.jsonl"), 404, "not_found")
