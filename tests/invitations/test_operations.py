"""Making, accepting, holding and taking back invitations."""

import datetime as dt
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from tests import factories
from tests.mails import Outbox
from webapp.accounts import operations as accounts
from webapp.companies import policy as companies_policy
from webapp.core import clock, tokens
from webapp.core.actor import NOBODY, Actor
from webapp.core.database import db
from webapp.core.errors import AppError, ConflictError, ForbiddenError, InputError, NotFoundError
from webapp.core.hooks import AccountChange
from webapp.core.operation import count, operation
from webapp.core.permissions import Role
from webapp.core.tokens import Purpose
from webapp.guests import links as guests_links
from webapp.guests import operations as guests
from webapp.guests import queries as guests_queries
from webapp.invitations import links, operations, queries
from webapp.invitations.errors import MailedEnoughError, OneForManyError, OtherAddressError, OverError, StandingError
from webapp.mail import rendering
from webapp.models import (
    Company,
    Event,
    Guest,
    Invitation,
    InvitationUse,
    JournalEntry,
    Membership,
    OneTimeLink,
    User,
)

pytestmark = pytest.mark.both_databases


@operation
def change(model: Any, row_id: Any, **values: Any) -> None:
    assert count(update(model).where(model.id == row_id).values(**values)) == 1


def to_company(role: Role = Role.ORGANISER, **values: Any) -> tuple[Invitation, Company, User]:
    owner = factories.an_account("Matevž")
    company = factories.a_company(owner)
    made = operations.create_invitation(factories.acting(owner), kind="company", company=company, role=role, **values)
    return made, company, owner


def to_event(**values: Any) -> tuple[Invitation, Event, User]:
    host = factories.an_account("Neža")
    event = factories.an_event(factories.a_company(host), host, visibility="invited")
    made = operations.create_invitation(factories.acting(host), kind="event", event=event, **values)
    return made, event, host


def new_login(invitation: Invitation, email: str = "zoe@example.org", **values: Any) -> operations.Accepted:
    return operations.accept_with_new_login(
        links.public_id(invitation),
        **{
            "name": "Zoë",
            "email": email,
            "password_hash": factories.password_hash(),
            "registration_secret": "this browser",
            **values,
        },
    )


def uses(state: str | None = None) -> int:
    statement = select(func.count()).select_from(InvitationUse)
    return db.session.scalar(statement.where(InvitationUse.state == state) if state else statement) or 0


def journal() -> list[str]:
    actions = db.session.scalars(select(JournalEntry.action).order_by(JournalEntry.id))
    return [action for action in actions if action.startswith("invitation.")]


def role_of(user: User, company: Company) -> Role | None:
    return companies_policy.role_in(Actor(user_id=user.id), company.id)


def by_email(email: str) -> User:
    return db.session.scalars(select(User).where(User.email_key == email)).one()


def verify(user: User) -> None:
    """Open the link that the account was mailed, in the browser that registered."""
    mailed = db.session.scalars(select(OneTimeLink).where(OneTimeLink.user_id == user.id)).all()[-1]
    accounts.verify(tokens.make(Purpose.VERIFY, mailed.id, mailed.nonce), browser_secret="this browser")


def a_day_passes() -> None:
    """Let all holds begin a day earlier."""

    @operation
    def earlier() -> None:
        for use in db.session.scalars(select(InvitationUse).where(InvitationUse.state == "held")):
            assert use.held_until is not None
            use.held_until -= dt.timedelta(days=1)

    earlier()


def change_membership(user: User, **values: Any) -> None:
    row = db.session.scalars(select(Membership).where(Membership.user_id == user.id)).one()
    change(Membership, row.id, **values)


def is_dead(invitation: Invitation, actor: Actor = NOBODY) -> bool:
    try:
        queries.open_by_token(links.public_id(invitation), actor)
    except NotFoundError:
        return True
    return False


# ------------------------------------------------------------------ accepting


def test_an_account_that_accepts_gets_its_role_at_once_and_the_link_is_used(app: Flask) -> None:
    invitation, company, owner = to_company()
    user = factories.an_account()
    accepted = operations.accept_signed_in(factories.acting(user), links.public_id(invitation))
    assert accepted.path == f"/companies/{company.slug}"
    assert role_of(user, company) is Role.ORGANISER
    membership = db.session.scalars(select(Membership).where(Membership.user_id == user.id)).one()
    assert membership.granted_by == owner.id
    assert is_dead(invitation)
    assert (invitation.uses, uses("granted")) == (1, 1)
    assert journal() == ["invitation.created", "invitation.accepted"]
    with pytest.raises(NotFoundError):
        operations.accept_signed_in(factories.acting(factories.an_account()), links.public_id(invitation))


def test_a_link_by_mail_makes_a_login_that_is_verified_and_has_its_role(app: Flask, outbox: Outbox) -> None:
    invitation, company, _ = to_company(email="Zoe@Example.org")
    assert outbox.link("invitation", r"/invite/\S+") == f"/invite/{links.public_id(invitation)}"
    accepted = new_login(invitation)
    assert accepted.user is not None
    assert accepted.user.is_active
    assert not accepted.waits
    assert role_of(accepted.user, company) is Role.ORGANISER
    assert is_dead(invitation)
    assert outbox("verify-email") == []
    # no company of its own beside the one it was invited to
    assert db.session.scalar(select(func.count()).select_from(Company)) == 1


def test_a_login_by_any_other_link_is_held_until_its_address_is_proven(app: Flask, outbox: Outbox) -> None:
    invitation, company, _ = to_company()
    accepted = new_login(invitation)
    assert accepted.user is None
    assert accepted.waits
    user = by_email("zoe@example.org")
    assert not user.is_active
    assert role_of(user, company) is None
    assert uses("held") == 1
    assert is_dead(invitation)
    verify(user)
    assert role_of(user, company) is Role.ORGANISER
    assert (uses("granted"), invitation.uses) == (1, 1)
    assert journal()[-2:] == ["invitation.held", "invitation.accepted"]
    assert db.session.scalar(select(func.count()).select_from(Company)) == 1


def test_what_is_held_for_a_day_in_vain_is_free_again_and_grants_nothing_later(app: Flask) -> None:
    invitation, company, _ = to_company(expires_in=dt.timedelta(days=3))
    new_login(invitation)
    assert is_dead(invitation)
    a_day_passes()
    assert not is_dead(invitation)
    other = factories.an_account()
    operations.accept_signed_in(factories.acting(other), links.public_id(invitation))
    assert (invitation.uses, uses("granted"), uses("released"), uses("held")) == (1, 1, 1, 0)
    user = by_email("zoe@example.org")
    verify(user)
    assert role_of(user, company) is None
    assert role_of(other, company) is Role.ORGANISER


def test_the_job_gives_back_what_was_held_in_vain(app: Flask) -> None:
    invitation, _, _ = to_company(expires_in=dt.timedelta(days=3))
    new_login(invitation)
    assert operations.release_expired_holds() == 0
    a_day_passes()
    assert operations.release_expired_holds() == 1
    assert operations.release_expired_holds() == 0
    assert (invitation.uses, uses("released")) == (0, 1)
    assert journal()[-1] == "invitation.released"


def test_a_hold_outlasts_the_link_itself(app: Flask) -> None:
    invitation, company, _ = to_company()
    new_login(invitation)
    change(Invitation, invitation.id, expires_at=clock.now())
    user = by_email("zoe@example.org")
    verify(user)
    assert role_of(user, company) is Role.ORGANISER


def test_an_address_that_has_an_account_gets_the_same_answer_and_its_owner_a_mail(app: Flask, outbox: Outbox) -> None:
    invitation, company, _ = to_company()
    unknown, _, _ = to_company()
    user = factories.an_account(email="zoe@example.org")
    before = user.password_hash
    known = new_login(invitation, password_hash="another")
    other = new_login(unknown, "nobody@example.org")
    assert (known.waits, known.user) == (other.waits, other.user) == (True, None)
    assert is_dead(invitation)
    assert is_dead(unknown)
    assert user.password_hash == before
    assert [mail.to_email for mail in outbox("already-registered")] == ["zoe@example.org"]
    # who owns the address finds the link held for it, signs in, and accepts
    accepted = operations.accept_signed_in(factories.acting(user), links.public_id(invitation))
    assert not accepted.had_already
    assert role_of(user, company) is Role.ORGANISER
    assert invitation.uses == 1


def test_a_mailed_link_is_not_used_up_by_typing_the_address_of_an_account(app: Flask, outbox: Outbox) -> None:
    user = factories.an_account(email="zoe@example.org")
    invitation, company, _ = to_company(email="zoe@example.org")
    assert new_login(invitation).waits
    assert len(outbox("already-registered")) == 1
    assert (invitation.uses, uses()) == (0, 0)
    operations.accept_signed_in(factories.acting(user), links.public_id(invitation))
    assert role_of(user, company) is Role.ORGANISER


def test_a_mailed_link_takes_over_a_login_that_nobody_has_proven(app: Flask) -> None:
    squatter = factories.an_account("Squatter", email="zoe@example.org", verified=False)
    invitation, company, _ = to_company(email="zoe@example.org")
    accepted = new_login(invitation, password_hash="mine")
    assert accepted.user is not None
    assert (accepted.user.id, accepted.user.password_hash, accepted.user.name) == (squatter.id, "mine", "Zoë")
    assert role_of(accepted.user, company) is Role.ORGANISER


def test_a_mailed_link_is_for_its_address_alone(app: Flask) -> None:
    invitation, company, _ = to_company(email="zoe@example.org")
    other = factories.an_account()
    with pytest.raises(OtherAddressError):
        operations.accept_signed_in(factories.acting(other), links.public_id(invitation))
    with pytest.raises(InputError) as refused:
        new_login(invitation, "somebody.else@example.org")
    assert list(refused.value.fields) == ["email"]
    assert role_of(other, company) is None
    assert not is_dead(invitation)


def test_whoever_has_the_role_already_does_not_use_the_link_up(app: Flask) -> None:
    invitation, company, owner = to_company()
    assert operations.accept_signed_in(factories.acting(owner), links.public_id(invitation)).had_already
    assert role_of(owner, company) is Role.OWNER
    assert (invitation.uses, uses()) == (0, 0)
    assert not is_dead(invitation)


def test_a_higher_role_is_granted_over_a_lower_one(app: Flask) -> None:
    invitation, company, _ = to_company(Role.ADMINISTRATOR)
    user = factories.an_account()
    factories.a_membership(user, company, Role.DOORKEEPER)
    operations.accept_signed_in(factories.acting(user), links.public_id(invitation))
    assert role_of(user, company) is Role.ADMINISTRATOR


def test_an_invitation_to_the_site_makes_a_login_and_gives_an_account_nothing(app: Flask) -> None:
    issuer = factories.an_account()
    invitation = operations.create_invitation(factories.acting(issuer), kind="site")
    other = factories.acting(factories.an_account())
    assert operations.accept_signed_in(other, links.public_id(invitation)).had_already
    assert invitation.uses == 0
    new_login(invitation)
    user = by_email("zoe@example.org")
    verify(user)
    assert user.is_active
    assert (invitation.uses, uses("granted")) == (1, 1)


def test_registration_by_invitation_only_lets_an_invitation_make_a_login(app: Flask) -> None:
    factories.set_up_site(registration="invitation")
    issuer = factories.an_account()
    invitation = operations.create_invitation(factories.acting(issuer), kind="site")
    new_login(invitation)
    assert by_email("zoe@example.org").verified_at is None


def test_an_account_that_accepts_is_on_the_guest_list(app: Flask) -> None:
    invitation, event, _ = to_event()
    user = factories.an_account()
    accepted = operations.accept_signed_in(factories.acting(user), links.public_id(invitation))
    assert accepted.path == f"/events/{event.id}"
    guest = guests_queries.my_guest(Actor(user_id=user.id), event)
    assert guest is not None
    assert (guest.source, guest.reply, guest.unconfirmed_until) == ("link", None, None)
    assert db.session.scalars(select(InvitationUse)).one().guest_id == guest.id
    again = operations.create_invitation(factories.acting(event.host), kind="event", event=event)
    assert operations.accept_signed_in(factories.acting(user), links.public_id(again)).had_already
    assert again.uses == 0


def test_a_new_login_is_on_the_guest_list_once_it_is_proven(app: Flask) -> None:
    invitation, event, _ = to_event()
    new_login(invitation)
    assert db.session.scalar(select(func.count()).select_from(Guest)) == 0
    user = by_email("zoe@example.org")
    verify(user)
    guest = guests_queries.my_guest(Actor(user_id=user.id), event)
    assert guest is not None
    assert guest.email_key == "zoe@example.org"
    assert db.session.get_one(Event, event.id).guests_listed == 1


def test_a_guest_by_a_shared_link_is_asked_first_and_has_no_place(app: Flask, outbox: Outbox) -> None:
    invitation, event, host = to_event()
    accepted = operations.accept_as_guest(links.public_id(invitation), name="Þórdís", email="thordis@example.org")
    assert accepted.waits
    assert is_dead(invitation)
    assert uses("held") == 1
    assert db.session.get_one(Event, event.id).guests_listed == 0
    assert [mail.to_email for mail in outbox("confirm-place")] == ["thordis@example.org"]
    guest = db.session.scalars(select(Guest)).one()
    guests.confirm_place(guest)
    (row,) = queries.listed(factories.acting(host), [invitation], event)
    assert (row.state, [(bearer.name, bearer.held) for bearer in row.bearers]) == ("used", [("Þórdís", False)])
    a_day_passes()
    assert is_dead(invitation)
    assert operations.release_expired_holds() == 1
    assert (invitation.uses, uses("granted")) == (1, 1)


def test_a_guest_who_does_not_confirm_frees_the_link(app: Flask) -> None:
    invitation, event, host = to_event(expires_in=dt.timedelta(days=3))
    operations.accept_as_guest(links.public_id(invitation), name="Þórdís", email="thordis@example.org")
    (row,) = queries.listed(factories.acting(host), [invitation], event)
    assert (row.state, row.uses, row.link) == ("held", 1, None)
    a_day_passes()
    (row,) = queries.listed(factories.acting(host), [invitation], event)
    assert (row.state, row.uses, row.bearers) == ("open", 0, ())
    assert row.link == links.address(invitation)
    assert not is_dead(invitation)


def test_who_is_on_the_list_gets_the_same_answer_and_keeps_the_link_free(app: Flask) -> None:
    invitation, event, _ = to_event(expires_in=dt.timedelta(days=3))
    factories.a_guest(event, email="thordis@example.org")
    assert operations.accept_as_guest(links.public_id(invitation), name="Þ", email="Thordis@example.org").waits
    assert is_dead(invitation)
    a_day_passes()
    operations.release_expired_holds()
    assert (invitation.uses, uses("released")) == (0, 1)
    assert db.session.scalar(select(func.count()).select_from(Guest)) == 1


def test_a_mailed_link_to_an_event_puts_its_address_on_the_list_at_once(app: Flask) -> None:
    invitation, event, _ = to_event(email="thordis@example.org")
    accepted = operations.accept_as_guest(links.public_id(invitation), name="Þórdís", email="thordis@example.org")
    assert not accepted.waits
    assert accepted.guest is not None
    assert accepted.guest.unconfirmed_until is None
    assert db.session.get_one(Event, event.id).guests_listed == 1
    assert is_dead(invitation)


def test_only_events_take_guests_without_an_account(app: Flask) -> None:
    invitation, _, _ = to_company()
    with pytest.raises(NotFoundError):
        operations.accept_as_guest(links.public_id(invitation), name="Þórdís", email="thordis@example.org")


def test_one_link_for_many_is_good_for_as_many_as_it_says(app: Flask) -> None:
    invitation, event, _ = to_event(max_uses=2)
    for _ in range(2):
        operations.accept_signed_in(factories.acting(factories.an_account()), links.public_id(invitation))
    with pytest.raises(NotFoundError):
        operations.accept_signed_in(factories.acting(factories.an_account()), links.public_id(invitation))
    assert db.session.get_one(Event, event.id).guests_listed == 2


def test_one_link_for_many_is_good_until_join_by_whenever_that_is(app: Flask) -> None:
    invitation, event, host = to_event(max_uses=None)
    for _ in range(3):
        operations.accept_signed_in(factories.acting(factories.an_account()), links.public_id(invitation))
    assert invitation.uses == 3
    (row,) = queries.listed(factories.acting(host), [invitation], event)
    assert (row.state, row.good_until, row.uses) == ("open", event.joins_until, 3)
    change(Event, event.id, join_by=clock.now() - dt.timedelta(seconds=1))
    assert is_dead(invitation)
    change(Event, event.id, join_by=clock.now() + dt.timedelta(days=1))
    assert not is_dead(invitation)


# ------------------------------------------------------------------ dead links


def test_a_link_that_was_made_up_or_changed_leads_nowhere(app: Flask) -> None:
    invitation, _, _ = to_company()
    public_id = links.public_id(invitation)
    for wrong in ("", "x", public_id[:-1], public_id + "a", public_id.swapcase(), "é\x00", "a" * 100_000):
        with pytest.raises(NotFoundError):
            queries.open_by_token(wrong)


@pytest.mark.parametrize("end", ["expired", "revoked", "renewed"])
def test_a_link_that_was_ended_leads_nowhere(app: Flask, end: str) -> None:
    invitation, _, owner = to_company(email="zoe@example.org")
    old = links.public_id(invitation)
    if end == "expired":
        change(Invitation, invitation.id, expires_at=clock.now())
    elif end == "revoked":
        operations.revoke_invitation(factories.acting(owner), invitation.id)
    else:
        operations.resend_invitation(factories.acting(owner), invitation.id)
        assert not is_dead(invitation)
    with pytest.raises(NotFoundError):
        operations.accept_with_new_login(
            old, name="Zoë", email="zoe@example.org", password_hash="h", registration_secret="s"
        )


@pytest.mark.parametrize("end", ["disabled", "deleted", "left"])
def test_a_link_dies_with_the_right_of_who_made_it(app: Flask, end: str) -> None:
    invitation, _, owner = to_company()
    if end == "left":
        change_membership(owner, revoked_at=clock.now())
    else:
        change(User, owner.id, **{f"{end}_at": clock.now()})
    assert is_dead(invitation)
    with pytest.raises(NotFoundError):
        operations.accept_signed_in(factories.acting(factories.an_account()), links.public_id(invitation))


def test_a_link_of_an_administrator_who_became_a_doorkeeper_is_dead(app: Flask) -> None:
    _, company, _ = to_company()
    user = factories.an_account()
    factories.a_membership(user, company, Role.ADMINISTRATOR)
    invitation = operations.create_invitation(
        factories.acting(user), kind="company", company=company, role=Role.DOORKEEPER
    )
    assert not is_dead(invitation)
    change_membership(user, role="doorkeeper")
    assert is_dead(invitation)


def test_a_link_to_a_company_that_is_gone_is_dead(app: Flask) -> None:
    invitation, company, _ = to_company()
    change(Company, company.id, deleted_at=clock.now())
    assert is_dead(invitation)


@pytest.mark.parametrize("state", ["cancelled", "draft"])
def test_a_link_to_an_event_that_takes_nobody_is_dead(app: Flask, state: str) -> None:
    invitation, event, _ = to_event()
    change(Event, event.id, state=state)
    assert is_dead(invitation)


def test_what_was_held_is_not_granted_once_the_link_is_revoked(app: Flask) -> None:
    invitation, company, owner = to_company()
    new_login(invitation)
    operations.revoke_invitation(factories.acting(owner), invitation.id)
    user = by_email("zoe@example.org")
    verify(user)
    assert user.is_active
    assert role_of(user, company) is None
    assert uses("released") == 1


def test_a_guest_cannot_confirm_once_the_link_is_revoked(app: Flask) -> None:
    invitation, _, host = to_event()
    operations.accept_as_guest(links.public_id(invitation), name="Þórdís", email="thordis@example.org")
    guest = db.session.scalars(select(Guest)).one()
    confirm = guests_links.confirm_token(guest)
    assert guests_queries.by_confirm_token(confirm).id == guest.id
    operations.revoke_invitation(factories.acting(host), invitation.id)
    with pytest.raises(AppError):
        guests_queries.by_confirm_token(confirm)


def test_who_used_a_link_keeps_what_it_gave_when_it_is_revoked(app: Flask) -> None:
    invitation, company, owner = to_company()
    user = factories.an_account()
    operations.accept_signed_in(factories.acting(user), links.public_id(invitation))
    operations.revoke_invitation(factories.acting(owner), invitation.id)
    operations.revoke_invitation(factories.acting(owner), invitation.id)
    assert role_of(user, company) is Role.ORGANISER
    assert journal().count("invitation.revoked") == 1


# ------------------------------------------------------------------ inviting


@pytest.mark.parametrize(
    ("inviter", "role", "allowed"),
    [
        (Role.OWNER, Role.OWNER, True),
        (Role.ADMINISTRATOR, Role.OWNER, False),
        (Role.ADMINISTRATOR, Role.ADMINISTRATOR, True),
        (Role.ADMINISTRATOR, Role.DOORKEEPER, True),
        (Role.ORGANISER, Role.DOORKEEPER, False),
        (Role.DOORKEEPER, Role.DOORKEEPER, False),
    ],
)
def test_administrators_invite_below_owner_and_owners_appoint_owners(
    app: Flask, inviter: Role, role: Role, allowed: bool
) -> None:
    company = factories.a_company(factories.an_account())
    user = factories.an_account()
    factories.a_membership(user, company, inviter)

    def invite() -> Invitation:
        return operations.create_invitation(factories.acting(user), kind="company", company=company, role=role)

    if allowed:
        assert invite().role == role.value
    else:
        with pytest.raises(ForbiddenError):
            invite()


def test_a_stranger_invites_to_nothing_of_a_company(app: Flask) -> None:
    invitation, company, _ = to_company()
    _, event, _ = to_event()
    stranger = factories.acting(factories.an_account())
    with pytest.raises(NotFoundError):
        operations.create_invitation(stranger, kind="company", company=company, role=Role.DOORKEEPER)
    with pytest.raises(NotFoundError):
        operations.create_batch(stranger, event, number=2)
    with pytest.raises(NotFoundError):
        operations.revoke_invitation(stranger, invitation.id)
    with pytest.raises(NotFoundError):
        operations.resend_invitation(stranger, invitation.id)
    with pytest.raises(NotFoundError):
        queries.of_company(stranger, company)
    with pytest.raises(NotFoundError):
        queries.of_event(stranger, event)


def test_a_guest_of_the_event_sees_it_and_may_not_invite(app: Flask) -> None:
    _, event, _ = to_event()
    user = factories.an_account()
    factories.a_guest(event, user=user)
    with pytest.raises(ForbiddenError):
        operations.create_invitation(factories.acting(user), kind="event", event=event)


def test_a_mailed_link_is_shown_to_nobody_and_an_owners_to_owners_alone(app: Flask) -> None:
    _, company, owner = to_company()
    administrator = factories.an_account()
    factories.a_membership(administrator, company, Role.ADMINISTRATOR)
    boss = factories.acting(owner)
    operations.create_invitation(boss, kind="company", company=company, role=Role.OWNER)
    operations.create_invitation(boss, kind="company", company=company, role=Role.OWNER, email="zoe@example.org")

    def shown(actor: Actor) -> list[tuple[str | None, bool, bool]]:
        rows = db.session.scalars(queries.of_company(actor, company)).all()
        found = queries.listed(actor, rows)
        return [(row.invitation.role, row.invitation.email is None, row.link is not None) for row in found]

    assert shown(boss) == [("owner", False, False), ("owner", True, True), ("organiser", True, True)]
    assert shown(factories.acting(administrator)) == [
        ("owner", False, False),
        ("owner", True, False),
        ("organiser", True, True),
    ]


def test_an_account_has_at_most_twenty_invitations_to_the_site_standing(app: Flask) -> None:
    actor = factories.acting(factories.an_account())
    made = [operations.create_invitation(actor, kind="site") for _ in range(20)]
    with pytest.raises(StandingError):
        operations.create_invitation(actor, kind="site")
    operations.revoke_invitation(actor, made[0].id)
    mailed = operations.create_invitation(actor, kind="site", email="zoe@example.org")
    operations.revoke_invitation(actor, mailed.id)
    # a mail is not undone by taking it back
    with pytest.raises(StandingError):
        operations.create_invitation(actor, kind="site")


def test_one_address_gets_five_invitations_a_day(app: Flask, outbox: Outbox) -> None:
    invitation, company, owner = to_company(email="zoe@example.org")
    for _ in range(4):
        operations.resend_invitation(factories.acting(owner), invitation.id)
    with pytest.raises(MailedEnoughError):
        operations.resend_invitation(factories.acting(owner), invitation.id)
    with pytest.raises(MailedEnoughError):
        operations.create_invitation(
            factories.acting(owner), kind="company", company=company, role=Role.ORGANISER, email="ZOE@example.org"
        )
    assert len(outbox("invitation")) == 5


def test_only_the_last_mail_of_an_invitation_is_sent(app: Flask, outbox: Outbox) -> None:
    invitation, _, owner = to_company(email="zoe@example.org")
    operations.resend_invitation(factories.acting(owner), invitation.id)
    first, second = outbox("invitation")
    assert rendering.render(first) is None
    assert links.address(invitation) in outbox.text(second)
    operations.revoke_invitation(factories.acting(owner), invitation.id)
    assert rendering.render(second) is None


def test_the_outbox_keeps_no_link(app: Flask, outbox: Outbox) -> None:
    invitation, _, _ = to_company(email="zoe@example.org")
    assert links.public_id(invitation) not in str(outbox.last("invitation").context)


@pytest.mark.parametrize("wrong", ["used", "link", "revoked"])
def test_what_was_used_or_never_mailed_is_not_mailed_again(app: Flask, wrong: str) -> None:
    invitation, _, owner = to_company(email=None if wrong == "link" else "zoe@example.org")
    if wrong == "used":
        new_login(invitation)
    elif wrong == "revoked":
        operations.revoke_invitation(factories.acting(owner), invitation.id)
    with pytest.raises(ConflictError):
        operations.resend_invitation(factories.acting(owner), invitation.id)


def test_a_batch_gives_links_that_all_differ(app: Flask) -> None:
    _, event, host = to_event()
    rows = operations.create_batch(factories.acting(host), event, number=200)
    assert len({links.public_id(row) for row in rows}) == 200
    for wrong in (0, 201, -1):
        with pytest.raises(InputError):
            operations.create_batch(factories.acting(host), event, number=wrong)


def test_an_event_has_one_link_for_many_at_a_time(app: Flask) -> None:
    first, event, host = to_event(max_uses=None)
    with pytest.raises(OneForManyError):
        operations.create_invitation(factories.acting(host), kind="event", event=event, max_uses=10)
    operations.revoke_invitation(factories.acting(host), first.id)
    operations.create_invitation(factories.acting(host), kind="event", event=event, max_uses=10)


@pytest.mark.parametrize("values", [{"state": "cancelled"}, {"join_by": clock.EARLIEST}])
def test_nobody_is_invited_to_an_event_that_takes_nobody(app: Flask, values: dict[str, Any]) -> None:
    _, event, host = to_event()
    change(Event, event.id, **values)
    with pytest.raises(OverError):
        operations.create_invitation(factories.acting(host), kind="event", event=event)


def test_a_deleted_account_leaves_no_open_invitation_and_no_address(app: Flask) -> None:
    issuer = factories.an_account(email="zoe@example.org")
    made = operations.create_invitation(factories.acting(issuer), kind="site")
    invitation, _, _ = to_company(email="zoe@example.org")
    operations.forget_account(AccountChange(issuer.id, "zoe@example.org"))
    assert made.revoked_at is not None
    assert (invitation.email, invitation.email_key) == (None, None)
    assert is_dead(invitation)


def test_what_is_exported_names_what_was_made_and_used(app: Flask) -> None:
    invitation, _, owner = to_company()
    user = factories.an_account()
    operations.accept_signed_in(factories.acting(user), links.public_id(invitation))
    made: Any = queries.exported(owner.id)["invitations_made"]
    used: Any = queries.exported(user.id)["invitations_used"]
    assert [(row["id"], row["role"]) for row in made] == [(str(invitation.id), "organiser")]
    assert [row["invitation_id"] for row in used] == [str(invitation.id)]
