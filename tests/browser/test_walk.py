"""The main job, end to end, in a browser: once with scripts and once without."""

import pathlib

import pytest
from playwright.sync_api import Browser

from tests.browser.house import standing
from tests.browser.story import Story

pytestmark = [pytest.mark.browser]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_from_a_fresh_house_to_a_consensus(chromium: Browser, tmp_path: pathlib.Path, scripts: bool):
    with standing(tmp_path) as house:
        story = Story(house, chromium, scripts=scripts)
        try:
            story.tell()
        finally:
            complaints = story.ends()
    assert complaints == []
