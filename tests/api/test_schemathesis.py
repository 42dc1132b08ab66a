"""Programs that send anything at all: the document holds, and nothing breaks."""

import random
from collections.abc import Callable, Iterable
from typing import Any

import pytest
import schemathesis
from argon2 import PasswordHasher
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import datetimes, integers, one_of
from schemathesis import GenerationMode
from schemathesis.core import NOT_SET
from schemathesis.core.parameters import ParameterLocation
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from tests.api.furnished import Furnished, endpoints, furnish, named, with_known_ids
from webapp.accounts import passwords
from webapp.core.actor import Scope
from webapp.core.database import db
from webapp.web.endpoints import Endpoint

CASES = 20
"""How many for each path and database; the tokens take turns."""
ALTOGETHER = 2000
"""How many there are at least on each database."""


# Rules that no JSON Schema says: a body or query that fits the document may be refused for them, and for no other.
BEYOND = {
    "email": "which addresses are some, RFC 5321 and email_validator say",
    "co_hosts": "so are these; and each is somebody's account",
    "password": "none of the 3,000 most common",
    "timezone": "a name of the IANA database",
    "starts_at": "years",
    "ends_at": "after the start, within a year",
    "join_by": "before the end",
    "voting_opens_at": "before it closes",
    "voting_closes_at": "after it opens",
    "since": "years",
    "until": "years",
    "min_turnout": "a share as people write it",
    "min_agreement": "a share as people write it",
    "thing": "said beside its id",
    "min_votes": "deciding at once, one ballot is not enough",
    "cursor": "one that we gave",
    "fields": "names of what there is",
    "confirmation_url": "the site's own origins",
    "guest_id": "somebody has to be named, in one of three ways",
    "walk_in": "and in one of them alone",
    "role": "a company's invitation has one, no other",
    "event_id": "not with a company",
    "company_id": "not with an event, and the one of the path",
    "max_uses": "an event's link alone is for many",
    "answer_ids": "one answer to each question",
    "current_password": "with a new password",
    "questions": "no answer twice",
    "project": "one of those one may use",
    "project_id": "the same as project",
    "rule": "the same as its names say by themselves",
    "captcha": "solved",
    "name": "of a new login",
    "expires_in": "a shorter one for what lets people into a company",
    "newPassword": "the same as password",
    "id": "the same as company_id",
    "__all__": "two names for one thing that do not agree",
}


def beyond(field: str) -> bool:
    """Whether what is refused beside this field no JSON Schema could have said."""
    return field.partition("-")[0] in BEYOND


# RFC 3339 without an offset, by its name in the OpenAPI registry of formats
schemathesis.openapi.format("date-time-local", datetimes().map(lambda moment: moment.isoformat()))


@pytest.fixture(scope="session")
def documents() -> dict[int, Any]:
    """The document as schemathesis read it, by app."""
    return {}


@pytest.fixture
def furnished(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Furnished:
    # the weakest work: what is tried here is not how long a hash takes
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    return furnish(app)


def served(app: Flask) -> Callable[..., Iterable[bytes]]:
    """The app as a server calls it: with a context of its own for each request."""

    def call(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        with app.app_context():
            return list(app(environ, start_response))

    return call


def operation_of(app: Flask, documents: dict[int, Any], endpoint: Endpoint, path: str) -> APIOperation:
    if id(app) not in documents:
        documents[id(app)] = schemathesis.openapi.from_wsgi("/api/openapi.json", served(app))
    pattern = "/api" + path.replace("<uuid:", "{").replace("<", "{").replace(">", "}")
    return documents[id(app)][pattern][endpoint.method]


def right_after_all(case: schemathesis.Case, endpoint: Endpoint, healed: set[ParameterLocation]) -> bool:
    """Whether nothing is wrong with it in the end: what was made wrong was `healed`, or may be left out."""
    wrong = {where for where, part in case.meta.components.items() if part.mode.is_negative} - healed
    if case.body is NOT_SET and endpoint.takes is not None and not endpoint.takes.model_json_schema().get("required"):
        wrong.discard(ParameterLocation.BODY)
    return not wrong


@pytest.mark.both_databases
@pytest.mark.parametrize("found", endpoints(), ids=named)
def test_nothing_breaks_and_all_is_as_documented(furnished: Furnished, documents: dict[int, Any], found):
    endpoint, path = found
    asked = operation_of(furnished.app, documents, endpoint, path)
    chosen = random.Random(named(found))

    whole = furnished.program(company=endpoint.access is not Scope.ACCOUNT)
    few = furnished.program(scopes=["account", "events:read"])
    tokens = ({"Authorization": f"Bearer {whole.token}"}, {"Authorization": f"Bearer {few.token}"}, {})

    # other cases on the one database than on the other
    @seed(20261121 + (db.engine.dialect.name == "postgresql"))
    @settings(
        max_examples=CASES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
    @given(case=one_of(asked.as_strategy(), asked.as_strategy(GenerationMode.NEGATIVE)), number=integers(0, 2))
    def run(case: schemathesis.Case, number: int) -> None:
        # the token is ours, whatever was made of that header
        healed = {ParameterLocation.HEADER}
        if chosen.random() < 0.7:
            healed.add(ParameterLocation.PATH)
            case.path_parameters = {
                name: furnished.values.get(name, value) for name, value in (case.path_parameters or {}).items()
            }
        if chosen.random() < 0.7:
            case.body = with_known_ids(case.body, furnished.values)
        if case.meta.generation.mode.is_positive and chosen.random() < 0.8:
            # with names that fit nothing no read would ever be answered
            (case.query or {}).pop("fields", None)
        left_out = [positive_data_acceptance]
        if right_after_all(case, endpoint, healed):
            left_out.append(negative_data_rejection)
        answer = case.call_and_validate(headers=tokens[number], excluded_checks=left_out)
        if answer.status_code == 422 and case.meta.generation.mode.is_positive:
            error = answer.json()["error"]
            assert error["fields"] or error["id"] in BEYOND, answer.text
            assert not [field for field in error["fields"] if not beyond(field)], (case.body, case.query, error)

    run()


def test_there_are_enough_of_them():
    assert len(endpoints()) * CASES >= ALTOGETHER
