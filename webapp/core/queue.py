"""Where jobs wait: a queue in SQLite, Redis or PostgreSQL, and the consumer that works it off.

The queue only makes work prompt. What is to be done stands in rows, and periodic jobs find what the queue lost.
"""

import datetime as dt
import hashlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import redis
from huey.api import Huey, PostgresHuey, RedisHuey, Task, TaskWrapper
from huey.constants import EmptyData
from huey.consumer import Consumer as HueyConsumer
from huey.consumer import Scheduler as HueyScheduler
from huey.serializer import SignedSerializer
from huey.storage import RedisStorage, SqliteStorage
from sqlalchemy import make_url

from webapp.config import signing_keys

log = logging.getLogger(__name__)

THREADS = 2
BEAT_EVERY = 15.0
"""Seconds between the signs of life of a consumer."""
BEAT_GOOD_FOR = 90.0
"""Seconds after its last sign of life that a consumer counts as running."""
POLL = 0.5
"""Seconds at most until a job in SQLite's queue is seen."""
SHUTDOWN = 25.0
"""Seconds that a running job has to end after the consumer was told to stop."""
_BEAT = "beat"

Run = Callable[[str, tuple[str, ...]], None]


class _Sqlite(SqliteStorage):
    """The queue in a file. A commit waits for no disk: a power cut may lose the last jobs, never the file."""

    def _create_connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection = super()._create_connection()  # type: ignore[no-untyped-call]
        connection.execute("PRAGMA synchronous=NORMAL")
        return connection


def open_huey(settings: Mapping[str, Any]) -> Huey:
    """Return the queue that `settings` ask for: Redis where there is one, else beside the database.

    Its messages are signed with the secret key. Raises what the store's driver raises when it does not answer.
    """
    # Installations that share a Redis do not take each other's jobs.
    whose = hashlib.sha256(b"folkmoot:jobs:" + settings["SECRET_KEY"].encode()).hexdigest()[:12]
    common: dict[str, Any] = {
        "name": f"folkmoot{whose}",
        "results": False,
        "serializer": SignedSerializer(secret=settings["SECRET_KEY"], salt="folkmoot:jobs"),
    }
    if settings["REDIS_URL"]:
        pool = redis.ConnectionPool.from_url(settings["REDIS_URL"], socket_connect_timeout=3, socket_timeout=10)
        return RedisHuey(connection_pool=pool, **common)
    url = make_url(settings["SQLALCHEMY_DATABASE_URI"])
    if url.get_backend_name() == "postgresql":
        dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
        return PostgresHuey(dsn=dsn, connect_timeout=5, options="-c synchronous_commit=off", **common)
    return Huey(storage_class=_Sqlite, filename=f"{settings['INSTANCE_PATH']}/jobs.db", timeout=20, **common)


class _Scheduler(HueyScheduler):
    """Puts each periodic job into the queue at the start and then every so many minutes."""

    tick = -1

    def enqueue_periodic_tasks(self, now: dt.datetime | None) -> None:  # noqa: ARG002 as huey calls it
        self.tick += 1
        for make, every in self.huey.folkmoot_periodic:
            if self.tick % every == 0:
                try:
                    self.huey.enqueue(make())
                except Exception:
                    log.exception("a periodic job could not be put into the queue")


class Consumer(HueyConsumer):
    """huey's consumer, which leaves the process's signals alone unless told otherwise, and gives signs of life."""

    scheduler_class = _Scheduler

    def __init__(self, huey: Any, *, handle_signals: bool, **options: Any) -> None:
        self._handle_signals = handle_signals
        self._last_beat = -BEAT_EVERY
        super().__init__(huey, **options)  # type: ignore[no-untyped-call]

    def _set_signal_handlers(self) -> None:
        if self._handle_signals:
            super()._set_signal_handlers()  # type: ignore[no-untyped-call]

    def run(self) -> None:
        """Work until told to stop; return when the running jobs have ended, or did not in SHUTDOWN seconds."""
        super().run()  # type: ignore[no-untyped-call]
        self._join_workers()  # type: ignore[no-untyped-call]

    def loop(self, health_check_ts: float | None = None) -> Any:
        """Look after the workers, once every tenth of a second."""
        if time.monotonic() - self._last_beat >= BEAT_EVERY:
            self._last_beat = time.monotonic()
            try:
                self.huey.put(_BEAT, time.time())
            except Exception:
                log.exception("the queue of jobs does not answer")
        return super().loop(health_check_ts)  # type: ignore[no-untyped-call]


class Queue:
    """The queue of one app, opened when it is first needed."""

    def __init__(self, settings: Mapping[str, Any], run: Run) -> None:
        """Take the app's settings, and what runs a job by its name and ids."""
        self._settings = settings
        self._run = run
        self._lock = threading.Lock()
        self._opened: tuple[Huey, TaskWrapper] | None = None

    def _open(self) -> tuple[Huey, TaskWrapper]:
        with self._lock:
            if self._opened is None:
                huey = open_huey(self._settings)
                # A worker's own connection, on which PostgreSQL tells it of new jobs, ends with the worker.
                huey.on_shutdown("close")(self._close_connections)

                def job(name: str, *ids: str) -> None:
                    self._run(name, ids)

                self._opened = (huey, huey.task(name="job")(job))
            return self._opened

    def put(self, name: str, ids: tuple[str, ...]) -> None:
        """Let the job `name` run soon with `ids`; raises what the store's driver raises."""
        _huey, job = self._open()
        job(name, *ids)

    def size(self) -> int:
        """Return how many jobs wait."""
        huey, _job = self._open()
        return int(huey.storage.queue_size())

    def beats(self) -> bool:
        """Tell whether a consumer, in whatever process, has given a sign of life lately."""
        huey, _job = self._open()
        raw = huey.get_raw(_BEAT, peek=True)
        if raw is EmptyData or raw is None:
            return False
        return bool(time.time() - float(huey.serializer.deserialize(bytes(raw))) < BEAT_GOOD_FOR)

    def consumer(self, periodic: Iterable[tuple[str, int]], *, signals: bool = False) -> Consumer:
        """Return a consumer, not yet started. `periodic`: names of jobs with the minutes between their runs."""
        huey: Any
        huey, job = self._open()
        self._take_over(huey)

        def maker(name: str, every: int) -> Callable[[], Task]:
            # One that waited until the next is due has lost its sense.
            return lambda: job.s(name, expires=dt.timedelta(minutes=every))

        huey.folkmoot_periodic = [(maker(name, every), every) for name, every in periodic]
        return Consumer(
            huey,
            handle_signals=signals,
            workers=THREADS,
            periodic=bool(huey.folkmoot_periodic),
            max_delay=POLL,
            shutdown_timeout=SHUTDOWN,
            graceful_signal="TERM",
        )

    def _take_over(self, huey: Huey) -> None:
        """Move what waits in the queues of earlier secret keys into this one: each key has a queue of its own."""
        for key in signing_keys(self._settings)[1:]:
            try:
                earlier = open_huey({**self._settings, "SECRET_KEY": key})
                while (waiting := earlier.storage.dequeue()) is not None:
                    huey.storage.enqueue(huey.serializer.serialize(earlier.serializer.deserialize(bytes(waiting))))
                earlier.storage.close()
            except Exception:
                log.exception("what waits in the queue of an earlier secret key stays there")

    def _close_connections(self) -> None:
        # Workers end at the same time, and huey's own close does not bear that.
        with self._lock:
            if self._opened is not None:
                self._opened[0].storage.close()

    def close(self) -> None:
        """Close the store's connections; they are opened again when needed."""
        self._close_connections()
        with self._lock:
            opened, self._opened = self._opened, None
        if opened is not None and isinstance(opened[0].storage, RedisStorage):
            opened[0].storage.pool.disconnect()
