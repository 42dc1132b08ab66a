"""Companies and events as the site's administrators see them: names and figures, and nothing inside."""

import datetime as dt
import re

import pytest
from flask import Flask
from sqlalchemy import event as listening

from tests import factories
from tests.browsers import Browser, words
from webapp.core import clock
from webapp.core.database import db
from webapp.core.operation import operation
from webapp.core.permissions import Role
from webapp.models import Company

pytestmark = pytest.mark.both_databases


@operation
def close(company: Company) -> None:
    company.deleted_at = clock.now()


def rows(browser: Browser, address: str) -> list[str]:
    """What each row of a list says."""
    page = browser.get(address).text
    if "<tbody>" not in page:
        return []
    found = page.split("<tbody>")[1].split("</tbody>")[0].split("<tr>")[1:]
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in found]


# ---------------------------------------------------------------- companies


def test_companies_are_told_by_name_place_owners_and_figures(app: Flask, admin: Browser):
    ana, eva = factories.an_account("Ana", surname="Kos"), factories.an_account("Eva")
    above = factories.a_company(ana, name="Zveza")
    here = factories.a_company(ana, name="Zadruga", parent=above)
    below = factories.a_company(name="Kuhinja", parent=here)
    factories.a_membership(eva, here, Role.DOORKEEPER)
    factories.an_event(here, ana)
    factories.an_event(here, ana, starts_in=dt.timedelta(days=-9))
    factories.an_event(here, ana, state="draft", published_at=None)
    close(factories.a_company(name="Closed"))
    told = {row.split()[0]: row for row in rows(admin, "/admin/companies")}
    assert set(told) == {"Zveza", "Zadruga", "Kuhinja"}
    assert told["Zadruga"].startswith("Zadruga in Zveza Ana Kos 2 1 3 ")
    assert told["Kuhinja"].startswith("Kuhinja in Zveza / Zadruga none of its own 0 0 0 ")
    assert told["Zveza"].startswith("Zveza Ana Kos 1 0 0 ")
    assert below.slug not in admin.get("/admin/companies").text


def test_companies_are_found_by_words_of_their_name(app: Flask, admin: Browser):
    factories.a_company(name="Žive meje")
    factories.a_company(name="Zadruga Pod lipo")
    assert [row.split(" none")[0] for row in rows(admin, "/admin/companies?search=žIVE")] == ["Žive meje"]
    assert [row.split(" none")[0] for row in rows(admin, "/admin/companies?search=LIPO+zad")] == ["Zadruga Pod lipo"]
    assert rows(admin, "/admin/companies?search=lipo+meje") == []
    assert "No company fits that" in words(admin.get("/admin/companies?search=zzz"))


def test_a_company_with_many_owners_names_three(app: Flask, admin: Browser):
    company = factories.a_company(name="Zadruga")
    for number in range(5):
        factories.a_membership(factories.an_account(f"Owner{number}"), company, Role.OWNER)
    (row,) = rows(admin, "/admin/companies")
    assert "Owner0 , Owner1 , Owner2 and 2 more" in row


def test_a_long_list_asks_no_more_of_the_database_than_a_short_one(app: Flask, admin: Browser):
    asked: list[str] = []

    def note(_connection, _cursor, statement, *_args) -> None:
        if "FROM sites" not in statement:  # remembered for a few seconds
            asked.append(statement)

    def questions(address: str) -> int:
        asked.clear()
        assert admin.get(address).status_code == 200
        return len(asked)

    host = factories.an_account()
    factories.an_event(factories.a_company(host), host)
    listening.listen(db.engine, "before_cursor_execute", note)
    try:
        few = [questions(f"/admin/{name}") for name in ("accounts", "companies", "events")]
        for _ in range(12):
            owner = factories.an_account()
            factories.an_event(factories.a_company(owner), owner)
        many = [questions(f"/admin/{name}") for name in ("accounts", "companies", "events")]
    finally:
        listening.remove(db.engine, "before_cursor_execute", note)
    assert many == few
    assert max(few) <= 12


# ---------------------------------------------------------------- events


def test_only_public_events_say_what_they_are_called(app: Flask, admin: Browser):
    host = factories.an_account("Hidden host")
    company = factories.a_company(host, name="Zadruga")
    seen = {"visibility": "public", "state": "published"}
    kinds = {
        "Seen-one": seen,
        "Seen-cancelled": {**seen, "state": "cancelled"},
        "Kept-draft": {**seen, "state": "draft", "published_at": None},
        "Kept-unlisted": {"visibility": "unlisted"},
        "Kept-invited": {"visibility": "invited"},
    }
    events = {
        title: factories.an_event(company, host, title=title, place="Kept-place", description="Kept-words", **values)
        for title, values in kinds.items()
    }
    page = admin.get("/admin/events")
    assert "Seen-one" in page.text
    assert "Seen-cancelled" in page.text
    assert "Kept" not in page.text
    assert "Hidden host" not in page.text
    for title, event in events.items():
        whole = str(event.id) in page.text
        assert whole is title.startswith("Seen"), title
        assert whole or str(event.id)[:8] in page.text


def test_searching_tells_no_more_than_the_list_does(app: Flask, admin: Browser):
    host = factories.an_account()
    company = factories.a_company(host, name="Zadruga")
    shown = factories.an_event(company, host, title="Harvest supper", visibility="public", place="The yard")
    kept = factories.an_event(company, host, title="Harvest secrets", visibility="invited")
    draft = factories.an_event(company, host, title="Harvest draft", state="draft", published_at=None)
    assert len(rows(admin, "/admin/events?search=zadruga")) == 3
    (found,) = rows(admin, "/admin/events?search=HARVEST")
    assert found.startswith("Harvest supper Public Zadruga")
    assert rows(admin, "/admin/events?search=secrets") == []
    for event in (shown, kept, draft):
        for begins in (str(event.id)[:8], str(event.id)[:13], event.id.hex[:20]):
            (found,) = rows(admin, f"/admin/events?search={begins}")
            assert found.startswith("Harvest supper" if event is shown else str(event.id)[:8])


def test_events_are_filtered_by_what_became_of_them(app: Flask, admin: Browser):
    host = factories.an_account()
    company = factories.a_company(host)
    factories.an_event(company, host, title="Coming")
    factories.an_event(company, host, title="Past", starts_in=dt.timedelta(days=-9))
    factories.an_event(company, host, title="Off", state="cancelled")
    draft = factories.an_event(company, host, title="Draft", state="draft", published_at=None)
    for state, begins in {"coming": "Coming", "past": "Past", "cancelled": "Off", "draft": str(draft.id)[:8]}.items():
        (row,) = rows(admin, f"/admin/events?state={state}")
        assert row.startswith(begins)
    assert len(rows(admin, "/admin/events")) == 4


def test_events_say_how_many_are_on_their_list_and_answered(app: Flask, admin: Browser):
    host = factories.an_account()
    event = factories.an_event(factories.a_company(host), host, title="Supper")
    factories.a_guest(event, reply="yes", name="Kept-guest", invited_at=clock.now())
    factories.a_guest(event, reply="no", invited_at=clock.now())
    factories.a_guest(event)
    (row,) = rows(admin, "/admin/events")
    assert row.endswith("Published 3 2 1 1")
    assert "Kept" not in admin.get("/admin/events").text


def test_pages_of_events_go_on_where_the_last_one_ended(app: Flask, admin: Browser):
    host = factories.an_account()
    company = factories.a_company(host)
    start = dt.timedelta(days=3)
    for number in range(30):
        factories.an_event(company, host, title=f"Event-{number:02}", starts_in=start + dt.timedelta(hours=number // 3))
    seen, address = [], "/admin/events"
    while address:
        page = admin.get(address).text
        seen += re.findall(r"Event-(\d\d)", page.split("<tbody>")[1])
        further = re.search(r'href="([^"]*page=[^"]*)" rel="next"', page)
        address = further[1].replace("&amp;", "&") if further else ""
    assert sorted(seen) == [f"{number:02}" for number in range(30)]
    assert [int(n) // 3 for n in seen] == sorted((int(n) // 3 for n in seen), reverse=True)
