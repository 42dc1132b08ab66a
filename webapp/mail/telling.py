"""What each e-mail is told: one context function a template, registered by the feature that owns it."""

import dataclasses
from collections.abc import Callable
from typing import Any

from webapp.models import OutboxMail


@dataclasses.dataclass(frozen=True)
class Told:
    """What an e-mail's templates get, and the headers it needs.

    `values`: names for subject.txt, body.txt and body.html (links made now, from the configured base address).
    `unsubscribe`: the address for List-Unsubscribe (one click by POST, RFC 8058). `attachments`: (name, type, bytes).
    """

    values: dict[str, Any]
    unsubscribe: str | None = None
    attachments: tuple[tuple[str, str, bytes], ...] = ()


Teller = Callable[[OutboxMail], Told | None]
tellers: dict[str, Teller] = {}


def tells(template: str) -> Callable[[Teller], Teller]:
    """Register the context function of `templates/email/<template>/`.

    It gets the outbox row and returns what to tell, or None where the mail has lost its sense (its link is dead, its
    guest removed or unsubscribed): it is then dropped and not sent.
    """

    def register(teller: Teller) -> Teller:
        tellers[template] = teller
        return teller

    return register
