"""How the installation is: one check a question, each answered in words. Asked by the page, the front and the doctor.

Nothing said here is a secret: no address of a database or Redis, no user name.
"""

import dataclasses
import datetime as dt
import platform
import shutil
from importlib import metadata

import redis
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from babel.dates import format_timedelta
from flask import current_app
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy import text as sql

from webapp.config import VERSION
from webapp.core import clock, jobs
from webapp.core.database import db
from webapp.models import JournalEntry, OutboxMail

LEAST_SHARE = 10
"""Percent of the disk that should be free."""
LEAST_FREE = 1024**3
"""Bytes of the disk that should be free."""
OLDEST_SQLITE = (3, 38)
OLDEST_POSTGRESQL = (13, 0)
MAIL_WAITS = dt.timedelta(minutes=15)
"""How long an e-mail may wait for a mail server that is set."""
JOURNAL_WAITS = dt.timedelta(minutes=10)
"""How long a line of the journal may wait for its seal."""
_REDIS_PATIENCE = 3
_KINDS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclasses.dataclass(frozen=True)
class Check:
    """One question and its answer: what was asked, whether all is well, what was found, and what to do if it is not."""

    name: str
    ok: bool
    said: str
    what_to_do: str = ""


def size(count: int) -> str:
    """Return so many bytes as people read them: "2.4 GB", "312 MB"."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1024:
            return f"{value:.1f} {unit}" if unit == "GB" else f"{value:.0f} {unit}"
        value /= 1024
    return f"{value:.1f} TB"


def _age(since: dt.timedelta) -> str:
    return str(format_timedelta(since, locale=get_locale() or "en"))


def database_kind() -> str:
    """Return what the database is: "SQLite" or "PostgreSQL"."""
    name = db.engine.dialect.name
    return _KINDS.get(name, name)


def database_version() -> tuple[int, ...]:
    """Return the version of the database, its first two numbers."""
    found = db.session.connection().dialect.server_version_info or (0, 0)
    return tuple(int(part) for part in found[:2])


def database_size() -> int:
    """Return how many bytes the database takes."""
    if db.engine.dialect.name == "sqlite":
        pages = db.session.scalar(sql("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"))
        return int(pages or 0)
    return int(db.session.scalar(select(func.pg_database_size(func.current_database()))) or 0)


def database() -> Check:
    """Tell which database it is, how new, and how large."""
    version = database_version()
    least = OLDEST_SQLITE if db.engine.dialect.name == "sqlite" else OLDEST_POSTGRESQL
    numbers = ".".join(str(part) for part in version)
    said = _("%(kind)s %(version)s, %(size)s", kind=database_kind(), version=numbers, size=size(database_size()))
    needed = ".".join(str(part) for part in least)
    return Check(
        _("The database"),
        version >= least,
        said,
        _("Folkmoot needs %(kind)s %(version)s or newer.", kind=database_kind(), version=needed),
    )


def migrations() -> Check:
    """Tell whether the tables are those that this version of Folkmoot knows."""
    there = set(MigrationContext.configure(db.session.connection()).get_current_heads())
    wanted = set(ScriptDirectory(current_app.extensions["migrate"].directory).get_heads())
    return Check(
        _("Its tables"),
        there == wanted,
        _("As this version wants them") if there == wanted else _("Not those of this version"),
        _("Bring them up to date: flask db upgrade"),
    )


def disk() -> Check:
    """Tell how much room there is where the instance folder lies."""
    usage = shutil.disk_usage(current_app.config["INSTANCE_PATH"])
    percent = 100 * usage.free // usage.total
    return Check(
        _("The disk"),
        percent >= LEAST_SHARE and usage.free >= LEAST_FREE,
        _("%(size)s free, %(percent)d %% of it", size=size(usage.free), percent=percent),
        _("Make room: a full disk stops everything that writes."),
    )


def queue() -> Check:
    """Tell whether background jobs run, and how many wait."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 jobs belong to the app
    running, waiting = jobs.are_running(app), jobs.waiting(app)
    ok = running and waiting is not None
    said = _("Running") if running else _("Not running")
    if waiting is not None:
        count = ngettext("%(num)d job waits", "%(num)d jobs wait", waiting)
        said = _("%(state)s, %(count)s", state=said, count=count)
    return Check(
        _("Background jobs"),
        ok,
        said,
        _("Until they do, no e-mail is sent and no vote closes. Start them beside the web processes: flask jobs."),
    )


def mail_server() -> Check:
    """Tell whether e-mails go out by a mail server."""
    there = bool(current_app.config["MAIL_SERVER"])
    return Check(
        _("The mail server"),
        there,
        _("Set") if there else _("Not set: e-mails wait here"),
        _("Set MAIL_SERVER, or pass on the links of the e-mails by hand."),
    )


def oldest_unsent() -> dt.timedelta | None:
    """Return how long the oldest e-mail that is still to be sent has waited; None where none waits."""
    oldest = db.session.scalar(select(func.min(OutboxMail.created_at)).where(sql("state IN ('queued', 'sending')")))
    return None if oldest is None else clock.now() - oldest


def mail_age() -> Check:
    """Tell how long the oldest e-mail has waited to be sent."""
    waited = oldest_unsent()
    late = waited is not None and waited > MAIL_WAITS and bool(current_app.config["MAIL_SERVER"])
    said = _("None waits") if waited is None else _("The oldest one has waited for %(age)s", age=_age(waited))
    return Check(_("E-mails to be sent"), not late, said, _("The list of e-mails says why they wait."))


def journal() -> Check:
    """Tell whether new lines of the journal are sealed soon."""
    oldest = db.session.scalar(select(JournalEntry.at).where(sql("seal IS NULL")).order_by(JournalEntry.id).limit(1))
    waited = None if oldest is None else clock.now() - oldest
    late = waited is not None and waited > JOURNAL_WAITS
    said = _("Sealed") if waited is None else _("The oldest line without a seal is from %(age)s ago", age=_age(waited))
    return Check(
        _("The journal"), not late, said, _("A background job seals it every minute. Look whether background jobs run.")
    )


def redis_answers() -> Check:
    """Tell whether Redis answers, where it is wanted."""
    url, alone = current_app.config["REDIS_URL"], current_app.config["WORKERS"] <= 1
    name = _("Redis")
    if not url:
        said = _("Not set, and not needed by one process") if alone else _("Not set")
        return Check(name, alone, said, _("Several web processes count limits together in Redis: set REDIS_URL."))
    client = redis.Redis.from_url(url, socket_connect_timeout=_REDIS_PATIENCE, socket_timeout=_REDIS_PATIENCE)
    try:
        client.ping()
    except (redis.RedisError, OSError):
        return Check(name, ok=False, said=_("Does not answer"), what_to_do=_("Start Redis, or look at REDIS_URL."))
    finally:
        client.close()
    return Check(name, ok=True, said=_("Answers"))


def processes() -> Check:
    """Tell how many web processes and threads there are, and whether their jobs run where they should."""
    workers, threads, mode = (current_app.config[name] for name in ("WORKERS", "THREADS", "JOBS"))
    said = _(
        "%(workers)s, %(threads)s each, jobs %(mode)s",
        workers=ngettext("%(num)d process", "%(num)d processes", workers),
        threads=ngettext("%(num)d thread", "%(num)d threads", threads),
        mode=mode,
    )
    ok = workers >= 1 and threads >= 1 and (workers == 1 or mode != "embedded")
    return Check(
        _("Web processes"), ok, said, _("Several web processes need JOBS=separate, and flask jobs beside them.")
    )


def checks() -> list[Check]:
    """Return all checks of this file, in the order in which they are shown."""
    return [
        database(),
        migrations(),
        disk(),
        queue(),
        mail_server(),
        mail_age(),
        journal(),
        redis_answers(),
        processes(),
    ]


def versions() -> list[tuple[str, str]]:
    """Return what is installed, in which version."""
    packages = (("Flask", "flask"), ("SQLAlchemy", "sqlalchemy"), ("gunicorn", "gunicorn"))
    return [
        ("Folkmoot", VERSION),
        ("Python", platform.python_version()),
        *((name, metadata.version(package)) for name, package in packages),
    ]
