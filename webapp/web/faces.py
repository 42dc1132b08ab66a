"""Who asks: a person with a browser, or a program."""

from flask import request

API_PAGES = "/api/docs"
"""Pages for people below /api/: to be looked at, and nothing else."""


def is_api() -> bool:
    """Tell whether a program asks: the address is below /api and no page that somebody looks at."""
    if request.path == API_PAGES or request.path.startswith(f"{API_PAGES}/"):
        return request.method not in {"GET", "HEAD"}
    return request.path == "/api" or request.path.startswith("/api/")
