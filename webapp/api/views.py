"""The API's document, and its page for people."""

import dataclasses
import functools
import importlib.metadata
import pathlib
import re
from typing import Any

from flask import Blueprint, current_app, jsonify, make_response, render_template, request
from flask_babel import get_locale
from markupsafe import Markup
from werkzeug.wrappers import Response

from webapp.api.openapi import document
from webapp.api.quick_start import Step, steps
from webapp.api.reference import Chapter, ScopeRow, Shape, chapters, scope_rows, shapes, slug
from webapp.extensions import csrf
from webapp.web.access import public
from webapp.web.headers import conditional
from webapp.web.markdown import render_markdown
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
    manual = _manual(base, site.name, str(get_locale()))
    response = make_response(render_template("api/docs.html", base=base, manual=manual))
    if current_actor().user_id is None:
        # whose account stands above it is kept by no browser
        response.add_etag()
        response.headers["Cache-Control"] = "private, no-cache"
        conditional(response)
    return response


@dataclasses.dataclass(frozen=True)
class Manual:
    """What stands on the docs page."""

    steps: tuple[Step, ...]
    chapters: tuple[Chapter, ...]
    shapes: tuple[Shape, ...]
    scopes: tuple[ScopeRow, ...]


@functools.lru_cache(maxsize=4)
def _manual(base_url: str, name: str, _locale: str) -> Manual:
    told = _document(base_url, name)
    found = chapters(told)
    return Manual(steps(base_url), found, shapes(told), scope_rows(found))


_DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
GUIDES = sorted(
    file.relative_to(_DOCS).as_posix() for kind in ("*.md", "*.py", "examples/*.py") for file in _DOCS.glob(kind)
)
"""Folkmoot's own guides and example programs, by the names with which they speak of each other."""


@public
def guide() -> Response:
    """Show a guide, or give an example program as text."""
    file = _DOCS / request.path.removeprefix(f"{bp.url_prefix}/docs/")
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".py":
        return Response(text, mimetype="text/plain")
    title, _, rest = text.partition("\n")
    return make_response(
        render_template("api/guide.html", title=title.lstrip("# "), text=_with_anchors(render_markdown(rest)))
    )


for _name in GUIDES:
    bp.add_url_rule(f"/docs/{_name}", "guide", guide)


def _with_anchors(html: Markup) -> Markup:
    """Return what was rendered, its headings one level up (the title is the page's own), each with an address."""
    up = re.sub(r"(</?h)([34])>", lambda found: f"{found[1]}{int(found[2]) - 1}>", html)
    named = re.sub(
        r"<(h[23])>(.*?)</\1>", lambda found: f'<{found[1]} id="{slug(found[2])}">{found[2]}</{found[1]}>', up
    )
    return Markup(named)  # noqa: S704 our own documents, cleaned a line before


@functools.lru_cache(maxsize=4)
def _document(base_url: str, name: str) -> dict[str, Any]:
    return document(current_app.extensions["apis"], base_url=base_url, name=name, version=_version())


def _version() -> str:
    try:
        return importlib.metadata.version("folkmoot")
    except importlib.metadata.PackageNotFoundError:
        return "0.1.0"
