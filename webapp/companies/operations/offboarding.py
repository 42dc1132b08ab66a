"""Offboarding: everything that one person holds in a company and all below it is taken or handed over, in one step."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from webapp.accounts import sessions
from webapp.companies import queries
from webapp.companies.operations.apps import end_app, hand_over_app
from webapp.companies.operations.people import locked_company, require_owner_left, take
from webapp.companies.operations.tree import lock_tree
from webapp.core.actor import Actor
from webapp.core.database import db
from webapp.core.errors import InputError, NotFoundError, Text
from webapp.core.hooks import AccessChange, access_revoked
from webapp.core.operation import operation
from webapp.core.permissions import Role
from webapp.journal.writing import record
from webapp.models import App, Company, LoginSession, Membership, User

Apps = Literal["revoke", "hand-over"]


@operation
def offboard(
    actor: Actor, company: Company, user: User, *, successor: User | None = None, apps: Apps = "revoke"
) -> dict[str, int]:
    """Take from `user` everything it holds in `company` and all companies below it; return how many of what.

    Its roles end, and every browser is signed out with them; tokens that act for these companies die, its pending
    invitations there and those to its address are withdrawn. Its events go to `successor`, past ones too, for a host
    keeps rights; its apps are revoked or (with "hand-over") go to `successor` too. Roles in companies above stay. The
    counts: `roles`, `browsers`, `tokens`, `apps_revoked`, `apps_handed_over`, and what the higher features return
    (`events`, `co_hosted`, `invitations`).

    Raises NotFoundError (also where `user` holds nothing there), ForbiddenError (not the company's people, or not the
    owners of one that `user` owns), OffboardSelfError, LastOwnerError (naming the company), and InputError where
    `successor` is missing or may not.
    """
    _lock(company, user, successor)
    browsers = queries.holdings(actor, company, user.id)[1].browsers
    roles = queries.roles_below(company.id, user.id)
    _require_owners_left(roles, user)
    held = queries.apps_held(company.id, user.id)
    _require_successor(company, user, successor, held if apps == "hand-over" else ())
    done: Counter[str] = Counter(roles=len(roles), browsers=browsers)
    for membership in roles:
        take(actor, membership)
    if roles:
        # whoever never took a role here is signed out by nobody from here
        sessions.end_those(LoginSession.user_id == user.id, LoginSession.kind == "browser")
    done["tokens"] = sessions.end_those(queries.tokens_held(company.id, user.id))
    for app in held:
        if apps == "hand-over" and successor is not None:
            hand_over_app(actor, app, successor.id)
            done["apps_handed_over"] += 1
        else:
            done["apps_revoked"] += end_app(actor, app)
    successor_id = successor.id if successor is not None else None
    change = AccessChange(user.id, company.id, by=actor.user_id, offboarding=True, successor_id=successor_id)
    for counts in access_revoked.fire(change):
        done.update(counts or {})
    summary = {name: number for name, number in done.items() if number}
    details: dict[str, Any] = {"successor": str(successor_id)} if successor_id else {}
    record(actor, "person.offboarded", user, company_id=company.id, **details | summary)
    return summary


def _lock(company: Company, user: User, successor: User | None) -> None:
    """Lock the people, then the tree with its companies.

    Under the locks nobody accepts an invitation with this account, no company comes into the tree or leaves it, and
    nobody is granted a role there, or makes an event, a co-host or an app.
    """
    people = {user.id, *([successor.id] if successor is not None else [])}
    statement = select(User).where(User.id.in_(people)).order_by(User.id).with_for_update()
    if len(db.session.scalars(statement.execution_options(populate_existing=True)).all()) != len(people):
        raise NotFoundError
    lock_tree()
    company_id = locked_company(company.id).id
    inside = select(Company.id).where(Company.id.in_(queries.below(company_id))).order_by(Company.id)
    db.session.execute(inside.with_for_update())


def _require_owners_left(roles: Sequence[Membership], user: User) -> None:
    for membership in roles:
        if membership.role == Role.OWNER.value and membership.company.deleted_at is None:
            require_owner_left(membership.company, user.id)


def _require_successor(company: Company, user: User, successor: User | None, apps: Sequence[App]) -> None:
    """Raise InputError where nobody takes over what has to be, or `successor` may not (`apps`: those to hand over)."""
    fields: dict[str, Text] = {}
    if successor is None:
        if queries.hosts_below(company.id, user.id):
            fields["hand_over_to"] = _l("Please choose who takes over the events.")
        elif apps:
            fields["hand_over_to"] = _l("Please choose who takes over the apps.")
    elif successor.id not in {one.id for one in queries.successors(company.id, user.id)}:
        fields["hand_over_to"] = _l("Please choose one of what is offered.")
    elif not queries.may_answer_for(successor.id, apps):
        name = successor.full_name
        fields["apps"] = _l("%(name)s may not look after these apps: that takes an administrator.", name=name)
    if fields:
        raise InputError(fields=fields)
