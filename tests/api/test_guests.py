"""Programs keep a guest list, write to guests, and answer for their own account."""

import datetime as dt
import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests import factories
from tests.browsers import Browser, words
from tests.mails import Outbox
from tests.programs import Program, refused
from tests.voting import votes
from webapp.core import clock
from webapp.core.database import db
from webapp.core.operation import operation
from webapp.core.permissions import Role
from webapp.guests.links import admission_code, personal_token
from webapp.mail.outbox import queue
from webapp.models import Answered, Company, Event, EventDay, Guest, JournalEntry, User
from webapp.voting.operations import close_vote

KEY = {"Idempotency-Key": "order-66"}
OVER = {"starts_in": dt.timedelta(days=-2)}


@pytest.fixture
def company(ana: User) -> Company:
    return factories.a_company(ana)


@pytest.fixture
def event(ana: User, company: Company) -> Event:
    return factories.an_event(company, ana, title="Žive meje", visibility="invited", capacity=10)


@pytest.fixture
def organiser(program: Program, ana: User, event: Event) -> Program:
    return program.act_for(ana)


@pytest.fixture
def doorkeeper(app: Flask, company: Company) -> Program:
    person = factories.an_account("Dora")
    factories.a_membership(person, company, Role.DOORKEEPER)
    return Program(app).act_for(person)


@pytest.fixture
def stranger(app: Flask) -> Program:
    return Program(app).act_for(factories.an_account("Stranger"))


@pytest.fixture
def ben(app: Flask) -> User:
    return factories.an_account("Ben", email="ben@example.org")


@pytest.fixture
def own(other_program: Program, ben: User) -> Program:
    """The program of somebody who is invited."""
    return other_program.act_for(ben)


def row(guest: Guest) -> Guest:
    return db.session.get_one(Guest, guest.id, populate_existing=True)


def fresh(event: Event) -> Event:
    return db.session.get_one(Event, event.id, populate_existing=True)


def taken(event: Event) -> int:
    return fresh(event).taken


def at_once(asking: list[Callable[[], TestResponse]]) -> list[TestResponse]:
    """The answers of as many threads that begin together."""
    ready, answers = threading.Barrier(len(asking)), []

    def run(ask: Callable[[], TestResponse]) -> None:
        ready.wait()
        answers.append(ask())

    threads = [threading.Thread(target=run, args=(ask,)) for ask in asking]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # what they have written is to be seen
    db.session.rollback()
    return answers


# ---- writing to guests

MESSAGE = {"subject": "Bring a plate", "body": "We have none.\n\nAna"}


@pytest.mark.both_databases
def test_a_message_goes_to_the_guests_that_are_named(organiser: Program, event: Event, outbox: Outbox):
    guests = [factories.a_guest(event, email=f"{name}@example.org") for name in ("iva", "jan", "kim")]
    named = {**MESSAGE, "guest_ids": [str(guests[0].id), str(guests[2].id)]}
    answer = organiser.post(f"/api/guests/{event.id}/message", named)
    assert answer.json["data"] == {"queued": 2, "unreachable": 0}
    assert answer.json["meta"]["message"] == "The message is on its way."
    mails = outbox("guest-message")
    assert sorted(mail.to_email for mail in mails) == ["iva@example.org", "kim@example.org"]
    assert mails[0].context == MESSAGE
    assert "We have none.\n\nAna" in outbox.text(mails[0])


def test_a_message_for_nobody_in_particular_goes_to_all_who_can_be_written_to(
    organiser: Program, event: Event, outbox: Outbox
):
    factories.a_guest(event, email="iva@example.org")
    factories.a_guest(event, name="Walk-in", email=None)
    factories.a_guest(event, email="quiet@example.org", unsubscribed_at=clock.now())
    factories.a_guest(event, email="gone@example.org", removed_at=clock.now())
    answer = organiser.post(f"/api/guests/{event.id}/message", MESSAGE)
    assert answer.json["data"] == {"queued": 1, "unreachable": 2}
    assert [mail.to_email for mail in outbox("guest-message")] == ["iva@example.org"]


def test_a_message_is_sent_once_for_one_key(organiser: Program, event: Event, outbox: Outbox):
    factories.a_guest(event)
    first, second = (organiser.post(f"/api/guests/{event.id}/message", MESSAGE, headers=KEY) for _ in range(2))
    assert (first.status_code, second.text) == (200, first.text)
    assert len(outbox("guest-message")) == 1


def test_nobody_is_written_to_by_a_message_that_says_nothing(organiser: Program, event: Event, outbox: Outbox):
    factories.a_guest(event)
    wrong = refused(
        organiser.post(f"/api/guests/{event.id}/message", {"subject": " ", "body": "\n"}), 422, "json_error"
    )
    assert wrong == {"subject": "Please fill this in.", "body": "Please fill this in."}
    assert outbox() == []


def test_guests_are_written_to_after_the_end_but_not_asked_any_more(
    organiser: Program, ana: User, company: Company, outbox: Outbox
):
    over = factories.an_event(company, ana, **OVER)
    factories.a_guest(over)
    for asking in ("invite", "remind"):
        refused(organiser.post(f"/api/guests/{over.id}/{asking}"), 409, "event_end_error")
    assert organiser.post(f"/api/guests/{over.id}/message", MESSAGE).json["data"]["queued"] == 1
    assert [mail.template for mail in outbox()] == ["guest-message"]


@pytest.mark.parametrize("path", ["message", "invite", "remind"])
def test_guests_of_a_draft_are_not_written_to(organiser: Program, ana: User, company: Company, path: str):
    draft = factories.an_event(company, ana, state="draft", published_at=None)
    factories.a_guest(draft)
    refused(organiser.post(f"/api/guests/{draft.id}/{path}", MESSAGE if path == "message" else {}), 409, "event_error")


def test_only_those_who_keep_the_list_write_to_guests(
    doorkeeper: Program, stranger: Program, event: Event, outbox: Outbox
):
    factories.a_guest(event)
    refused(doorkeeper.post(f"/api/guests/{event.id}/message", MESSAGE), 403, "forbidden")
    refused(stranger.post(f"/api/guests/{event.id}/message", MESSAGE), 404, "not_found")
    assert outbox() == []


# ---- taking guests off


@pytest.mark.both_databases
def test_each_of_many_is_told_what_became_of_it(organiser: Program, ana: User, company: Company, event: Event):
    comes = factories.a_guest(event, reply="yes", party_size=3)
    gone = factories.a_guest(event, removed_at=clock.now())
    foreign = factories.a_guest(factories.an_event(company, ana))
    nobody = uuid.uuid4()
    named = [str(one) for one in (gone.id, comes.id, foreign.id, comes.id, nobody)]
    answer = organiser.post(f"/api/guests/{event.id}/remove", {"guest_ids": named})
    assert answer.json["data"] == {
        "removed": 1,
        "results": [
            {"guest_id": str(gone.id), "outcome": "not on the list"},
            {"guest_id": str(comes.id), "outcome": "removed"},
            {"guest_id": str(foreign.id), "outcome": "not on the list"},
            {"guest_id": str(nobody), "outcome": "not on the list"},
        ],
    }
    assert (row(comes).standing, row(foreign).standing, taken(event)) == (False, True, 0)


def test_a_thousand_are_taken_off_in_one_call_and_not_one_more(organiser: Program, event: Event):
    people = [{"email": f"guest{number}@example.org"} for number in range(1000)]
    added = organiser.post(f"/api/guests/{event.id}/import", {"guests": people, "invite": False}).json["data"]
    ids = [line["guest_id"] for line in added["results"]]
    refused(organiser.post(f"/api/guests/{event.id}/remove", {"guest_ids": [*ids, ids[0]]}), 422, "json_error")
    refused(organiser.post(f"/api/guests/{event.id}/remove", {"guest_ids": []}), 422, "json_error")
    assert organiser.get(f"/api/guests/{event.id}?limit=1").json["meta"]["count"] == 1000
    assert organiser.post(f"/api/guests/{event.id}/remove", {"guest_ids": ids}).json["data"]["removed"] == 1000
    assert organiser.get(f"/api/guests/{event.id}").json["meta"]["count"] == 0


def test_only_those_who_keep_the_list_take_guests_off(doorkeeper: Program, stranger: Program, event: Event):
    guest = factories.a_guest(event)
    sent = {"guest_ids": [str(guest.id)]}
    refused(doorkeeper.post(f"/api/guests/{event.id}/remove", sent), 403, "forbidden")
    refused(stranger.post(f"/api/guests/{event.id}/remove", sent), 404, "not_found")
    assert row(guest).standing


# ---- one guest


@pytest.mark.both_databases
def test_a_renewed_link_leads_there_and_the_old_one_nowhere(organiser: Program, browser: Browser, event: Event):
    guest = factories.a_guest(event)
    old = personal_token(guest)
    answer = organiser.post(f"/api/guests/{event.id}/{guest.id}/renew")
    assert (answer.status_code, answer.json["data"]["id"]) == (200, str(guest.id))
    assert "Send the invitation again" in answer.json["meta"]["message"]
    assert browser.get(f"/rsvp/{old}").status_code == 404
    new = personal_token(row(guest))
    assert browser.get(f"/rsvp/{new}").status_code == 200
    assert new not in answer.text


def test_only_those_who_keep_the_list_renew_a_link(
    organiser: Program, doorkeeper: Program, stranger: Program, ana: User, company: Company, event: Event
):
    guest = factories.a_guest(event)
    nonce, other = guest.nonce, factories.an_event(company, ana)
    refused(doorkeeper.post(f"/api/guests/{event.id}/{guest.id}/renew"), 403, "forbidden")
    refused(stranger.post(f"/api/guests/{event.id}/{guest.id}/renew"), 404, "not_found")
    refused(organiser.post(f"/api/guests/{other.id}/{guest.id}/renew"), 404, "not_found")
    assert row(guest).nonce == nonce


@operation
def _failed(guest: Guest) -> None:
    mail = queue("guest-invited", to=str(guest.email), guest_id=guest.id, event_id=guest.event_id)
    mail.state, mail.error = "failed", "550 no such mailbox"
    db.session.get_one(Guest, guest.id).last_mail_id = mail.id


def test_what_became_of_the_last_mail_is_told_to_those_who_keep_the_list(
    organiser: Program, doorkeeper: Program, event: Event
):
    guest = factories.a_guest(event, unsubscribed_at=clock.now())
    _failed(guest)
    said = organiser.get(f"/api/guests/{event.id}/{guest.id}").json["data"]
    names = ("mail", "mail_template", "mail_error", "mail_sent_at")
    assert [said[name] for name in names] == ["failed", "guest-invited", "550 no such mailbox", None]
    assert said["unsubscribed_at"]
    at_door = doorkeeper.get(f"/api/guests/{event.id}/{guest.id}").json["data"]
    assert {at_door[name] for name in (*names, "unsubscribed_at")} == {None}
    assert at_door.keys() == said.keys()


def test_the_door_is_shown_who_comes_and_nothing_of_how_it_came_to_that(
    organiser: Program, doorkeeper: Program, event: Event
):
    now = clock.now()
    moments = ("invited_at", "reminded_at", "opened_at", "replied_at", "joined_at", "waiting_since", "left_at")
    values = {**dict.fromkeys(moments, now), "unsubscribed_at": now, "note": "No nuts"}
    guest = factories.a_guest(event, user=factories.an_account("Iva"), reply="yes", checked_in_at=now, **values)
    path = f"/api/guests/{event.id}"
    whole = organiser.get(f"{path}/{guest.id}").json["data"]
    hidden = {*values, "email", "user_id"}
    assert all(whole[name] for name in hidden)
    for at_door in (doorkeeper.get(f"{path}/{guest.id}").json["data"], doorkeeper.get(path).json["data"][0]):
        assert {name for name in whole if at_door[name] != whole[name]} == hidden
        assert {at_door[name] or None for name in hidden} == {None}


# ---- at the door


def test_somebody_has_come_in_one_way_alone(doorkeeper: Program, event: Event):
    guest = str(factories.a_guest(event).id)
    path = f"/api/guests/{event.id}/check-in"
    for sent in ({"guest_id": guest, "walk_in": "Iva"}, {"guest_ids": [guest], "walk_in": "Iva"}):
        assert refused(doorkeeper.post(path, sent), 422, "json_error").keys() == {"walk_in"}
    assert refused(doorkeeper.post(path, {"walk_in": "Iva", "undo": True}), 422, "json_error").keys() == {"walk_in"}
    assert refused(doorkeeper.post(path, {"guest_ids": []}), 422, "json_error").keys() == {"guest_id"}
    assert doorkeeper.get(f"/api/guests/{event.id}").json["meta"]["count"] == 1


def test_whoever_is_named_twice_comes_once(doorkeeper: Program, event: Event):
    guest, other = (str(factories.a_guest(event).id) for _ in range(2))
    path = f"/api/guests/{event.id}/check-in"
    both = {"guest_id": guest, "guest_ids": [other, guest]}
    done = [{"guest_id": one, "done": True, "found": True} for one in (guest, other)]
    assert doorkeeper.post(path, both).json["data"]["results"] == done
    again = doorkeeper.post(path, {"guest_id": guest}).json["data"]["results"]
    assert again == [{"guest_id": guest, "done": False, "found": True}]
    assert doorkeeper.post(path, {**both, "undo": True}).json["data"]["results"] == done


def lines(event: Event, action: str) -> int:
    """How many lines of the journal say that this was done about the event's guests."""
    return db.session.query(JournalEntry).filter_by(event_id=event.id, thing_type="guest", action=action).count()


@pytest.mark.both_databases
def test_a_batch_is_counted_and_written_down_as_each_alone_would_be(doorkeeper: Program, event: Event):
    several = [factories.a_guest(event, reply="yes") for _ in range(3)]
    was_in = factories.a_guest(event, checked_in_at=clock.now())
    path, ids = f"/api/guests/{event.id}/check-in", [str(guest.id) for guest in (*several, was_in)]
    done = doorkeeper.post(path, {"guest_ids": ids}).json["data"]["results"]
    assert [one["done"] for one in done] == [True, True, True, False]
    assert (fresh(event).guests_checked_in, lines(event, "guest.checked_in")) == (4, 3)
    assert len({row(guest).checked_in_by for guest in several} - {None}) == 1
    day = db.session.query(EventDay).filter_by(event_id=event.id).one()
    assert day.checked_in == 3
    done = doorkeeper.post(path, {"guest_ids": ids[:2], "undo": True}).json["data"]["results"]
    assert [one["done"] for one in done] == [True, True]
    assert (fresh(event).guests_checked_in, lines(event, "guest.check_in_undone")) == (2, 2)
    assert (row(several[0]).checked_in_at, row(several[0]).checked_in_by) == (None, None)


@pytest.mark.race
@pytest.mark.both_databases
@pytest.mark.parametrize("path", ["check-in", "remove"])
def test_of_several_batches_at_once_each_guest_is_in_one(app: Flask, organiser: Program, event: Event, path: str):
    ids = [str(factories.a_guest(event, reply="yes").id) for _ in range(8)]
    address = f"/api/guests/{event.id}/{path}"

    def asking(named: list[str]) -> Callable[[], TestResponse]:
        program = Program(app)
        program.token = organiser.token

        def ask() -> TestResponse:
            with app.app_context():
                return program.post(address, {"guest_ids": named})

        return ask

    answers = at_once([asking(named) for named in (ids, ids[::-1], ids[2:6], ids[4:], ids[:5])])
    told = [(one["guest_id"], one.get("done") or one.get("outcome") == "removed")
            for answer in answers for one in answer.json["data"]["results"]]  # fmt: skip
    assert sorted(guest for guest, done in told if done) == sorted(ids)
    whole = fresh(event)
    if path == "check-in":
        assert (whole.guests_checked_in, lines(event, "guest.checked_in")) == (8, 8)
    else:
        assert (whole.guests_listed, whole.taken, lines(event, "guest.removed")) == (0, 0, 8)


# ---- answering for oneself

YES = {"reply": "yes", "companions": ["Iva", "Jan"], "note": "We come by train."}


def answered(own: Program, event: Event, **sent: Any) -> TestResponse:
    return own.post("/api/reply", {"event_id": str(event.id), **sent})


@pytest.mark.both_databases
def test_a_guest_says_yes_with_companions_and_reads_the_own_row(
    own: Program, browser: Browser, ben: User, event: Event, outbox: Outbox
):
    guest = factories.a_guest(event, user=ben, invited_at=clock.now())
    before = own.get(f"/api/events/{event.id}/guest").json["data"]
    assert (before["reply"], before["party_size"], before["on_roll"], before["code"]) == (None, 1, False, None)
    answer = answered(own, event, **YES)
    assert answer.json["meta"] == {"id": "ok", "message": "Your answer is noted: you’re coming.", "code": 200}
    said = answer.json["data"]
    assert (said["id"], said["event_id"]) == (str(guest.id), str(event.id))
    assert (said["reply"], said["party_size"], said["places"], said["on_roll"]) == ("yes", 3, 3, True)
    assert (said["companions"], said["note"]) == (["Iva", "Jan"], "We come by train.")
    assert said["replied_at"]
    assert said["joined_at"]
    assert said["code"] == admission_code(guest)
    assert said["code"] in words(browser.get(f"/rsvp/{personal_token(guest)}"))
    assert own.get(f"/api/events/{event.id}/guest").json["data"] == said
    assert taken(event) == 3
    assert [mail.to_email for mail in outbox("guest-confirmation")] == ["ben@example.org"]


def test_a_guest_changes_the_answer(own: Program, ben: User, event: Event):
    factories.a_guest(event, user=ben)
    answered(own, event, **YES)
    fewer = answered(own, event, reply="yes", party_size=2, companions=["Iva"]).json["data"]
    assert (fewer["party_size"], fewer["companions"], fewer["note"]) == (2, ["Iva"], "We come by train.")
    never = answered(own, event, reply="no", note="")
    assert never.json["meta"]["message"] == "Your answer is noted: you’re not coming."
    said = never.json["data"]
    assert (said["reply"], said["party_size"], said["companions"], said["note"]) == ("no", 1, [], "")
    assert (said["on_roll"], said["code"], taken(event)) == (False, None, 0)


def test_whoever_left_reads_the_row_and_comes_back_with_a_yes(own: Program, ben: User, event: Event):
    factories.a_guest(event, user=ben, reply="yes")
    assert own.post("/api/leave", {"event_id": str(event.id)}).status_code == 204
    left = own.get(f"/api/events/{event.id}/guest").json["data"]
    assert left["left_at"]
    assert left["code"] is None
    refused(answered(own, event, reply="no"), 409, "not_joined_error")
    back = answered(own, event, reply="yes").json["data"]
    assert (back["left_at"], back["reply"], taken(event)) == (None, "yes", 1)


@pytest.mark.parametrize("visibility", ["public", "invited"])
@pytest.mark.parametrize("row", [None, {"removed_at": True}, {"unconfirmed_until": True}])
def test_whoever_is_not_on_the_list_has_no_answer_to_give(
    own: Program, ana: User, ben: User, company: Company, visibility: str, row: dict[str, Any] | None
):
    event = factories.an_event(company, ana, visibility=visibility)
    if row is not None:
        factories.a_guest(event, user=ben, **{name: clock.now() for name in row})
    answer, read = answered(own, event, reply="yes"), own.get(f"/api/events/{event.id}/guest")
    refused(read, 404, "not_found")
    if visibility == "invited":
        refused(answer, 404, "not_found")
    else:
        refused(answer, 409, "not_joined_error")
        assert read.json["error"]["message"] == "You are not on the guest list of this event."
    assert taken(event) == 0


def test_a_draft_is_hidden_from_its_guests(own: Program, ana: User, ben: User, company: Company):
    draft = factories.an_event(company, ana, state="draft", published_at=None)
    factories.a_guest(draft, user=ben)
    refused(answered(own, draft, reply="yes"), 404, "not_found")
    refused(own.get(f"/api/events/{draft.id}/guest"), 404, "not_found")


def test_nobody_answers_for_somebody_else(own: Program, organiser: Program, ana: User, ben: User, event: Event):
    guest = factories.a_guest(event, user=ben)
    refused(answered(organiser, event, reply="yes"), 409, "not_joined_error")
    assert row(guest).reply is None
    factories.a_guest(event, user=ana)
    assert answered(organiser, event, reply="no").json["data"]["reply"] == "no"
    assert row(guest).reply is None


REFUSED: list[Any] = [
    pytest.param({"capacity": 2}, "event_full_error", id="too few places"),
    pytest.param({"join_by": clock.now() - dt.timedelta(hours=1)}, "ttj_error", id="too late"),
    pytest.param({"state": "cancelled"}, "event_error", id="cancelled"),
    pytest.param(OVER, "event_end_error", id="over"),
]


def test_a_program_reads_what_waits_for_its_account(own: Program, ana: User, ben: User, company: Company):
    asked = factories.an_event(company, ana, title="Asked", starts_in=dt.timedelta(days=9))
    factories.a_guest(asked, user=ben, invited_at=clock.now())
    going = factories.an_event(company, ana, title="Going", questions={"Which?": ["This", "That"]})
    factories.a_guest(going, user=ben, reply="yes")
    declined = factories.an_event(company, ana, title="Declined")
    factories.a_guest(declined, user=ben, reply="no")
    said = own.get("/api/asked").json["data"]
    assert {name: [one["title"] for one in rows] for name, rows in said.items()} == {
        "replies": ["Asked"],
        "votes": ["Going"],
        "coming": ["Going"],
    }
    (first,) = said["replies"]
    assert first["event_id"] == str(asked.id)
    assert first["joins_until"] == first["votes_until"] == first["ends_at"]


# ---- what an event's page shows besides


def test_its_guests_read_who_is_coming(
    own: Program, organiser: Program, doorkeeper: Program, stranger: Program, ana: User, ben: User, company: Company
):
    event = factories.an_event(company, ana, visibility="public")
    factories.a_guest(event, user=ben)
    factories.a_guest(event, name="Iva", reply="yes", party_size=2)
    factories.a_guest(event, name="Jan", reply="no")
    path = f"/api/events/{event.id}/coming"
    for program in (own, organiser, doorkeeper):
        said = program.get(path).json["data"]
        assert said == {"said_yes": 1, "guests": [{"name": "Iva", "party_size": 2}]}
    refused(stranger.get(path), 403, "forbidden")


def test_who_is_coming_to_what_one_does_not_see_is_not_told(stranger: Program, event: Event):
    refused(stranger.get(f"/api/events/{event.id}/coming"), 404, "not_found")


def test_co_hosts_are_told_as_they_are_set(organiser: Program, stranger: Program, ana: User, company: Company):
    event = factories.an_event(company, ana, visibility="public")
    factories.a_guest(event, name="Jan", reply="yes", party_size=3)
    for name in ("Iva", "Kim"):
        user = factories.an_account(name, email=f"{name.lower()}@example.org")
        factories.a_membership(user, company, Role.DOORKEEPER)
    path = f"/api/events/{event.id}"
    said = organiser.patch(path, {"co_hosts": ["iva@example.org", "kim@example.org"]}).json["data"]
    assert sorted(said["co_host_emails"]) == ["iva@example.org", "kim@example.org"]
    kept = organiser.patch(path, {"co_hosts": said["co_host_emails"][:1]}).json["data"]
    assert (len(kept["co_hosts"]), kept["co_host_emails"]) == (1, said["co_host_emails"][:1])
    seen = stranger.get(path).json["data"]
    assert (seen["co_host_names"], seen["co_hosts"], seen["co_host_emails"]) == (kept["co_host_names"], None, None)
    assert (len(seen["co_host_names"]), seen["taken"]) == (1, 3)


def test_an_event_is_taken_into_a_calendar(own: Program, program: Program, ben: User, event: Event):
    path = f"/api/events/{event.id}/calendar"
    refused(own.get(path), 404, "not_found")
    factories.a_guest(event, user=ben)
    answer = own.get(path)
    assert answer.headers["Content-Type"].startswith("text/calendar")
    assert "SUMMARY:Žive meje" in answer.text
    assert f"/events/{event.id}" in answer.text.replace("\r\n ", "")
    program.token = None
    refused(program.get(path), 404, "not_found")


def test_the_results_say_what_their_page_says(own: Program, organiser: Program, ana: User, ben: User, company: Company):
    event = factories.an_event(company, ana, questions=votes.MEADOW, secrecy="open", results="live")
    voter, idle = factories.a_guest(event, user=ben, reply="yes"), factories.a_guest(event, name="Iva", reply="yes")
    path = f"/api/events/{event.id}/results"
    before = own.get(path).json["data"]
    assert (before["may_vote"], before["voters"], before["closes_at"][:10]) == (True, [], str(event.ends_at.date()))
    votes.cast(voter, 0)
    during = own.get(path).json["data"]
    assert (during["may_vote"], during["waiting"]) == (False, [idle.name])
    assert [(step["name"], step["met"]) for step in during["steps"]]
    assert all(step["need"] and step["have"] for step in during["steps"])
    votes.end(event)
    close_vote(event)
    assert organiser.get(path).json["data"]["voters"] == [voter.name]
    after = own.get(path).json["data"]
    assert (after["voters"], after["waiting"], after["phase"]) == ([], [], "closed")


def test_of_a_secret_vote_nobody_is_named_while_it_runs(organiser: Program, ana: User, company: Company):
    event = factories.an_event(company, ana, questions=votes.MEADOW, results="live")
    votes.cast(factories.a_guest(event, name="Iva", reply="yes"), 0)
    factories.a_guest(event, name="Jan", reply="yes")
    answer = organiser.get(f"/api/events/{event.id}/results")
    assert (answer.json["data"]["waiting"], answer.json["data"]["voters"]) == ([], [])
    assert "Iva" not in answer.text
    assert "Jan" not in answer.text


@pytest.mark.parametrize(("values", "error"), REFUSED)
@pytest.mark.parametrize("path", ["reply", "join"])
def test_a_yes_that_is_not_possible_changes_nothing(
    own: Program, ana: User, ben: User, company: Company, path: str, values: dict[str, Any], error: str
):
    event = factories.an_event(company, ana, **values)
    guest = factories.a_guest(event, user=ben)
    sent = {name: value for name, value in YES.items() if path == "reply" or name != "reply"}
    refused(own.post(f"/api/{path}", {"event_id": str(event.id), **sent}), 409, error)
    assert (row(guest).reply, row(guest).companions, row(guest).note, taken(event)) == (None, [], "", 0)


def test_a_no_is_taken_until_the_end(own: Program, ana: User, ben: User, company: Company):
    event = factories.an_event(company, ana, join_by=clock.now() - dt.timedelta(hours=1))
    factories.a_guest(event, user=ben, reply="yes", party_size=2)
    refused(answered(own, event, reply="yes", party_size=3), 409, "ttj_error")
    assert answered(own, event, reply="yes", party_size=1).json["data"]["places"] == 1
    assert answered(own, event, reply="no").json["data"]["places"] == 0


@pytest.mark.parametrize("path", ["reply", "join"])
@pytest.mark.parametrize(
    ("sent", "fields"),
    [
        ({"party_size": 0}, {"party_size"}),
        ({"party_size": 21}, {"party_size"}),
        ({"party_size": "2"}, {"party_size"}),
        ({"party_size": 2, "companions": ["Iva", "Jan"]}, {"__all__"}),
        ({"companions": ["Iva"] * 20}, {"companions"}),
        ({"companions": ["Iva", " "]}, {"companions-1"}),
        ({"companions": "Iva"}, {"companions"}),
        ({"note": "x" * 1001}, {"note"}),
        ({"note": "\u202e"}, {"note"}),
        ({"on_roll": True}, {"on_roll"}),
    ],
)
def test_a_party_that_does_not_fit_is_refused(own: Program, ben: User, event: Event, path: str, sent, fields: set[str]):
    guest = factories.a_guest(event, user=ben)
    said = {"event_id": str(event.id), **({"reply": "yes"} if path == "reply" else {}), **sent}
    assert refused(own.post(f"/api/{path}", said), 422, "json_error").keys() == fields
    assert row(guest).reply is None


def test_an_account_joins_with_companions_and_a_note(own: Program, ana: User, company: Company):
    event = factories.an_event(company, ana, capacity=3)
    sent = {name: value for name, value in YES.items() if name != "reply"}
    assert own.post("/api/join", {"event_id": str(event.id), **sent}).status_code == 201
    said = own.get(f"/api/events/{event.id}/guest").json["data"]
    assert (said["party_size"], said["companions"], said["note"]) == (3, ["Iva", "Jan"], "We come by train.")
    assert taken(event) == 3


def test_an_answer_is_taken_once_for_one_key(own: Program, ben: User, event: Event, outbox: Outbox):
    factories.a_guest(event, user=ben)
    sent = {"event_id": str(event.id), **YES}
    first, second = (own.post("/api/reply", sent, headers=KEY) for _ in range(2))
    assert (first.status_code, second.text) == (200, first.text)
    assert (taken(event), len(outbox("guest-confirmation"))) == (3, 1)


def test_what_is_kept_of_an_answer_does_not_tell_whether_a_ballot_was_cast(own: Program, ben: User):
    event = votes.an_open_vote()
    guest = factories.a_guest(event, user=ben, reply="yes")
    sent = {"event_id": str(event.id), "reply": "yes"}
    own.post("/api/reply", sent, headers={"Idempotency-Key": "before"})
    votes.cast(guest, 0)
    own.post("/api/reply", sent, headers={"Idempotency-Key": "after"})
    before, after = (db.session.get_one(Answered, (ben.id, key)).body for key in ("before", "after"))
    assert before == after


@pytest.mark.race
@pytest.mark.both_databases
def test_of_ten_answers_at_once_one_gets_the_last_place(app: Flask, ana: User, company: Company):
    event = factories.an_event(company, ana, capacity=1)
    event_id = event.id

    def asking(number: int) -> Callable[[], TestResponse]:
        person = factories.an_account()
        program = Program(app)
        # some are on the list and say yes, others come by joining
        if number % 2:
            factories.a_guest(event, user=person)
        path, sent = ("reply", {"reply": "yes"}) if number % 2 else ("join", {})
        program.act_for(person)

        def ask() -> TestResponse:
            with app.app_context():
                return program.post(f"/api/{path}", {"event_id": str(event_id), **sent})

        return ask

    answers = at_once([asking(number) for number in range(10)])
    assert sorted(answer.status_code for answer in answers if answer.status_code < 300) in ([200], [201])
    assert {answer.json["error"]["id"] for answer in answers if answer.status_code >= 300} == {"event_full_error"}
    whole = fresh(event)
    assert (whole.taken, whole.guests_yes, whole.guests_on_roll) == (1, 1, 1)
