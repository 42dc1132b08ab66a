import pytest
from flask import Flask
from jinja2 import ChoiceLoader, DictLoader

from tests import factories
from tests.browsers import Browser
from tests.mail.notes import TEMPLATES, tell_note
from webapp.mail.telling import tellers
from webapp.models import User


@pytest.fixture(autouse=True)
def note(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """An e-mail template "note", known for the length of a test."""
    monkeypatch.setitem(tellers, "note", tell_note)
    monkeypatch.setattr(app, "jinja_loader", ChoiceLoader([DictLoader(TEMPLATES), app.jinja_loader]))


@pytest.fixture
def keeper(app: Flask) -> User:
    """Who looks after the site."""
    return factories.an_account("Neža", site_administrator=True)


@pytest.fixture
def admin(browser: Browser, keeper: User) -> Browser:
    """A browser in which the site administrator is signed in."""
    return browser.sign_in(keeper)
