"""The real server: it starts on nothing, goes on where it was, and stops cleanly."""

import pathlib
import re
import signal
import sqlite3
import threading
import time

import pytest
import redis

from tests import databases
from tests.faults.servers import PATIENCE, Process, Server

pytestmark = pytest.mark.race


@pytest.fixture
def started(tmp_path):
    """Starts servers (each on the same instance unless told otherwise) and sees to it that they end."""
    running = []

    def start(**settings):
        server = Server(tmp_path / "instance", **settings)
        running.append(server)
        server.until("/healthz", 200)
        return server

    yield start
    for server in running:
        server.kill()


def wait_for(path: pathlib.Path) -> None:
    end, pause = time.monotonic() + PATIENCE, threading.Event()
    while not path.exists():
        assert time.monotonic() < end, path
        pause.wait(0.02)


def change_site(instance: pathlib.Path, assignment: str) -> None:
    connection = sqlite3.connect(instance / "folkmoot.db", timeout=20)
    with connection:
        connection.execute(f"UPDATE sites SET {assignment}")  # noqa: S608 the tests' own words
    connection.close()


SET_UP = "set_up_at = '2026-11-21 18:00:00', name = 'Kept'"


def test_a_first_start_makes_everything_and_says_where_to_set_up(started, tmp_path):
    server = started()
    line = server.wait_for_line("Set up at")
    assert re.fullmatch(rf"Set up at {server.base}/setup\?code=[0-9a-f]{{20}}", line)
    assert '"jobs":true' in server.until("/readyz", 200)
    assert server.said.count("Set up at") == 1
    assert "Folkmoot" in server.until(line.removeprefix(f"Set up at {server.base}"), 200)
    # secrets are the owner's alone
    assert (tmp_path / "instance").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "instance" / "secret_key").stat().st_mode & 0o777 == 0o600
    assert server.terminate() == 0


def test_a_second_start_goes_on_and_says_the_same_link_until_the_site_is_set_up(started, tmp_path):
    first = started()
    link = first.wait_for_line("Set up at").split("?")[1]
    assert first.terminate() == 0
    second = started()
    assert second.wait_for_line("Set up at").split("?")[1] == link
    assert second.terminate() == 0
    change_site(tmp_path / "instance", SET_UP)
    third = started()
    third.wait_for_line("Folkmoot is at")
    assert "Kept" in third.until("/login", 200)
    assert "Set up at" not in third.said
    assert third.terminate() == 0


def test_a_request_in_flight_is_answered_after_sigterm(started, tmp_path):
    server = started(app="tests.faults.slow:app")
    change_site(tmp_path / "instance", SET_UP)
    answers = []
    asking = threading.Thread(target=lambda: answers.append(server.get("/slow")))
    asking.start()
    wait_for(tmp_path / "instance" / "begun")
    server.process.send_signal(signal.SIGTERM)
    (tmp_path / "instance" / "go_on").touch()
    asking.join(PATIENCE)
    assert answers == [(200, "done at leisure")]
    assert server.ended() == 0


def test_a_server_that_was_killed_starts_again(started):
    server = started()
    server.until("/readyz", 200)
    server.process.kill()
    server.ended()
    again = started()
    again.until("/readyz", 200)
    assert again.terminate() == 0


def test_several_processes_without_redis_are_refused(started, tmp_path):
    server = Server(tmp_path / "other", WORKERS="2")
    assert server.ended() != 0
    assert "REDIS_URL" in server.said


@pytest.fixture
def grown(postgresql_url):
    try:
        redis.Redis.from_url(databases.REDIS).ping()
    except redis.ConnectionError:
        pytest.skip("needs a Redis server (FOLKMOOT_TEST_REDIS)")
    return {"DATABASE_URL": postgresql_url, "REDIS_URL": databases.REDIS, "WORKERS": "2", "JOBS": "separate"}


@pytest.mark.postgresql
@pytest.mark.redis
def test_the_grown_form_is_ready_once_its_jobs_run(started, grown):
    server = started(**grown)
    assert '"jobs":false' in server.until("/readyz", 503)
    jobs = Process(["flask", "--app", "wsgi", "jobs"], server.environ)
    try:
        assert '"jobs":true' in server.until("/readyz", 200)
        assert jobs.terminate() == 0
    finally:
        jobs.kill()
    assert server.terminate() == 0
    assert server.said.count("Folkmoot is at") == 1


@pytest.mark.postgresql
def test_postgresql_alone_holds_jobs_too(started, postgresql_url):
    server = started(DATABASE_URL=postgresql_url)
    server.until("/readyz", 200)
    assert server.terminate() == 0
