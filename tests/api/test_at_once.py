"""Two programs change one thing at once: each changes what it names, and neither undoes what the other did."""

import contextlib
import functools
import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.api.furnished import Furnished, furnish
from tests.browsers import Browser
from tests.programs import Program, refused
from webapp.core import operation as transaction
from webapp.core.database import db
from webapp.models import Event

pytestmark = pytest.mark.both_databases
EVENT, GUEST = "/events/<uuid:event_id>", "/guests/<uuid:event_id>/<uuid:guest_id>"
COMPANY = "/companies/<uuid:company_id>"
PROJECT, PERSON = f"{COMPANY}/projects/<uuid:project_id>", f"{COMPANY}/administrators/<uuid:user_id>"
# method, path, the operation behind it, what one program changes, what the other one does
PAIRS = [
    pytest.param("PATCH", EVENT, "edit_event", {"title": "Ours"}, {"place": "Theirs"}, id="an event's words"),
    pytest.param("PATCH", EVENT, "edit_event", {"capacity": None}, {"min_votes": 3}, id="places and the rule"),
    pytest.param(
        "PATCH",
        EVENT,
        "edit_event",
        {"visibility": "public"},
        {"questions": [{"text": "When?", "answers": ["Now", "Then"]}]},
        id="an event and its questions",
    ),
    pytest.param("PATCH", GUEST, "edit_guest", {"name": "Ours"}, {"email": "theirs@example.org"}, id="a guest"),
    pytest.param("PATCH", GUEST, "edit_guest", {"email": "ours@example.org"}, {"name": "Theirs"}, id="an address"),
    pytest.param("PUT", "/users/me", "update_profile", {"name": "Ours"}, {"surname": "Theirs"}, id="an account"),
    pytest.param("PUT", "/users/me", "update_profile", {"timezone": "UTC"}, {"surname": None}, id="an emptied field"),
    pytest.param("PATCH", COMPANY, "change_company", {"name": "Ours"}, {"parent_id": None}, id="a company"),
    pytest.param("PATCH", PROJECT, "change_project", {"name": "Ours"}, {"archived": True}, id="a project"),
]


WHO = [
    pytest.param({"role": "administrator"}, {"scopes": ["events:read"]}, id="the role overtaken by the scopes"),
    pytest.param({"scopes": ["events:read"]}, {"role": "administrator"}, id="the scopes overtaken by the role"),
]


@pytest.fixture
def furnished(app: Flask) -> Furnished:
    """The furnished world, its event's vote not open yet."""
    found = furnish(app)
    event = db.session.get_one(Event, uuid.UUID(found.values["event_id"]))
    event.voting_opens_at = event.starts_at
    db.session.commit()
    return found


def by_another_server(app: Flask, do: Callable[[], Any]) -> threading.Thread:
    """A thread that will do this as a server of its own would, with a session of its own."""

    def run() -> None:
        with app.app_context():
            do()

    return threading.Thread(target=run)


@contextlib.contextmanager
def overtaken(app: Flask, name: str, other: Callable[[], Any]) -> Iterator[list[str]]:
    """Let `other` be done, whole, when the operation `name` is about to begin: after all that its face read before.

    What is yielded names the operation once that has happened.
    """
    once, done = transaction._once, list[str]()

    def begin(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        if function.__name__ == name and not done:
            done.append(name)
            quicker = by_another_server(app, other)
            quicker.start()
            quicker.join()
        return once(function, args, kwargs)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(transaction, "_once", begin)
        yield done


def said(furnished: Furnished, path: str) -> dict[str, Any]:
    """What stands, as it is read, by the names by which it is changed."""
    found = furnished.program().get(furnished.address(path)).json["data"]
    found |= found.get("rule", {}) | {name.removeprefix("user_"): value for name, value in found.items()}
    if "archived_at" in found:
        found["archived"] = found["archived_at"] is not None
    if "questions" in found:
        found["questions"] = [
            {"text": one["text"], "answers": [answer["text"] for answer in one["answers"]]}
            for one in found["questions"]
        ]
    return {**found, "surname": found.get("surname") or None}


def both(furnished: Furnished, path: str, *changes: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What was not kept of these changes: by name what stands and what was sent."""
    stands = said(furnished, path)
    return {k: (stands[k], v) for change in changes for k, v in change.items() if stands[k] != v}


@pytest.mark.parametrize(("method", "path", "behind", "ours", "theirs"), PAIRS)
def test_what_one_leaves_out_the_other_may_change_meanwhile(
    furnished: Furnished, method: str, path: str, behind: str, ours: dict[str, Any], theirs: dict[str, Any]
):
    address, answers = furnished.address(path), list[TestResponse]()
    program, quicker = furnished.program(), furnished.program()
    with overtaken(furnished.app, behind, lambda: answers.append(quicker.send(method, address, json=theirs))) as done:
        answers.append(program.send(method, address, json=ours))
    assert done == [behind]
    assert [answer.status_code for answer in answers] == [200, 200], [answer.text for answer in answers]
    assert both(furnished, path, ours, theirs) == {}


@pytest.mark.race
@pytest.mark.parametrize(("method", "path", "behind", "ours", "theirs"), PAIRS)
def test_two_that_begin_together_both_change_what_they_say(
    furnished: Furnished, method: str, path: str, behind: str, ours: dict[str, Any], theirs: dict[str, Any]
):
    address, ready, answers = furnished.address(path), threading.Barrier(2), list[int]()

    def run(program: Program, change: dict[str, Any]) -> None:
        ready.wait()
        answers.append(program.send(method, address, json=change).status_code)

    asking = [(furnished.program(), change) for change in (ours, theirs)]
    threads = [by_another_server(furnished.app, functools.partial(run, *one)) for one in asking]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200, 200]
    assert both(furnished, path, ours, theirs) == {}


@pytest.mark.parametrize(("ours", "theirs"), WHO)
def test_of_a_role_that_was_changed_meanwhile_nothing_is_changed(
    furnished: Furnished, ours: dict[str, Any], theirs: dict[str, Any]
):
    # a role is granted and revoked as a whole, and keeps who did: the second one looks at it again
    address, program, quicker = furnished.address(PERSON), furnished.program(), furnished.program()
    with overtaken(furnished.app, "change_membership", lambda: quicker.patch(address, theirs)) as done:
        answer = program.patch(address, ours)
    assert done == ["change_membership"]
    refused(answer, 409, "conflict")
    assert both(furnished, PERSON, theirs) == {}
    assert program.patch(address, ours).status_code == 200
    assert both(furnished, PERSON, ours, theirs) == {}


def page_of(event: Event, **typed: str) -> dict[str, str]:
    """What the page of an event sends, without its rule and co-hosts."""
    return {
        "title": event.title,
        "place": event.place,
        "description": event.description,
        "timezone": "UTC",
        "starts_at": event.starts_at.strftime("%Y-%m-%dT%H:%M"),
        "ends_at": event.ends_at.strftime("%Y-%m-%dT%H:%M"),
        "join_by": "",
        "capacity": "50",
        "visibility": event.visibility,
        "project": str(event.project_id),
        **typed,
    }


def test_a_page_says_all_that_it_shows_and_nothing_else(furnished: Furnished, app: Flask):
    browser = Browser(app).sign_in(furnished.users["ana"])
    sent = page_of(db.session.merge(furnished.event), title="Ours")
    theirs = {
        "place": "Theirs",
        "min_votes": 3,
        "questions": [{"text": "When?", "answers": ["Now", "Then"]}],
    }
    quicker = furnished.program()
    address = furnished.address(EVENT)
    with overtaken(furnished.app, "edit_event", lambda: quicker.patch(address, theirs)) as done:
        answer = browser.submit(f"/events/{furnished.values['event_id']}/edit", sent)
    assert (answer.status_code, done) == (303, ["edit_event"])
    # so the one is really overtaken by the other: what a page shows and sends is what its reader wants
    assert both(furnished, EVENT, {"title": "Ours"}, theirs) == {"place": (sent["place"], "Theirs")}


def test_what_fits_no_more_is_refused_and_the_other_change_stands(furnished: Furnished):
    program, quicker = furnished.program(), furnished.program()
    address = furnished.address(EVENT)
    event = program.get(address).json["data"]
    later = {"starts_at": "2090-05-01T18:00:00Z", "ends_at": "2090-05-01T20:00:00Z"}
    with overtaken(furnished.app, "edit_event", lambda: quicker.patch(address, later)):
        answer = program.patch(address, {"ends_at": event["ends_at"]})
    assert (answer.status_code, list(answer.json["error"]["fields"])) == (422, ["ends_at"])
    assert both(furnished, EVENT, later) == {}
