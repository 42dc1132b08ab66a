"""What may come in about an event, whatever face it comes by."""

import datetime as dt
import itertools
from typing import Any

import pytest
from flask import Flask

from webapp.core.errors import InputError
from webapp.core.schema import judge
from webapp.events.schemas import EventInput
from webapp.voting.rule import DECIDE_BY, DECIDE_WHEN, RESULTS, ROLLS, SECRECIES, Rule

pytestmark = pytest.mark.usefixtures("app")


def given(**values: Any) -> EventInput:
    return judge(
        EventInput,
        {
            "title": "Žive meje",
            "timezone": "Europe/Ljubljana",
            "starts_at": "2026-11-21T18:00",
            "ends_at": "2026-11-21T22:00",
            **values,
        },
    )


def wrong(**values: Any) -> set[str]:
    with pytest.raises(InputError) as refusal:
        given(**values)
    assert all(str(sentence) for sentence in refusal.value.fields.values())
    return set(refusal.value.fields)


def test_wall_time_is_read_in_the_events_zone_and_an_offset_is_kept() -> None:
    assert given().starts_at == dt.datetime(2026, 11, 21, 17, tzinfo=dt.UTC)
    assert given(starts_at="2026-11-21T18:00+05:45").starts_at == dt.datetime(2026, 11, 21, 12, 15, tzinfo=dt.UTC)
    assert given(starts_at="2026-11-21 18:00").starts_at == dt.datetime(2026, 11, 21, 17, tzinfo=dt.UTC)


def test_an_hour_the_clocks_skip_is_read_as_the_hour_after_it() -> None:
    read = given(starts_at="2026-03-29T02:30", ends_at="2026-03-29T05:00")
    assert read.starts_at == dt.datetime(2026, 3, 29, 1, 30, tzinfo=dt.UTC)


def test_an_hour_that_comes_twice_is_the_first_of_them() -> None:
    read = given(starts_at="2026-10-25T02:30", ends_at="2026-10-25T03:30")
    assert read.starts_at == dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC)
    assert read.ends_at == dt.datetime(2026, 10, 25, 2, 30, tzinfo=dt.UTC)


def test_the_end_is_after_the_start_even_where_the_clocks_go_back() -> None:
    assert wrong(ends_at="2026-11-21T18:00") == {"ends_at"}
    assert wrong(starts_at="2026-10-25T03:00+02:00", ends_at="2026-10-25T02:30") == {"ends_at"}
    assert wrong(ends_at="2028-01-01T00:00") == {"ends_at"}


def test_joining_and_voting_keep_their_order() -> None:
    assert wrong(join_by="2026-11-21T22:01") == {"join_by"}
    assert given(join_by="2026-11-21T22:00").join_by == given().ends_at
    assert wrong(voting_opens_at="2026-11-21T22:00") == {"voting_opens_at"}
    assert wrong(voting_opens_at="2026-11-21T20:00", voting_closes_at="2026-11-21T19:00") == {"voting_closes_at"}
    assert given(voting_closes_at="2026-12-01T12:00").voting_closes_at == dt.datetime(2026, 12, 1, 11, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("field", "values"),
    {
        "title": [None, 7, True, [], {}, "", " \t "],
        "description": [7, None, ["a"]],
        "timezone": [None, 3, "", "Europe/Nowhere"],
        "starts_at": [None, 0, 1795284000, 1e300, True, "", "2026-11-21T25:00", "-2026-11-21T10:00", {}],
        "capacity": [True, 1.0, "1.5", 0, -1, 2_000_000, 10**400, "x", []],
        "reward": [False, -1, 1.5, 10**12],
        "visibility": [None, "Public", 1],
        "project": [7, "x", True],
        "min_votes": [0, True, 10**9],
        "min_turnout": [0, None, "60", "120 %", "1/0"],
        "min_agreement": [1, "more than all", "x" * 200],
        "questions": ["Soup?", {}, 7, [7], ["Soup?"], [{"text": "Soup?", "answers": ["a", "b"]}] * 21],
    }.items(),
)
def test_wrong_types_and_values_are_refused(field: str, values: list[Any]) -> None:
    for value in values:
        found = wrong(**{field: value})
        assert all(name == field or name.startswith(field + "-") for name in found), (value, found)


def test_unknown_fields_are_refused() -> None:
    assert wrong(host_id="x") == {"host_id"}
    assert wrong(questions=[{"text": "Soup?", "answers": ["a", "b"], "votes": 3}]) == {"questions-0-votes"}


def test_answers_are_told_apart_as_people_read_them() -> None:
    for answers in (["Yes", "yes "], ["ﬁne", "FINE"], ["é", "e\u0301"], "a\n\nA"):
        assert wrong(questions=[{"text": "Soup?", "answers": answers}]) == {"questions-0-answers"}
    kept = given(questions=[{"text": " Soup? ", "answers": "a\r\n\r\n b  c \r\n"}]).questions[0]
    assert (kept.text, list(kept.answers)) == ("Soup?", ["a", "b c"])


def test_shares_are_kept_in_their_canonical_text() -> None:
    read = given(min_turnout="60 %", min_agreement="more than half")
    assert (read.min_turnout, read.min_agreement) == ("3/5", ">1/2")
    assert (given(min_turnout="").min_turnout, given(min_votes="").min_votes) == ("0", 1)


def test_whatever_is_let_in_is_a_rule_a_vote_can_have() -> None:
    names = ("roll", "decide_by", "decide_when", "secrecy", "results", "min_votes", "min_turnout")
    choices = itertools.product(ROLLS, DECIDE_BY, DECIDE_WHEN, SECRECIES, RESULTS, (1, 2), ("0", "1/3"))
    let_in = 0
    for values in choices:
        rule = dict(zip(names, values, strict=True))
        problems = set(Rule.read({**rule, "min_agreement": ">1/2"}).problems())
        if problems:
            assert wrong(**rule) == problems
        else:
            assert Rule.of(given(**rule)).problems() == {}
            let_in += 1
    assert let_in == 2 * 2 * 2 * 3 * (4 + 3)


def test_nothing_typed_twice_over_is_lost(app: Flask) -> None:
    once = given(description="a\r\nb", questions=[{"text": "Soup?", "answers": ["a", "b"]}])
    assert judge(EventInput, once.model_dump()) == once
