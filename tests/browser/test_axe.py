"""Every page, on phone and laptop, light and dark: nothing for axe to find, nothing that sticks out, no complaint.

axe reads a page with all its rules, colours included, in the light on a phone and in the dark on a laptop: between them
they have both widths and both schemes. A further state of a page (refused, nothing found, unfolded) is read in one of
the two, by turns.
"""

import pathlib
from collections.abc import Iterator, Sequence

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


DRESSES = ((PHONE, "light"), (LAPTOP, "dark"))


def faults(page: Page, dresses: Sequence[tuple[int, str]] = DRESSES) -> dict[str, object]:
    """What is wrong with an open page in any of these dresses."""
    found: dict[str, object] = {}
    for width, scheme in dresses:
        wear(page, width, scheme)
        found[f"{width} {scheme}"] = violations(page)
        found[f"{width} sticks out"] = sticking_out(page)
        found[f"{width} focus unseen"] = unseen(page)
    return {where: what for where, what in found.items() if what}


def worn_by(shown: Shown) -> Sequence[tuple[int, str]]:
    """Both dresses for the first state of a page, one for each further one."""
    path = shown.path.partition("?")[0]
    states = [other for other in PAGES if other.path.partition("?")[0] == path]
    number = states.index(shown)
    return DRESSES if number == 0 else (DRESSES[number % len(DRESSES)],)


@pytest.mark.parametrize("shown", PAGES, ids=str)
def test_a_page_has_no_fault(visitors: Visitors, shown: Shown):
    visit = visitors.visit(shown)
    assert visit.status == shown.status
    assert faults(visit.page, worn_by(shown)) == {}
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
