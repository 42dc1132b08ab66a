"""Who asks: a person with a browser, or a program."""

from flask import request

API_PAGES = frozenset({"api.docs", "api.guide"})
"""Pages for people below /api."""


def is_api() -> bool:
    """Tell whether a program asks: the address is below /api and no page for people."""
    if request.endpoint in API_PAGES:
        return False
    return request.path == "/api" or request.path.startswith("/api/")
