"""Who may invite to what, and for whom an invitation is."""

from webapp.companies import policy as companies_policy
from webapp.core.actor import Actor
from webapp.core.errors import NotFoundError
from webapp.core.permissions import Permission, Role, require
from webapp.events import policy as events_policy
from webapp.models import Event, Invitation, User


def _permission(role: str | None) -> Permission:
    return Permission.MANAGE_OWNERS if role == Role.OWNER.value else Permission.MANAGE_PEOPLE


def may_issue(actor: Actor, invitation: Invitation, event: Event | None) -> bool:
    """Tell whether `actor` may make such an invitation.

    To the site any account may; to a company those who manage its people, and only owners appoint owners; to an
    event (`event`: loaded as `events.queries.get_event` does) those who run it.
    """
    if invitation.kind == "event":
        return event is not None and events_policy.can_manage(actor, event)
    if invitation.kind == "company":
        return invitation.company_id is not None and companies_policy.allows(
            actor, invitation.company_id, _permission(invitation.role)
        )
    return actor.system or actor.user_id is not None


def require_issue(actor: Actor, invitation: Invitation, event: Event | None) -> None:
    """Raise NotFoundError or ForbiddenError unless `actor` may make such an invitation."""
    if invitation.kind == "event":
        if event is None:
            raise NotFoundError
        events_policy.require_manage(actor, event)
    elif invitation.kind == "company":
        if invitation.company_id is None:
            raise NotFoundError
        companies_policy.require_in(actor, invitation.company_id, _permission(invitation.role))
    else:
        actor.account()


def may_withdraw(actor: Actor, invitation: Invitation, event: Event | None) -> bool:
    """Tell whether `actor` may revoke the invitation: who made it, or may make such; for the site its administrator."""
    if actor.system or (actor.user_id is not None and actor.user_id == invitation.issuer_id):
        return True
    if invitation.kind == "site":
        return actor.site_administrator
    return may_issue(actor, invitation, event)


def require_withdraw(actor: Actor, invitation: Invitation, event: Event | None) -> None:
    """Raise NotFoundError unless `actor` may revoke the invitation: to all others it is not there."""
    require(seen=may_withdraw(actor, invitation, event), allowed=True)


def may_copy(actor: Actor, invitation: Invitation, event: Event | None) -> bool:
    """Tell whether the link may be shown to `actor`.

    A mailed link proves an address, so nobody but its reader sees it; a link grants something, so nobody sees it who
    could not grant that (an administrator would become an owner by the link of one).
    """
    if invitation.email_key is not None:
        return False
    if invitation.kind == "site":
        return actor.user_id == invitation.issuer_id
    return may_issue(actor, invitation, event)


def is_for(invitation: Invitation, user: User) -> bool:
    """Tell whether `user` may use the invitation: it was mailed to that address, or to nobody in particular."""
    return invitation.email_key is None or invitation.email_key == user.email_key
