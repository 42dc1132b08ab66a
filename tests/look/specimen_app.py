"""A small app that shows every part in every state, with made-up people. The tests look at it; nobody else does."""

import datetime as dt
import uuid
from pathlib import Path
from types import SimpleNamespace

import altcha
from flask import Flask, flash, render_template, request
from flask_babel import Babel
from flask_wtf import CSRFProtect, FlaskForm
from jinja2 import ChoiceLoader, FileSystemLoader
from wtforms import (
    BooleanField,
    DateTimeLocalField,
    FieldList,
    FileField,
    Form,
    FormField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from webapp.web.headers import POLICY
from webapp.web.look import init_look

ROOT = Path(__file__).parents[2]
ZONE = "Europe/Ljubljana"
EVENT = uuid.UUID("0199a3b2-7c41-7d9e-8f00-1a2b3c4d5e6f")
OTHER = uuid.UUID("0199a3b2-7c41-7d9e-9a11-000000000007")
STARTS = dt.datetime(2026, 12, 21, 17, 0, tzinfo=dt.UTC)
ENDS = dt.datetime(2026, 12, 21, 21, 0, tzinfo=dt.UTC)
LONG = "Žive meje: an evening on who mows, who plants and who decides about the commons"


class QuestionForm(Form):
    """One of an event's questions."""

    text = StringField("Question")
    answers = TextAreaField("Answers, one a line", description="At least two")


class SpecimenForm(FlaskForm):
    """A field of every type."""

    email = StringField("E-mail", description="Where your invitation goes", render_kw={"autocomplete": "email"})
    password = PasswordField("Password", render_kw={"autocomplete": "current-password"})
    surname = StringField("Surname", validators=[Optional()])
    timezone = SelectField("Time zone", choices=[SelectChoice(ZONE, "Ljubljana"), SelectChoice("UTC", "UTC")])
    starts_at = DateTimeLocalField("Starts", format="%Y-%m-%dT%H:%M")
    capacity = IntegerField("Places", validators=[Optional()])
    note = TextAreaField("A note to Neža", validators=[Optional()])
    remember = BooleanField("Stay signed in on this device")
    file = FileField("The list")
    visibility = RadioField(
        "Who may see it", choices=[SelectChoice("public", "Anyone"), SelectChoice("invited", "Those invited")]
    )
    answer = RadioField(
        "When do we mow?",
        choices=[SelectChoice("1", "Once, in late September"), SelectChoice("2", "In strips, all summer")],
    )
    party_size = IntegerField("Companions, at most 3", default=1)
    search = StringField("Search by name or e-mail")
    questions = FieldList(FormField(QuestionForm), min_entries=1)


def refused_form() -> SpecimenForm:
    """Return the form with errors, as a refused one is shown again."""
    form = SpecimenForm(data={"email": "nobody@", "timezone": ZONE, "answer": "2"}, meta={"csrf": False})
    form.form_errors = ["Please look at the marked fields again."]
    form.email.errors = ["This is not an e-mail address: something is missing behind the @."]
    form.visibility.errors = ["Please choose one."]
    form.answer.errors = ["That is not one of the answers."]
    form.party_size.errors = ["At most 3."]
    form.remember.errors = ["Please tick this."]
    form.questions.entries[0].form.answers.errors = ["Please give at least two answers."]
    return form


def make_specimen_app() -> Flask:  # noqa: C901 - a list of small pages
    """Return the app: /, /form, /refused, /board, /error, /trouble, /email, /arabic."""
    app = Flask("specimen", static_folder=str(ROOT / "static"), template_folder=str(ROOT / "templates"))
    app.jinja_loader = ChoiceLoader(  # type: ignore[assignment]
        [FileSystemLoader(ROOT / "templates"), FileSystemLoader(ROOT / "tests" / "look" / "templates")]
    )
    app.config.update(SECRET_KEY="for the tests", TESTING=True)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    Babel(app, default_locale="en", locale_selector=lambda: app.config.get("LOCALE", "en"))
    CSRFProtect(app)
    init_look(app)
    person = SimpleNamespace(
        is_authenticated=True, name="Neža", surname="Žagar", id=7, email="neza@example.org", site_administrator=True
    )

    @app.context_processor
    def context() -> dict[str, object]:
        return {
            "site": SimpleNamespace(name="Folkmoot", footer="This Folkmoot is kept by Zadruga Pod lipo, Ljubljana"),
            "nav": [("For you", "/", True), ("Events", "/events", False), ("Companies", "/companies", False)],
            "current_user": person,
            "EVENT": EVENT,
            "OTHER": OTHER,
            "STARTS": STARTS,
            "ENDS": ENDS,
            "ZONE": ZONE,
            "LONG": LONG,
        }

    @app.after_request
    def headers(response):
        if request.endpoint != "email":  # a mail reader is no page of ours
            response.headers["Content-Security-Policy"] = POLICY
        return response

    @app.get("/")
    def parts() -> str:
        flash("Saved.", "yes")
        return render_template("specimen.html", form=SpecimenForm(data={"timezone": ZONE}))

    @app.get("/arabic")
    def arabic() -> str:
        app.config["LOCALE"] = "ar"
        try:
            return render_template("specimen.html", form=SpecimenForm(data={"timezone": ZONE}))
        finally:
            app.config["LOCALE"] = "en"

    @app.get("/form")
    def form() -> str:
        return render_template("specimen_form.html", form=SpecimenForm(data={"timezone": ZONE}))

    @app.get("/refused")
    def refused() -> str:
        return render_template("specimen_form.html", form=refused_form())

    @app.get("/invitation")
    def invitation() -> str:
        return render_template("specimen_invitation.html")

    @app.get("/board")
    def board() -> str:
        side = [("Overview", "/board", "house", True), ("People", "/people", "users", False)]
        return render_template("specimen_board.html", side=side, side_label="Zadruga Pod lipo")

    @app.get("/error")
    def error() -> str:
        words = "There is no page at this address, or it is one that only others may see."
        return render_template("errors/page.html", status=404, title="There is nothing here", sentence=words)

    @app.get("/trouble")
    def trouble() -> str:
        words = "This is our mistake, not yours."
        return render_template("errors/page.html", status=500, title="Something went wrong here", sentence=words)

    @app.get("/captcha")
    def captcha() -> str:
        return render_template("specimen_captcha.html")

    @app.get("/challenge")
    def challenge() -> dict[str, object]:
        return altcha.create_challenge("PBKDF2/SHA-256", 100, counter=40, hmac_secret="for the tests").to_dict()

    @app.get("/email")
    def email() -> str:
        return render_template("specimen_email.html", unsubscribe="https://example.org/unsubscribe/x")

    @app.get("/email.txt")
    def email_text() -> tuple[str, int, dict[str, str]]:
        text = render_template("specimen_email.txt", unsubscribe="https://example.org/unsubscribe/x")
        return text, 200, {"Content-Type": "text/plain; charset=utf-8"}

    return app
