"""Which tests run on one worker: those of a file whose world takes long to make, so that it is made once.

pytest-xdist's own groups (`xdist_group`) are marks, which it writes into node ids; the pytest of today does not let it.
"""

import re
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

FILES = {
    "tests/api/test_answers.py",
    "tests/api/test_client.py",
    "tests/api/test_map.py",
    "tests/api/test_queries.py",
    "tests/api/test_walk.py",
    "tests/api/test_wire.py",
    "tests/browser/test_manual.py",
    "tests/scale/test_plans.py",
}
ONE_AFTER_THE_OTHER = "tests/races/"
"""Races want the machine for themselves, as far as they can have it."""
_KIND = re.compile(r"\[(?:.*-)?(sqlite|postgresql)\b")


def scope_of(nodeid: str) -> str:
    """Return what the test of `nodeid` belongs to: its file, for each kind of database, or nothing but itself."""
    file, _, test = nodeid.partition("::")
    if file.startswith(ONE_AFTER_THE_OTHER):
        return ONE_AFTER_THE_OTHER
    if file not in FILES:
        return nodeid
    kind = _KIND.search(test)
    return f"{file} {kind[1]}" if kind else file


class Together(LoadScopeScheduling):
    """Hands out what belongs together at once, the most of it first."""

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    """Let workers be given tests by `scope_of`."""
    return Together(config, log)
