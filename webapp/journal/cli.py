"""Commands."""

import re

import click
from click import Command
from flask.cli import AppGroup
from flask_babel import gettext as _
from flask_babel import ngettext

from webapp.journal.verifying import Verdict, verify

journal = AppGroup("journal", help="The journal: who did what.")


def _a_seal(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    plain = value.strip().lower()
    if not re.fullmatch("[0-9a-f]{64}", plain):
        message = _("A seal is 64 hexadecimal digits.")
        raise click.BadParameter(message)
    return plain


@journal.command("verify")
@click.option("--head", metavar="HASH", callback=_a_seal, help="A seal noted earlier, which must still be there.")
@click.pass_context
def verify_journal(context: click.Context, *, head: str | None) -> None:
    """Walk the chain of the journal and say what was changed, removed or slipped in. Ends with 1 if anything was."""
    found = verify(head)
    for line in _told(found):
        click.echo(line)
    if found.first is not None:
        context.exit(1)


def _told(found: Verdict) -> list[str]:
    lines = [ngettext("%(num)d entry is sealed.", "%(num)d entries are sealed.", found.sealed)]
    if found.unsealed:
        lines.append(
            ngettext("%(num)d entry waits to be sealed.", "%(num)d entries wait to be sealed.", found.unsealed)
        )
    if found.first is None:
        lines.append(_("The chain is whole."))
    else:
        lines.append(_("FOUND: %(what)s", what=found.first.words))
    if found.findings > 1:
        lines.append(ngettext("And %(num)d more place.", "And %(num)d more places.", found.findings - 1))
    if found.noted_at is not None:
        lines.append(_("The seal you noted is entry %(position)s of this chain.", position=found.noted_at))
    if found.head:
        lines.append(_("Head: entry %(position)s, %(seal)s", position=found.position, seal=found.head))
    return lines


COMMANDS: tuple[Command, ...] = (journal,)
