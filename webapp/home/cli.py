"""Commands."""

import contextlib
import pathlib

import click
from click import Command
from flask import current_app
from flask.cli import with_appcontext
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.exc import SQLAlchemyError

from webapp import config
from webapp.accounts.passwords import hash_password
from webapp.admin import doctor
from webapp.core import jobs
from webapp.core.database import db
from webapp.home import archive, backup, demo, greeting, invariants, restore
from webapp.home.demo_story import PEOPLE
from webapp.home.snapshot import snapshot
from webapp.journal.verifying import verify
from webapp.models import Site

FOUND_BROKEN = 3
"""The exit status of a restore that brought back everything, some of which was not as it must be in the backup."""
_FILE = click.Path(path_type=pathlib.Path)


@click.command("demo")
@with_appcontext
def tell_demo() -> None:
    """Fill a new installation with an example company; one that people have set up is left alone."""
    site = db.session.get(Site, 1)
    if site is not None and site.set_up_at is not None and not demo.told():
        message = _(
            "This installation is set up, and everybody knows the password of the example’s people: they do not belong "
            "here. Try it in one of its own: make demo INSTANCE_PATH=example"
        )
        raise click.ClickException(message)
    made = demo.tell_story(hash_password(demo.PASSWORD))
    click.echo("The example company is there." if made else "The example company was there already.")
    click.echo(f"Sign in at {current_app.config['BASE_URL']}/login as neza@example.org with: {demo.PASSWORD}")
    others = ", ".join(f"{handle}@example.org" for handle, *_rest in PEOPLE[1:])
    click.echo(f"Others, with the same password: {others}")


@click.command("jobs")
@click.option(
    "--no-periodic",
    is_flag=True,
    help="Leave starting the periodic jobs to another such process. Exactly one should do it.",
)
@with_appcontext
def work_off_jobs(*, no_periodic: bool) -> None:
    """Work background jobs off until SIGTERM (with JOBS=separate, beside the web processes)."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 jobs belong to the app
    try:
        jobs.consume(app, periodic=not no_periodic)
    except TypeError as error:
        raise click.ClickException(str(error)) from error


@click.command("address")
@with_appcontext
def say_address() -> None:
    """Print the address and, until the site is set up, the link that does it."""
    for line in greeting.lines(current_app._get_current_object()):  # type: ignore[attr-defined]  # noqa: SLF001 as above
        click.echo(line)


@click.command("backup")
@click.argument("file", type=_FILE)
@with_appcontext
def back_up(file: pathlib.Path) -> None:
    """Write everything that is kept to FILE (in a folder: under a name with the time). The server may go on."""
    try:
        path, manifest = backup.write(file)
    except (backup.BackupError, SQLAlchemyError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(ngettext("%(num)d row is in %(path)s.", "%(num)d rows are in %(path)s.", manifest.rows, path=path))
    if manifest.key_kept:
        click.echo(_("The secret key is in it too: keep the file where nobody else can read it."))
    else:
        click.echo(_("SECRET_KEY is set from outside and is not in it: keep that elsewhere."))


@click.command("restore")
@click.argument("file", type=_FILE)
@click.option("--check", is_flag=True, help="Read the file and check all of it, and change nothing.")
@click.option("--replace", is_flag=True, help="Take away what is in the database now.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_appcontext
@click.pass_context
def put_back(context: click.Context, file: pathlib.Path, *, check: bool, replace: bool, yes: bool) -> None:
    """Put a backup back into the database. No server may run. Ends with 1 if nothing was changed."""
    try:
        with contextlib.closing(restore.read(file)) as found:
            _tell(found.manifest)
            if check:
                return
            if replace and not yes and restore.occupied():
                _confirm(found.manifest)
            restored = restore.put_back(found, replace=replace, say=click.echo)
    except (restore.RestoreError, SQLAlchemyError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(_("The backup is restored."))
    if restored.key_differs:
        click.echo(_("SECRET_KEY is not the one of the backup: links in e-mails sent so far are dead. Set that one."))
    broken = look_deeper(restored.manifest.head)
    for line in broken:
        click.echo(_("FOUND in the backup: %(what)s", what=line))
    if broken:
        context.exit(FOUND_BROKEN)
    click.echo(_("All that must hold between its rows holds, and its journal is whole."))


def _tell(manifest: archive.Manifest) -> None:
    click.echo(_("A whole backup of %(moment)s UTC, by Folkmoot %(version)s, from %(database)s: %(rows)d rows.",
                 moment=f"{manifest.made_at:%Y-%m-%d %H:%M}", version=manifest.version, database=manifest.database,
                 rows=manifest.rows))  # fmt: skip


def _confirm(manifest: archive.Manifest) -> None:
    click.echo(_("Everything in the database now is taken away, and what was there on %(day)s takes its place.",
                 day=f"{manifest.made_at:%Y-%m-%d}"))  # fmt: skip
    if click.prompt(_("Write “replace” to go on"), default="", show_default=False) != "replace":
        raise restore.RestoreError(_("Nothing was changed."))


def look_deeper(head: str | None = None) -> list[str]:
    """Return, in words, what does not hold between rows and in the journal's chain; `head`: a seal it must have."""
    with snapshot() as session:
        lines = [
            _("%(what)s: %(number)d, for example %(id)s", what=one.words, number=one.number, id=one.example)
            for one in invariants.findings(session)
        ]
    chain = verify(head)
    return lines if chain.first is None else [*lines, _("The journal: %(what)s", what=chain.first.words)]


@click.command("doctor")
@click.option("--mail", metavar="ADDRESS", help="Send a test mail there.")
@click.option("--deep", is_flag=True, help="Count everything anew, and walk the whole journal.")
@with_appcontext
@click.pass_context
def ask_doctor(context: click.Context, *, mail: str | None, deep: bool) -> None:
    """Look at everything the installation needs, and say what to do about what is not well. Ends with 1 if anything."""
    ill = 0
    for check in doctor.examine(mail):
        ill += not check.ok
        click.echo(_line(check.name, check.said, "" if check.ok else check.what_to_do, ok=check.ok))
    if deep:
        broken = look_deeper()
        ill += len(broken)
        for line in broken:
            click.echo(_line(_("Between rows"), line, ok=False))
        if not broken:
            click.echo(_line(_("Between rows"), _("All that must hold holds, and the journal is whole"), ok=True))
    if ill:
        click.echo(ngettext("%(num)d thing is to be seen to.", "%(num)d things are to be seen to.", ill))
        context.exit(1)


def _line(name: str, *said: str, ok: bool) -> str:
    sentences = [part.strip().removesuffix(".") for part in said if part]
    return f"{'OK' if ok else '!!'}  {name}: {'. '.join(sentences)}"


@click.command("rotate-key")
@click.option("--forget", is_flag=True, help="Make none, and let go of the earlier ones.")
@with_appcontext
def rotate_key(*, forget: bool) -> None:
    """Make a new secret key; what was signed with the one before is still good. Start the server anew afterwards."""
    if backup.kept_key() is None:
        message = _(
            "SECRET_KEY is set from outside: set another there, and put this one into SECRET_KEY_FALLBACKS. See "
            "docs/running.md."
        )
        raise click.ClickException(message)
    path = pathlib.Path(current_app.config["INSTANCE_PATH"]) / config.KEY_FILE
    try:
        (config.forget_keys if forget else config.rotate_key)(path)
    except OSError as error:
        raise click.ClickException(_("The keys are as they were: %(said)s", said=error)) from error
    if forget:
        click.echo(_("The earlier keys are forgotten: once the server is started anew, what they signed is dead."))
    else:
        click.echo(_("There is a new key. Start the server and its jobs anew, and they sign with it."))


COMMANDS: tuple[Command, ...] = (tell_demo, work_off_jobs, say_address, back_up, put_back, ask_doctor, rotate_key)
