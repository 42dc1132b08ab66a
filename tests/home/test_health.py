"""Whether the process is up and can do its work."""

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from webapp.config import setup_code
from webapp.core.database import db
from webapp.core.operation import operation
from webapp.home import greeting
from webapp.models import Site


class Backend:
    def __init__(self, *, beats: bool) -> None:
        self.answer = beats

    def beats(self) -> bool:
        return self.answer


class Away:
    def beats(self) -> bool:
        raise ConnectionError


def test_healthz_asks_nobody(app, browser, monkeypatch):
    monkeypatch.setattr(db.session, "scalar", lambda *_: pytest.fail("it asked the database"))
    response = browser.get("/healthz")
    assert (response.status_code, response.json) == (200, {"status": "ok"})


def test_ready_when_database_and_jobs_answer(app, browser, monkeypatch):
    monkeypatch.setitem(app.extensions, "job_backend", Backend(beats=True))
    response = browser.get("/readyz")
    assert (response.status_code, response.json) == (200, {"status": "ok", "database": True, "jobs": True})


@pytest.mark.parametrize("backend", [Backend(beats=False), Away()])
def test_not_ready_while_jobs_do_not_run(app, browser, monkeypatch, caplog, backend):
    monkeypatch.setitem(app.extensions, "job_backend", backend)
    response = browser.get("/readyz")
    assert (response.status_code, response.json) == (503, {"status": "not ready", "database": True, "jobs": False})


def test_not_ready_while_the_database_does_not_answer(app, browser, monkeypatch, caplog):
    def away(*_args):
        raise OperationalError(None, {}, ConnectionError())

    monkeypatch.setattr(db.session, "scalar", away)
    response = browser.get("/readyz")
    assert response.status_code == 503
    assert response.json["database"] is False


@operation
def _not_set_up() -> None:
    db.session.get_one(Site, 1).set_up_at = None


def test_health_is_answered_before_the_site_is_set_up(app, browser):
    _not_set_up()
    app.extensions.pop("site_view", None)
    assert browser.get("/healthz").status_code == 200
    assert browser.get("/readyz").status_code == 200


def test_health_is_not_limited(app, browser):
    app.config.update(LIMITS=True, LIMIT_PAGES="1/minute")
    assert [browser.get("/readyz").status_code for _ in range(3)] == [200] * 3


def test_a_start_says_the_set_up_link_until_that_is_done(app: Flask):
    link = f"Set up at {app.config['BASE_URL']}/setup?code={setup_code(app.config['SECRET_KEY'])}"
    assert link not in greeting.lines(app)
    _not_set_up()
    assert link in greeting.lines(app)
