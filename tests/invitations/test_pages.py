"""The pages of invitations, as people use them."""

import datetime as dt
import re
import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from tests import factories
from tests.browsers import Browser, words
from tests.mails import Outbox
from webapp.core import clock
from webapp.core.database import db
from webapp.core.operation import count, operation
from webapp.core.permissions import Role
from webapp.invitations import links, operations
from webapp.models import Company, Event, Guest, Invitation, InvitationUse, Membership, User

PASSWORD = "a hedge that nobody owns"

ODD = [
    "",
    "   ",
    "x" * 1_000_000,
    "a\x00b",
    "👩‍🌾🌱",
    "\u202eevil",
    "<script>alert(1)</script>",
    "{{7*7}}",
    "'; DROP TABLE users; --",
    "-1",
    "1e9",
    "99999999999999999999",
    "[]",
]


@pytest.fixture
def host(app: Flask) -> User:
    return factories.an_account("Neža", surname="Žagar")


@pytest.fixture
def company(host: User) -> Company:
    return factories.a_company(host, name="Zadruga Pod lipo")


@pytest.fixture
def event(company: Company, host: User) -> Event:
    return factories.an_event(company, host, title="Žive meje", place="Stara elektrarna", visibility="invited")


def invite(host: User, kind: str, **values: Any) -> str:
    """The path of a new invitation."""
    return f"/invite/{links.public_id(operations.create_invitation(factories.acting(host), kind=kind, **values))}"


@operation
def change(model: Any, **values: Any) -> None:
    count(update(model).values(**values))


def first_use() -> InvitationUse:
    return db.session.scalars(select(InvitationUse)).one()


# ------------------------------------------------------------------ opening


def test_looking_at_an_invitation_shows_who_invites_to_what_and_uses_nothing(
    browser: Browser, host: User, company: Company, event: Event
) -> None:
    path = invite(host, "company", company=company, role=Role.ORGANISER)
    assert [browser.get(path).status_code for _ in range(3)] == [200, 200, 200]
    page = browser.get(path)
    assert "Neža Žagar invites you to Zadruga Pod lipo" in words(page)
    assert "As an organiser you start events" in words(page)
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.headers["Cache-Control"] == "no-store"
    page = browser.get(invite(host, "event", event=event))
    assert "Žive meje" in words(page)
    assert "Stara elektrarna" in words(page)
    assert db.session.scalar(select(func.sum(Invitation.uses))) == 0


@pytest.mark.parametrize(
    "end", ["used", "expired", "revoked", "held", "cancelled", "disabled", "gone", "unknown", "nonsense"]
)
def test_a_dead_invitation_is_404_for_looking_and_for_accepting(
    browser: Browser, other_browser: Browser, host: User, event: Event, end: str
) -> None:
    path = invite(host, "event", event=event)
    if end == "used":
        other_browser.sign_in(factories.an_account()).submit(path)
    elif end == "held":
        other_browser.submit(path, {"as": "guest", "name": "Þórdís", "email": "thordis@example.org"})
    elif end == "unknown":
        path = path[:-3] + "abc"
    elif end == "nonsense":
        path = "/invite/%F0%9F%8C%B1%00"
    else:
        ends: dict[str, tuple[Any, dict[str, Any]]] = {
            "expired": (Invitation, {"expires_at": clock.now()}),
            "revoked": (Invitation, {"revoked_at": clock.now()}),
            "cancelled": (Event, {"state": "cancelled"}),
            "disabled": (User, {"disabled_at": clock.now()}),
            "gone": (Company, {"deleted_at": clock.now()}),
        }
        change(ends[end][0], **ends[end][1])
    users, guests = (db.session.scalar(select(func.count()).select_from(model)) for model in (User, Guest))
    assert browser.get(path).status_code == 404
    for form in ({"as": "guest"}, {"password": PASSWORD}):
        sent = browser.submit(path, {"name": "Ana", "email": "ana@example.org", **form})
        assert sent.status_code == 404
    assert db.session.scalar(select(func.count()).select_from(User)) == users
    assert db.session.scalar(select(func.count()).select_from(Guest)) == guests


def test_accepting_needs_the_pages_token(app: Flask, browser: Browser, host: User, event: Event) -> None:
    path = invite(host, "event", event=event)
    sent = browser.client.post(path, data={"as": "guest", "name": "Ana", "email": "ana@example.org"})
    assert sent.status_code == 400
    assert db.session.scalar(select(func.count()).select_from(Guest)) == 0


# ------------------------------------------------------------------ accepting


def test_the_signed_in_account_accepts_with_one_button(browser: Browser, host: User, company: Company) -> None:
    path = invite(host, "company", company=company, role=Role.ADMINISTRATOR)
    browser.sign_in(factories.an_account("Maja"))
    assert "Accept as Maja" in words(browser.get(path))
    sent = browser.submit(path)
    assert (sent.status_code, sent.headers["Location"]) == (303, f"/companies/{company.slug}")
    assert browser.follow(sent).status_code == 200
    assert browser.get(path).status_code == 404


def test_whoever_has_it_already_is_told_so_kindly(browser: Browser, host: User, company: Company, event: Event) -> None:
    browser.sign_in(host)
    path = invite(host, "company", company=company, role=Role.DOORKEEPER)
    assert "You are with Zadruga Pod lipo already" in words(browser.get(path))
    sent = browser.submit(path)
    assert sent.status_code == 303
    assert browser.get(path).status_code == 200
    assert "You have an account already" in words(browser.get(invite(host, "site")))
    factories.a_guest(event, user=host)
    assert "You are on the list already" in words(browser.get(invite(host, "event", event=event)))


def test_an_account_of_another_address_cannot_take_a_mailed_invitation(
    browser: Browser, host: User, company: Company
) -> None:
    path = invite(host, "company", company=company, role=Role.DOORKEEPER, email="door@example.org")
    browser.sign_in(factories.an_account())
    page = browser.get(path)
    assert "This invitation is for another address" in words(page)
    assert "door@example.org" not in page.text
    assert browser.submit(path).status_code == 403
    assert db.session.scalar(select(func.count()).select_from(InvitationUse)) == 0


def test_a_mailed_invitation_makes_a_login_and_signs_it_in(
    browser: Browser, host: User, company: Company, outbox: Outbox
) -> None:
    invite(host, "company", company=company, role=Role.ORGANISER, email="zoe@example.org")
    path = outbox.link("invitation", r"/invite/\S+")
    page = browser.get(path)
    assert 'value="zoe@example.org"' in page.text
    sent = browser.submit(path, name="Zoë", email="zoe@example.org", password=PASSWORD)
    assert (sent.status_code, sent.headers["Location"]) == (303, f"/companies/{company.slug}")
    page = browser.follow(sent)
    assert page.status_code == 200
    assert "Zoë" in words(page)


def test_a_login_by_a_shared_link_confirms_its_address_and_comes_to_what_it_was_invited_to(
    browser: Browser, other_browser: Browser, host: User, event: Event, outbox: Outbox
) -> None:
    path = invite(host, "event", event=event)
    sent = browser.submit(path, name="Zoë", email="zoe@example.org", password=PASSWORD)
    assert (sent.status_code, sent.headers["Location"]) == (303, "/registered")
    assert other_browser.get(path).status_code == 404
    verify = outbox.link("verify-email", r"/verify/\S+")
    sent = browser.submit(verify)
    assert (sent.status_code, sent.headers["Location"]) == (303, f"/events/{event.id}")
    assert browser.follow(sent).status_code == 200
    user = db.session.scalars(select(User).where(User.email_key == "zoe@example.org")).one()
    assert db.session.scalars(select(Guest)).one().user_id == user.id


def test_the_answer_says_nothing_of_whether_an_address_has_an_account(
    browser: Browser, other_browser: Browser, host: User, company: Company
) -> None:
    factories.an_account(email="known@example.org")
    answers = []
    for who, email in ((browser, "known@example.org"), (other_browser, "unknown@example.org")):
        path = invite(host, "company", company=company, role=Role.ORGANISER)
        sent = who.submit(path, name="Zoë", email=email, password=PASSWORD)
        cookies = sorted(re.findall(r"(\w+)=", " ".join(sent.headers.getlist("Set-Cookie"))))
        page = words(who.follow(sent))
        answers.append((sent.status_code, sent.headers["Location"], cookies, page, who.get(path).status_code))
    assert answers[0] == answers[1]


def test_a_guest_without_an_account_confirms_from_the_mail(
    browser: Browser, host: User, event: Event, outbox: Outbox
) -> None:
    path = invite(host, "event", event=event, max_uses=None)
    sent = browser.submit(path, {"as": "guest", "name": "Þórdís", "email": "thordis@example.org"})
    assert sent.headers["Location"] == "/invite/sent"
    assert "We have written to thordis@example.org" in words(browser.follow(sent))
    assert db.session.get_one(Event, event.id).guests_listed == 0
    confirm = outbox.link("confirm-place", r"/rsvp/\S+/confirm")
    assert browser.get(confirm).status_code == 200
    assert browser.submit(confirm).status_code == 303
    assert db.session.get_one(Event, event.id).guests_listed == 1
    assert browser.get(path).status_code == 200


def test_a_guest_of_a_mailed_invitation_comes_to_the_own_page(browser: Browser, host: User, event: Event) -> None:
    path = invite(host, "event", event=event, email="thordis@example.org")
    sent = browser.submit(path, {"as": "guest", "name": "Þórdís", "email": "Thordis@example.org"})
    assert sent.status_code == 303
    assert sent.headers["Location"].startswith("/rsvp/")
    assert browser.follow(sent).status_code == 200


@pytest.mark.parametrize("field", ["name", "email", "password"])
@pytest.mark.parametrize("odd", ODD)
def test_odd_input_in_a_new_login_is_refused_beside_the_field_or_kept_harmlessly(
    browser: Browser, host: User, company: Company, field: str, odd: str
) -> None:
    path = invite(host, "company", company=company, role=Role.ORGANISER)
    typed = {"name": "Zoë", "email": "zoe@example.org", "password": PASSWORD, field: odd}
    sent = browser.submit(path, typed)
    assert sent.status_code in {303, 422}
    if sent.status_code == 422:
        assert f'id="{field}-error"' in sent.text
        assert "<script>alert" not in sent.text
        assert PASSWORD not in sent.text
        assert "49" not in words(sent).split()
        assert browser.get(path).status_code == 200


@pytest.mark.parametrize("field", ["name", "email"])
@pytest.mark.parametrize("odd", ODD)
def test_odd_input_of_a_guest_is_refused_beside_the_field_or_kept_harmlessly(
    browser: Browser, host: User, event: Event, field: str, odd: str
) -> None:
    path = invite(host, "event", event=event)
    sent = browser.submit(path, {"as": "guest", "name": "Zoë", "email": "zoe@example.org", field: odd})
    assert sent.status_code in {303, 422}
    if sent.status_code == 422:
        assert f'id="guest-{field}-error"' in sent.text
        assert "<script>alert" not in sent.text


def test_a_refused_form_keeps_what_was_typed_but_not_the_password(
    browser: Browser, host: User, company: Company
) -> None:
    path = invite(host, "company", company=company, role=Role.ORGANISER)
    sent = browser.submit(path, name="Zoë", email="not an address", password=PASSWORD)
    assert sent.status_code == 422
    assert 'value="Zoë"' in sent.text
    assert 'value="not an address"' in sent.text
    assert PASSWORD not in sent.text


# ------------------------------------------------------------------ the event's links


def test_an_organiser_makes_one_link_a_batch_and_the_one_for_many(browser: Browser, host: User, event: Event) -> None:
    browser.sign_in(host)
    path = f"/events/{event.id}/invitations"
    assert "One link for many" in words(browser.get(path))
    assert browser.submit(path, count="1", expires_in="24", max_uses="").status_code == 303
    assert browser.submit(path, count="3", expires_in="168").status_code == 303
    assert browser.submit(path, {"shared": "1", "max_uses": "", "expires_in": ""}).status_code == 303
    made = db.session.scalars(select(Invitation).order_by(Invitation.id)).all()
    assert [row.max_uses for row in made] == [1, 1, 1, 1, None]
    lasts = [round((row.expires_at - clock.now()) / dt.timedelta(hours=1)) for row in made[:4]]
    assert lasts == [24, 168, 168, 168]
    page = browser.get(path)
    for row in made:
        assert f"/invite/{links.public_id(row)}" in page.text
    again = browser.submit(path, {"shared": "1", "max_uses": "20"})
    assert again.status_code == 422
    assert "has its one link for many already" in words(again)


def test_the_list_says_who_used_a_link_and_how_each_stands(
    browser: Browser, other_browser: Browser, host: User, event: Event
) -> None:
    used, held, gone, late, still = (invite(host, "event", event=event) for _ in range(5))
    other_browser.sign_in(factories.an_account("Maja")).submit(used)
    browser.submit(held, {"as": "guest", "name": "Þórdís", "email": "thordis@example.org"})
    rows = db.session.scalars(select(Invitation).order_by(Invitation.id)).all()
    browser.sign_in(host)
    taken_back = browser.submit(f"/invitations/{rows[2].id}/revoke")
    assert taken_back.headers["Location"] == f"/events/{event.id}/invitations"
    expire(rows[3].id)
    page = browser.get(f"/events/{event.id}/invitations")
    said = words(page)
    for word in ("Used by Maja", "Held for Þórdís", "Revoked", "Expired", "Can be used"):
        assert word in said
    assert still in page.text
    for dead in (used, held, gone, late):
        assert dead not in page.text


@operation
def expire(invitation_id: uuid.UUID) -> None:
    db.session.get_one(Invitation, invitation_id).expires_at = clock.now()


def test_many_links_come_in_pages(browser: Browser, host: User, event: Event) -> None:
    operations.create_batch(factories.acting(host), event, number=120)
    browser.sign_in(host)
    path: str | None = f"/events/{event.id}/invitations"
    seen: list[str] = []
    while path:
        page = browser.get(path)
        seen += re.findall(r'id="link-([0-9a-f-]+)"', page.text)
        further = re.search(r'href="([^"]+)"[^>]*rel="next"', page.text)
        path = further.group(1).replace("&amp;", "&") if further else None
    assert len(seen) == len(set(seen)) == 120


@pytest.mark.parametrize("field", ["count", "expires_in", "max_uses"])
@pytest.mark.parametrize("odd", [*ODD, "0", "201", "1.5", "NaN"])
def test_odd_numbers_of_links_are_refused_beside_the_field(
    browser: Browser, host: User, event: Event, field: str, odd: str
) -> None:
    browser.sign_in(host)
    fields = {"shared": "1", "max_uses": odd} if field == "max_uses" else {"count": "1", field: odd}
    sent = browser.submit(f"/events/{event.id}/invitations", fields)
    kept = field == "expires_in" and odd == "201"
    empty = field != "count" and not odd.strip()
    allowed = kept or empty or (field == "max_uses" and odd == "201")
    assert sent.status_code == (303 if allowed else 422), words(sent)
    if sent.status_code == 422:
        assert f'id="{field}-error"' in sent.text
        assert "<script>alert" not in sent.text
    assert (db.session.scalar(select(func.count()).select_from(Invitation)) or 0) == int(allowed)


def test_links_of_an_event_are_for_those_who_run_it(browser: Browser, event: Event, company: Company) -> None:
    path = f"/events/{event.id}/invitations"
    stranger, doorkeeper = factories.an_account(), factories.an_account()
    factories.a_membership(doorkeeper, company, Role.DOORKEEPER)
    assert browser.get(path).headers["Location"].startswith("/login")
    for user, status in ((stranger, 404), (doorkeeper, 403)):
        browser.sign_in(user)
        assert browser.get(path).status_code == status
        assert browser.submit(path, count="1").status_code == status


def test_an_event_that_takes_nobody_offers_no_links(browser: Browser, host: User, event: Event) -> None:
    change(Event, state="cancelled")
    browser.sign_in(host)
    page = browser.get(f"/events/{event.id}/invitations")
    assert 'name="count"' not in page.text
    assert browser.submit(f"/events/{event.id}/invitations", count="1").status_code == 422


# ------------------------------------------------------------------ a company's people


def test_people_are_invited_by_mail_mailed_again_and_withdrawn(
    browser: Browser, host: User, company: Company, outbox: Outbox
) -> None:
    browser.sign_in(host)
    people = f"/companies/{company.slug}/people"
    sent = browser.submit(people, email="zoe@example.org", role="organiser")
    assert (sent.status_code, sent.headers["Location"]) == (303, people)
    page = browser.get(people)
    assert "zoe@example.org" in words(page)
    first = outbox.link("invitation", r"/invite/\S+")
    assert first not in page.text
    row = db.session.scalars(select(Invitation)).one()
    assert browser.submit(f"/invitations/{row.id}/resend").headers["Location"] == people
    second = outbox.link("invitation", r"/invite/\S+")
    assert second != first
    assert browser.get(first).status_code == 404
    assert browser.submit(f"/invitations/{row.id}/revoke").headers["Location"] == people
    assert browser.get(second).status_code == 404
    assert "zoe@example.org" not in words(browser.get(people))


def test_a_link_to_a_company_is_made_instead_of_a_mail(
    browser: Browser, host: User, company: Company, outbox: Outbox
) -> None:
    browser.sign_in(host)
    people = f"/companies/{company.slug}/people"
    assert browser.submit(people, {"link": "1", "email": "", "role": "doorkeeper"}).status_code == 303
    assert outbox("invitation") == []
    row = db.session.scalars(select(Invitation)).one()
    assert f"/invite/{links.public_id(row)}" in browser.get(people).text


def test_what_is_mailed_is_good_for_a_day_and_a_link_for_a_week_at_most(
    browser: Browser, host: User, company: Company
) -> None:
    browser.sign_in(host)
    people = f"/companies/{company.slug}/people"
    # the choice is a link's: a mail keeps to its day
    browser.submit(people, email="zoe@example.org", role="organiser", expires_in="168")
    row = db.session.scalars(select(Invitation)).one()
    assert row.expires_at - row.created_at < dt.timedelta(hours=24, minutes=1)
    page = browser.submit(people, {"link": "1", "role": "organiser", "expires_in": "720"})
    assert (page.status_code, "seven days" in words(page)) == (422, True)
    page = browser.submit(people, {"link": "1", "role": "owner", "expires_in": "72"})
    assert (page.status_code, "24 hours" in words(page)) == (422, True)
    assert db.session.scalars(select(Invitation)).one().id == row.id


@pytest.mark.parametrize(
    ("field", "odd"),
    [("email", odd) for odd in ODD] + [("role", odd) for odd in [*ODD, "king"]] + [("expires_in", "soon")],
)
def test_odd_input_for_a_company_is_refused_beside_the_field(
    browser: Browser, host: User, company: Company, field: str, odd: str
) -> None:
    browser.sign_in(host)
    typed = {"email": "zoe@example.org", "role": "organiser", "expires_in": "24", field: odd}
    sent = browser.submit(f"/companies/{company.slug}/people", typed)
    assert sent.status_code == 422
    if sent.status_code == 422:
        assert f'id="{field}-error"' in sent.text
        assert "<script>alert" not in sent.text
    assert db.session.scalar(select(func.count()).select_from(Invitation)) == 0


def test_only_owners_are_offered_to_make_owners(browser: Browser, host: User, company: Company) -> None:
    people = f"/companies/{company.slug}/people"
    administrator, organiser = factories.an_account(), factories.an_account()
    factories.a_membership(administrator, company, Role.ADMINISTRATOR)
    factories.a_membership(organiser, company, Role.ORGANISER)
    assert 'value="owner"' in browser.sign_in(host).get(people).text
    browser.sign_in(administrator)
    assert 'value="owner"' not in browser.get(people).text
    assert browser.submit(people, email="zoe@example.org", role="owner").status_code == 403
    browser.sign_in(organiser)
    assert 'name="role"' not in browser.get(people).text
    assert browser.submit(people, email="zoe@example.org", role="doorkeeper").status_code == 403
    assert db.session.scalar(select(func.count()).select_from(Membership)) == 3


# ------------------------------------------------------------------ the site


def test_any_account_invites_to_the_site(browser: Browser, host: User, outbox: Outbox) -> None:
    browser.sign_in(host)
    assert "Nobody invited yet" in words(browser.get("/invitations"))
    assert browser.submit("/invitations", email="zoe@example.org", expires_in="24").status_code == 303
    assert browser.submit("/invitations", {"link": "1"}).status_code == 303
    page = browser.get("/invitations")
    assert "zoe@example.org" in words(page)
    rows = db.session.scalars(select(Invitation).order_by(Invitation.id)).all()
    assert f"/invite/{links.public_id(rows[0])}" not in page.text
    assert f"/invite/{links.public_id(rows[1])}" in page.text
    assert browser.submit(f"/invitations/{rows[1].id}/revoke").headers["Location"] == "/invitations"
    assert browser.submit("/invitations", email="", expires_in="24").status_code == 422
    browser.sign_in(factories.an_account())
    assert "zoe@example.org" not in words(browser.get("/invitations"))
    assert browser.submit(f"/invitations/{rows[0].id}/revoke").status_code == 404
    assert browser.submit(f"/invitations/{rows[0].id}/resend").status_code == 404


def test_twenty_standing_invitations_are_enough(browser: Browser, host: User) -> None:
    browser.sign_in(host)
    for _ in range(20):
        assert browser.submit("/invitations", {"link": "1"}).status_code == 303
    assert 'name="email"' not in browser.get("/invitations").text
    assert browser.submit("/invitations", {"link": "1"}).status_code == 422
