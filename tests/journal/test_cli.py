"""`flask journal verify`, as whoever runs the site types it."""

import pytest
from flask import Flask

from tests.journal.entries import change, some_entries, take_out
from webapp.journal import queries
from webapp.journal.sealing import seal_all


def verify(app: Flask, *arguments: str):
    return app.test_cli_runner().invoke(args=["journal", "verify", *arguments])


@pytest.fixture
def head(app: Flask) -> str:
    """The seal of the last of four entries."""
    some_entries(4)
    seal_all()
    found = queries.head()
    assert found is not None
    return found.seal


def test_a_whole_chain_is_told_with_its_head(app: Flask, head: str):
    some_entries(1)
    told = verify(app)
    assert told.exit_code == 0
    assert told.output.splitlines() == [
        "4 entries are sealed.",
        "1 entry waits to be sealed.",
        "The chain is whole.",
        f"Head: entry 4, {head}",
    ]


def test_a_seal_that_was_noted_is_found_again(app: Flask, head: str):
    some_entries(1)
    seal_all()
    for typed in (head, f" {head.upper()} "):
        told = verify(app, "--head", typed)
        assert told.exit_code == 0
        assert "The seal you noted is entry 4 of this chain." in told.output


def test_what_was_changed_is_told_and_ends_with_1(app: Flask, head: str):
    change(2, action="event.deleted")
    change(4, action="event.deleted")
    told = verify(app)
    assert told.exit_code == 1
    assert "FOUND: Entry 2 (id " in told.output
    assert "And 1 more place." in told.output
    assert "whole" not in told.output


def test_what_was_removed_at_the_end_is_told_by_the_seal_that_was_noted(app: Flask, head: str):
    take_out(4)
    assert verify(app).exit_code == 0
    told = verify(app, "--head", head)
    assert told.exit_code == 1
    assert "not in this chain" in told.output


@pytest.mark.parametrize("typed", ["", "abc", "x" * 64, "0" * 63])
def test_what_is_no_seal_is_refused(app: Flask, typed: str):
    told = verify(app, "--head", typed)
    assert told.exit_code == 2
    assert "64 hexadecimal digits" in told.output


def test_an_empty_journal_is_whole(app: Flask):
    told = verify(app)
    assert told.exit_code == 0
    assert told.output.splitlines() == ["0 entries are sealed.", "The chain is whole."]
