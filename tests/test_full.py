import pathlib

import pytest

pytest_plugins = ["pytester"]

CASES = """
import pytest
def test_runs(): pass
@pytest.mark.skip(reason="no browser here")
def test_marked(): pass
def test_inside(): pytest.skip("no server here")
@pytest.mark.xfail(reason="known")
def test_known(): raise AssertionError
"""


@pytest.fixture
def tried(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeconftest((pathlib.Path(__file__).parent / "full.py").read_text())
    pytester.makepyfile(CASES, test_file='import pytest; pytest.skip("no driver here", allow_module_level=True)')
    return pytester


def test_a_skip_is_a_skip_where_not_everything_is_there(tried, monkeypatch):
    monkeypatch.delenv("FOLKMOOT_FULL", raising=False)
    tried.runpytest("-p", "no:xdist").assert_outcomes(passed=1, skipped=3, xfailed=1)


def test_a_skip_fails_where_everything_must_be_there(tried, monkeypatch):
    monkeypatch.setenv("FOLKMOOT_FULL", "1")
    result = tried.runpytest("-p", "no:xdist", "--continue-on-collection-errors")
    result.assert_outcomes(passed=1, failed=1, errors=2, xfailed=1)
    result.stdout.fnmatch_lines_random(["*no browser here*", "*no server here*", "*no driver here*"])
