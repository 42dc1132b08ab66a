"""Who looks after the site is never nobody, even where all let each other go at the same moment.

And the same with the guard off, where it is: so it is the guard that holds, not luck.
"""

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests import factories
from tests.races.test_controls import MANY, at_once, checked_and_then_written, racing, without_constraints
from webapp.accounts import administration, keepers, operations
from webapp.core.database import db
from webapp.models import User

__all__ = ["racing"]

pytestmark = pytest.mark.race


def left() -> int:
    """How many look after the site and can."""
    db.session.rollback()
    able = (User.site_administrator, User.disabled_at.is_(None), User.deleted_at.is_(None))
    return db.session.scalar(sa.select(sa.func.count()).select_from(User).where(*able)) or 0


def unmaking() -> list[Callable[[], Any]]:
    """MANY administrators, of whom each lets the next one go."""
    people = [factories.an_account(site_administrator=True) for _ in range(MANY)]
    actors = [factories.acting(user) for user in people]
    ids = [user.id for user in people]

    def unmake(number: int) -> Any:
        other = db.session.get_one(User, ids[(number + 1) % MANY])
        return administration.set_administrator(actors[number], other, on=False)

    return [lambda n=n: unmake(n) for n in range(MANY)]


def two(act: Callable[[Any, uuid.UUID], Any]) -> list[Callable[[], Any]]:
    """The last two administrators, each of whom does `act` at the other."""
    people = [factories.an_account(site_administrator=True) for _ in range(2)]
    actors, ids = [factories.acting(user) for user in people], [user.id for user in people]
    return [lambda n=n: act(actors[n], ids[1 - n]) for n in range(2)]


ACTS: dict[str, Callable[[Any, uuid.UUID], Any]] = {
    "unmake": lambda actor, other: administration.set_administrator(actor, db.session.get_one(User, other), on=False),
    "disable": lambda actor, other: administration.disable(actor, db.session.get_one(User, other)),
    "step back": lambda actor, _: administration.set_administrator(
        actor, db.session.get_one(User, actor.user_id), on=False
    ),
    "delete": lambda actor, _: operations.delete_account(actor, operations.prove(actor, factories.PASSWORD)),
}


@pytest.mark.parametrize("act", ACTS)
def test_of_the_last_two_one_stays(racing: Flask, act: str):
    done, refused = sorted(at_once(racing, two(ACTS[act])))
    assert done == "done"
    assert refused in {"last_administrator", "not_found"}
    assert left() == 1


def test_of_many_at_least_one_stays(racing: Flask):
    said = at_once(racing, unmaking())
    assert set(said) <= {"done", "last_administrator", "not_found"}
    assert left() == MANY - said.count("done") >= 1


@pytest.mark.parametrize("act", ["unmake", "disable"])
def test_without_the_guard_nobody_stays(racing: Flask, act: str, monkeypatch: pytest.MonkeyPatch):
    acts = two(ACTS[act])
    without_constraints()
    monkeypatch.setattr(keepers, "hold", lambda: None)
    monkeypatch.setattr(keepers, "count", checked_and_then_written(threading.Barrier(2)))
    assert at_once(racing, acts) == ["done", "done"]
    assert left() == 0
