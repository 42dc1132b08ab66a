"""Who asks: a person with a browser, or a program."""

from flask import request

API_PAGES = frozenset({"api.docs", "api.guide"})
"""Pages for people below /api."""


def is_api() -> bool:
    """Tell whether a program asks: the address is below /api and no page for people."""
    # a guide that is not there is missed by people, too
    if request.endpoint in API_PAGES or (request.path.startswith("/api/docs/") and request.path.endswith(".md")):
        return False
    return request.path == "/api" or request.path.startswith("/api/")
