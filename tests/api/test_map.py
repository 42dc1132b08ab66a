"""docs/api-map.md tells no tales: each operation it lists is walked with curl, and each name it gives exists."""

import pathlib
import re
from collections.abc import Iterator

import pytest
from flask import Flask

from tests import factories
from tests.api import reader
from tests.browser.house import House, standing
from webapp import APIS
from webapp.core.errors import AppError

MAP = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "api-map.md").read_text()
_SECTION = re.compile(r"^### (.+?)\n(.*?)(?=^##|\Z)", re.DOTALL | re.MULTILINE)
_BLOCK = re.compile(r"```sh\n(.*?)\n# (\d+)(?: (\w+))?\n```", re.DOTALL)
_CHAPTER = re.compile(r"^## (\d{3})", re.MULTILINE)

# What the five reference documents can do, in their order.
OPERATIONS = {
    "000": ["POST api/auth/authenticate", "GET api/events?search=", "POST api/guest/:eventUuid",
            "GET api/guests/:eventUuid"],
    "001": ["POST /api/login", "POST /api/register", "GET /api/verify-email/{token}",
            "GET /api/resend-email-verification", "GET /api/refresh", "POST /api/forgot-passsword",
            "POST /api/reset-passsword", "GET /api/exist-email/{email}"],
    "002": ["POST /login", "POST /login with a company", "POST /login/admin/{company_id}", "DELETE /login"],
    "003": ["POST /users", "POST /confirm_otk", "POST /login", "PUT /users/{user_id}", "GET /users/{user_id}",
            "GET /events", "POST /join", "POST /vote"],
    "004": ["POST /api/auth/login", "POST /api/auth/logout", "POST /api/invite", "GET /api/invite/:invite",
            "POST /api/invite/:invite"],
}  # fmt: skip


def chapters() -> dict[str, list[tuple[str, str]]]:
    """The operations that the map lists, by the document they come from: (title, text)."""
    parts = _CHAPTER.split(MAP)[1:]
    return {name: _SECTION.findall(text) for name, text in zip(parts[::2], parts[1::2], strict=True)}


SECTIONS = [
    pytest.param(title, text, id=f"{chapter} {title}") for chapter, found in chapters().items() for title, text in found
]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    def fill(app: Flask) -> None:
        factories.set_up_site()

    with standing(tmp_path_factory.mktemp("map"), fill) as house:
        yield house


def test_every_operation_of_the_references_is_on_the_map():
    assert {chapter: [title for title, _text in found] for chapter, found in chapters().items()} == OPERATIONS


@pytest.mark.parametrize(("title", "text"), SECTIONS)
def test_each_operation_of_the_references_is_walked(house: House, tmp_path: pathlib.Path, title: str, text: str):
    (block,) = _BLOCK.findall(text)
    command, status, said = block
    (name,) = re.findall(r"/api/docs#([\w-]+)", text)
    values = {**reader.prepared(house.app, name), "FOLKMOOT": house.address}
    told = reader.run(tmp_path, command, values)
    assert told.status == int(status), f"{title}: {told.status} {told.body}"
    if said:
        assert told.json["meta"]["id"] == said
    else:
        assert told.body == ""


def test_each_endpoint_the_map_names_is_there():
    there = {
        endpoint.method + " /api" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)
        for api in APIS
        for endpoint in api.endpoints
        for path in endpoint.paths
    }
    named = set(re.findall(r"`((?:GET|POST|PUT|PATCH|DELETE) /api/[^`?]+)`", MAP))
    assert len(named) > 30
    assert named - there == set()
    anchors = set(re.findall(r"/api/docs#([\w-]+)", MAP))
    assert anchors <= {endpoint.name.replace("_", "-") for api in APIS for endpoint in api.endpoints}


def _ids(kind: type[AppError]) -> set[str]:
    return {kind.id}.union(*(_ids(below) for below in kind.__subclasses__()))


def test_each_refusal_the_map_names_is_one_of_ours():
    told = [error for line in re.findall(r"Refusals: ([^.]*)\.", MAP) for error in re.findall(r"`([a-z_]+)`", line)]
    assert len(told) == 8
    assert set(told) <= _ids(AppError)


def test_each_page_the_map_names_is_there(app: Flask):
    rules = {re.sub(r"<(?:\w+:)?\w+>", "<>", rule.rule) for rule in app.url_map.iter_rules()}
    pages = set(re.findall(r"pages?:? (?:POST )?((?:`/[^`]+`(?:, )?)+)", MAP))
    named = {page for some in pages for page in re.findall(r"`([^`]+)`", some)}
    assert len(named) > 10
    assert {page for page in named if re.sub(r"<\w+>", "<>", page) not in rules} == set()
