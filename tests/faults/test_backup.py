"""Backup and restore on a real server: while people answer, and with the lights going out."""

import http.client
import itertools
import pathlib
import signal
import threading
import urllib.parse

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import insert, update

from tests import databases, factories
from tests.faults.servers import PATIENCE, Process, Server, environment
from webapp import create_app
from webapp.core import clock
from webapp.core.database import db, new_id
from webapp.core.operation import operation
from webapp.guests.links import personal_token
from webapp.home import backup, invariants
from webapp.home.snapshot import snapshot
from webapp.journal import sealing
from webapp.models import Event, Guest

pytestmark = pytest.mark.race
KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
ANSWERING, SILENT = 40, 1500


@pytest.fixture(params=KINDS)
def settings(request):
    """The settings of an installation on this kind of database."""
    if request.param == "sqlite":
        yield {"LIMITS": "no"}
        return
    for url in databases.postgresql_database():
        yield {"LIMITS": "no", "DATABASE_URL": url}


@pytest.fixture
def run(tmp_path):
    """Starts commands and sees to it that they end."""
    running: list[Process] = []

    def run(environ, *arguments: object) -> Process:
        running.append(Process(["flask", "--app", "wsgi", *map(str, arguments)], environ))
        return running[-1]

    yield run
    for process in running:
        process.kill()


@operation
def _list_silent(event: Event) -> None:
    rows = [
        {"id": new_id(), "event_id": event.id, "email": f"s{n}@example.org", "email_key": f"s{n}@example.org",
         "nonce": f"{n:022d}", "listed_at": clock.now()}
        for n in range(SILENT)
    ]  # fmt: skip
    db.session.execute(insert(Guest), rows)
    db.session.execute(update(Event).values(guests_listed=SILENT + ANSWERING))


def furnish(app: Flask) -> list[str]:
    """Put an event with a long list into an installation; return the paths of the guests who will answer."""
    with app.app_context():
        factories.set_up_site()
        host = factories.an_account()
        event = factories.an_event(factories.a_company(host), host)
        paths = [f"/rsvp/{personal_token(factories.a_guest(event))}" for _ in range(ANSWERING)]
        _list_silent(event)
        sealing.seal_all()
        db.session.remove()
        db.engine.dispose()
    return paths


def look(app: Flask) -> tuple[dict[str, str], list[str]]:
    """The notes of the guests by their paths, and what does not hold."""
    with app.app_context():
        notes = {f"/rsvp/{personal_token(guest)}": guest.note for guest in db.session.query(Guest)}
        db.session.remove()
        with snapshot() as session:
            broken = [one.words for one in invariants.findings(session)]
        db.engine.dispose()
    return notes, broken


def back_up(app: Flask, path: pathlib.Path) -> list[str]:
    """Write a backup; return the checksums of all tables."""
    with app.app_context():
        _path, manifest = backup.write(path)
        db.engine.dispose()
    return [table.sha256 for table in manifest.tables]


class Answering(threading.Thread):
    """Somebody with several personal links, who keeps answering and changing the answers until told to stop."""

    def __init__(self, server: Server, paths: list[str]) -> None:
        super().__init__()
        self.server, self.paths = server, paths
        self.stop = threading.Event()
        self.moved = threading.Condition()
        self.acknowledged: list[tuple[str, str]] = []
        self.refused: list[str] = []

    def run(self) -> None:
        for path, party in zip(itertools.cycle(self.paths), itertools.count(), strict=False):
            if self.stop.is_set():
                return
            note = f"answer {party}"
            fields = {"reply": "yes" if party % 3 else "no", "party_size": str(1 + party % 2), "note": note}
            connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE)
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", path, urllib.parse.urlencode(fields), headers)
            answer = connection.getresponse()
            said = answer.read().decode()
            connection.close()
            with self.moved:
                if answer.status == 303:
                    self.acknowledged.append((path, note))
                else:
                    self.refused.append(f"{answer.status} {said[:300]}")
                self.moved.notify_all()

    def until(self, number: int) -> None:
        """Wait until so many answers were acknowledged."""
        with self.moved:
            assert self.moved.wait_for(lambda: len(self.acknowledged) >= number or self.refused, PATIENCE)


def number_of(note: str) -> int:
    return int(note.removeprefix("answer "))


def test_a_backup_while_people_answer_holds_what_was_acknowledged_and_fits_together(settings, run, tmp_path):
    server = Server(tmp_path / "instance", **settings)
    try:
        paths = furnish(create_app({**server.environ, "JOBS": "none"}))
        server.until("/readyz", 200)
        people = [Answering(server, paths[n::4]) for n in range(4)]
        for somebody in people:
            somebody.start()
        for somebody in people:
            somebody.until(12)
        before = [dict(somebody.acknowledged) for somebody in people]
        numbers = [len(somebody.acknowledged) for somebody in people]
        writing = run(server.environ, "backup", tmp_path / "kept.tar.gz")
        assert writing.ended() == 0, writing.said
        meanwhile = [len(somebody.acknowledged) for somebody in people]
        for somebody in people:
            somebody.stop.set()
            somebody.join(PATIENCE)
        refused = run(server.environ, "restore", "--replace", "--yes", tmp_path / "kept.tar.gz")
        assert refused.ended() == 1
        assert "Stop the server" in refused.said
        assert server.terminate() == 0
    finally:
        server.kill()
    assert [somebody.refused for somebody in people] == [[]] * 4
    assert all(now > then for now, then in zip(meanwhile, numbers, strict=True)), "nobody could answer meanwhile"

    copy = environment(tmp_path / "copy", LIMITS="no")
    putting = run(copy, "restore", tmp_path / "kept.tar.gz")
    assert putting.ended() == 0, putting.said
    notes, broken = look(create_app({**copy, "JOBS": "none"}))
    assert broken == []
    for acknowledged in before:
        for path, note in acknowledged.items():
            assert number_of(notes[path]) >= number_of(note)

    again = Server(tmp_path / "copy", LIMITS="no")
    try:
        again.until("/readyz", 200)
        assert again.get(paths[0])[0] == 200
        assert again.terminate() == 0
    finally:
        again.kill()


def test_a_restore_that_is_killed_leaves_the_old_or_the_new(settings, run, tmp_path):
    environ = environment(tmp_path / "instance", **settings)
    app = create_app({**environ, "JOBS": "none"})
    kept, states = [], []
    for number in range(2):
        with app.app_context():
            if not number:
                flask_migrate.upgrade()
        furnish(app)
        kept.append(tmp_path / f"kept{number}.tar.gz")
        states.append(back_up(app, kept[-1]))
    assert states[0] != states[1]
    for number, line in enumerate(["A whole backup", "guests:", "ballot_answers:", "Everything is in"]):
        restoring = run(environ, "restore", "--replace", "--yes", kept[number % 2])
        restoring.wait_for_line(line)
        restoring.kill()
        assert restoring.process.returncode == -signal.SIGKILL, restoring.said
        assert back_up(app, tmp_path / f"now{number}.tar.gz") in states
        assert look(app)[1] == []
    again = run(environ, "restore", "--replace", "--yes", kept[0])
    assert again.ended() == 0, again.said
    assert back_up(app, tmp_path / "then.tar.gz") == states[0]
    assert [path.name for path in (tmp_path / "instance").glob("*secret*")] == ["secret_key"]
