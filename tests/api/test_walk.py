"""What the page for programmers prints works: every line is run as it stands, against a real server.

The JavaScript of the quick start is run where it belongs, in a browser: tests/browser/test_manual.py.
"""

import json
import pathlib
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator

import pytest

from tests import factories
from tests.api import reader
from tests.browser.house import House, standing
from webapp import APIS

EXPECTED = {"set-up": 409}
"""What cannot be walked with success: the house stands already."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with standing(tmp_path_factory.mktemp("walk"), reader.party) as house:
        yield house


@pytest.fixture(scope="module")
def page(house: House) -> str:
    with urllib.request.urlopen(f"{house.address}/api/docs", timeout=60) as answer:  # noqa: S310 our own server
        return str(answer.read().decode())


def test_the_quick_start_leads_from_a_password_to_a_guest_list(house: House, page: str, tmp_path: pathlib.Path):
    authenticate, find, invite, read = reader.quick_start(page, "curl")
    values: dict[str, str] = {}
    told = reader.run(tmp_path, reader.filled(authenticate), values)
    assert (told.status, told.json["meta"]["id"]) == (200, "user_logged_in")
    values["TOKEN"] = told.json["data"]["user_token"]
    told = reader.run(tmp_path, find, values)
    assert [event["title"] for event in told.json["data"]] == ["Taco Party 2025"]
    values["EVENT"] = told.json["data"][0]["id"]
    told = reader.run(tmp_path, invite, values)
    assert (told.status, told.json["data"]["email"]) == (201, "guest@example.com")
    told = reader.run(tmp_path, read, values)
    assert [(guest["name"], guest["listed_at"] is not None) for guest in told.json["data"]] == [("John Doe", True)]
    assert house.mails.letter("guest@example.com", "Taco Party 2025")


def test_the_quick_start_in_python_is_one_program(house: House, page: str):
    steps = [code.replace("Taco Party 2025", "Python Party") for code in reader.quick_start(page, "python")]
    program = reader.filled("\n\n".join(steps))
    with house.app.app_context():
        ana = factories.an_account("Ana", email="python@example.org")
        factories.an_event(factories.a_company(ana), ana, title="Python Party", visibility="unlisted")
    program = program.replace("you@example.org", "python@example.org")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"John Doe (None|\d{4}-\S+) None\n", done.stdout)


NAMES = [endpoint.name.replace("_", "-") for api in APIS for endpoint in api.endpoints]


@pytest.mark.parametrize("name", NAMES)
def test_each_line_of_the_reference_runs_as_printed(house: House, page: str, tmp_path: pathlib.Path, name: str):
    line = reader.reference(page)[name]
    told = reader.run(tmp_path, line, reader.prepared(house.app, name))
    assert told.status == EXPECTED.get(name, told.status), told.body
    assert name in EXPECTED or 200 <= told.status < 300, f"{line}\n{told.status} {told.body}"


def test_the_page_shows_every_endpoint_and_its_own_address(house: House, page: str):
    assert sorted(reader.reference(page)) == sorted(NAMES)
    with urllib.request.urlopen(f"{house.address}/api/openapi.json", timeout=60) as answer:  # noqa: S310 our own server
        paths = json.load(answer)["paths"]
    for path in paths:
        assert f"<code>{path}</code>" in page, path
    for line in reader.reference(page).values():
        assert f'"{house.address}/api/' in line


def test_each_link_of_the_page_leads_somewhere_on_it(page: str):
    ids = re.findall(r'id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
