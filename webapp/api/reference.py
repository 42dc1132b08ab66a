"""The reference of the docs page: the OpenAPI document, read for people."""

import dataclasses
import json
import re
from collections.abc import Iterable
from typing import Any

from webapp.api import samples
from webapp.api.openapi import FIELDS_PARAMETER, KEY_PARAMETER
from webapp.companies.scopes import GROUPS

Json = dict[str, Any]
_EVERYWHERE = {"304", "400", "413", "415", "429", "503"}
_OF_TOKENS = {"auth_not_found", "auth_expired", "auth_invalid"}
"""Said once for all endpoints."""
_FIRST = (
    *("authenticate", "authenticate_for", "authenticate_administrator"),
    *("refresh", "refresh_by_post", "log_out", "log_out_by_post", "boot", "register"),
    *("confirm_otk", "verify_email", "verify_email_by_get", "resend_puzzle", "resend"),
    *("forgot_password", "reset_password", "get_user", "update_user", "change_password"),
    *("list_companies", "create_company", "get_company", "edit_company", "delete_company", "list_below"),
    *("get_dashboard", "list_people", "invite_person", "get_person", "change_person", "revoke_role"),
    *("create_invitation", "create_invitations", "list_invitations", "open_invitation", "accept_invitation"),
)
"""What a reader looks for first; all else follows as it was declared."""
_SHOW_MORE = {"events:read": {"list_events", "get_event", "get_results", "get_ballots"}}
"""What anybody may ask, and what tells more to a token with this scope."""


@dataclasses.dataclass(frozen=True)
class Field:
    """One thing that is sent: where (path, query or body), its type in words, whether it must be, and what it means."""

    name: str
    where: str
    kind: str
    required: bool
    about: str
    usual: str
    """What it is where it is left out, as JSON; an empty text where nothing is said of that."""
    shape: str
    """The name of the schema of what stands in it; an empty text for plain values."""


@dataclasses.dataclass(frozen=True)
class Shape:
    """A schema of what comes back, or of what stands in a field: `id` is what stands behind # in its address."""

    id: str
    name: str
    about: str
    fields: tuple[Field, ...]


@dataclasses.dataclass(frozen=True)
class ScopeRow:
    """What one scope allows, in words, and the endpoints that it opens."""

    scope: str
    label: str
    about: str
    entries: "tuple[Entry, ...]"


@dataclasses.dataclass(frozen=True)
class Refusal:
    """A way not to get what one asked for."""

    status: str
    id: str
    about: str


@dataclasses.dataclass(frozen=True)
class Entry:
    """One endpoint: `id` is what stands behind # in its address."""

    id: str
    method: str
    path: str
    aliases: tuple[str, ...]
    summary: str
    about: str
    public: bool
    ways: tuple[tuple[str, ...], ...]
    """The scopes that open it: all of one of these."""
    fields: tuple[Field, ...]
    curl: str
    others: tuple[str, ...]
    """The same line for each of the aliases."""
    status: str
    said: str
    answer: str | None
    shape: str
    """The name of the schema of `data`, or of each of its rows; an empty text for none."""
    listed: bool
    refusals: tuple[Refusal, ...]
    remembers: bool
    sparse: bool


@dataclasses.dataclass(frozen=True)
class Chapter:
    """The endpoints of one feature."""

    id: str
    title: str
    entries: tuple[Entry, ...]


def slug(name: str) -> str:
    """Return what stands behind # for `name`."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def kind_of(schema: Json, schemas: Json) -> str:
    """Return the type of a field in words: `uuid`, `list of text`, `"yes" or "no"`."""
    several = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    if len(several) > 1:
        return " | ".join(kind_of(one, schemas) for one in several)
    whole = samples.resolved(schema, schemas)
    if "enum" in whole:
        found = " | ".join(json.dumps(one) for one in whole["enum"])
        return f"{found} | null" if _nullable(schema) else found
    if whole.get("type") == "array":
        return "list of " + kind_of(whole.get("items", {}), schemas)
    if whole.get("type") == "object":
        shape = shape_of(schema) or "object"
        return f"{shape} | null" if _nullable(schema) else shape
    words = {"string": "text", "boolean": "true | false", "integer": "whole number"}
    found = _FORMATS.get(str(whole.get("format")), whole.get("format")) or words.get(
        str(whole.get("type")), str(whole.get("type", "any"))
    )
    return f"{found} | null" if _nullable(schema) else str(found)


def _nullable(schema: Json) -> bool:
    return any(one.get("type") == "null" for one in schema.get("anyOf", ()))


def shape_of(schema: Json) -> str:
    """Return the name of the schema that stands in a field, or in a list in it; an empty text for plain values."""
    found = re.search(r"#/components/schemas/(\w+(?:Out|Row|Input))\b", json.dumps(schema))
    return found[1] if found else ""


_FORMATS = {"date-time": "ISO 8601", "date-time-local": "wall time"}


def _limits(schema: Json, schemas: Json) -> str:
    whole = samples.resolved(schema, schemas)
    if "maxLength" in whole:
        return f"≤ {whole['maxLength']}"
    if "maxItems" in whole:
        return f"≤ {whole['maxItems']}"
    if "minimum" in whole and "maximum" in whole:
        return f"{whole['minimum']} … {whole['maximum']}"
    return ""


def _field(name: str, where: str, schema: Json, schemas: Json, *, required: bool, about: str = "") -> Field:
    limits = _limits(schema, schemas)
    kind = kind_of(schema, schemas)
    return Field(
        name=name,
        where=where,
        kind=f"{kind}, {limits}" if limits else kind,
        required=required,
        about=about or schema.get("description", ""),
        usual=json.dumps(schema["default"]) if schema.get("default") not in (None, "", []) else "",
        shape=shape_of(schema),
    )


def _fields(operation: Json, schemas: Json) -> tuple[Field, ...]:
    found = [
        _field(
            one["name"], one["in"], one["schema"], schemas, required=one["required"], about=one.get("description", "")
        )
        for one in operation.get("parameters", ())
        if "name" in one
    ]
    schema = _sent(operation)
    if schema is not None:
        whole = samples.resolved(schema, schemas)
        required = whole.get("required", ())
        found += [
            _field(name, "body", one, schemas, required=name in required)
            for name, one in whole.get("properties", {}).items()
        ]
    return tuple(found)


def _sent(operation: Json) -> Json | None:
    content = operation.get("requestBody", {}).get("content", {})
    found: Json | None = content.get("application/json", {}).get("schema")
    return found


def _refusals(responses: Json) -> tuple[Refusal, ...]:
    found = []
    for status, response in sorted(responses.items()):
        if status.startswith("2") or status in _EVERYWHERE:
            continue
        for line in response["description"].split("\n\n"):
            matched = re.fullmatch(r"`([^`]+)`: (.*)", line, re.DOTALL)
            if status == "401" and matched and matched[1] in _OF_TOKENS:
                continue
            found.append(Refusal(status, matched[1], matched[2]) if matched else Refusal(status, "", line))
    return tuple(found)


def _answer(response: Json) -> str | None:
    shown = response.get("content", {}).get("application/json", {}).get("example")
    return None if shown is None else json.dumps(shown, indent=2, ensure_ascii=False)


def _data(response: Json) -> Json:
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    found: Json = schema.get("properties", {}).get("data", {})
    return found


def _heeds(operation: Json, parameter: str) -> bool:
    return any(one.get("$ref") == parameter for one in operation.get("parameters", ()))


def _entry(path: str, method: str, operation: Json, schemas: Json, *, base: str, aliases: tuple[str, ...]) -> Entry:
    name = operation["operationId"]
    status, response = next((s, r) for s, r in operation["responses"].items() if s.startswith("2"))
    data = _data(response)
    needed = operation["security"]
    ways = tuple(tuple(one["token"]) for one in needed if one.get("token"))
    # an app's key does in place of a token, too
    public = {} in needed or not any("token" in one for one in needed)
    sends = None if _sent(operation) is None else samples.body(name)
    token = name in samples.WITH_TOKEN or (not public and name not in samples.WITHOUT_TOKEN)
    asks = samples.QUERIES.get(name, "")
    lines = tuple(
        samples.curl(name, method.upper(), base + one, sends=sends, token=token, asks=asks) for one in (path, *aliases)
    )
    return Entry(
        id=slug(name),
        method=method.upper(),
        path=path,
        aliases=aliases,
        summary=operation["summary"],
        about=operation["description"].partition("\n")[2].strip(),
        public=public,
        ways=ways,
        fields=_fields(operation, schemas),
        curl=lines[0],
        others=lines[1:],
        status=status,
        said=response["description"],
        answer=_answer(response),
        shape=shape_of(data),
        listed=data.get("type") == "array",
        refusals=_refusals(operation["responses"]),
        remembers=_heeds(operation, KEY_PARAMETER),
        sparse=_heeds(operation, FIELDS_PARAMETER),
    )


def chapters(document: Json) -> tuple[Chapter, ...]:
    """Return the reference made of an OpenAPI document of ours, in the order of its tags."""
    schemas = document["components"]["schemas"]
    base = document["servers"][0]["url"]
    operations = {
        operation["operationId"]: (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    aliases: dict[str, list[str]] = {}
    for name, (path, _method, _operation) in operations.items():
        first = re.sub(r"_\d+$", "", name)
        if first != name and first in operations:
            aliases.setdefault(first, []).append(path)
    others = {path for paths in aliases.values() for path in paths}
    entries: dict[str, list[Entry]] = {tag["name"]: [] for tag in document["tags"]}
    for name, (path, method, operation) in operations.items():
        if re.sub(r"_\d+$", "", name) in operations and re.search(r"_\d+$", name) and path in others:
            continue
        entry = _entry(path, method, operation, schemas, base=base, aliases=tuple(aliases.get(name, ())))
        entries[operation["tags"][0]].append(entry)
    places = {slug(name): place for place, name in enumerate(_FIRST)}
    for found in entries.values():
        found.sort(key=lambda entry: places.get(entry.id, len(places)))
    return tuple(Chapter(slug(title), title, tuple(found)) for title, found in entries.items() if found)


def shapes(document: Json) -> tuple[Shape, ...]:
    """Return the schemas of what comes back and of what stands in a field, by name."""
    schemas = document["components"]["schemas"]
    asked = {
        shape_of(_sent(operation) or {}) for methods in document["paths"].values() for operation in methods.values()
    }
    nested = {shape_of(field) for schema in schemas.values() for field in schema.get("properties", {}).values()}
    return tuple(
        Shape(
            slug(name),
            name,
            schema["description"],
            tuple(
                _field(field, "", said, schemas, required=not name.endswith(("Out", "Row")) and field in required)
                for field, said in schema["properties"].items()
            ),
        )
        for name, schema in sorted(schemas.items())
        if shape_of({"$ref": f"#/components/schemas/{name}"}) and name not in asked - nested
        for required in [schema.get("required", ())]
    )


def scope_rows(found: Iterable[Chapter]) -> tuple[ScopeRow, ...]:
    """Return what each scope allows, as those who tick them read it, and the endpoints that it opens."""
    entries = [entry for chapter in found for entry in chapter.entries]
    return tuple(
        ScopeRow(
            words.scope.value,
            str(words.label),
            str(words.help),
            tuple(
                entry
                for entry in entries
                if any(words.scope.value in way for way in entry.ways)
                or entry.id.replace("-", "_") in _SHOW_MORE.get(words.scope.value, ())
            ),
        )
        for group in GROUPS
        for words in group.scopes
    )
