"""How gunicorn serves Folkmoot: `gunicorn --config deploy/gunicorn.conf.py wsgi:app`.

By default one process with several threads, and the consumer of background jobs inside it (JOBS=embedded). Several
processes need REDIS_URL, for limits that are counted together, and JOBS=separate, with a consumer of its own beside
them. Read from the environment: PORT, BIND, WORKERS, THREADS, JOBS, REDIS_URL, LOG_LEVEL.
"""

import os
import sys
from typing import Any

from webapp.core.jobs import start_consumer, stop_consumer
from webapp.home import greeting

BAD_SETTINGS = 4  # what gunicorn itself exits with when the app cannot be loaded: the master does not try again


def _number(name: str, default: int) -> int:
    text = os.environ.get(name, "").strip() or str(default)
    if not text.isdigit() or int(text) < 1:
        message = f"{name}={text!r}: say a whole number from 1 up"
        raise SystemExit(message)
    return int(text)


# Listens on this machine alone unless told otherwise: people come through a proxy that speaks https.
bind = os.environ.get("BIND") or f"127.0.0.1:{_number('PORT', 8000)}"
workers = _number("WORKERS", 1)
threads = _number("THREADS", 8)
worker_class = "gthread"

timeout = 60  # seconds without a sign of life until a process is replaced
graceful_timeout = 30  # seconds to finish requests and the running job after SIGTERM
keepalive = 5
limit_request_line = 8190  # a search and a cursor, each as long as they may be, with a margin
max_requests = 0  # a process is never replaced for its age: the jobs inside it would be cut short

control_socket_disable = True  # it would be shared by every gunicorn of the same user
forwarded_allow_ips = ""  # X-Forwarded-* is judged by the app alone (TRUSTED_PROXIES)
accesslog = None  # paths of personal links are secrets and belong in no log
errorlog = "-"
loglevel = os.environ.get("LOG_LEVEL", "warning").lower()
proc_name = "folkmoot"
# The heartbeat file must not wait for a slow disk.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: PTH112, S108


def _embedded() -> bool:
    return os.environ.get("JOBS", "embedded").strip() in {"", "embedded"}


def on_starting(server: Any) -> None:
    """Refuse several processes that would each count limits, or keep time for periodic jobs, by themselves."""
    if server.cfg.workers == 1:
        return
    missing = []
    if not os.environ.get("REDIS_URL"):
        missing.append("REDIS_URL (without it each process would count limits by itself)")
    if _embedded():
        missing.append("JOBS=separate, with `flask jobs` running beside (each process would start periodic jobs)")
    if missing:
        server.log.error("WORKERS=%s also needs %s.", server.cfg.workers, " and ".join(missing))
        raise SystemExit(BAD_SETTINGS)


def post_worker_init(worker: Any) -> None:
    """Say where the app is, once a start, and start the consumer of background jobs inside the one process."""
    if worker.age == 1:
        sys.stdout.write("\n".join(greeting.lines(worker.app.callable)) + "\n")
        sys.stdout.flush()
    if _embedded():
        start_consumer(worker.app.callable)


def worker_exit(_server: Any, _worker: Any) -> None:
    """Let the running job end, and stop the consumer."""
    if _embedded():
        stop_consumer()
