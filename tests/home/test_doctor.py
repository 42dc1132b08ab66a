"""The doctor: each line, when it is well and when it is not."""

import datetime as dt
import http.server
import os
import pathlib
import socket
import ssl
import threading
from email.utils import format_datetime

import pytest
import sqlalchemy as sa
from flask import Flask

from tests import factories
from tests.home.installations import fill, installing
from tests.smtp import MailServer, free_port
from webapp.admin import doctor, health
from webapp.admin.health import Check
from webapp.core import clock
from webapp.core.actor import SYSTEM
from webapp.core.database import db
from webapp.core.operation import operation
from webapp.journal import sealing
from webapp.journal.writing import record
from webapp.models import Company

NOT_HERE = "0.0.0.0"  # noqa: S104 reaches this machine, and looks as if it were another


class Neighbour:
    """A small web server that answers everything alike."""

    def __init__(self, certificate: tuple[pathlib.Path, pathlib.Path] | None = None) -> None:
        self.status, self.body, self.date = 200, b'{"status":"ok"}', clock.now()
        neighbour = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response_only(neighbour.status)
                self.send_header("Date", format_datetime(neighbour.date, usegmt=True))
                self.send_header("Content-Length", str(len(neighbour.body)))
                self.end_headers()
                self.wfile.write(neighbour.body)

            def log_message(self, *args: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        if certificate:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(*certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
            self._server.handle_error = lambda *_args: None  # a client that trusts nobody hangs up
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def neighbour():
    neighbour = Neighbour()
    yield neighbour
    neighbour.stop()


@pytest.fixture
def secure_neighbour(certificate):
    neighbour = Neighbour(certificate)
    yield neighbour
    neighbour.stop()


def address(app: Flask, base: str) -> Check:
    app.config["BASE_URL"] = base
    return doctor.address(doctor._Heard.at(base))


def test_an_address_that_answers_with_https_is_well(app, secure_neighbour, trusted, monkeypatch):
    monkeypatch.setattr(doctor, "_is_here", lambda _host: False)
    base = f"https://127.0.0.1:{secure_neighbour.port}"
    assert address(app, base) == Check("The address", ok=True, said=base, what_to_do=address(app, base).what_to_do)


def test_an_address_without_https_is_not(app, neighbour):
    found = address(app, f"http://{NOT_HERE}:{neighbour.port}")
    assert not found.ok
    assert "https" in found.what_to_do


def test_an_address_of_this_machine_is_well_until_e_mails_are_sent(app, neighbour):
    base = f"http://localhost:{neighbour.port}"
    app.config["MAIL_SERVER"] = ""
    assert address(app, base).ok
    assert "this machine alone" in address(app, base).said
    app.config["MAIL_SERVER"] = "mail.example.org"
    assert not address(app, base).ok


@pytest.mark.parametrize(
    ("host", "here"),
    [("localhost", True), ("127.0.0.1", True), ("::1", True), ("a.localhost", True), ("example.org", False)],
)
def test_which_names_mean_this_machine(host, here):
    assert doctor._is_here(host) is here


def test_an_address_where_nobody_answers(app):
    found = address(app, f"http://127.0.0.1:{free_port()}")
    assert not found.ok
    assert "refused" in found.said


def test_an_address_that_leads_nowhere(app):
    assert "no machine" in address(app, "http://moot.nowhere.invalid").said


def test_an_address_that_says_nothing(app, monkeypatch):
    monkeypatch.setattr(doctor, "_PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert "in time" in address(app, f"http://127.0.0.1:{silent.getsockname()[1]}").said


def test_an_address_where_somebody_else_answers(app, neighbour):
    neighbour.body = b"<h1>It works!</h1>"
    assert "not Folkmoot" in address(app, f"http://127.0.0.1:{neighbour.port}").said
    neighbour.body = b"[]"
    assert "not Folkmoot" in address(app, f"http://127.0.0.1:{neighbour.port}").said


def test_an_address_where_the_proxy_finds_nobody(app, neighbour):
    neighbour.status = 502
    assert "502" in address(app, f"http://127.0.0.1:{neighbour.port}").said


def test_an_address_with_a_certificate_nobody_vouches_for(app, secure_neighbour):
    assert "certificate" in address(app, f"https://127.0.0.1:{secure_neighbour.port}").said


@pytest.mark.parametrize("base", ["moot.example.org", "ftp://moot.example.org", "https://"])
def test_an_address_that_is_none(app, base):
    found = address(app, base)
    assert not found.ok
    assert "BASE_URL" in found.what_to_do


@pytest.mark.parametrize(
    ("base", "number", "ok"),
    [("https://a.example", 0, False), ("https://a.example", 1, True), ("http://localhost", 0, True)],
)
def test_proxies(app, base, number, ok):
    app.config.update(BASE_URL=base, TRUSTED_PROXIES=number)
    assert doctor.proxies().ok is ok


# ---------------------------------------------------------------- clocks


@operation
def write_entry() -> None:
    record(SYSTEM, "company.created", db.session.query(Company).first())


@pytest.mark.both_databases
def test_clocks_that_go_together(app):
    factories.a_company()
    write_entry()
    assert doctor.clocks(doctor._Heard(date=clock.now() - dt.timedelta(seconds=20))).ok


@pytest.mark.parametrize("minutes", [-1, 1])
def test_a_server_whose_clock_is_another(app, minutes):
    found = doctor.clocks(doctor._Heard(date=clock.now() + dt.timedelta(minutes=minutes)))
    assert not found.ok
    assert "server" in found.said


def test_the_server_says_its_time(neighbour):
    neighbour.date = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
    assert doctor._Heard.at(f"http://127.0.0.1:{neighbour.port}").date == neighbour.date


@pytest.mark.both_databases
def test_a_clock_that_was_put_back(app, monkeypatch, database):
    factories.a_company()
    write_entry()
    earlier = clock.now() - dt.timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: earlier)
    found = doctor.clocks(doctor._Heard())
    assert not found.ok
    assert "the journal" in found.said
    assert ("the database" in found.said) is (database == "postgresql")


# ---------------------------------------------------------------- the database


@pytest.fixture
def install(tmp_path):
    with installing(tmp_path) as install:
        yield install


def test_a_database_that_keeps_what_it_took(install):
    with install("sqlite", hurried=False).app_context():
        assert doctor.durability().ok
        db.session.remove()
        sa.event.listen(db.engine, "connect", lambda c, _: c.execute("PRAGMA foreign_keys=OFF"))
        db.engine.dispose()
        found = doctor.durability()
        assert not found.ok
        assert "foreign_keys 0" in found.said


@pytest.mark.postgresql
def test_postgresql_keeps_what_it_took_unless_told_otherwise(install, monkeypatch):
    with install("postgresql").app_context():
        assert doctor.durability().ok
        monkeypatch.setattr(db.session, "scalar", lambda _statement: "off")
        assert not doctor.durability().ok


def test_a_file_that_is_whole_and_one_that_is_not(install):
    with install("sqlite").app_context():
        fill()
        assert doctor.integrity().ok
        pages = db.session.scalar(sa.text("SELECT rootpage FROM sqlite_master WHERE name = 'guests'"))
        size = db.session.scalar(sa.text("PRAGMA page_size"))
        db.session.remove()
        db.engine.dispose()
        with pathlib.Path(db.engine.url.database).open("r+b") as file:
            file.seek((pages - 1) * size)
            file.write(b"\xff" * 64)
        found = doctor._asked(doctor.integrity, "The file")
    assert found is not None
    assert not found.ok


@pytest.mark.both_databases
def test_a_chain_that_is_whole_and_one_that_is_not(install, database):
    with install(database).app_context():
        assert "Nothing is sealed" in doctor.chain().said
        factories.a_company()
        for _ in range(3):
            write_entry()
        sealing.seal_all()
        assert doctor.chain().ok
        assert "3" in doctor.chain().said
        db.session.remove()
        with db.engine.begin() as connection:
            if database == "sqlite":
                connection.exec_driver_sql("DROP TRIGGER journal_entries_change")
            else:
                connection.exec_driver_sql("DROP TRIGGER journal_entries_change ON journal_entries")
            connection.exec_driver_sql("UPDATE journal_entries SET action = 'company.deleted' WHERE position = 2")
        found = doctor.chain()
        assert not found.ok
        assert "Entry 2" in found.said


# ---------------------------------------------------------------- files and secrets


def test_a_folder_that_others_may_look_into(install):
    with install("sqlite").app_context() as context:
        path = pathlib.Path(context.app.instance_path)
        assert doctor.folder().ok
        path.chmod(0o755)
        found = doctor.folder()
        assert not found.ok
        assert found.what_to_do == f"chmod 700 {path}"


def test_a_folder_that_cannot_be_written_to(install, monkeypatch):
    with install("sqlite").app_context():
        monkeypatch.setattr(os, "access", lambda *_args: False)
        assert not doctor.folder().ok


@pytest.mark.parametrize("name", ["secret_key", "folkmoot.db", "jobs.db"])
def test_files_that_others_may_look_into(install, name):
    with install("sqlite").app_context() as context:
        path = pathlib.Path(context.app.instance_path) / name
        assert doctor.files().ok
        path.chmod(0o640)
        found = doctor.files()
        assert not found.ok
        assert found.what_to_do == f"chmod 600 {path}"


def test_a_database_elsewhere_is_looked_at_too(install, tmp_path):
    path = tmp_path / "elsewhere.db"
    with install("sqlite", DATABASE_URL=f"sqlite:///{path}").app_context():
        for file in tmp_path.glob("elsewhere.db*"):
            file.chmod(0o600)
        assert doctor.files().ok
        path.chmod(0o644)
        assert doctor.files().what_to_do == f"chmod 600 {path}"


@pytest.mark.parametrize(("key", "ok"), [("", True), ("secret", False), ("a" * 64, False)])
def test_how_hard_the_secret_key_is_to_guess(install, key, ok):
    with install("sqlite", SECRET_KEY=key).app_context():
        assert doctor.secret_key().ok is ok


def test_a_restore_that_was_cut_short_is_told(install):
    with install("sqlite").app_context() as context:
        (pathlib.Path(context.app.instance_path) / "secret_key.restored").touch()
        assert "Restore" in doctor.secret_key().what_to_do


# ---------------------------------------------------------------- mail


def test_a_mail_server_that_answers_and_one_that_does_not(app, smtp):
    assert doctor.mail_server().ok
    assert smtp.delivered == []
    assert doctor.mail_server("maja@example.org").ok
    assert len(smtp.to("maja@example.org")) == 1
    smtp.down()
    assert not doctor.mail_server().ok


def test_no_mail_server(app):
    app.config["MAIL_SERVER"] = ""
    assert not doctor.mail_server("maja@example.org").ok


# ---------------------------------------------------------------- all of it


@pytest.fixture
def mail():
    server = MailServer()
    server.up()
    yield server
    server.down()


@pytest.fixture
def well(install, neighbour, monkeypatch):
    """An installation that wants for nothing but a mail server."""
    app = install("sqlite", hurried=False, BASE_URL=f"http://localhost:{neighbour.port}")
    monkeypatch.setattr("webapp.core.jobs.are_running", lambda _app: True)
    monkeypatch.setattr(health, "LEAST_FREE", 0)
    monkeypatch.setattr(health, "LEAST_SHARE", 0)
    with app.app_context():
        fill()
        db.session.remove()
    return app


def test_where_all_is_well_every_line_says_so(well):
    told = well.test_cli_runner().invoke(args=["doctor", "--deep"])
    wrong = [line for line in told.output.splitlines() if not line.startswith("OK  ")]
    assert [line.split(":")[0] for line in wrong] == ["!!  The mail server", "1 thing is to be seen to."]
    assert told.exit_code == 1


def test_with_everything_set_the_doctor_ends_well(well, mail, monkeypatch):
    monkeypatch.setattr(doctor, "address", lambda _heard: Check("The address", ok=True, said="known"))
    well.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=mail.port, MAIL_USE_TLS=False)
    told = well.test_cli_runner().invoke(args=["doctor", "--mail", "maja@example.org"])
    assert told.exit_code == 0, told.output
    assert all(line.startswith("OK  ") for line in told.output.splitlines())
    assert len(mail.to("maja@example.org")) == 1


def test_what_does_not_fit_together_is_found_when_the_doctor_looks_deeper(well):
    with well.app_context(), db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE events SET guests_yes = guests_yes + 1")
    assert "Between rows" not in well.test_cli_runner().invoke(args=["doctor"]).output
    told = well.test_cli_runner().invoke(args=["doctor", "--deep"])
    assert "!!  Between rows: Events whose counters" in told.output
    assert told.exit_code == 1


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:1/nothing", "sqlite:////nowhere/folkmoot.db"])
def test_a_database_that_does_not_answer_is_one_line_and_the_rest_is_asked(install, url):
    app = install("sqlite", revision="", DATABASE_URL=url)
    told = app.test_cli_runner().invoke(args=["doctor"])
    assert told.exit_code == 1
    assert sum("does not answer" in line for line in told.output.splitlines()) == 1, told.output
    assert "The disk" in told.output


def test_tables_that_are_not_there_yet_are_told(install):
    told = install("sqlite", revision="").test_cli_runner().invoke(args=["doctor"])
    assert told.exit_code == 1
    assert "flask db upgrade" in told.output
    assert "The disk" in told.output
