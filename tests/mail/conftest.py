import pytest
from flask import Flask
from jinja2 import ChoiceLoader, DictLoader

from tests.mail.notes import TEMPLATES, tell_note
from webapp.mail.telling import tellers


@pytest.fixture(autouse=True)
def note(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """An e-mail template "note", known for the length of a test."""
    monkeypatch.setitem(tellers, "note", tell_note)
    monkeypatch.setattr(app, "jinja_loader", ChoiceLoader([DictLoader(TEMPLATES), app.jinja_loader]))
