"""How the installation is: each check both ways, and the page that shows them."""

import datetime as dt
import pathlib
import shutil
import tomllib
from collections import namedtuple

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.browsers import Browser, words
from tests.mail.notes import write_note
from webapp.admin import health
from webapp.config import VERSION
from webapp.core import clock
from webapp.core.actor import SYSTEM
from webapp.core.database import db
from webapp.core.operation import operation
from webapp.journal.writing import record
from webapp.models import OutboxMail, Site

Usage = namedtuple("Usage", "total used free")  # noqa: PYI024 as shutil's
GIGABYTE = 1024**3


class Backend:
    def __init__(self, *, beats: bool, size: int = 0) -> None:
        self.answer, self.waiting = beats, size

    def beats(self) -> bool:
        return self.answer

    def size(self) -> int:
        return self.waiting


@operation
def _wait_since(age: dt.timedelta, mail: OutboxMail) -> None:
    mail.created_at = clock.now() - age


@pytest.mark.both_databases
def test_the_database_says_what_it_is(app: Flask):
    found = health.database()
    kind = "SQLite" if db.engine.dialect.name == "sqlite" else "PostgreSQL"
    assert found.ok
    assert found.said.startswith(kind)
    assert found.said.endswith((" kB", " MB"))
    assert health.database_size() > 50_000


def test_an_old_database_is_said_to_be_too_old(app: Flask, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(health, "database_version", lambda: (3, 31))
    found = health.database()
    assert not found.ok
    assert "SQLite 3.38 or newer" in found.what_to_do


@pytest.mark.both_databases
def test_the_tables_are_those_of_this_version_or_not(app: Flask):
    assert health.migrations().ok
    db.session.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    assert not health.migrations().ok
    assert "flask db upgrade" in health.migrations().what_to_do
    db.session.rollback()


@pytest.mark.parametrize(
    ("total", "free", "ok"),
    [(100, 10, True), (100, 9, False), (5, 1, True), (5, 0.9, False), (1000, 99, False)],
)
def test_the_disk_has_room_or_not(app: Flask, monkeypatch: pytest.MonkeyPatch, total: float, free: float, ok: bool):
    usage = Usage(int(total * GIGABYTE), int((total - free) * GIGABYTE), int(free * GIGABYTE))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage if path == app.config["INSTANCE_PATH"] else None)
    assert health.disk().ok is ok


@pytest.mark.parametrize(("beats", "ok", "said"), [(True, True, "Running, 3 jobs"), (False, False, "Not running, 3")])
def test_jobs_run_or_not(app: Flask, monkeypatch: pytest.MonkeyPatch, beats: bool, ok: bool, said: str):
    monkeypatch.setitem(app.extensions, "job_backend", Backend(beats=beats, size=3))
    found = health.queue()
    assert found.ok is ok
    assert found.said.startswith(said)


def test_a_mail_that_waits_too_long_is_seen_where_there_is_a_server(app: Flask):
    assert health.mail_age().ok
    assert "None waits" in health.mail_age().said
    _wait_since(dt.timedelta(minutes=14), write_note())
    app.config["MAIL_SERVER"] = "mail.example.org"
    assert health.mail_age().ok
    _wait_since(dt.timedelta(hours=3), write_note())
    assert not health.mail_age().ok
    assert "3 hours" in health.mail_age().said
    app.config["MAIL_SERVER"] = ""
    assert health.mail_age().ok
    assert not health.mail_server().ok


@operation
def _a_line(age: dt.timedelta) -> None:
    record(SYSTEM, "site.changed", db.session.get_one(Site, 1))
    entry = next(iter(db.session.new))
    entry.at = clock.now() - age  # type: ignore[attr-defined]


def test_a_line_of_the_journal_that_waits_for_its_seal_is_seen(app: Flask):
    assert health.journal().ok
    _a_line(dt.timedelta(minutes=9))
    assert health.journal().ok


def test_a_line_of_the_journal_that_waits_too_long_is_seen(app: Flask):
    _a_line(dt.timedelta(minutes=11))
    assert not health.journal().ok


def test_redis_answers_or_is_not_needed_or_is_missed(app: Flask):
    app.config.update(REDIS_URL="", WORKERS=1)
    assert health.redis_answers().ok
    app.config["WORKERS"] = 2
    assert not health.redis_answers().ok
    app.config["REDIS_URL"] = "redis://127.0.0.1:1/0"
    found = health.redis_answers()
    assert not found.ok
    assert found.said == "Does not answer"


@pytest.mark.redis
def test_a_redis_that_is_there_answers(app: Flask):
    app.config["REDIS_URL"] = "redis://127.0.0.1:6379/15"
    assert health.redis_answers().ok


@pytest.mark.parametrize(
    ("workers", "jobs", "ok"),
    [(1, "embedded", True), (4, "embedded", False), (4, "separate", True), (0, "none", False)],
)
def test_processes_and_their_jobs_fit_together_or_not(app: Flask, workers: int, jobs: str, ok: bool):
    app.config.update(WORKERS=workers, JOBS=jobs)
    assert health.processes().ok is ok


def test_the_version_is_that_of_the_project():
    root = pathlib.Path(__file__).resolve().parents[2]
    assert tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"] == VERSION
    assert ("Folkmoot", VERSION) in health.versions()


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 B"), (1023, "1023 B"), (2048, "2 kB"), (5 * 1024**2, "5 MB"), (3 * GIGABYTE, "3.0 GB")]
)
def test_sizes_are_said_as_people_read_them(count: int, said: str):
    assert health.size(count) == said


# ---------------------------------------------------------------- the page and the front


def test_the_page_says_what_is_well_and_what_to_do_where_it_is_not(app: Flask, admin: Browser):
    app.config.update(MAIL_SERVER="mail.example.org", REDIS_URL="", WORKERS=1, JOBS="separate")
    well = words(admin.get("/admin/health"))
    assert "All is well" in well
    assert "Look at this" not in well
    app.config["WORKERS"] = 3
    shown = words(admin.get("/admin/health"))
    assert "One thing wants to be looked at." in shown
    assert "set REDIS_URL" in shown
    assert shown.index("Redis Not set") < shown.index("The database SQLite")


def test_the_page_shows_no_secrets(app: Flask, admin: Browser):
    secret = "kept-from-everybody"
    app.config.update(
        MAIL_PASSWORD=secret, MAIL_USERNAME=secret, REDIS_URL=f"redis://:{secret}@127.0.0.1:1/0", MAIL_SERVER="mail"
    )
    for page in ("/admin/health", "/admin", "/admin/settings"):
        answer = admin.get(page)
        assert answer.status_code == 200
        assert secret not in answer.text
        assert app.config["SECRET_KEY"] not in answer.text


def test_the_front_says_what_needs_attention_and_how_much_there_is(
    app: Flask, admin: Browser, monkeypatch: pytest.MonkeyPatch
):
    app.config["MAIL_SERVER"] = "mail.example.org"
    assert "Needs you" not in words(admin.get("/admin"))
    _a_line(dt.timedelta(hours=2))
    _wait_since(dt.timedelta(hours=2), write_note())
    usage = Usage(100 * GIGABYTE, 95 * GIGABYTE, 5 * GIGABYTE)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    shown = words(admin.get("/admin"))
    for said in (
        "The journal: The oldest line without a seal is from 2 hours ago",
        "E-mails to be sent: The oldest one has waited for 2 hours",
        "The disk: 5.0 GB free, 5 % of it",
        "Who has an account? 1 person",
        "Who invites? 0 companies",
    ):
        assert said in shown
