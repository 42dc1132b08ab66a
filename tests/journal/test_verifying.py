"""Verifying: whoever holds the database and changes the journal is found out."""

import datetime as dt
import tracemalloc
import uuid

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.journal.entries import an_entry, chain, change, many_entries, raw, some_entries, take_out, unguarded, write
from webapp.journal import queries, verifying
from webapp.journal.sealing import seal_all
from webapp.journal.verifying import Fault, verify
from webapp.models import JournalEntry

NUMBER = 9
MIDDLE = 5


@pytest.fixture
def ids(app: Flask) -> list[int]:
    """The ids of a sealed chain of nine entries."""
    found = some_entries(NUMBER)
    seal_all()
    return found


def found(expected_head: str | None = None) -> tuple[Fault, int | None, int | None] | None:
    """The first thing that a walk along the chain finds: what, at which position, with which id."""
    first = verify(expected_head).first
    return (first.fault, first.position, first.id) if first else None


@pytest.mark.both_databases
def test_a_chain_that_nobody_touched_is_whole(ids: list[int]):
    verdict = verify()
    head = queries.head()
    assert verdict.whole
    assert head is not None
    assert (verdict.entries, verdict.sealed, verdict.unsealed, verdict.findings) == (NUMBER, NUMBER, 0, 0)
    assert (verdict.position, verdict.head) == (NUMBER, head.seal)


def test_an_empty_journal_is_whole(app: Flask):
    verdict = verify()
    assert verdict.whole
    assert (verdict.entries, verdict.position, verdict.head) == (0, 0, "")


@pytest.mark.both_databases
def test_what_waits_to_be_sealed_is_counted_and_nothing_is_wrong_with_it(ids: list[int]):
    some_entries(2)
    verdict = verify()
    assert verdict.whole
    assert (verdict.sealed, verdict.unsealed) == (NUMBER, 2)


CHANGES = {
    "id": 99,
    "at": dt.datetime(2026, 1, 1, microsecond=1, tzinfo=dt.UTC),
    "actor_kind": "system",
    "actor_id": None,
    "action": "event.deleted",
    "thing_type": "guest",
    "thing_id": None,
    "company_id": None,
    "event_id": None,
    "details": {"number": 8, "role": "owner"},
    "seal": "0" * 64,
}


@pytest.mark.both_databases
@pytest.mark.parametrize("column", CHANGES)
def test_a_changed_column_is_found(ids: list[int], column: str):
    change(MIDDLE, **{column: CHANGES[column]})
    assert found() == (Fault.CHANGED, MIDDLE, 99 if column == "id" else ids[MIDDLE - 1])


def test_every_column_was_tried():
    assert {*CHANGES, "position"} == {column.name for column in JournalEntry.__table__.columns}


@pytest.mark.both_databases
def test_a_changed_position_is_found(ids: list[int]):
    change(MIDDLE, position=99)
    assert found() == (Fault.MISSING, MIDDLE + 1, ids[MIDDLE])


@pytest.mark.both_databases
def test_a_detail_that_is_only_written_otherwise_says_the_same(ids: list[int]):
    """The control: what does not change what is said is no change."""
    change(MIDDLE, details={"role": "owner", "number": 7})
    assert found() is None


@pytest.mark.both_databases
def test_two_that_changed_places_are_found(ids: list[int]):
    for was, becomes in ((4, 99), (5, 4), (99, 5)):
        change(was, position=becomes)
    assert found() == (Fault.CHANGED, 4, ids[4])


@pytest.mark.both_databases
def test_two_whose_contents_changed_places_are_found(ids: list[int]):
    fourth, fifth = chain()[3:5]
    for entry_id, thing in ((fourth.id, fifth.thing_id), (fifth.id, fourth.thing_id)):
        with unguarded() as connection:
            table = JournalEntry.__table__
            connection.execute(sa.update(table).where(table.c.id == entry_id).values(thing_id=thing))
    assert found() == (Fault.CHANGED, 4, ids[3])


@pytest.mark.both_databases
def test_an_entry_taken_out_of_the_middle_is_found(ids: list[int]):
    take_out(MIDDLE)
    assert found() == (Fault.MISSING, MIDDLE + 1, ids[MIDDLE])


@pytest.mark.both_databases
def test_an_entry_taken_out_and_the_gap_closed_is_found(ids: list[int]):
    take_out(MIDDLE)
    for position in range(MIDDLE + 1, NUMBER + 1):
        change(position, position=position - 1)
    assert found() == (Fault.CHANGED, MIDDLE, ids[MIDDLE])


@pytest.mark.both_databases
def test_the_first_entry_taken_out_is_found(ids: list[int]):
    take_out(1)
    assert found() == (Fault.MISSING, 2, ids[1])


@pytest.mark.both_databases
def test_a_tail_taken_off_is_found_by_the_seal_that_was_noted(ids: list[int]):
    head = queries.head()
    assert head is not None
    take_out(*range(MIDDLE + 1, NUMBER + 1))
    assert found() is None  # the chain itself cannot know how long it was
    assert found(head.seal) == (Fault.HEAD, None, None)
    some_entries(6)
    seal_all()
    assert found(head.seal) == (Fault.HEAD, None, None)


@pytest.mark.both_databases
def test_everything_taken_off_is_found_by_the_seal_that_was_noted(ids: list[int]):
    head = queries.head()
    assert head is not None
    take_out(*range(1, NUMBER + 1))
    assert found(head.seal) == (Fault.HEAD, None, None)


@pytest.mark.both_databases
def test_a_chain_made_anew_is_found_by_the_seal_that_was_noted(ids: list[int]):
    noted = chain()[MIDDLE].seal
    change(2, action="event.edited")
    change(None, position=None, seal=None)
    assert seal_all() == NUMBER
    assert found() is None
    assert found(noted) == (Fault.HEAD, None, None)


@pytest.mark.both_databases
def test_every_seal_there_ever_was_stays_in_the_chain(ids: list[int]):
    seals = [entry.seal for entry in chain()]
    some_entries(3)
    seal_all()
    for position, seal in enumerate(seals, 1):
        verdict = verify(seal)
        assert (verdict.whole, verdict.noted_at) == (True, position)


@pytest.mark.both_databases
def test_a_copy_of_an_entry_at_the_end_is_found(ids: list[int]):
    table, last = JournalEntry.__table__, chain()[-1]
    copied = {column.name: getattr(last, column.name) for column in table.columns if column.name != "id"}
    with unguarded() as connection:
        connection.execute(sa.insert(table).values({**copied, "position": NUMBER + 1}))
    (copy,) = {entry.id for entry in chain()} - set(ids)
    assert found() == (Fault.CHANGED, NUMBER + 1, copy)


def test_two_at_one_place_are_found(ids: list[int]):
    """Both databases keep places apart by a constraint; a walk would see it all the same."""
    walk = verifying._Walk(None)
    first, second = chain()[:2]
    for entry in (first, second, second):
        walk.sealed_entry(entry, entry)
    assert walk.first == verifying.Finding(Fault.DOUBLED, 2, second.id)


@pytest.mark.both_databases
def test_an_entry_slipped_in_with_an_old_time_is_found_before_and_after_it_is_sealed(ids: list[int]):
    (slipped,) = write(an_entry(at=chain()[2].at - 2 * verifying.SLACK))
    assert found() == (Fault.LATE, None, slipped)
    seal_all()
    assert found() == (Fault.LATE, NUMBER + 1, slipped)


@pytest.mark.both_databases
def test_entries_of_two_machines_whose_clocks_differ_a_little_are_in_order(ids: list[int]):
    write(an_entry(at=chain()[2].at - verifying.SLACK / 2))
    seal_all()
    assert found() is None


@pytest.mark.both_databases
def test_an_entry_slipped_in_between_is_found(ids: list[int]):
    for position in range(NUMBER, MIDDLE - 1, -1):
        change(position, position=position + 1)
    (slipped,) = write(an_entry(at=chain()[2].at, position=MIDDLE, seal="f" * 64))
    assert found() == (Fault.CHANGED, MIDDLE, slipped)


@pytest.mark.both_databases
def test_a_seal_taken_away_is_found(ids: list[int]):
    change(MIDDLE, position=None, seal=None)
    assert found() == (Fault.MISSING, MIDDLE + 1, ids[MIDDLE])
    seal_all()
    assert found() == (Fault.MISSING, MIDDLE + 1, ids[MIDDLE])


@pytest.mark.parametrize(
    ("column", "value"), [("at", "no time"), ("actor_id", "nobody"), ("details", "{"), ("details", "7"), ("at", 7)]
)
def test_what_cannot_even_be_read_is_found(ids: list[int], column: str, value: object):
    """SQLite keeps whatever one writes into it."""
    change(MIDDLE, **{column: raw(value)})
    first = found()
    assert first is not None
    assert first[0] in {Fault.UNREADABLE, Fault.CHANGED}
    assert first[1:] == (MIDDLE, ids[MIDDLE - 1])
    assert verify().findings == 1


@pytest.mark.both_databases
def test_one_change_is_one_finding_and_several_are_counted(ids: list[int]):
    for position in (3, 7):
        change(position, action="event.deleted")
    verdict = verify()
    assert verdict.findings == 2
    assert verdict.first is not None
    assert verdict.first.position == 3
    assert verdict.sealed == NUMBER


@pytest.mark.both_databases
def test_faults_at_the_seams_of_what_is_read_at_once_are_found(ids: list[int], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(verifying, "CHUNK", 3)
    assert verify().sealed == NUMBER
    for position in (3, 4):
        change(position, thing_id=None)
        assert found() == (Fault.CHANGED, 3, ids[2])
    assert verify().findings == 2


def test_every_fault_has_its_sentence(app: Flask):
    for fault in Fault:
        for position in (None, 3):
            assert verifying.Finding(fault, position, 5).words


def test_however_many_there_are_a_walk_needs_no_more_memory(app: Flask, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(verifying, "CHUNK", 100)

    def peak() -> int:
        tracemalloc.start()
        try:
            assert verify().whole
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    many_entries(300, ago=3000)
    seal_all()
    peak()
    few = peak()
    many_entries(3000)
    seal_all()
    assert verify().sealed == 3300
    assert peak() < few + 600_000  # all of them together take ten times as much


def test_a_head_that_never_was(ids: list[int]):
    assert found(uuid.uuid4().hex * 2) == (Fault.HEAD, None, None)
