# ruff: noqa: INP001 - one copies this file, it is part of no package
"""A small client of Folkmoot's API. It needs nothing but Python's standard library (3.11 or newer).

>>> moot = Folkmoot("https://moot.example.org")
>>> moot.authenticate("you@example.org", "your password", scopes=["events:read", "guests:read", "guests:write"])
>>> event = next(moot.events(search="Taco Party 2025"))
>>> moot.invite(event["id"], "guest@example.com", "John Doe")
>>> for guest in moot.guests(event["id"]):
...     print(guest["name"], guest["replied_at"])
"""

import json
import uuid
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

Json = dict[str, Any]
TIMEOUT = 30.0
"""Seconds to wait for an answer."""


class RefusedError(Exception):
    """What the server refused: `id` for programs, `message` for people, `status` of HTTP, a sentence for each field.

    `retry_after`: for how many seconds to wait, where the server says so (429); else None.
    """

    def __init__(self, status: int, error: Json, retry_after: int | None = None) -> None:
        """Take the HTTP status and the object that stood behind `error`."""
        self.status = status
        self.id = str(error.get("id", ""))
        self.message = str(error.get("message", ""))
        self.fields: dict[str, str] = dict(error.get("fields", {}))
        self.retry_after = retry_after
        super().__init__(f"{self.status} {self.id}: {self.message}")


class Folkmoot:
    """One program's way to one Folkmoot."""

    def __init__(self, base_url: str, token: str | None = None) -> None:
        """Take the address of the site, and a token if there is one already (made by hand, it needs no password)."""
        self.base = base_url.rstrip("/") + "/api/"
        self.token = token
        self._acts_for_company = False

    def authenticate(
        self, email: str, password: str, *, scopes: Sequence[str] | None = None, company_id: str | None = None
    ) -> Json:
        """Exchange address and password for a token and keep it; return all that was given.

        `scopes`: what the token may do, None for everything that the account may. `company_id`: act for this company
        and all below it, and for nothing else. Raises RefusedError.
        """
        sent: Json = {"email": email, "password": password}
        if scopes is not None:
            sent["scopes"] = list(scopes)
        if company_id is not None:
            sent["company_id"] = company_id
        self.token = None
        self._acts_for_company = company_id is not None
        return self._keep(self.call("POST", "auth/authenticate", sent))

    def refresh(self) -> Json:
        """Exchange the token, which may have expired, for a new one and keep it. Raises RefusedError."""
        return self._keep(self._send("POST", "refresh", {}, {})["data"])

    def log_out(self) -> None:
        """End the session: all its tokens are dead at once. Raises RefusedError."""
        self.call("DELETE", "login")
        self.token = None

    def events(self, search: str = "", **asked: str) -> Iterator[Json]:
        """Give the events that this token may see; `asked`: when, project, company. Raises RefusedError."""
        return self.pages("events", {"search": search, **asked} if search else asked)

    def guests(self, event: str, **asked: str) -> Iterator[Json]:
        """Give the guests of an event by its id, with all timestamps; `asked`: search, status. Raises RefusedError."""
        return self.pages(f"guests/{quote(event)}", asked)

    def invite(self, event: str, email: str, name: str = "", *, key: str | None = None) -> Json:
        """Put somebody on the guest list of an event and send the invitation; return the guest.

        `key`: the Idempotency-Key, one of its own without it; with the same key nobody is invited twice. Raises
        RefusedError: `duplicate` for somebody who is on the list already.
        """
        return dict(self.call("POST", f"guest/{quote(event)}", {"email": email, "name": name}, key=key))

    def pages(self, path: str, asked: dict[str, str] | None = None) -> Iterator[Json]:
        """Give what a list holds, one page after the other as they are needed. Raises RefusedError."""
        cursor = None
        while True:
            query = {**(asked or {}), **({"cursor": cursor} if cursor else {})}
            answer = self._patiently("GET", f"{path}?{urlencode(query)}" if query else path)
            yield from answer["data"]
            cursor = answer["meta"]["next"]
            if cursor is None:
                return

    def call(self, method: str, path: str, data: Json | None = None, *, key: str | None = None) -> Any:
        """Ask an endpoint by its path below /api/; return what stands behind `data`. Raises RefusedError.

        A POST carries an Idempotency-Key, so that it can be sent again when the answer got lost.
        """
        return self._patiently(method, path, data, key=key)["data"]

    def _keep(self, given: Json) -> Json:
        self.token = given["company_token" if self._acts_for_company else "user_token"]
        return given

    def _patiently(self, method: str, path: str, data: Json | None = None, *, key: str | None = None) -> Json:
        headers = {"Idempotency-Key": key or str(uuid.uuid4())} if method == "POST" else {}
        try:
            return self._send(method, path, data, headers)
        except RefusedError as refused:
            if refused.id != "auth_expired" or self.token is None:
                raise
        self.refresh()
        return self._send(method, path, data, headers)

    def _send(self, method: str, path: str, data: Json | None, headers: dict[str, str]) -> Json:
        headers = {"Accept": "application/json", **headers}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        body = None
        if data is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(data).encode()
        request = Request(self.base + path, body, headers, method=method)  # noqa: S310 the address is the caller's own
        try:
            with urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310 as above
                raw = answer.read()
        except HTTPError as error:
            with error:
                raise _refused(error) from None
        found: Json = json.loads(raw) if raw else {"data": None, "meta": {}}
        return found


def _refused(answer: HTTPError) -> RefusedError:
    try:
        error = json.loads(answer.read())["error"]
    except (ValueError, KeyError, TypeError):
        error = {"id": "", "message": answer.reason}
    wait = answer.headers.get("Retry-After", "")
    return RefusedError(answer.code, error, int(wait) if wait.isdigit() else None)
