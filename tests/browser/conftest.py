"""Chromium for every test of this folder."""

from tests.browser.chrome import chromium

__all__ = ["chromium"]
