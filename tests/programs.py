"""A program as tests see it: it holds a token and speaks JSON."""

from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from tests.documented import assert_documented
from tests.factories import PASSWORD
from webapp.accounts import tokens
from webapp.core.database import db
from webapp.models import User


class Program:
    """One program: `get`, `post`, `put`, `patch` and `delete` send its token, if it has one."""

    def __init__(self, app: Flask, address: str = "203.0.113.9") -> None:
        self.app = app
        self.client = app.test_client()
        self.address = {"REMOTE_ADDR": address}
        self.token: str | None = None

    def authenticate(self, user: User, **asked: Any) -> dict[str, Any]:
        """Sign in as `user` by the endpoint; return what was given. `company=True`: go on with the company token."""
        company = asked.pop("company", False)
        answer = self.post("/api/auth/authenticate", {"email": user.email, "password": PASSWORD, **asked})
        assert answer.status_code == 200, answer.text
        given: dict[str, Any] = answer.json["data"]
        self.token = given["company_token"] if company else given["user_token"]
        return given

    def act_for(self, user: User, **asked: Any) -> "Program":
        """Hold a token of `user` without the endpoint: `scopes`, `company_id`."""
        with self.app.app_context():
            pair = tokens.start(db.session.get_one(User, user.id), **asked)
            self.token = pair.company_token or pair.user_token
        db.session.rollback()
        return self

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self.send("GET", path, **kwargs)

    def post(self, path: str, data: Any = None, **kwargs: Any) -> TestResponse:
        return self.send("POST", path, json={} if data is None else data, **kwargs)

    def put(self, path: str, data: Any, **kwargs: Any) -> TestResponse:
        return self.send("PUT", path, json=data, **kwargs)

    def patch(self, path: str, data: Any, **kwargs: Any) -> TestResponse:
        return self.send("PATCH", path, json=data, **kwargs)

    def delete(self, path: str, **kwargs: Any) -> TestResponse:
        return self.send("DELETE", path, **kwargs)

    def send(self, method: str, path: str, headers: dict[str, str] | None = None, **kwargs: Any) -> TestResponse:
        headers = dict(headers or {})
        if self.token is not None:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        # A context of its own, as on the server: what a request remembers in `g` is not there for the next one.
        with self.app.app_context():
            response = self.client.open(path, method=method, headers=headers, environ_base=self.address, **kwargs)
            response.get_data()
        db.session.rollback()
        assert_documented(self.app, method, path, response)
        return response


def refused(response: TestResponse, status: int, error_id: str) -> dict[str, str]:
    """Say that `response` is this refusal; return the sentences beside its fields."""
    assert (response.status_code, response.json["error"]["id"]) == (status, error_id), response.text
    assert response.json["error"]["code"] == status
    assert response.json["error"]["message"]
    fields: dict[str, str] = response.json["error"]["fields"]
    return fields
