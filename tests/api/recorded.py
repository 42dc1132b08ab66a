"""Records what every endpoint really answers, for the examples of the document: webapp/api/answers.json.

`python -m tests.api.recorded` writes it anew. Each endpoint is asked in a small world of its own, which is told alike:
the same ids, names and addresses stand for the same things everywhere, times lie around a party in May 2090, and what
is secret is replaced.
"""

import base64
import dataclasses
import datetime as dt
import hashlib
import json
import pathlib
import re
import tempfile
import uuid
from collections.abc import Iterable
from typing import Any

import flask_migrate
import sqlalchemy as sa
import time_machine
from flask import Flask
from werkzeug.test import TestResponse

from tests import databases, factories
from tests.api import reader
from tests.programs import Program
from webapp import APIS, create_app
from webapp.api.samples import KEPT, sample_id
from webapp.core import clock
from webapp.core.database import Base, db
from webapp.core.operation import operation
from webapp.journal.sealing import seal
from webapp.models import Answer, Company, Event, Guest, LoginSession, OutboxMail, Question, User
from webapp.voting.operations import cast_ballot
from webapp.web.endpoints import Endpoint

PARTY = dt.datetime(2090, 5, 1, 16, tzinfo=dt.UTC)
TODAY = PARTY - dt.timedelta(days=7)
ASKED = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
"""When everything is asked: what is told of it does not change with the day."""
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_HEX = re.compile(r"\b[0-9a-f]{64}\b")
_OPAQUE = re.compile(r"[A-Za-z0-9_-]{24,}(?:\.[A-Za-z0-9_-]{2,})*")
_SPOKEN = {"receipt": "K7QF-2M4X-9RTB", "code": "4A1C-09E2-7B6D"}
_SECONDS = {"start_time", "end_time", "time_to_join", "user_signup_timestamp", "expiresAt"}


@operation
def _enrich(values: dict[str, str]) -> None:
    """Let the small world look like one that is in use."""
    ana, ben = db.session.get_one(User, uuid.UUID(values["ME"])), db.session.get_one(User, uuid.UUID(values["PERSON"]))
    ana.surname, ana.timezone, ben.surname = "Novak", "Europe/Ljubljana", "Kos"
    event = db.session.get_one(Event, uuid.UUID(values["EVENT"]))
    event.place, event.description, event.capacity = "The yard", "Bring a plate.", 40
    event.timezone, event.starts_at, event.ends_at = "Europe/Ljubljana", PARTY, PARTY + dt.timedelta(hours=4)
    guest = db.session.get_one(Guest, uuid.UUID(values["GUEST"]))
    guest.invited_at, guest.opened_at, event.guests_invited, event.guests_opened = clock.now(), clock.now(), 1, 1
    for session in db.session.query(LoginSession):
        session.device = "curl"
    for company in db.session.query(Company):
        company.slug = "zadruga-pod-lipo" if str(company.id) == values["COMPANY"] else company.slug


def _enrich_for(name: str, values: dict[str, str]) -> None:
    """Let there be something of what the endpoint `name` speaks of."""
    ana, ben = db.session.get_one(User, uuid.UUID(values["ME"])), db.session.get_one(User, uuid.UUID(values["PERSON"]))
    event = db.session.get_one(Event, uuid.UUID(values["EVENT"]))
    company = db.session.get_one(Company, uuid.UUID(values["COMPANY"]))
    if name in {"get_user", "export_user"}:
        factories.a_guest(event, user=ana, reply="yes")
    if name in {"list_guests", "get_coming", "get_event", "list_events"}:
        at = clock.now()
        factories.a_guest(
            event,
            name="Jana Zupan",
            email="jana@example.org",
            reply="yes",
            party_size=2,
            companions=["Ben"],
            note="We come by train.",
            invited_at=at,
            opened_at=at,
        )
    if name == "get_results":
        for user, choice in ((ana, 0), (ben, 0), (factories.an_account("Maja"), 1)):
            guest = factories.a_guest(event, user=user, reply="yes")
            answers = db.session.query(Answer).join(Question).filter(Question.event_id == event.id)
            chosen = answers.order_by(Answer.position).all()[choice]
            cast_ballot(factories.acting(user), guest, {str(chosen.question_id): str(chosen.id)})
    if name == "get_holdings":
        factories.an_event(company, ben, title="Choir evening")
    if name == "get_asked":
        factories.a_guest(factories.an_event(company, ben, title="Choir evening"), user=ana)
        factories.a_guest(event, user=ana, reply="yes")
    if name == "list_journal":
        seal()
    if name == "get_dashboard":
        _fail(values)


@operation
def _fail(values: dict[str, str]) -> None:
    mail = db.session.get_one(OutboxMail, uuid.UUID(values["MAIL"]))
    mail.state, mail.error = "failed", "550 no such mailbox"


class Teller:
    """Tells one endpoint's answer as all the others are told."""

    def __init__(self, values: dict[str, str]) -> None:
        # told to the minute; what was done a moment ago is told as of now
        self.shift = TODAY - clock.now() + dt.timedelta(seconds=50)
        self.ids = {value: sample_id(name) for name, value in values.items() if _UUID.fullmatch(value)}
        self.words = {
            values["EMAIL"]: "ana@example.org",
            values["NEW_EMAIL"]: "new@example.org",
            "http://folkmoot.example.org": "https://folkmoot.example.org",
        }

    def tell(self, said: Any, name: str = "") -> Any:
        if isinstance(said, dict):
            if {"position", "seal"} <= said.keys():
                said = {**said, "id": said["position"]}  # numbers of rows go on from world to world
            return {key: self.tell(one, key) for key, one in said.items()}
        if isinstance(said, list):
            return [self.tell(one, name) for one in said[:3]]
        if isinstance(said, bool) or said is None:
            return said
        if isinstance(said, int):
            now = name in _SECONDS and said < TODAY.timestamp()
            return (said + int(self.shift.total_seconds())) // 60 * 60 if now else said
        return self._text(said, name) if isinstance(said, str) else said

    def _text(self, said: str, name: str) -> str:
        if name in _SPOKEN and said:
            return _SPOKEN[name]
        if name == "monday":
            day = dt.date.fromisoformat(said) + self.shift
            return (day - dt.timedelta(days=day.weekday())).isoformat()
        for before, after in self.words.items():
            said = said.replace(before, after)
        said = re.sub(r"\bZadruga \d+", "Zadruga Pod lipo", said)
        said = re.sub(r"\bTaco Party \d+", "Taco Party 2090", said)
        said = re.sub(r"\bcompany-\d+", "choir", said)
        said = re.sub(r"\b(ben|maja|fresh|new|other|first)\d+@", r"\1@", said)
        said = _MOMENT.sub(lambda found: self._moment(found[0]), said)
        said = _UUID.sub(lambda found: self.ids.setdefault(found[0], sample_id(f"{name} {len(self.ids)}")), said)
        said = _HEX.sub(hashlib.sha256(name.encode()).hexdigest(), said)
        if not _UUID.search(said) and name != "sentence":
            said = _OPAQUE.sub(lambda found: self._secret(found[0], name), said)
        return said

    def _moment(self, said: str) -> str:
        moment = dt.datetime.fromisoformat(said)
        moment += self.shift if moment < TODAY else dt.timedelta(0)
        return moment.replace(second=0, microsecond=0).isoformat().replace("+00:00", "Z")

    @staticmethod
    def _secret(found: str, name: str) -> str:
        if "." not in found and not re.search(r"\d", found):
            return found  # a word of ours
        start = "eyJhbGciOiJIUzI1NiJ9." if found.startswith("eyJ") else ""
        return start + base64.urlsafe_b64encode(hashlib.sha256(name.encode()).digest()).decode().rstrip("=")


@dataclasses.dataclass(frozen=True)
class Recorded:
    """What an endpoint answered: all of it, and its data as the document tells it (None where it gives none)."""

    endpoint: Endpoint
    answer: TestResponse
    told: Any


def _recorded(app: Flask, endpoint: Endpoint) -> Recorded:
    databases.empty(db.engine, Base.metadata)
    app.extensions.pop("site_view", None)
    factories.set_up_site()
    name = endpoint.name.replace("_", "-")
    values = reader.prepared(app, name)
    _enrich(values)
    _enrich_for(endpoint.name, values)
    teller = Teller(values)
    asked = reader.printed(app, name, values)
    if endpoint.name == "set_up":
        factories.set_up_site(set_up_at=None)
        app.extensions.pop("site_view", None)
    db.session.remove()
    answer = asked.send(Program(app))
    assert 200 <= answer.status_code < 300, (endpoint.name, answer.text)
    return Recorded(endpoint, answer, teller.tell(answer.json["data"]) if endpoint.gives is not None else None)


def walk() -> list[Recorded]:
    """Ask every endpoint for what its example says, each in a world of its own, always on the same day."""
    with tempfile.TemporaryDirectory() as folder, time_machine.travel(ASKED):
        environ = {
            "INSTANCE_PATH": folder,
            "SECRET_KEY": "kept for examples",
            "BASE_URL": "http://folkmoot.example.org",
            "JOBS": "none",
            "LIMITS": "no",
        }
        app = create_app(environ, TESTING=True)
        with app.app_context():
            sa.event.listen(db.engine, "connect", lambda c, _: c.execute("PRAGMA synchronous=OFF"))
            flask_migrate.upgrade()
            try:
                return [_recorded(app, endpoint) for api in APIS for endpoint in api.endpoints]
            finally:
                db.session.remove()
                db.engine.dispose()


def kept(answers: Iterable[Recorded]) -> str:
    """Return the file in which the answers are kept, those that give something, by name."""
    told = {one.endpoint.name: one.told for one in answers if one.endpoint.gives is not None}
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    pathlib.Path(KEPT).write_text(kept(walk()))
