# ruff: noqa: INP001 - one copies this file, it is part of no package
"""A small client of Folkmoot's API. It needs nothing but Python's standard library (3.11 or newer).

>>> moot = Folkmoot("https://moot.example.org")
>>> moot.authenticate("you@example.org", "your password", scopes=["events:read", "guests:read", "guests:write"])
>>> event = next(moot.events(search="Taco Party 2025"))
>>> moot.invite(event["id"], "guest@example.com", "John Doe")
>>> for guest in moot.guests(event["id"]):
...     print(guest["name"], guest["replied_at"])
>>> moot.call("GET", "boot")["name"]
>>> moot.ask("POST", "vote", {"event_id": event["id"], "answer_ids": chosen}).meta["message"]

Every method raises RefusedError or NoAnswerError, which are both FolkmootError. One object serves one thread.
"""

import dataclasses
import json
import uuid
from collections.abc import Iterator, Sequence
from http.client import HTTPException
from time import sleep
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

Json = dict[str, Any]
TIMEOUT = 30.0
"""Seconds to wait for an answer."""


class FolkmootError(Exception):
    """What was asked for was not done, or nobody knows whether it was."""


class NoAnswerError(FolkmootError):
    """No answer of Folkmoot's came: it was not reached, broke off, or somebody else answered or pointed elsewhere.

    Whether something was done is not known. A POST can be sent again with the same `key`.
    """


class RefusedError(FolkmootError):
    """What the server refused: `id` for programs, `message` for people, `status` of HTTP, a sentence for each field.

    `retry_after`: for how many seconds to wait, where the server says so (429, 503); else None.
    """

    def __init__(self, status: int, error: Json, retry_after: int | None = None) -> None:
        """Take the HTTP status and the object that stood behind `error`."""
        self.status = status
        self.id = str(error.get("id", ""))
        self.message = str(error.get("message", ""))
        self.fields: dict[str, str] = dict(error.get("fields", {}))
        self.retry_after = retry_after
        said = "; ".join(f"{name}: {sentence}" for name, sentence in self.fields.items())
        super().__init__(f"{status} {self.id}: {self.message}" + (f" ({said})" if said else ""))


@dataclasses.dataclass(frozen=True)
class Answer:
    """An answer: its `data` (text where it is no JSON, None where there is nothing to say), and `meta` beside it."""

    data: Any
    meta: Json


class Folkmoot:
    """One program's way to one Folkmoot."""

    def __init__(self, base_url: str, token: str | None = None, *, patience: float = 60.0) -> None:
        """Take the address of the site, and a token if there is one already: made by hand, or of a user or company.

        `patience`: for how many seconds in all a call may wait when the server asks to be asked later.
        """
        self.base = base_url.rstrip("/") + "/api/"
        self.token = token
        self.patience = patience

    def authenticate(
        self, email: str, password: str, *, scopes: Sequence[str] | None = None, company_id: str | None = None
    ) -> Json:
        """Exchange address and password for a token and keep it; return all that was given.

        `scopes`: what the token may do, None for everything that the account may. `company_id`: act for this company
        and all below it, and for nothing else.
        """
        sent: Json = {"email": email, "password": password}
        if scopes is not None:
            sent["scopes"] = list(scopes)
        if company_id is not None:
            sent["company_id"] = company_id
        self.token = None
        given: Json = self.call("POST", "auth/authenticate", sent)
        self.token = given["user_token" if company_id is None else "company_token"]
        return given

    def refresh(self) -> Json:
        """Exchange the token, which may have expired, for a new one of the same reach and keep it."""
        given: Json = self._patiently("POST", "refresh", None, {}).data
        # a company's token gives a company's token and nothing beside it
        self.token = given["user_token"] or given["company_token"]
        return given

    def log_out(self) -> None:
        """End the session: all its tokens are dead at once."""
        self.call("DELETE", "login")
        self.token = None

    def events(self, search: str = "", **asked: str) -> Iterator[Json]:
        """Give the events that this token may see, by their start; `asked`: when, project, company."""
        return self.pages("events", {"search": search, **asked} if search else asked)

    def guests(self, event: str, **asked: str) -> Iterator[Json]:
        """Give the guests of an event by its id, with all timestamps; `asked`: search, status."""
        return self.pages(f"guests/{quote(event, safe='')}", asked)

    def invite(self, event: str, email: str, name: str = "", *, key: str | None = None) -> Json:
        """Put somebody on the guest list of an event and send the invitation; return the guest.

        `key`: the Idempotency-Key, one of its own without it; with the same key nobody is invited twice. Who is on the
        list already is refused as `duplicate`.
        """
        return dict(self.call("POST", f"guest/{quote(event, safe='')}", {"email": email, "name": name}, key=key))

    def pages(self, path: str, asked: dict[str, str] | None = None) -> Iterator[Json]:
        """Give what a list holds, one page after the other as they are needed."""
        query = dict(asked or {})
        while True:
            answer = self.ask("GET", f"{path}?{urlencode(query)}" if query else path)
            yield from answer.data
            if answer.meta["next"] is None:
                return
            query["cursor"] = answer.meta["next"]

    def call(self, method: str, path: str, data: Json | None = None, *, key: str | None = None) -> Any:
        """Do as `ask` does, and return the answer's data alone."""
        return self.ask(method, path, data, key=key).data

    def ask(self, method: str, path: str, data: Json | None = None, *, key: str | None = None) -> Answer:
        """Ask an endpoint by its path below /api/; return its answer.

        An expired token is refreshed on the way. A POST carries an Idempotency-Key: `key`, or one of its own. When the
        server asks to be asked later, GETs and POSTs are sent again after that, as far as `patience` goes.
        """
        headers = {"Idempotency-Key": key or str(uuid.uuid4())} if method == "POST" else {}
        try:
            return self._patiently(method, path, data, headers)
        except RefusedError as refused:
            if refused.id != "auth_expired" or self.token is None:
                raise
        self.refresh()
        return self._patiently(method, path, data, headers)

    def _patiently(self, method: str, path: str, data: Json | None, headers: dict[str, str]) -> Answer:
        left = self.patience
        while True:
            try:
                return self._send(method, path, data, headers)
            except RefusedError as refused:
                if refused.retry_after is None or method not in {"GET", "POST"}:
                    raise
                wait = max(refused.retry_after, 1)
                if wait > left:
                    raise
            sleep(wait)
            left -= wait

    def _send(self, method: str, path: str, data: Json | None, headers: dict[str, str]) -> Answer:
        headers = {"Accept": "application/json", **headers}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        body = None
        if data is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(data).encode()
        request = Request(self.base + path, body, headers, method=method)  # noqa: S310 the address is the caller's own
        try:
            with _opener.open(request, timeout=TIMEOUT) as answer:
                return _read(answer.headers.get_content_type(), answer.read())
        except HTTPError as error:
            with error:
                raise _refused(error) from None
        except (OSError, HTTPException, ValueError) as error:
            message = f"{method} {self.base}{path.partition('?')[0]}: {getattr(error, 'reason', error)}"
            raise NoAnswerError(message) from error


class _Stay(HTTPRedirectHandler):
    """Follows nothing: the token would go along."""

    def redirect_request(self, *_asked: Any) -> None:
        """Say that there is nowhere to go."""


_opener = build_opener(_Stay)


def _read(kind: str, raw: bytes) -> Answer:
    """Return the answer; raises ValueError for what Folkmoot does not answer."""
    if not raw:
        return Answer(None, {})
    if kind == "text/html":
        message = "a page answered, not the API"
        raise ValueError(message)
    if kind != "application/json":
        return Answer(raw.decode(), {})
    found = json.loads(raw)
    whole = isinstance(found, dict) and found.keys() >= {"data", "meta"}
    return Answer(found["data"], found["meta"]) if whole else Answer(found, {})


def _refused(answer: HTTPError) -> FolkmootError:
    if 300 <= answer.code < 400:
        return NoAnswerError(f"{answer.url} points to {answer.headers.get('Location')}; nothing was sent there")
    try:
        error = dict(json.loads(answer.read())["error"])
    except (OSError, HTTPException, ValueError, KeyError, TypeError):
        error = {"id": "", "message": answer.reason}
    wait = answer.headers.get("Retry-After", "")
    return RefusedError(answer.code, error, int(wait) if wait.isdecimal() else None)
