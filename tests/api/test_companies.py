"""Programs see and change companies, their people, projects and apps, and read journal and outbox."""

import datetime as dt
import hashlib
import uuid

import pytest

from tests import factories
from tests.browsers import Browser
from tests.mails import Outbox
from tests.programs import Program, refused
from webapp.core.database import db
from webapp.core.operation import operation
from webapp.core.permissions import Role
from webapp.journal.chain import canonical
from webapp.journal.sealing import seal_all
from webapp.mail.outbox import queue
from webapp.models import Company, Event, OutboxMail, User


@pytest.fixture
def company(ana: User) -> Company:
    return factories.a_company(ana, name="Zadruga")


@pytest.fixture
def owner(program: Program, ana: User, company: Company) -> Program:
    return program.act_for(ana)


def test_companies_are_listed_with_the_role_in_each(owner: Program, company: Company):
    factories.a_company(parent=company, name="Choir")
    factories.a_company(factories.an_account(), name="Elsewhere")
    answer = owner.get("/api/companies")
    assert [(c["name"], c["role"]) for c in answer.json["data"]] == [("Choir", "owner"), ("Zadruga", "owner")]
    assert answer.json["meta"]["count"] == 2
    assert [c["name"] for c in owner.get("/api/companies?search=CHO").json["data"]] == ["Choir"]
    below = owner.get(f"/api/companies/{company.id}/companies").json["data"]
    assert [(c["name"], c["depth"]) for c in below] == [("Choir", 1)]


@pytest.mark.both_databases
def test_a_company_is_made_named_moved_and_deleted(owner: Program, company: Company):
    made = owner.post("/api/companies", {"name": "Choir", "parent_id": str(company.id)})
    assert (made.status_code, made.json["data"]["parent_id"]) == (201, str(company.id))
    path = f"/api/companies/{made.json['data']['id']}"
    changed = owner.patch(path, {"name": "Large choir", "parent_id": None}).json["data"]
    assert (changed["name"], changed["parent_id"], changed["slug"]) == ("Large choir", None, made.json["data"]["slug"])
    assert owner.delete(path).status_code == 204
    refused(owner.get(path), 404, "not_found")


def test_a_change_is_whole_or_nothing(owner: Program, company: Company):
    child = owner.post("/api/companies", {"name": "Choir", "parent_id": str(company.id)}).json["data"]
    answer = owner.patch(f"/api/companies/{company.id}", {"name": "x", "parent_id": child["id"]})
    assert refused(answer, 409, "company_cycle").keys() == {"parent_id"}
    assert owner.get(f"/api/companies/{company.id}").json["data"]["name"] == "Zadruga"


def test_roles_are_changed_and_taken(owner: Program, company: Company):
    iva = factories.an_account("Iva")
    factories.a_membership(iva, company, Role.ORGANISER)
    path = f"/api/companies/{company.id}/administrators/{iva.id}"
    assert owner.patch(path, {"role": "administrator"}).json["data"]["role"] == "administrator"
    listed = owner.get(f"/api/companies/{company.id}/administrators").json["data"]
    assert {(p["name"], p["role"]) for p in listed} == {("Ana", "owner"), ("Iva", "administrator")}
    assert owner.delete(path).status_code == 204
    refused(owner.get(path), 404, "not_found")
    own = f"/api/companies/{company.id}/administrators/{owner.get('/api/users/me').json['data']['user_id']}"
    refused(owner.patch(own, {"role": "organiser"}), 409, "last_owner")


def test_somebody_is_offboarded_in_one_step(owner: Program, other_program: Program, company: Company, ana: User):
    iva = factories.an_account("Iva")
    factories.a_membership(iva, company, Role.ORGANISER)
    event = factories.an_event(company, iva)
    other_program.act_for(iva, company_id=company.id)
    path = f"/api/companies/{company.id}/administrators/{iva.id}/offboard"
    assert refused(owner.post(path), 422, "json_error").keys() == {"hand_over_to"}
    counts = owner.post(path, {"hand_over_to": str(ana.id)}).json["data"]["counts"]
    assert (counts["roles"], counts["events"], counts["tokens"]) == (1, 1, 1)
    assert owner.get(f"/api/events/{event.id}").json["data"]["host_id"] == str(ana.id)
    refused(other_program.get("/api/users/me"), 401, "auth_invalid")


@pytest.mark.both_databases
def test_somebody_is_invited_by_e_mail_with_a_role(owner: Program, company: Company, outbox: Outbox):
    path = f"/api/companies/{company.id}/administrators"
    answer = owner.post(path, {"email": "iva@example.org", "role": "organiser", "expires_in": 12})
    assert answer.status_code == 201
    invitation = answer.json["data"]
    asked = [invitation[name] for name in ("kind", "role", "email", "company_id", "max_uses")]
    assert asked == ["company", "organiser", "iva@example.org", str(company.id), 1]
    assert hours(invitation) == 12
    assert [mail.to_email for mail in outbox("invitation")] == ["iva@example.org"]
    # nobody has a role before it is accepted
    assert len(owner.get(path).json["data"]) == 1
    assert hours(owner.post(path, {"email": "eva@example.org", "role": "owner"}).json["data"]) == 24


def hours(invitation: dict[str, str]) -> float:
    ends, begins = (dt.datetime.fromisoformat(invitation[name]) for name in ("expires_at", "issued_at"))
    return round((ends - begins).total_seconds() / 3600)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"role": "organiser"}, "email"),
        ({"email": "iva@example.org"}, "role"),
        ({"email": "iva", "role": "organiser"}, "email"),
        ({"email": "iva@example.org", "role": "king"}, "role"),
        ({"email": "iva@example.org", "role": "organiser", "expires_in": 2161}, "expires_in"),
    ],
)
def test_an_invitation_that_does_not_fit_is_not_made(owner: Program, company: Company, outbox, sent, field: str):
    answer = owner.post(f"/api/companies/{company.id}/administrators", sent)
    assert refused(answer, 422, "json_error").keys() == {field}
    assert outbox("invitation") == []


@pytest.mark.parametrize(
    ("role", "invited", "status"),
    [
        (None, "doorkeeper", 404),
        (Role.DOORKEEPER, "doorkeeper", 403),
        (Role.ORGANISER, "doorkeeper", 403),
        (Role.ADMINISTRATOR, "administrator", 201),
        (Role.ADMINISTRATOR, "owner", 403),
        (Role.OWNER, "owner", 201),
    ],
)
def test_who_invites_whom(program: Program, ana: User, role: Role | None, invited: str, status: int):
    company = factories.a_company(factories.an_account())
    if role is not None:
        factories.a_membership(ana, company, role)
    path = f"/api/companies/{company.id}/administrators"
    answer = program.act_for(ana).post(path, {"email": "iva@example.org", "role": invited})
    assert answer.status_code == status


@pytest.mark.both_databases
def test_what_a_company_token_makes_lies_below_its_company(program: Program, ana: User, company: Company):
    beside = factories.a_company(ana)
    program.act_for(ana, company_id=company.id)
    assert program.post("/api/companies", {"name": "Choir"}).json["data"]["parent_id"] == str(company.id)
    refused(program.post("/api/companies", {"name": "Band", "parent_id": str(beside.id)}), 404, "not_found")
    names = {one["name"] for one in program.get("/api/companies").json["data"]}
    assert names == {"Zadruga", "Choir"}
    program.act_for(ana)
    assert program.post("/api/companies", {"name": "Alone"}).json["data"]["parent_id"] is None


@pytest.mark.both_databases
def test_a_project_has_the_secret_link_of_its_calendar(owner: Program, browser: Browser, company: Company):
    (project,) = owner.get(f"/api/companies/{company.id}/projects").json["data"]
    assert project["calendar_url"] is None
    path = f"/api/companies/{company.id}/projects/{project['id']}"

    def opens(url: str) -> int:
        assert url.startswith("http://folkmoot.example.org/")
        return browser.get(url.removeprefix("http://folkmoot.example.org")).status_code

    first = owner.post(f"{path}/calendar").json["data"]["calendar_url"]
    assert owner.post(f"{path}/calendar").json["data"]["calendar_url"] == first
    assert owner.get(path).json["data"]["calendar_url"] == first
    assert opens(first) == 200
    second = owner.post(f"{path}/calendar", {"renew": True}).json["data"]["calendar_url"]
    assert (opens(first), opens(second)) == (404, 200)
    assert owner.delete(f"{path}/calendar").status_code == 204
    assert (opens(second), owner.get(path).json["data"]["calendar_url"]) == (404, None)


def test_only_who_makes_events_there_gets_the_link_and_only_who_manages_projects_makes_it(
    owner: Program, other_program: Program, company: Company
):
    (project,) = owner.get(f"/api/companies/{company.id}/projects").json["data"]
    path = f"/api/companies/{company.id}/projects/{project['id']}"
    url = owner.post(f"{path}/calendar").json["data"]["calendar_url"]
    for role, seen in ((Role.DOORKEEPER, None), (Role.ORGANISER, url)):
        person = factories.an_account()
        factories.a_membership(person, company, role)
        other_program.act_for(person)
        assert other_program.get(path).json["data"]["calendar_url"] == seen
        refused(other_program.post(f"{path}/calendar", {"renew": True}), 403, "forbidden")
        refused(other_program.delete(f"{path}/calendar"), 403, "forbidden")
    assert owner.get(path).json["data"]["calendar_url"] == url


def test_projects_are_made_named_and_archived(owner: Program, company: Company):
    path = f"/api/companies/{company.id}/projects"
    made = owner.post(path, {"name": "Spring"}).json["data"]
    changed = owner.patch(f"{path}/{made['id']}", {"name": "Summer", "archived": True}).json["data"]
    assert (changed["name"], changed["archived_at"] is not None) == ("Summer", True)
    listed = owner.get(path).json["data"]
    assert [(p["name"], p["is_default"]) for p in listed] == [("General", True), ("Summer", False)]
    refused(owner.patch(f"{path}/{listed[0]['id']}", {"archived": True}), 409, "default_project")


def test_an_app_key_is_given_once_and_changed(owner: Program, other_program: Program, company: Company, ana: User):
    path = f"/api/companies/{company.id}/apps"
    made = owner.post(path, {"name": "Kiosk", "scopes": ["check-in", "guests:read"]})
    assert made.status_code == 201
    app = made.json["data"]
    assert app["tokens"] == 0
    assert app["app_key"] not in owner.get(f"{path}/{app['id']}").text
    assert owner.post(f"{path}/{app['id']}/rotate").json["data"]["app_key"] != app["app_key"]
    other_program.act_for(ana, app_id=uuid.UUID(app["id"]))
    assert [a["tokens"] for a in owner.get(path).json["data"]] == [1]
    assert owner.delete(f"{path}/{app['id']}").status_code == 204
    refused(owner.post(f"{path}/{app['id']}/rotate"), 409, "app_revoked")
    assert [a["revoked_at"] is not None for a in owner.get(path).json["data"]] == [True]


def test_journal_and_outbox_are_read(owner: Program, company: Company, ana: User):
    owner.post(f"/api/companies/{company.id}/projects", {"name": "Spring"})
    lines = owner.get(f"/api/companies/{company.id}/journal").json
    assert lines["data"][0]["action"] == "project.created"
    assert lines["data"][0]["actor_id"] == str(ana.id)
    assert lines["meta"]["count"] == len(lines["data"])
    assert {line["previous"] for line in lines["data"]} == {None}
    seal_all()
    sealed = owner.get(f"/api/companies/{company.id}/journal").json["data"]
    assert sealed[-1]["previous"] == ""
    assert [line["previous"] for line in sealed[:-1]] == [line["seal"] for line in sealed[1:]]
    for line in sealed:
        at = dt.datetime.fromisoformat(line["at"]).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        said = {**line, "at": at, "id": str(line["id"])}
        assert (
            hashlib.sha256(canonical({name: said[name] for name in said if name != "seal"})).hexdigest() == line["seal"]
        )
    event = factories.an_event(company, ana)
    owner.post(f"/api/guest/{event.id}", {"email": "guest@example.org", "name": "Maja"})
    (mail,) = owner.get(f"/api/companies/{company.id}/mail").json["data"]
    assert (mail["to_email"], mail["state"], mail["event_id"]) == ("guest@example.org", "queued", str(event.id))
    read = owner.get(f"/api/companies/{company.id}/mail/{mail['id']}").json["data"]
    assert event.title in read["text"]
    assert "/rsvp/…" in read["text"]


def test_a_journal_is_narrowed_to_a_thing_and_not_passed_over(owner: Program, company: Company, ana: User):
    project = owner.post(f"/api/companies/{company.id}/projects", {"name": "Spring"}).json["data"]["id"]
    owner.post(f"/api/companies/{company.id}/projects", {"name": "Summer"})
    path = f"/api/companies/{company.id}/journal"
    found = owner.get(f"{path}?thing=project&thing_id={project}").json["data"]
    assert [line["thing_id"] for line in found] == [project]
    assert owner.get(f"{path}?thing=project&thing_id={uuid.uuid4()}").json["data"] == []
    assert refused(owner.get(f"{path}?thing_id={project}"), 422, "json_error").keys() == {"thing"}


ROOMS = ("", "/companies", "/administrators", "/projects", "/apps", "/journal", "/mail")


@pytest.mark.parametrize("role", [None, *Role])
def test_each_role_reads_what_its_pages_show(program: Program, ana: User, role: Role | None):
    company = factories.a_company(factories.an_account())
    if role is not None:
        factories.a_membership(ana, company, role)
    program.act_for(ana)
    got = {room: program.get(f"/api/companies/{company.id}{room}").status_code for room in ROOMS}
    if role is None:
        assert set(got.values()) == {404}
    else:
        closed = {"/apps", "/journal", "/mail"} if role.rank < Role.ADMINISTRATOR.rank else set()
        assert got == {room: 403 if room in closed else 200 for room in ROOMS}


# ---------------------------------------------------------------- who was what


@pytest.mark.both_databases
def test_who_was_what_is_told_latest_first(owner: Program, company: Company, ana: User):
    iva, child = factories.an_account("Iva"), factories.a_company(parent=company, name="Choir")
    factories.a_membership(iva, company, Role.ORGANISER)
    factories.a_membership(iva, child, Role.DOORKEEPER)
    path = f"/api/companies/{company.id}/administrators"
    owner.patch(f"{path}/{iva.id}", {"role": "administrator", "scopes": ["events:read"]})
    owner.delete(f"{path}/{iva.id}")
    rows = owner.get(f"{path}/history?person={iva.id}").json["data"]
    assert [(row["role"], row["scopes"], row["company_name"]) for row in rows] == [
        ("administrator", ["events:read"], "Zadruga"),
        ("administrator", None, "Zadruga"),
        ("doorkeeper", None, "Choir"),
        ("organiser", None, "Zadruga"),
    ]
    assert [row["revoked_by"] for row in rows] == [{"id": str(ana.id), "name": "Ana"}] * 2 + [
        None,
        rows[0]["revoked_by"],
    ]
    assert rows[0]["granted_by"]["id"] == str(ana.id)
    whole = owner.get(f"{path}/history?limit=2").json
    assert (len(whole["data"]), whole["meta"]["count"]) == (2, 5)
    rest = owner.get(f"{path}/history?limit=200&cursor={whole['meta']['next']}").json["data"]
    assert [row["user"]["name"] for row in whole["data"] + rest] == ["Iva", "Iva", "Iva", "Iva", "Ana"]


@pytest.mark.parametrize("role", [Role.DOORKEEPER, Role.ORGANISER])
def test_who_was_what_is_for_those_who_manage_people(program: Program, ana: User, role: Role):
    company = factories.a_company(factories.an_account())
    factories.a_membership(ana, company, role)
    program.act_for(ana)
    for rest in ("history", f"{ana.id}/holdings"):
        refused(program.get(f"/api/companies/{company.id}/administrators/{rest}"), 403, "forbidden")


@pytest.mark.both_databases
def test_people_are_listed_from_below_and_from_above(owner: Program, other_program: Program, company: Company):
    below = factories.a_company(parent=company, name="Choir")
    iva = factories.an_account("Iva", email="iva@example.org")
    factories.a_membership(iva, below, Role.ADMINISTRATOR)

    def told(program: Program, at: Company, where: str) -> list[tuple[str, str, bool]]:
        rows = program.get(f"/api/companies/{at.id}/administrators?where={where}").json["data"]
        return sorted((row["name"], row["company_name"], row["email"] is not None) for row in rows)

    assert told(owner, company, "below") == [("Ana", "Zadruga", True), ("Iva", "Choir", True)]
    assert told(owner, company, "here") == [("Ana", "Zadruga", True)]
    other_program.act_for(iva)
    assert told(other_program, below, "above") == [("Ana", "Zadruga", False)]
    refused(other_program.get(f"/api/companies/{below.id}/administrators?where=elsewhere"), 422, "json_error")
    other_program.act_for(iva, company_id=below.id)
    assert told(other_program, below, "above") == [], "a company's token reaches nothing above it"


def test_people_below_are_for_those_who_manage_people(program: Program, ana: User):
    company = factories.a_company(factories.an_account())
    factories.a_membership(ana, company, Role.ORGANISER)
    refused(program.act_for(ana).get(f"/api/companies/{company.id}/administrators?where=below"), 403, "forbidden")


# ---------------------------------------------------------------- offboarding, and what is kept


@pytest.mark.both_databases
def test_what_somebody_holds_is_told_before_it_is_taken(owner: Program, company: Company, ana: User):
    iva, child = factories.an_account("Iva"), factories.a_company(parent=company, name="Choir")
    factories.a_membership(iva, company, Role.ORGANISER)
    factories.a_membership(iva, child, Role.ADMINISTRATOR)
    event = factories.an_event(company, iva, title="Picnic")
    path = f"/api/companies/{company.id}/administrators/{iva.id}"
    held = owner.get(f"{path}/holdings").json["data"]
    assert [(role["company_name"], role["role"]) for role in held["roles"]] == [
        ("Choir", "administrator"),
        ("Zadruga", "organiser"),
    ]
    assert [one["id"] for one in held["hosted"]["to_come"]] == [str(event.id)]
    assert (held["hosted"]["number_to_come"], held["co_hosted"]["number_to_come"]) == (1, 0)
    assert held["successors"] == [{"id": str(ana.id), "name": "Ana"}]
    assert owner.post(f"{path}/offboard", {"hand_over_to": held["successors"][0]["id"]}).status_code == 200
    refused(owner.get(f"{path}/holdings"), 404, "not_found")
    own = f"/api/companies/{company.id}/administrators/{ana.id}/holdings"
    refused(owner.get(own), 409, "offboard_self")


def a_failed_mail(company: Company, event: Event, email: str) -> OutboxMail:
    guest = factories.a_guest(event, email=email)
    mail = operation(queue)("guest-invited", to=email, guest_id=guest.id, event_id=event.id, company_id=company.id)
    mail.state, mail.error, mail.attempts = "failed", "550 no such mailbox", 5
    db.session.commit()
    return mail


@pytest.mark.both_databases
def test_all_that_failed_is_tried_again_at_once(owner: Program, company: Company, ana: User):
    below = factories.a_company(parent=company)
    event, other = factories.an_event(company, ana), factories.an_event(below, ana)
    mails = [a_failed_mail(company, event, f"g{n}@example.org") for n in range(2)]
    mails.append(a_failed_mail(below, other, "else@example.net"))
    path = f"/api/companies/{company.id}/mail/retry"
    assert owner.post(path, {"search": "example.net"}).json["data"] == {"number": 1}
    assert owner.post(path).json["data"] == {"number": 2}
    assert owner.post(path).json["data"] == {"number": 0}
    states = {db.session.get_one(OutboxMail, mail.id, populate_existing=True).state for mail in mails}
    assert states == {"queued"}


def test_only_who_reads_mail_tries_again_and_of_no_other_company(program: Program, ana: User):
    company, beside = factories.a_company(factories.an_account()), factories.a_company(ana)
    factories.a_membership(ana, company, Role.ORGANISER)
    host = factories.an_account()
    mail = a_failed_mail(company, factories.an_event(company, host), "g@example.org")
    program.act_for(ana)
    refused(program.post(f"/api/companies/{company.id}/mail/retry"), 403, "forbidden")
    assert program.post(f"/api/companies/{beside.id}/mail/retry").json["data"] == {"number": 0}
    assert db.session.get_one(OutboxMail, mail.id, populate_existing=True).state == "failed"


@pytest.mark.both_databases
def test_the_dashboard_says_what_needs_somebody_and_how_it_went(owner: Program, company: Company, ana: User):
    below = factories.a_company(parent=company)
    event = factories.an_event(below, ana)
    a_failed_mail(below, event, "g@example.org")
    path = f"/api/companies/{company.id}/dashboard"
    told = owner.get(path).json["data"]
    assert (told["people"], told["projects"], told["companies"]) == (1, 1, 1)
    assert [(need["kind"], need["event_id"], need["number"]) for need in told["needs"]] == [("mail", str(event.id), 1)]
    assert told["season"]["events"] == told["season_before"]["events"] == 0
    assert len(told["weeks"]) == 10
    assert owner.get(f"{path}?below=false").json["data"]["needs"] == []


def test_a_doorkeeper_is_told_the_size_alone(program: Program, ana: User):
    company = factories.a_company(factories.an_account())
    factories.a_membership(ana, company, Role.DOORKEEPER)
    a_failed_mail(company, factories.an_event(company, ana), "g@example.org")
    told = program.act_for(ana).get(f"/api/companies/{company.id}/dashboard").json["data"]
    assert told == {
        "people": 2, "projects": 1, "companies": 0, "needs": [], "season": None, "season_before": None, "weeks": [],
    }  # fmt: skip
