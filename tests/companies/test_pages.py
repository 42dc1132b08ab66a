"""The pages of companies."""

from flask import Flask

from tests import factories
from tests.browsers import Browser, words
from webapp.companies import queries
from webapp.core.permissions import Role


def test_a_company_is_made_and_shown(app: Flask, browser: Browser):
    ana = factories.an_account("Ana Kos")
    browser.sign_in(ana)
    assert "No company yet" in words(browser.get("/companies"))
    answer = browser.submit("/companies/new", name="Zadruga Pod lipo")
    assert answer.headers["Location"] == "/companies/zadruga-pod-lipo"
    page = words(browser.follow(answer))
    assert "Zadruga Pod lipo is made." in page
    assert "Ana Kos" in page
    assert "Zadruga Pod lipo" in words(browser.get("/companies"))


def test_a_company_below_is_made_where_one_may(app: Flask, browser: Browser):
    ana = factories.an_account()
    top = factories.a_company(ana, name="Zveza")
    foreign = factories.a_company(factories.an_account())
    browser.sign_in(ana)
    page = browser.get(f"/companies/new?parent={top.slug}")
    assert f'<option selected value="{top.slug}">' in page.text
    refused = browser.submit("/companies/new", name="Below", parent=foreign.slug)
    assert refused.status_code == 422
    assert 'id="parent-error"' in refused.text
    answer = browser.submit("/companies/new", name="Below", parent=top.slug)
    assert "part of Zveza" in words(browser.follow(answer))


def test_strangers_do_not_see_a_company(app: Flask, browser: Browser):
    company = factories.a_company(factories.an_account(site_administrator=True))
    boss = factories.an_account(site_administrator=True)
    browser.sign_in(boss)
    for path in ("", "/people"):
        assert browser.get(f"/companies/{company.slug}{path}").status_code == 404
    assert company.name not in words(browser.get("/companies"))


def test_the_dashboard_says_what_is_coming_up_here_and_below(app: Flask, browser: Browser):
    ana = factories.an_account()
    top = factories.a_company(ana)
    below = factories.a_company(parent=top, name="Čebelarji")
    event = factories.an_event(below, ana, title="Točenje medu", capacity=10)
    factories.a_guest(event, reply="yes", party_size=3, invited_at=event.created_at)
    factories.a_guest(event, reply="no", invited_at=event.created_at)
    factories.a_guest(event, invited_at=event.created_at)
    factories.a_guest(event, invited_at=event.created_at)
    factories.an_event(factories.a_company(factories.an_account()), ana, title="Elsewhere")
    browser.sign_in(ana)
    page = words(browser.get(f"/companies/{top.slug}"))
    assert "Točenje medu" in page
    assert "Čebelarji" in page
    assert "7 of 10 places left" in page
    assert "2 answers to 4 invitations" in page
    assert "Elsewhere" not in page


def test_a_doorkeeper_looks_and_changes_nothing(app: Flask, browser: Browser):
    company = factories.a_company(factories.an_account("Ana", email="ana@example.org"))
    keeper = factories.an_account()
    factories.a_membership(keeper, company, Role.DOORKEEPER)
    browser.sign_in(keeper)
    page = words(browser.get(f"/companies/{company.slug}"))
    assert "Start an event" not in page
    people = words(browser.get(f"/companies/{company.slug}/people"))
    assert "Ana" in people
    assert "ana@example.org" not in people
    assert "Take out" not in people
    owner = next(one for one in queries.people_of(company.id) if one.role == "owner")
    assert browser.submit(f"/companies/{company.slug}/people/{owner.id}/revoke").status_code == 403


def test_an_owner_takes_somebody_out_and_somebody_leaves(app: Flask, browser: Browser, other_browser: Browser):
    ana, bob, cilka = (factories.an_account(name) for name in ("Ana", "Bob", "Cilka"))
    company = factories.a_company(ana)
    path = f"/companies/{company.slug}/people"
    out = factories.a_membership(bob, company, Role.ORGANISER)
    leaving = factories.a_membership(cilka, company, Role.ORGANISER)
    browser.sign_in(ana)
    other_browser.sign_in(cilka)
    assert "Take Bob out" in words(browser.get(path))
    assert "Bob is out." in words(browser.follow(browser.submit(f"{path}/{out.id}/revoke")))
    assert browser.submit(f"{path}/{out.id}/revoke").status_code == 404
    answer = other_browser.submit(f"{path}/{leaving.id}/revoke")
    assert answer.headers["Location"] == "/companies"
    assert other_browser.get(path).status_code == 404


def test_the_last_owner_is_told_why_not(app: Flask, browser: Browser):
    ana = factories.an_account()
    company = factories.a_company(ana)
    browser.sign_in(ana)
    own = queries.standing(company.id, ana.id)
    answer = browser.submit(f"/companies/{company.slug}/people/{own.id}/revoke")
    assert answer.status_code == 409
    assert "needs an owner" in words(answer)
