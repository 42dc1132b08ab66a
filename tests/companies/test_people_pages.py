"""The pages of a company's people: who is what, changing it, who was what, and offboarding."""

import datetime as dt
import re
import threading

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests import factories
from tests.browsers import Browser, words
from tests.companies.test_offboarding import DAY, a_token, an_app, an_invitation
from tests.mails import Outbox
from webapp.accounts import sessions
from webapp.companies import operations, queries
from webapp.core import clock
from webapp.core.actor import Scope
from webapp.core.database import db
from webapp.core.permissions import Role
from webapp.models import Company, Invitation, Membership, User


@pytest.fixture
def ana(app: Flask) -> User:
    return factories.an_account("Ana", email="ana@example.org")


@pytest.fixture
def bob(app: Flask) -> User:
    return factories.an_account("Bob", email="bob@example.org")


@pytest.fixture
def company(app: Flask, ana: User) -> Company:
    return factories.a_company(ana, name="Pod lipo")


def people(company: Company, rest: str = "") -> str:
    return f"/companies/{company.slug}/people{rest}"


def role_of(company: Company, user: User) -> str | None:
    membership = queries.standing(company.id, user.id)
    return membership.role if membership else None


# ---------------------------------------------------------------- the list


def test_a_role_is_changed_by_the_select_in_its_row(browser: Browser, company: Company, ana: User, bob: User):
    membership = factories.a_membership(bob, company, Role.DOORKEEPER)
    browser.sign_in(ana)
    page = browser.get(people(company))
    select = re.search(rf'<select[^>]*id="role-{membership.id}".*?</select>', page.text, re.DOTALL)[0]
    assert re.findall(r'value="(\w+)"( selected)?', select) == [
        ("owner", ""),
        ("administrator", ""),
        ("organiser", ""),
        ("doorkeeper", " selected"),
    ]
    answer = browser.submit(people(company, f"/{membership.id}/role"), role="organiser")
    assert "The role of Bob is changed." in words(browser.follow(answer))
    assert role_of(company, bob) == "organiser"


@pytest.mark.parametrize("sent", [{}, {"role": ""}, {"role": "king"}, {"role": "Owner"}])
def test_a_role_that_is_none_is_refused_beside_the_select(
    browser: Browser, company: Company, ana: User, bob: User, sent: dict[str, str]
):
    membership = factories.a_membership(bob, company, Role.DOORKEEPER)
    browser.sign_in(ana)
    answer = browser.submit(people(company, f"/{membership.id}/role"), sent)
    assert answer.status_code == 422
    assert f'id="role-{membership.id}-error"' in answer.text
    assert role_of(company, bob) == "doorkeeper"


def test_the_last_owner_is_told_beside_the_select_why_not(browser: Browser, company: Company, ana: User):
    own = queries.standing(company.id, ana.id)
    browser.sign_in(ana)
    answer = browser.submit(people(company, f"/{own.id}/role"), role="organiser")
    assert answer.status_code == 422
    error = re.search(rf'id="role-{own.id}-error".*?</p>', answer.text, re.DOTALL)[0]
    assert "Pod lipo needs an owner" in error
    assert re.search(r'value="organiser"\s+selected', answer.text)
    assert role_of(company, ana) == "owner"


def test_an_administrator_is_offered_no_owner_and_changes_none(
    browser: Browser, company: Company, ana: User, bob: User
):
    factories.a_membership(bob, company, Role.ADMINISTRATOR)
    browser.sign_in(bob)
    page = browser.get(people(company))
    own = queries.standing(company.id, ana.id)
    members = re.search(r'<ul class="members">.*?\n {4,}</ul>\n', page.text, re.DOTALL)[0]
    assert 'value="owner"' not in members
    assert f"role-{own.id}" not in page.text
    assert f"/offboard/{ana.id}" not in page.text
    assert browser.submit(people(company, f"/{own.id}/role"), role="organiser").status_code == 403


# ---------------------------------------------------------------- what programs may do


EVERYTHING = [scope.value for scope in Scope if scope not in {Scope.EXIST_EMAIL, Scope.ACCOUNT}]


def hold(browser: Browser, company: Company, membership: Membership, *scopes: str) -> TestResponse:
    return browser.submit(people(company, f"/{membership.id}/programs"), {"scopes": list(scopes)})


def ticked(page: TestResponse, membership: Membership) -> list[str]:
    form = re.search(rf'action="[^"]*/{membership.id}/programs".*?</form>', page.text, re.DOTALL)[0]
    return re.findall(r'value="([\w:-]+)" checked', form)


def test_what_programs_may_do_is_ticked_in_the_row_of_each(browser: Browser, company: Company, ana: User, bob: User):
    membership = factories.a_membership(bob, company, Role.ORGANISER)
    browser.sign_in(ana)
    page = browser.get(people(company))
    assert sorted(ticked(page, membership)) == sorted(EVERYTHING)
    assert words(page).count("What programs may do: all the role gives") == 2
    page = browser.follow(hold(browser, company, membership, "events:read", "check-in"))
    assert "What programs of Bob may do here is changed." in words(page)
    assert "What programs may do: See events, Check guests in" in words(page)
    now = queries.standing(company.id, bob.id)
    assert (now.role, now.scopes) == ("organiser", ["check-in", "events:read"])
    assert sorted(ticked(page, now)) == ["check-in", "events:read"]


def test_the_one_before_is_kept_and_shown_with_what_it_was(browser: Browser, company: Company, ana: User, bob: User):
    first = factories.a_membership(bob, company, Role.ORGANISER)
    browser.sign_in(ana)
    hold(browser, company, first, "events:read")
    before = db.session.get_one(Membership, first.id)
    assert (before.scopes, before.revoked_by) == (None, ana.id)
    shown = words(browser.get(people(company, f"/history?person={bob.id}")))
    assert shown.count("Organiser") == 2
    assert shown.count("What programs may do: See events") == 1
    lines = words(browser.get(f"/companies/{company.slug}/journal"))
    assert "events:read" in lines


@pytest.mark.parametrize(("scopes", "kept"), [(EVERYTHING, None), ([], [])], ids=["all of them", "none of them"])
def test_all_ticked_is_all_the_role_gives_and_none_is_nothing(
    browser: Browser, company: Company, ana: User, bob: User, scopes: list[str], kept: list[str] | None
):
    membership = factories.a_membership(bob, company, Role.ORGANISER, scopes=["voting"])
    browser.sign_in(ana)
    page = browser.follow(hold(browser, company, membership, *scopes))
    assert queries.standing(company.id, bob.id).scopes == kept
    said = "nothing" if kept == [] else "all the role gives"
    assert f"What programs may do: {said}" in words(page)


def test_nothing_is_written_where_nothing_changes(browser: Browser, company: Company, ana: User, bob: User):
    membership = factories.a_membership(bob, company, Role.ORGANISER)
    browser.sign_in(ana)
    hold(browser, company, membership, *EVERYTHING)
    assert queries.standing(company.id, bob.id).id == membership.id


def test_what_is_no_scope_is_refused_in_the_row(browser: Browser, company: Company, ana: User, bob: User):
    membership = factories.a_membership(bob, company, Role.ORGANISER)
    browser.sign_in(ana)
    answer = hold(browser, company, membership, "voting", "everything")
    assert answer.status_code == 422
    assert f'id="programs-{membership.id}-error"' in answer.text
    assert ticked(answer, membership) == ["voting"]
    assert queries.standing(company.id, bob.id).scopes is None


def test_who_may_not_change_the_role_does_not_change_what_programs_may(
    browser: Browser, company: Company, ana: User, bob: User
):
    factories.a_membership(bob, company, Role.ADMINISTRATOR, scopes=["voting"])
    own = queries.standing(company.id, ana.id)
    browser.sign_in(bob)
    assert f"/{own.id}/programs" not in browser.get(people(company)).text
    assert hold(browser, company, own, "voting").status_code == 403
    assert queries.standing(company.id, ana.id).scopes is None


def test_whoever_is_held_to_less_reads_it_and_leaves_it_to_owners(
    app: Flask, browser: Browser, company: Company, ana: User, bob: User
):
    own = factories.a_membership(bob, company, Role.ADMINISTRATOR, scopes=["voting"])
    page = browser.sign_in(bob).get(people(company))
    assert "What programs may do: Join and vote" in words(page)
    assert f"/{own.id}/programs" not in page.text
    for scopes in (EVERYTHING, ["voting", "companies:write"], []):
        assert hold(browser, company, own, *scopes).status_code == 403
    assert queries.standing(company.id, bob.id).scopes == ["voting"]
    factories.a_membership(cilka := factories.an_account("Cilka"), company, Role.ORGANISER, scopes=["voting"])
    assert "What programs may do: Join and vote" in words(browser.sign_in(cilka).get(people(company)))


def test_an_owner_widens_the_own_row_with_the_password_alone(
    app: Flask, browser: Browser, company: Company, ana: User, bob: User
):
    own = factories.a_membership(bob, company, Role.OWNER, scopes=["voting"])
    begun = clock.now()
    with time_machine.travel(begun, tick=False):
        browser.sign_in(bob)
    with time_machine.travel(begun + dt.timedelta(minutes=16), tick=False):
        answer = hold(browser, company, own, "voting", "companies:write")
        assert (answer.status_code, "/account/confirm" in answer.headers["Location"]) == (303, True)
        assert queries.standing(company.id, bob.id).scopes == ["voting"]
        assert hold(browser, company, own).status_code == 303
    assert queries.standing(company.id, bob.id).scopes == []


@pytest.mark.parametrize("role", [Role.DOORKEEPER, Role.ORGANISER])
def test_names_and_roles_are_for_all_addresses_for_administrators_alone(
    browser: Browser, company: Company, ana: User, bob: User, role: Role
):
    factories.a_membership(bob, company, role)
    browser.sign_in(bob)
    page = browser.get(people(company))
    assert "Ana" in words(page)
    assert "Owner" in words(page)
    for secret in ("ana@example.org", "<select", "Offboard", "Invite somebody", "Who was what"):
        assert secret not in page.text
    assert "ana@example.org" not in browser.get(people(company, "?where=below")).text
    # an address is not found out by searching for it either
    assert "Nobody here fits." in words(browser.get(people(company, "?search=ana@example")))
    assert "Leave Pod lipo?" in words(page)


def test_those_from_above_are_listed_apart_and_cannot_be_changed_here(
    browser: Browser, company: Company, ana: User, bob: User
):
    below = factories.a_company(bob, name="Krožek", parent=company)
    browser.sign_in(bob)
    page = browser.get(people(below))
    assert "Owner through Pod lipo" in words(page)
    assert "ana@example.org" not in page.text
    assert str(queries.standing(company.id, ana.id).id) not in page.text


def test_administrators_see_everybody_below_with_every_role(browser: Browser, company: Company, ana: User, bob: User):
    below = factories.a_company(name="Krožek", parent=company)
    aside = factories.a_company(bob, name="Elsewhere")
    factories.a_membership(bob, company, Role.DOORKEEPER)
    factories.a_membership(bob, below, Role.ADMINISTRATOR)
    cilka = factories.an_account("Cilka", email="cilka@example.org")
    factories.a_membership(cilka, below, Role.ORGANISER)
    factories.a_membership(factories.an_account("Dora"), aside, Role.ORGANISER)
    browser.sign_in(ana)
    here = words(browser.get(people(company)))
    assert "Here 2" in here
    assert "Here and below 3" in here
    assert "Cilka" not in here
    page = browser.get(people(company, "?where=below"))
    assert re.search(r"Bob bob@example.org Administrator in Krožek , since .* Doorkeeper in Pod lipo", words(page))
    assert "Cilka" in words(page)
    assert "Elsewhere" not in words(page)
    assert "Dora" not in words(page)
    assert f"/companies/{company.slug}/offboard/{cilka.id}" in page.text


def test_a_company_without_companies_below_offers_no_switch(browser: Browser, company: Company, ana: User):
    browser.sign_in(ana)
    assert "Here and below" not in words(browser.get(people(company)))


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("čeb", True),
        ("ČEBELA", True),
        ("ana čeb", True),
        ("queen@hive", True),
        ("QUEEN@HIVE", True),
        ("%", False),
        ("_", False),
        ("\\", False),
        ("zzz", False),
        ("\x00", True),
        ("  ", True),
    ],
)
def test_people_are_found_by_name_and_address(browser: Browser, company: Company, ana: User, search: str, found: bool):
    bee = factories.an_account("Ana", surname="Čebela", email="queen@hive.example.org")
    factories.a_membership(bee, factories.a_company(parent=company), Role.ORGANISER)
    factories.a_membership(bee, company, Role.ORGANISER)
    browser.sign_in(ana)
    for where in ("", "below"):
        page = browser.get(people(company), query_string={"search": search, "where": where})
        assert ("queen@hive.example.org" in page.text) is found, where


@pytest.mark.both_databases
@pytest.mark.parametrize("where", ["", "below"])
def test_many_people_come_in_pages_each_once(browser: Browser, company: Company, ana: User, where: str):
    below = factories.a_company(parent=company)
    for number in range(110):
        person = factories.an_account(f"Person {number:03}", surname="Šuštar" if number % 2 else "")
        factories.a_membership(person, company, Role.ORGANISER if number % 3 else Role.DOORKEEPER)
        if number % 5 == 0:
            factories.a_membership(person, below, Role.DOORKEEPER)
    browser.sign_in(ana)
    address, seen, pages = people(company, f"?where={where}"), [], 0
    while address:
        page = browser.get(address)
        seen += re.findall(r'<h2 class="members__name" dir="auto">\s*(.*?)\s*(?:<span|</h2>)', page.text)
        following = re.search(r'href="([^"]*)" rel="next"', page.text)
        address = following[1].replace("&amp;", "&") if following else ""
        pages += 1
        assert pages < 9
    assert pages == 3
    assert len(seen) == len(set(seen)) == 111
    names = [name for name in seen if name.startswith("Person")]
    if where:
        assert names == sorted(names)
    else:
        assert seen[0] == "Ana"
        strong = [name for name in names if int(name[7:10]) % 3]
        assert names == sorted(strong) + sorted(set(names) - set(strong))


def test_a_broken_place_in_the_list_begins_it_anew(browser: Browser, company: Company, ana: User):
    browser.sign_in(ana)
    for place in ("x", "W10", "W2ZhbHNlLDEsImEiXQ"):
        for rest in (f"?page={place}", f"?where=below&page={place}", f"/history?page={place}&person=x"):
            assert browser.get(people(company, rest)).status_code == 200


# ---------------------------------------------------------------- who was what


def test_the_history_says_who_gave_and_took_which_role(browser: Browser, company: Company, ana: User, bob: User):
    below = factories.a_company(name="Krožek", parent=company)
    cilka = factories.an_account("Cilka")
    actor = factories.acting(ana)
    operations.change_role(actor, operations.grant(actor, company, bob, Role.DOORKEEPER), Role.ORGANISER)
    operations.revoke(factories.acting(bob), queries.standing(company.id, bob.id))
    operations.grant(actor, below, cilka, Role.OWNER)
    browser.sign_in(ana)
    page = words(browser.get(people(company, "/history")))
    told = r"Cilka Owner in Krožek .* by Ana not yet .*Bob Organiser in Pod lipo .* by Ana .* by themselves .*Door"
    assert re.search(told, page)
    alone = words(browser.get(people(company, f"/history?person={cilka.id}")))
    assert "Krožek" in alone
    assert "Doorkeeper" not in alone


# ---------------------------------------------------------------- offboarding


def test_everything_somebody_holds_stands_on_one_page(browser: Browser, company: Company, ana: User, bob: User):
    below = factories.a_company(name="Krožek", parent=company)
    above = factories.a_company(name="Zveza")
    operations.move_company(factories.acting(_owner_of(above, ana)), company, above)
    factories.a_membership(bob, company, Role.ADMINISTRATOR)
    factories.a_membership(bob, below, Role.OWNER)
    factories.a_membership(bob, above, Role.DOORKEEPER)
    factories.an_event(below, bob, title="Točenje medu")
    factories.an_event(company, ana, title="Občni zbor", co_hosts=(bob,))
    an_app(company, bob, "Kiosk at the door")
    a_token(bob, company=company)
    an_invitation(bob, company, email="iva@example.org")
    an_invitation(ana, below, email="bob@example.org")
    sessions.start(bob, remember=True)
    browser.sign_in(ana)
    page = browser.get(f"/companies/{company.slug}/offboard/{bob.id}")
    told = words(page)
    for sentence in (
        "2 roles",
        "Administrator in Pod lipo",
        "Owner in Krožek",
        "One browser signed in",
        "One token of a program",
        "One invitation they sent",
        "iva@example.org to Pod lipo as organiser",
        "One invitation that waits for them",
        "Co-host of one event",
        "Občni zbor",
        "Doorkeeper in Zveza",
        "Host of one event",
        "Točenje medu",
        "Answers for one app",
        "Kiosk at the door",
        "Offboard Bob now",
    ):
        assert sentence in told, sentence
    assert f'href="/companies/{above.slug}/offboard/{bob.id}"' in page.text


def _owner_of(company: Company, user: User) -> User:
    factories.a_membership(user, company, Role.OWNER)
    return user


def test_offboarding_hands_over_ends_and_says_what_it_did(
    browser: Browser, other_browser: Browser, company: Company, ana: User, bob: User
):
    factories.a_membership(bob, company, Role.ADMINISTRATOR)
    event = factories.an_event(company, bob, visibility="invited")
    program = an_app(company, bob)
    event_id, program_id = event.id, program.id
    path = f"/companies/{company.slug}/offboard/{bob.id}"
    other_browser.sign_in(bob)
    assert other_browser.get(people(company)).status_code == 200
    browser.sign_in(ana)
    answer = browser.submit(path, hand_over_to=str(ana.id), apps="hand-over")
    told = words(browser.follow(answer))
    assert "Bob is offboarded: 1 role ended, 1 event handed over, 1 app handed over, 1 browser signed out." in told
    # the very next click asks to sign in, and what comes after it is not there
    for address in (people(company), f"/events/{event_id}/edit"):
        assert "/login" in other_browser.get(address).headers["Location"]
    other_browser.sign_in(bob)
    for address in (people(company), f"/events/{event_id}", f"/companies/{company.slug}/apps/{program_id}"):
        assert other_browser.get(address).status_code == 404
    assert browser.get(path).status_code == 404


@pytest.mark.parametrize("sent", [{}, {"hand_over_to": ""}, {"hand_over_to": "x"}, {"hand_over_to": "himself"}])
def test_a_host_is_not_offboarded_without_somebody_to_take_over(
    browser: Browser, company: Company, ana: User, bob: User, sent: dict[str, str]
):
    factories.a_membership(bob, company, Role.ORGANISER)
    factories.an_event(company, bob)
    browser.sign_in(ana)
    if sent.get("hand_over_to") == "himself":
        sent = {"hand_over_to": str(bob.id)}
    answer = browser.submit(f"/companies/{company.slug}/offboard/{bob.id}", sent)
    assert answer.status_code == 422
    assert 'id="hand_over_to-error"' in answer.text
    assert role_of(company, bob) == "organiser"


def test_apps_are_refused_to_who_may_not_look_after_them(browser: Browser, company: Company, ana: User, bob: User):
    factories.a_membership(bob, company, Role.ADMINISTRATOR)
    cilka = factories.an_account("Cilka")
    factories.a_membership(cilka, company, Role.ORGANISER)
    an_app(company, bob)
    browser.sign_in(ana)
    path = f"/companies/{company.slug}/offboard/{bob.id}"
    for apps, sentence in (("hand-over", "may not look after"), ("keep", "choose one of")):
        answer = browser.submit(path, hand_over_to=str(cilka.id), apps=apps)
        assert answer.status_code == 422
        assert sentence in re.search(r'id="apps-error".*?</p>', answer.text, re.DOTALL)[0]
    assert browser.submit(path, apps="revoke").status_code == 303


def test_nobody_offboards_himself_and_is_told_what_to_do_instead(browser: Browser, company: Company, ana: User):
    browser.sign_in(ana)
    path = f"/companies/{company.slug}/offboard/{ana.id}"
    for answer in (browser.get(path), browser.submit(path)):
        assert answer.status_code == 409
        assert "leave the company instead" in words(answer)


def test_an_owner_is_offboarded_by_owners_alone(browser: Browser, company: Company, ana: User, bob: User):
    cilka = factories.an_account("Cilka")
    factories.a_membership(cilka, company, Role.OWNER)
    factories.a_membership(bob, company, Role.ADMINISTRATOR)
    path = f"/companies/{company.slug}/offboard/{cilka.id}"
    browser.sign_in(bob)
    assert browser.get(path).status_code == 403
    assert browser.submit(path).status_code == 403
    browser.sign_in(ana)
    assert browser.submit(path).status_code == 303
    assert role_of(company, cilka) is None


def test_looking_at_what_somebody_holds_changes_nothing(browser: Browser, company: Company, ana: User, bob: User):
    factories.a_membership(bob, company, Role.ORGANISER)
    browser.sign_in(ana)
    browser.get(f"/companies/{company.slug}/offboard/{bob.id}")
    assert role_of(company, bob) == "organiser"


def test_two_presses_at_once_offboard_once(app: Flask, company: Company, ana: User, bob: User):
    factories.a_membership(bob, company, Role.ORGANISER)
    path, start, statuses = f"/companies/{company.slug}/offboard/{bob.id}", threading.Barrier(2), []
    browsers = [Browser(app).sign_in(ana) for _ in range(2)]

    def press(one: Browser) -> None:
        with app.app_context():
            start.wait(20)
            statuses.append(one.submit(path).status_code)

    threads = [threading.Thread(target=press, args=(one,)) for one in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [303, 404]


# ---------------------------------------------------------------- inviting


def test_a_mailed_invitation_is_good_for_a_day_for_its_address_alone_and_once(
    app: Flask, browser: Browser, other_browser: Browser, company: Company, ana: User, bob: User, outbox: Outbox
):
    cilka = factories.an_account("Cilka", email="cilka@example.org")
    start = clock.now()
    with time_machine.travel(start, tick=False) as time:
        browser.sign_in(ana)
        browser.submit(people(company), email="Cilka@Example.org", role="administrator", expires_in="24")
        first = outbox.link("invitation", r"/invite/\S+")
        # another account cannot take it, and that does not use it up
        other_browser.sign_in(bob)
        assert other_browser.submit(first).status_code == 403
        assert role_of(company, bob) is None
        time.move_to(start + DAY)
        other_browser.sign_in(cilka)
        assert other_browser.get(first).status_code == 404
        # sent again it is another link, good for another day
        invitation = db.session.scalars(select(Invitation)).one()
        browser.sign_in(ana)
        browser.submit(f"/invitations/{invitation.id}/resend")
        second = outbox.link("invitation", r"/invite/\S+")
        assert second != first
        time.move_to(start + 2 * DAY - dt.timedelta(seconds=1))
        other_browser.sign_in(cilka)
        assert other_browser.submit(first).status_code == 404
        assert other_browser.submit(second).status_code == 303
        assert role_of(company, cilka) == "administrator"
        assert other_browser.get(second).status_code == 404


def test_a_withdrawn_invitation_opens_nothing(
    browser: Browser, other_browser: Browser, company: Company, ana: User, bob: User, outbox: Outbox
):
    browser.sign_in(ana)
    browser.submit(people(company), email="bob@example.org", role="doorkeeper", expires_in="24")
    link = outbox.link("invitation", r"/invite/\S+")
    invitation = db.session.scalars(select(Invitation)).one()
    assert browser.submit(f"/invitations/{invitation.id}/revoke").status_code == 303
    other_browser.sign_in(bob)
    assert other_browser.submit(link).status_code == 404
    assert role_of(company, bob) is None
