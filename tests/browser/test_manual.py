"""The page for programmers in a browser: finding, choosing a language, copying, with scripts and without."""

import pathlib
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests import factories
from tests.api import reader
from tests.browser.chrome import LAPTOP, PHONE, Ears, opened
from tests.browser.house import House, standing
from webapp.core.database import db
from webapp.models import Guest, OutboxMail

pytestmark = [pytest.mark.browser]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    def fill(app: Flask) -> None:
        factories.set_up_site()

    with standing(tmp_path_factory.mktemp("manual"), fill) as house:
        yield house


def shown(chromium: Browser, house: House, *, width: int = LAPTOP, **options) -> Page:
    page = opened(chromium, width=width, **options).new_page()
    page.goto(f"{house.address}/api/docs")
    return page


def test_what_is_typed_is_found_and_let_go_by_a_link(chromium: Browser, house: House):
    page = shown(chromium, house)
    ears = Ears(page)
    page.get_by_label("Find an endpoint or a field").fill("scope: check-in walk_in")
    expect(page.locator("article.endpoint:visible")).to_have_count(1)
    expect(page.locator("#check-in")).to_be_in_viewport()
    expect(page.locator(".manual__list .method:visible")).to_have_count(1)
    page.get_by_label("Find an endpoint or a field").fill("zebra")
    expect(page.get_by_text("Nothing fits.")).to_be_visible()
    page.get_by_role("link", name="Quick start").click()
    expect(page.get_by_role("heading", name="Quick start")).to_be_in_viewport()
    assert page.locator("article.endpoint:visible").count() > 50
    assert ears.heard == []


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("time_to_join", "#eventout"),
        ("ETag", "#good-to-know"),
        ("authenticate", "#authenticate"),
        ("exist-email", "#scopes"),
    ],
)
def test_fields_headers_and_scopes_are_found(chromium: Browser, house: House, typed: str, seen: str):
    page = shown(chromium, house)
    page.get_by_label("Find an endpoint or a field").fill(typed)
    expect(page.locator(seen)).to_be_visible()
    expect(page.locator("nav [role=status]")).to_have_text(re.compile(r"\d+ found"))


def test_what_is_called_so_stands_before_what_speaks_of_it(chromium: Browser, house: House):
    page = shown(chromium, house)
    page.get_by_label("Find an endpoint or a field").fill("vote")
    expect(page.locator(".manual__text article:visible").first).to_have_id("vote")
    page.get_by_role("button", name="Clear the search").click()
    expect(page.get_by_label("Find an endpoint or a field")).to_be_focused()
    expect(page.get_by_role("heading", name="Quick start")).to_be_visible()
    assert page.evaluate("document.querySelector('.manual__part article').id") == "authenticate", "all is back in place"


def test_whoever_goes_to_an_address_while_searching_is_led_there(chromium: Browser, house: House):
    page = shown(chromium, house)
    page.get_by_label("Find an endpoint or a field").fill("check-in")
    page.evaluate("location.hash = '#vote'")
    expect(page.locator("#vote h3")).to_be_in_viewport()
    expect(page.get_by_label("Find an endpoint or a field")).to_have_value("")


def test_the_skip_link_leads_over_the_contents(chromium: Browser, house: House):
    page = shown(chromium, house)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.manual__text') !== null")


@pytest.mark.parametrize("scripts", [True, False])
def test_on_a_phone_the_contents_are_folded_below_the_title(chromium: Browser, house: House, scripts: bool):
    page = shown(chromium, house, width=PHONE, scripts=scripts, has_touch=True, is_mobile=True)
    expect(page.get_by_role("link", name="POST /vote")).to_be_hidden()
    title, contents = page.locator("h1").bounding_box(), page.get_by_text("Contents", exact=True).bounding_box()
    assert title is not None
    assert contents is not None
    assert title["y"] < contents["y"]
    page.get_by_text("Contents", exact=True).click()
    link = page.get_by_role("link", name="POST /vote").bounding_box()
    assert link is not None
    assert link["height"] >= 44


def test_an_address_with_an_id_leads_to_its_endpoint(chromium: Browser, house: House):
    page = opened(chromium).new_page()
    page.goto(f"{house.address}/api/docs#add-guest")
    expect(page.locator("#add-guest h3")).to_be_in_viewport()


def test_code_is_copied_as_it_is_printed(chromium: Browser, house: House):
    page = shown(chromium, house, permissions=["clipboard-read", "clipboard-write"])
    article = page.locator("#add-guest")
    article.get_by_role("button", name="Copy").first.click()
    expect(article.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == article.locator("pre").first.text_content()


@pytest.mark.parametrize("scripts", [True, False])
def test_one_language_is_seen_at_a_time(chromium: Browser, house: House, scripts: bool):
    page = shown(chromium, house, width=PHONE, scripts=scripts)
    for language, word in (("curl", 'curl "'), ("Python", "urlopen"), ("JavaScript", "await fetch")):
        page.get_by_label(language, exact=True).check()
        boxes = page.locator("#quick-start pre:visible")
        expect(boxes).to_have_count(5)
        assert word in "".join(boxes.all_text_contents())
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE


def test_without_scripts_nothing_is_there_that_does_nothing(chromium: Browser, house: House):
    page = shown(chromium, house, scripts=False)
    expect(page.locator("#find")).to_be_hidden()
    expect(page.locator(".code__copy:visible")).to_have_count(0)
    expect(page.get_by_role("link", name="POST /guest/{event_id}")).to_be_visible()


def test_the_quick_start_in_javascript_is_one_program(chromium: Browser, tmp_path: pathlib.Path):
    with standing(tmp_path, reader.party) as house:
        page = shown(chromium, house)
        ears, printed = Ears(page), []
        page.on("console", lambda said: printed.append(said.text))
        program = reader.filled("\n\n".join(page.locator(".code--javascript code").all_text_contents()[1:]))
        assert program.count("await call(") == 4
        # as into the browser's own console, where await needs no function around it
        typed = {"expression": program, "replMode": True, "awaitPromise": True}
        done = page.context.new_cdp_session(page).send("Runtime.evaluate", typed)
        assert "exceptionDetails" not in done, done
        assert house.mails.letter("guest@example.com", "Taco Party 2025")
        with house.app.app_context():
            guest = db.session.query(Guest).one()
            mail = db.session.query(OutboxMail).filter_by(guest_id=guest.id).one()
            assert (guest.name, guest.email, mail.template) == ("John Doe", "guest@example.com", "guest-invited")
            db.session.remove()
        assert len(printed) == 1
        assert re.fullmatch(r"John Doe (null|\d{4}-\S+) null", printed[0])
        assert ears.heard == []
