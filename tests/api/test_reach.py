"""How far a token reaches: never beyond what its account's roles, its company and its scopes give, nor by detours."""

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from flask import Flask

from tests import factories
from tests.browsers import Browser
from tests.programs import Program, refused
from webapp.core import clock, text
from webapp.core.actor import Scope
from webapp.core.database import db
from webapp.core.permissions import GIVES, HELD_TO, Role
from webapp.invitations.links import public_id
from webapp.models import Answer, Company, Event, Guest, Invitation, Membership, Question, User

OUTSIDE = "This token acts for one company, and this lies outside of it."
WORK = sorted(scope.value for scope in GIVES[Role.OWNER])
"""All that an owner's role gives to programs."""


@pytest.fixture
def above(ana: User) -> Company:
    return factories.a_company(ana, name="Above")


@pytest.fixture
def company(above: Company) -> Company:
    return factories.a_company(name="Here", parent=above)


@pytest.fixture
def beside(above: Company) -> Company:
    return factories.a_company(name="Beside", parent=above)


@pytest.fixture
def zed() -> User:
    return factories.an_account("Zed", email="zed@example.org")


@pytest.fixture
def elsewhere(zed: User) -> Company:
    return factories.a_company(zed, name="Elsewhere")


@pytest.fixture
def here(program: Program, ana: User, company: Company) -> Program:
    """Ana's program that acts for Here."""
    return program.act_for(ana, company_id=company.id)


def by_hand(app: Flask, user: User, *scopes: str, company: Company | None = None) -> Program:
    """A program of `user` with these scopes alone."""
    limit = {"company_id": company.id} if company is not None else {}
    return Program(app).act_for(user, scopes=list(scopes), **limit)


def at(company: Company) -> str:
    return f"/api/companies/{company.id}"


def role_of(user: User, company: Company) -> str | None:
    """What the account is in the company itself."""
    db.session.rollback()
    found = db.session.query(Membership).filter_by(user_id=user.id, company_id=company.id, revoked_at=None)
    return found.one().role if found.count() else None


# ---------------------------------------------------------------- a role that may do more than the token


@pytest.mark.parametrize("scopes", [["invitations:write"], [one for one in WORK if one != "companies:write"]])
def test_a_token_invites_to_no_role_that_may_do_more_than_itself(
    app: Flask, ana: User, above: Company, scopes: list[str]
):
    token = by_hand(app, ana, *scopes, company=above)
    answer = token.post("/api/invite", {"company_id": str(above.id), "role": "owner"})
    refused(answer, 403, "forbidden")
    assert "companies:write" in answer.json["error"]["message"]
    assert db.session.query(Invitation).count() == 0


def test_nor_by_the_list_of_people(app: Flask, ana: User, above: Company):
    token = by_hand(app, ana, "companies:write", company=above)
    refused(token.post(f"{at(above)}/administrators", {"email": "new@example.org", "role": "owner"}), 403, "forbidden")
    assert db.session.query(Invitation).count() == 0


def test_a_token_that_may_do_what_the_role_does_gives_it(app: Flask, ana: User, above: Company):
    """All of it by name, or as the company token that authenticating gives."""
    for token in (by_hand(app, ana, *WORK), Program(app).act_for(ana, company_id=above.id)):
        assert token.post("/api/invite", {"company_id": str(above.id), "role": "owner"}).status_code == 201
    door = by_hand(app, ana, "invitations:write", *GIVES[Role.DOORKEEPER])
    assert door.post("/api/invite", {"company_id": str(above.id), "role": "doorkeeper"}).status_code == 201
    refused(door.post("/api/invite", {"company_id": str(above.id), "role": "organiser"}), 403, "forbidden")


def test_a_token_raises_nobody_beyond_itself_and_may_lower(app: Flask, ana: User, zed: User, above: Company):
    factories.a_membership(zed, above, Role.ORGANISER)
    person, token = f"{at(above)}/administrators/{zed.id}", by_hand(app, ana, "companies:write", "companies:read")
    refused(token.patch(person, {"role": "administrator"}), 403, "forbidden")
    assert role_of(zed, above) == "organiser"
    assert token.patch(person, {"role": "doorkeeper"}).status_code == 200
    assert by_hand(app, ana, *WORK).patch(person, {"role": "owner"}).status_code == 200


def test_what_the_membership_leaves_to_tokens_counts(app: Flask, ana: User, zed: User, elsewhere: Company):
    factories.a_membership(ana, elsewhere, Role.OWNER, scopes=["companies:read", "companies:write"])
    whole = Program(app).act_for(ana)
    sent = {"email": "new@example.org", "role": "organiser"}
    refused(whole.post(f"{at(elsewhere)}/administrators", sent), 403, "forbidden")


def test_a_link_that_gives_more_than_the_token_may_is_not_shown_to_it_and_may_be_taken_back(
    app: Flask, ana: User, above: Company
):
    made = Program(app).act_for(ana).post("/api/invite", {"company_id": str(above.id), "role": "owner"}).json["data"]
    token = by_hand(app, ana, "invitations:write")
    (listed,) = token.get(f"/api/invites?company_id={above.id}").json["data"]
    assert (listed["invitation_id"], listed["id"], listed["url"]) == (made["invitation_id"], None, None)
    assert token.delete(f"/api/invite/{made['invitation_id']}").status_code == 204


def test_a_company_below_does_not_get_around_what_a_role_leaves_to_tokens(app: Flask, ana: User, elsewhere: Company):
    held = ["companies:read", "companies:write"]
    factories.a_membership(ana, elsewhere, Role.OWNER, scopes=held)
    made = Program(app).act_for(ana).post("/api/companies", {"name": "Below", "parent_id": str(elsewhere.id)})
    person = Program(app).act_for(ana).get(f"/api/companies/{made.json['data']['id']}/administrators/{ana.id}")
    assert person.json["data"]["scopes"] == held


@pytest.mark.both_databases
def test_nor_does_a_company_above_to_which_it_is_moved(app: Flask, ana: User, above: Company, elsewhere: Company):
    factories.a_membership(ana, elsewhere, Role.OWNER, scopes=["companies:read", "companies:write"])
    moved = {"parent_id": str(above.id)}
    refused(Program(app).act_for(ana).patch(at(elsewhere), moved), 403, "forbidden")
    assert db.session.get_one(Company, elsewhere.id).parent_id is None
    # where the token has no more above than here, it may
    assert by_hand(app, ana, "companies:read", "companies:write").patch(at(elsewhere), moved).status_code == 200


# ---------------------------------------------------------------- beside and above


def at_zeds(elsewhere: Company, zed: User, **values: Any) -> Event:
    return factories.an_event(elsewhere, zed, title="Zed's party", questions={"Q": ["yes", "no"]}, **values)


def first_answer(event: Event) -> str:
    """The id of one of its answers."""
    found = db.session.query(Answer).join(Question).filter(Question.event_id == event.id).order_by(Answer.position)
    return str(found.first().id)  # type: ignore[union-attr] # it asks something


def taking_part(token: Program, event: Event, answer: str) -> list[Any]:
    """All that the account could do as a guest of the event."""
    event_id = str(event.id)
    return [
        token.post("/api/join", {"event_id": event_id}),
        token.post("/api/reply", {"event_id": event_id, "reply": "no"}),
        token.post("/api/vote", {"event_id": event_id, "answer_ids": [answer]}),
        token.post("/api/leave", {"event_id": event_id}),
        token.get(f"/api/events/{event_id}/guest"),
    ]


@pytest.mark.both_databases
def test_a_company_token_is_nobodys_guest_outside(here: Program, ana: User, zed: User, elsewhere: Company):
    hidden = at_zeds(elsewhere, zed, visibility="invited")
    guest = factories.a_guest(hidden, user=ana, reply="yes")
    answer = first_answer(hidden)
    for said in (here.get(f"/api/events/{hidden.id}"), here.get(f"/api/events/{hidden.id}/results")):
        refused(said, 404, "not_found")
    for said in taking_part(here, hidden, answer):
        refused(said, 404, "not_found")
    db.session.expire_all()
    kept = db.session.get_one(Guest, guest.id)
    assert (kept.reply, kept.has_voted, kept.left_at) == ("yes", False, None)


@pytest.mark.both_databases
def test_it_reads_a_public_event_outside_as_anybody_does_and_takes_no_part(
    here: Program, app: Flask, ana: User, zed: User, elsewhere: Company
):
    event = at_zeds(elsewhere, zed)
    factories.a_guest(event, user=ana, reply="yes")
    answer = first_answer(event)
    assert here.get(f"/api/events/{event.id}").json["data"] == Program(app).get(f"/api/events/{event.id}").json["data"]
    assert here.get(f"/api/events/{event.id}/results").json["data"]["may_vote"] is False
    for said in taking_part(here, event, answer):
        refused(said, 403, "forbidden")
        assert said.json["error"]["message"] == OUTSIDE


def test_it_takes_part_within(here: Program, ana: User, zed: User, company: Company):
    event = factories.an_event(factories.a_company(name="Below", parent=company), zed, questions={"Q": ["yes", "no"]})
    answer = first_answer(event)
    assert here.post("/api/join", {"event_id": str(event.id)}).status_code == 201
    assert here.get(f"/api/events/{event.id}/guest").status_code == 200
    assert here.post("/api/vote", {"event_id": str(event.id), "answer_ids": [answer]}).status_code == 201


def test_what_waits_and_what_is_ones_own_is_told_of_the_company_alone(
    here: Program, app: Flask, ana: User, zed: User, elsewhere: Company, company: Company
):
    outside, inside = at_zeds(elsewhere, zed), factories.an_event(company, zed, title="Here's party")
    for event in (outside, inside):
        factories.a_guest(event, user=ana, source="link")
    whole = Program(app).act_for(ana)

    def told(token: Program) -> list[set[str]]:
        mine = token.get("/api/events?when=mine").json["data"]
        return [
            {one["title"] for one in mine},
            {one["title"] for one in token.get("/api/asked").json["data"]["replies"]},
        ]

    assert told(whole) == [{"Zed's party", "Here's party"}] * 2
    assert told(here) == [{"Here's party"}] * 2
    for event in (outside, inside):
        assert whole.post("/api/reply", {"event_id": str(event.id), "reply": "yes"}).status_code == 200
    waiting = here.get("/api/asked").json["data"]
    assert [{one["title"] for one in waiting[name]} for name in ("votes", "coming")] == [set(), {"Here's party"}]


def invited(issuer: User, **values: Any) -> Invitation:
    """An invitation that stands."""
    said = {"kind": "company", "role": "organiser", "expires_at": clock.now() + dt.timedelta(days=1), **values}
    made = Invitation(issuer_id=issuer.id, nonce=text.secret(128), **said)
    factories.save(made)
    return made


def test_invitations_that_one_made_outside_are_not_there_for_a_company_token(
    here: Program, ana: User, zed: User, beside: Company, elsewhere: Company
):
    event = at_zeds(elsewhere, zed, co_hosts=(ana,))
    made = [
        invited(ana, company_id=beside.id, email="new@example.org", email_key="new@example.org"),
        invited(ana, kind="site", role=None),
        invited(ana, kind="event", role=None, event_id=event.id),
    ]
    for one in made:
        refused(here.post(f"/api/invite/{one.id}/resend"), 404, "not_found")
        refused(here.delete(f"/api/invite/{one.id}"), 404, "not_found")
    refused(here.get(f"/api/invites?company_id={beside.id}"), 404, "not_found")
    refused(here.get(f"/api/invites?event_id={event.id}"), 403, "forbidden")
    db.session.expire_all()
    assert [db.session.get_one(Invitation, one.id).revoked_at for one in made] == [None] * 3


def test_a_company_token_invites_nobody_to_the_site(here: Program):
    for said in (here.post("/api/invite", {"email": "new@example.org"}), here.get("/api/invites")):
        refused(said, 403, "forbidden")
        assert said.json["error"]["message"] == OUTSIDE
    assert db.session.query(Invitation).count() == 0


@pytest.mark.parametrize("scopes", [None, ["account", "companies:read"]])
def test_a_company_token_never_has_the_scope_account(app: Flask, ana: User, company: Company, scopes: list[str] | None):
    token = Program(app).act_for(ana, company_id=company.id, scopes=scopes)
    for said in (
        token.get("/api/users/me"),
        token.put("/api/users/me", {"surname": "by Here"}),
        token.get("/api/sessions"),
        token.post("/api/tokens", {"name": "more", "scopes": ["companies:read"]}),
    ):
        refused(said, 403, "forbidden")
        assert said.json["error"]["message"].startswith("This token acts for one company")
    told = token.get("/api/boot").json["data"]
    assert (told["account"]["email"], told["company_id"]) == ("ana@example.org", str(company.id))
    assert "account" not in told["scopes"]
    assert token.delete("/api/login").status_code == 204


def test_no_token_is_made_for_a_company_and_the_account(app: Flask, ana: User, company: Company):
    sent = {"name": "Printer", "scopes": ["account", "events:read"], "company_id": str(company.id)}
    whole = Program(app).act_for(ana)
    assert set(refused(whole.post("/api/tokens", sent), 422, "json_error")) == {"company_id"}
    assert whole.post("/api/tokens", {**sent, "scopes": ["events:read"]}).status_code == 201


def test_roles_above_its_company_are_not_told(
    here: Program, app: Flask, ana: User, zed: User, above: Company, company: Company
):
    factories.a_membership(zed, above, Role.ORGANISER)
    factories.a_membership(zed, company, Role.DOORKEEPER)
    held = f"{at(company)}/administrators/{zed.id}/holdings"
    assert here.get(held).json["data"]["above"] == []
    whole = Program(app).act_for(ana).get(held).json["data"]
    assert [one["company_name"] for one in whole["above"]] == ["Above"]


@pytest.mark.both_databases
def test_a_company_token_moves_nothing_out_of_its_reach(
    here: Program, app: Flask, ana: User, above: Company, company: Company
):
    below = factories.a_company(name="Below", parent=company)
    deeper = factories.a_company(name="Deeper", parent=below)
    for moved in (company, below):
        refused(here.patch(at(moved), {"parent_id": None}), 403, "forbidden")
    refused(here.patch(at(below), {"parent_id": str(above.id)}), 404, "not_found")
    db.session.expire_all()
    assert (company.parent_id, below.parent_id) == (above.id, company.id)
    assert here.patch(at(deeper), {"parent_id": str(company.id)}).status_code == 200
    whole = Program(app).act_for(ana)
    factories.a_membership(ana, company, Role.OWNER)
    assert whole.patch(at(company), {"parent_id": None}).status_code == 200


# ---------------------------------------------------------------- accepting


@pytest.mark.both_databases
def test_a_role_is_accepted_by_a_token_of_the_account_alone(
    here: Program, app: Flask, ana: User, zed: User, elsewhere: Company
):
    made = invited(zed, company_id=elsewhere.id, role="administrator")
    link = f"/api/invite/{public_id(made)}"
    others = by_hand(app, ana, *(one.value for one in Scope if one is not Scope.ACCOUNT))
    for token in (here, by_hand(app, ana, "guests:read"), others):
        refused(token.post(link), 403, "forbidden")
    assert (role_of(ana, elsewhere), db.session.get_one(Invitation, made.id).uses) == (None, 0)
    assert by_hand(app, ana, "account").post(link).status_code == 200
    assert role_of(ana, elsewhere) == "administrator"


def test_a_place_at_an_event_is_accepted_by_a_token_that_votes(
    here: Program, app: Flask, ana: User, zed: User, elsewhere: Company, company: Company
):
    made = invited(zed, kind="event", role=None, event_id=at_zeds(elsewhere, zed, visibility="invited").id)
    link = f"/api/invite/{public_id(made)}"
    others = by_hand(app, ana, *(one.value for one in Scope if one is not Scope.VOTING))
    for token in (here, others):
        refused(token.post(link), 403, "forbidden")
    assert db.session.query(Guest).count() == 0
    assert by_hand(app, ana, "voting").post(link).status_code == 200
    assert db.session.query(Guest).one().user_id == ana.id
    inside = invited(ana, kind="event", role=None, event_id=factories.an_event(company, zed).id)
    assert here.post(f"/api/invite/{public_id(inside)}").status_code == 200


# ---------------------------------------------------------------- what a row leaves to tokens


def test_an_administrator_widens_the_own_row_by_no_token_and_no_page(
    app: Flask, browser: Browser, ana: User, zed: User, above: Company
):
    held = ["companies:read", "companies:write", "events:read"]
    row = factories.a_membership(zed, above, Role.ADMINISTRATOR, scopes=held)
    person = f"{at(above)}/administrators/{zed.id}"
    for scopes in (None, sorted(HELD_TO), [*held, "guests:read"], ["companies:read"]):
        refused(Program(app).act_for(zed).patch(person, {"scopes": scopes}), 403, "forbidden")
    browser.sign_in(zed)
    page = browser.submit(f"/companies/{above.slug}/people/{row.id}/programs", {"scopes": [*held, "guests:read"]})
    assert page.status_code == 403
    assert db.session.get_one(Membership, row.id).revoked_at is None
    assert Program(app).act_for(ana).patch(person, {"scopes": None}).json["data"]["scopes"] is None


def test_a_token_widens_nobody_beyond_itself(app: Flask, ana: User, zed: User, above: Company):
    factories.a_membership(zed, above, Role.ORGANISER, scopes=["events:read"])
    person, token = f"{at(above)}/administrators/{zed.id}", by_hand(app, ana, "companies:write", "check-in")
    for scopes in (None, ["events:read", "guests:read"], ["voting"]):
        refused(token.patch(person, {"scopes": scopes}), 403, "forbidden")
    assert token.patch(person, {"scopes": ["events:read", "check-in"]}).status_code == 200
    assert token.patch(person, {"scopes": []}).status_code == 200


def test_nor_beyond_what_the_own_row_leaves_to_it(app: Flask, ana: User, zed: User, elsewhere: Company):
    factories.a_membership(ana, elsewhere, Role.ADMINISTRATOR, scopes=["companies:read", "companies:write"])
    other = factories.an_account("Other")
    factories.a_membership(other, elsewhere, Role.ORGANISER, scopes=["companies:read"])
    person = f"{at(elsewhere)}/administrators/{other.id}"
    refused(Program(app).act_for(ana).patch(person, {"scopes": None}), 403, "forbidden")


def test_an_owner_changes_the_own_row_with_the_password_just_given(app: Flask, ana: User, above: Company):
    person = f"{at(above)}/administrators/{ana.id}"
    owner = Program(app).act_for(ana)
    held = ["companies:read", "companies:write"]
    assert owner.patch(person, {"scopes": held}).json["data"]["scopes"] == held
    # what is held to less by now does not widen itself: that takes a browser
    refused(owner.patch(person, {"scopes": None}), 403, "forbidden")


# ---------------------------------------------------------------- the door, and the calendar


@pytest.mark.both_databases
def test_the_scope_check_in_alone_reads_the_list_as_the_door_sees_it(app: Flask, ana: User, company: Company):
    event = factories.an_event(company, ana, visibility="invited")
    guest = factories.a_guest(event, name="Maja", email="maja@example.org", note="vegan", reply="yes")
    door, whole = by_hand(app, ana, "check-in"), by_hand(app, ana, "check-in", "guests:read")
    one = f"/api/guests/{event.id}/{guest.id}"
    (listed,) = door.get(f"/api/guests/{event.id}").json["data"]
    assert listed == door.get(one).json["data"]
    assert (listed["name"], listed["reply"], listed["email"], listed["note"], listed["mail"]) == (
        "Maja", "yes", None, "", None
    )  # fmt: skip
    assert whole.get(one).json["data"]["email"] == "maja@example.org"
    assert whole.get(f"/api/guests/{event.id}").json["data"][0]["note"] == "vegan"
    # nor is an address found out by searching for it
    found = [token.get(f"/api/guests/{event.id}?search=maja@example").json["data"] for token in (door, whole)]
    assert [len(rows) for rows in found] == [0, 1]
    refused(by_hand(app, ana, "events:read").get(one), 403, "forbidden")
    refused(door.get(f"/api/events/{event.id}/coming"), 403, "forbidden")


def test_a_role_that_leaves_check_in_to_tokens_shows_them_the_door(
    app: Flask, ana: User, zed: User, elsewhere: Company
):
    factories.a_membership(ana, elsewhere, Role.OWNER, scopes=["check-in"])
    event = factories.an_event(elsewhere, zed, visibility="invited")
    factories.a_guest(event, name="Maja", email="maja@example.org")
    (listed,) = Program(app).act_for(ana).get(f"/api/guests/{event.id}").json["data"]
    assert (listed["name"], listed["email"]) == ("Maja", None)


def test_the_secret_link_of_a_calendar_takes_the_scope_for_events(app: Flask, ana: User, above: Company):
    (project,) = Program(app).act_for(ana).get(f"{at(above)}/projects").json["data"]
    calendar = f"{at(above)}/projects/{project['id']}/calendar"
    refused(by_hand(app, ana, "companies:read", "companies:write").post(calendar), 403, "forbidden")
    url = by_hand(app, ana, "companies:write", "events:read").post(calendar).json["data"]["calendar_url"]
    assert url.startswith("http")
    for token, seen in (
        (by_hand(app, ana, "companies:read"), None),
        (by_hand(app, ana, "companies:read", "events:read"), url),
    ):
        (listed,) = token.get(f"{at(above)}/projects").json["data"]
        told = token.get(f"{at(above)}/projects/{project['id']}").json["data"]
        assert (listed["calendar_url"], told["calendar_url"]) == (seen, seen)


# ---------------------------------------------------------------- which company it is, where none is named


def since(user: User, company: Company, days: int, role: Role = Role.OWNER) -> None:
    """Give `user` a role that it has had for that many days."""
    with time_machine.travel(clock.now() - dt.timedelta(days=days), tick=False):
        factories.a_membership(user, company, role)


def in_a_week(token: Program) -> dict[str, Any]:
    """The event that a program makes without naming a project."""
    start = clock.now() + dt.timedelta(days=7)
    moments = {"starts_at": start.isoformat(), "ends_at": (start + dt.timedelta(hours=2)).isoformat()}
    answer = token.post("/api/events", {"title": "Where?", "timezone": "UTC", **moments})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json["data"]
    return made


@pytest.mark.both_databases
def test_the_company_one_has_had_a_role_in_the_longest_outlasts_a_change_there(
    app: Flask, program: Program, ana: User, zed: User
):
    first, later = factories.a_company(zed, name="Zebra"), factories.a_company(zed, name="Aster")
    since(ana, first, 20)
    since(ana, later, 10)
    assert program.authenticate(ana)["company_id"] == str(first.id)
    person, owner = f"{at(first)}/administrators/{ana.id}", Program(app).act_for(zed)
    for change in ({"role": "administrator"}, {"scopes": WORK}, {"role": "organiser", "scopes": None}):
        assert owner.patch(person, change).status_code == 200
        assert program.authenticate(ana)["company_id"] == str(first.id)
    assert in_a_week(program)["company_id"] == str(first.id)
    assert owner.delete(person).status_code == 204
    assert program.authenticate(ana)["company_id"] == str(later.id)


@pytest.mark.both_databases
def test_an_event_without_a_project_belongs_to_the_company_one_acts_for(
    app: Flask, here: Program, browser: Browser, ana: User, above: Company, company: Company
):
    factories.a_company(name="Alpha", parent=company)
    factories.a_company(ana, name="Aardvark")
    whole = Program(app).act_for(ana)
    for token, place in ((here, company), (whole, above)):
        made = in_a_week(token)
        project = factories.default_project(place)
        assert (made["company_id"], made["project_id"]) == (str(place.id), str(project.id))
    page = browser.sign_in(ana).get("/events/new").text
    chosen = re.search(r'<select[^>]* name="project".*?</select>', page, re.DOTALL)[0]
    assert re.findall(r'<option selected value="([^"]+)"', chosen) == [str(factories.default_project(above).id)]


def test_where_one_may_make_none_in_the_oldest_company_it_is_the_next(program: Program, ana: User, zed: User):
    since(ana, factories.a_company(zed, name="Oldest"), 20, Role.DOORKEEPER)
    organised = factories.a_company(zed, name="Zebra")
    since(ana, organised, 10, Role.ORGANISER)
    since(ana, factories.a_company(zed, name="Aster"), 5, Role.ORGANISER)
    program.act_for(ana)
    assert in_a_week(program)["company_id"] == str(organised.id)
