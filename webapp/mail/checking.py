"""Trying the mail server: a letter of our own, and where it got stuck.

The letter goes straight to the server, not through the outbox: what is asked is whether the settings work now.
"""

import smtplib
import socket
import ssl
from dataclasses import dataclass
from typing import Literal

from flask import current_app
from flask_babel import gettext as _
from markupsafe import escape

from webapp.core import clock
from webapp.core.database import db, new_id
from webapp.core.operation import end_read
from webapp.mail.letters import Envelope, Letter, wire_address, write_letter
from webapp.mail.rendering import Rendered
from webapp.mail.sender import sender
from webapp.mail.smtp import Connection, judge
from webapp.models import Site

Step = Literal["dns", "connection", "tls", "sign-in", "sender", "recipient", "sent"]
# RFC 4954, section 6: answers to any command that ask for signing in, or for another way of it.
_SIGN_IN_FIRST = {530, 534, 535, 538}


@dataclass(frozen=True)
class Checked:
    """How far a trial came. `step`: the one it got stuck at, or "sent"; `words`: a sentence, and what to do."""

    ok: bool
    step: Step
    words: str


class _Watched(Connection):
    """A connection that knows which step it is at."""

    step: Step = "connection"

    def secure(self, host: smtplib.SMTP) -> None:
        """Begin TLS, if it is to be."""
        self.step = "tls"
        super().secure(host)

    def sign_in(self, host: smtplib.SMTP) -> None:
        """Sign in, if it is to be."""
        self.step = "sign-in"
        super().sign_in(host)


def send_test(address: str) -> Checked:
    """Send a small letter to `address` and return how that went. No refusal of the server's is raised.

    Call it outside of an operation: it waits for the server as long as MAIL_TIMEOUT says.
    """
    try:
        wire_address(address)
    except ValueError:
        return Checked(ok=False, step="recipient", words=_("“%(address)s” is no e-mail address.", address=address))
    try:
        letter = _letter(address)
    except ValueError:
        said = current_app.config["MAIL_DEFAULT_SENDER"]
        words = _("MAIL_DEFAULT_SENDER is no e-mail address: %(sender)s", sender=said)
        return Checked(ok=False, step="sender", words=words)
    found = _try(letter)
    if not found.ok:
        return found
    return Checked(ok=True, step="sent", words=_("The mail server took the letter to %(address)s.", address=address))


def try_server() -> Checked:
    """Connect and sign in as for a letter, without sending one, and return how that went."""
    found = _try(None)
    words = _("The mail server answers at %(server)s, port %(port)d.", server=_server(), port=_port())
    return Checked(ok=True, step="sent", words=words) if found.ok else found


def _server() -> str:
    return str(current_app.config["MAIL_SERVER"])


def _port() -> int:
    return int(current_app.config["MAIL_PORT"])


def _letter(address: str) -> Letter:
    site = db.session.get(Site, 1)
    name, written_by = site.name if site else "Folkmoot", sender()
    end_read()
    base = current_app.config["BASE_URL"]
    host = base.split("://", 1)[-1].split("/")[0].split(":")[0]
    words = _("This is a test mail from %(site)s (%(base)s). It arrived: e-mails go out.", site=name, base=base)
    rendered = Rendered(
        subject=_("%(site)s: a test mail", site=name),
        text=f"{words}\n",
        html=f"<!doctype html>\n<p>{escape(words)}</p>\n",
    )
    envelope = Envelope(to_email=address, to_name="", message_id=f"<{new_id()}@{host}>", created_at=clock.now())
    return write_letter(envelope, rendered, written_by)


def _try(letter: Letter | None) -> Checked:
    """Go the way of a letter, step by step."""
    if not _server():
        words = _("No mail server is set. Set MAIL_SERVER and start anew; until then e-mails wait in the outbox.")
        return Checked(ok=False, step="connection", words=words)
    if unknown := _unknown_name():
        return unknown
    with _Watched() as connection:
        try:
            connection.host = connection.configure_host()
            connection.host.ehlo_or_helo_if_needed()
            if letter is None:
                connection.host.noop()
                return Checked(ok=True, step="sent", words="")
            connection.step = "recipient"
            trouble = connection.hand_over(letter)
        except (OSError, smtplib.SMTPException) as error:
            return _stuck(connection.step, error)
        except UnicodeError:
            words = _("The mail server can be told plain letters and signs only.")
            return Checked(ok=False, step=connection.step, words=f"{words} {_hint(connection.step)}")
    return Checked(ok=trouble is None, step="recipient" if trouble else "sent", words=trouble.words if trouble else "")


def _unknown_name() -> Checked | None:
    """Return the failure of a name that leads to no machine, None for one that does."""
    try:
        socket.getaddrinfo(_server(), _port(), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        said = error.strerror if isinstance(error, OSError) else ""
        words = _(
            "The name %(server)s of the mail server cannot be found: %(said)s.", server=_server(), said=said or error
        )
        hint = _("Look at MAIL_SERVER, and at the name server this machine asks.")
        return Checked(ok=False, step="dns", words=f"{words} {hint}")
    return None


def _stuck(step: Step, error: Exception) -> Checked:
    """Return at which step `error` was raised, more exactly than where it showed."""
    if isinstance(error, ssl.SSLError):
        step = "tls"
    elif step == "recipient" and isinstance(error, smtplib.SMTPSenderRefused):
        step = "sign-in" if error.smtp_code in _SIGN_IN_FIRST else "sender"
    words, hint = judge(error).words, _hint(step, untrusted=isinstance(error, ssl.SSLCertVerificationError))
    return Checked(ok=False, step=step, words=f"{words} {hint}".strip())


def _hint(step: Step, *, untrusted: bool = False) -> str:
    """Return what to do about it, where there is something to say."""
    if untrusted:
        return _("MAIL_SERVER must be the name in the server's certificate, and this machine must trust who signed it.")
    hints = {
        "connection": _("Look at MAIL_SERVER and MAIL_PORT, and whether a firewall lets it through."),
        "tls": _("Port 587 most often goes with MAIL_USE_TLS=yes, port 465 with MAIL_USE_SSL=yes."),
        "sign-in": _("Look at MAIL_USERNAME and MAIL_PASSWORD."),
        "sender": _("Look at MAIL_DEFAULT_SENDER: most servers want an address of their own."),
    }
    return hints.get(step, "")
