"""The doctor: questions that are asked from outside of the pages, one check each, beside those of `health.py`.

Asked by `flask doctor`, on the machine and as the user that the server runs as.
"""

import dataclasses
import datetime as dt
import http.client
import ipaddress
import json
import os
import pathlib
import socket
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime

from flask import current_app
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select
from sqlalchemy import text as sql
from sqlalchemy.exc import SQLAlchemyError

from webapp.admin import health
from webapp.admin.health import Check
from webapp.config import signing_keys
from webapp.core import clock
from webapp.core.database import db
from webapp.core.operation import end_read
from webapp.journal.chain import BEGINNING, COLUMNS, seal_of
from webapp.mail.checking import send_test, try_server
from webapp.models import JournalEntry

SLACK = dt.timedelta(seconds=30)
"""How far two clocks may lie apart: codes and links of a few minutes still work."""
_PATIENCE = 5.0
_LATEST = 1000
_SECRET_LETTERS, _SECRET_DIFFERENT = 32, 12
_DRAFT = "secret_key.restored"


def examine(mail: str | None = None) -> Iterator[Check]:
    """Yield all checks, one after the other; `mail`: an address that gets a test mail.

    None of them raises: what cannot be asked is a check that says so.
    """
    heard = _Heard.at(current_app.config["BASE_URL"])
    yield from (address(heard), proxies())
    if (database := _asked(health.database, _("The database"))) is not None:
        yield database
    if database is not None and database.said:
        for ask in (health.migrations, durability, integrity, lambda: clocks(heard), health.queue, health.mail_age,
                    health.journal, chain):  # fmt: skip
            found = _asked(ask, _("A question to the database"))
            if found is not None:
                yield found
    yield from (health.disk(), folder(), files(), secret_key(), health.redis_answers(), health.processes())
    yield mail_server(mail)


def _asked(ask: Callable[[], Check | None], name: str) -> Check | None:
    try:
        return ask()
    except SQLAlchemyError as error:
        said = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        return Check(name, ok=False, said="", what_to_do=_("It does not answer: %(said)s", said=said))
    finally:
        end_read()


# ---------------------------------------------------------------- the address


@dataclasses.dataclass(frozen=True)
class _Heard:
    """What was heard at the address: whether it was Folkmoot, by which clock, or what went wrong."""

    folkmoot: bool = False
    date: dt.datetime | None = None
    trouble: str = ""

    @classmethod
    def at(cls, base: str) -> "_Heard":
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"{base}/healthz", timeout=_PATIENCE) as answer:
                said, date = answer.read(1000), answer.headers.get("Date")
            return cls(json.loads(said) == {"status": "ok"}, parsedate_to_datetime(date) if date else None)
        except urllib.error.HTTPError as error:
            error.close()
            return cls(trouble=_("it answers with %(status)d", status=error.code))
        except urllib.error.URLError as error:
            return cls(trouble=_reason(error.reason))
        except (OSError, http.client.HTTPException, ValueError, TypeError) as error:
            return cls(trouble=_reason(error))


def _reason(error: object) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _("its certificate is not to be trusted: %(said)s", said=error.verify_message)
    if isinstance(error, socket.gaierror):
        return _("its name leads to no machine")
    if isinstance(error, TimeoutError):
        return _("no answer in time")
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return _("what answers is not Folkmoot")


def _is_here(host: str) -> bool:
    """Tell whether a name means this machine, whichever it is said on."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def address(heard: _Heard) -> Check:
    """Tell whether people reach the app at BASE_URL, and whether they may trust the way."""
    base = current_app.config["BASE_URL"]
    parts = urllib.parse.urlsplit(base)
    name, here = _("The address"), _is_here(parts.hostname or "")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return Check(name, ok=False, said=base, what_to_do=_("BASE_URL must begin with https:// and name a host."))
    if not heard.folkmoot:
        trouble = heard.trouble or _("what answers is not Folkmoot")
        return Check(
            name,
            ok=False,
            said=_("%(base)s, but %(trouble)s", base=base, trouble=trouble),
            what_to_do=_("Look whether the server runs, and whether BASE_URL and the proxy in front lead to it."),
        )
    if here:
        mails = bool(current_app.config["MAIL_SERVER"])
        hint = _("E-mails are sent with links to it: set BASE_URL to the address people use.")
        return Check(name, not mails, _("%(base)s, for this machine alone", base=base), hint)
    return Check(
        name,
        parts.scheme == "https",
        base,
        _("Passwords go over the wire as they are typed: let a proxy speak https, and say so in BASE_URL."),
    )


def proxies() -> Check:
    """Tell whether the app believes as many proxies as there seem to be."""
    number = current_app.config["TRUSTED_PROXIES"]
    secure = current_app.config["BASE_URL"].startswith("https://")
    return Check(
        _("Proxies"),
        bool(number) or not secure,
        ngettext("%(num)d is trusted", "%(num)d are trusted", number),
        _("Who speaks https for it stands in front: set TRUSTED_PROXIES=1, or all people count as one address."),
    )


def clocks(heard: _Heard) -> Check:
    """Tell whether this machine's clock goes with the database's, the server's, and the journal's."""
    sqlite = db.engine.dialect.name == "sqlite"
    others = {
        _("the server's"): heard.date,
        _("the database's"): None if sqlite else db.session.scalar(select(func.clock_timestamp())),
    }
    now = clock.now()
    last = db.session.scalar(select(JournalEntry.at).order_by(JournalEntry.id.desc()).limit(1))
    apart = {whose: abs(now - moment) for whose, moment in others.items() if moment is not None}
    if last is not None and last > now:
        apart[_("the journal's last line")] = last - now
    said = [
        _("%(seconds)d seconds from %(whose)s", seconds=gap.total_seconds(), whose=whose)
        for whose, gap in apart.items()
        if gap > SLACK
    ]
    return Check(
        _("The clock"),
        not said,
        ", ".join(said) or _("%(now)s UTC", now=f"{now:%Y-%m-%d %H:%M:%S}"),
        _("Let both machines take the time from the net (timedatectl set-ntp true)."),
    )


# ---------------------------------------------------------------- the database


def durability() -> Check:
    """Tell whether what the database has taken outlives a power cut, and whether it holds its own rules."""
    if db.engine.dialect.name == "sqlite":
        wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
        found = {name: db.session.scalar(sql(f"PRAGMA {name}")) for name in wanted}
    else:
        wanted = {"fsync": "on", "full_page_writes": "on"}
        found = {name: db.session.scalar(sql(f"SHOW {name}")) for name in wanted}
    said = ", ".join(f"{name} {value}" for name, value in found.items())
    todo = _("It must be: %(wanted)s", wanted=", ".join(f"{name} {value}" for name, value in wanted.items()))
    return Check(_("A power cut"), found == wanted, said, todo)


def integrity() -> Check | None:
    """Tell whether SQLite's file is whole; PostgreSQL watches over itself."""
    if db.engine.dialect.name != "sqlite":
        return None
    said = str(db.session.scalar(sql("PRAGMA quick_check(1)")))
    todo = _("Stop the server, keep a copy of the file, and restore the last backup.")
    return Check(_("The database's file"), said == "ok", _("Whole") if said == "ok" else said, todo)


def chain() -> Check:
    """Tell whether the latest lines of the journal are what was sealed."""
    latest = select(*COLUMNS).where(JournalEntry.position.is_not(None)).order_by(JournalEntry.position.desc())
    entries = db.session.execute(latest.limit(_LATEST + 1)).all()[::-1]
    broken = [
        entry.position
        for before, entry in zip([None, *entries], entries, strict=False)
        if (before is not None or entry.position == 1)
        and seal_of(entry, entry.position, before.seal if before is not None else BEGINNING) != entry.seal
    ]
    said = _("Nothing is sealed yet")
    if entries:
        said = ngettext("The latest sealed line is whole", "The latest %(num)d sealed lines are whole", len(entries))
    if broken:
        said = _("Entry %(position)d is not what was sealed", position=broken[0])
    return Check(_("The journal's chain"), not broken, said, _("Somebody changed the database: flask journal verify"))


# ---------------------------------------------------------------- files and secrets


def _instance() -> pathlib.Path:
    return pathlib.Path(current_app.config["INSTANCE_PATH"])


def folder() -> Check:
    """Tell whether the instance folder can be written to, by its owner alone."""
    path, name = _instance(), _("The instance folder")
    mode = path.stat().st_mode & 0o777
    if not os.access(path, os.W_OK | os.X_OK):
        return Check(name, ok=False, said=_("Cannot be written to"), what_to_do=f"chown {os.getuid()} {path}")
    return Check(name, not mode & 0o077, f"{path}, {mode:03o}", f"chmod 700 {path}")


def files() -> Check:
    """Tell whether what is secret in the instance folder is for its owner alone."""
    paths = [path for path in sorted(_instance().iterdir()) if path.is_file()]
    database = db.engine.url.database
    if db.engine.dialect.name == "sqlite" and database:
        paths += [path for end in ("", "-wal", "-shm") if (path := pathlib.Path(database + end)).is_file()]
    open_ones = sorted({str(path) for path in paths if path.stat().st_mode & 0o077})
    if open_ones:
        said = _("Others may look into %(files)s", files=", ".join(open_ones))
        return Check(_("Files"), ok=False, said=said, what_to_do=f"chmod 600 {' '.join(open_ones)}")
    return Check(_("Files"), ok=True, said=_("For their owner alone"))


def secret_key() -> Check:
    """Tell whether the secret key and earlier ones are hard to guess, and whether a restore left another beside it."""
    name, keys = _("The secret key"), signing_keys(current_app.config)
    draft = _instance() / _DRAFT
    if draft.exists():
        said = _("A restore was cut short and left %(path)s", path=draft)
        return Check(name, ok=False, said=said, what_to_do=_("Restore again; or, to stay with what was, remove it."))
    guessed = [key for key in keys if len(key) < _SECRET_LETTERS or len(set(key)) < _SECRET_DIFFERENT]
    said = _("Long enough") if not guessed else _("Easy to guess")
    if earlier := len(keys) - 1:
        said += ". " + ngettext(
            "What was signed with %(num)d earlier key is still good",
            "What was signed with %(num)d earlier keys is still good",
            earlier,
        )
    if guessed and keys[0] not in guessed:
        return Check(name, ok=False, said=said, what_to_do=_("Take the earlier ones out of SECRET_KEY_FALLBACKS."))
    return Check(
        name,
        not guessed,
        said,
        _("Unset SECRET_KEY, and one is made; or set another of 48 random letters. Links sent so far die."),
    )


# ---------------------------------------------------------------- mail


def mail_server(to: str | None = None) -> Check:
    """Tell whether the mail server takes e-mails; with an address, by sending one there."""
    if not current_app.config["MAIL_SERVER"]:
        return health.mail_server()
    found = try_server() if to is None else send_test(to)
    return Check(_("The mail server"), found.ok, found.words)
