"""Every page, on phone and laptop, light and dark: nothing for axe to find, nothing that sticks out, no complaint.

axe reads a page with all its rules in the light on a phone and in the dark on a laptop; in the two other dresses it
reads the colours alone, for nothing else differs there.
"""

import pathlib
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chrome import LAPTOP, PHONE, sticking_out, unseen, violations
from tests.browser.furnishing import Furnished, furnished_house
from tests.browser.house import standing
from tests.browser.pages import PAGES, Shown, Visitors, press, wear

pytestmark = [pytest.mark.browser]


@pytest.fixture(scope="module")
def visitors(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Visitors]:
    """The people of a house full of pages."""
    with furnished_house(tmp_path_factory.mktemp("furnished")) as (house, furnished):
        visitors = Visitors(chromium, house.address, furnished)
        yield visitors
        visitors.close()


def faults(page: Page) -> dict[str, object]:
    """What is wrong with an open page in any of its four dresses."""
    found: dict[str, object] = {}
    for width, scheme, rules in (
        (PHONE, "light", ()),
        (PHONE, "dark", ("color-contrast",)),
        (LAPTOP, "dark", ()),
        (LAPTOP, "light", ("color-contrast",)),
    ):
        wear(page, width, scheme)
        found[f"{width} {scheme}"] = violations(page, *rules)
        found[f"{width} sticks out"] = sticking_out(page)
    for width in (LAPTOP, PHONE):
        wear(page, width, "light")
        found[f"{width} focus unseen"] = unseen(page)
    return {where: what for where, what in found.items() if what}


@pytest.mark.parametrize("shown", PAGES, ids=str)
def test_a_page_has_no_fault(visitors: Visitors, shown: Shown):
    visit = visitors.visit(shown)
    assert visit.status == shown.status
    assert faults(visit.page) == {}
    assert visit.ears.heard == []


def test_the_page_of_the_first_day_has_no_fault(chromium: Browser, tmp_path: pathlib.Path):
    with standing(tmp_path) as house:
        visitors = Visitors(chromium, house.address, Furnished())
        visit = visitors.visit(Shown("setup", "/setup"))
        assert faults(visit.page) == {}
        press("Begin")(visit.page)
        assert faults(visit.page) == {}
        assert visit.ears.heard == []
        visitors.close()
