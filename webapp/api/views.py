"""The API's document, and its page for people."""

import functools
import importlib.metadata
from typing import Any

from flask import Blueprint, current_app, jsonify, make_response, render_template
from flask_babel import get_locale
from werkzeug.wrappers import Response

from webapp.api.openapi import document
from webapp.api.quick_start import Step, steps
from webapp.api.reference import Chapter, chapters
from webapp.extensions import csrf
from webapp.web.access import public
from webapp.web.headers import conditional
from webapp.web.sign_in import current_actor
from webapp.web.site import current_site

bp = Blueprint("api", __name__, url_prefix="/api")
csrf.exempt(bp)


@bp.get("/openapi.json")
@public
def openapi() -> Response:
    """Give the OpenAPI document."""
    response = jsonify(_document(current_app.config["BASE_URL"], current_site().name))
    response.add_etag()
    response.headers["Cache-Control"] = "public, max-age=300"
    return conditional(response)


@bp.get("/docs")
@public
def docs() -> Response:
    """Show programmers the way in, and every endpoint there is."""
    base, site = current_app.config["BASE_URL"], current_site()
    start, found = _manual(base, site.name, str(get_locale()))
    response = make_response(render_template("api/docs.html", base=base, steps=start, chapters=found))
    if current_actor().user_id is None:
        # whose account stands above it is kept by no browser
        response.add_etag()
        response.headers["Cache-Control"] = "private, no-cache"
        conditional(response)
    return response


@functools.lru_cache(maxsize=4)
def _manual(base_url: str, name: str, _locale: str) -> tuple[tuple[Step, ...], tuple[Chapter, ...]]:
    return steps(base_url), chapters(_document(base_url, name))


@functools.lru_cache(maxsize=4)
def _document(base_url: str, name: str) -> dict[str, Any]:
    return document(current_app.extensions["apis"], base_url=base_url, name=name, version=_version())


def _version() -> str:
    try:
        return importlib.metadata.version("folkmoot")
    except importlib.metadata.PackageNotFoundError:
        return "0.1.0"
