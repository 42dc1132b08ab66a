"""Photograph every page: `.venv/bin/python -m tests.browser.shots FOLDER [part of a name ...]`.

Writes FOLDER/<page>-<width>-<scheme>.png.
"""

import itertools
import pathlib
import sys
import tempfile

from playwright.sync_api import sync_playwright

from tests.browser.chrome import LAPTOP, PHONE, launched
from tests.browser.furnishing import furnished_house
from tests.browser.pages import PAGES, Visitors, wear

TALLEST = 12_000  # pixels of a page that are photographed: more than that nobody looks at


def main(folder: pathlib.Path, wanted: list[str]) -> None:
    """Photograph all pages whose name holds one of `wanted`; all there are where nothing is wanted."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as instance,
        furnished_house(pathlib.Path(instance)) as (house, furnished),
        sync_playwright() as playwright,
    ):
        browser = launched(playwright)
        visitors = Visitors(browser, house.address, furnished)
        for shown in PAGES:
            if wanted and not any(part in shown.name for part in wanted):
                continue
            page = visitors.visit(shown).page
            for width, scheme in itertools.product((PHONE, LAPTOP), ("light", "dark")):
                wear(page, width, scheme)
                height = min(page.evaluate("document.documentElement.scrollHeight"), TALLEST)
                path = folder / f"{shown.name}-{width}-{scheme}.png"
                page.screenshot(path=path, full_page=True, clip={"x": 0, "y": 0, "width": width, "height": height})
        visitors.close()
        browser.close()


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), sys.argv[2:])
