"""Addresses of static files that carry a hash of what is in them, so that browsers may keep them for a year."""

import functools
import gzip
import hashlib
import re
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import cast

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue

BUNDLE = "css/bundle.css"
LIST = "css/app.css"
HASH_LENGTH = 12
COMPRESSIBLE = {".css", ".js", ".svg"}
FOREVER = "public, max-age=31536000, immutable"
A_WHILE = "public, max-age=300"

_IMPORT = re.compile(r'^@import url\("([^"]+)"\);\n', re.MULTILINE)
_URL = re.compile(r'url\("\.\./([^"]+)"\)')


class Assets:
    """The static files of one app: their hashes, the joined style sheet, and packed copies of what packs well.

    Everything is read once and kept; in debug mode it is read anew each time, so that a change shows at once.
    """

    def __init__(self, folder: Path, url_path: str, *, keep: bool = True) -> None:
        """Take the folder of static files and the path they are served under."""
        self._folder = folder
        self._url_path = url_path
        self._keep = keep
        self._urls: dict[str, str] = {}
        self._packed: dict[str, bytes] = {}
        self._bundle: bytes | None = None

    def url(self, path: str) -> str:
        """Return the address of the static file at `path`, with its hash. Raises FileNotFoundError for none."""
        known = self._urls.get(path)
        if known is None or not self._keep:
            content = self.bundle() if path == BUNDLE else (self._folder / path).read_bytes()
            digest = hashlib.sha256(content).hexdigest()[:HASH_LENGTH]
            known = self._urls[path] = f"{self._url_path}/{path}?v={digest}"
        return known

    def bundle(self) -> bytes:
        """Return all style sheets as one, in the order of css/app.css, fonts named with their hashes."""
        if self._bundle is None or not self._keep:
            text = (self._folder / LIST).read_text(encoding="utf-8")
            parts = self._folder / "css"
            joined = _IMPORT.sub(lambda m: (parts / m[1]).read_text(encoding="utf-8").rstrip() + "\n", text)
            # the bundle stands in css/ too, so "../fonts/x" keeps its meaning; the hash lets it be kept for a year
            self._bundle = _URL.sub(lambda m: f'url("{self.url(m[1])}")', joined).encode()
        return self._bundle

    def packed(self, path: str, content: bytes) -> bytes:
        """Return `content` of the file at `path` gzipped; the same bytes each time."""
        known = self._packed.get(path)
        if known is None or not self._keep:
            known = self._packed[path] = gzip.compress(content, compresslevel=9, mtime=0)
        return known


def init_assets(app: Flask) -> None:
    """Give templates `asset(path)`, and serve static files: kept for a year when their address carries a hash."""
    if "assets" in app.extensions or app.static_folder is None or app.static_url_path is None:
        return  # done already, or an app without static files
    folder = Path(app.static_folder)
    assets = Assets(folder, app.static_url_path, keep=not app.debug)
    app.extensions["assets"] = assets
    app.add_template_global(assets.url, "asset")
    plain = cast("Callable[..., Response]", app.view_functions["static"])

    @functools.wraps(plain)  # and with it what was said about who may use the route
    def static(filename: str) -> ResponseReturnValue:
        response = _bundle(assets) if filename == BUNDLE else plain(filename=filename)
        version = request.args.get("v")
        response.headers["Cache-Control"] = FOREVER if version else A_WHILE
        if response.status_code == HTTPStatus.OK and Path(filename).suffix in COMPRESSIBLE:
            response.vary.add("Accept-Encoding")
            if version and request.accept_encodings["gzip"] and "Range" not in request.headers:
                response.direct_passthrough = False
                response.set_data(assets.packed(filename, response.get_data()))
                response.headers["Content-Encoding"] = "gzip"
                response.headers.pop("ETag", None)  # it names the unpacked bytes
        return response

    # The route stays Flask's own: only what answers it is ours.
    app.view_functions["static"] = static


def _bundle(assets: Assets) -> Response:
    response = Response(assets.bundle(), mimetype="text/css")
    response.add_etag()
    response.make_conditional(request)
    return response
