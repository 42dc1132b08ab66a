"""How the pages ask: labels, help, widgets. The schemas judge."""

from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, IntegerField, StringField, TextAreaField

from webapp.guests import schemas
from webapp.web.forms import SchemaForm

_NAME = {"autocomplete": "off", "dir": "auto", "maxlength": "255"}
_EMAIL = {"autocomplete": "off", "inputmode": "email", "type": "email", "maxlength": "190"}


class ReplyForm(SchemaForm[schemas.ReplyInput]):
    """A guest's answer: companions one a line, or the field several times."""

    schema = schemas.ReplyInput
    reply = HiddenField(_l("Your answer"))
    party_size = IntegerField(_l("How many of you come"), render_kw={"min": "1", "max": str(schemas.MOST_PARTY)})
    companions = TextAreaField(
        _l("Who comes with you"),
        description=_l("Their names, one a line."),
        render_kw={"dir": "auto", "rows": "2", "autocomplete": "off"},
    )
    note = TextAreaField(_l("A note"), render_kw={"dir": "auto", "rows": "2", "autocomplete": "off"})

    def data_for_schema(self) -> dict[str, Any]:
        """Return what was typed, each companion by itself."""
        typed = super().data_for_schema()
        pasted = "\n".join(request.form.getlist("companions"))
        typed["companions"] = [line.strip() for line in pasted.splitlines() if line.strip()]
        return typed


class AddForm(SchemaForm[schemas.GuestInput]):
    """Puts one guest on the list."""

    schema = schemas.GuestInput
    email = StringField(_l("E-mail"), render_kw=_EMAIL)
    name = StringField(_l("Name"), render_kw=_NAME)


class LinesForm(SchemaForm[schemas.LinesInput]):
    """Puts many on the list at once."""

    schema = schemas.LinesInput
    lines = TextAreaField(
        _l("Many at once"),
        render_kw={"dir": "auto", "rows": "6", "autocomplete": "off", "spellcheck": "false"},
    )
    invite = BooleanField(_l("Send them the invitation now"))


class EditForm(SchemaForm[schemas.EditInput]):
    """Corrects a guest's name and address."""

    schema = schemas.EditInput
    name = StringField(_l("Name"), render_kw=_NAME)
    email = StringField(_l("E-mail"), render_kw=_EMAIL)


class WalkInForm(SchemaForm[schemas.WalkInInput]):
    """Lets somebody in at the door."""

    schema = schemas.WalkInInput
    name = StringField(_l("Name"), render_kw=_NAME)


class MessageForm(SchemaForm[schemas.MessageInput]):
    """A message to guests."""

    schema = schemas.MessageInput
    subject = StringField(_l("Subject"), render_kw={"dir": "auto", "maxlength": "150", "autocomplete": "off"})
    body = TextAreaField(_l("Your message"), render_kw={"dir": "auto", "rows": "8"})
