"""Who may do what with an event: its host and co-hosts, its guests, the company's roles, and everybody else."""

import dataclasses
import uuid

from sqlalchemy import ColumnElement, and_, false, or_, select, true

from webapp.companies import policy as companies_policy
from webapp.core.actor import Actor, Scope
from webapp.core.database import db
from webapp.core.errors import ReachError
from webapp.core.permissions import Permission, Role, may, require
from webapp.models import CoHost, Event, Guest, Membership


@dataclasses.dataclass(frozen=True)
class Standing:
    """How an actor stands to one event: what it sees and may do there."""

    sees: bool = False
    manages: bool = False
    checks_in: bool = False
    guest: bool = False
    """On the guest list, by a proven way, and not taken off it."""

    @property
    def sees_names(self) -> bool:
        """Whether it sees who is coming: its guests, and those who let them in."""
        return self.guest or self.checks_in


def _hosts(actor: Actor, event: Event) -> bool:
    """Tell whether the actor is host or co-host."""
    if actor.user_id is None or not companies_policy.reaches(actor, event.company_id):
        return False
    if event.host_id == actor.user_id:
        return True
    co_host = select(CoHost.user_id).where(CoHost.event_id == event.id, CoHost.user_id == actor.user_id)
    return db.session.scalar(co_host) is not None


def _is_guest(actor: Actor, event: Event) -> bool:
    # One condition alone for each way of being somebody: an index answers it, however long the list is.
    mine = []
    if actor.user_id is not None and companies_policy.reaches(actor, event.company_id):
        mine.append(Guest.user_id == actor.user_id)
    if actor.guest_id is not None:
        mine.append(Guest.id == actor.guest_id)
    if not mine:
        return False
    found = select(Guest.id).where(
        Guest.event_id == event.id, Guest.removed_at.is_(None), Guest.unconfirmed_until.is_(None), or_(*mine)
    )
    return db.session.scalar(found.limit(1)) is not None


def standing(actor: Actor, event: Event) -> Standing:
    """Return how `actor` stands to `event`. A draft is seen by those who manage it alone.

    A token that is used under the scope `check-in` does the door's work, whatever its account may.
    """
    if actor.system:
        return Standing(sees=True, manages=True, checks_in=True)
    role = companies_policy.role_in(actor, event.company_id)
    hosts = _hosts(actor, event)
    runs = hosts or may(role, Permission.MANAGE_EVENTS)
    shown = event.published_at is not None
    guest = _is_guest(actor, event)
    sees = runs or (shown and (event.visibility in {"public", "unlisted"} or guest or may(role, Permission.SEE_EVENTS)))
    checks_in = sees and (hosts or may(role, Permission.CHECK_IN))
    manages = runs and actor.scope != Scope.CHECK_IN
    return Standing(sees=sees, manages=manages, checks_in=checks_in, guest=guest)


def can_see(actor: Actor, event: Event) -> bool:
    """Tell whether `actor` may know that `event` exists."""
    return standing(actor, event).sees


def can_manage(actor: Actor, event: Event) -> bool:
    """Tell whether `actor` may edit the event and its guest list: host, co-host, organisers of the company."""
    return standing(actor, event).manages


def can_check_in(actor: Actor, event: Event) -> bool:
    """Tell whether `actor` may see the guests' names and let them in: also doorkeepers."""
    return standing(actor, event).checks_in


def require_see(actor: Actor, event: Event) -> None:
    """Raise NotFoundError where `actor` may not see the event."""
    require(True, seen=can_see(actor, event))  # noqa: FBT003 seeing is all it takes


def require_manage(actor: Actor, event: Event) -> None:
    """Raise NotFoundError where `actor` may not see the event, ForbiddenError where it may not manage it."""
    found = standing(actor, event)
    require(found.manages, seen=found.sees)


def require_reach(actor: Actor, event: Event) -> None:
    """Raise NotFoundError or (where `actor` sees the event) ReachError for an event that its token does not reach.

    A token that acts for one company sees public events of others as anybody does, and takes no part in them.
    """
    if not companies_policy.reaches(actor, event.company_id):
        require(False, seen=can_see(actor, event), error=ReachError)  # noqa: FBT003 whatever its account may


def reaches(actor: Actor, event_id: uuid.UUID) -> bool:
    """Tell whether the actor's session reaches the event: a token may be limited to one company and all below it."""
    if actor.company_id is None:
        return True
    inside = select(Event.id).where(Event.id == event_id, within_reach(actor))
    return db.session.scalar(inside) is not None


def within_reach(actor: Actor) -> ColumnElement[bool]:
    """Return the condition of events of companies that the actor's session reaches."""
    return companies_policy.reached(actor, Event.company_id)


def hosted_by(actor: Actor) -> ColumnElement[bool]:
    """Return the condition under which `actor` is host or co-host of an event."""
    if actor.user_id is None:
        return false()
    co_hosted = select(CoHost.event_id).where(CoHost.user_id == actor.user_id)
    return and_(or_(Event.host_id == actor.user_id, Event.id.in_(co_hosted)), within_reach(actor))


def guest_of(actor: Actor) -> ColumnElement[bool]:
    """Return the condition under which the actor's account is on the guest list of an event that was published."""
    if actor.user_id is None:
        return false()
    listed = select(Guest.event_id).where(Guest.user_id == actor.user_id, Guest.removed_at.is_(None))
    return and_(Event.published_at.is_not(None), Event.id.in_(listed), within_reach(actor))


def managed_by(actor: Actor) -> ColumnElement[bool]:
    """Return the condition under which `actor` may manage an event."""
    if actor.system:
        return true()
    if actor.user_id is None:
        return false()
    organises = Event.company_id.in_(companies_policy.company_ids(actor, at_least=Role.ORGANISER))
    return or_(hosted_by(actor), organises)


@dataclasses.dataclass(frozen=True)
class Way:
    """One way in which events come onto a list.

    `few`: there are as many as the account itself was put on, one by one, not as many as a company or the site has.
    """

    condition: ColumnElement[bool]
    few: bool = False


def own_ways(actor: Actor) -> list[Way]:
    """Return the ways in which events are `actor`'s own: it hosts or co-hosts them, or is on their guest list."""
    if actor.user_id is None:
        return []
    co_hosted = select(CoHost.event_id).where(CoHost.user_id == actor.user_id)
    return [
        Way(and_(Event.host_id == actor.user_id, within_reach(actor))),
        Way(and_(Event.id.in_(co_hosted), within_reach(actor)), few=True),
        Way(guest_of(actor), few=True),
    ]


# Above that many companies their events are looked for among all there are: they are a good part of them.
MOST_COMPANIES = 16


def ways_listed(actor: Actor) -> list[Way]:
    """Return the ways in which an event stands in lists that `actor` is shown: `listed_for`, an index for each.

    The companies are read now; what is shown is what they are at this moment.
    """
    public = Way(and_(Event.state == "published", Event.visibility == "public"))
    if actor.system:
        return [Way(true())]
    if actor.user_id is None:
        return [public]
    return [public, *own_ways(actor), *_company_ways(actor)]


def _company_ways(actor: Actor) -> list[Way]:
    roles: dict[uuid.UUID, Role] = {}
    with_role = companies_policy.company_ids(actor).add_columns(Membership.role)
    for company_id, role in db.session.execute(with_role):
        roles[company_id] = max(roles.get(company_id, Role(role)), Role(role), key=lambda one: one.rank)
    if len(roles) > MOST_COMPANIES:
        organised = Event.company_id.in_(companies_policy.company_ids(actor, at_least=Role.ORGANISER))
        worked = Event.company_id.in_(companies_policy.company_ids(actor))
        return [Way(organised), Way(and_(Event.published_at.is_not(None), worked))]
    return [
        Way(Event.company_id == company_id)
        if role.rank >= Role.ORGANISER.rank
        else Way(and_(Event.published_at.is_not(None), Event.company_id == company_id))
        for company_id, role in roles.items()
    ]


def listed_for(actor: Actor) -> ColumnElement[bool]:
    """Return the condition under which an event stands in lists that `actor` is shown.

    Public events, those one is a guest of, and those of companies one has a role in. Unlisted events open by their
    address alone; a draft is listed for those who manage it.
    """
    public = and_(Event.state == "published", Event.visibility == "public")
    if actor.system:
        return true()
    if actor.user_id is None:
        return public
    works = Event.company_id.in_(companies_policy.company_ids(actor, at_least=Role.DOORKEEPER))
    return or_(public, guest_of(actor), managed_by(actor), and_(Event.published_at.is_not(None), works))
