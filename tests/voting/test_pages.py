"""The ballot and the results as people see them."""

import datetime as dt
import json
import re
import uuid

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import func, select

from tests import factories
from tests.browsers import Browser, words
from tests.voting.votes import TWO, a_voter, an_open_vote, ballot, cast, cast_by_new_voters, count_as, end, move, votes
from webapp.core import clock
from webapp.core.database import db
from webapp.core.operation import operation
from webapp.guests import links
from webapp.models import Ballot, Event, Guest, User
from webapp.voting import operations, queries

HOUR = dt.timedelta(hours=1)


def _fields(event: Event, *choices: int) -> dict[str, str]:
    return {f"question-{question}": answer for question, answer in ballot(event, *choices).items()}


def _ballots() -> int:
    return db.session.scalar(select(func.count(Ballot.id))) or 0


def _link(guest: Guest, page: str) -> str:
    return f"/rsvp/{links.personal_token(guest)}/{page}"


@pytest.fixture
def me(app: Flask) -> User:
    return factories.an_account("Neža")


@pytest.fixture
def signed_in(browser: Browser, me: User) -> Browser:
    return browser.sign_in(me)


# ---- the ballot


def test_the_ballot_shows_question_choices_rule_and_until_when(signed_in: Browser, me: User) -> None:
    event = an_open_vote(TWO, min_votes=3)
    a_voter(event, user=me)
    page = signed_in.get(f"/events/{event.id}/vote")
    text = words(page)
    assert page.status_code == 200
    for said in ("When should the meadow be mown?", "In strips", "Perennials", "Open until", "at least 3 ballots"):
        assert said in text
    for name, value in _fields(event, 1, 0).items():
        assert re.search(rf'<input\s+type="radio"\s+name="{name}"\s+value="{value}"', page.text)


def test_casting_leads_to_the_results_with_the_receipt(signed_in: Browser, me: User) -> None:
    event = an_open_vote(TWO)
    guest = a_voter(event, user=me)
    answer = signed_in.submit(f"/events/{event.id}/vote", _fields(event, 1, 0))
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/events/{event.id}/results")
    receipt = db.session.scalars(select(Ballot.receipt)).one()
    text = words(signed_in.follow(answer))
    assert "Your ballot is cast." in text
    assert receipt in text
    assert guest.has_voted
    again = signed_in.get(f"/events/{event.id}/results")
    assert receipt in again.text
    assert "Your ballot is cast." not in words(again)


def test_a_guest_without_an_account_votes_by_the_personal_link(browser: Browser) -> None:
    event = an_open_vote(visibility="invited")
    guest = a_voter(event)
    assert "In strips" in browser.get(_link(guest, "vote")).text
    answer = browser.client.post(_link(guest, "vote"), data=_fields(event, 1))
    assert answer.headers["Location"] == _link(guest, "results")
    receipt = db.session.scalars(select(Ballot.receipt)).one()
    shown = browser.get(_link(guest, "results"))
    assert receipt in shown.text
    assert shown.headers["Referrer-Policy"] == "same-origin"
    assert votes(event) == [[0, 1, 0]]


def test_showing_the_ballot_changes_nothing(signed_in: Browser, me: User) -> None:
    event = an_open_vote()
    guest = a_voter(event, user=me)
    for path in (f"/events/{event.id}/vote", f"/events/{event.id}/results", _link(guest, "vote")):
        assert signed_in.get(path, query_string=_fields(event, 0)).status_code == 200
    assert _ballots() == 0
    assert queries.to_open() == [event.id]


def test_a_refused_ballot_keeps_what_was_chosen_and_says_what_is_missing(signed_in: Browser, me: User) -> None:
    event = an_open_vote(TWO)
    a_voter(event, user=me)
    fields = _fields(event, 1, 0)
    first, second = fields
    page = signed_in.submit(f"/events/{event.id}/vote", {first: fields[first]})
    assert page.status_code == 422
    assert re.search(rf'name="{first}"\s+value="{fields[first]}"[^>]*\schecked', page.text)
    assert f'id="{second}-error"' in page.text
    assert "Please choose an answer." in words(page)
    assert _ballots() == 0


@pytest.mark.parametrize(
    "odd", ["", "x", "\x00", "a" * 1_000_000, "<script>alert(1)</script>", "{{7*7}}", "' OR 1=1 --", "🌿", "\u202eabc"]
)
def test_a_ballot_with_odd_answers_is_refused_beside_the_field(signed_in: Browser, me: User, odd: str) -> None:
    event = an_open_vote(TWO)
    a_voter(event, user=me)
    fields = _fields(event, 1, 0)
    first = next(iter(fields))
    page = signed_in.submit(f"/events/{event.id}/vote", {**fields, first: odd})
    assert page.status_code == 422
    assert f'id="{first}-error"' in page.text
    assert "<script>alert" not in page.text
    assert _ballots() == 0


def test_a_ballot_sent_twice_counts_once_and_the_second_is_told_so(signed_in: Browser, me: User) -> None:
    event = an_open_vote()
    a_voter(event, user=me)
    path = f"/events/{event.id}/vote"
    assert signed_in.submit(path, _fields(event, 0)).status_code == 303
    again = signed_in.submit(path, _fields(event, 1))
    assert again.status_code == 422
    assert "You have cast your ballot already." in words(again)
    assert votes(event) == [[1, 0, 0]]


def test_a_ballot_without_the_pages_token_is_refused_but_by_personal_link(browser: Browser, me: User) -> None:
    event = an_open_vote()
    guest = a_voter(event, user=me)
    browser.sign_in(me)
    assert browser.client.post(f"/events/{event.id}/vote", data=_fields(event, 0)).status_code == 400
    assert _ballots() == 0
    assert browser.client.post(_link(guest, "vote"), data=_fields(event, 0)).status_code == 303


def test_who_is_not_signed_in_is_led_to_sign_in_first(browser: Browser) -> None:
    event = an_open_vote()
    answer = browser.get(f"/events/{event.id}/vote")
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/login?next=")


def test_who_is_not_on_the_roll_sees_why_and_cannot_vote(signed_in: Browser) -> None:
    event = an_open_vote()
    page = signed_in.get(f"/events/{event.id}/vote")
    assert (page.status_code, "You are not on the roll" in words(page)) == (200, True)
    assert 'type="radio"' not in page.text
    assert signed_in.submit(f"/events/{event.id}/vote", _fields(event, 0)).status_code == 409
    assert _ballots() == 0


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "Who joins this event in time may vote."),
        ({"roll": "frozen"}, "Only those may vote who joined before voting opened."),
        ({"join_by": clock.now() - HOUR}, "Only those may vote who joined before"),
    ],
)
def test_who_is_not_on_the_roll_is_told_whether_that_can_be_helped(
    signed_in: Browser, values: dict[str, object], said: str
) -> None:
    event = an_open_vote(**values)
    assert said in words(signed_in.get(f"/events/{event.id}/vote"))


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("to come", "Voting has not opened yet"),
        ("counting", "Voting has closed"),
        ("closed", "Voting has closed"),
        ("cancelled", "The vote ended with the event"),
        ("voted", "Your ballot is cast"),
    ],
)
def test_where_no_ballot_can_be_cast_the_page_says_why(signed_in: Browser, me: User, state: str, said: str) -> None:
    event = an_open_vote()
    guest = a_voter(event, user=me)
    if state == "to come":
        move(event, voting_opens_at=clock.now() + HOUR)
    if state == "voted":
        cast(guest, 0)
    if state in {"counting", "closed"}:
        end(event)
    if state == "closed":
        operations.close_vote(event)
    if state == "cancelled":
        move(event, state="cancelled")
    before = _ballots()
    page = signed_in.get(f"/events/{event.id}/vote")
    assert (page.status_code, said in words(page)) == (200, True)
    assert 'type="radio"' not in page.text
    assert signed_in.submit(f"/events/{event.id}/vote", _fields(event, 0)).status_code == 422
    assert _ballots() == before


def test_pages_of_a_vote_that_is_not_there_or_not_to_be_seen_are_404(signed_in: Browser) -> None:
    hidden = an_open_vote(visibility="invited")
    host = factories.an_account()
    silent = factories.an_event(factories.a_company(host), host)
    for event_id in (hidden.id, silent.id, uuid.uuid4()):
        for page in ("vote", "results", "results/ballots.jsonl"):
            assert signed_in.get(f"/events/{event_id}/{page}").status_code == 404, page
    for page in ("vote", "results", "results/ballots.jsonl"):
        assert signed_in.get(f"/rsvp/made-up/{page}").status_code == 404


def test_somebody_elses_link_does_not_open_another_event(browser: Browser) -> None:
    event, other = an_open_vote(), an_open_vote()
    guest = a_voter(event)
    answer = browser.client.post(_link(guest, "vote"), data=_fields(other, 0))
    assert answer.status_code == 422
    assert _ballots() == 0


# ---- results


def test_a_count_is_shown_live_after_voting_or_after_close_as_the_rule_says(browser: Browser, me: User) -> None:
    for shown, seen in (("live", (True, True)), ("after voting", (False, True)), ("after close", (False, False))):
        event = an_open_vote(secrecy="open", results=shown)
        voter, silent = a_voter(event), a_voter(event)
        cast(voter, 1)
        for guest, sees in ((silent, seen[0]), (voter, seen[1])):
            text = words(browser.get(_link(guest, "results")))
            assert ("1 ballot, 100 %" in text) is sees, shown
        operations.close_vote(end(event))
        assert "1 ballot, 100 %" in words(browser.get(_link(silent, "results")))


def test_organisers_see_no_more_of_the_count_than_others(browser: Browser) -> None:
    event = an_open_vote(results="after voting", secrecy="open")
    cast_by_new_voters(event, 1, 1)
    browser.sign_in(db.session.get_one(User, event.host_id))
    text = words(browser.get(f"/events/{event.id}/results"))
    assert "2 of 2 voted" in text
    assert "2 ballots, 100 %" not in text


def test_the_consensus_is_shown_with_the_rule_and_how_it_was_met(browser: Browser) -> None:
    event = an_open_vote(min_votes=3, min_turnout="1/2", min_agreement="3/5")
    cast_by_new_voters(event, 1, 1, 0)
    a_voter(event)
    operations.close_vote(end(event))
    text = words(browser.get(f"/events/{event.id}/results"))
    for said in (
        "Consensus reached In strips",
        "3 of 4 voted",
        "2 ballots, 67 %",
        "60 % needed",
        "3 ballots needed",
        "3 of 4 have, 75 %",
        "Count it again",
    ):
        assert said in text, said


@pytest.mark.parametrize(
    ("choices", "rule", "why"),
    [
        ((0, 1), {}, "Too few ballots agree."),
        ((0, 1), {"min_agreement": "1/2"}, "Two or more answers share the lead"),
        ((0,), {"min_votes": 2}, "Too few ballots are in."),
        ((), {}, "Too few ballots are in."),
    ],
)
def test_a_vote_without_consensus_says_why(
    browser: Browser, choices: tuple[int, ...], rule: dict[str, object], why: str
) -> None:
    event = an_open_vote(**rule)
    cast_by_new_voters(event, *choices)
    operations.close_vote(end(event))
    text = words(browser.get(f"/events/{event.id}/results"))
    assert "No consensus" in text
    assert why in text


def test_a_share_is_never_rounded_to_what_it_is_not(browser: Browser) -> None:
    event = an_open_vote(min_agreement="2/3")
    cast_by_new_voters(event, 0)
    count_as(event, 265, 134, 0)
    operations.close_vote(end(event))
    text = words(browser.get(f"/events/{event.id}/results"))
    assert "No consensus" in text
    assert "265 ballots, 66 %" in text


def test_what_a_ballot_brought_is_shown_to_its_voter_alone(browser: Browser, other_browser: Browser, me: User) -> None:
    event = an_open_vote(reward=12)
    mine, other = a_voter(event, user=me), a_voter(event)
    cast(mine, 1)
    cast(other, 1)
    cast_by_new_voters(event, 0)
    operations.close_vote(end(event))
    text = words(browser.sign_in(me).get(f"/events/{event.id}/results"))
    assert "your reputation rises by one" in text
    assert "You get 6 points of the reward" in text
    for visitor in (None, db.session.get_one(User, event.host_id)):
        if visitor:
            other_browser.sign_in(visitor)
        text = words(other_browser.get(f"/events/{event.id}/results"))
        assert "reputation rises" not in text
        assert "6 points" not in text
        assert "Your receipt" not in text


@pytest.mark.parametrize("visibility", ["public", "invited"])
def test_a_receipt_is_shown_to_a_voter_who_has_left_the_event(browser: Browser, me: User, visibility: str) -> None:
    event = an_open_vote(visibility=visibility)
    guest = a_voter(event, user=me)
    receipt = cast(guest, 1).ballot.receipt

    @operation
    def leave() -> None:
        row = db.session.get_one(Guest, guest.id)
        row.reply, row.places, row.left_at, row.removed_at = "no", 0, clock.now(), clock.now()

    leave()
    assert receipt in browser.get(_link(guest, "results")).text
    if visibility == "public":
        assert receipt in browser.sign_in(me).get(f"/events/{event.id}/results").text


def test_the_ballot_file_and_the_script_can_be_downloaded_after_close(browser: Browser) -> None:
    event = an_open_vote()
    done = cast_by_new_voters(event, 0)
    path = f"/events/{event.id}/results/ballots.jsonl"
    assert browser.get(path).status_code == 404
    operations.close_vote(end(event))
    answer = browser.get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == "attachment; filename=ballots.jsonl"
    assert json.loads(answer.text.splitlines()[1])["receipt"] == done[0].ballot.receipt
    guest = db.session.get_one(Guest, done[0].ballot.guest_id)
    assert browser.get(_link(guest, "results/ballots.jsonl")).data == answer.data
    script = browser.get("/recount.py")
    assert script.status_code == 200
    compile(script.text, "recount.py", "exec")


def test_titles_questions_and_answers_are_shown_as_they_were_written_and_harm_nobody(browser: Browser) -> None:
    odd = "<script>alert(1)</script>{{7*7}} حديقة 🌿 '; DROP TABLE ballots; --"
    event = an_open_vote({odd: [odd, "B"]}, title=odd, results="live", secrecy="open")
    guest = a_voter(event)
    for page in ("vote", "results"):
        shown = browser.get(_link(guest, page))
        assert shown.status_code == 200
        assert "<script>alert" not in shown.text
        assert "{{7*7}} حديقة 🌿 '; DROP TABLE ballots; --" in words(shown)
    cast(guest, 0)
    operations.close_vote(end(event))
    shown = browser.get(_link(guest, "results"))
    assert "<script>alert" not in shown.text
    assert "Consensus reached" in words(shown)


def test_a_consensus_at_once_is_shown_to_those_who_may_see_the_count(browser: Browser) -> None:
    event = an_open_vote(decide_when="at once", min_votes=2)
    done = cast_by_new_voters(event, 1, 1)
    voter, silent = db.session.get_one(Guest, done[0].ballot.guest_id), a_voter(event)
    assert "Consensus reached In strips Reached with ballot number 2." in words(browser.get(_link(voter, "results")))
    text = words(browser.get(_link(silent, "results")))
    assert "Consensus reached" not in text
    assert "Voting is open" in text


def test_the_results_page_costs_the_same_however_many_have_voted(app: Flask, browser: Browser) -> None:
    browser.get("/recount.py")  # what is remembered from page to page is asked for once
    asked: list[str] = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    numbers = []
    for voters in (2, 12):
        event = an_open_vote(results="live", secrecy="open")
        cast_by_new_voters(event, *[0] * voters)
        asked.clear()
        browser.get(f"/events/{event.id}/results")
        numbers.append(len(asked))
    assert numbers[0] == numbers[1] < 25
