"""Who may invite to what, and for whom an invitation is."""

from webapp.companies import policy as companies_policy
from webapp.core.actor import Actor, Scope
from webapp.core.errors import NotFoundError, ReachError
from webapp.core.permissions import Permission, Role, require, require_scope
from webapp.events import policy as events_policy
from webapp.models import Event, Invitation, User


def _permission(role: str | None) -> Permission:
    return Permission.MANAGE_OWNERS if role == Role.OWNER.value else Permission.MANAGE_PEOPLE


def _may_invite(actor: Actor, invitation: Invitation, event: Event | None) -> bool:
    """Tell whether `actor` invites to such things at all, whatever its token may give of its own."""
    if invitation.kind == "event":
        return event is not None and events_policy.can_manage(actor, event)
    if invitation.kind == "company":
        return invitation.company_id is not None and companies_policy.allows(
            actor, invitation.company_id, _permission(invitation.role)
        )
    return actor.system or (actor.user_id is not None and companies_policy.reaches(actor, None))


def may_issue(actor: Actor, invitation: Invitation, event: Event | None) -> bool:
    """Tell whether `actor` may make such an invitation.

    To the site any account may; to a company those who manage its people, and only owners appoint owners; to an
    event (`event`: loaded as `events.queries.get_event` does) those who run it. A program gives no role that may do
    more than itself, and one that acts for a company invites to nothing outside of it.
    """
    return _may_invite(actor, invitation, event) and _gives_no_more(actor, invitation)


def _gives_no_more(actor: Actor, invitation: Invitation) -> bool:
    if invitation.company_id is None or invitation.role is None:
        return True
    return not companies_policy.lacking(actor, invitation.company_id, Role(invitation.role))


def require_issue(actor: Actor, invitation: Invitation, event: Event | None) -> None:
    """Raise NotFoundError or ForbiddenError (also BeyondTokenError, ReachError) unless `may_issue` says yes."""
    if invitation.kind == "event":
        if event is None:
            raise NotFoundError
        events_policy.require_manage(actor, event)
    elif invitation.kind == "company":
        if invitation.company_id is None:
            raise NotFoundError
        companies_policy.require_in(actor, invitation.company_id, _permission(invitation.role))
        if invitation.role is not None:
            companies_policy.require_gives(actor, invitation.company_id, Role(invitation.role))
    else:
        actor.account()
        require_site(actor)


def require_site(actor: Actor) -> None:
    """Raise ReachError for a token that is limited to a company: what invites to the site lies outside of it."""
    require(companies_policy.reaches(actor, None), error=ReachError)


def _lies_within(actor: Actor, invitation: Invitation, event: Event | None) -> bool:
    return companies_policy.reaches(actor, event.company_id if event is not None else invitation.company_id)


def may_withdraw(actor: Actor, invitation: Invitation, event: Event | None) -> bool:
    """Tell whether `actor` may revoke the invitation: who made it, or may make such; for the site its administrator."""
    if not _lies_within(actor, invitation, event):
        return False
    if actor.system or (actor.user_id is not None and actor.user_id == invitation.issuer_id):
        return True
    if invitation.kind == "site":
        return actor.site_administrator
    return _may_invite(actor, invitation, event)


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


def require_accept(actor: Actor, invitation: Invitation, event: Event | None) -> None:
    """Raise ForbiddenError or ReachError unless the token that `actor` uses may accept the invitation for its account.

    To an event that takes the scope `voting` and a token that reaches it; to anything else the scope `account`, which
    no token has that is limited to a company. A browser may accept all.
    """
    needed = Scope.VOTING if invitation.kind == "event" else Scope.ACCOUNT
    if needed is Scope.ACCOUNT:
        require_site(actor)
    elif not _lies_within(actor, invitation, event):
        raise ReachError
    require_scope(actor, needed)


def is_for(invitation: Invitation, user: User) -> bool:
    """Tell whether `user` may use the invitation: it was mailed to that address, or to nobody in particular."""
    return invitation.email_key is None or invitation.email_key == user.email_key
