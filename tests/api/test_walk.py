"""What the page for programmers prints works: every line is run as it stands, against a real server.

The JavaScript of the quick start is run where it belongs, in a browser: tests/browser/test_manual.py.
"""

import collections
import json
import pathlib
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests import factories
from tests.api import reader
from tests.api.test_map import OPERATIONS
from tests.browser.house import House, standing
from webapp import APIS
from webapp.core.database import db
from webapp.models import JournalEntry, OutboxMail

EXPECTED = {"set-up": 409}
"""What cannot be walked with success: the house stands already."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with standing(tmp_path_factory.mktemp("walk"), reader.party) as house:
        yield house


@pytest.fixture(scope="module")
def page(house: House) -> str:
    with urllib.request.urlopen(f"{house.address}/api/docs", timeout=60) as answer:  # noqa: S310 our own server
        return str(answer.read().decode())


def shell(folder: pathlib.Path, program: str) -> subprocess.CompletedProcess[str]:
    """Run what is printed for curl in a shell that knows nothing but POSIX."""
    return subprocess.run(
        ["/bin/sh", "-euc", program],
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder)},
        capture_output=True, text=True, check=False, timeout=reader.PATIENCE,
    )  # fmt: skip


def test_the_quick_start_leads_from_a_password_to_a_guest_list(house: House, page: str, tmp_path: pathlib.Path):
    _account, *steps = [reader.filled(code) for code in reader.quick_start(page, "curl")]
    done = shell(tmp_path, "\n".join([*steps[:2], f"printf '\\n'\n{steps[2]}\nprintf '\\n'\n{steps[3]}"]))
    assert done.returncode == 0, done.stderr
    invited, read = [json.loads(line) for line in done.stdout.splitlines() if line]
    assert (invited["meta"]["code"], invited["data"]["email"]) == (201, "guest@example.com")
    assert [(guest["name"], guest["listed_at"] is not None) for guest in read["data"]] == [("John Doe", True)]
    assert '"user_logged_in"' in done.stderr, "what came is shown as well as kept"
    assert house.mails.letter("guest@example.com", "Taco Party 2025")


def test_what_is_refused_is_shown_on_the_way_and_keeps_nothing(page: str, tmp_path: pathlib.Path):
    _account, authenticate, *_rest = reader.quick_start(page, "curl")
    done = shell(tmp_path, authenticate + '\necho "[$TOKEN]"')
    assert done.stdout == "[]\n"
    assert '"wrong_credentials"' in done.stderr


@pytest.mark.parametrize("language", ["curl", "python"])
def test_the_quick_start_begins_with_an_account(house: House, page: str, tmp_path: pathlib.Path, language: str):
    account = reader.filled(reader.quick_start(page, language)[0]).replace("you@", f"{language}-new@")
    if language == "curl":
        done = shell(tmp_path, account)
    else:
        done = subprocess.run([sys.executable, "-c", account], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert house.mails.letter(f"{language}-new@example.org", "")


def test_the_quick_start_in_python_is_one_program(house: House, page: str):
    steps = [code.replace("Taco Party 2025", "Python Party") for code in reader.quick_start(page, "python")[1:]]
    program = reader.filled("\n\n".join(steps))
    with house.app.app_context():
        ana = factories.an_account("Ana", email="python@example.org")
        factories.an_event(factories.a_company(ana), ana, title="Python Party", visibility="unlisted")
    program = program.replace("you@example.org", "python@example.org")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"John Doe (None|\d{4}-\S+) None\n", done.stdout)
    # twice is once too often: the guest is on the list
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert re.fullmatch(r"duplicate: \w.+\n", done.stderr)


NAMES = [endpoint.name.replace("_", "-") for api in APIS for endpoint in api.endpoints]


PATHS = [
    pytest.param(endpoint.name.replace("_", "-"), number, id=f"{endpoint.method} {path}")
    for api in APIS
    for endpoint in api.endpoints
    for number, path in enumerate(endpoint.paths)
]


# What each write does, as the journal tells it: the action and what it is done to, by the variable that stands for it
# (- for what was not there before). What it mails stands behind >.
DONE = {
    "change-email": "account.email_change_asked ME > email-change",
    "confirm-email-change": "account.email_changed PERSON > email-changed",
    "authenticate": "account.signed_in ME",
    "authenticate-for": "account.signed_in ME",
    "authenticate-administrator": "account.signed_in ME",
    "update-user": "account.updated ME",
    "change-password": "account.password_changed ME > password-changed",
    "end-session": "account.session_revoked SESSION",
    "make-token": "account.token_made -",
    "delete-user": "account.deleted ME > account-deleted",
    "register": "account.registered - > verify-email",
    "confirm-otk": "account.verified -, company.created -, membership.granted -",
    "verify-email": "account.verified -, company.created -, membership.granted -",
    "resend": "> verify-email",
    "forgot-password": "account.reset_asked ME > reset-password",
    "reset-password": "account.password_changed PERSON > password-changed",
    "create-app": "app.created -",
    "rotate-app": "app.rotated APP",
    "revoke-app": "app.revoked APP",
    "change-person": "membership.granted -, membership.revoked -",
    "revoke-role": "membership.revoked -",
    "offboard": "membership.revoked -, person.offboarded PERSON",
    "create-project": "project.created -",
    "edit-project": "project.renamed PROJECT",
    "make-calendar": "project.calendar_made PROJECT",
    "revoke-calendar": "project.calendar_revoked PROJECT",
    "retry-mail": "mail.retried MAIL",
    "retry-failed-mails": "mail.retried COMPANY",
    "create-company": "company.created -, membership.granted -",
    "edit-company": "company.renamed COMPANY",
    "delete-company": "company.deleted COMPANY, membership.revoked -",
    "create-event": "event.created -, event.published -",
    "edit-event": "event.edited EVENT",
    "delete-event": "event.cancelled EVENT",
    "publish-event": "event.published EVENT",
    "cancel-event": "event.cancelled EVENT",
    "duplicate-event": "event.duplicated -",
    "add-guest": "guest.added - > guest-invited",
    "edit-guest": "guest.edited GUEST",
    "remove-guest": "guest.removed GUEST",
    "remove-guests": "guest.removed GUEST",
    "add-guests": "guest.added -, guest.added -",
    "invite-guests": "guests.invited EVENT > guest-invited",
    "remind-guests": "guests.reminded EVENT > guest-reminder",
    "message-guests": "guests.written_to EVENT > guest-message",
    "renew-link": "guest.link_renewed GUEST",
    "check-in": "guest.checked_in GUEST",
    "accept-invitation": "account.created -, invitation.accepted INVITATION, guest.admitted -",
    "create-invitation": "invitation.created - > invitation",
    "create-invitations": ", ".join(["invitation.created -"] * 20),
    "invite-person": "invitation.created - > invitation",
    "revoke-invitation": "invitation.revoked INVITATION",
    "resend-invitation": "invitation.resent INVITATION > invitation",
    "join": "guest.joined - > guest-confirmation",
    "reply": "guest.replied_yes -",
    "leave": "guest.left -",
}
UNTOLD = {"refresh-by-post", "log-out", "log-out-by-post", "vote"}
"""What the journal does not tell of."""


def _words(house: House, values: dict[str, str]) -> collections.Counter[str]:
    """What the journal and the outbox tell, each thing by its variable."""
    names = {value: name for name, value in values.items() if name != "APP_ID"}
    with house.app.app_context():
        entries = db.session.query(JournalEntry.action, JournalEntry.thing_id).all()
        mails = db.session.query(OutboxMail.template).all()
        db.session.remove()
    told = [f"{action} {names.get(str(thing), '-')}" for action, thing in entries]
    return collections.Counter([*told, *(f"> {template}" for (template,) in mails)])


def _expected(name: str) -> collections.Counter[str]:
    actions, _, mail = DONE[name].partition("> ")
    return collections.Counter([*filter(None, actions.strip().split(", ")), *([f"> {mail}"] if mail else [])])


def test_each_write_is_known_by_what_it_does():
    writes = {one.name.replace("_", "-") for api in APIS for one in api.endpoints if one.method != "GET"}
    assert DONE.keys() | UNTOLD == writes - EXPECTED.keys()


@pytest.mark.parametrize(("name", "number"), PATHS)
def test_each_line_of_the_reference_runs_as_printed(
    house: House, page: str, tmp_path: pathlib.Path, name: str, number: int
):
    line = reader.lines(page)[name][number]
    values = reader.prepared(house.app, name)
    before = _words(house, values)
    told = reader.run(tmp_path, line, values)
    assert told.status == EXPECTED.get(name, told.status), told.body
    assert name in EXPECTED or 200 <= told.status < 300, f"{line}\n{told.status} {told.body}"
    if name in DONE:
        missing = _expected(name) - (_words(house, values) - before)
        assert not missing, f"{line}\n{told.body}\nthis was not done: {dict(missing)}"
    if name.startswith("list-"):
        assert told.json["data"], f"{line}\nnothing was listed"


def _data(house: House, page: str, folder: pathlib.Path, name: str, values: dict[str, str]) -> Any:
    return reader.run(folder, reader.reference(page)[name], values).json["data"]


def test_a_list_that_is_asked_for_some_shows_those(house: House, page: str, tmp_path: pathlib.Path):
    values = reader.prepared(house.app, "list-guests")
    assert {row["reply"] for row in _data(house, page, tmp_path, "list-guests", values)} == {"yes"}
    assert all("Taco Party" in row["title"] for row in _data(house, page, tmp_path, "list-events", values))
    links = _data(house, page, tmp_path, "list-invitations", values)
    assert [row["invitation_id"] for row in links] == [values["INVITATION"]]


@pytest.mark.parametrize("name", ["log-out", "log-out-by-post"])
def test_who_signs_out_has_a_token_that_is_dead(house: House, page: str, tmp_path: pathlib.Path, name: str):
    values = reader.prepared(house.app, name)
    asked = reader.reference(page)["get-user"]
    assert reader.run(tmp_path, asked, values).status == 200
    assert reader.run(tmp_path, reader.reference(page)[name], values).status == 204
    assert reader.run(tmp_path, asked, values).status == 401


@pytest.mark.parametrize("name", ["refresh", "refresh-by-post"])
def test_who_refreshes_has_another_token_that_works(house: House, page: str, tmp_path: pathlib.Path, name: str):
    values = reader.prepared(house.app, name)
    token = _data(house, page, tmp_path, name, values)["user_token"]
    assert token != values["TOKEN"]
    again = reader.run(tmp_path, reader.reference(page)["get-user"], {**values, "TOKEN": token})
    assert again.json["data"]["user_id"] == values["ME"]


def test_a_vote_that_is_cast_is_one_s_own(house: House, page: str, tmp_path: pathlib.Path):
    values = reader.prepared(house.app, "vote")
    assert _data(house, page, tmp_path, "vote", values)["receipt"]
    (part,) = _data(house, page, tmp_path, "get-user", values)["events"]
    assert (part["event_id"], part["answers"]) == (values["EVENT"], [values["ANSWER"]])


# Where each operation of the five references is asked here.
HERE = {
    "000": {
        "POST api/auth/authenticate": "POST /api/auth/authenticate",
        "GET api/events?search=": "GET /api/events",
        "POST api/guest/:eventUuid": "POST /api/guest/$EVENT",
        "GET api/guests/:eventUuid": "GET /api/guests/$EVENT",
    },
    "001": {
        "POST /api/login": "POST /api/login",
        "POST /api/register": "POST /api/register",
        "GET /api/verify-email/{token}": "GET /api/verify-email/$OTK",
        "GET /api/resend-email-verification": "POST /api/resend-email-verification",
        "GET /api/refresh": "GET /api/refresh",
        "POST /api/forgot-passsword": "POST /api/forgot-passsword",
        "POST /api/reset-passsword": "POST /api/reset-passsword",
        "GET /api/exist-email/{email}": "GET /api/exist-email/$EMAIL",
    },
    "002": {
        "POST /login": "POST /api/login",
        "POST /login with a company": "POST /api/login/$COMPANY",
        "POST /login/admin/{company_id}": "POST /api/login/admin/$COMPANY",
        "DELETE /login": "DELETE /api/login",
    },
    "003": {
        "POST /users": "POST /api/users",
        "POST /confirm_otk": "POST /api/confirm_otk",
        "POST /login": "POST /api/login",
        "PUT /users/{user_id}": "PUT /api/users/me",
        "GET /users/{user_id}": "GET /api/users/me",
        "GET /events": "GET /api/events",
        "POST /join": "POST /api/join",
        "POST /vote": "POST /api/vote",
    },
    "004": {
        "POST /api/auth/login": "POST /api/auth/login",
        "POST /api/auth/logout": "POST /api/auth/logout",
        "POST /api/invite": "POST /api/invite",
        "GET /api/invite/:invite": "GET /api/invite/$INVITE",
        "POST /api/invite/:invite": "POST /api/invite/$INVITE",
    },
}


def test_each_operation_of_the_references_is_among_what_is_walked(page: str):
    walked = {reader.asked(reader.lines(page)[name][number]) for name, number in (param.values for param in PATHS)}
    assert {chapter: list(found) for chapter, found in HERE.items()} == OPERATIONS
    assert {here for found in HERE.values() for here in found.values()} - walked == set()


def test_each_endpoint_is_printed_with_each_of_its_paths(page: str):
    printed = {name: [reader.asked(line) for line in found] for name, found in reader.lines(page).items()}
    for api in APIS:
        for endpoint in api.endpoints:
            lines = printed[endpoint.name.replace("_", "-")]
            paths = [re.sub(r"\$\w+|\bme\b", "<>", line) for line in lines]
            assert paths == [f"{endpoint.method} /api" + re.sub(r"<[^>]+>", "<>", path) for path in endpoint.paths]


def test_the_page_shows_every_endpoint_and_its_own_address(house: House, page: str):
    assert sorted(reader.reference(page)) == sorted(NAMES)
    with urllib.request.urlopen(f"{house.address}/api/openapi.json", timeout=60) as answer:  # noqa: S310 our own server
        paths = json.load(answer)["paths"]
    for path in paths:
        assert f"<code>{path}</code>" in page, path
    for line in (line for found in reader.lines(page).values() for line in found):
        assert f'"{house.address}/api/' in line


def test_each_link_of_the_page_leads_somewhere_on_it(page: str):
    ids = re.findall(r'id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
