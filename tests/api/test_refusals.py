"""The ids and statuses of refusals: programs decide by them, so they stay as they were first told.

tests/api/refusals.json was written once; nothing writes it anew.
"""

import json
import pathlib
from collections.abc import Iterator

from tests.api.furnished import endpoints
from webapp.api.openapi import refusals_of
from webapp.core.errors import AppError

KEPT: dict[str, str] = json.loads(pathlib.Path(__file__).with_name("refusals.json").read_text())
REFERENCE = """duplicate json_error email_unverified wrong_credentials otk_expired otk_not_found_error auth_expired
auth_invalid auth_not_found event_full_error ttj_error joined_error not_joined_error event_start_error event_end_error
event_error already_voted_error db_error email_error"""
"""The ids that the programs of reference 003 know."""


def below(kind: type[AppError]) -> Iterator[type[AppError]]:
    for one in kind.__subclasses__():
        if one.__module__.startswith("webapp."):
            yield one
            yield from below(one)


def there_are() -> dict[str, str]:
    """Each refusal with its status and id."""
    return {one.__name__: f"{one.status} {one.id}" for one in below(AppError)}


def test_no_refusal_is_called_otherwise_than_it_was():
    there = there_are()
    changed = [
        f"{name}: was {KEPT.get(name, 'not there')}, is {there.get(name, 'not there')}"
        for name in sorted(KEPT.keys() | there.keys())
        if KEPT.get(name) != there.get(name)
    ]
    assert not changed, (
        "programs decide by these: keep them, or tell it in docs/changelog.md and put it into tests/api/refusals.json; "
        "a new one gets a line there"
    )


def test_what_an_endpoint_declares_is_in_the_list():
    declared = {error.__name__ for endpoint, _path in endpoints() for error in refusals_of(endpoint)}
    assert declared <= KEPT.keys()


def test_the_ids_of_the_reference_are_kept():
    assert set(REFERENCE.split()) <= {said.partition(" ")[2] for said in KEPT.values()}


def test_no_refusal_has_a_status_that_the_references_had_for_everything():
    assert {name for name, said in KEPT.items() if said.startswith(("400", "5"))} == {
        "CutOffError",
        "BusyError",
        "NotSetUpError",
    }
