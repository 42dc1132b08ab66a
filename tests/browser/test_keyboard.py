"""A guest without a mouse: the answer and the ballot by keyboard alone, and always in sight of where one is."""

import pathlib
import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chrome import PHONE
from tests.browser.furnishing import furnished_house
from tests.browser.pages import Shown, Visitors

pytestmark = [pytest.mark.browser]
FOCUS = """() => {
    const e = document.activeElement;
    const seen = [e, e.nextElementSibling].some(x => x && getComputedStyle(x).outlineStyle !== "none");
    return [(e.getAttribute("aria-label") || e.closest("label")?.innerText || e.innerText || e.id).trim(), seen];
}"""


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what is called `name` has the focus; all that has it on the way shows it."""
    passed = []
    for _ in range(60):
        page.keyboard.press("Tab")
        focused, seen = page.evaluate(FOCUS)
        assert seen, f"{focused!r} has the focus and does not show it"
        passed.append(focused)
        if re.fullmatch(name, focused):
            return
    pytest.fail(f"Tab never comes to {name!r}, but to {passed}")


def test_a_guest_answers_and_votes_by_keyboard(chromium: Browser, tmp_path: pathlib.Path):
    with furnished_house(tmp_path) as (house, furnished):
        visitors = Visitors(chromium, house.address, furnished)
        visit = visitors.visit(Shown("rsvp", "/rsvp/{at-unanswered}"), width=PHONE)
        page = visit.page
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="To the content")).to_be_focused()
        tab_to(page, "Yes, I’ll come")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="You’ll come: how many of you?").wait_for()
        tab_to(page, "party_size")
        page.keyboard.press("ArrowUp")
        tab_to(page, "companions")
        page.keyboard.type("Danylo")
        tab_to(page, "Yes, I’ll come")
        page.keyboard.press("Enter")
        page.get_by_text("Your answer is noted: you’re coming.").wait_for()
        expect(page.get_by_text("and one companion")).to_be_visible()
        tab_to(page, "Open the ballot")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Ballot", exact=True).wait_for()
        tab_to(page, "In strips, all summer")
        page.keyboard.press("ArrowDown")
        tab_to(page, "Perennials below knee height")
        page.keyboard.press("Space")
        tab_to(page, "Cast my ballot")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Your receipt").wait_for()
        receipt = page.locator(".receipt")
        expect(receipt).to_contain_text("Once, in late September")
        expect(receipt).to_contain_text("Perennials below knee height")
        assert visit.ears.heard == []
        visitors.close()


def test_the_room_that_is_open_stands_in_sight_on_a_phone(chromium: Browser, tmp_path: pathlib.Path):
    with furnished_house(tmp_path) as (house, furnished):
        visitors = Visitors(chromium, house.address, furnished)
        for path, name in (("", "Overview"), ("/people", "People"), ("/settings", "Settings")):
            shown = Shown(f"company{path}", f"/companies/pod-lipo{path}", "neza")
            page = visitors.visit(shown, width=PHONE).page
            room = page.locator(".tabs a[aria-current=page]")
            assert room.inner_text() == name
            box = room.bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= PHONE
        visitors.close()
