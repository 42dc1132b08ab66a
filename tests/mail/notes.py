"""A small e-mail for tests of the outbox: "note" says what its context holds."""

from typing import Any

from webapp.core.operation import operation
from webapp.mail.outbox import queue
from webapp.mail.telling import Told
from webapp.models import OutboxMail

TEMPLATES = {
    "email/note/subject.txt": "{{ subject }}",
    "email/note/body.txt": "Dear {{ name }}, {{ words }}\n{{ link }}\n",
    "email/note/body.html": "<p>Dear {{ name }}, {{ words }} <a href='{{ link }}'>Open</a></p>",
}
ATTACHMENT = ("evening.ics", "text/calendar; method=PUBLISH; charset=utf-8", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")


def tell_note(mail: OutboxMail) -> Told | None:
    said: dict[str, Any] = {"subject": "A note", "words": "all is well", "link": "", **mail.context}
    if said.get("senseless"):
        return None
    if said.get("broken"):
        raise KeyError(said["broken"])
    return Told(said, unsubscribe=said.get("unsubscribe"), attachments=(ATTACHMENT,) if said.get("calendar") else ())


@operation
def write_note(to: str = "maja@example.org", name: str = "Maja", **context: Any) -> OutboxMail:
    return queue("note", to=to, name=name, context=context)
