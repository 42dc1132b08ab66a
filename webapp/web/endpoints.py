"""The frame of the JSON face: what an endpoint says of itself is how it is judged, answered and documented.

A feature's `api.py` makes one `Api` and declares each endpoint once, with the schemas it takes and gives, the refusals
it may answer with, and who may use it. The OpenAPI document is made of these declarations and of nothing else.
"""

import dataclasses
import datetime as dt
import hashlib
import re
import uuid
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from flask import Blueprint, Response, current_app, jsonify, request
from flask_babel import lazy_gettext as _l
from pydantic import BaseModel, ConfigDict, PlainSerializer
from sqlalchemy import delete
from werkzeug.exceptions import MethodNotAllowed

from webapp.companies import queries
from webapp.core import clock
from webapp.core.actor import Scope
from webapp.core.database import db
from webapp.core.errors import AppError, ConflictError, InputError, Text
from webapp.core.operation import added, count, operation
from webapp.core.schema import Schema, judge, judge_json
from webapp.extensions import csrf
from webapp.models import Answered
from webapp.web import bodies
from webapp.web.access import PUBLIC, SIGNED_IN
from webapp.web.headers import conditional
from webapp.web.json_body import JSON, body
from webapp.web.sign_in import current_actor
from webapp.web.sparse import FIELDS, Wanted, only, wanted

PREFIX = "/api"
WITH_APP = "with an app or without"
APP_ALONE = "an app alone"
DONE = "ok"
_DONE = _l("Done.")


class KeyTakenError(ConflictError):
    """The Idempotency-Key was used for another request, with another reach, or with rights that are gone."""

    id = "idempotency_key_taken"
    message = _l("This Idempotency-Key was used for another request. Please take a new one.")


class Out(BaseModel):
    """What goes out: read off a row's attributes, its names stable, each of them always there (null for nothing)."""

    model_config = ConfigDict(from_attributes=True, frozen=True, json_schema_serialization_defaults_required=True)


# A moment that goes out as whole seconds since 1970 (UTC).
Unix = Annotated[dt.datetime, PlainSerializer(lambda moment: int(moment.timestamp()), return_type=int)]


@dataclasses.dataclass(frozen=True)
class Listing:
    """A page of a list: what stands on it, how many there are in all, where the next page begins (None: nowhere)."""

    items: Sequence[BaseModel]
    count: int
    next: str | None = None


@dataclasses.dataclass(frozen=True)
class Said:
    """An answer with words of its own: what goes out, and the sentence, id and status in place of the declared ones."""

    data: BaseModel | None = None
    message: Text | None = None
    id: str | None = None
    status: int | None = None


Answer = BaseModel | Listing | Said | bytes | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One endpoint as it was declared.

    `takes`, `asks`: schemas of body and query; `gives`: of what goes out; `media`: its type, where it is no JSON.
    """

    name: str
    method: str
    paths: tuple[str, ...]
    access: str | Scope
    summary: str
    about: str
    takes: type[Schema] | None
    asks: type[Schema] | None
    gives: type[BaseModel] | None
    listed: bool
    media: str
    status: int
    id: str
    message: Text
    refusals: tuple[type[AppError], ...]
    tag: str
    remembers: bool
    """Whether an Idempotency-Key is heeded: POSTs of those who are signed in, but where the answer holds a secret."""
    secret: bool
    """Whether its answer is kept nowhere: it holds a secret, or what was asked did."""
    ignores_token: bool
    """Whether a token that is sent along, good or not, is passed over: it would add nothing."""
    app: str = ""
    """Whether the headers App-Id and App-Key count: WITH_APP, or APP_ALONE where nothing else opens it."""
    besides: Scope | None = None
    """A scope that is needed as well as that of `access`."""
    or_by: Scope | None = None
    """Another scope that opens it instead, to less."""

    @property
    def scopes(self) -> tuple[tuple[Scope, ...], ...]:
        """The ways in which scopes open it: all of one of these. None where no scope is asked for."""
        if not isinstance(self.access, Scope):
            return ()
        first = (self.access, self.besides) if self.besides is not None else (self.access,)
        return (first, (self.or_by,)) if self.or_by is not None else (first,)

    @property
    def sparse(self) -> bool:
        """Whether it gives those fields alone that `?fields=` names: reads that answer JSON do."""
        return self.method == "GET" and self.media == JSON and self.gives is not None


@dataclasses.dataclass
class Api:
    """The JSON face of one feature: a blueprint below /api, and what it declared."""

    name: str
    title: Text
    endpoints: list[Endpoint] = dataclasses.field(default_factory=list)

    def __post_init__(self) -> None:
        """Make the blueprint; forged requests are no danger where no cookie counts."""
        self.bp = Blueprint(f"{self.name}_api", __name__, url_prefix=PREFIX)
        csrf.exempt(self.bp)

    def on(  # noqa: PLR0913 all that an endpoint says of itself, by name
        self,
        method: str,
        *paths: str,
        access: str | Scope,
        besides: Scope | None = None,
        or_by: Scope | None = None,
        takes: type[Schema] | None = None,
        asks: type[Schema] | None = None,
        gives: type[BaseModel] | None = None,
        listed: bool = False,
        media: str = JSON,
        judges_token: bool = False,
        ignores_token: bool = False,
        linked: bool = False,
        secret: bool = False,
        app: str = "",
        room: int | None = None,
        status: int = 200,
        id: str = DONE,
        message: Text = _DONE,
        refusals: Sequence[type[AppError]] = (),
    ) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
        """Declare the decorated function as the endpoint at `paths` (the first one is the name, the others aliases).

        It is called with the path's variables, `data` (what `takes` made of the body) and `query` (what `asks` made of
        the query), and returns what `gives` says, a `Listing` of it, `Said`, bytes of `media`, or None for status 204.

        `besides`: a scope that is needed as well as `access`. `or_by`: one that opens it instead, to less, which the
        endpoint sees to.

        `judges_token`: it looks at the token itself, which may be an expired one. `ignores_token`: it looks at none,
        for who asks is shown otherwise. `linked`: it counts under the limits of links. `secret`: it takes a password or
        gives a secret, so that its answer is kept nowhere, and no HEAD does it. `app`: whether the headers App-Id and
        App-Key count (WITH_APP, APP_ALONE); it reads them itself. `room`: how many bytes the body may have, where it is
        more than usual.
        """

        def declare(function: Callable[..., Answer]) -> Callable[..., Answer]:
            about = (function.__doc__ or "").strip()
            endpoint = Endpoint(
                name=function.__name__,
                method=method,
                paths=paths,
                access=access,
                summary=about.partition("\n")[0],
                about=about,
                takes=takes,
                asks=asks,
                gives=gives,
                listed=listed,
                media=media,
                status=status,
                id=id,
                message=message,
                refusals=tuple(refusals),
                tag=str(self.title),
                remembers=method == "POST" and access != PUBLIC and not secret,
                secret=secret,
                ignores_token=ignores_token,
                app=app,
                besides=besides,
                or_by=or_by,
            )
            self.endpoints.append(endpoint)
            view = _view(endpoint, function)
            view.judges_token = judges_token  # type: ignore[attr-defined]
            view.ignores_token = ignores_token  # type: ignore[attr-defined]
            view.linked = linked  # type: ignore[attr-defined]
            view.room = room or (bodies.OPEN_ENDPOINT if access == PUBLIC else bodies.ENDPOINT)  # type: ignore[attr-defined]
            for number, path in enumerate(paths):
                name = endpoint.name if number == 0 else f"{endpoint.name}_{number + 1}"
                self.bp.add_url_rule(path, name, view, methods=[method])
            return function

        return declare


def _view(endpoint: Endpoint, function: Callable[..., Answer]) -> Callable[..., Response]:
    def view(**path: Any) -> Response:
        if endpoint.secret and request.method == "HEAD":
            # werkzeug lets HEAD in wherever GET is, and here GET does something
            adapter = current_app.create_url_adapter(request)
            raise MethodNotAllowed(sorted(set(adapter.allowed_methods() if adapter else ()) - {"HEAD"}))
        asked: dict[str, Any] = dict(path)
        query, fields = _asked(endpoint)
        if endpoint.asks is not None:
            asked["query"] = query
        if endpoint.takes is not None:
            asked["data"] = judge_json(endpoint.takes, body())
        elif endpoint.method != "GET":
            judge_json(_Nothing, body())
        key = request.headers.get("Idempotency-Key") if endpoint.remembers else None
        if key is None:
            return respond(endpoint, function(**asked), fields)
        return _remembered(key, lambda: respond(endpoint, function(**asked)))

    view.access = endpoint.access  # type: ignore[attr-defined]
    view.endpoint = endpoint  # type: ignore[attr-defined]
    return view


class _Nothing(Schema):
    """Nothing is asked, or sent, beside the path."""


def _asked(endpoint: Endpoint) -> tuple[Schema, Wanted]:
    """Return the query, as `asks` judges it, and which fields are wanted of the answer.

    Raises InputError for what is not known or does not fit, and for what stands twice.
    """
    sent = request.args.to_dict()
    names = sent.pop(FIELDS, None) if endpoint.sparse else None
    fields: Wanted = {}
    query: Schema | None = None
    wrong: dict[str, Text] = {}
    try:
        query = judge(endpoint.asks or _Nothing, sent)
    except InputError as error:
        wrong |= error.fields
    try:
        if names is not None and endpoint.gives is not None:
            fields = wanted(names, endpoint.gives)
    except InputError as error:
        wrong |= error.fields
    wrong |= {name: _l("This stands twice.") for name, values in request.args.lists() if len(values) > 1}
    if query is None or wrong:
        raise InputError(fields=wrong)
    return query, fields


_KEY = re.compile(r"[!-~]{1,255}")
KEPT_FOR = dt.timedelta(days=2)
"""How long an answer is remembered for its Idempotency-Key."""


def _remembered(key: str, do: Callable[[], Response]) -> Response:
    """Return the answer that this key got before, or do it and keep the answer, both in one transaction.

    Raises InputError for a key that is none, KeyTakenError where it was used for another request, by a token that
    reaches elsewhere, or before a role of the account ended: what was answered then may not be for it now.
    """
    if not _KEY.fullmatch(key):
        raise InputError(_l("An Idempotency-Key is 1 to 255 visible ASCII characters."))
    actor = current_actor()
    user_id = actor.account()
    reach = f"{actor.company_id}\n{sorted(actor.scopes) if actor.scopes is not None else None}\n"
    asked = f"{request.method} {request.path}\n{reach}".encode() + request.get_data(cache=True)
    fingerprint = hashlib.sha256(asked).hexdigest()
    kept = _kept(user_id, key) or _do_once(user_id, key, fingerprint, do)
    if kept.fingerprint != fingerprint:
        raise KeyTakenError
    response = current_app.response_class(kept.body, status=kept.status, mimetype="application/json")
    if kept.status == 204:
        response = current_app.response_class(status=204)
    return response


def _kept(user_id: uuid.UUID, key: str) -> Answered | None:
    found = db.session.get(Answered, (user_id, key), populate_existing=True)
    if found is None or clock.now() - found.created_at > KEPT_FOR:
        return None
    if queries.role_ended_since(user_id, found.created_at):
        raise KeyTakenError(_l("A role of yours has ended since this Idempotency-Key was used. Please take a new one."))
    return found


@operation
def _do_once(user_id: uuid.UUID, key: str, fingerprint: str, do: Callable[[], Response]) -> Answered:
    # The row comes first: of two at once the second waits here for the first one's commit, and then finds its answer.
    row = Answered(user_id=user_id, key=key, fingerprint=fingerprint, status=0, body="")
    count(delete(Answered).where(Answered.user_id == user_id, Answered.created_at < clock.now() - KEPT_FOR))
    if not added(row):
        found = _kept(user_id, key)
        if found is None:
            raise ConflictError
        return found
    response = do()
    row.status, row.body = response.status_code, response.get_data(as_text=True)
    return row


def respond(endpoint: Endpoint, answer: Answer, fields: Wanted | None = None) -> Response:
    """Return what `endpoint` answers with; of its data `fields` alone, where any are named."""
    if answer is None:
        return current_app.response_class(status=204)
    if isinstance(answer, bytes):
        return _tagged(current_app.response_class(answer, mimetype=endpoint.media), endpoint)
    said = answer if isinstance(answer, Said) else Said(None if isinstance(answer, Listing) else answer)
    status = said.status or endpoint.status
    meta: dict[str, Any] = {
        "id": said.id or endpoint.id,
        "message": str(said.message if said.message is not None else endpoint.message),
        "code": status,
    }
    data: Any = said.data.model_dump(mode="json") if said.data is not None else {}
    if isinstance(answer, Listing):
        data = [item.model_dump(mode="json") for item in answer.items]
        meta |= {"next": answer.next, "count": answer.count}
    response = jsonify({"data": only(data, fields or {}), "meta": meta})
    response.status_code = status
    return _tagged(response, endpoint)


def _tagged(response: Response, endpoint: Endpoint) -> Response:
    """Return what is read with an ETag, or 304 where the program has it already; of what is secret nothing is kept."""
    if not endpoint.secret and request.method in {"GET", "HEAD"} and response.status_code == 200:
        response.add_etag(weak=True)
        response.headers["Cache-Control"] = "private, no-cache"
        conditional(response)
    return response


__all__ = [
    "APP_ALONE",
    "DONE",
    "PREFIX",
    "PUBLIC",
    "SIGNED_IN",
    "WITH_APP",
    "Answer",
    "Api",
    "Endpoint",
    "Listing",
    "Out",
    "Said",
    "Unix",
]
