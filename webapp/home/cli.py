"""Commands."""

import click
from click import Command
from flask import current_app
from flask.cli import with_appcontext

from webapp.core import jobs
from webapp.home import greeting


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


COMMANDS: tuple[Command, ...] = (work_off_jobs, say_address)
