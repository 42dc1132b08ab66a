"""Roles, and what each may do in its company and all companies below it (DESIGN: who may what)."""

import enum

from flask_babel import lazy_gettext as _l

from webapp.core.actor import Actor, Scope
from webapp.core.errors import AppError, ForbiddenError, NotFoundError


class Role(enum.StrEnum):
    """What an account is in a company, strongest first."""

    OWNER = "owner"
    ADMINISTRATOR = "administrator"
    ORGANISER = "organiser"
    DOORKEEPER = "doorkeeper"

    @property
    def rank(self) -> int:
        """Return 4 for an owner down to 1 for a doorkeeper."""
        return 4 - list(Role).index(self)


class Permission(enum.StrEnum):
    """What can be done in a company."""

    CHECK_IN = "check-in"
    SEE_EVENTS = "see events"
    MANAGE_EVENTS = "manage events"
    MANAGE_GUESTS = "manage guests"
    INVITE = "invite"
    EXPORT = "export"
    MANAGE_PEOPLE = "manage people"
    MANAGE_PROJECTS = "manage projects"
    MANAGE_CHILDREN = "manage children"
    MANAGE_APPS = "manage apps"
    READ_MAIL = "read mail"
    READ_JOURNAL = "read journal"
    MANAGE_SETTINGS = "manage settings"
    MOVE = "move"
    MANAGE_OWNERS = "manage owners"


_DOORKEEPER = frozenset({Permission.CHECK_IN, Permission.SEE_EVENTS})
_ORGANISER = _DOORKEEPER | {
    Permission.MANAGE_EVENTS,
    Permission.MANAGE_GUESTS,
    Permission.INVITE,
    Permission.EXPORT,
}
_ADMINISTRATOR = _ORGANISER | {
    Permission.MANAGE_PEOPLE,
    Permission.MANAGE_PROJECTS,
    Permission.MANAGE_CHILDREN,
    Permission.MANAGE_APPS,
    Permission.READ_MAIL,
    Permission.READ_JOURNAL,
}
ALLOWED: dict[Role, frozenset[Permission]] = {
    Role.DOORKEEPER: _DOORKEEPER,
    Role.ORGANISER: _ORGANISER,
    Role.ADMINISTRATOR: _ADMINISTRATOR,
    Role.OWNER: frozenset(Permission),
}
# What programs may do in a company by a role there. What is one's own (`account`, `voting`) no role gives.
_DOORKEEPER_SCOPES = frozenset({Scope.EVENTS_READ, Scope.GUESTS_READ, Scope.CHECK_IN, Scope.COMPANIES_READ})
_ORGANISER_SCOPES = _DOORKEEPER_SCOPES | {Scope.EVENTS_WRITE, Scope.GUESTS_WRITE, Scope.INVITATIONS_WRITE}
_ADMINISTRATOR_SCOPES = _ORGANISER_SCOPES | {Scope.COMPANIES_WRITE}
GIVES: dict[Role, frozenset[Scope]] = {
    Role.DOORKEEPER: _DOORKEEPER_SCOPES,
    Role.ORGANISER: _ORGANISER_SCOPES,
    Role.ADMINISTRATOR: _ADMINISTRATOR_SCOPES,
    Role.OWNER: _ADMINISTRATOR_SCOPES,
}
HELD_TO: frozenset[Scope] = _ADMINISTRATOR_SCOPES | {Scope.VOTING}
"""What a role may leave to the tokens that act for its company, or not."""


def may(role: Role | None, permission: Permission) -> bool:
    """Tell whether `role` (None: no role at all) includes `permission`."""
    return role is not None and permission in ALLOWED[role]


def require(allowed: bool, *, seen: bool = True, error: type[AppError] = ForbiddenError) -> None:  # noqa: FBT001 the answer itself
    """Raise NotFoundError where the actor does not even see the thing, `error` where it sees it and is not allowed."""
    if not seen:
        raise NotFoundError
    if not allowed:
        raise error


def require_scope(actor: Actor, scope: Scope) -> None:
    """Raise ForbiddenError where `actor` is a program whose token does not carry `scope`."""
    if not actor.has_scope(scope):
        raise ForbiddenError(_l("This token may not do that: it needs the scope %(scope)s.", scope=scope.value))
