"""A browser as tests see it: it keeps cookies, sends forms with their token, and reads pages."""

import re
import secrets
from typing import Any

from flask import Flask
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from webapp.accounts import sessions
from webapp.core.database import db
from webapp.models import User


class Browser:
    """One browser: `get` shows a page, `submit` sends a form as a person would, following nothing by itself."""

    def __init__(self, app: Flask, address: str = "203.0.113.7") -> None:
        self.app = app
        self.client = app.test_client()
        self.address = {"REMOTE_ADDR": address}

    def sign_in(self, user: User, *, remember: bool = True) -> "Browser":
        """Sign `user` in without the page."""
        self.client.set_cookie("identity", sessions.start(user, remember=remember, device="Test"))
        return self

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self._ask("GET", path, **kwargs)

    def submit(self, path: str, data: dict[str, Any] | None = None, **fields: Any) -> TestResponse:
        """Send a form to `path`, with the page's token against forged requests."""
        values = {**(data or {}), **fields, "csrf_token": self.csrf_token()}
        return self._ask("POST", path, data=values)

    def _ask(self, method: str, path: str, **kwargs: Any) -> TestResponse:
        # A context of its own, as on the server: what a request remembers in `g` is not there for the next one.
        with self.app.app_context():
            response = self.client.open(path, method=method, environ_base=self.address, **kwargs)
            response.get_data()
            response.close()
        # and the test then reads what the request has written
        db.session.rollback()
        return response

    def csrf_token(self) -> str:
        with self.client.session_transaction() as session:
            raw = session.setdefault("csrf_token", secrets.token_hex(20))
        signer = URLSafeTimedSerializer(self.app.config["SECRET_KEY"], salt="wtf-csrf-token")
        return str(signer.dumps(raw))

    def follow(self, response: TestResponse) -> TestResponse:
        """Open the page that `response` leads to."""
        assert response.status_code in {302, 303}, response.text
        return self.get(response.headers["Location"])


def words(response: TestResponse) -> str:
    """What a person reads on the page: its text without markup, white space folded."""
    text = re.sub(r"(?s)<(script|style)\b.*?</\1>", " ", response.text)
    text = re.sub(r"<[^>]+>", " ", text)
    return " ".join(text.replace("&#39;", "'").replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">").split())


def plain(page: str, *asked: object) -> str:
    """A page without what was asked for, and without what is new with each second."""
    for one in asked:
        page = page.replace(str(one), "…").replace(str(one).replace("&", "&amp;"), "…")
    return re.sub(r'name="csrf_token"\s+value="[^"]*"', "", page)
