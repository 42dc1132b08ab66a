"""docs/api-map.md and docs/api.md tell no tales.

Each operation that the map lists is walked with curl, and each name it gives exists; what the guide says of lists, ids,
statuses and scopes is what the endpoints declare.
"""

import pathlib
import re
from collections.abc import Iterator

import pytest
from flask import Flask

from tests import factories
from tests.api import reader
from tests.browser.house import House, link_in, standing
from tests.programs import Program
from webapp import APIS
from webapp.companies.scopes import LABELS
from webapp.core.errors import AppError
from webapp.web.endpoints import Endpoint

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
MAP = (DOCS / "api-map.md").read_text()
GUIDE = (DOCS / "api.md").read_text()
_SECTION = re.compile(r"^### (.+?)\n(.*?)(?=^##|\Z)", re.DOTALL | re.MULTILINE)
_BLOCK = re.compile(r"```sh\n(.*?)\n# (\d+)(?: (\w+))?\n```", re.DOTALL)
_CHAPTER = re.compile(r"^## (\d{3}|What is not)", re.MULTILINE)
_PRINTED = re.compile(r"```sh\n.*?\n```", re.DOTALL)
_ANSWER = re.compile(r"\b(\d{3}) `([a-z_]+)`")

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

# Every field, header, id and path of theirs, by the words it is made of.
NAMES = {
    "000": "Authorization Bearer Content-Type email name eventUuid scope search POST",
    "001": """Authorization Bearer email password name userToken vaultToken token capcha newPassword status ok true
        false forgot-passsword reset-passsword exist-email verify-email resend-email-verification refresh register""",
    "002": """App-Id App-Key Auth-Token Cache-Control Content-Type email password id auth_token company_id path
        _embedded members administrators name role owner company_name _links self edit company login base_login
        administrator href templated error Unauthorized v1 admin""",
    "003": """data error message id code signup login confirm_otk password_reset users events join vote
        Authorization Bearer auth_token Content-Type email password confirmation_url otk
        user_id user_name user_surname name surname eth_address
        user_email user_eth_address user_signup_timestamp user_email_verified user_reputation
        event_id user_reward user_joined user_voted answers
        time_to_join description start_time question end_flag end_time questions reward answer_ids
        user_inserted duplicate json_error email_error db_error
        email_verified otk_error otk_expired auth_error otk_not_found_error
        user_logged_in wrong_password email_unverified wrong_credentials
        user_updated auth_expired auth_invalid auth_not_found user_info events_info
        user_joined event_full_error ttj_error joined_error
        vote_cast not_joined_error event_start_error event_end_error already_voted_error event_error""",
    "004": "identity Set-Cookie hi name password id issuer issued_at invite auth login logout",
}

# What comes back under a name that the map gives.
GIVEN = {
    "000 GET api/events?search=": "id event_id",
    "000 GET api/guests/:eventUuid": """listed_at invited_at reminded_at opened_at replied_at joined_at waiting_since
        checked_in_at left_at""",
    "001 POST /api/login": "user_token company_token expires_at",
    "001 POST /api/register": "registration",
    "001 GET /api/verify-email/{token}": "user_token company_token",
    "001 GET /api/exist-email/{email}": "exists",
    "002 POST /login": "account company_id companies administrators",
    "003 POST /confirm_otk": "user_token user_id",
    "003 POST /login": "user_token user_id user_name user_surname",
    "003 GET /users/{user_id}": """user_id user_name user_surname user_email user_eth_address user_signup_timestamp
        user_email_verified user_reputation events""",
    "003 GET /events": """event_id start_time end_time time_to_join end_flag question questions answers reward
        description id starts_at ends_at join_by title""",
    "003 POST /vote": "receipt",
    "004 POST /api/invite": "id invitation_id issuer issued_at expires_at bearers",
    "004 GET /api/invite/:invite": "issuer issued_at expires_at",
    "004 POST /api/invite/:invite": "waits",
}

# What stands here for a name of theirs, where it is another one.
RENAMED = {
    "`userToken`": ["user_token"],
    "`vaultToken` (the team's)": ["company_token"],
    "`auth_token` (002, 003), `userToken` and `vaultToken` (001), the cookie `identity` (004)": [
        "user_token",
        "company_token",
    ],
    "`auth_token`": ["user_token"],
    "`email`": ["account.email"],
    "`path`": ["base_url"],
    "`_embedded.members`": ["companies"],
    "`_embedded.administrators`": ["administrators"],
    "`events` around the list": ["data"],
}


def chapters() -> dict[str, list[tuple[str, str]]]:
    """The operations that the map lists, by the document they come from: (title, text)."""
    parts = _CHAPTER.split(MAP)[1:]
    return {name: _SECTION.findall(text) for name, text in zip(parts[:-2:2], parts[1:-2:2], strict=True)}


def _blocks() -> Iterator[tuple[str, str, tuple[str, str, str]]]:
    """Each line of curl: of which operation, which endpoint of the docs page that is, and the line with its answer."""
    for chapter, found in chapters().items():
        for title, text in found:
            (name,) = re.findall(r"/api/docs#([\w-]+)", text)
            for block in _BLOCK.findall(text):
                yield f"{chapter} {title}", name, block


def _block_of(operation: str) -> tuple[str, str, str]:
    return next(block for title, _name, block in _blocks() if title == operation)


def _part(title: str) -> str:
    """What stands below a heading that begins so."""
    (found,) = re.findall(rf"^## {title}.*?(?=^## |\Z)", MAP, re.DOTALL | re.MULTILINE)
    return str(found)


BLOCKS = [pytest.param(*block, id=f"{block[0]} {block[2][1]}") for block in _blocks()]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    def fill(app: Flask) -> None:
        factories.set_up_site()

    with standing(tmp_path_factory.mktemp("map"), fill) as house:
        yield house


def test_every_operation_of_the_references_is_on_the_map():
    assert {chapter: [title for title, _text in found] for chapter, found in chapters().items()} == OPERATIONS


@pytest.mark.parametrize(("title", "name", "block"), BLOCKS)
def test_each_line_of_curl_on_the_map_answers_what_stands_below_it(
    house: House, tmp_path: pathlib.Path, title: str, name: str, block: tuple[str, str, str]
):
    command, status, said = block
    values = {**reader.prepared(house.app, name), "FOLKMOOT": house.address}
    told = reader.run(tmp_path, command, values)
    assert told.status == int(status), f"{title}: {told.status} {told.body}"
    if not said:
        assert told.body == ""
    else:
        assert told.json["meta" if told.status < 400 else "error"]["id"] == said


def test_each_operation_of_the_references_is_walked():
    walked = {title for title, _name, (_command, status, _said) in _blocks() if int(status) < 400}
    assert walked == {f"{chapter} {title}" for chapter, titles in OPERATIONS.items() for title in titles}


@pytest.mark.parametrize("chapter", NAMES)
def test_every_name_of_the_references_is_on_the_map(chapter: str):
    text = "".join(_part(title) for title in ("What differs", chapter, "What is not here"))
    told = [*_PRINTED.findall(text), *re.findall(r"`[^`]+`", _PRINTED.sub("", text))]
    said = set(re.findall(r"[\w-]+", " ".join(told)))
    assert set(NAMES[chapter].split()) - said == set()


def _walked(house: House, folder: pathlib.Path, operation: str, values: dict[str, str] | None = None) -> reader.Told:
    name, (command, _status, _said) = next((name, block) for title, name, block in _blocks() if title == operation)
    values = values or reader.prepared(house.app, name)
    return reader.run(folder, command, {**values, "FOLKMOOT": house.address})


@pytest.mark.parametrize(("operation", "names"), GIVEN.items())
def test_the_names_the_map_promises_come_back(house: House, tmp_path: pathlib.Path, operation: str, names: str):
    data = _walked(house, tmp_path, operation).json["data"]
    one = data[0] if isinstance(data, list) else data
    assert set(names.split()) - one.keys() == set()
    assert set(names.split()) - set(re.findall(r"\w+", " ".join(re.findall(r"`[^`\n]+`", MAP)))) == set()


@pytest.mark.parametrize("name", RENAMED)
def test_a_name_of_theirs_is_the_one_here_that_the_map_gives(name: str):
    rows = re.findall(rf"^\| {re.escape(name)} \| (.+) \|$", MAP, re.MULTILINE)
    assert rows
    for row in rows:
        assert re.findall(r"`([^`]+)`", row)[: len(RENAMED[name])] == RENAMED[name]


def test_a_company_token_is_the_teams_and_a_user_token_the_accounts(house: House, tmp_path: pathlib.Path):
    given = _walked(house, tmp_path, "001 POST /api/login").json["data"]
    for name, company in (("user_token", None), ("company_token", given["company_id"])):
        program = Program(house.app)
        program.token = given[name]
        with house.app.app_context():
            assert program.get("/api/boot").json["data"]["company_id"] == company
    assert given["company_id"] is not None


def test_the_link_of_an_operation_leads_to_the_endpoint_its_curl_asks(app: Flask):
    there = {(api.name, endpoint.name): endpoint.name for api in APIS for endpoint in api.endpoints}
    routes = app.url_map.bind("localhost")
    for title, name, (command, status, _said) in _blocks():
        if int(status) >= 400:
            continue
        address = re.search(r'"\$FOLKMOOT(/api/[^"?]+)', command)
        method = re.search(r'-X "?([A-Z]+)', command)
        assert address is not None
        path = re.sub(r"\$\w+", "00000000-0000-4000-8000-000000000000", address[1])
        endpoint, _values = routes.match(path, method=method[1] if method else "GET")
        blueprint, _, view = endpoint.partition("_api.")
        asked = there.get((blueprint, view)) or there[blueprint, re.sub(r"_\d+$", "", view)]
        assert name == asked.replace("_", "-"), f"{title}: its link leads to {name}, its curl asks {asked}"


def test_a_guest_on_the_list_already_is_refused_as_the_map_says(house: House, tmp_path: pathlib.Path):
    values = reader.prepared(house.app, "add-guest")
    assert _walked(house, tmp_path, "000 POST api/guest/:eventUuid", values).status == 201
    told = _walked(house, tmp_path, "000 POST api/guest/:eventUuid", values)
    (section,) = [text for title, text in chapters()["000"] if title == "POST api/guest/:eventUuid"]
    ways = (r"on the list already is (\d{3}) `(\w+)`", section), (r"(\d{3}) `(\w+)` for a guest on the list", MAP)
    for pattern, text in ways:
        assert re.findall(pattern, re.sub(r"\s+", " ", text)) == [(str(told.status), told.json["error"]["id"])]


def test_no_mail_leads_to_an_endpoint(house: House, tmp_path: pathlib.Path):
    (command, _status, _said) = _block_of("001 POST /api/register")
    values = {**reader.prepared(house.app, "register"), "FOLKMOOT": house.address}
    assert reader.run(tmp_path, command, values).status == 201
    letter = house.mails.letter(values["NEW_EMAIL"], "address")
    assert link_in(letter, "/verify/")
    assert "/api/" not in letter.as_string()
    assert "mails never lead here" in re.sub(r"\s+", " ", MAP)


def test_a_vote_stands_in_the_account_as_the_map_says(house: House, tmp_path: pathlib.Path):
    values = reader.prepared(house.app, "vote")
    _walked(house, tmp_path, "003 POST /vote", values)
    (part,) = _walked(house, tmp_path, "003 GET /users/{user_id}", values).json["data"]["events"]
    told = {name: part[name] for name in ("event_id", "user_reward", "user_joined", "user_voted", "answers")}
    assert told == {
        "event_id": values["EVENT"],
        "user_reward": 0,
        "user_joined": True,
        "user_voted": True,
        "answers": [values["ANSWER"]],
    }


def test_who_signs_in_gets_the_links_of_002(house: House, tmp_path: pathlib.Path):
    values = reader.prepared(house.app, "authenticate")
    owner = _walked(house, tmp_path, "002 POST /login", values).json["data"]
    (company,), (administrator,) = owner["companies"], owner["administrators"]
    assert company["links"].keys() == {"self", "login"}
    assert administrator["links"].keys() == {"self", "company", "login"}
    own = f"/api/companies/{owner['company_id']}/administrators/{owner['user_id']}"
    assert administrator["links"]["self"] == own
    assert (administrator["company_id"], administrator["role"]) == (owner["company_id"], "owner")
    organiser = {**values, "EMAIL": values["EMAIL"].replace("reader", "ben")}
    told = _walked(house, tmp_path, "002 POST /login", organiser).json["data"]
    assert told["companies"][0]["role"] == "organiser"
    assert told["administrators"] == []


def test_a_mailed_confirmation_leads_where_the_program_said(house: House, tmp_path: pathlib.Path):
    (command, _status, _said) = _block_of("003 POST /users")
    values = {**reader.prepared(house.app, "register"), "FOLKMOOT": house.address}
    told = reader.run(tmp_path, command, values)
    link = link_in(house.mails.letter(values["NEW_EMAIL"], "address"), "/confirm?otk=")
    assert link.startswith(f"{house.address}/confirm?otk=")
    registered = {"REGISTRATION": told.json["data"]["registration"], "OTK": link.partition("=")[2]}
    (command, _status, _said) = _block_of("001 GET /api/verify-email/{token}")
    told = reader.run(tmp_path, command, {**values, **registered})
    assert told.json["meta"]["id"] == "email_verified"
    assert told.json["data"]["account"]["email"] == values["NEW_EMAIL"]


def test_a_confirmation_leads_to_no_site_that_is_not_allowed(house: House, tmp_path: pathlib.Path):
    (command, _status, _said) = _block_of("003 POST /users")
    values = {**reader.prepared(house.app, "register"), "FOLKMOOT": house.address}
    told = reader.run(tmp_path, command.replace("$FOLKMOOT/confirm", "https://elsewhere.example/confirm"), values)
    assert told.status == 422
    assert told.json["error"]["fields"].keys() == {"confirmation_url"}


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


def _refusals(kind: type[AppError]) -> set[tuple[int, str]]:
    return {(kind.status, kind.id)}.union(*(_refusals(below) for below in kind.__subclasses__()))


def test_each_status_and_id_the_map_names_is_one_of_ours():
    ours = _refusals(AppError) | {(500, "internal_error")}
    ours |= {(endpoint.status, endpoint.id) for api in APIS for endpoint in api.endpoints}
    told = {(int(status), name) for status, name in _ANSWER.findall(MAP)}
    assert len(told) > 30
    assert told - ours == set()


def test_each_page_the_map_names_is_there(app: Flask):
    rules = {re.sub(r"<(?:\w+:)?\w+>", "<>", rule.rule) for rule in app.url_map.iter_rules()}
    pages = set(re.findall(r"pages?:? (?:POST )?((?:`/[^`]+`(?:, )?)+)", MAP))
    named = {page for some in pages for page in re.findall(r"`([^`]+)`", some)}
    assert len(named) > 10
    assert {page for page in named if re.sub(r"<\w+>", "<>", page) not in rules} == set()


_COMPANY = "/companies/{company_id}"


def _endpoints() -> list[Endpoint]:
    return [endpoint for api in APIS for endpoint in api.endpoints]


def _listed(text: str) -> set[str]:
    """The lists that a part of the guide names."""
    return set(re.findall(r"`(?:GET )?(/api/[^`]+|…[^`]+)`", text)) - {"/api/companies/{company_id}"}


def _in_short(endpoint: Endpoint) -> str:
    """Its path as the guide has it: … for a company's own."""
    path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", endpoint.paths[0])
    return "…" + path[len(_COMPANY) :] if path.startswith(_COMPANY + "/") else "/api" + path


def test_the_guide_tells_lists_with_pages_from_those_without():
    lists = [endpoint for endpoint in _endpoints() if endpoint.listed and endpoint.method == "GET"]
    fields = {_in_short(one): one.asks.model_fields.keys() if one.asks is not None else set() for one in lists}
    paged, whole = re.findall(r"\*\*Lists\*\*.*?\n\n(.*?)These come whole(.*?)\n\n", GUIDE, re.DOTALL)[0]
    assert _listed(paged) == {path for path, names in fields.items() if names >= {"cursor", "limit"}}
    assert _listed(whole) == {path for path, names in fields.items() if not names & {"cursor", "limit"}}
    starred = {path for path in _listed(paged) if re.search(rf"{re.escape(path)}`\*", paged)}
    assert starred == {path for path in _listed(paged) if "search" in fields[path]}


def test_the_guide_names_each_id_that_is_no_uuid():
    given = {endpoint.gives for endpoint in _endpoints() if endpoint.gives is not None}
    others = {
        (model.__name__, name)
        for model in given
        for name, field in model.model_fields.items()
        if re.fullmatch(r"id|\w+_id", name) and "UUID" not in str(field.annotation)
    }
    assert others == {("EntryOut", "id"), ("InvitationOut", "id")}
    said = re.sub(r"\s+", " ", GUIDE)
    assert "the `id` of a journal's line is a number" in said
    assert "the `id` of an invitation is what its link ends with" in said


def test_the_guide_says_of_each_status_what_to_do(app: Flask):
    document = app.test_client().get("/api/openapi.json").json
    documented = {
        int(status)
        for methods in document["paths"].values()
        for operation in methods.values()
        for status in operation["responses"]
        if int(status) >= 400
    }
    told = {int(status) for status in re.findall(r"^\| (\d{3}) \|", GUIDE, re.MULTILINE)}
    # what no endpoint's document can say: another method, and our own mistake
    assert told == documented | {405, 500}


def test_the_guide_calls_each_scope_as_the_pages_do():
    rows = re.findall(r"^\| `([a-z:-]+)` \| ([^|]+) \| [^|]+ \|$", GUIDE, re.MULTILINE)
    assert dict(rows) == {scope: str(label) for scope, label in LABELS.items()}
    assert [scope for scope, _label in rows] == list(LABELS)
