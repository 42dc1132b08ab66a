"""Every part in a real browser: nothing for axe to find, nothing that overflows, with and without scripts."""

import json
import re
import threading
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright
from werkzeug.serving import make_server

from tests.look.specimen_app import ROOT, make_specimen_app

CHROMIUM = Path("/usr/bin/chromium")
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = ROOT / "tests" / "browser" / "vendor" / "axe.min.js"
PAGES = ["", "form", "captcha", "refused", "invitation", "board", "error", "trouble", "email", "arabic"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no Chromium at /usr/bin/chromium"),
]


@pytest.fixture(scope="module")
def address():
    server = make_server("127.0.0.1", 0, make_specimen_app(), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, address):
    """`visit("form", width=390)` opens a page and returns it; whatever it complains about fails the test."""
    contexts, complaints = [], []

    def go(path, **options):
        settings = {"viewport": {"width": options.pop("width", 1280), "height": 900}, "reduced_motion": "reduce"}
        context = chromium.new_context(**settings, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{address}/{path}", wait_until="load")
        return page

    yield go
    for context in contexts:
        context.close()
    assert complaints == []


def violations(page):
    """Return what axe finds, past the page's own policy for scripts."""
    session = page.context.new_cdp_session(page)
    session.send("Runtime.evaluate", {"expression": AXE.read_text()})
    run = "axe.run().then(r => JSON.stringify(r.violations.map(v => [v.id, v.nodes.map(n => n.html)])))"
    answer = session.send("Runtime.evaluate", {"expression": run, "awaitPromise": True, "returnByValue": True})
    return json.loads(answer["result"]["value"])


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_and_nothing_overflows(visit, path, width, scheme):
    page = visit(path, width=width, color_scheme=scheme)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_axe_would_find_something(visit):
    page = visit("form")
    page.evaluate("document.querySelector('label[for=email]').remove()")
    assert "label" in [rule for rule, _nodes in violations(page)]


def test_everything_that_can_be_touched_is_large_enough_on_a_phone(visit):
    page = visit("", width=390, has_touch=True)
    small = page.evaluate(
        """[...document.querySelectorAll(".button, .tabs a, .chip, .masthead a, summary, .footer a, .stepper button")]
        .filter(e => e.checkVisibility()).map(e => [e.textContent.trim(), e.getBoundingClientRect().height])
        .filter(([, height]) => height < 44)"""
    )
    assert small == []


def test_a_refused_form_puts_the_cursor_on_its_first_error(visit):
    page = visit("refused")
    expect(page.locator("#email")).to_be_focused()


def test_without_scripts_the_list_of_errors_has_the_focus(visit):
    page = visit("refused", java_script_enabled=False)
    expect(page.locator("[data-errors]:focus")).to_have_count(1)


def test_the_stepper_stays_within_its_bounds(visit):
    page = visit("form")
    number = page.locator("#party_size")
    for _ in range(5):
        more = page.get_by_label("One more")
        if more.is_enabled():
            more.click()
    expect(number).to_have_value("3")
    for _ in range(5):
        less = page.get_by_label("One fewer")
        if less.is_enabled():
            less.click()
    expect(number).to_have_value("0")


def test_a_password_can_be_shown(visit):
    page = visit("form")
    page.get_by_label("Show what I type").click()
    expect(page.locator("#password")).to_have_attribute("type", "text")


def test_one_more_question_is_empty_and_numbered_on(visit):
    page = visit("form")
    page.locator("#questions-0-text").fill("When do we mow?")
    for _ in range(2):
        page.get_by_role("button", name="One more question").click()
    expect(page.locator("[data-repeat-item]")).to_have_count(3)
    expect(page.locator("#questions-2-text")).to_be_focused()
    assert page.locator("#questions-2-text").input_value() == ""
    page.locator("#questions-2-text").fill("What grows there?")
    page.get_by_role("button", name="Take it out").nth(1).click()
    assert page.locator("[name^=questions-][name$=-text]").evaluate_all("all => all.map(e => [e.name, e.value])") == [
        ["questions-0-text", "When do we mow?"],
        ["questions-1-text", "What grows there?"],
    ]
    assert violations(page) == []


def test_a_destructive_act_asks_in_a_dialog(visit):
    page = visit("")
    page.get_by_text("Cancel this event").click()
    dialog = page.get_by_role("dialog", name="Cancel the event?")
    expect(dialog).to_be_visible()
    assert violations(page) == []
    dialog.get_by_role("button", name="No, keep it").click()
    expect(dialog).not_to_be_visible()
    expect(page.get_by_text("Cancel this event")).to_be_focused()
    page.get_by_text("Cancel this event").click()
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_destructive_act_asks_without_scripts_too(visit):
    page = visit("", java_script_enabled=False)
    page.get_by_text("Cancel this event").click()
    expect(page.get_by_role("button", name="Cancel the event")).to_be_visible()
    expect(page.get_by_role("button", name="No, keep it")).to_have_count(0)


def test_a_menu_closes_on_escape_and_elsewhere(visit):
    page = visit("")
    menu = page.locator(".masthead__menu")
    menu.locator("summary").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).not_to_be_visible()
    menu.locator("summary").click()
    page.get_by_role("heading", name="Every part").click()
    expect(page.get_by_role("button", name="Sign out")).not_to_be_visible()


def test_ticking_shows_how_many_and_what_to_do_with_them(visit):
    page = visit("")
    bar = page.locator("[data-ticks-bar]")
    expect(bar).not_to_be_visible()
    page.get_by_label("Tick all on this page").check()
    expect(bar).to_contain_text("3 ticked")
    page.get_by_label("Tick ليلى حداد").uncheck()
    expect(bar).to_contain_text("2 ticked")
    assert page.get_by_label("Tick all on this page").evaluate("box => box.indeterminate")


def test_without_scripts_nothing_is_offered_that_would_not_work(visit):
    page = visit("", java_script_enabled=False)
    expect(page.locator("[data-ticks-bar]")).to_be_visible()
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)
    expect(page.get_by_label("Tick all on this page")).not_to_be_visible()
    expect(visit("invitation", java_script_enabled=False).get_by_label("One more")).not_to_be_visible()


def test_the_readers_own_time_stands_beside_the_events(visit):
    page = visit("", timezone_id="Asia/Tokyo")
    expect(page.get_by_text("Tue 22 December, 02:00 for you (Tokyo)")).to_be_visible()
    expect(visit("", timezone_id="Europe/Ljubljana").locator("[data-own-time]:visible")).to_have_count(0)


def test_a_link_is_copied(visit):
    page = visit("", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "https://example.org/invite/abcdefghijklmnopqrstuvwxyz"


def test_the_captcha_solves_itself_under_the_strict_policy(visit):
    page = visit("captcha")
    expect(page.locator("input[name=altcha]")).to_have_value(re.compile(r"\w{100,}"))
    expect(page.get_by_text("Without scripts: type seven.")).not_to_be_visible()


def test_the_captcha_has_a_way_without_scripts(visit):
    expect(visit("captcha", java_script_enabled=False).get_by_text("Without scripts: type seven.")).to_be_visible()
