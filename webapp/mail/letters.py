"""Letters: an e-mail as it goes over the wire (RFC 5322, RFC 2369, RFC 3834, RFC 8058)."""

import dataclasses
import datetime as dt
import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import parseaddr
from typing import Any

import email_validator

from webapp.core import text
from webapp.mail.rendering import Rendered
from webapp.models import OutboxMail

# Folding would turn a long link into an encoded word, which no mail reader opens.
_WHOLE = {"list-unsubscribe", "message-id"}
# A line break within a header that no white space follows: what comes after it would be a header of its own.
_BROKEN = re.compile(r"\r(?!\n)|(?<!\r)\n|\n(?![ \t]|\Z)")


class _Policy(EmailPolicy):
    def fold(self, name: str, value: str) -> str:
        if name.lower() in _WHOLE:
            return f"{name}: {value}{self.linesep}"
        return _sound(str(super().fold(name, value)))

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() in _WHOLE:
            return self.fold(name, value).encode("ascii")
        folded = bytes(super().fold_binary(name, value))
        _sound(folded.decode("utf-8", "surrogateescape"))
        return folded


def _sound(folded: str) -> str:
    if _BROKEN.search(folded):
        message = "a line break got into a header"
        raise ValueError(message)
    return folded


def _policy(*, utf8: bool) -> EmailPolicy:
    return _Policy(linesep=SMTP.linesep, max_line_length=78, utf8=utf8)


@dataclasses.dataclass(frozen=True)
class Envelope:
    """What delivery needs of an outbox row, free of the database."""

    to_email: str
    to_name: str
    message_id: str
    created_at: dt.datetime

    @classmethod
    def of(cls, mail: OutboxMail) -> "Envelope":
        """Return the envelope of `mail`."""
        return cls(mail.to_email, mail.to_name, mail.message_id, mail.created_at)


def wire_address(address: str) -> tuple[str, bool]:
    """Return `address` as servers want it (its domain in ASCII), and whether it needs SMTPUTF8 even so.

    Raises ValueError for what is no address.
    """
    found = email_validator.validate_email(address, check_deliverability=False, test_environment=True)
    return found.ascii_email or f"{found.local_part}@{found.ascii_domain}", found.ascii_email is None


def _line(words: str) -> str:
    """Return `words` on one line, without what has no place in a header.

    "=?" begins an encoded word (RFC 2047), which the library decodes where somebody wrote one: with it come line breaks
    and further headers. So it is taken apart.
    """
    line = text.one_line("".join(letter if letter.isprintable() else " " for letter in words))
    return line.replace("=?", "= ?")


@dataclasses.dataclass(frozen=True)
class Letter:
    """One e-mail to one address, as it is sent; `utf8`: only a server with SMTPUTF8 can take it."""

    from_email: str
    to_email: str
    utf8: bool
    wire: bytes


def write_letter(envelope: Envelope, rendered: Rendered, sender: str) -> Letter:
    """Return the letter that says `rendered`, from `sender` ("Name <address>"). No line break gets into a header.

    Raises ValueError for what is no address.
    """
    to_email, utf8 = wire_address(envelope.to_email)
    from_name, from_email = parseaddr(_line(sender))
    from_address = Address(_line(from_name), addr_spec=from_email)
    return Letter(from_email, to_email, utf8, _write(envelope, rendered, to_email, from_address, _policy(utf8=utf8)))


def _write(envelope: Envelope, rendered: Rendered, to_email: str, sender: Address, policy: EmailPolicy) -> bytes:
    message = EmailMessage(policy=policy)
    local, _, domain = to_email.rpartition("@")
    message["From"] = sender
    message["To"] = Address(_line(envelope.to_name), local, domain)
    message["Subject"] = _line(rendered.subject)
    message["Date"] = envelope.created_at
    message["Message-ID"] = envelope.message_id
    message["Auto-Submitted"] = "auto-generated"
    if rendered.unsubscribe:
        message["List-Unsubscribe"] = f"<{rendered.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(rendered.text, cte="quoted-printable")
    message.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    for filename, kind, content in rendered.attachments:
        _attach(message, filename, kind, content)
    return message.as_bytes()


def _attach(message: EmailMessage, filename: str, kind: str, content: bytes) -> None:
    probe = EmailMessage()
    probe["Content-Type"] = kind
    found: Any = probe["Content-Type"]
    message.add_attachment(
        content,
        maintype=found.maintype,
        subtype=found.subtype,
        filename=_line(filename),
        params=dict(found.params),
    )
