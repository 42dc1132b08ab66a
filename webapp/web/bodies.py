"""What is sent is read whole or not at all: a body that was cut off, is broken or too long is refused."""

import contextlib
import io
from typing import IO, Any, NoReturn

from flask import Flask, Request, current_app, request
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.utils import cached_property

from webapp.core.errors import AppError
from webapp.web.access import PUBLIC, access_of
from webapp.web.faces import is_api
from webapp.web.sign_in import current_actor

STRANGERS = 4 * 1024 * 1024
"""Bytes that a page takes of somebody who is not signed in."""
OPEN_ENDPOINT = 64 * 1024
"""Bytes that an endpoint takes which needs no token."""
ENDPOINT = 1024 * 1024
"""Bytes that an endpoint takes of programs that hold a token."""
MANY = 4 * 1024 * 1024
"""The room of an endpoint that takes a thousand at once."""
FIELDS = 10_000
"""Fields that a form has at most."""
_PIECE = 64 * 1024


class CutOffError(AppError):
    """The connection ended before the body that was announced, or its chunks are none."""

    id = "bad_request"
    status = 400
    message = _l("This did not arrive whole, so nothing was done. Please send it again.")


class _Whole(io.RawIOBase):
    """A body as the server gives it, which is either read to its announced end or raises."""

    def __init__(self, stream: IO[bytes], length: int | None, most: int) -> None:
        self._stream = stream
        self._length = length
        self._most = most
        self._read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        wanted = len(buffer) if self._length is None else min(len(buffer), self._length - self._read)
        if not wanted:
            return 0
        try:
            data = self._stream.read(wanted)
        except Exception as error:
            # each server has its own errors for broken chunks and connections
            raise CutOffError from error
        if not data and self._length is not None:
            raise CutOffError
        self._read += len(data)
        if self._read > self._most:
            self.refuse()
        buffer[: len(data)] = data
        return len(data)

    def refuse(self) -> NoReturn:
        """Raise RequestEntityTooLarge, once the rest has come: who is still sending hears no answer."""
        rest = current_app.config["MAX_CONTENT_LENGTH"] - self._read
        wanted = rest if self._length is None else self._length - self._read
        with contextlib.suppress(Exception):
            while 0 < wanted <= rest and (data := self._stream.read(min(_PIECE, wanted))):
                wanted -= len(data)
                rest -= len(data)
        raise RequestEntityTooLarge


class _Forms(FormDataParser):
    """Reads forms; one of more fields than any page has is refused before they are told apart."""

    def parse(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str] | None = None
    ) -> Any:
        """Return the stream, the fields and the files; raises RequestEntityTooLarge."""
        # werkzeug counts the parts of the other kind alone
        if mimetype == "application/x-www-form-urlencoded":
            sent = stream.read()
            if sent.count(b"&") >= FIELDS:
                raise RequestEntityTooLarge
            stream = io.BytesIO(sent)
        return super().parse(stream, mimetype, content_length, options)


class WholeRequest(Request):
    """A request whose body is never taken for another one: see the top of this file."""

    form_data_parser_class = _Forms

    @cached_property
    def stream(self) -> IO[bytes]:
        """Return the body to be read; reading raises CutOffError, RequestEntityTooLarge."""
        most = self.max_content_length
        length = self.content_length
        if most is None or (length is None and "wsgi.input_terminated" not in self.environ):
            return io.BytesIO()
        whole = _Whole(self.environ["wsgi.input"], length, most)
        if length is not None and length > most:
            whole.refuse()
        return whole  # type: ignore[return-value]


def _most() -> int:
    """Return how many bytes this request may bring."""
    whole: int = current_app.config["MAX_CONTENT_LENGTH"]
    if is_api():
        room = getattr(current_app.view_functions.get(request.endpoint or ""), "room", None)
        return min(whole, room or ENDPOINT)
    needed = access_of(request.endpoint)
    known = needed not in {None, PUBLIC} and current_actor().user_id is not None
    return whole if known else min(whole, STRANGERS)


def _bound() -> None:
    """Before each request: say how much it may bring."""
    request.max_content_length = _most()


def init_bodies(app: Flask) -> None:
    """Read bodies whole. Call it before what reads them: forms, and the guard against forged ones."""
    app.request_class = WholeRequest
    app.before_request(_bound)
