"""Programs invite, and accept invitations."""

import pytest
from flask import Flask

from tests import factories
from tests.browsers import Browser
from tests.mails import Outbox
from tests.programs import Program, refused
from webapp.core.database import db
from webapp.core.permissions import Role
from webapp.invitations.links import public_id
from webapp.models import Company, Event, Guest, Invitation, User

LOGIN = {"name": "Zoë", "email": "zoe@example.org", "password": factories.PASSWORD}
GUEST = {"name": "Zoë", "email": "zoe@example.org", "as_guest": True}


@pytest.fixture
def company(ana: User) -> Company:
    return factories.a_company(ana, name="Zadruga")


@pytest.fixture
def event(ana: User, company: Company) -> Event:
    return factories.an_event(company, ana, visibility="invited")


@pytest.fixture
def host(program: Program, ana: User) -> Program:
    return program.act_for(ana)


def guests() -> dict[str, bool]:
    """Who is on the guest list, and whether the address is proven."""
    return {str(guest.email): guest.unconfirmed_until is None for guest in db.session.query(Guest)}


def mailed() -> str:
    """What the link in the newest e-mail ends with."""
    newest = db.session.query(Invitation).order_by(Invitation.id.desc()).first()
    assert newest is not None
    return public_id(newest)


# ---------------------------------------------------------------- making


@pytest.mark.both_databases
def test_many_links_are_made_at_once(host: Program, other_program: Program, event: Event):
    answer = host.post("/api/invites", {"event_id": str(event.id), "count": 3, "expires_in": 72})
    assert answer.status_code == 201
    made = answer.json["data"]
    assert len({one["id"] for one in made}) == len(made) == answer.json["meta"]["count"] == 3
    assert {(one["kind"], one["event_id"], one["max_uses"], one["state"]) for one in made} == {
        ("event", str(event.id), 1, "open")
    }
    for one in made:
        assert other_program.get(f"/api/invite/{one['id']}").json["data"]["event_id"] == str(event.id)
    assert host.get(f"/api/invites?event_id={event.id}").json["meta"]["count"] == 3


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"count": 0}, "count"), ({"count": 201}, "count"), ({"expires_in": 0}, "expires_in"), ({"role": "x"}, "role")],
)
def test_a_batch_that_does_not_fit_makes_none(host: Program, event: Event, changed: dict[str, object], field: str):
    answer = host.post("/api/invites", {"event_id": str(event.id), "count": 3, **changed})
    assert refused(answer, 422, "json_error").keys() == {field}
    assert db.session.query(Invitation).count() == 0


def test_only_who_runs_the_event_makes_links_to_it(host: Program, other_program: Program, event: Event):
    sent = {"event_id": str(event.id), "count": 2}
    refused(other_program.act_for(factories.an_account()).post("/api/invites", sent), 404, "not_found")
    keeper = factories.an_account()
    factories.a_membership(keeper, db.session.get_one(Company, event.company_id), Role.DOORKEEPER)
    refused(other_program.act_for(keeper).post("/api/invites", sent), 403, "forbidden")
    host.post(f"/api/events/{event.id}/cancel")
    refused(host.post("/api/invites", sent), 409, "event_end_error")
    assert db.session.query(Invitation).count() == 0


def test_the_link_for_many_may_be_for_as_many_as_come(host: Program, event: Event):
    sent = {"event_id": str(event.id), "max_uses": None}
    made = host.post("/api/invite", sent)
    assert (made.status_code, made.json["data"]["max_uses"]) == (201, None)
    refused(host.post("/api/invite", sent), 409, "duplicate")
    assert refused(host.post("/api/invite", {"max_uses": None}), 422, "json_error").keys() == {"max_uses"}


@pytest.mark.both_databases
def test_somebody_is_invited_to_the_site_listed_and_taken_back(
    host: Program, other_program: Program, ana: User, outbox: Outbox
):
    made = host.post("/api/invite", {"email": "zoe@example.org"}).json["data"]
    assert (made["kind"], made["state"], made["url"]) == ("site", "open", None)
    assert [mail.to_email for mail in outbox("invitation")] == ["zoe@example.org"]
    link = host.post("/api/invite", {"expires_in": 48}).json["data"]
    assert link["url"].endswith(f"/invite/{link['id']}")
    assert [one["invitation_id"] for one in host.get("/api/invites").json["data"]] == [
        link["invitation_id"],
        made["invitation_id"],
    ]
    assert host.post(f"/api/invite/{made['invitation_id']}/resend").status_code == 200
    assert len(outbox("invitation")) == 2
    refused(host.post(f"/api/invite/{link['invitation_id']}/resend"), 409, "conflict")
    other_program.act_for(factories.an_account())
    refused(other_program.delete(f"/api/invite/{link['invitation_id']}"), 404, "not_found")
    assert host.delete(f"/api/invite/{link['id']}").status_code == 204
    refused(other_program.get(f"/api/invite/{link['id']}"), 404, "not_found")
    assert [one["state"] for one in host.get("/api/invites").json["data"]] == ["revoked", "open"]


# ---------------------------------------------------------------- accepting


def test_who_used_a_link_is_told_to_who_made_it(host: Program, other_program: Program, event: Event):
    made = host.post("/api/invite", {"event_id": str(event.id)}).json["data"]
    assert made["bearers"] == []
    assert other_program.act_for(factories.an_account("Ben")).post(f"/api/invite/{made['id']}").status_code == 200
    (row,) = host.get(f"/api/invites?event_id={event.id}").json["data"]
    assert (row["state"], row["uses"], [(one["name"], one["held"]) for one in row["bearers"]]) == (
        "used",
        1,
        [("Ben", False)],
    )


@pytest.mark.both_databases
def test_a_mailed_link_to_an_event_makes_a_guest_without_a_login(
    host: Program, other_program: Program, browser: Browser, event: Event
):
    host.post("/api/invite", {"event_id": str(event.id), "email": "zoe@example.org"})
    token = mailed()
    told = other_program.post(f"/api/invite/{token}", GUEST).json["data"]
    assert (told["waits"], told["tokens"], guests()) == (False, None, {"zoe@example.org": True})
    page = browser.get(told["personal_url"].removeprefix("http://folkmoot.example.org"))
    assert (page.status_code, event.title in page.text) == (200, True)
    assert db.session.query(User).filter_by(email="zoe@example.org").count() == 0
    refused(other_program.post(f"/api/invite/{token}", GUEST), 404, "not_found")


@pytest.mark.both_databases
def test_by_any_other_link_the_address_is_asked_first(
    host: Program, other_program: Program, event: Event, outbox: Outbox
):
    made = host.post("/api/invite", {"event_id": str(event.id)}).json["data"]
    told = other_program.post(f"/api/invite/{made['id']}", GUEST).json["data"]
    assert (told["waits"], told["personal_url"], told["registration"]) == (True, None, None)
    assert guests() == {"zoe@example.org": False}
    assert [mail.to_email for mail in outbox("confirm-place")] == ["zoe@example.org"]


def test_only_an_event_takes_guests_without_a_login(host: Program, other_program: Program, company: Company):
    made = host.post("/api/invite", {"company_id": str(company.id), "role": "organiser"}).json["data"]
    answer = other_program.post(f"/api/invite/{made['id']}", GUEST)
    assert refused(answer, 422, "json_error").keys() == {"as_guest"}
    assert host.get(f"/api/invites?company_id={company.id}").json["data"][0]["uses"] == 0


@pytest.mark.parametrize(("sent", "missing"), [(LOGIN, "password"), (LOGIN, "name"), (GUEST, "name"), (GUEST, "email")])
def test_what_is_missing_is_asked_for(
    host: Program, other_program: Program, event: Event, sent: dict[str, object], missing: str
):
    made = host.post("/api/invite", {"event_id": str(event.id)}).json["data"]
    left = {name: value for name, value in sent.items() if name != missing}
    assert refused(other_program.post(f"/api/invite/{made['id']}", left), 422, "json_error").keys() == {missing}
    assert guests() == {}


def test_a_new_login_by_a_mailed_link_gets_its_role_and_its_tokens(
    app: Flask, host: Program, other_program: Program, company: Company
):
    host.post(f"/api/companies/{company.id}/administrators", {"email": "zoe@example.org", "role": "organiser"})
    told = other_program.post(f"/api/invite/{mailed()}", {"name": "Zoë", "password": factories.PASSWORD})
    other_program.token = told.json["data"]["tokens"]["user_token"]
    assert other_program.get(f"/api/companies/{company.id}").json["data"]["role"] == "organiser"
