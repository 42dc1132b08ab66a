"""A backup holds everything as it was at one moment, and goes back whole or not at all."""

import datetime as dt
import json
import pathlib
import shutil
import sqlite3
import tarfile
import uuid

import pytest
import sqlalchemy as sa
from flask import Flask

from tests import factories
from tests.home.installations import counts, fill, installing, lines, pack, unpack, write_lines
from webapp.core.actor import SYSTEM
from webapp.core.database import Base, UtcDateTime, db
from webapp.core.operation import operation
from webapp.home import archive, backup, invariants, refilling, restore
from webapp.home.snapshot import snapshot
from webapp.journal.verifying import verify
from webapp.journal.writing import record
from webapp.models import Company, JournalEntry, User

KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


@pytest.fixture
def install(tmp_path):
    with installing(tmp_path) as install:
        yield install


@pytest.fixture(params=KINDS)
def kind(request) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> dict[str, pathlib.Path]:
    """A backup from each kind of database, made once: {kind: file}."""
    folder = tmp_path_factory.mktemp("kept")
    files = {}
    with installing(folder) as install:
        for kind in ("sqlite", "postgresql"):
            with install(kind).app_context():
                fill()
                files[kind] = backup.write(folder / f"{kind}.tar.gz")[0]
    return files


@pytest.fixture
def saved(kept, tmp_path) -> pathlib.Path:
    """A backup that a test may change."""
    return pathlib.Path(shutil.copy(kept["sqlite"], tmp_path / "saved.tar.gz"))


def put_back(path: pathlib.Path, *, replace: bool = False) -> restore.Restored:
    found = restore.read(path)
    try:
        return restore.put_back(found, replace=replace, say=lambda _line: None)
    finally:
        found.close()


def sums(path: pathlib.Path) -> dict[str, tuple[int, str]]:
    manifest = json.loads(unpack(path)["manifest.json"])
    return {told["name"]: (told["rows"], told["sha256"]) for told in manifest["tables"]}


@pytest.mark.parametrize("source", KINDS)
def test_what_was_backed_up_comes_back_on_either_database(kept, install, kind, source, tmp_path):
    with install(kind).app_context():
        restored = put_back(kept[source])
        with snapshot() as session:
            assert invariants.findings(session) == []
        assert verify(restored.manifest.head).whole
        again, _manifest = backup.write(tmp_path / "again.tar.gz")
    assert sums(again) == sums(kept[source])
    assert [name for name, (rows, _sum) in sums(again).items() if not rows] == []


def test_every_table_and_column_is_in_it(kept):
    told = json.loads(unpack(kept["sqlite"])["manifest.json"])["tables"]
    tables = {table.name: [column.name for column in table.columns] for table in Base.metadata.sorted_tables}
    assert {table["name"]: list(table["columns"]) for table in told} == tables


def test_only_its_owner_may_read_it_and_nothing_is_left_beside_it(install, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    with install("sqlite").app_context():
        path, manifest = backup.write(folder)
    assert path.name == f"folkmoot-{manifest.made_at:%Y-%m-%dT%H-%M-%SZ}.tar.gz"
    assert list(folder.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_there_is_kept(install, tmp_path):
    path = tmp_path / "kept.tar.gz"
    path.write_text("precious")
    with install("sqlite").app_context(), pytest.raises(backup.BackupError, match="there already"):
        backup.write(path)
    assert path.read_text() == "precious"


def test_a_folder_that_is_not_there_is_told(install, tmp_path):
    with install("sqlite").app_context(), pytest.raises(backup.BackupError, match="cannot be written"):
        backup.write(tmp_path / "nowhere" / "kept.tar.gz")


def test_a_backup_that_fails_leaves_no_file(install, tmp_path, monkeypatch):
    folder = tmp_path / "backups"
    folder.mkdir()
    monkeypatch.setattr(backup, "_head", lambda _session: (_ for _ in ()).throw(OSError("No space left on device")))
    with install("sqlite").app_context(), pytest.raises(backup.BackupError, match="No space left"):
        backup.write(folder)
    assert list(folder.iterdir()) == []


def test_tables_of_another_version_are_not_backed_up(install, tmp_path):
    with install("sqlite", revision="0001").app_context(), pytest.raises(backup.BackupError, match="db upgrade"):
        backup.write(tmp_path / "kept.tar.gz")


def test_what_is_written_meanwhile_is_not_in_it(install, kind, tmp_path, monkeypatch):
    """The first table is read before somebody writes, the others after: they fit together even so."""
    written = []
    add_table = backup._add_table

    def add(session, packed, folder, table):
        told = add_table(session, packed, folder, table)
        if not written:
            written.append(table.name)
            factories.a_company(factories.an_account())
        return told

    monkeypatch.setattr(backup, "_add_table", add)
    with install(kind).app_context():
        fill()
        before = counts()
        path, _manifest = backup.write(tmp_path / "kept.tar.gz")
        assert counts()["users"] == before["users"] + 1
    assert {name: rows for name, (rows, _sum) in sums(path).items()} == before


# ---------------------------------------------------------------- going back


@pytest.fixture
def lived_in(install, kind) -> Flask:
    """An installation with something in it; the context is pushed."""
    app = install(kind)
    with app.app_context():
        factories.set_up_site(name="Lived in")
        factories.a_company(factories.an_account("Somebody else"))
        db.session.remove()
        yield app


@pytest.fixture
def as_it_was(lived_in, tmp_path):
    """Tells whether everything in the lived-in installation is as it was."""
    key = pathlib.Path(lived_in.instance_path) / "secret_key"
    before = (sums(backup.write(tmp_path / "before.tar.gz")[0]), key.read_text())

    def look() -> bool:
        now = backup.write(tmp_path / f"now{uuid.uuid4()}.tar.gz")[0]
        return (sums(now), key.read_text()) == before and [p.name for p in key.parent.glob("secret_key*")] == [key.name]

    return look


def test_a_database_with_something_in_it_is_left_alone_unless_it_may_be_replaced(lived_in, as_it_was, saved):
    with pytest.raises(restore.RestoreError, match="--replace"):
        put_back(saved)
    assert as_it_was()
    put_back(saved, replace=True)
    assert not as_it_was()
    assert counts()["users"] == sums(saved)["users"][0]
    assert db.session.scalar(sa.select(User.id).where(User.name == "Somebody else")) is None


def test_a_site_that_is_set_up_is_something(install, saved):
    with install("sqlite").app_context():
        assert not restore.occupied()
        factories.set_up_site()
        assert restore.occupied()


def test_a_database_without_any_tables_can_be_restored_into(install, kind, saved):
    with install(kind, revision="").app_context():
        put_back(saved)
        assert counts()["users"] == sums(saved)["users"][0]


def test_the_journal_guards_itself_and_numbers_on_afterwards(lived_in, saved):
    put_back(saved, replace=True)
    last = db.session.scalar(sa.select(sa.func.max(JournalEntry.id)))
    db.session.remove()

    @operation
    def write() -> None:
        record(SYSTEM, "company.created", db.session.scalars(sa.select(Company)).first())

    write()
    assert db.session.scalar(sa.select(sa.func.max(JournalEntry.id))) == last + 1
    db.session.remove()
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE journal_entries SET action = 'another'")


def test_what_stands_beside_our_tables_stays(lived_in, saved):
    with db.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE somebody_elses (id INTEGER)")
    put_back(saved, replace=True)
    assert "somebody_elses" in sa.inspect(db.engine).get_table_names()


def test_while_somebody_uses_the_database_nothing_is_restored(lived_in, as_it_was, saved):
    if db.engine.dialect.name == "sqlite":
        other = sqlite3.connect(db.engine.url.database)
        other.execute("SELECT count(*) FROM users").fetchall()
    else:
        other = sa.create_engine(db.engine.url, poolclass=sa.NullPool).connect()
    with pytest.raises(restore.RestoreError, match="Stop the server"):
        put_back(saved, replace=True)
    other.close()
    assert as_it_was()
    put_back(saved, replace=True)


@pytest.mark.parametrize("step", ["_take_away", "_migrate", "_fill", "_check_references"])
def test_a_restore_that_fails_halfway_changes_nothing(lived_in, as_it_was, saved, monkeypatch, step):
    whole = getattr(refilling, step)

    def break_off(*args):
        whole(*args)
        message = "the lights went out"
        raise RuntimeError(message)

    monkeypatch.setattr(refilling, step, break_off)
    with pytest.raises(RuntimeError, match="lights"):
        put_back(saved, replace=True)
    assert as_it_was()


def test_a_value_that_comes_out_otherwise_than_it_went_in_is_found(lived_in, as_it_was, saved, monkeypatch):
    monkeypatch.setitem(archive._READ, "text", lambda value: value.removesuffix("e"))
    with pytest.raises(restore.RestoreError, match="did not come out"):
        put_back(saved, replace=True)
    assert as_it_was()


def test_a_backup_of_an_older_version_is_brought_up_to_date(install, kind, saved, tmp_path):
    with install("sqlite", revision="0001").app_context():
        inspector = sa.inspect(db.engine)
        columns = {name: {c["name"] for c in inspector.get_columns(name)} for name in inspector.get_table_names()}
    members = unpack(saved)
    for name in [n for n in sums(saved) if n not in columns]:
        del members[f"tables/{name}.jsonl"]
    manifest = json.loads(members["manifest.json"])
    manifest["revision"] = "0001"
    manifest["tables"] = [told for told in manifest["tables"] if told["name"] in columns]
    for told in manifest["tables"]:
        told["columns"] = {c: k for c, k in told["columns"].items() if c in columns[told["name"]]}
    members["manifest.json"] = json.dumps(manifest).encode()
    for name in [told["name"] for told in manifest["tables"]]:
        rows = [{c: v for c, v in row.items() if c in columns[name]} for row in lines(members, name)]
        write_lines(members, name, rows)
    with install(kind).app_context():
        put_back(pack(tmp_path / "old.tar.gz", members))
        assert counts()["guests"] == sums(saved)["guests"][0]
        assert counts()["event_days"] > 0
        assert backup.write(tmp_path)[1].revision == backup.scripts().get_current_head()


# ---------------------------------------------------------------- the secret key


def test_the_secret_key_comes_back_for_its_owner_alone(install, saved):
    app = install("sqlite")
    key = pathlib.Path(app.instance_path) / "secret_key"
    with app.app_context():
        restored = put_back(saved)
    assert key.read_text() == unpack(saved)["secret_key"].decode().strip()
    assert key.stat().st_mode & 0o777 == 0o600
    assert not restored.key_differs


@pytest.mark.parametrize("same", [True, False])
def test_the_key_lies_beside_the_other_until_the_rows_are_in(install, saved, monkeypatch, same):
    app = install("sqlite")
    key = pathlib.Path(app.instance_path) / "secret_key"
    if same:
        key.write_text(unpack(saved)["secret_key"].decode())
        app.config["SECRET_KEY"] = key.read_text().strip()
    seen = []
    refill = refilling.refill

    def watched(*args, **values):
        seen.append([path.name for path in sorted(key.parent.glob("secret_key*"))])
        assert all(path.stat().st_mode & 0o777 == 0o600 for path in key.parent.glob("secret_key*"))
        refill(*args, **values)

    monkeypatch.setattr(refilling, "refill", watched)
    with app.app_context():
        put_back(saved)
    assert seen == [["secret_key"] if same else ["secret_key", "secret_key.restored"]]
    assert [path.name for path in key.parent.glob("secret_key*")] == ["secret_key"]


def test_a_secret_key_set_from_outside_is_not_in_it(install, tmp_path):
    with install("sqlite", SECRET_KEY="a key from outside").app_context():
        path, manifest = backup.write(tmp_path)
    assert not manifest.key_kept
    assert "secret_key" not in unpack(path)
    assert b"a key from outside" not in b"".join(unpack(path).values())


@pytest.mark.parametrize(("now", "differs"), [("a key from outside", False), ("another", True), ("", True)])
def test_a_secret_key_that_is_another_is_told(install, tmp_path, now, differs):
    with install("sqlite", SECRET_KEY="a key from outside").app_context():
        path, _manifest = backup.write(tmp_path)
    with install("sqlite", SECRET_KEY=now).app_context():
        assert put_back(path).key_differs == differs


def test_a_secret_key_set_from_outside_stays(install, saved):
    app = install("sqlite", SECRET_KEY="a key from outside")
    with app.app_context():
        assert put_back(saved).key_differs
    assert list(pathlib.Path(app.instance_path).glob("secret_key*")) == []


# ---------------------------------------------------------------- files that are no whole backup


def test_a_file_cut_short_anywhere_is_refused(install, saved):
    whole = saved.read_bytes()
    with install("sqlite").app_context():
        for share in (0.0, 0.1, 0.5, 0.9, 0.999):
            saved.write_bytes(whole[: int(len(whole) * share)])
            with pytest.raises(restore.RestoreError, match="cut short"):
                restore.read(saved)
        saved.write_bytes(whole[:-4])
        with pytest.raises(restore.RestoreError, match="cut short"):
            restore.read(saved)


def test_a_byte_that_is_another_is_seen(install, saved):
    whole = bytearray(saved.read_bytes())
    with install("sqlite").app_context():
        for place in range(20, len(whole), len(whole) // 40):
            altered = bytearray(whole)
            altered[place] ^= 0xFF
            saved.write_bytes(altered)
            with pytest.raises(restore.RestoreError):
                restore.read(saved)


def _other_row(members):
    members["tables/users.jsonl"] = members["tables/users.jsonl"].replace(b'"reputation":0', b'"reputation":9', 1)


def _row_less(members):
    members["tables/users.jsonl"] = members["tables/users.jsonl"].split(b"\n", 1)[1]


def _table_less(members):
    del members["tables/guests.jsonl"]


def _table_more(members):
    members["tables/kings.jsonl"] = b""


def _no_manifest(members):
    del members["manifest.json"]


def _other_key(members):
    members["secret_key"] = b"mine\n"


def _no_key(members):
    del members["secret_key"]


def _senseless(members):
    members["manifest.json"] = b"[]"


def _format(members):
    members["manifest.json"] = members["manifest.json"].replace(b'"format": 1', b'"format": 2')


def _revision(members):
    members["manifest.json"] = members["manifest.json"].replace(b'"revision": "0', b'"revision": "9')


def _kind(members):
    members["manifest.json"] = members["manifest.json"].replace(b'"uuid"', b'"spell"')


def _outside(members):
    members["../outside"] = b"evil"


def _absolute(members):
    members["/tmp/outside"] = b"evil"  # noqa: S108 refused


def _nested(members):
    members["tables/../../users.jsonl"] = b"{}"


ALTERED = [
    (_other_row, "checksum"), (_row_less, "checksum"), (_table_less, "checksum"), (_table_more, "checksum"),
    (_no_manifest, "end is missing"), (_other_key, "secret key"), (_no_key, "secret key"), (_senseless, "manifest"),
    (_format, "newer"), (_revision, "newer"), (_kind, "manifest"), (_outside, "no place"), (_absolute, "no place"),
    (_nested, "no place"),
]  # fmt: skip


@pytest.mark.parametrize(("alter", "words"), ALTERED, ids=lambda value: getattr(value, "__name__", None))
def test_a_file_that_somebody_altered_is_refused(install, saved, tmp_path, alter, words):
    members = unpack(saved)
    alter(members)
    assert members != unpack(saved)
    pack(saved, members)
    before = sorted(tmp_path.rglob("*"))
    app = install("sqlite")
    with app.app_context(), pytest.raises(restore.RestoreError, match=words):
        restore.read(saved)
    assert {path.parent for path in set(tmp_path.rglob("*")) - set(before)} <= {
        tmp_path,
        pathlib.Path(app.instance_path),
    }
    assert not (tmp_path.parent / "outside").exists()


@pytest.mark.parametrize("kind_of_member", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE])
def test_what_is_no_plain_file_is_refused(install, saved, kind_of_member):
    member = tarfile.TarInfo("tables/users.jsonl")
    member.type, member.linkname = kind_of_member, "/etc/passwd"
    pack(saved, unpack(saved), member)
    with install("sqlite").app_context(), pytest.raises(restore.RestoreError, match="no plain file"):
        restore.read(saved)


def test_what_is_there_twice_is_refused(install, saved):
    pack(saved, unpack(saved), tarfile.TarInfo("tables/users.jsonl"))
    with install("sqlite").app_context(), pytest.raises(restore.RestoreError, match="twice"):
        restore.read(saved)


def test_what_is_not_there_is_told(install, tmp_path):
    with install("sqlite").app_context(), pytest.raises(restore.RestoreError, match="cannot be read"):
        restore.read(tmp_path / "nothing.tar.gz")


def _twice_the_address(members):
    rows = lines(members, "users")
    rows[1]["email"], rows[1]["email_key"] = rows[0]["email"], rows[0]["email_key"]
    write_lines(members, "users", rows)


def _nobodys_event(members):
    rows = lines(members, "events")
    rows[0]["host_id"] = str(uuid.uuid4())
    write_lines(members, "events", rows)


def _too_many_places(members):
    rows = lines(members, "events")
    rows[0].update(capacity=1, taken=5)
    write_lines(members, "events", rows)


def _column_less(members):
    rows = lines(members, "users")
    del rows[0]["name"]
    write_lines(members, "users", rows)


def _no_time(members):
    rows = lines(members, "users")
    rows[0]["created_at"] = "2026-11-21T18:00:00"
    write_lines(members, "users", rows)


@pytest.mark.parametrize("alter", [_twice_the_address, _nobodys_event, _too_many_places, _column_less, _no_time])
def test_rows_that_do_not_fit_change_nothing(lived_in, as_it_was, saved, alter):
    members = unpack(saved)
    alter(members)
    with pytest.raises(restore.RestoreError):
        put_back(pack(saved, members), replace=True)
    assert as_it_was()


# ---------------------------------------------------------------- the form of a row

EVERY = {
    "id": ("uuid", uuid.UUID(int=7), "00000000-0000-0000-0000-000000000007"),
    "at": ("datetime", dt.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=dt.UTC), "2026-01-02T03:04:05.000006+00:00"),
    "day": ("date", dt.date(2026, 1, 2), "2026-01-02"),
    "said": ("json", {"b": [1, None], "a": "ü"}, {"b": [1, None], "a": "ü"}),
    "on": ("bool", True, True),
    "number": ("int", -1, -1),
    "name": ("text", "Zoë\n\u2028", "Zoë\n\u2028"),
}


def test_a_row_is_a_line_and_a_line_a_row():
    table = archive.Table("things", {name: kind for name, (kind, _value, _said) in EVERY.items()})
    row = {name: value for name, (_kind, value, _said) in EVERY.items()}
    line = table.encoder()(tuple(row.values()))
    assert json.loads(line) == {name: said for name, (_kind, _value, said) in EVERY.items()}
    assert line.count(b"\n") == 1
    assert table.decode(line) == row
    nothing = dict.fromkeys(row)
    assert table.decode(table.encoder()(tuple(nothing.values()))) == nothing


@pytest.mark.parametrize("line", [b"{}", b"[]", b"1", b"", b'{"id":7}', b'{"id":"x"}', b'{"name":"x"}', b"\xff"])
def test_a_line_that_is_no_row_is_refused(line):
    with pytest.raises(archive.ArchiveError, match="things"):
        archive.Table("things", {"id": "uuid"}).decode(line)


def test_a_time_is_written_in_utc():
    table = archive.Table("things", {"at": "datetime"})
    moment = dt.datetime(2026, 1, 1, 0, 30, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    assert b"2025-12-31T23:30:00.000000+00:00" in table.encoder()((moment,))


def test_every_type_of_column_has_a_form():
    kinds = {archive.kind_of(c.type) for table in Base.metadata.sorted_tables for c in table.columns}
    assert kinds == set(archive.TYPES)
    assert archive.kind_of(UtcDateTime()) == "datetime"
    with pytest.raises(TypeError, match="no form"):
        archive.kind_of(sa.LargeBinary())


# ---------------------------------------------------------------- commands


def test_the_commands_tell_what_they_do(install, tmp_path):
    old, new = install("sqlite"), install("sqlite")
    with old.app_context():
        fill()
    path = tmp_path / "kept.tar.gz"
    told = old.test_cli_runner().invoke(args=["backup", str(path)])
    assert told.exit_code == 0
    assert "secret key is in it" in told.output
    assert old.test_cli_runner().invoke(args=["backup", str(path)]).exit_code == 1
    checked = new.test_cli_runner().invoke(args=["restore", "--check", str(path)])
    assert checked.exit_code == 0
    assert "from sqlite" in checked.output
    with new.app_context():
        assert not restore.occupied()
    restored = new.test_cli_runner().invoke(args=["restore", str(path)])
    assert restored.exit_code == 0, restored.output
    assert "journal is whole" in restored.output


def test_the_command_asks_before_it_takes_something_away(install, saved):
    app = install("sqlite")
    with app.app_context():
        factories.set_up_site(name="Lived in")
        db.session.remove()
    runner = app.test_cli_runner()
    for arguments, typed in (([], ""), (["--replace"], "yes\n"), (["--replace"], "")):
        refused = runner.invoke(args=["restore", *arguments, str(saved)], input=typed)
        assert refused.exit_code == 1, refused.output
    with app.app_context():
        assert counts()["users"] == 0
    assert runner.invoke(args=["restore", "--replace", str(saved)], input="replace\n").exit_code == 0
    assert runner.invoke(args=["restore", "--replace", "--yes", str(saved)]).exit_code == 0
    with app.app_context():
        assert counts()["users"] == sums(saved)["users"][0]


def test_the_command_tells_of_faults_that_were_in_the_backup(install, saved):
    members = unpack(saved)
    rows = lines(members, "events")
    rows[0]["guests_listed"] += 1
    write_lines(members, "events", rows)
    entries = lines(members, "journal_entries")
    entries[3]["action"] = "another"
    write_lines(members, "journal_entries", entries)
    app = install("sqlite")
    told = app.test_cli_runner().invoke(args=["restore", str(pack(saved, members))])
    assert told.exit_code == 3
    assert rows[0]["id"] in told.output
    assert "The journal" in told.output


def test_the_command_tells_when_the_secret_key_is_another(install, saved):
    app = install("sqlite", SECRET_KEY="another")
    told = app.test_cli_runner().invoke(args=["restore", str(saved)])
    assert "SECRET_KEY is not the one" in told.output
    assert "SECRET_KEY is set from outside" in app.test_cli_runner().invoke(args=["backup", str(saved.parent)]).output


def test_a_database_that_does_not_answer_is_told(install, tmp_path, saved):
    app = install("sqlite", revision="", DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")
    for arguments in (["backup", str(tmp_path / "kept.tar.gz")], ["restore", str(saved)]):
        told = app.test_cli_runner().invoke(args=arguments)
        assert told.exit_code == 1
        assert "Error" in told.output
