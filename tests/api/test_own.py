"""A program does with the account it acts for what its owner does on the account's page."""

import datetime as dt
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.api.test_queries import counted
from tests.browsers import Browser
from tests.mails import Outbox
from tests.programs import Program, refused
from tests.voting import votes
from webapp.core.database import db
from webapp.core.permissions import Role
from webapp.models import Company, JournalEntry, Membership, User

NEW = "new@example.org"
ASKED = {"current_password": factories.PASSWORD, "email": NEW}


def fresh(user: User) -> User:
    return db.session.get_one(User, user.id, populate_existing=True)


def token_of(outbox: Outbox) -> str:
    return outbox.link("email-change", r"/email-change/\S+").rpartition("/")[2]


# ---------------------------------------------------------------- what one says of oneself


def test_null_empties_what_may_be_empty_and_an_empty_text_leaves_it(program: Program, ana: User):
    said = {"surname": "Novak", "eth_address": "0x" + "a" * 40, "timezone": "Europe/Ljubljana"}
    program.act_for(ana)
    assert program.put("/api/users/me", said).status_code == 200
    assert program.put("/api/users/me", dict.fromkeys(("name", *said), "")).status_code == 200
    user = fresh(ana)
    assert (user.name, *(getattr(user, name) for name in said)) == ("Ana", *said.values())
    assert program.put("/api/users/me", dict.fromkeys(said)).status_code == 200
    user = fresh(ana)
    assert (user.name, user.surname, user.eth_address, user.timezone) == ("Ana", "", None, None)


def test_a_name_there_must_be_and_an_unknown_field_is_no_blank_one(program: Program, ana: User):
    program.act_for(ana)
    assert refused(program.put("/api/users/me", {"name": None}), 422, "json_error").keys() == {"name"}
    assert refused(program.put("/api/users/me", {"nick": ""}), 422, "json_error").keys() == {"nick"}
    assert fresh(ana).name == "Ana"


# ---------------------------------------------------------------- another address


@pytest.mark.both_databases
def test_an_address_is_changed_with_the_token_out_of_the_mail(program: Program, ana: User, outbox: Outbox):
    program.act_for(ana)
    answer = program.post("/api/email", ASKED)
    assert (answer.status_code, answer.json["data"]) == (200, {})
    assert fresh(ana).email == "ana@example.org"
    token = token_of(outbox)
    for _ in range(2):
        shown = program.get(f"/api/email-change/{token}").json["data"]
        assert shown == {"email": NEW, "needs_password": False}
    answer = program.post(f"/api/email-change/{token}")
    assert (answer.status_code, answer.json["data"]["email"]) == (200, NEW)
    assert fresh(ana).email == NEW
    assert outbox.last("email-changed").to_email == "ana@example.org"
    refused(program.post(f"/api/email-change/{token}"), 410, "otk_expired")
    refused(program.get(f"/api/email-change/{token}"), 410, "otk_expired")


@pytest.mark.parametrize("scopes", [None, ["events:read"]], ids=["no token", "a token without the scope account"])
def test_without_a_token_of_the_account_its_password_confirms(
    program: Program, other_program: Program, ana: User, outbox: Outbox, scopes: list[str] | None
):
    program.act_for(ana).post("/api/email", ASKED)
    token = token_of(outbox)
    if scopes is not None:
        other_program.act_for(ana, scopes=scopes)
    assert other_program.get(f"/api/email-change/{token}").json["data"]["needs_password"]
    path = f"/api/email-change/{token}"
    assert refused(other_program.post(path), 422, "json_error").keys() == {"password"}
    assert refused(other_program.post(path, {"password": "another"}), 422, "json_error").keys() == {"password"}
    assert fresh(ana).email == "ana@example.org"
    assert other_program.post(path, {"password": factories.PASSWORD}).json["data"]["email"] == NEW


def test_somebody_elses_token_does_not_confirm_it(program: Program, other_program: Program, ana: User, outbox: Outbox):
    program.act_for(ana).post("/api/email", ASKED)
    other_program.act_for(factories.an_account())
    assert refused(other_program.post(f"/api/email-change/{token_of(outbox)}"), 422, "json_error").keys() == {
        "password"
    }
    assert fresh(ana).email == "ana@example.org"


def test_a_taken_address_is_answered_like_a_free_one(program: Program, ana: User, outbox: Outbox):
    factories.an_account(email="taken@example.org")
    program.act_for(ana)
    taken = program.post("/api/email", {**ASKED, "email": "taken@example.org"})
    free = program.post("/api/email", ASKED)
    assert (taken.status_code, taken.json) == (free.status_code, free.json)
    assert [mail.to_email for mail in outbox("email-change")] == [NEW]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"current_password": "another"}, "current_password"),
        ({"email": "ANA@example.org"}, "email"),
        ({"email": "ana"}, "email"),
        ({"password": "x"}, "password"),
    ],
)
def test_what_does_not_fit_mails_nothing(
    program: Program, ana: User, outbox: Outbox, changed: dict[str, str], field: str
):
    assert field in refused(program.act_for(ana).post("/api/email", {**ASKED, **changed}), 422, "json_error")
    assert outbox("email-change") == []


def test_a_link_that_is_none_of_ours_is_not_there(program: Program):
    refused(program.get("/api/email-change/nonsense"), 404, "otk_not_found_error")
    refused(program.post("/api/email-change/nonsense"), 404, "otk_not_found_error")


# ---------------------------------------------------------------- own data


def lived(ana: User) -> Company:
    """Ana with one of everything that an export tells of."""
    company = factories.a_company(ana, name="Zadruga")
    event = factories.an_event(company, ana, questions={"Which?": ["This", "That"]})
    guest = factories.a_guest(event, user=ana, reply="yes", party_size=2, companions=["Ben"])
    assert guest.id
    return company


def names(data: Any) -> Any:
    """The names in plain data, of a list those of its first."""
    if isinstance(data, dict):
        return {name: names(value) for name, value in data.items()}
    return [names(data[0])] if isinstance(data, list) and data else None


def same(one: Any, other: Any) -> bool:
    """Tell whether two pieces of plain data say the same; a moment can be written in two ways."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(same(*pair) for pair in zip(one, other, strict=True))
    if one != other and isinstance(one, str) and isinstance(other, str):
        return dt.datetime.fromisoformat(one) == dt.datetime.fromisoformat(other)
    return bool(one == other)


@pytest.mark.both_databases
def test_the_export_is_that_of_the_page(program: Program, browser: Browser, ana: User):
    company = lived(ana)
    program.act_for(ana)
    event_id = program.get("/api/events?when=mine").json["data"][0]["id"]
    question = program.get(f"/api/events/{event_id}").json["data"]["questions"][0]
    sent = {"event_id": event_id, "answer_ids": [question["answers"][0]["id"]]}
    assert program.post("/api/vote", sent).status_code == 201
    program.post("/api/invite", {"event_id": event_id})
    program.get("/api/users/me/export")
    page = browser.sign_in(ana).get("/account/export").json
    data = program.get("/api/users/me/export").json["data"]
    assert names(data) == names(page)
    assert {name for name, value in data.items() if not value} == {"invitations_used"}
    assert same({**page, "sessions": None}, {**data, "sessions": None})
    assert {one["id"] for one in page["sessions"]} == {one["id"] for one in data["sessions"]}
    assert data["memberships"][0]["company"] == company.name
    assert program.get(f"/api/users/{ana.id}/export").json["data"].keys() == data.keys()


@pytest.mark.both_databases
def test_an_export_of_many_votes_takes_no_more_than_that_of_one(program: Program, ana: User):
    sent: list[tuple[int, int]] = []
    program.act_for(ana).get("/api/boot")
    for number in (1, 20):
        for _ in range(number):
            event = votes.an_open_vote()
            votes.cast(factories.a_guest(event, user=ana, reply="yes"), 0)
        with counted() as done:
            answer = program.get("/api/users/me/export?fields=votes")
        assert all(vote["answers"] for vote in answer.json["data"]["votes"])
        sent.append((len(answer.json["data"]["votes"]), len(done)))
    assert sent[0][0] == 1
    assert sent[1] == (21, sent[0][1])


def test_nobody_elses_data_is_exported_and_no_secret(program: Program, ana: User):
    bob = factories.an_account()
    program.act_for(ana)
    refused(program.get(f"/api/users/{bob.id}/export"), 403, "auth_invalid")
    text = program.get("/api/users/me/export").text
    assert ana.password_hash not in text
    assert "secret" not in text
    assert "nonce" not in text


# ---------------------------------------------------------------- the end


def erase(program: Program, **sent: Any) -> Any:
    return program.delete("/api/users/me", json=sent)


@pytest.mark.both_databases
def test_an_account_is_erased_with_its_password(app: Flask, program: Program, ana: User, outbox: Outbox):
    factories.a_company(ana, name="Alone")
    program.act_for(ana)
    assert refused(erase(program), 422, "json_error").keys() == {"current_password"}
    assert refused(erase(program, current_password="another"), 422, "json_error").keys() == {"current_password"}
    assert fresh(ana).deleted_at is None
    assert erase(program, current_password=factories.PASSWORD).status_code == 204
    user = fresh(ana)
    assert (user.deleted_at is not None, user.email, user.name) == (True, None, "")
    assert outbox.last("account-deleted").to_email == "ana@example.org"
    refused(program.get("/api/users/me"), 401, "auth_invalid")
    assert db.session.scalars(select(JournalEntry.action).where(JournalEntry.action == "account.deleted")).one()


def test_a_last_owner_hands_over_first(program: Program, ana: User):
    company, bob = factories.a_company(ana), factories.an_account()
    factories.a_membership(bob, company, Role.ORGANISER)
    program.act_for(ana)
    refused(erase(program, current_password=factories.PASSWORD), 409, "last_owner")
    assert fresh(ana).deleted_at is None
    path = f"/api/companies/{company.id}/administrators/{bob.id}"
    assert program.patch(path, {"role": "owner"}).status_code == 200
    assert erase(program, current_password=factories.PASSWORD).status_code == 204
    standing = db.session.scalars(select(Membership.user_id).where(Membership.revoked_at.is_(None))).all()
    assert standing == [bob.id]


def test_who_alone_looks_after_the_site_stays(program: Program):
    boss = factories.an_account(site_administrator=True)
    refused(erase(program.act_for(boss), current_password=factories.PASSWORD), 403, "last_administrator")
    assert fresh(boss).deleted_at is None


def test_nobody_erases_somebody_else(program: Program, ana: User):
    bob = factories.an_account()
    program.act_for(ana)
    answer = program.delete(f"/api/users/{bob.id}", json={"current_password": factories.PASSWORD})
    refused(answer, 403, "auth_invalid")
    assert fresh(bob).deleted_at is None
    program.act_for(ana, scopes=["events:read"])
    refused(erase(program, current_password=factories.PASSWORD), 403, "forbidden")
    assert fresh(ana).deleted_at is None


def test_another_program_of_the_account_has_ended_with_it(program: Program, other_program: Program, ana: User):
    other_program.act_for(ana)
    erase(program.act_for(ana), current_password=factories.PASSWORD)
    refused(other_program.get("/api/boot"), 401, "auth_invalid")


def test_a_current_password_without_a_new_one_changes_nothing(program: Program, ana: User):
    program.act_for(ana)
    sent = {"name": "Other", "current_password": factories.PASSWORD}
    assert refused(program.put("/api/users/me", sent), 422, "json_error").keys() == {"password"}
    assert program.get("/api/users/me").json["data"]["user_name"] == "Ana"
