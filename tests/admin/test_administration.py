"""What a site administrator does with somebody else's account."""

import dataclasses
import datetime as dt
from collections.abc import Callable

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from tests import factories
from tests.browsers import Browser, words
from tests.mails import Outbox
from webapp.accounts import administration, links, operations, sessions
from webapp.accounts.errors import AccountDisabledError, LastKeeperError, WrongCredentialsError
from webapp.core import clock
from webapp.core.actor import SYSTEM, Actor
from webapp.core.database import db
from webapp.core.errors import ConflictError, NotFoundError, StaleError
from webapp.core.operation import operation
from webapp.core.tokens import Purpose, TokenExpiredError
from webapp.guests.links import personal_token
from webapp.models import JournalEntry, LoginSession, Site, User

pytestmark = pytest.mark.both_databases
ACTS: dict[str, Callable[[Actor, User], object]] = {
    "disable": administration.disable,
    "enable": administration.enable,
    "sign out": administration.sign_out,
    "resend": administration.resend_verification,
    "make administrator": lambda actor, user: administration.set_administrator(actor, user, on=True),
    "unmake administrator": lambda actor, user: administration.set_administrator(actor, user, on=False),
}


@pytest.fixture
def keeping(keeper: User) -> Actor:
    return factories.acting(keeper)


@pytest.fixture
def ana(app: Flask) -> User:
    return factories.an_account("Ana", email="ana@example.org")


def journal() -> list[tuple[str, object, object]]:
    """Who did what to whom, as the journal has it."""
    found = db.session.scalars(select(JournalEntry).order_by(JournalEntry.id))
    return [(entry.action, entry.actor_id, entry.thing_id) for entry in found]


@operation
def change(user: User, **values: object) -> None:
    db.session.execute(update(User).where(User.id == user.id).values(**values))


# ---------------------------------------------------------------- who may


@pytest.mark.parametrize("act", ACTS)
def test_nobody_else_finds_anything_to_do(app: Flask, ana: User, act: str):
    owner = factories.an_account()
    factories.a_company(owner)
    for actor in (factories.acting(owner), factories.acting(ana), Actor()):
        with pytest.raises(NotFoundError):
            ACTS[act](actor, ana)
    assert journal() == []


@pytest.mark.parametrize("act", ACTS)
def test_the_password_must_have_been_typed_lately(app: Flask, keeping: Actor, ana: User, act: str):
    before = clock.now() - dt.timedelta(minutes=15, seconds=1)
    for stale in (dataclasses.replace(keeping, fresh_at=before), dataclasses.replace(keeping, fresh_at=None)):
        with pytest.raises(StaleError):
            ACTS[act](stale, ana)
    assert journal() == []


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("since", [{"site_administrator": False}, {"disabled_at": clock.now()}])
def test_who_does_it_must_still_look_after_the_site(
    app: Flask, keeper: User, keeping: Actor, ana: User, act: str, since: dict[str, object]
):
    change(keeper, **since)
    with pytest.raises(NotFoundError):
        ACTS[act](keeping, ana)


@pytest.mark.parametrize("act", ACTS)
def test_an_account_that_is_gone_is_not_found(app: Flask, keeping: Actor, ana: User, act: str):
    change(ana, deleted_at=clock.now())
    with pytest.raises(NotFoundError):
        ACTS[act](keeping, ana)


# ---------------------------------------------------------------- disabling


def test_disabling_ends_sessions_tokens_and_links_at_once(app: Flask, keeping: Actor, ana: User):
    secret = sessions.start(ana, remember=True)
    factories.save(LoginSession(user_id=ana.id, kind="token", secret_hash="t" * 64, last_used_at=clock.now()))
    link = links.token_of(links.issue(ana, Purpose.RESET))
    administration.disable(keeping, ana)
    assert sessions.find(secret) is None
    living = select(LoginSession).where(LoginSession.user_id == ana.id, LoginSession.revoked_at.is_(None))
    assert db.session.scalars(living).all() == []
    with pytest.raises(TokenExpiredError):
        links.find(Purpose.RESET, link)
    assert journal() == [("account.disabled", keeping.user_id, ana.id)]


def test_a_disabled_account_is_told_so_only_after_the_right_password(app: Flask, keeping: Actor, ana: User):
    administration.disable(keeping, ana)
    with pytest.raises(WrongCredentialsError):
        operations.authenticate("ana@example.org", "not hers")
    with pytest.raises(AccountDisabledError):
        operations.authenticate("ana@example.org", factories.PASSWORD)


def test_a_sign_in_that_was_under_way_does_not_outlive_the_disabling(app: Flask, keeping: Actor, ana: User):
    proven = operations.authenticate("ana@example.org", factories.PASSWORD)
    administration.disable(keeping, ana)
    with pytest.raises(WrongCredentialsError):
        operations.sign_in(proven, remember=False)


def test_nothing_is_mailed_to_a_disabled_account_that_asks_for_a_way_in(
    app: Flask, keeping: Actor, ana: User, outbox: Outbox
):
    administration.disable(keeping, ana)
    operations.request_reset(email="ana@example.org")
    operations.resend(email="ana@example.org")
    operations.register(name="Ana", email="ana@example.org", password_hash="x")
    assert outbox() == []


def test_the_personal_link_of_a_disabled_guest_goes_on(app: Flask, keeping: Actor, ana: User, browser: Browser):
    host = factories.an_account()
    guest = factories.a_guest(factories.an_event(factories.a_company(host), host), user=ana)
    path = f"/rsvp/{personal_token(guest)}"
    administration.disable(keeping, ana)
    assert browser.get(path).status_code == 200
    assert browser.submit(path, reply="yes", party_size="1").status_code == 303


def test_disabling_twice_is_written_once_and_enabling_lets_in_again(app: Flask, keeping: Actor, ana: User):
    administration.disable(keeping, ana)
    administration.disable(keeping, ana)
    administration.enable(keeping, ana)
    administration.enable(keeping, ana)
    assert [action for action, *_ in journal()] == ["account.disabled", "account.enabled"]
    assert operations.authenticate("ana@example.org", factories.PASSWORD).user_id == ana.id


def test_nobody_disables_the_own_account(app: Flask, keeper: User, keeping: Actor):
    factories.an_account(site_administrator=True)
    with pytest.raises(ConflictError):
        administration.disable(keeping, keeper)
    assert keeper.disabled_at is None


# ---------------------------------------------------------------- signing out, mailing again


def test_signing_somebody_out_leaves_everybody_else_in(app: Flask, keeper: User, keeping: Actor, ana: User):
    hers = [sessions.start(ana, remember=True) for _ in range(2)]
    mine = sessions.start(keeper, remember=True)
    assert administration.sign_out(keeping, ana) == 2
    assert [sessions.find(secret) for secret in hers] == [None, None]
    assert sessions.find(mine) is not None
    assert journal() == [("account.signed_out", keeping.user_id, ana.id)]


def test_the_link_is_mailed_again_and_leads_where_the_person_was_heading(app: Flask, keeping: Actor, outbox: Outbox):
    operations.register(name="Eva", email="eva@example.org", password_hash="x", next_url="/events")
    eva = db.session.scalars(select(User).where(User.email_key == "eva@example.org")).one()
    first = outbox.link("verify-email").removeprefix("/verify/")
    administration.resend_verification(keeping, eva)
    second = outbox.link("verify-email").removeprefix("/verify/")
    with pytest.raises(TokenExpiredError):
        links.find(Purpose.VERIFY, first)
    assert links.find(Purpose.VERIFY, second).next_url == "/events"
    assert journal()[-1] == ("account.verification_sent", keeping.user_id, eva.id)


def test_nothing_is_mailed_to_who_needs_no_link(app: Flask, keeping: Actor, ana: User, outbox: Outbox):
    off = factories.an_account(verified=False, disabled_at=clock.now())
    for user in (ana, off):
        with pytest.raises(ConflictError):
            administration.resend_verification(keeping, user)
    assert outbox() == []


def test_an_administrator_mails_no_more_a_day_than_anybody(app: Flask, keeping: Actor, outbox: Outbox):
    app.config["LIMITS"] = True
    eva = factories.an_account(email="eva@example.org", verified=False)
    start = clock.now()
    with time_machine.travel(start, tick=False) as travel:
        keeping = dataclasses.replace(keeping, fresh_at=start)
        for _ in range(5):
            administration.resend_verification(keeping, eva)
        with pytest.raises(ConflictError, match="in a day"):
            administration.resend_verification(keeping, eva)
        assert len(outbox("verify-email")) == 5
        travel.shift(dt.timedelta(days=1, seconds=1))
        administration.resend_verification(dataclasses.replace(keeping, fresh_at=clock.now()), eva)
    assert len(outbox("verify-email")) == 6


@operation
def _say(**limits: str) -> None:
    db.session.get_one(Site, 1).limits = limits


def test_how_many_mails_a_day_is_the_sites_own_word_where_it_has_one(app: Flask, keeping: Actor, outbox: Outbox):
    app.config["LIMITS"] = True
    _say(LIMIT_MAILS="2/day")
    factories.an_account(email="eva@example.org", verified=False)
    for _ in range(4):
        operations.resend(email="eva@example.org")
    assert len(outbox("verify-email")) == 2


# ---------------------------------------------------------------- looking after the site


def test_another_administrator_is_made_and_unmade(app: Flask, keeping: Actor, ana: User):
    for on in (True, True, False, False):
        administration.set_administrator(keeping, ana, on=on)
        assert ana.site_administrator is on
    assert [action for action, *_ in journal()] == ["account.administrator_made", "account.administrator_unmade"]


@pytest.mark.parametrize("cannot", [{"verified_at": None}, {"disabled_at": clock.now()}])
def test_only_who_can_sign_in_is_made_administrator(app: Flask, keeping: Actor, ana: User, cannot: dict[str, object]):
    change(ana, **cannot)
    with pytest.raises(ConflictError):
        administration.set_administrator(keeping, ana, on=True)
    assert not ana.site_administrator


@pytest.mark.parametrize(
    "other",
    [{"site_administrator": False}, {"verified_at": None}, {"disabled_at": clock.now()}, {"deleted_at": clock.now()}],
)
def test_the_last_administrator_stays(app: Flask, keeper: User, keeping: Actor, ana: User, other: dict[str, object]):
    change(ana, **{"site_administrator": True, **other})
    with pytest.raises(LastKeeperError):
        administration.set_administrator(keeping, keeper, on=False)
    with pytest.raises(LastKeeperError):
        administration.set_administrator(SYSTEM, keeper, on=False)
    with pytest.raises(LastKeeperError):
        administration.disable(SYSTEM, keeper)
    with pytest.raises(LastKeeperError):
        operations.delete_account(keeping, operations.prove(keeping, factories.PASSWORD))
    assert keeper.is_active
    assert keeper.site_administrator
    assert keeper.deleted_at is None


def test_one_may_step_back_where_somebody_else_is_there(app: Flask, keeper: User, keeping: Actor):
    factories.an_account(site_administrator=True)
    administration.set_administrator(keeping, keeper, on=False)
    assert not keeper.site_administrator


# ---------------------------------------------------------------- where nobody is left


def test_a_command_makes_an_administrator(app: Flask, ana: User):
    run = app.test_cli_runner().invoke(args=["accounts", "make-administrator", "ANA@example.org"])
    assert run.exit_code == 0, run.output
    assert "looks after this site now" in run.output
    db.session.refresh(ana)
    assert ana.site_administrator


def test_the_command_says_why_not(app: Flask):
    factories.an_account(email="new@example.org", verified=False)
    for email, why in (("nobody@example.org", "no account"), ("new@example.org", "can sign in")):
        run = app.test_cli_runner().invoke(args=["accounts", "make-administrator", email])
        assert run.exit_code == 1
        assert why in run.output


def test_the_sign_in_page_says_that_the_account_is_disabled(app: Flask, browser: Browser, keeping: Actor, ana: User):
    administration.disable(keeping, ana)
    wrong = browser.submit("/login", email=ana.email, password="not hers")
    assert "disabled" not in words(wrong)
    right = browser.submit("/login", email=ana.email, password=factories.PASSWORD)
    assert right.status_code == 422
    assert "This account is disabled" in words(right)
