"""Installations of their own, each with a database and an instance folder, for tests that take whole databases away."""

import contextlib
import datetime as dt
import gzip
import hashlib
import io
import json
import pathlib
import tarfile
from collections.abc import Callable, Iterator
from typing import Any

import flask_migrate
import sqlalchemy as sa
from flask import Flask

from tests import databases, factories
from tests.voting import votes
from webapp import create_app
from webapp.accounts import sessions
from webapp.core import clock, text
from webapp.core.database import Base, db
from webapp.core.permissions import Role
from webapp.home import demo
from webapp.journal import sealing
from webapp.models import Answered, App, Invitation, InvitationUse, OneTimeLink

Install = Callable[..., Flask]


@contextlib.contextmanager
def installing(folder: pathlib.Path) -> Iterator[Install]:
    """Yield what makes an app on a new instance and a new, migrated database of the kind asked for."""
    made: list[Flask] = []
    opened: list[Iterator[str]] = []

    def install(kind: str, *, revision: str = "head", hurried: bool = True, **settings: str) -> Flask:
        if kind == "postgresql":
            opened.append(databases.postgresql_database())
            settings["DATABASE_URL"] = next(opened[-1])
        environ = {"INSTANCE_PATH": str(folder / f"{kind}{len(made)}"), "JOBS": "none", "LIMITS": "no", **settings}
        app = create_app(environ, TESTING=True)
        made.append(app)
        with app.app_context():
            if kind == "sqlite" and hurried:
                sa.event.listen(db.engine, "connect", lambda c, _: c.execute("PRAGMA synchronous=OFF"))
            if revision:
                flask_migrate.upgrade(revision=revision)
            db.session.remove()
        return app

    yield install
    for app in made:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
    for database in opened:
        next(database, None)


def fill() -> None:
    """Put rows into every table: the example company, and what it has none of."""
    demo.tell_story(factories.password_hash())
    user, other = factories.an_account("Ana 山田"), factories.an_account()
    company = factories.a_company(user)
    for _ in range(5):
        company = factories.a_company(user, parent=company)
    factories.a_membership(other, company, Role.DOORKEEPER)
    sessions.start(user, remember=False)
    later = clock.now() + dt.timedelta(days=1)
    event = factories.an_event(company, user, co_hosts=(other,), capacity=3, title='Soup \N{SNOWMAN} “\\"\n')
    link = Invitation(
        kind="event", issuer_id=user.id, event_id=event.id, nonce=text.secret(128), expires_at=later, uses=1
    )
    guest = factories.a_guest(event, user=other, reply="yes", companions=["Maja\ttab"], party_size=2, places=2)
    factories.save(
        OneTimeLink(user_id=user.id, purpose="reset", nonce=text.secret(128), expires_at=later),
        App(company_id=company.id, name="Board", scopes=["events:read"], key_hash="0" * 64, created_by=user.id),
        link,
        *(
            Answered(user_id=user.id, key=key, fingerprint="0" * 64, status=200, body="{}", created_at=clock.now())
            for key in ("b", "A", "ä", "a-1", "a.1")
        ),
    )
    factories.save(InvitationUse(invitation_id=link.id, guest_id=guest.id))
    vote = votes.an_open_vote(votes.TWO, decide_by="ballot")
    votes.cast_by_new_voters(vote, (0, 0), (1, 0), (0, 0))
    sealing.seal_all()


def counts() -> dict[str, int]:
    """How many rows each table has."""
    with db.engine.connect() as connection:
        tables = Base.metadata.sorted_tables
        return {t.name: connection.scalar(sa.select(sa.func.count()).select_from(t)) or 0 for t in tables}


# ---------------------------------------------------------------- files that somebody changed

Members = dict[str, bytes]


def unpack(path: pathlib.Path) -> Members:
    """What a backup holds: {name: content}."""
    with tarfile.open(path) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]


def pack(path: pathlib.Path, members: Members, *more: tarfile.TarInfo) -> pathlib.Path:
    """Write such a file; `more` are members without content."""
    with gzip.open(path, "wb") as packed, tarfile.open(fileobj=packed, mode="w") as tar:
        for member in more:
            tar.addfile(member)
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def lines(members: Members, table: str) -> list[dict[str, Any]]:
    """The rows of a table in a backup."""
    return [json.loads(line) for line in members[f"tables/{table}.jsonl"].splitlines()]


def write_lines(members: Members, table: str, rows: list[dict[str, Any]]) -> None:
    """Put other rows into a table, with checksums that fit: somebody who knows how changed the file."""
    content = b"".join(json.dumps(row, separators=(",", ":")).encode() + b"\n" for row in rows)
    members[f"tables/{table}.jsonl"] = content
    manifest = json.loads(members["manifest.json"])
    for told in manifest["tables"]:
        if told["name"] == table:
            told.update(rows=len(rows), sha256=hashlib.sha256(content).hexdigest())
    members["manifest.json"] = json.dumps(manifest).encode()
