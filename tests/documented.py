"""Every answer that a program gets in any test is one that the document tells of: status, id, headers and schema."""

from typing import Any

import jsonschema_rs
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from webapp import APIS
from webapp.api.openapi import document, path_of

_judges: dict[tuple[str, str, str], Any] = {}
_found: dict[str, Any] = {}


def _document(app: Flask) -> dict[str, Any]:
    """The document, which says the same for every app."""
    if not _found:
        with app.test_request_context():
            _found.update(document(APIS, base_url="http://folkmoot.example.org", name="Folkmoot", version="1"))
    return _found


def _pattern(app: Flask, method: str, path: str) -> str | None:
    """The path as the document writes it; None for what is no endpoint of the API, or not with this method."""
    try:
        rule, _values = app.url_map.bind("localhost").match(path, method=method, return_rule=True)
    except HTTPException:
        return None
    if not rule.endpoint.partition(".")[0].endswith("_api"):
        return None
    return path_of(rule.rule.removeprefix("/api"))


def _judge(pattern: str, method: str, status: str, content: dict[str, Any]) -> Any:
    key = (pattern, method, status)
    if key not in _judges:
        schema = {**content["schema"], "components": _found["components"]}
        _judges[key] = jsonschema_rs.validator_for(schema, validate_formats=True)
    return _judges[key]


def assert_documented(app: Flask, method: str, path: str, response: TestResponse) -> None:
    """Say that the document tells of this answer."""
    pattern = _pattern(app, method, path.partition("?")[0])
    if pattern is None or method not in {"GET", "POST", "PUT", "PATCH", "DELETE"} or response.status_code == 500:
        return
    asked = f"{method} {pattern}"
    said = _document(app)["paths"][pattern][method.lower()]["responses"]
    status = str(response.status_code)
    assert status in said, f"{asked}: {status} is not documented: {response.text[:500]}"
    if status == "200" and "ETag" in said[status]["headers"]:
        assert "ETag" in response.headers, f"{asked}: no ETag"
    content = said[status].get("content")
    if content is None:
        assert response.data == b"", f"{asked}: {status} has no body, the document says"
        return
    assert response.mimetype in content, f"{asked}: {response.mimetype} is not documented"
    if response.mimetype != "application/json" or "fields=" in path:
        return
    judge = _judge(pattern, method, status, content[response.mimetype])
    wrong = [f"{error.instance_path}: {error.message}" for error in judge.iter_errors(response.json)]
    assert not wrong, f"{asked}: {status} is otherwise documented: {wrong}\n{response.text[:2000]}"
