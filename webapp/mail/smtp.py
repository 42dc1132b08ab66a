"""Speaking to the SMTP server, and what its refusals mean."""

import dataclasses
import enum
import re
import smtplib
import ssl
from types import TracebackType
from typing import Self

import flask_mail
from flask import current_app
from flask_babel import gettext as _

from webapp.core import text
from webapp.extensions import mail as extension
from webapp.mail.letters import Letter

_WORDS = 400


class Blame(enum.Enum):
    """Whose trouble it is that a mail was not delivered."""

    SERVER = "server"
    """The SMTP server is away or refuses us: every mail would fare the same."""
    MOMENT = "moment"
    """This mail is not wanted now and may be later."""
    GOOD = "good"
    """This mail will never be taken."""


@dataclasses.dataclass(frozen=True)
class Trouble:
    """Why a mail was not delivered: whose trouble it is, and a sentence."""

    blame: Blame
    words: str


class Connection(flask_mail.Connection):
    """A connection with a time limit that checks the server's certificate; opened with the first letter."""

    def __init__(self) -> None:
        """Take the server from the app's settings."""
        super().__init__(extension.init_mail(current_app.config, testing=False))  # type: ignore[arg-type]

    def configure_host(self) -> smtplib.SMTP | smtplib.SMTP_SSL:
        """Return a connection that is open and signed in; raises what smtplib raises."""
        host = self.reach()
        try:
            self.secure(host)
            self.sign_in(host)
        except BaseException:
            host.close()
            raise
        return host

    def reach(self) -> smtplib.SMTP | smtplib.SMTP_SSL:
        """Return a connection that is open; raises what smtplib raises."""
        server, port, timeout = self.mail.server, self.mail.port or 25, current_app.config["MAIL_TIMEOUT"]
        if self.mail.use_ssl:
            return smtplib.SMTP_SSL(server, port, timeout=timeout, context=ssl.create_default_context())
        return smtplib.SMTP(server, port, timeout=timeout)

    def secure(self, host: smtplib.SMTP) -> None:
        """Begin TLS where the settings ask for it after the greeting; raises what smtplib raises."""
        if self.mail.use_tls and not self.mail.use_ssl:
            host.starttls(context=ssl.create_default_context())

    def sign_in(self, host: smtplib.SMTP) -> None:
        """Sign in where the settings name somebody; raises what smtplib raises."""
        if self.mail.username and self.mail.password:
            host.login(self.mail.username, self.mail.password)

    def __enter__(self) -> Self:
        """Connect with the first letter only: most often somebody else has sent it already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection. What the server says to that changes nothing."""
        self.close()

    def close(self) -> None:
        """Say good-bye, if the server still listens."""
        host, self.host = self.host, None
        if host is not None:
            try:
                host.quit()
            except (OSError, smtplib.SMTPException):
                host.close()

    def transmit(self, letter: Letter) -> Trouble | None:
        """Send `letter`; return None once the server has taken it over, else why it did not."""
        try:
            return self.hand_over(letter)
        except (OSError, smtplib.SMTPException) as error:
            trouble = judge(error)
            if trouble.blame is Blame.SERVER:
                self.close()
            return trouble

    def hand_over(self, letter: Letter) -> Trouble | None:
        """Send `letter`; return why this server cannot take it, if so; raises what smtplib raises."""
        if self.host is None:
            self.host = self.configure_host()
            self.host.ehlo_or_helo_if_needed()
        if letter.utf8 and not self.host.has_extn("smtputf8"):
            words = _("The mail server in use cannot write to addresses with letters such as these.")
            return Trouble(Blame.GOOD, words)
        options = ["SMTPUTF8", "BODY=8BITMIME"] if letter.utf8 else []
        self.host.sendmail(letter.from_email, [letter.to_email], letter.wire, options)
        return None


def judge(error: Exception) -> Trouble:
    """Return what `error`, raised by smtplib or below, means for the mail."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _refusal(*next(iter(error.recipients.values())))
    if isinstance(error, smtplib.SMTPDataError):
        return _refusal(error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPResponseException):
        return _response(error)
    if isinstance(error, ssl.SSLError):
        said = _plain(error.reason or str(error))
        return Trouble(Blame.SERVER, _("The mail server could not be trusted or spoken to safely: %(said)s", said=said))
    # smtplib turns a time-out within a conversation into a lost connection.
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return Trouble(Blame.SERVER, _("The mail server did not answer in time."))
    return Trouble(Blame.SERVER, _("The mail server could not be reached: %(said)s", said=_plain(_in_words(error))))


def _in_words(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _response(error: smtplib.SMTPResponseException) -> Trouble:
    said = _said(error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPSenderRefused):
        # 552 and 554 speak of this mail; anything else is about us, whoever the mail is for.
        blame = Blame.GOOD if error.smtp_code in {552, 554} else Blame.SERVER
        return Trouble(blame, _("The mail server did not take our own address: %(said)s", said=said))
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return Trouble(
            Blame.SERVER, _("The mail server did not accept the user name and password: %(said)s", said=said)
        )
    return Trouble(Blame.SERVER, _("The mail server refused: %(said)s", said=said))


def _refusal(code: int, said: bytes | str) -> Trouble:
    plain = _said(code, said)
    why = _in_plain_words(plain)
    words = _("The mail server said: %(said)s", said=plain)
    words = f"{why} {words}" if why else words
    if code == 421:
        return Trouble(Blame.SERVER, words)
    return Trouble(Blame.GOOD if 500 <= code < 600 else Blame.MOMENT, words)


# Enhanced status codes (RFC 3463), and what servers write where they send none.
_NO_MAILBOX = re.compile(
    r"\b5\.1\.(1|2|3|6|10)\b|no such|unknown user|user unknown|does not exist|unknown in", re.IGNORECASE
)
_FULL = re.compile(r"\b[45]\.2\.2\b|mailbox (is )?full|quota", re.IGNORECASE)
_UNWANTED = re.compile(r"\b5\.7\.\d+\b|spam|blocked|policy|black ?list|reputation", re.IGNORECASE)
_LATER = re.compile(r"grey ?list|try again|temporar", re.IGNORECASE)


def _in_plain_words(said: str) -> str:
    """Return what a refusal means for whoever reads it; "" where it is not known."""
    if _FULL.search(said):
        return _("The mailbox is full.")
    if _NO_MAILBOX.search(said):
        return _("There is no such mailbox.")
    if _UNWANTED.search(said):
        return _("The other side does not want this mail, or mail from here.")
    if _LATER.search(said):
        return _("The other side asks to try again later.")
    return ""


def _said(code: int, said: bytes | str) -> str:
    return f"{code} {_plain(said)}".strip()


def _plain(said: bytes | str) -> str:
    decoded = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return text.one_line("".join(letter if letter.isprintable() else " " for letter in decoded))[:_WORDS]
