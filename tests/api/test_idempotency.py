"""Asking twice with one Idempotency-Key does nothing twice."""

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from werkzeug.test import TestResponse

from tests import factories
from tests.programs import Program, refused
from webapp.accounts import operations as accounts
from webapp.api.jobs import JOBS, forget_answers
from webapp.core import clock
from webapp.core.database import db
from webapp.core.errors import BusyError
from webapp.core.permissions import Role
from webapp.events import operations as events
from webapp.models import Answered, Company, Event, User
from webapp.web.endpoints import KEPT_FOR

NEW = {
    "title": "Taco Party",
    "timezone": "Europe/Ljubljana",
    "starts_at": "2090-05-01T18:00",
    "ends_at": "2090-05-01T20:00",
}
KEY = {"Idempotency-Key": "order-66"}


@pytest.fixture
def company(ana: User) -> Company:
    return factories.a_company(ana)


@pytest.fixture
def organiser(program: Program, ana: User, company: Company) -> Program:
    return program.act_for(ana)


def how_many(table: type[Any]) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def at_once(number: int, do: Callable[[], TestResponse]) -> list[TestResponse]:
    """The answers of as many threads that begin together."""
    ready, answers = threading.Barrier(number), []

    def run() -> None:
        ready.wait()
        answers.append(do())

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.race
@pytest.mark.both_databases
def test_ten_at_once_make_one_event_and_get_one_answer(app: Flask, organiser: Program):
    def ask() -> TestResponse:
        program = Program(app)
        program.token = organiser.token
        with app.app_context():
            return program.post("/api/events", NEW, headers=KEY)

    answers = at_once(10, ask)
    assert {(answer.status_code, answer.text) for answer in answers} == {(201, answers[0].text)}
    assert (how_many(Event), how_many(Answered)) == (1, 1)


@pytest.mark.both_databases
def test_a_key_is_an_accounts_own(organiser: Program, other_program: Program):
    other = factories.an_account()
    factories.a_company(other)
    first = organiser.post("/api/events", NEW, headers=KEY)
    second = other_program.act_for(other).post("/api/events", {**NEW, "title": "Another"}, headers=KEY)
    assert (first.status_code, second.status_code) == (201, 201)
    assert how_many(Event) == 2


REFUSED = [
    pytest.param({**NEW, "title": ""}, 422, "json_error", id="that does not fit"),
    pytest.param({**NEW, "co_hosts": ["who@example.org"]}, 422, "json_error", id="that the operation refuses"),
]


@pytest.mark.both_databases
@pytest.mark.parametrize(("sent", "status", "error"), REFUSED)
def test_a_refusal_leaves_the_key_free(organiser: Program, sent, status: int, error: str):
    refused(organiser.post("/api/events", sent, headers=KEY), status, error)
    assert how_many(Answered) == 0
    assert organiser.post("/api/events", NEW, headers=KEY).status_code == 201


@pytest.mark.both_databases
@pytest.mark.parametrize("error", [BusyError, RuntimeError])
def test_what_breaks_leaves_the_key_free(organiser: Program, monkeypatch: pytest.MonkeyPatch, error: type[Exception]):
    with monkeypatch.context() as broken:
        # the row is written, and then it breaks
        made = events.create_event

        def create_event(*args: Any, **kwargs: Any) -> None:
            made(*args, **kwargs)
            raise error

        broken.setattr(events, "create_event", create_event)
        broken.setitem(organiser.app.config, "PROPAGATE_EXCEPTIONS", False)
        assert organiser.post("/api/events", NEW, headers=KEY).status_code in {500, 503}
    assert (how_many(Answered), how_many(Event)) == (0, 0)
    assert organiser.post("/api/events", NEW, headers=KEY).status_code == 201
    assert how_many(Event) == 1


@pytest.mark.both_databases
def test_a_key_is_kept_for_two_days(app: Flask, ana: User, company: Company, program: Program):
    begun = clock.now()
    with time_machine.travel(begun, tick=False):
        first = program.act_for(ana).post("/api/events", NEW, headers=KEY)
    with time_machine.travel(begun + KEPT_FOR, tick=False):
        assert forget_answers() == 0
        assert program.act_for(ana).post("/api/events", NEW, headers=KEY).json == first.json
    with time_machine.travel(begun + KEPT_FOR + dt.timedelta(seconds=1), tick=False):
        assert program.act_for(ana).post("/api/events", NEW, headers=KEY).json != first.json
    with time_machine.travel(begun + 3 * KEPT_FOR, tick=False):
        assert forget_answers() == 1
        assert how_many(Answered) == 0


def test_the_house_forgets_answers_by_itself(app: Flask):
    (job,) = JOBS
    assert (job.run, job.every) == (forget_answers, 60)
    assert job.name in app.extensions["jobs"]


@pytest.mark.both_databases
def test_nothing_is_kept_of_an_account_that_is_deleted(organiser: Program, other_program: Program, ana: User):
    organiser.post("/api/events", NEW, headers=KEY)
    other = factories.an_account()
    factories.a_company(other)
    other_program.act_for(other).post("/api/events", NEW, headers=KEY)
    actor = factories.acting(ana)
    accounts.delete_account(actor, accounts.prove(actor, factories.PASSWORD))
    assert db.session.scalars(sa.select(Answered.user_id)).all() == [other.id]


@pytest.mark.parametrize("key", ["a b", "", "x" * 256, "ž"])
def test_a_key_that_is_none_is_refused(organiser: Program, key: str):
    answer = organiser.post("/api/events", NEW, headers={"Idempotency-Key": key})
    refused(answer, 422, "json_error")
    assert how_many(Event) == 0


@pytest.mark.both_databases
def test_an_answer_is_for_tokens_that_reach_as_far_as_the_first_one(
    organiser: Program, other_program: Program, ana: User
):
    elsewhere = factories.a_company(ana, name="Elsewhere")
    here = organiser.get("/api/companies").json["data"]
    project = next(
        organiser.get(f"/api/companies/{one['id']}/projects").json["data"][0]["id"]
        for one in here
        if one["name"] != "Elsewhere"
    )
    sent = {**NEW, "project": project}
    first = organiser.post("/api/events", sent, headers=KEY)
    assert first.status_code == 201
    other_program.act_for(ana, company_id=elsewhere.id)
    refused(other_program.post("/api/events", sent, headers=KEY), 409, "idempotency_key_taken")
    other_program.act_for(ana, scopes=["events:write"])
    refused(other_program.post("/api/events", sent, headers=KEY), 409, "idempotency_key_taken")
    # another token that reaches just as far is another try of the same program
    assert other_program.act_for(ana).post("/api/events", sent, headers=KEY).json == first.json
    assert how_many(Event) == 1


@pytest.mark.both_databases
@pytest.mark.parametrize("role", [None, Role.DOORKEEPER])
def test_an_answer_is_not_told_again_once_a_role_has_ended(
    organiser: Program, other_program: Program, company: Company, role: Role | None
):
    ben = factories.an_account("Ben")
    factories.a_membership(ben, company, Role.ORGANISER)
    first = other_program.act_for(ben).post("/api/events", NEW, headers=KEY)
    assert first.status_code == 201
    person = f"/api/companies/{company.id}/administrators/{ben.id}"
    if role is None:
        assert organiser.delete(person).status_code == 204
    else:
        assert organiser.patch(person, {"role": role.value}).status_code == 200
    refused(other_program.post("/api/events", NEW, headers=KEY), 409, "idempotency_key_taken")
    assert how_many(Event) == 1


@pytest.mark.both_databases
def test_more_roles_take_no_answer_away(organiser: Program, other_program: Program, ana: User):
    first = organiser.post("/api/companies", {"name": "Choir"}, headers=KEY)
    assert first.status_code == 201
    factories.a_company(ana)
    assert organiser.post("/api/companies", {"name": "Choir"}, headers=KEY).json == first.json
