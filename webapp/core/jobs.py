"""Background work: named jobs, given ids only, run by huey's consumer in this process or in workers of their own.

A job may run more than once or, when a process is killed, not at all: the rows it works on are the truth, and a
periodic sweep picks up what is left.
"""

import dataclasses
import logging
import threading
from collections.abc import Callable
from typing import Any, Protocol

from flask import Flask, current_app

from webapp.core.operation import after_commit
from webapp.core.queue import SHUTDOWN, Consumer, Queue

log = logging.getLogger(__name__)
MODES = ("embedded", "separate", "immediate", "none")
_LONGEST_PAUSE = 60.0


@dataclasses.dataclass(frozen=True)
class Job:
    """A named piece of work; `every`: minutes between periodic runs, None for those that are only enqueued."""

    name: str
    run: Callable[..., Any]
    every: int | None = None


class Backend(Protocol):
    """Where jobs wait until they run."""

    def put(self, name: str, ids: tuple[str, ...]) -> None:
        """Let the job `name` run soon with `ids`."""

    def beats(self) -> bool:
        """Tell whether somebody works the jobs off."""

    def size(self) -> int:
        """Return how many jobs wait."""


class _Immediate:
    """Jobs run at once, by whoever enqueues them."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def put(self, name: str, ids: tuple[str, ...]) -> None:
        run(self._app, name, ids)

    def beats(self) -> bool:
        return True

    def size(self) -> int:
        return 0


def register(app: Flask, *jobs: Job) -> None:
    """Make `jobs` known to `app`, so that they can be enqueued by name."""
    app.extensions.setdefault("jobs", {}).update({job.name: job for job in jobs})


def enqueue(name: str, *ids: str) -> None:
    """Run the job called `name` with `ids` soon: after the commit of the running operation, or now outside of one.

    A queue that does not answer is no failure of the operation: periodic jobs find what was lost.
    """
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 the app outlives this context
    after_commit(lambda: _hand_over(app, name, ids))


def _hand_over(app: Flask, name: str, ids: tuple[str, ...]) -> None:
    backend: Backend | None = app.extensions.get("job_backend")
    if backend is None:
        return
    try:
        backend.put(name, ids)
    except Exception:
        log.exception("the job %s could not be put into the queue", name)


def run(app: Flask, name: str, ids: tuple[str, ...] = ()) -> Any:
    """Run the job called `name` now, in a context of its own; return what it returns."""
    with app.app_context():
        return app.extensions["jobs"][name].run(*ids)


def are_running(app: Flask) -> bool:
    """Tell whether somebody works the jobs off: a consumer in whatever process gave a sign of life lately.

    False also where the queue does not answer.
    """
    backend: Backend | None = app.extensions.get("job_backend")
    try:
        return backend is None or backend.beats()
    except Exception:
        log.exception("the queue of jobs does not answer")
        return False


def waiting(app: Flask) -> int | None:
    """Return how many jobs wait in the queue; None where it does not answer."""
    backend: Backend | None = app.extensions.get("job_backend")
    try:
        return 0 if backend is None else backend.size()
    except Exception:
        log.exception("the queue of jobs does not answer")
        return None


def init_jobs(app: Flask) -> None:
    """Choose where jobs wait, as the setting JOBS says. Raises ValueError for one that is not known."""
    mode = app.config["JOBS"]
    if mode not in MODES:
        message = f"JOBS={mode!r}: say one of {', '.join(MODES)}"
        raise ValueError(message)
    if mode == "immediate":
        app.extensions["job_backend"] = _Immediate(app)
    elif mode != "none":
        app.extensions["job_backend"] = Queue(app.config, lambda name, ids: run(app, name, ids))


def _periodic(app: Flask) -> list[tuple[str, int]]:
    return [(job.name, job.every) for job in app.extensions["jobs"].values() if job.every is not None]


def consume(app: Flask, *, periodic: bool = True) -> None:
    """Work jobs off in this process until SIGTERM, then let the running ones end. One process keeps the time."""
    queue = app.extensions.get("job_backend")
    if not isinstance(queue, Queue):
        message = f"JOBS={app.config['JOBS']!r}: there is no queue to work off"
        raise TypeError(message)
    queue.consumer(_periodic(app) if periodic else [], signals=True).run()
    queue.close()


class _Embedded:
    """The consumer inside a web process: started behind the server's back, and tried again while its store is away."""

    def __init__(self, app: Flask, queue: Queue) -> None:
        self._app = app
        self._queue = queue
        self._stop = threading.Event()
        self._consumer: Consumer | None = None
        self._thread = threading.Thread(target=self._work, name="jobs", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        pause = 1.0
        while not self._stop.is_set():
            try:
                self._consumer = self._queue.consumer(_periodic(self._app))
                if not self._stop.is_set():
                    self._consumer.run()
                    return
            except Exception:
                log.exception("jobs cannot run yet; trying again in %d seconds", pause)
                self._stop.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    def stop(self) -> None:
        self._stop.set()
        if self._consumer is not None:
            self._consumer.stop_flag.set()
        self._thread.join(SHUTDOWN)
        self._queue.close()


_embedded: list[_Embedded] = []


def start_consumer(app: Flask) -> None:
    """Work jobs off in threads of this process. Signals stay the server's."""
    queue = app.extensions.get("job_backend")
    if isinstance(queue, Queue) and not _embedded:
        _embedded.append(_Embedded(app, queue))


def stop_consumer() -> None:
    """Let the running jobs end (25 seconds at most) and stop the threads that `start_consumer` started."""
    while _embedded:
        _embedded.pop().stop()
