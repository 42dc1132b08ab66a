"""Jobs wait in a store and are worked off, whatever the store is."""

import os
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import redis
from flask import Flask

from tests import databases
from tests.smtp import free_port
from webapp.core import jobs
from webapp.core.jobs import Job
from webapp.core.operation import operation
from webapp.core.queue import Queue

PATIENCE = 30  # seconds at most; what is waited for takes a fraction of one


class Done:
    """What the jobs of a test have done."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, ...]] = []
        self._changed = threading.Condition()

    def note(self, *ids: str) -> None:
        with self._changed:
            self.calls.append(ids)
            self._changed.notify_all()

    def wait_for(self, condition: Callable[[list[tuple[str, ...]]], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: condition(self.calls), PATIENCE), self.calls


def until(condition: Callable[[], bool]) -> None:
    """Ask until it holds."""
    pause, end = threading.Event(), time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        pause.wait(0.02)


@pytest.fixture
def done() -> Done:
    return Done()


@pytest.fixture(params=["sqlite", "postgresql", "redis"])
def store(request: pytest.FixtureRequest, app: Flask, tmp_path, monkeypatch) -> Iterator[str]:
    """An app whose jobs wait in each of the stores in turn."""
    settings = {"INSTANCE_PATH": str(tmp_path), "SECRET_KEY": os.urandom(8).hex(), "REDIS_URL": "", "JOBS": "embedded"}
    if request.param == "postgresql":
        settings["SQLALCHEMY_DATABASE_URI"] = request.getfixturevalue("postgresql_url")
    if request.param == "redis":
        settings["REDIS_URL"] = databases.REDIS
        try:
            redis.Redis.from_url(databases.REDIS).ping()
        except redis.ConnectionError:
            pytest.skip("needs a Redis server (FOLKMOOT_TEST_REDIS)")
    for name, value in settings.items():
        monkeypatch.setitem(app.config, name, value)
    yield request.param
    jobs.stop_consumer()
    backend = app.extensions.pop("job_backend")
    if request.param == "redis":
        backend._open()[0].flush()
    backend.close()


@pytest.fixture
def worked(app: Flask, store: str, done: Done, monkeypatch) -> Flask:
    """The app with a job "note", which notes its ids, and one that fails."""

    def fail() -> None:
        raise ZeroDivisionError

    noted = {"note": Job("note", done.note), "fail": Job("fail", fail)}
    monkeypatch.setitem(app.extensions, "jobs", noted)
    jobs.init_jobs(app)
    return app


def test_what_is_enqueued_is_done_with_its_ids(worked, done):
    jobs.start_consumer(worked)
    jobs.enqueue("note", "a", "b")
    done.wait_for(lambda calls: calls == [("a", "b")])


def test_what_was_enqueued_before_the_consumer_came_is_done(worked, done):
    jobs.enqueue("note", "a")
    assert jobs.waiting(worked) == 1
    jobs.start_consumer(worked)
    done.wait_for(lambda calls: calls == [("a",)])
    until(lambda: jobs.waiting(worked) == 0)


def test_a_job_that_fails_does_not_stop_the_others(worked, done, caplog):
    jobs.start_consumer(worked)
    for _ in range(4):
        jobs.enqueue("fail")
    jobs.enqueue("note", "after")
    done.wait_for(lambda calls: calls == [("after",)])


def test_a_consumer_gives_signs_of_life(worked):
    assert not jobs.are_running(worked)
    jobs.start_consumer(worked)
    until(lambda: jobs.are_running(worked))


def test_stopping_waits_for_the_running_job(worked, done):
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        assert go_on.wait(PATIENCE)
        done.note("slow")

    worked.extensions["jobs"]["slow"] = Job("slow", slow)
    jobs.start_consumer(worked)
    jobs.enqueue("slow")
    assert begun.wait(PATIENCE)
    stopping = threading.Thread(target=jobs.stop_consumer)
    stopping.start()
    go_on.set()
    stopping.join(PATIENCE)
    assert done.calls == [("slow",)]


def test_stopping_says_nothing_of_trouble(worked, done, caplog):
    for round_ in range(1, 6):
        jobs.start_consumer(worked)
        jobs.enqueue("note", "a")
        done.wait_for(lambda calls, round_=round_: len(calls) == round_)
        jobs.stop_consumer()
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


def test_periodic_jobs_run_when_the_consumer_starts(worked, done):
    worked.extensions["jobs"]["every"] = Job("every", lambda: done.note("every"), every=5)
    jobs.start_consumer(worked)
    done.wait_for(lambda calls: calls == [("every",)])


def test_a_job_signed_by_another_installation_is_not_run(worked, done, caplog):
    stranger = Queue({**worked.config, "SECRET_KEY": "another"}, lambda _name, _ids: None)
    theirs, _task = stranger._open()
    ours, _task = worked.extensions["job_backend"]._open()
    theirs.storage.enqueue(b"x")
    message = theirs.serializer.serialize(("note", ("forged",)))
    ours.storage.enqueue(message)
    jobs.enqueue("note", "ours")
    jobs.start_consumer(worked)
    done.wait_for(lambda calls: calls == [("ours",)])
    theirs.storage.flush_queue()
    stranger.close()


def test_a_job_that_waits_is_run_after_the_secret_key_was_turned(worked, done, monkeypatch):
    jobs.enqueue("note", "before")
    worked.extensions["job_backend"].close()
    monkeypatch.setitem(worked.config, "SECRET_KEY_FALLBACKS", [worked.config["SECRET_KEY"]])
    monkeypatch.setitem(worked.config, "SECRET_KEY", os.urandom(8).hex())
    jobs.enqueue("note", "after")
    jobs.start_consumer(worked)
    done.wait_for(lambda calls: sorted(calls) == [("after",), ("before",)])


@pytest.fixture
def noted(app, done, monkeypatch):
    monkeypatch.setitem(app.extensions, "jobs", {"note": Job("note", done.note)})
    yield app
    jobs.stop_consumer()
    app.extensions.pop("job_backend", None)


@operation
def _write_and_enqueue(done: Done) -> None:
    jobs.enqueue("note", "a")
    assert done.calls == []


@operation
def _enqueue_and_fail() -> None:
    jobs.enqueue("note", "a")
    raise ZeroDivisionError


def test_a_job_leaves_after_the_commit_and_not_with_a_rollback(noted, done, monkeypatch):
    monkeypatch.setitem(noted.config, "JOBS", "immediate")
    jobs.init_jobs(noted)
    _write_and_enqueue(done)
    assert done.calls == [("a",)]
    with pytest.raises(ZeroDivisionError):
        _enqueue_and_fail()
    assert done.calls == [("a",)]


def test_a_store_that_is_away_does_not_fail_what_was_committed(noted, done, monkeypatch, caplog):
    monkeypatch.setitem(noted.config, "JOBS", "separate")
    monkeypatch.setitem(noted.config, "REDIS_URL", f"redis://127.0.0.1:{free_port()}/0")
    jobs.init_jobs(noted)
    _write_and_enqueue(done)
    jobs.enqueue("note", "outside of an operation")
    assert "could not be put into the queue" in caplog.text


def test_a_consumer_waits_for_a_store_that_is_away(noted, done, tmp_path, monkeypatch, caplog):
    monkeypatch.setitem(noted.config, "JOBS", "embedded")
    monkeypatch.setitem(noted.config, "INSTANCE_PATH", str(tmp_path / "later"))
    jobs.init_jobs(noted)
    jobs.start_consumer(noted)
    until(lambda: "jobs cannot run yet" in caplog.text)
    (tmp_path / "later").mkdir()
    until(lambda: jobs.are_running(noted))
    jobs.enqueue("note", "a")
    done.wait_for(lambda calls: calls == [("a",)])


def test_a_mode_that_is_not_known_is_refused(app, monkeypatch):
    monkeypatch.setitem(app.config, "JOBS", "sometimes")
    with pytest.raises(ValueError, match="say one of"):
        jobs.init_jobs(app)
