"""Examples of requests and answers, made from the OpenAPI document: the same on the docs page and in its tests.

What differs from one installation to the next stands in a request as a shell variable: `$EVENT`, `$GUEST`, `$TOKEN`.
"""

import json
import re
from typing import Any
from urllib.parse import quote

Json = dict[str, Any]

IDS = {
    "event_id": "EVENT", "guest_id": "GUEST", "company_id": "COMPANY", "project_id": "PROJECT", "project": "PROJECT",
    "app_id": "APP", "mail_id": "MAIL", "session_id": "SESSION", "invite": "INVITE", "invitation_id": "INVITATION",
    "token": "OTK", "otk": "OTK", "email": "EMAIL", "token_id": "TOKEN_ID",
}  # fmt: skip
"""The shell variable that stands for a variable of a path."""

PATHS = {name: {"user_id": "me"} for name in ("get_user", "update_user", "delete_user", "export_user")}
_PERSON = {"user_id": "PERSON"}

BODIES: dict[str, Json] = {
    "set_up": {
        "code": "$CODE",
        "name": "Ana Novak",
        "email": "$EMAIL",
        "password": "$PASSWORD",
        "company": "Zadruga Pod lipo",
    },
    "register": {"name": "Ana Novak", "email": "$NEW_EMAIL", "password": "$PASSWORD"},
    "confirm_otk": {"otk": "$OTK", "password": "$PASSWORD"},
    "verify_email": {"password": "$PASSWORD"},
    "resend": {"email": "$NEW_EMAIL", "captcha": "$CAPTCHA"},
    "forgot_password": {"email": "$EMAIL"},
    "reset_password": {"token": "$RESET", "password": "$NEW_PASSWORD"},
    "authenticate": {
        "email": "$EMAIL",
        "password": "$PASSWORD",
        "scopes": ["events:read", "guests:read", "guests:write"],
    },
    "authenticate_for": {"email": "$EMAIL", "password": "$PASSWORD"},
    "authenticate_administrator": {"email": "$EMAIL", "password": "$PASSWORD"},
    "update_user": {
        "name": "Martin",
        "surname": "Mikeln",
        "password": "",
        "eth_address": "0xd8da6bf26964af9d7eed9e03e53415d37aa96045",
    },
    "change_password": {"current_password": "$PASSWORD", "password": "$NEW_PASSWORD"},
    "change_email": {"current_password": "$PASSWORD", "email": "$NEW_EMAIL"},
    "confirm_email_change": {"password": "$PASSWORD"},
    "delete_user": {"current_password": "$PASSWORD"},
    "create_company": {"name": "Zadruga Pod lipo"},
    "edit_company": {"name": "Zadruga Pod lipo"},
    "invite_person": {"email": "guest@example.com", "role": "organiser"},
    "change_person": {"role": "administrator"},
    "offboard": {"hand_over_to": "$ME"},
    "retry_failed_mails": {"search": "example.com"},
    "invite_guests": {"guest_ids": ["$GUEST"]},
    "remind_guests": {"guest_ids": ["$GUEST"]},
    "make_calendar": {"renew": False},
    "create_project": {"name": "Spring 2027"},
    "edit_project": {"name": "Summer 2027"},
    "create_app": {"name": "Our website", "scopes": ["events:read", "guests:write"]},
    "create_event": {
        "title": "Taco Party 2090",
        "place": "The yard",
        "timezone": "Europe/Ljubljana",
        "starts_at": "2090-05-01T18:00",
        "ends_at": "2090-05-01T22:00",
        "capacity": 40,
        "visibility": "public",
        "questions": [{"text": "Which salsa?", "answers": ["Verde", "Roja"]}],
        "publish": True,
    },
    "edit_event": {"place": "The large hall", "capacity": 60},
    "add_guest": {"email": "guest@example.com", "name": "John Doe"},
    "add_guests": {
        "guests": [{"email": "ana@example.com", "name": "Ana"}, {"email": "ben@example.com", "name": "Ben"}],
        "invite": False,
    },
    "edit_guest": {"name": "Johanna Doe"},
    "message_guests": {"subject": "Bring a plate", "body": "We have no plates.\n\nAna"},
    "remove_guests": {"guest_ids": ["$GUEST"]},
    "check_in": {"guest_id": "$GUEST"},
    "create_invitation": {"event_id": "$EVENT", "email": "guest@example.com"},
    "create_invitations": {"event_id": "$EVENT", "count": 20},
    "accept_invitation": {"name": "Ana Novak", "email": "$NEW_EMAIL", "password": "$PASSWORD"},
    "join": {"event_id": "$EVENT"},
    "reply": {"event_id": "$EVENT", "reply": "yes", "companions": ["Ben"], "note": "We come by train."},
    "leave": {"event_id": "$EVENT"},
    "vote": {"event_id": "$EVENT", "answer_ids": ["$ANSWER"]},
}
"""What is sent to an endpoint, where the required fields alone would make a poor example."""

QUERIES = {
    "list_events": "search=Taco%20Party",
    "list_guests": "status=yes&limit=50",
    "list_invitations": "event_id=$EVENT",
    "verify_email_by_get": "registration=$REGISTRATION",
}
WITHOUT_TOKEN = {"accept_invitation", "exist_email"}
"""Endpoints that take a token or App-Key and are shown without a token."""
WITH_TOKEN = {"refresh", "refresh_by_post", "boot"}
"""Endpoints that need no token, or judge it themselves, and are shown with one."""
APP_KEY = {"exist_email"}

UUID = "0b6f3a52-6f0e-4d5e-9a55-1c7d0f4e2b11"
MOMENT = "2090-05-01T16:00:00Z"
_ANSWERS: Json = {
    "user_token": "eyJhbGciOiJIUzI1NiJ9.eyJhdWQi.9R3x",
    "company_token": "eyJhbGciOiJIUzI1NiJ9.eyJjb21w.5T1k",
    "token": "eyJhbGciOiJIUzI1NiJ9.eyJhdWQi.9R3x",
    "app_key": "kept-once-and-never-shown-again",
    "email": "guest@example.com",
    "user_email": "ana@example.org",
    "to_email": "guest@example.com",
    "name": "Ana",
    "to_name": "John Doe",
    "user_name": "Ana",
    "user_surname": "Novak",
    "surname": "Novak",
    "company_name": "Zadruga Pod lipo",
    "company": "Zadruga Pod lipo",
    "slug": "zadruga-pod-lipo",
    "title": "Taco Party 2090",
    "place": "The yard",
    "description": "Bring a plate.",
    "timezone": "Europe/Ljubljana",
    "role": "owner",
    "state": "published",
    "visibility": "public",
    "question": "Which salsa?",
    "text": "Verde",
    "kind": "single",
    "host": "Ana Novak",
    "min_turnout": "0",
    "min_agreement": ">1/2",
    "roll": "open",
    "decide_by": "question",
    "decide_when": "at close",
    "secrecy": "secret",
    "results": "after close",
    "reply": "yes",
    "source": "organiser",
    "mail": "sent",
    "phase": "open",
    "template": "guest-invited",
    "mail_template": "guest-invited",
    "code": "4A1C-09E2-7B6D",
    "receipt": "K7QF-2M4X-9RTB",
    "device": "Firefox on Linux",
    "registration": "kept-by-your-program",
    "action": "event.created",
    "note": "",
    "eth_address": "0xd8da6bf26964af9d7eed9e03e53415d37aa96045",
    "capacity": 40,
    "places_left": 12,
    "taken": 28,
    "start_time": 3797510400,
    "end_time": 3797524800,
    "time_to_join": 3797524800,
    "user_signup_timestamp": 1795276800,
    "user_email_verified": 1,
    "party_size": 1,
    "places": 1,
    "limit": 50,
}
_NULLED = {
    *("cancelled_at", "left_at", "removed_at", "unsubscribed_at", "waiting_since", "revoked_at", "archived_at"),
    *("error", "mail_error", "parent_id", "next"),
}


def variable(operation: str, name: str) -> str:
    """Return what stands for the variable `name` of a path in the example of `operation`."""
    known = PATHS.get(operation, {}).get(name)
    if known is not None:
        return known
    return "$" + (IDS.get(name) or _PERSON.get(name) or name.upper())


def _path(operation: str, path: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: variable(operation, found[1]), path)


def body(operation: str, schema: Json | None, schemas: Json) -> Json | None:
    """Return what is sent in the example of `operation`; None where nothing is."""
    if schema is None:
        return None
    if operation in BODIES:
        return BODIES[operation]
    whole = resolved(schema, schemas)
    return {name: value(name, whole["properties"][name], schemas) for name in whole.get("required", ())}


_IDENTIFIED = frozenset({"ME", "GUEST", "EVENT", "ANSWER"})
_ID = "0193b2f0-6f5a-7c3e-9d41-2a8c5e7b1f60"
_SHOWN = {
    "EMAIL": "ana@example.org",
    "NEW_EMAIL": "ana@example.org",
    "PASSWORD": "a long and quiet evening",
    "NEW_PASSWORD": "an even longer evening",
}


def _plain(sent: Any) -> Any:
    """Return a request with something that stands for each shell variable: an id for an id, words for words."""
    if isinstance(sent, dict):
        return {name: _plain(one) for name, one in sent.items()}
    if isinstance(sent, list):
        return [_plain(one) for one in sent]
    if isinstance(sent, str) and sent.startswith("$"):
        return _SHOWN.get(sent[1:], _ID if sent[1:] in _IDENTIFIED else sent[1:].lower())
    return sent


def example(operation: str, schema: Json, schemas: Json) -> Json | None:
    """Return the request of `operation` as the document shows it: what `body` says, without shell variables."""
    shown: Json | None = _plain(body(operation, schema, schemas))
    return shown


def answer(schema: Json, schemas: Json, said: Json) -> Json:
    """Return an example of what comes back by `schema`; `said` is what its `meta` tells."""
    found: Json = value("", schema, schemas)
    return {**found, "meta": {**found["meta"], **said}}


def curl(operation: str, method: str, url: str, *, sends: Json | None, token: bool, asks: str = "") -> str:
    """Return the lines of a shell that ask an endpoint at `url`, with what stands in its path as variables."""
    address = _path(operation, url) + (f"?{asks}" if asks else "")
    first = "curl" if method == "GET" else f"curl -X {method}"
    lines = [f'{first} "{address}"']
    if token:
        lines.append('-H "Authorization: Bearer $TOKEN"')
    if operation in APP_KEY:
        lines += ['-H "App-Id: $APP_ID"', '-H "App-Key: $APP_KEY"']
    if operation == "verify_email_by_get":
        lines.append('-H "Accept: application/json"')
    if sends is None:
        return " \\\n  ".join(lines)
    text = json.dumps(sends, ensure_ascii=False)
    lines.append('-H "Content-Type: application/json"')
    if "$" in text:
        return " \\\n  ".join([*lines, "-d @- <<JSON"]) + f"\n{text}\nJSON"
    return " \\\n  ".join([*lines, f"-d '{text}'"])


def asked(title: str) -> str:
    """Return the query that finds an event by its title."""
    return f"search={quote(title)}"


def resolved(schema: Json, schemas: Json) -> Json:
    """Return the schema that a reference names; of several, the first that is not null."""
    while True:
        if "$ref" in schema:
            schema = schemas[schema["$ref"].rpartition("/")[2]]
        elif "anyOf" in schema:
            schema = next(one for one in schema["anyOf"] if one.get("type") != "null")
        elif len(schema.get("allOf", ())) == 1:
            schema = schema["allOf"][0]
        else:
            return schema


def value(name: str, schema: Json, schemas: Json, depth: int = 0) -> Any:
    """Return an example of `schema`; `name` is the field's."""
    whole = resolved(schema, schemas)
    kind = whole.get("type")
    if kind == "array":
        return [value(name, whole.get("items", {}), schemas, depth + 1)] if depth < 6 else []
    if kind == "object":
        properties = whole.get("properties", {})
        return {key: value(key, one, schemas, depth + 1) for key, one in properties.items()}
    nullable = any(one.get("type") == "null" for one in schema.get("anyOf", ()))
    if name in _NULLED and nullable:
        return None
    known = _ANSWERS.get(name)
    if "enum" in whole:
        return known if known in whole["enum"] else whole["enum"][0]
    if kind == "string":
        return _words(whole.get("format", ""), known)
    if kind == "integer":
        return known if isinstance(known, int) else 1
    return {"boolean": True, "number": 1.5}.get(str(kind))


def _words(form: str, known: Any) -> str:
    if form == "uuid":
        return UUID
    if form in {"date", "date-time"}:
        return MOMENT if form == "date-time" else MOMENT.partition("T")[0]
    return known if isinstance(known, str) else "…"
