"""The outbox forgets an address that is gone."""

import pytest
from flask import Flask

from tests import factories
from tests.mails import Outbox
from webapp.core.operation import operation
from webapp.mail.outbox import ERASED, forget, queue

pytestmark = pytest.mark.both_databases


@operation
def _write(*, to: str) -> None:
    queue("password-changed", to=to, name="Ana", user_id=factories.an_account(email=to).id)


@operation
def _forget(key: str) -> int:
    return forget(key)


def test_a_mail_that_waits_for_a_forgotten_address_is_dropped_and_says_nothing_of_it(
    app: Flask, outbox: Outbox
) -> None:
    _write(to="Ana@example.org")
    _write(to="maja@example.org")
    assert _forget("ana@example.org") == 1
    gone, kept = outbox()
    assert (gone.to_email, gone.to_key, gone.to_name, gone.state) == (ERASED, ERASED, "", "dropped")
    assert (kept.to_email, kept.state) == ("maja@example.org", "queued")
