"""A backup as a file: every table as lines of JSON, the secret key, and a manifest with checksums.

A gzipped tar with one member a table (`tables/<name>.jsonl`: one object a row, ordered by primary key), `secret_key`
where the installation keeps one, and at the end `manifest.json`. Ids are text, times ISO 8601 in UTC with microseconds:
the same rows give the same bytes on SQLite and PostgreSQL. Nothing is ever unpacked under a name the file says.
"""

import dataclasses
import datetime as dt
import gzip
import hashlib
import json
import pathlib
import re
import tarfile
import tempfile
import uuid
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any

from flask_babel import gettext as _
from sqlalchemy import JSON, Boolean, Date, DateTime, Integer, String, Uuid
from sqlalchemy.types import TypeDecorator, TypeEngine

from webapp.core.database import UtcDateTime

FORMAT = 1
MANIFEST = "manifest.json"
SECRET_KEY = "secret_key"  # noqa: S105 the name of a file
_TABLE = re.compile(r"tables/([a-z][a-z0-9_]{0,62})\.jsonl")
_SMALL = 1024 * 1024
_PIECE = 256 * 1024


class ArchiveError(Exception):
    """A file is no backup, or not a whole one; the message says what is wrong with it."""


# ---------------------------------------------------------------- rows


def kind_of(column_type: TypeEngine[Any]) -> str:
    """Return the name that the format has for a column's type. Raises TypeError for one that it has no name for."""
    plain = column_type.impl_instance if isinstance(column_type, TypeDecorator) else column_type
    names: tuple[tuple[type[TypeEngine[Any]], str], ...] = (
        (Uuid, "uuid"), (DateTime, "datetime"), (Date, "date"), (JSON, "json"), (Boolean, "bool"), (Integer, "int"),
        (String, "text"),
    )  # fmt: skip
    for known, name in names:
        if isinstance(plain, known):
            return name
    message = f"a backup has no form for a column of the type {column_type!r}"
    raise TypeError(message)


def _same(value: Any) -> Any:
    return value


def _refuse(name: str) -> bool:
    raise KeyError(name)


TYPES: Mapping[str, Callable[[], TypeEngine[Any]]] = {
    "uuid": Uuid, "datetime": UtcDateTime, "date": Date, "json": JSON, "bool": Boolean, "int": Integer, "text": String,
}  # fmt: skip
_WRITE: Mapping[str, Callable[[Any], Any]] = {
    "uuid": str,
    "datetime": lambda value: value.astimezone(dt.UTC).isoformat(timespec="microseconds"),
    "date": lambda value: value.isoformat(),
}
_READ: Mapping[str, Callable[[Any], Any]] = {
    "uuid": uuid.UUID,
    "datetime": dt.datetime.fromisoformat,
    "date": dt.date.fromisoformat,
}


@dataclasses.dataclass(frozen=True)
class Table:
    """A table as the manifest tells of it. `columns`: {name: kind}, in their order; `sha256` over its lines."""

    name: str
    columns: Mapping[str, str]
    rows: int = 0
    sha256: str = ""

    def encoder(self) -> Callable[[Any], bytes]:
        """Return what turns a row (values in the order of the columns) into a line."""
        names = list(self.columns)
        writers = [_WRITE.get(kind, _same) for kind in self.columns.values()]

        def encode(row: Any) -> bytes:
            said = {
                name: None if value is None else write(value)
                for name, write, value in zip(names, writers, row, strict=True)
            }
            return json.dumps(said, separators=(",", ":")).encode("ascii") + b"\n"

        return encode

    def decode(self, line: bytes) -> dict[str, Any]:
        """Return a line as {column: value}. Raises ArchiveError for one that is no row of this table."""
        try:
            said = json.loads(line)
            pairs = zip(said.items(), self.columns.items(), strict=True)
            return {
                name: None if value is None else _READ.get(kind, _same)(value)
                for (name, value), (wanted, kind) in pairs
                if name == wanted or _refuse(name)
            }
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            message = _("A line of the table %(name)s cannot be read.", name=self.name)
            raise ArchiveError(message) from error


# ---------------------------------------------------------------- the manifest


@dataclasses.dataclass(frozen=True)
class Manifest:
    """What a backup says of itself.

    `made_at`: aware UTC; `key_mark`: by which the secret key is known again, without saying it; `key_kept`: whether the
    key is in the file; `head` with `sealed`: the seal of the journal's last sealed line and how many are sealed.
    """

    version: str
    revision: str
    made_at: dt.datetime
    database: str
    key_mark: str
    key_kept: bool
    head: str | None
    sealed: int
    tables: tuple[Table, ...]

    @property
    def rows(self) -> int:
        """Return how many rows there are in all tables together."""
        return sum(table.rows for table in self.tables)

    def as_json(self) -> bytes:
        """Return the manifest as it stands in the file."""
        said = dataclasses.asdict(self)
        said["made_at"] = self.made_at.astimezone(dt.UTC).isoformat(timespec="microseconds")
        return json.dumps({"folkmoot": "backup", "format": FORMAT, **said}, indent=1).encode() + b"\n"

    @classmethod
    def read(cls, raw: bytes) -> "Manifest":
        """Return the manifest in `raw`. Raises ArchiveError for one that cannot be read."""
        try:
            said = json.loads(raw)
            number = int(said.pop("format")) if said.pop("folkmoot") == "backup" else 0
            if number == FORMAT:
                said["made_at"] = dt.datetime.fromisoformat(said["made_at"])
                said["tables"] = tuple(Table(**table) for table in said["tables"])
                found = cls(**said)
                if all(kind in TYPES for table in found.tables for kind in table.columns.values()):
                    return found
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ArchiveError(_("Its manifest cannot be read.")) from error
        if number > FORMAT:
            raise ArchiveError(_("It was made by a newer Folkmoot. Restore it with that one."))
        raise ArchiveError(_("Its manifest cannot be read."))


def key_mark(secret_key: str) -> str:
    """Return by what a secret key is known again: 16 hex digits, from which it cannot be told.

    Of several, a line each, it is the first, which signs.
    """
    return hashlib.sha256(b"folkmoot:backup:" + secret_key.partition("\n")[0].encode()).hexdigest()[:16]


# ---------------------------------------------------------------- writing


class Writer:
    """Writes an archive to `file`, member after member."""

    def __init__(self, file: IO[bytes], moment: dt.datetime) -> None:
        """Take an open file, and the time that its members get."""
        self._gzip = gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=6, mtime=0)
        self._tar = tarfile.open(fileobj=self._gzip, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115 closed below
        self._moment = int(moment.timestamp())

    def add(self, name: str, content: IO[bytes], size: int) -> None:
        """Add a member: `size` bytes of `content`, from where it stands."""
        member = tarfile.TarInfo(name)
        member.size, member.mode, member.mtime = size, 0o600, self._moment
        self._tar.addfile(member, content)

    def close(self) -> None:
        """Write the end of the archive; the file stays open."""
        self._tar.close()
        self._gzip.close()


# ---------------------------------------------------------------- reading


@dataclasses.dataclass
class Archive:
    """A backup that was read and checked: its manifest, its secret key if it has one, and its tables.

    The tables lie in files without a name, which vanish with this process however it ends.
    """

    manifest: Manifest
    secret_key: str | None
    _files: Mapping[str, IO[bytes]]

    def rows(self, table: Table) -> Iterator[dict[str, Any]]:
        """Yield the rows of a table, in their order, as {column: value}. Raises ArchiveError for one that is none."""
        file = self._files[table.name]
        file.seek(0)
        for line in file:
            yield table.decode(line)

    def close(self) -> None:
        """Let the files vanish."""
        for file in self._files.values():
            file.close()


@dataclasses.dataclass
class _Found:
    """What was met in a file so far."""

    folder: pathlib.Path
    small: dict[str, bytes] = dataclasses.field(default_factory=dict)
    files: dict[str, IO[bytes]] = dataclasses.field(default_factory=dict)
    sums: dict[str, tuple[int, str]] = dataclasses.field(default_factory=dict)

    def take(self, member: tarfile.TarInfo, content: IO[bytes] | None) -> None:
        """Take a member in, under a name that is known; whatever else there is has no place in a backup."""
        if content is None:
            raise ArchiveError(_("It holds %(name)s, which is no plain file.", name=repr(member.name)))
        named = _TABLE.fullmatch(member.name)
        if member.name in self.small or (named and named[1] in self.files):
            raise ArchiveError(_("It holds %(name)s twice.", name=repr(member.name)))
        if named:
            self._take_table(named[1], content)
        elif member.name in {MANIFEST, SECRET_KEY} and member.size <= _SMALL:
            self.small[member.name] = content.read(_SMALL)
        else:
            raise ArchiveError(_("It holds %(name)s, which has no place in a backup.", name=repr(member.name)))

    def _take_table(self, name: str, content: IO[bytes]) -> None:
        file = tempfile.TemporaryFile(dir=self.folder)  # noqa: SIM115 closed with the archive
        self.files[name] = file
        seen, lines = hashlib.sha256(), 0
        while piece := content.read(_PIECE):
            seen.update(piece)
            lines += piece.count(b"\n")
            file.write(piece)
        file.flush()
        self.sums[name] = (lines, seen.hexdigest())

    def checked(self) -> Archive:
        """Return all of it as an archive, once everything is as the manifest says."""
        if MANIFEST not in self.small:
            raise ArchiveError(_("Its end is missing: it was cut short, or it is no backup of Folkmoot's."))
        manifest = Manifest.read(self.small[MANIFEST])
        told = {table.name: (table.rows, table.sha256) for table in manifest.tables}
        for name in sorted(told.keys() | self.sums.keys()):
            if told.get(name) != self.sums.get(name):
                raise ArchiveError(_("The table %(name)s is not what was backed up: its checksum differs.", name=name))
        key = self.small[SECRET_KEY].decode("utf-8", "replace").strip() if SECRET_KEY in self.small else None
        if manifest.key_kept != (key is not None) or (key is not None and key_mark(key) != manifest.key_mark):
            raise ArchiveError(_("The secret key in it is not what was backed up."))
        return Archive(manifest, key, self.files)

    def close(self) -> None:
        """Let the files vanish."""
        for file in self.files.values():
            file.close()


def read(path: pathlib.Path, folder: pathlib.Path) -> Archive:
    """Read the backup at `path` whole and check everything in it; its tables go to nameless files below `folder`.

    Raises ArchiveError, and OSError where the file cannot be read or there is no room. Nothing is changed by it.
    """
    found = _Found(folder)
    try:
        with gzip.open(path, "rb") as packed:
            with tarfile.open(fileobj=packed, mode="r|") as tar:
                for member in tar:
                    found.take(member, tar.extractfile(member) if member.isreg() else None)
            while packed.read(_PIECE):  # to the very end, where gzip keeps a checksum of its own
                pass
        return found.checked()
    except (gzip.BadGzipFile, EOFError, zlib.error, tarfile.TarError) as error:
        found.close()
        raise ArchiveError(_("It was cut short or altered, or it is no backup of Folkmoot's.")) from error
    except BaseException:
        found.close()
        raise
