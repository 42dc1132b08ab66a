"""What a token may do: exactly what its scopes say, and never more than its account may."""

import re
import uuid
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests import factories
from tests.api import scope_table
from tests.api.furnished import Furnished, endpoints, furnish, named, variables
from tests.programs import Program
from webapp.core.actor import Scope
from webapp.core.permissions import Role
from webapp.web.endpoints import APP_ALONE, PUBLIC, SIGNED_IN, WITH_APP, Endpoint

Found = tuple[Endpoint, str]
SCOPED = [found for found in endpoints() if isinstance(found[0].access, Scope)]
NARROW = [found for found in SCOPED if variables(found[1]) and variables(found[1]) != ["user_id"]]
"""Those whose path names something that is somebody's."""


@pytest.fixture
def furnished(app: Flask) -> Furnished:
    return furnish(app)


def ask(furnished: Furnished, program: Program, found: Found) -> TestResponse:
    """Ask for what is not there, with a body that fits nothing: who may not is told so before either is looked at."""
    endpoint, path = found
    nothing = {name: str(uuid.uuid4()) for name in variables(path)}
    sent: dict[str, Any] = {} if endpoint.method in {"GET", "DELETE"} else {"json": {"no such name": 1}}
    return program.send(endpoint.method, furnished.address(path, **nothing), **sent)


def said(answer: TestResponse) -> tuple[int, str, str]:
    """Status, id and sentence of a refusal; of anything else the status."""
    error = (answer.json or {}).get("error", {}) if answer.is_json else {}
    return answer.status_code, error.get("id", ""), error.get("message", "")


def needs(scope: str | Scope) -> tuple[int, str, str]:
    """What a token without this scope is told."""
    return 403, "forbidden", f"This token may not do that: it needs the scope {scope}."


def declared(endpoint: Endpoint) -> str:
    """What opens an endpoint by its own words, as tests/api/scope_table.py says it."""
    if endpoint.access == PUBLIC:
        ignores = ", and no token is looked at" if endpoint.ignores_token else ""
        return {APP_ALONE: "an app alone", WITH_APP: "anybody, with an app or without"}.get(
            endpoint.app, f"anybody{ignores}"
        )
    ways = " or ".join(" and ".join(way) for way in endpoint.scopes)
    return ways if ways and not endpoint.app else {SIGNED_IN: "any token"}.get(endpoint.access, endpoint.app)


def test_each_endpoint_is_opened_by_what_the_table_says():
    said = {
        f"{endpoint.method} {re.sub(r'<uuid:', '<', endpoint.paths[0])}": declared(endpoint)
        for endpoint, path in endpoints()
        if path == endpoint.paths[0]
    }
    table = scope_table.rows()
    wrong = [
        f"{name}: declared {said.get(name)}, in the table {table.get(name)}"
        for name in sorted(said.keys() | table.keys())
        if said.get(name) != table.get(name)
    ]
    assert not wrong, "what a scope opens is decided in tests/api/scope_table.py, by hand, and told in docs/api.md"


@pytest.mark.parametrize("scope", Scope)
def test_a_scope_opens_what_names_it_and_nothing_else(furnished: Furnished, scope: Scope):
    wrong = []
    for found in endpoints():
        answer = said(ask(furnished, furnished.program(scopes=[scope.value]), found))
        endpoint = found[0]
        kept_out = answer in {needs(one) for way in endpoint.scopes for one in way}
        opened = endpoint.access in {PUBLIC, SIGNED_IN} or (scope,) in endpoint.scopes
        if kept_out == opened:
            wrong.append((named(found), answer))
    assert not wrong


def test_what_needs_two_scopes_is_opened_by_neither_alone(furnished: Furnished):
    double = [(found, way) for found in SCOPED for way in found[0].scopes if len(way) > 1]
    assert {found[0].name for found, _way in double} == {"get_holdings", "make_calendar"}
    for found, way in double:
        for missing in way:
            others = [scope.value for scope in Scope if scope is not missing]
            assert said(ask(furnished, furnished.program(scopes=others), found)) == needs(missing)


@pytest.mark.parametrize("scopes", [[], [scope.value for scope in Scope], None], ids=["none", "all", "whole"])
def test_a_token_with_no_scope_opens_what_needs_none_and_one_with_all_opens_all(
    furnished: Furnished, scopes: list[str] | None
):
    wrong = []
    for found in endpoints():
        answer = said(ask(furnished, furnished.program(scopes=scopes), found))
        kept_out = answer == needs(found[0].access)
        if kept_out != (scopes == [] and isinstance(found[0].access, Scope)):
            wrong.append((named(found), answer))
    assert not wrong


@pytest.mark.parametrize(("token", "error"), [(None, "auth_not_found"), ("not one of ours", "auth_invalid")])
def test_without_a_good_token_only_what_is_public_is_open(furnished: Furnished, token: str | None, error: str):
    wrong = []
    for found in endpoints():
        program = Program(furnished.app)
        program.token = token
        answer = said(ask(furnished, program, found))
        # a token that is not good is never passed over in silence where one counts; what judges tokens wants one
        shut = token is not None and (not found[0].ignores_token or found[0].app == APP_ALONE)
        shut = shut or found[0].access != PUBLIC or found[0].name.startswith("refresh")
        if (answer[:2] == (401, error)) != shut:
            wrong.append((named(found), answer))
    assert not wrong


SENT: dict[str, dict[str, Any]] = {
    "edit_event": {"title": "Theirs"},
    "add_guest": {"email": "new@example.org"},
    "edit_guest": {"name": "Theirs"},
    "add_guests": {"guests": [{"email": "new@example.org"}]},
    "check_in": {"walk_in": "Somebody"},
    "message_guests": {"subject": "Plates", "body": "Bring one."},
    "remove_guests": {"guest_ids": [str(uuid.uuid4())]},
    "edit_company": {"name": "Theirs"},
    "change_role": {"role": "owner"},
    "invite_person": {"email": "new@example.org", "role": "owner"},
    "create_project": {"name": "Theirs"},
    "edit_project": {"name": "Theirs"},
    "create_app": {"name": "Theirs", "scopes": ["events:read"]},
}
"""What fits the endpoints that need something."""


def act(program: Program, found: Found, address: str) -> TestResponse:
    """Ask in earnest."""
    endpoint, _path = found
    sent: dict[str, Any] = {} if endpoint.method in {"GET", "DELETE"} else {"json": SENT.get(endpoint.name, {})}
    answer = program.send(endpoint.method, address, **sent)
    assert answer.status_code != 422, f"tests/api/test_scopes.py must say in SENT what {endpoint.name} takes"
    return answer


def test_a_scope_gives_no_right(furnished: Furnished):
    """A stranger's token with all scopes finds nothing of Here."""
    stranger = furnished.program("stranger", scopes=[scope.value for scope in Scope])
    wrong = []
    for found in NARROW:
        answer = act(stranger, found, furnished.address(found[1]))
        if answer.status_code != 404 or "Here" in answer.text:
            wrong.append((named(found), said(answer)))
    assert not wrong


def test_a_doorkeepers_token_does_the_doors_work_alone(furnished: Furnished):
    doorkeeper = furnished.program("doorkeeper", scopes=[scope.value for scope in Scope])
    wrong = []
    for found in NARROW:
        if found[0].method != "GET" and found[0].access != Scope.CHECK_IN:
            answer = act(doorkeeper, found, furnished.address(found[1]))
            if answer.status_code not in {403, 404}:
                wrong.append((named(found), said(answer)))
    assert not wrong


def test_a_company_token_never_reaches_another_company(furnished: Furnished):
    """Above, a sibling's, or one that has nothing to do with it: also where its account has a role there."""
    ana = furnished.users["ana"]
    factories.a_membership(ana, furnished.elsewhere, Role.OWNER)
    factories.a_membership(ana, furnished.above, Role.OWNER)
    program, wrong = furnished.program(company=True), []
    for found in NARROW:
        for foreign in (furnished.foreign, {"company_id": str(furnished.above.id)}):
            if not set(variables(found[1])) & foreign.keys():
                continue
            answer = act(program, found, furnished.address(found[1], **foreign))
            # what is the account's own is no company's: such a token is told so before anything is looked for
            status = 403 if found[0].access is Scope.ACCOUNT else 404
            if answer.status_code != status or "Elsewhere" in answer.text or "Above" in answer.text:
                wrong.append((named(found), said(answer)))
    assert not wrong


def test_a_company_token_lists_nothing_of_another_company(furnished: Furnished):
    ana = furnished.users["ana"]
    factories.a_membership(ana, furnished.elsewhere, Role.OWNER)
    lists = [found for found in endpoints() if found[0].listed and found[0].method == "GET"]
    own, whole = furnished.program(company=True), furnished.program()
    shown = [named(found) for found in lists if "Elsewhere" in own.get(furnished.address(found[1])).text]
    assert not shown
    seen = [named(found) for found in lists if "Elsewhere" in whole.get(furnished.address(found[1])).text]
    assert {"GET /events", "GET /companies"} <= set(seen), "the account itself sees it"
