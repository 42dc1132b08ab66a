"""Commands."""

import click
from click import Command
from flask.cli import AppGroup

from webapp.accounts import administration, queries
from webapp.core.actor import SYSTEM
from webapp.core.errors import AppError

accounts = AppGroup("accounts", help="Look after accounts where no site administrator can.")


@accounts.command("make-administrator")
@click.argument("email")
def make_administrator(*, email: str) -> None:
    """Let the account with this address look after the site."""
    user = queries.by_email(email)
    if user is None:
        message = f"There is no account with the address {email}."
        raise click.ClickException(message)
    try:
        administration.set_administrator(SYSTEM, user, on=True)
    except AppError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{email} looks after this site now.")


COMMANDS: tuple[Command, ...] = (accounts,)
