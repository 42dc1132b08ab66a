"""The HTML face: the journal of a company and of the whole site, and their exports."""

from webapp.journal.views.pages import bp

__all__ = ["bp"]
