"""The example client in docs/examples does what it says, against a real server."""

import importlib.util
import pathlib
import subprocess
import sys
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from tests import factories
from tests.browser.house import House, standing
from webapp.accounts import tokens
from webapp.core import clock
from webapp.core.database import db
from webapp.models import Guest

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "docs" / "examples"


def _loaded() -> Any:
    spec = importlib.util.spec_from_file_location("folkmoot_client", EXAMPLES / "folkmoot.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


client = _loaded()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    def fill(app: Flask) -> None:
        factories.set_up_site()
        ana = factories.an_account("Ana", email="ana@example.org")
        company = factories.a_company(ana)
        event = factories.an_event(company, ana, title="Taco Party 2025", visibility="invited")
        for number in range(120):
            factories.a_guest(event, name=f"Guest {number:03}")

    with standing(tmp_path_factory.mktemp("client"), fill) as house:
        yield house


@pytest.fixture
def moot(house: House) -> Any:
    """The client, signed in as Ana."""
    moot = client.Folkmoot(house.address)
    moot.authenticate("ana@example.org", factories.PASSWORD)
    return moot


@pytest.fixture
def event(moot: Any) -> str:
    (found,) = moot.events(search="taco party")
    return str(found["id"])


def listed(house: House, email: str) -> int:
    with house.app.app_context():
        found = db.session.query(Guest).filter_by(email=email).count()
        db.session.remove()
    return found


def test_a_long_guest_list_is_read_page_by_page(moot: Any, event: str):
    names = [guest["name"] for guest in moot.guests(event)]
    assert [name for name in names if name.startswith("Guest ")] == [f"Guest {number:03}" for number in range(120)]
    assert [guest["name"] for guest in moot.guests(event, search="Guest 007")] == ["Guest 007"]


def test_the_same_key_invites_once(house: House, moot: Any, event: str):
    key = str(uuid.uuid4())
    first = moot.invite(event, "once@example.org", "Maja", key=key)
    assert moot.invite(event, "once@example.org", "Maja", key=key) == first
    assert listed(house, "once@example.org") == 1


def test_a_refusal_is_an_exception_with_id_and_fields(house: House, moot: Any, event: str):
    with pytest.raises(client.RefusedError) as refused:
        moot.invite(event, "nobody")
    assert (refused.value.status, refused.value.id) == (422, "json_error")
    assert refused.value.fields.keys() == {"email"}
    with pytest.raises(client.RefusedError, match="401 wrong_credentials"):
        client.Folkmoot(house.address).authenticate("ana@example.org", "something else")


def test_an_expired_token_is_refreshed_on_the_way(house: House, moot: Any, event: str):
    # what a token of a quarter of an hour ago says: the same session, and a moment that is past
    with house.app.app_context():
        claims = tokens.read(moot.token)
        moot.token = old = tokens._encode(claims.secret, claims.serial, None, clock.now() - tokens.GOOD_FOR)
    assert next(moot.guests(event))["event_id"] == event
    assert moot.token != old
    moot.log_out()
    assert moot.token is None
    with pytest.raises(client.RefusedError, match="401"):
        next(moot.guests(event))


def test_it_acts_for_one_company(house: House):
    moot = client.Folkmoot(house.address)
    given = moot.authenticate("ana@example.org", factories.PASSWORD)
    company = given["companies"][0]["id"]
    given = moot.authenticate("ana@example.org", factories.PASSWORD, scopes=["account"], company_id=company)
    assert moot.token == given["company_token"]
    assert moot.call("GET", "boot")["company_id"] == company


def test_the_example_prints_the_guest_list(house: House, moot: Any):
    def tried(token: str, title: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(EXAMPLES / "guest_list.py"), house.address, title],
            env={"TOKEN": token, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    done = tried(moot.token, "Taco Party 2025")
    assert done.returncode == 0, done.stderr
    assert "Guest 000" in done.stdout.splitlines()[0]
    assert tried(moot.token, "Burrito").returncode == 1
    assert "auth_invalid" in tried("x.y.z", "Taco Party 2025").stderr
