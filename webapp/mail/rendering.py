"""Rendering: from an outbox row to subject, text and HTML."""

import dataclasses
import re

from flask import current_app, render_template

from webapp.mail.telling import tellers
from webapp.models import OutboxMail

# One of `core.tokens`: what it says, and its signature (32 bytes in base64).
_TOKEN = re.compile(r"[\w-]{20,}\.[\w-]{43}(?![\w-])")


@dataclasses.dataclass(frozen=True)
class Rendered:
    """An e-mail ready to send."""

    subject: str
    text: str
    html: str
    unsubscribe: str | None = None
    attachments: tuple[tuple[str, str, bytes], ...] = ()


def render(mail: OutboxMail) -> Rendered | None:
    """Return what `mail` says now; None where it has lost its sense and is not to be sent."""
    told = tellers[mail.template](mail)
    if told is None:
        return None
    folder = f"email/{mail.template}"
    values = {"mail": mail, "name": mail.to_name, "unsubscribe": told.unsubscribe, **told.values}
    return Rendered(
        subject=" ".join(render_template(f"{folder}/subject.txt", **values).split()),
        text=render_template(f"{folder}/body.txt", **values).strip() + "\n",
        html=render_template(f"{folder}/body.html", **values),
        unsubscribe=told.unsubscribe,
        attachments=told.attachments,
    )


def masked(words: str) -> str:
    """Return `words` with the secret part of every link to this site, or to a program's, replaced by dots."""
    base = re.escape(current_app.config["BASE_URL"])
    words = re.sub(rf"({base}/[\w-]*)[/?#][^\s\"'<>)]*", r"\1/…", words)
    return _TOKEN.sub("…", words)
