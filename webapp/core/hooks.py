"""How a lower feature tells a higher one: a few typed points, whose handlers `create_app` lists.

A hook's handlers run in the order they were listed, in the transaction of whoever fires it, and may return values.
"""

import dataclasses
import uuid
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from flask import Flask, current_app

Payload = TypeVar("Payload")


class Hook(Generic[Payload]):
    """A point at which something happened, carrying one payload."""

    def __init__(self, name: str) -> None:
        """Name the point."""
        self.name = name

    def listen(self, app: Flask, handler: Callable[[Payload], Any]) -> None:
        """Add `handler` behind those already listed for `app`."""
        app.extensions.setdefault("hooks", {}).setdefault(self.name, []).append(handler)

    def fire(self, payload: Payload) -> list[Any]:
        """Call every handler with `payload`; return what they returned."""
        handlers = current_app.extensions.get("hooks", {}).get(self.name, [])
        return [handler(payload) for handler in handlers]


@dataclasses.dataclass(frozen=True)
class AccountChange:
    """Which account, and its address as it is compared (before an erasure)."""

    user_id: uuid.UUID
    email_key: str | None = None


@dataclasses.dataclass(frozen=True)
class AccessChange:
    """Whose access ended, in which company, and by whom.

    `offboarding`: what the account holds in the company and all below it goes, with its role; what is handed over goes
    to the account `successor_id`. Otherwise only one role ended, and what was made with it stays.
    """

    user_id: uuid.UUID
    company_id: uuid.UUID
    by: uuid.UUID | None = None
    offboarding: bool = False
    successor_id: uuid.UUID | None = None


@dataclasses.dataclass(frozen=True)
class EventChange:
    """Which event, what changed (names of fields), and who did it."""

    event_id: uuid.UUID
    changed: frozenset[str] = frozenset()
    by: uuid.UUID | None = None


account_verified: Hook[AccountChange] = Hook("account_verified")
account_deleted: Hook[AccountChange] = Hook("account_deleted")
account_exported: Hook[AccountChange] = Hook("account_exported")
access_revoked: Hook[AccessChange] = Hook("access_revoked")
event_changed: Hook[EventChange] = Hook("event_changed")
event_cancelled: Hook[EventChange] = Hook("event_cancelled")
