"""With FOLKMOOT_FULL=1 nothing may be skipped: a skipped test fails and says what it missed.

For the machines on which everything is there (CI). Elsewhere a suite whose server or browser is missing is skipped.
"""

import os
from collections.abc import Generator
from typing import Any

import pytest

FULL = "FOLKMOOT_FULL"


def _refuse(report: Any) -> None:
    if os.environ.get(FULL) != "1" or report.outcome != "skipped" or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    report.outcome = "failed"
    report.longrepr = f"{FULL}=1 lets nothing be skipped. {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skipped test into a failed one."""
    report = yield
    _refuse(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn a skipped file into one that cannot be collected."""
    report = yield
    _refuse(report)
    return report
