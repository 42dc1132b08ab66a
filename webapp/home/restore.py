"""Restore: a backup back into the database, which is then the backup's and nothing else.

The file is read and checked whole before anything is touched. All of the rest, from taking the old tables away to the
last migration, is one transaction (`refilling.py`): whatever happens in between, the old database or the new one is
there, whole.
"""

import contextlib
import dataclasses
import os
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

from alembic.util.exc import CommandError
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, StatementError

from webapp.config import KEY_FILE, signing_keys
from webapp.core.database import db
from webapp.core.errors import BusyError
from webapp.home import archive, backup, refilling

DRAFT = "secret_key.restored"
"""Where the secret key lies until the transaction has ended. It stays where a process was killed just then."""
_PATIENCE = 2000  # milliseconds until another process counts as using the database


class RestoreError(Exception):
    """A backup was not restored, and nothing was changed; the message says why."""


@dataclasses.dataclass(frozen=True)
class Restored:
    """What was restored. `key_differs`: links sent so far are dead, for the secret key is another."""

    manifest: archive.Manifest
    key_differs: bool


def read(path: pathlib.Path) -> archive.Archive:
    """Return the backup at `path`, checked whole, to be closed. Raises RestoreError for one that cannot be restored."""
    try:
        found = archive.read(path, pathlib.Path(current_app.config["INSTANCE_PATH"]))
    except archive.ArchiveError as error:
        raise RestoreError(_("%(path)s cannot be restored. %(said)s", path=path, said=error)) from error
    except OSError as error:
        raise RestoreError(_("%(path)s cannot be read: %(said)s", path=path, said=error)) from error
    if not _known(found.manifest.revision):
        found.close()
        version = found.manifest.version
        raise RestoreError(_("It is from a newer Folkmoot (%(version)s). Restore it with that one.", version=version))
    return found


def _known(revision: str) -> bool:
    try:
        return backup.scripts().get_revision(revision) is not None
    except CommandError:
        return False


def occupied() -> bool:
    """Tell whether there is something in the database that a restore would take away."""
    with db.engine.connect() as connection:
        return refilling.occupied(connection)


def put_back(found: archive.Archive, *, replace: bool, say: Callable[[str], None]) -> Restored:
    """Let the database and the secret key be those of the backup; tell `say` of each step.

    With `replace` what was there is taken away. Raises RestoreError where there was something without it, where a
    server runs on the database, or where a row does not fit; nothing has changed then.
    """
    draft = _draft_key(found.secret_key)
    try:
        with _alone():
            refilling.refill(found, replace=replace, say=say)
    except (refilling.RefusedError, archive.ArchiveError, BusyError, StatementError) as error:
        _forget(draft)
        raise RestoreError(_why(error)) from error
    except BaseException:
        _forget(draft)
        raise
    if draft is not None:
        draft.replace(draft.with_name(KEY_FILE))
    now = [str(found.secret_key)] if draft is not None else signing_keys(current_app.config)
    return Restored(found.manifest, key_differs=found.manifest.key_mark not in map(archive.key_mark, now))


def _why(error: Exception) -> str:
    if isinstance(error, BusyError):
        return _("Something else uses the database. Stop the server, its jobs and whatever else is connected first.")
    if isinstance(error, DBAPIError):
        first = (str(error.orig).strip().splitlines() or [""])[0]
        return _("The database refused it: %(said)s", said=first)
    return str(error)


def _draft_key(key: str | None) -> pathlib.Path | None:
    """Write the key beside the one that counts, for its owner alone; None where that one is to stay as it is."""
    path = pathlib.Path(current_app.config["INSTANCE_PATH"]) / DRAFT
    path.unlink(missing_ok=True)
    if key is None or backup.kept_key() in {None, key}:
        return None
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    return path


def _forget(draft: pathlib.Path | None) -> None:
    if draft is not None:
        draft.unlink(missing_ok=True)


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Let connections made in between have the database to themselves, and SQLite's be able to rebuild tables."""

    def prepare(connection: Any, _record: Any) -> None:
        # Exclusive: the first write finds out whether any other process has the file open, and keeps all others out.
        for pragma in (f"busy_timeout={_PATIENCE}", "locking_mode=EXCLUSIVE", "foreign_keys=OFF", "temp_store=FILE"):
            connection.execute(f"PRAGMA {pragma}")

    sqlite = db.engine.dialect.name == "sqlite"
    db.session.remove()
    db.engine.dispose()
    if sqlite:
        event.listen(db.engine, "connect", prepare)
    try:
        yield
    finally:
        if sqlite:
            event.remove(db.engine, "connect", prepare)
        db.session.remove()
        db.engine.dispose()
