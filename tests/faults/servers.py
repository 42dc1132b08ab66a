"""A real server of the app, started as `make run` starts it, on an instance of its own."""

import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from typing import Any

from tests.smtp import free_port

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PATIENCE = 180  # seconds at most; what is waited for takes a few


def environment(instance: pathlib.Path, **settings: str) -> dict[str, str]:
    """The environment of a server: nothing of ours but the path, and the settings."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "SSL_CERT_FILE") if name in os.environ}
    return {**kept, "INSTANCE_PATH": str(instance), "PYTHONDONTWRITEBYTECODE": "1", **settings}


def migrate(environ: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"],
        cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


class Process:
    """A process of the app whose output is read as it comes."""

    def __init__(self, arguments: list[str], environ: dict[str, str]) -> None:
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self.process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._changed:
                self.lines.append(line.rstrip("\n"))
                self._changed.notify_all()

    @property
    def said(self) -> str:
        return "\n".join(self.lines)

    def wait_for_line(self, part: str) -> str:
        with self._changed:
            assert self._changed.wait_for(lambda: any(part in line for line in self.lines), PATIENCE), self.said
            return next(line for line in self.lines if part in line)

    def terminate(self) -> int:
        """SIGTERM, and the exit status that follows; nothing may have gone wrong until then."""
        self.process.send_signal(signal.SIGTERM)
        status = self.ended()
        assert "Traceback" not in self.said, self.said
        return status

    def ended(self) -> int:
        status = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return status

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.ended()


class Server(Process):
    """gunicorn with the app's own configuration."""

    def __init__(self, instance: pathlib.Path, app: str = "wsgi:app", **settings: str) -> None:
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.environ = environment(instance, PORT=str(self.port), BASE_URL=self.base, **settings)
        migrate(self.environ)
        super().__init__(["gunicorn", "--config", "deploy/gunicorn.conf.py", app], self.environ)

    def get(self, path: str) -> tuple[int, str]:
        """The status and body of a page, redirections followed."""
        try:
            with urllib.request.urlopen(self.base + path, timeout=PATIENCE) as answer:  # noqa: S310 our own server
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def until(self, path: str, status: int) -> str:
        """Ask until the answer has that status; return its body."""
        end = time.monotonic() + PATIENCE
        pause = threading.Event()
        found: Any = None
        while time.monotonic() < end:
            assert self.process.poll() is None, self.said
            try:
                found = self.get(path)
                if found[0] == status:
                    return str(found[1])
            except OSError as error:
                found = error
            pause.wait(0.05)
        message = f"{path}: {found}\n{self.said}"
        raise AssertionError(message)
