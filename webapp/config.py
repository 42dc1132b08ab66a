"""Every setting: its name, type, default and meaning, read from the environment."""

import contextlib
import dataclasses
import fcntl
import hashlib
import hmac
import os
import pathlib
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

Reader = Callable[[str], Any]
DATABASE_FILE = "folkmoot.db"
KEY_FILE = "secret_key"
"""Where the instance folder keeps the secret key: one a line, the one that signs first, then those before it."""
VERSION = "0.1.0"
"""Of Folkmoot itself, as in pyproject.toml."""


class SettingError(Exception):
    """A setting in the environment cannot be read; the message says which and why."""


def _flag(text: str) -> bool:
    if text.lower() in {"1", "true", "yes", "on"}:
        return True
    if text.lower() in {"0", "false", "no", "off", ""}:
        return False
    message = "say yes or no"
    raise ValueError(message)


def _number(text: str) -> int:
    if not text.isdecimal():
        message = "say a whole number"
        raise ValueError(message)
    return int(text)


def _registration(text: str) -> str:
    if text not in {"open", "invitation"}:
        message = "say open or invitation"
        raise ValueError(message)
    return text


@dataclasses.dataclass(frozen=True)
class Setting:
    """One setting: how it is read from text, what holds when it is unset, and what it means."""

    name: str
    read: Reader
    default: Any
    meaning: str


SETTINGS: tuple[Setting, ...] = (
    Setting("PORT", _number, 8000, "Port the server listens on."),
    Setting("BIND", str, "", "Address the server listens on. Default: 127.0.0.1:<PORT>."),
    Setting("LOG_LEVEL", str, "warning", "How much the server says: debug, info, warning, error."),
    Setting("BASE_URL", str, "", "Address people reach this installation at; links in e-mails begin with it. "
            "Default: http://localhost:<PORT>."),
    Setting("INSTANCE_PATH", str, "instance", "Folder for the database, the secrets and the job queue."),
    Setting("SECRET_KEY", str, "", "Signs links and cookies. Made and kept in the instance folder when unset."),
    Setting("SECRET_KEY_FALLBACKS", str, "", "Earlier secret keys, separated by commas or spaces: what was signed with "
            "one of them is still good."),
    Setting("DATABASE_URL", str, "", "SQLAlchemy address of the database. Default: SQLite in the instance folder."),
    Setting("REDIS_URL", str, "", "Redis for limits and jobs; needed with several web processes."),
    Setting("WORKERS", _number, 1, "Web processes."),
    Setting("THREADS", _number, 8, "Threads of each web process."),
    Setting("JOBS", str, "embedded", "Where jobs run: embedded (in the web process), separate (flask jobs), "
            "immediate (at once), none (nowhere: tests run them by hand)."),
    Setting("MAIL_SERVER", str, "", "SMTP server. Without one, mails wait in the outbox and the site administrator "
            "reads them there."),
    Setting("MAIL_PORT", _number, 587, "Port of the SMTP server."),
    Setting("MAIL_USERNAME", str, "", "User name at the SMTP server."),
    Setting("MAIL_PASSWORD", str, "", "Password at the SMTP server."),
    Setting("MAIL_USE_TLS", _flag, default=True, meaning="Use STARTTLS."),
    Setting("MAIL_USE_SSL", _flag, default=False, meaning="Speak TLS from the first byte."),
    Setting("MAIL_TIMEOUT", _number, 20, "Seconds to wait for the SMTP server."),
    Setting("MAIL_DEFAULT_SENDER", str, "", "From-address of all mails; without a name (Name <address>) the "
            "site's. Default: folkmoot@<host of BASE_URL>."),
    Setting("TRUSTED_PROXIES", _number, 0, "How many proxies in front set X-Forwarded-* headers."),
    Setting("REGISTRATION", _registration, "open", "Who may register: open, or by invitation only. The settings page "
            "wins."),
    Setting("CONFIRMATION_ORIGINS", str, "", "Origins, separated by commas or spaces, that a program's "
            "confirmation_url may have beside BASE_URL."),
    Setting("LIMITS", _flag, default=True, meaning="Whether the limits below are enforced."),
    Setting("LIMIT_ANONYMOUS", str, "30/minute;200/hour", "An address not signed in: API, state-changing pages."),
    Setting("LIMIT_API_LOGIN", str, "10/minute", "An address: logins and registrations by API."),
    Setting("LIMIT_LOGIN_ADDRESS", str, "60/minute", "An address: login and registration pages."),
    Setting("LIMIT_LOGIN_BOTH", str, "10/minute", "An account and address: login and registration pages."),
    Setting("LIMIT_LOGIN_ACCOUNT", str, "100/hour", "An account: login and registration pages."),
    Setting("LIMIT_LINK", str, "30/minute", "One personal or invitation link."),
    Setting("LIMIT_LINK_ADDRESS", str, "600/minute", "An address: personal and invitation links."),
    Setting("LIMIT_SIGNED_IN", str, "600/minute", "An account that is signed in."),
    Setting("LIMIT_PAGES", str, "300/minute", "An address that is not signed in: showing pages."),
    Setting("LIMIT_MAILS", str, "5/day", "Password resets and verifications to one recipient."),
)  # fmt: skip


def read(environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return all settings from `environ` (default: the process's), each under its name.

    Raises SettingError for a value that cannot be read.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        text = environ.get(setting.name)
        if text is None or (text == "" and setting.default != ""):
            values[setting.name] = setting.default
            continue
        try:
            values[setting.name] = setting.read(text.strip())
        except ValueError as error:
            message = f"{setting.name}={text!r}: {error}"
            raise SettingError(message) from error
    return complete(values)


def complete(values: dict[str, Any]) -> dict[str, Any]:
    """Fill in what follows from other settings: addresses, the secret key, and what the extensions want to know."""
    instance = pathlib.Path(values["INSTANCE_PATH"]).absolute()
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    values["INSTANCE_PATH"] = str(instance)
    values["BASE_URL"] = (values["BASE_URL"] or f"http://localhost:{values['PORT']}").rstrip("/")
    kept = () if values["SECRET_KEY"] else kept_keys(instance / KEY_FILE)
    values["SECRET_KEY"] = values["SECRET_KEY"] or kept[0]
    earlier = (*kept[1:], *re.split(r"[,\s]+", values["SECRET_KEY_FALLBACKS"]))
    values["SECRET_KEY_FALLBACKS"] = [key for key in dict.fromkeys(earlier) if key not in {"", values["SECRET_KEY"]}]
    values["SQLALCHEMY_DATABASE_URI"] = _database(values["DATABASE_URL"], instance)
    if not values["DATABASE_URL"]:
        _keep_private(instance / DATABASE_FILE)
        _keep_private(instance / "jobs.db")
    host = values["BASE_URL"].split("://", 1)[-1].split("/")[0].split(":")[0]
    values["MAIL_DEFAULT_SENDER"] = values["MAIL_DEFAULT_SENDER"] or f"folkmoot@{host}"
    secure = values["BASE_URL"].startswith("https://")
    values.update(
        SESSION_COOKIE_NAME="session",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        IDENTITY_COOKIE="__Host-identity" if secure else "identity",
        REMEMBER_COOKIE_NAME="unused",
        # itsdangerous takes several keys: it signs with the last
        WTF_CSRF_SECRET_KEY=list(reversed(signing_keys(values))),
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        MAX_CONTENT_LENGTH=12 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=4 * 1024 * 1024,
        MAX_FORM_PARTS=2000,
        BABEL_DEFAULT_LOCALE="en",
        BABEL_DEFAULT_TIMEZONE="UTC",
        TEMPLATES_AUTO_RELOAD=False,
        JSON_SORT_KEYS=False,
    )
    return values


def _database(url: str, instance: pathlib.Path) -> str:
    if not url:
        return f"sqlite:///{instance / DATABASE_FILE}"
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def _keep_private(path: pathlib.Path) -> None:
    """Make an empty file that the owner alone may read, where there is none; SQLite's companions get the same mode."""
    os.close(os.open(path, os.O_RDONLY | os.O_CREAT, 0o600))


def signing_keys(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the keys whose signatures count: the one that signs first, then those of SECRET_KEY_FALLBACKS."""
    return (values["SECRET_KEY"], *(values.get("SECRET_KEY_FALLBACKS") or ()))


def kept_keys(path: pathlib.Path) -> tuple[str, ...]:
    """Return the keys in `path`, the one that signs first; it is made on first use, for its owner alone to read.

    Two processes starting at once agree: the file is linked into place whole, and the first one wins. Raises
    SettingError for a file that holds none.
    """
    if not path.exists():
        with _draft(path, [_new_key()]) as draft, contextlib.suppress(FileExistsError):
            os.link(draft, path)
    keys = tuple(filter(None, map(str.strip, path.read_text().splitlines())))
    if not keys:
        message = f"{path} holds no key. Put it back, or remove the file, and one is made."
        raise SettingError(message)
    return keys


def rotate_key(path: pathlib.Path) -> None:
    """Put a new key before those in `path`, all of which stay good. Of many at once none is lost."""
    _rewrite(path, lambda keys: [_new_key(), *keys])


def forget_keys(path: pathlib.Path) -> None:
    """Leave of the keys in `path` the one that signs: what was signed with another is dead."""
    _rewrite(path, lambda keys: keys[:1])


def _new_key() -> str:
    return secrets.token_urlsafe(48)


def _rewrite(path: pathlib.Path, change: Callable[[Sequence[str]], Sequence[str]]) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        with _draft(path, change(kept_keys(path))) as draft:
            draft.replace(path)
            os.fsync(folder)
    finally:
        os.close(folder)


@contextlib.contextmanager
def _draft(path: pathlib.Path, keys: Sequence[str]) -> Iterator[pathlib.Path]:
    """Yield a file beside `path`, whole on the disk, that holds `keys` for its owner alone; it is gone afterwards."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write("\n".join(keys))
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def setup_code(secret_key: str) -> str:
    """Return the code that the first set-up asks for: derived from the secret key, the same for every process."""
    return hmac.new(secret_key.encode(), b"folkmoot:setup", hashlib.sha256).hexdigest()[:20]
