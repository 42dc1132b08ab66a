"""The transaction."""

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests import factories
from webapp.core.database import db
from webapp.core.operation import after_commit, count, operation
from webapp.models import User

pytestmark = pytest.mark.both_databases


@operation
def _rename(name: str) -> int:
    return count(update(User).values(name=name))


@operation
def _rename_and_fail(name: str, calls: list[str]) -> None:
    after_commit(lambda: calls.append(name))
    _rename(name)
    message = "after the write"
    raise ValueError(message)


def test_what_an_operation_writes_is_kept(app: Flask) -> None:
    factories.an_account("Ana")
    assert _rename("Maja") == 1
    assert db.session.scalar(select(User.name)) == "Maja"


def test_an_operation_that_fails_leaves_nothing_behind(app: Flask) -> None:
    factories.an_account("Ana")
    calls: list[str] = []
    with pytest.raises(ValueError, match="after the write"):
        _rename_and_fail("Maja", calls)
    assert db.session.scalar(select(User.name)) == "Ana"
    assert calls == []


def test_what_waits_for_the_commit_happens_once_and_after_it(app: Flask) -> None:
    factories.an_account("Ana")
    seen: list[str] = []

    @operation
    def rename_and_tell() -> None:
        _rename("Maja")
        after_commit(lambda: seen.append(str(db.session.scalar(select(User.name)))))
        assert seen == []

    rename_and_tell()
    assert seen == ["Maja"]


def test_what_was_loaded_before_a_conditional_update_is_read_anew(app: Flask) -> None:
    user = factories.an_account("Ana")
    _rename("Maja")
    assert user.name == "Maja"
