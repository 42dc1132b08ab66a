"""Somebody else does something while an operation has written and not yet ended."""

import concurrent.futures
import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from webapp.core.database import db
from webapp.core.errors import AppError

_WAITING = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


class Meanwhile:
    """Lets `call` begin once `module.name` has been called, and the operation go on once `call` waits or is done.

    On SQLite writers take turns from their first step on: there `call` begins, and everything goes on.
    """

    def __init__(
        self, app: Flask, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, call: Callable[[], Any]
    ) -> None:
        self.app, self.call = app, call
        self.thread = threading.get_ident()
        self.pool = concurrent.futures.ThreadPoolExecutor(1)
        self.begun = threading.Event()
        self.said: concurrent.futures.Future[str] | None = None
        original = getattr(module, name)

        def stepped(*args: Any, **kwargs: Any) -> Any:
            result = original(*args, **kwargs)
            if self.said is None and threading.get_ident() == self.thread:
                db.session.flush()
                self._begin()
            return result

        monkeypatch.setattr(module, name, stepped)

    def _begin(self) -> None:
        self.said = self.pool.submit(self._run)
        assert self.begun.wait(20)
        if db.engine.dialect.name == "postgresql":
            with db.engine.connect() as connection:
                while not self.said.done() and not connection.scalar(_WAITING):
                    connection.rollback()

    def _run(self) -> str:
        with self.app.app_context():
            self.begun.set()
            try:
                self.call()
            except AppError as error:
                return error.id
            return "done"

    def answer(self) -> str:
        """Return "done" or the id of the refusal that the other one got."""
        assert self.said is not None, "the step was never taken"
        answer = self.said.result(60)
        self.pool.shutdown()
        db.session.rollback()
        return answer
