"""Who acts: an account, a guest by personal link, or the system."""

import dataclasses
import datetime as dt
import enum
import uuid

from webapp.core import clock
from webapp.core.errors import SignInError, StaleError

FRESH_FOR = dt.timedelta(minutes=15)


class Scope(enum.StrEnum):
    """What a program may be allowed to do with its token (DESIGN: scopes of the API)."""

    ACCOUNT = "account"
    EVENTS_READ = "events:read"
    EVENTS_WRITE = "events:write"
    GUESTS_READ = "guests:read"
    GUESTS_WRITE = "guests:write"
    CHECK_IN = "check-in"
    INVITATIONS_WRITE = "invitations:write"
    VOTING = "voting"
    COMPANIES_READ = "companies:read"
    COMPANIES_WRITE = "companies:write"
    EXIST_EMAIL = "exist-email"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Actor:
    """Who acts, and how far this session reaches.

    `user_id`: the account, if there is one. `guest_id`: the guest whose personal link was opened. `system`: the house
    itself (jobs, commands). `session_id`: the session's row. `scopes`: None for a browser, which has them all.
    `scope`: the one scope under which a token is used now: memberships that do not give it to tokens do not count.
    `company_id`: the company a token is limited to (and all below it). What is the account's own lies outside of it, so
    that such a token never carries the scope `account`. `fresh_at`: when the password was last typed.
    """

    user_id: uuid.UUID | None = None
    guest_id: uuid.UUID | None = None
    session_id: uuid.UUID | None = None
    system: bool = False
    site_administrator: bool = False
    scopes: frozenset[str] | None = None
    scope: str | None = None
    company_id: uuid.UUID | None = None
    fresh_at: dt.datetime | None = None

    def __post_init__(self) -> None:
        """Leave the account's own out of the scopes of a token that is limited to a company."""
        if self.company_id is not None and self.scopes is not None:
            object.__setattr__(self, "scopes", self.scopes - {Scope.ACCOUNT.value})

    @property
    def kind(self) -> str:
        """Return "account", "guest", "system" or "nobody"."""
        if self.system:
            return "system"
        if self.user_id is not None:
            return "account"
        return "guest" if self.guest_id is not None else "nobody"

    @property
    def fresh(self) -> bool:
        """Tell whether the password was typed within the last 15 minutes (the system needs none)."""
        return self.system or (self.fresh_at is not None and clock.now() - self.fresh_at <= FRESH_FOR)

    def has_scope(self, scope: Scope) -> bool:
        """Tell whether this session carries `scope`."""
        return self.scopes is None or scope.value in self.scopes

    def under(self, scope: Scope) -> "Actor":
        """Return this actor as it acts under `scope`."""
        return dataclasses.replace(self, scope=scope.value)

    def account(self) -> uuid.UUID:
        """Return the account's id; raises SignInError where nobody is signed in."""
        if self.user_id is None:
            raise SignInError
        return self.user_id

    def require_fresh(self) -> None:
        """Raise StaleError unless the password was typed within the last 15 minutes."""
        if not self.fresh:
            raise StaleError


SYSTEM = Actor(system=True)
NOBODY = Actor()
