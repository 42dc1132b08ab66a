"""What a token may do: exactly what its scopes say, and never more than its account may."""

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.api.furnished import Furnished, endpoints, furnish, named, variables
from tests.programs import Program, refused
from webapp.core.actor import Scope
from webapp.web.endpoints import PUBLIC, SIGNED_IN, Endpoint

Found = tuple[Endpoint, str]
EACH = pytest.mark.parametrize("found", endpoints(), ids=named)
SCOPED = [found for found in endpoints() if isinstance(found[0].access, Scope)]
NARROW = [found for found in SCOPED if variables(found[1]) and variables(found[1]) != ["user_id"]]


@pytest.fixture
def furnished(app: Flask) -> Furnished:
    return furnish(app)


def ask(furnished: Furnished, program: Program, found: Found, *, foreign: bool = False) -> TestResponse:
    """Ask with a body that fits nothing: who may not is told so before what was sent is looked at."""
    endpoint, path = found
    sent: dict[str, Any] = {} if endpoint.method in {"GET", "DELETE"} else {"json": {"no such name": 1}}
    return program.send(endpoint.method, furnished.address(path, foreign=foreign), **sent)


def lets_in(answer: TestResponse) -> bool:
    """Whether it was not the scope that kept it out."""
    return "it needs the scope" not in answer.text


@EACH
def test_each_scope_opens_what_names_it_and_nothing_else(furnished: Furnished, found: Found):
    endpoint, path = found
    for scope in Scope:
        answer = ask(furnished, furnished.program(scopes=[scope.value]), found)
        if endpoint.access in {PUBLIC, SIGNED_IN, scope}:
            assert lets_in(answer), (scope, answer.text)
        else:
            refused(answer, 403, "forbidden")
            assert f"it needs the scope {endpoint.access}." in answer.json["error"]["message"]


@EACH
def test_a_token_without_scopes_opens_what_needs_none(furnished: Furnished, found: Found):
    answer = ask(furnished, furnished.program(scopes=[]), found)
    assert lets_in(answer) == (found[0].access in {PUBLIC, SIGNED_IN})


@EACH
def test_a_token_with_all_scopes_opens_everything(furnished: Furnished, found: Found):
    assert lets_in(ask(furnished, furnished.program(scopes=[scope.value for scope in Scope]), found))


@EACH
def test_without_a_token_only_what_is_public_is_open(furnished: Furnished, found: Found):
    answer = ask(furnished, Program(furnished.app), found)
    if found[0].access == PUBLIC:
        assert answer.status_code != 403 or answer.json["error"]["id"] != "forbidden"
    else:
        refused(answer, 401, "auth_not_found")


@EACH
def test_a_token_that_is_not_good_is_never_passed_over(furnished: Furnished, found: Found):
    program = Program(furnished.app)
    program.token = "not one of ours"  # noqa: S105 a token that is none
    refused(ask(furnished, program, found), 401, "auth_invalid")


@pytest.mark.parametrize("found", NARROW, ids=named)
def test_a_scope_gives_no_right(furnished: Furnished, found: Found):
    """A stranger's token with all scopes finds nothing of Here; a doorkeeper's does nothing but the door's work."""
    stranger = furnished.program("stranger", scopes=[scope.value for scope in Scope])
    answer = act(furnished, stranger, found)
    assert answer.status_code == 404, answer.text
    if found[0].method == "GET" or found[0].access == Scope.CHECK_IN:
        return
    doorkeeper = furnished.program("doorkeeper", scopes=[scope.value for scope in Scope])
    answer = act(furnished, doorkeeper, found)
    assert answer.status_code in {403, 404}, answer.text


SENT: dict[str, dict[str, Any]] = {
    "edit_event": {"title": "Theirs"},
    "add_guest": {"email": "new@example.org"},
    "edit_guest": {"name": "Theirs"},
    "add_guests": {"guests": [{"email": "new@example.org"}]},
    "check_in": {"walk_in": "Somebody"},
    "edit_company": {"name": "Theirs"},
    "change_role": {"role": "owner"},
    "create_project": {"name": "Theirs"},
    "edit_project": {"name": "Theirs"},
    "create_app": {"name": "Theirs", "scopes": ["events:read"]},
}
"""What fits the endpoints that need something."""


def act(furnished: Furnished, program: Program, found: Found, *, foreign: bool = False) -> TestResponse:
    """Ask in earnest."""
    endpoint, path = found
    sent: dict[str, Any] = {} if endpoint.method in {"GET", "DELETE"} else {"json": SENT.get(endpoint.name, {})}
    answer = program.send(endpoint.method, furnished.address(path, foreign=foreign), **sent)
    assert answer.status_code != 422, f"tests/api/test_scopes.py must say in SENT what {endpoint.name} takes"
    return answer


@pytest.mark.parametrize("found", NARROW, ids=named)
def test_a_company_token_never_reaches_another_company(furnished: Furnished, found: Found):
    """Also where its account has a role there."""
    answer = act(furnished, furnished.program(company=True), found, foreign=True)
    assert answer.status_code == 404, answer.text
    assert "Elsewhere" not in answer.text
