"""Many at once: what is unique is taken once, what works once works once."""

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import factories
from tests.mails import Outbox
from webapp.accounts import operations
from webapp.accounts.passwords import hash_password
from webapp.core.database import db
from webapp.core.errors import AppError
from webapp.models import Company, OneTimeLink, User

pytestmark = pytest.mark.both_databases
MANY = 8


def at_once(app: Flask, act: Callable[[int], object]) -> list[str]:
    """Run `act` in many threads at the same moment; return what each came to: "done" or the id of its refusal."""
    start, came = threading.Barrier(MANY), []

    def run(number: int) -> None:
        with app.app_context():
            start.wait(30)
            try:
                act(number)
            except AppError as error:
                came.append(error.id)
            except Exception as error:  # noqa: BLE001 told to the test
                came.append(repr(error))
            else:
                came.append("done")

    db.session.rollback()
    threads = [threading.Thread(target=run, args=(number,)) for number in range(MANY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    return sorted(came)


def test_one_address_registered_by_many_makes_one_account_and_one_living_link(app: Flask, outbox: Outbox):
    came = at_once(app, lambda n: operations.register(name=f"N{n}", email="a@example.org", password_hash="x"))
    assert came == ["done"] * MANY
    assert db.session.scalar(select(func.count()).select_from(User)) == 1
    living = select(func.count()).select_from(OneTimeLink).where(OneTimeLink.ended_at.is_(None))
    assert db.session.scalar(living) == 1


def test_one_link_confirmed_by_many_makes_one_company(app: Flask, outbox: Outbox):
    operations.register(name="A", email="a@example.org", password_hash="x")
    token = outbox.link("verify-email", r"/verify/\S+").removeprefix("/verify/")
    kept = hash_password("lipa pred hišo")
    came = at_once(app, lambda _: operations.verify(token, password_hash=kept))
    assert came == ["done", *["otk_expired"] * (MANY - 1)]
    assert db.session.scalar(select(func.count()).select_from(Company)) == 1


def test_one_password_changed_by_many_is_changed_once(app: Flask):
    actor = factories.acting(factories.an_account())
    proven = operations.prove(actor, factories.PASSWORD)
    came = at_once(app, lambda n: operations.change_password(actor, proven, password_hash=f"new {n}"))
    assert came == ["done", *["json_error"] * (MANY - 1)]


def test_one_address_wanted_by_many_goes_to_one(app: Flask, outbox: Outbox):
    people = [factories.acting(factories.an_account()) for _ in range(MANY)]
    tokens = []
    for actor in people:
        operations.request_email_change(actor, operations.prove(actor, factories.PASSWORD), email="b@example.org")
        tokens.append(outbox.link("email-change", r"/email-change/\S+").rpartition("/")[2])
    came = at_once(app, lambda n: operations.confirm_email_change(tokens[n]))
    assert came == ["done", *["duplicate"] * (MANY - 1)]
    assert db.session.scalar(select(func.count()).where(User.email_key == "b@example.org")) == 1
