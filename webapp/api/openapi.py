"""The OpenAPI document, made of what the endpoints declare (OpenAPI Specification 3.1.1)."""

import dataclasses
import inspect
import re
from collections.abc import Iterable, Iterator
from typing import Any

from flask_babel import lazy_gettext as _l
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from webapp.accounts.tokens import TokenRefusedError, TokenTooOldError
from webapp.api import values
from webapp.api.samples import answer, example
from webapp.api.words import meaning
from webapp.core.actor import Scope
from webapp.core.errors import AppError, BusyError, ForbiddenError, InputError, NotFoundError, SignInError
from webapp.web.access import PUBLIC
from webapp.web.bodies import CutOffError
from webapp.web.endpoints import APP_ALONE, PREFIX, WITH_APP, Api, Endpoint, KeyTakenError
from webapp.web.headers import NotMatchingError
from webapp.web.json_body import JSON, NotJsonError
from webapp.web.limits import TooOftenError
from webapp.web.setup_gate import OPEN_ENDPOINTS, NotSetUpError
from webapp.web.sparse import FIELDS, MOST

_VARIABLE = re.compile(r"<(?:(\w+):)?(\w+)>")
_REF = "#/components/schemas/{model}"
_ERROR = {
    "type": "object",
    "description": "Why something was not done.",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "description": "The refusal.",
            "required": ["id", "message", "code", "fields"],
            "properties": {
                "id": {"type": "string", "description": "Stable; programs decide by it."},
                "message": {"type": "string", "description": "A sentence for people."},
                "code": {"type": "integer", "description": "The HTTP status."},
                "fields": {
                    "type": "object",
                    "additionalProperties": {"type": "string"},
                    "description": "A sentence for each field that does not fit.",
                },
            },
        }
    },
}
_META = {
    "type": "object",
    "description": "What was done, for programs (`id`) and for people (`message`).",
    "required": ["id", "message", "code"],
    "properties": {
        "id": {"type": "string", "description": "What was done; stable, programs decide by it."},
        "message": {"type": "string", "description": "A sentence for people."},
        "code": {"type": "integer", "description": "The HTTP status."},
    },
}
# The names are those most clients know.
_RATE_HEADERS = {
    "X-RateLimit-Limit": "How many requests the limit allows that is nearest to its end. Sent while limits are on.",
    "X-RateLimit-Remaining": "How many of them are left.",
    "X-RateLimit-Reset": "In how many seconds the oldest of those counted is forgotten.",
}
_HEADERS = {
    **{name: {"description": about, "schema": {"type": "integer"}} for name, about in _RATE_HEADERS.items()},
    "Retry-After": {"description": "In how many seconds to try again.", "schema": {"type": "integer"}},
    "ETag": {
        "description": "Stands for what was answered: sent back as If-None-Match it asks whether that is still so.",
        "schema": {"type": "string"},
    },
    "WWW-Authenticate": {
        "description": "Bearer: a token is needed in the header Authorization (RFC 6750).",
        "schema": {"type": "string"},
    },
}
_PARAMETERS = {
    "Fields": {
        "name": FIELDS,
        "in": "query",
        "required": False,
        "schema": {
            "type": "string",
            "minLength": 1,
            "maxLength": MOST,
            "pattern": "^[A-Za-z_][A-Za-z0-9_.]*(,[A-Za-z_][A-Za-z0-9_.]*)*$",
        },
        "description": "The fields that are wanted of `data`, or of each row of it: `id,title,rule.roll`. "
        "Then it holds these alone, whatever the schema asks for.",
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
        "description": "A repeated request with the same key is answered as the first one was.",
    },
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "required": False,
        "schema": {"type": "string"},
        "description": "The ETag of the answer one has: 304 without a body where nothing has changed since.",
    },
}
FIELDS_PARAMETER = "#/components/parameters/Fields"
TAG_PARAMETER = "#/components/parameters/IfNoneMatch"
KEY_PARAMETER = "#/components/parameters/IdempotencyKey"
_LIST_META = {
    "type": "object",
    "description": "What was listed, how many there are in all, and where the next page begins.",
    "required": ["id", "message", "code", "next", "count"],
    "properties": {
        **_META["properties"],  # type: ignore[dict-item]
        "next": {
            "type": ["string", "null"],
            "description": "Send it as `cursor` for the next page; null on the last one.",
        },
        "count": {"type": "integer", "description": "How many there are in all."},
    },
}
_OWN = {"Error": _ERROR, "Meta": _META, "ListMeta": _LIST_META}


class TooLargeError(AppError):
    """As werkzeug says that a body is larger than the app takes; here to be documented."""

    id = "request_entity_too_large"
    status = 413
    message = _l("That is more than fits. Please make it smaller and try again.")


@dataclasses.dataclass(frozen=True)
class Made:
    """The schemas made of the models, by name, and the reference to each: two of one name get two names here."""

    refs: dict[Any, dict[str, Any]]
    schemas: dict[str, Any]

    def name(self, model: type[BaseModel]) -> str:
        """Return the name of a model that comes in."""
        return str(self.refs[model, "validation"]["$ref"].rpartition("/")[2])

    def taken(self, model: type[BaseModel]) -> dict[str, Any]:
        """Return the schema of a model that comes in."""
        found: dict[str, Any] = self.schemas[self.name(model)]
        return found


def path_of(rule: str) -> str:
    """Return a rule of Flask as OpenAPI writes a path."""
    return PREFIX + _VARIABLE.sub(lambda found: "{" + found[2] + "}", rule)


def _variables(endpoint: Endpoint, rule: str) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": meaning(name, endpoint.name),
            "schema": {"type": "string", "format": "uuid"} if kind == "uuid" else {"type": "string", "minLength": 1},
        }
        for kind, name in _VARIABLE.findall(rule)
    ]


def _query(endpoint: Endpoint, made: Made) -> list[dict[str, Any]]:
    if endpoint.asks is None:
        return []
    asked = made.taken(endpoint.asks)
    return [
        {
            "name": name,
            "in": "query",
            "required": name in asked.get("required", ()),
            "schema": {key: value for key, value in schema.items() if key != "description"},
            "description": meaning(name, endpoint.name, only=True) or schema.get("description") or meaning(name),
        }
        for name, schema in asked.get("properties", {}).items()
    ]


def refusals_of(endpoint: Endpoint) -> list[type[AppError]]:
    """Return what `endpoint` may answer with instead: what it declares, and what its frame refuses."""
    # a parameter that is not known, at the least
    frame: list[type[AppError]] = [TooOftenError, BusyError, InputError]
    if heeds_token(endpoint):
        frame += [SignInError, TokenRefusedError, TokenTooOldError]
    if endpoint.name not in {name.partition(".")[2] for name in OPEN_ENDPOINTS}:
        frame += [NotSetUpError]
    if endpoint.method != "GET":
        frame += [NotJsonError, TooLargeError, CutOffError]
    if tagged(endpoint):
        frame += [NotMatchingError]
    if isinstance(endpoint.access, Scope):
        frame += [ForbiddenError]
    if "<" in endpoint.paths[0]:
        frame += [NotFoundError]
    if endpoint.remembers:
        frame += [KeyTakenError]
    return list(dict.fromkeys([*endpoint.refusals, *frame]))


def heeds_token(endpoint: Endpoint) -> bool:
    """Tell whether a token that is sent along is looked at: a stale one is then refused, also where none is needed."""
    return not endpoint.ignores_token


def _responses(endpoint: Endpoint, made: Made) -> dict[str, Any]:
    by_status: dict[int, list[type[AppError]]] = {}
    for error in refusals_of(endpoint):
        by_status.setdefault(error.status, []).append(error)
    found: dict[str, Any] = {str(endpoint.status): _success(endpoint, made)}
    if tagged(endpoint):
        found["304"] = {
            "description": "Nothing has changed since the ETag that was sent as If-None-Match.",
            "headers": _headers("ETag", *_RATE_HEADERS),
        }
    for status, errors in sorted(by_status.items()):
        ids = list(dict.fromkeys(f"`{error.id}`: {error.message}" for error in errors))
        found[str(status)] = {
            "description": "\n\n".join(ids),
            "headers": _headers(*_RATE_HEADERS, *_BESIDE.get(status, ())),
            "content": {JSON: {"schema": _refused(status, [error.id for error in errors])}},
        }
    return found


# What stands beside a refusal of this status.
_BESIDE = {TooOftenError.status: ["Retry-After"], SignInError.status: ["WWW-Authenticate"]}


def _refused(status: int, ids: Iterable[str]) -> dict[str, Any]:
    """Return the schema of a refusal: an error with one of these ids."""
    said = {"id": {"enum": list(dict.fromkeys(ids))}, "code": {"const": status}}
    return {"allOf": [{"$ref": "#/components/schemas/Error"}, {"properties": {"error": {"properties": said}}}]}


def tagged(endpoint: Endpoint) -> bool:
    """Tell whether its answer carries an ETag: reads do, but what gives tokens or uses up a link."""
    return endpoint.method == "GET" and not endpoint.secret


def _headers(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _success(endpoint: Endpoint, made: Made) -> dict[str, Any]:
    headers = _headers(*(["ETag"] if tagged(endpoint) else []), *_RATE_HEADERS)
    if endpoint.status == 204:
        return {"description": "Done; there is nothing to say.", "headers": headers}
    if endpoint.media != JSON:
        text = {endpoint.media: {"schema": {"type": "string"}}}
        return {"description": endpoint.summary, "headers": headers, "content": text}
    data: dict[str, Any] = {"type": "object"}
    if endpoint.gives is not None:
        data = made.refs[endpoint.gives, "serialization"]
    if endpoint.listed:
        data = {"type": "array", "items": data}
    meta = {"$ref": "#/components/schemas/ListMeta" if endpoint.listed else "#/components/schemas/Meta"}
    schema = {"type": "object", "required": ["data", "meta"], "properties": {"data": data, "meta": meta}}
    said = {"id": endpoint.id, "message": str(endpoint.message), "code": endpoint.status}
    content: dict[str, Any] = {"schema": schema}
    shown: dict[str, Any] | None = {"data": {}, "meta": said}
    if endpoint.gives is not None:
        shown = answer(endpoint.name, said, listed=endpoint.listed)
    if shown is not None:
        content["example"] = shown
    return {"description": f"`{endpoint.id}`: {endpoint.message}", "headers": headers, "content": {JSON: content}}


def _security(endpoint: Endpoint) -> list[dict[str, list[str]]]:
    app: dict[str, list[str]] = {"app_id": [], "app_key": []}
    if endpoint.app == APP_ALONE:
        return [app]
    if endpoint.app == WITH_APP:
        return [{}, app]
    if endpoint.access == PUBLIC:
        return [{}, {"token": []}] if heeds_token(endpoint) else [{}]
    return [{"token": [one.value for one in way]} for way in endpoint.scopes or ((),)]


def _operation(endpoint: Endpoint, number: int, made: Made) -> dict[str, Any]:
    rule = endpoint.paths[number]
    said: dict[str, Any] = {
        "operationId": endpoint.name if number == 0 else f"{endpoint.name}_{number + 1}",
        "tags": [endpoint.tag],
        "summary": endpoint.summary,
        "description": inspect.cleandoc(endpoint.about),
        "parameters": [*_variables(endpoint, rule), *_query(endpoint, made)],
        "responses": _responses(endpoint, made),
        "security": _security(endpoint),
    }
    if endpoint.sparse:
        said["parameters"].append({"$ref": FIELDS_PARAMETER})
    if tagged(endpoint):
        said["parameters"].append({"$ref": TAG_PARAMETER})
    if endpoint.remembers:
        said["parameters"].append({"$ref": KEY_PARAMETER})
    if endpoint.takes is not None:
        schema = made.refs[endpoint.takes, "validation"]
        content = {"schema": schema, "example": example(endpoint.name)}
        required = bool(made.taken(endpoint.takes).get("required"))
        said["requestBody"] = {"required": required, "content": {JSON: content}}
    return said


def _models(endpoints: Iterable[Endpoint]) -> Iterator[tuple[type[BaseModel], str]]:
    for endpoint in endpoints:
        for model in (endpoint.takes, endpoint.asks):
            if model is not None:
                yield model, "validation"
        if endpoint.gives is not None:
            yield endpoint.gives, "serialization"


def _bounded(said: Any) -> None:
    """Call bounds as JSON Schema does: where a validator stands before them pydantic leaves its own names."""
    if isinstance(said, list):
        for one in said:
            _bounded(one)
    elif isinstance(said, dict):
        if said.get("type") == "integer":
            for name, own in (("ge", "minimum"), ("le", "maximum")):
                if name in said:
                    said[own] = said.pop(name)
        for one in said.values():
            _bounded(one)


def _told(schemas: dict[str, Any]) -> dict[str, Any]:
    """Say of each field what it means, and of one that comes back which values it has."""
    _bounded(schemas)
    fixed = values.values()
    for name, schema in schemas.items():
        schema["description"] = inspect.cleandoc(schema.get("description", ""))
        given = name.endswith(("Out", "Row"))
        for field, said in schema.get("properties", {}).items():
            # what is said of this very field goes before what its name means elsewhere
            words = meaning(field, name, given=given, only=True) or said.get("description")
            said["description"] = words or meaning(field, given=given)
            allowed = fixed.get(f"{name}.{field}", fixed.get(field) if given else None)
            if allowed:
                values.fix(said, allowed)
    return schemas


def document(apis: Iterable[Api], *, base_url: str, name: str, version: str) -> dict[str, Any]:
    """Return the OpenAPI document of `apis` as plain data."""
    endpoints = [endpoint for api in apis for endpoint in api.endpoints]
    models: Any = list(dict.fromkeys(_models(endpoints)))
    refs, defined = models_json_schema(models, ref_template=_REF)
    made = Made(dict(refs), _told(defined.get("$defs", {})))
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        for number, rule in enumerate(endpoint.paths):
            paths.setdefault(path_of(rule), {})[endpoint.method.lower()] = _operation(endpoint, number, made)
    asked = {made.name(endpoint.asks) for endpoint in endpoints if endpoint.asks is not None}
    shown = {key: value for key, value in made.schemas.items() if key not in asked}
    return {
        "openapi": "3.1.1",
        "info": {"title": name, "version": version, "description": "Invite guests, gather them and decide together."},
        "servers": [{"url": base_url}],
        "tags": [{"name": str(api.title)} for api in apis],
        "paths": paths,
        "components": {
            "schemas": {**shown, **_OWN},
            "parameters": _PARAMETERS,
            "headers": _HEADERS,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "A token of ours; the header Auth-Token takes it, too.",
                },
                "app_id": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "App-Id",
                    "description": "The id of an app that is registered with a company.",
                },
                "app_key": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "App-Key",
                    "description": "The app's key, which was shown once.",
                },
            },
        },
    }
