"""An organiser who corrects addresses must not come to see ballots that way."""

import pytest
from flask import Flask

from tests import factories
from webapp.core.database import db
from webapp.core.errors import InputError
from webapp.guests import operations
from webapp.models import Event, Guest, User

pytestmark = pytest.mark.both_databases


def _vote(host: User, **values: object) -> Event:
    return factories.an_event(factories.a_company(host), host, questions={"When?": ["Now", "Later"]}, **values)


def _move(host: User, event: Event, guest: Guest) -> None:
    operations.edit_guest(factories.acting(host), event, guest, name=guest.name, email="mine@example.org")


@pytest.mark.parametrize(
    "has_voted", [True, False], ids=["after a ballot", "without one, so that the refusal tells nothing"]
)
def test_once_voting_is_open_the_address_of_somebody_on_the_roll_stays(app: Flask, has_voted: bool) -> None:
    host = factories.an_account()
    event = _vote(host)
    guest = factories.a_guest(event, email="ana@example.org", reply="yes", has_voted=has_voted)
    nonce = guest.nonce
    with pytest.raises(InputError) as refused:
        _move(host, event, guest)
    assert "email" in refused.value.fields
    kept = db.session.get_one(Guest, guest.id)
    assert (kept.email, kept.nonce) == ("ana@example.org", nonce)


def test_the_name_may_still_be_corrected(app: Flask) -> None:
    host = factories.an_account()
    event = _vote(host)
    guest = factories.a_guest(event, email="ana@example.org", reply="yes")
    operations.edit_guest(factories.acting(host), event, guest, name="Ana Šušteršič", email="Ana@example.org")
    assert db.session.get_one(Guest, guest.id).name == "Ana Šušteršič"


def test_the_address_of_a_guest_who_is_not_on_the_roll_may_be_corrected(app: Flask) -> None:
    host = factories.an_account()
    event = _vote(host)
    guest = factories.a_guest(event, email="ana@example.org")
    _move(host, event, guest)
    assert db.session.get_one(Guest, guest.id).email == "mine@example.org"
