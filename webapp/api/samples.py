"""Examples of requests and answers: the same in the document, on the docs page and in its tests.

What differs from one installation to the next stands in a request as a shell variable: `$EVENT`, `$GUEST`, `$TOKEN`.
"""

import functools
import hashlib
import json
import pathlib
import re
import uuid
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
    "retry_failed_mails": {"search": "example.org"},
    "invite_guests": {"guest_ids": ["$GUEST"]},
    "remind_guests": {"guest_ids": ["$GUEST"]},
    "make_calendar": {"renew": False},
    "make_token": {"name": "Ticket printer", "scopes": ["events:read", "check-in"], "expires_in": 90},
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
WITH_TOKEN = {"refresh", "refresh_by_post", "boot", "list_events", "get_event", "get_results"}
"""Endpoints that need no token, or judge it themselves, and are shown with one."""
APP_KEY = {"exist_email"}

KEPT = pathlib.Path(__file__).with_name("answers.json")
"""What the endpoints answered in a small world; `python -m tests.api.recorded` asks them anew."""


def sample_id(name: str) -> str:
    """Return the id that stands for `name` (a shell variable, such as EVENT) in requests and answers alike."""
    return str(uuid.UUID(bytes=hashlib.sha256(name.encode()).digest()[:16], version=4))


@functools.cache
def _answers() -> Json:
    found: Json = json.loads(KEPT.read_text(encoding="utf-8"))
    return found


def variable(operation: str, name: str) -> str:
    """Return what stands for the variable `name` of a path in the example of `operation`."""
    known = PATHS.get(operation, {}).get(name)
    if known is not None:
        return known
    return "$" + (IDS.get(name) or _PERSON.get(name) or name.upper())


def _path(operation: str, path: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: variable(operation, found[1]), path)


def body(operation: str) -> Json:
    """Return what is sent in the example of `operation`."""
    return BODIES.get(operation, {})


_IDENTIFIED = frozenset({"ME", "GUEST", "EVENT", "ANSWER"})
_SHOWN = {
    "EMAIL": "ana@example.org",
    "NEW_EMAIL": "new@example.org",
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
        return _SHOWN.get(sent[1:], sample_id(sent[1:]) if sent[1:] in _IDENTIFIED else sent[1:].lower())
    return sent


def example(operation: str) -> Json:
    """Return the request of `operation` as the document shows it: what `body` says, without shell variables."""
    shown: Json = _plain(body(operation))
    return shown


def answer(operation: str, said: Json, *, listed: bool) -> Json | None:
    """Return what `operation` answered, `said` being what its `meta` tells; None where that was not recorded yet."""
    data = _answers().get(operation)
    if data is None:
        return None
    more = {"next": None, "count": len(data)} if listed else {}
    return {"data": data, "meta": {**said, **more}}


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
