"""Who asks: a person with a browser, or a program."""

from flask import request

API_PAGES = frozenset({"/api/docs"})
"""Pages for people below /api/."""


def is_api() -> bool:
    """Tell whether a program asks: the address begins with /api/ and is no page for people."""
    return request.path.startswith("/api/") and request.path not in API_PAGES
