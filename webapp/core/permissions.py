"""Roles, and what each may do in its company and all companies below it (DESIGN: who may what)."""

import enum

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


def may(role: Role | None, permission: Permission) -> bool:
    """Tell whether `role` (None: no role at all) includes `permission`."""
    return role is not None and permission in ALLOWED[role]


def require(allowed: bool, *, seen: bool = True, error: type[AppError] = ForbiddenError) -> None:  # noqa: FBT001 the answer itself
    """Raise NotFoundError where the actor does not even see the thing, `error` where it sees it and is not allowed."""
    if not seen:
        raise NotFoundError
    if not allowed:
        raise error
