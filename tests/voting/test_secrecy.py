"""A secret vote: nothing anywhere tells who chose what, who has voted before close, or ever when."""

import datetime as dt
import itertools
import json
import re
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.browsers import Browser, words
from tests.mails import Outbox
from tests.voting.votes import a_voter, an_open_vote, ballot, cast, cast_by_new_voters, end
from webapp.core.actor import NOBODY
from webapp.core.database import Base, UtcDateTime, db
from webapp.core.hooks import AccountChange, account_exported
from webapp.guests import links
from webapp.models import Ballot, Event, JournalEntry, OutboxMail, User
from webapp.voting import jobs, operations, queries


def _database() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table."""
    db.session.rollback()
    return {
        table.name: [dict(row) for row in db.session.execute(select(table)).mappings()]
        for table in Base.metadata.sorted_tables
    }


def _times(rows: dict[str, list[dict[str, Any]]]) -> set[tuple[str, str, str]]:
    """Every time that is kept, with the table and column it stands in."""
    return {
        (table, column, value.isoformat())
        for table, found in rows.items()
        for row in found
        for column, value in row.items()
        if isinstance(value, dt.datetime)
    }


def _settled(event: Event) -> Event:
    operations.close_vote(end(event))
    return event


@pytest.mark.both_databases
@pytest.mark.parametrize("secrecy", ["secret", "open"])
def test_casting_leaves_no_time_no_journal_and_no_mail_behind(app: Flask, secrecy: str) -> None:
    event = an_open_vote(secrecy=secrecy)
    operations.open_vote(event)
    guests = [a_voter(event) for _ in range(7)]
    before = _database()
    for guest in guests:
        cast(guest, 0)
    after = _database()
    assert _times(after) == _times(before)
    assert (after["journal_entries"], after["outbox_mails"]) == (before["journal_entries"], before["outbox_mails"])


@pytest.mark.both_databases
def test_not_even_the_first_ballot_which_opens_the_vote_leaves_its_time(app: Flask) -> None:
    event = an_open_vote()
    guest = a_voter(event)
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(hours=5, seconds=7), tick=False):
        now = dt.datetime.now(dt.UTC).isoformat()
        cast(guest, 0)
        rows = _database()
    assert rows["ballots"]
    assert not [where for *where, moment in _times(rows) if moment == now]
    assert rows["journal_entries"] == []


def test_no_table_of_ballots_has_a_column_for_time() -> None:
    for table in (Base.metadata.tables[name] for name in ("ballots", "ballot_answers", "answer_sets", "answers")):
        assert not [column.name for column in table.columns if isinstance(column.type, UtcDateTime)]


def test_the_id_of_a_ballot_says_nothing_of_when_it_was_cast(app: Flask) -> None:
    cast_by_new_voters(an_open_vote(), 0, 1)
    assert {ballot_id.version for ballot_id in db.session.scalars(select(Ballot.id))} == {4}


def test_before_close_nobody_is_shown_who_has_voted(app: Flask, browser: Browser, other_browser: Browser) -> None:
    event = an_open_vote(results="live")
    voted, silent = a_voter(event, name="Čebelica Maja"), a_voter(event, name="Vili Brenčalo")
    cast(voted, 0)
    cast_by_new_voters(event, *[0] * 11)
    host = other_browser.sign_in(db.session.get_one(User, event.host_id))
    for visitor, path in (
        (host, f"/events/{event.id}/results"),
        (browser, f"/events/{event.id}/results"),
        (browser, f"/rsvp/{links.personal_token(silent)}/results"),
    ):
        text = words(visitor.get(path))
        assert "12 of 13 voted" in text
        assert "Čebelica" not in text
        assert "Vili" not in text


def test_the_guest_list_looks_the_same_whoever_has_voted(app: Flask, browser: Browser) -> None:
    event = an_open_vote()
    first, second = (a_voter(event, name=name) for name in ("Maja", "Vili"))
    host = browser.sign_in(db.session.get_one(User, event.host_id))
    paths = [
        f"/events/{event.id}",
        f"/events/{event.id}/guests",
        f"/events/{event.id}/guests/{first.id}",
        f"/events/{event.id}/guests/{second.id}",
    ]
    before = [words(host.get(path)) for path in paths[1:]]
    cast(first, 0)
    assert [words(host.get(path)) for path in paths[1:]] == before
    assert all(host.get(path).status_code == 200 for path in paths)


def test_after_close_organisers_see_who_voted_by_name_and_not_when_or_what(
    app: Flask, browser: Browser, other_browser: Browser
) -> None:
    event = an_open_vote()
    late, early = a_voter(event, name="Zala"), a_voter(event, name="Ana")
    a_voter(event, name="Silent Vili")
    cast(late, 0)
    cast(early, 1)
    _settled(event)
    host = browser.sign_in(db.session.get_one(User, event.host_id))
    text = words(host.get(f"/events/{event.id}/results"))
    assert re.search(r"Who voted A Ana Z Zala", text), text
    assert "Silent Vili" not in text
    stranger = words(other_browser.get(f"/events/{event.id}/results"))
    assert "Zala" not in stranger


def test_the_ballot_file_of_a_secret_vote_has_no_names_times_or_order(app: Flask) -> None:
    event = an_open_vote()
    for number in range(9):
        cast(a_voter(event, name=f"Voter-{number}", email=f"voter{number}@example.org"), number % 3)
    _settled(event)
    content = queries.ballot_file(NOBODY, event)
    lines = [json.loads(line) for line in content.splitlines()][1:-1]
    assert all(set(line) == {"receipt", "answers"} for line in lines)
    assert [line["receipt"] for line in lines] == sorted(line["receipt"] for line in lines)
    for word in (b"Voter-", b"example.org", b"position", b"_at", b"guest"):
        assert word not in content
    for ballot_id, guest_id in db.session.execute(select(Ballot.id, Ballot.guest_id)):
        assert str(ballot_id).encode() not in content
        assert str(guest_id).encode() not in content


def test_a_secret_vote_shows_no_step_smaller_than_five_to_the_last(app: Flask) -> None:
    for voters in (9, 10, 11, 14, 16):
        event = an_open_vote(results="live")
        shown: list[tuple[int, ...]] = []
        for number in range(voters):
            cast(a_voter(event), number % 2)
            found = queries.results(NOBODY, event, None)
            shown.append(tuple(row.votes for row in found.asked[0].rows))
        found = queries.results(NOBODY, _settled(event), None)
        shown.append(tuple(row.votes for row in found.asked[0].rows))
        sums = [sum(one) for one in dict.fromkeys(shown)]
        assert sums[-1] == voters
        assert all(later - earlier >= 5 for earlier, later in itertools.pairwise(sums)), sums


def test_the_mail_at_close_is_the_same_for_all_and_says_nothing_of_anybodys_ballot(app: Flask, outbox: Outbox) -> None:
    event = an_open_vote(reward=10)
    for number, choice in enumerate((0, 0, 1)):
        cast(a_voter(event, name="Guest", email=f"guest{number}@example.org"), choice)
    a_voter(event, name="Guest", email="silent@example.org")
    _settled(event)
    texts = {re.sub(r"http\S+", "", outbox.text(mail)) for mail in outbox("vote-closed")}
    assert len(outbox("vote-closed")) == 4
    assert len(texts) == 1
    assert not re.search(r"receipt|reward|points|reputation", next(iter(texts)))


def test_the_journal_knows_how_many_voted_and_not_who(app: Flask) -> None:
    event = an_open_vote(decide_when="at once", min_votes=2)
    users = [factories.an_account() for _ in range(3)]
    guests = [a_voter(event, user=user) for user in users]
    for guest in guests:
        operations.cast_ballot(factories.acting(db.session.get_one(User, guest.user_id)), guest, ballot(event, 0))
    end(event)
    jobs.settle_due()
    entries = db.session.scalars(select(JournalEntry)).all()
    assert [entry.action for entry in entries] == ["vote.closed"]
    assert entries[0].actor_kind == "system"
    assert entries[0].details == {"outcome": "consensus", "ballots": 3, "roll": 3}


def test_rewards_and_reputation_leave_the_same_trace_in_every_mail_and_journal_entry(app: Flask) -> None:
    event = an_open_vote(reward=10)
    user = factories.an_account()
    cast(a_voter(event, user=user), 0)
    _settled(event)
    rows = [*db.session.scalars(select(JournalEntry)), *db.session.scalars(select(OutboxMail))]
    told = json.dumps([row.details if isinstance(row, JournalEntry) else row.context for row in rows])
    assert "reward" not in told
    assert str(user.id) not in told


def test_an_account_exports_its_own_ballot_without_a_time(app: Flask) -> None:
    event = an_open_vote()
    user = factories.an_account()
    receipt = cast(a_voter(event, user=user), 0).ballot.receipt
    cast_by_new_voters(event, 1)
    parts = account_exported.fire(AccountChange(user.id, user.email_key))
    found = next(part["votes"] for part in parts if "votes" in part)
    assert [vote["receipt"] for vote in found] == [receipt]
    assert set(found[0]) == {"event", "title", "receipt", "answers", "closed", "reward", "reputation"}


def test_a_consensus_at_once_of_a_secret_vote_is_shown_without_its_time(app: Flask) -> None:
    for secrecy, told in (("secret", False), ("open", True)):
        event = an_open_vote(secrecy=secrecy, decide_when="at once", min_votes=2, results="live")
        cast_by_new_voters(event, 0, 0)
        found = queries.results(NOBODY, event, None)
        assert found.state.consensus is True
        assert (found.reached_at is not None) is told


def test_an_open_vote_says_who_may_still_vote_to_guests_and_organisers_only(
    app: Flask, browser: Browser, other_browser: Browser
) -> None:
    event = an_open_vote(secrecy="open")
    cast(a_voter(event, name="Maja"), 0)
    silent = a_voter(event, name="Vili")
    host = other_browser.sign_in(db.session.get_one(User, event.host_id))
    for visitor, path, named in (
        (host, f"/events/{event.id}/results", True),
        (browser, f"/rsvp/{links.personal_token(silent)}/results", True),
        (browser, f"/events/{event.id}/results", False),
    ):
        text = words(visitor.get(path))
        assert ("Vili" in text) is named
        assert "Maja" not in text
