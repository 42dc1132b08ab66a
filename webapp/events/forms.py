"""How a page asks for an event. What is asked is judged by the schema alone."""

import datetime as dt
import re
import uuid
from collections.abc import Sequence
from typing import Any, Final

from flask import request
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import (
    DateTimeLocalField,
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms import Form as PlainForm
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its types

from webapp.core import clock
from webapp.core.schema import judge
from webapp.core.shares import Share
from webapp.events.schemas import MOST_QUESTIONS, CoHostsInput, EventInput, EventPatch
from webapp.models import Event, Project
from webapp.web.forms import SchemaForm

MOMENTS: Final = ("starts_at", "ends_at", "join_by", "voting_opens_at", "voting_closes_at")
_RULE: Final = (
    "voting_opens_at", "voting_closes_at", "roll", "min_votes", "min_turnout", "min_agreement", "decide_by",
    "decide_when", "secrecy", "results", "reward",
)  # fmt: skip
_QUESTION: Final = re.compile(r"questions-([0-9]{1,4})-(text|answers|kind)")
_LOCAL: Final = "%Y-%m-%dT%H:%M"


class QuestionForm(PlainForm):
    """One question and its answers."""

    text = StringField(_l("Question"), render_kw={"maxlength": 500})
    answers = TextAreaField(
        _l("Answers, one a line"), description=_l("At least two. Guests choose one of them."), render_kw={"rows": 4}
    )
    kind = HiddenField(default="single")


def _local_field(label: Any, **kwargs: Any) -> DateTimeLocalField:
    return DateTimeLocalField(label, format=_LOCAL, render_kw={"step": 60, "max": "2199-12-31T23:59"}, **kwargs)


class EventForm(SchemaForm[EventInput]):
    """An event as it is created or edited."""

    schema = EventInput

    title = StringField(_l("Title"), render_kw={"maxlength": 200, "autocomplete": "off"})
    description = TextAreaField(
        _l("What it is about"),
        description=_l("Markdown works: **bold**, *italic*, lists, links."),
        render_kw={"rows": 8},
    )
    place = StringField(
        _l("Place"), description=_l("An address, a room, or a link to meet at."), render_kw={"maxlength": 255}
    )
    timezone = SelectField(_l("Time zone of the place"), validate_choice=False)
    starts_at = _local_field(_l("Starts"))
    ends_at = _local_field(_l("Ends"))
    join_by = _local_field(_l("Answer by"), description=_l("Until when guests may say yes. Empty: until the end."))
    capacity = IntegerField(
        _l("Places"), description=_l("Companions take places too. Empty: no limit."), render_kw={"min": 1}
    )
    visibility = RadioField(
        _l("Who may see it"),
        choices=[
            SelectChoice("invited", _l("Those who are invited")),
            SelectChoice("unlisted", _l("Whoever has the link")),
            SelectChoice("public", _l("Everybody: it is listed")),
        ],
        default="invited",
        validate_choice=False,
    )
    project = SelectField(_l("Project"), validate_choice=False)
    co_hosts = TextAreaField(
        _l("Co-hosts"),
        description=_l(
            "E-mail addresses, one a line: of people in your company, or of guests who joined with an account. "
            "They may do here what you may."
        ),
        render_kw={"rows": 2},
    )
    questions = FieldList(FormField(QuestionForm), label=_l("Questions"))

    voting_opens_at = _local_field(_l("Voting opens"), description=_l("Empty: when the event is published."))
    voting_closes_at = _local_field(_l("Voting closes"), description=_l("Empty: when the event ends."))
    roll = RadioField(
        _l("Who may vote"),
        choices=[
            SelectChoice("open", _l("Everybody who joins in time")),
            SelectChoice("frozen", _l("Only who joined before voting opened")),
        ],
        default="open",
        validate_choice=False,
    )
    min_votes = IntegerField(_l("Ballots needed"), default=1, render_kw={"min": 1})
    min_turnout = StringField(_l("Turnout needed"), description=_l("A share of those who may vote: 0, 1/2, 60 %, all."))
    min_agreement = StringField(
        _l("Agreement needed"), description=_l("A share of the ballots: more than half, 2/3, 60 %, all.")
    )
    decide_by = RadioField(
        _l("What is decided"),
        choices=[
            SelectChoice("question", _l("Each question by itself")),
            SelectChoice("ballot", _l("All answers together, as one set")),
        ],
        default="question",
        validate_choice=False,
    )
    decide_when = RadioField(
        _l("When it is decided"),
        choices=[
            SelectChoice("at close", _l("When voting closes")),
            SelectChoice("at once", _l("As soon as the rule is met")),
        ],
        default="at close",
        validate_choice=False,
    )
    secrecy = RadioField(
        _l("Who learns who chose what"),
        choices=[
            SelectChoice("secret", _l("Nobody: the vote is secret")),
            SelectChoice("open", _l("Everybody, after voting closes")),
        ],
        default="secret",
        validate_choice=False,
    )
    results = RadioField(
        _l("When the count shows"),
        choices=[
            SelectChoice("live", _l("While voting runs")),
            SelectChoice("after voting", _l("To each once they have voted")),
            SelectChoice("after close", _l("When voting closes")),
        ],
        default="after voting",
        validate_choice=False,
    )
    reward = IntegerField(
        _l("Reward"),
        description=_l("Points shared by those whose ballot agrees with the consensus. 0: none."),
        default=0,
        render_kw={"min": 0},
    )

    def __init__(
        self,
        *,
        projects: Sequence[Project],
        event: Event | None = None,
        usual: Project | None = None,
        zone: str | None = None,
    ) -> None:
        """Ask for a new event, or for the changes of `event` (its questions and co-hosts loaded).

        `projects`: those to choose from, their companies loaded. `usual`, `zone`: the project of a new event, and
        where it is, as first offered.
        """
        self.event = event
        self.guesses_zone = event is None and zone is None and request.method == "GET"
        sent = request.method in {"POST", "PUT", "PATCH"}
        shown = _shown(event) if event is not None else _offered(projects, usual, zone)
        super().__init__(formdata=_tidied(request.form) if sent else None, data=None if sent else shown)
        if sent:
            self._fill_in(shown)
        self.timezone.choices = _zones(self.timezone.data)
        self.project.choices = _project_choices(projects, event)
        if not self.questions.entries:
            self.questions.append_entry()

    def _fill_in(self, shown: dict[str, Any]) -> None:
        """Show what a page did not send at all (a frozen rule) as the event says it now."""
        if self.event is None:
            return
        kept = {name: value for name, value in shown.items() if name not in request.form and name != "questions"}
        for name, value in kept.items():
            field = self[name]
            field.data = value
            field.raw_data = [value.strftime(_LOCAL) if isinstance(value, dt.datetime) else _text(value)]
        if not any(_QUESTION.fullmatch(name) for name in request.form):
            self._ask(shown["questions"])
            for entry in self.questions.entries:
                for field in entry.form:
                    field.raw_data = [field.data]

    @property
    def asks_rule(self) -> bool:
        """Tell whether the part about the rule is to be shown open: it is not the usual one, or was refused."""
        usual = {"min_turnout": "0", "min_agreement": "more than half"}
        return any(
            self[name].errors or _text(self[name].data) != _text(usual.get(name, self[name].default)) for name in _RULE
        )

    def reshaped(self) -> bool:
        """Do what the buttons ask that add a question or take one away; tell whether one of them was pressed."""
        if self.sent and "add_question" in request.form:
            if len(self.questions.entries) < MOST_QUESTIONS:
                self.questions.append_entry()
            return True
        if self.sent and "remove_question" in request.form:
            pressed = f"questions-{request.form['remove_question']}"
            kept = [entry.form.data for entry in self.questions if entry.name != pressed]
            self._ask(kept or [{}])
            return True
        return False

    def _ask(self, questions: Sequence[dict[str, Any]]) -> None:
        """Show exactly these groups."""
        while self.questions.entries:
            self.questions.pop_entry()
        for question in questions:
            self.questions.append_entry(question)

    def data_for_schema(self) -> dict[str, Any]:
        """Return what was typed; groups that were left empty ask nothing, and moments left alone stay to the second."""
        values = super().data_for_schema()
        asked = [q for q in values.get("questions", []) if _text(q.get("text")) or _text(q.get("answers"))]
        values["questions"] = [{**question, "kind": question.get("kind") or "single"} for question in asked]
        if self.event is not None and values.get("timezone") == self.event.timezone:
            for name in MOMENTS:
                stored: dt.datetime | None = getattr(self.event, name)
                if stored is not None and values.get(name) == _wall(stored, self.event.timezone).strftime(_LOCAL):
                    values[name] = stored
        return values

    def input(self) -> EventInput:
        """Return what was typed; of an event that is edited, what the page did not send at all is left out."""
        if self.event is None:
            whole: EventInput = super().input()
            return whole
        sent = {"questions"} if any(_QUESTION.fullmatch(name) for name in request.form) else set()
        sent |= request.form.keys()
        return judge(EventPatch, {name: value for name, value in self.data_for_schema().items() if name in sent})

    def co_host_addresses(self) -> Sequence[str] | None:
        """Return the addresses of the co-hosts; None where the page did not ask for them. Raises InputError."""
        if "co_hosts" not in request.form:
            return None
        return judge(CoHostsInput, {"co_hosts": self.co_hosts.data or ""}).co_hosts


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _wall(moment: dt.datetime, zone: str) -> dt.datetime:
    return moment.astimezone(clock.zone(zone)).replace(tzinfo=None)


def _tidied(form: MultiDict[str, str]) -> MultiDict[str, str]:
    """Return what was sent with its groups of questions numbered without gaps, the empty ones left out.

    So that an error said of the second question stands beside the second group.
    """
    groups: dict[int, dict[str, str]] = {}
    kept: MultiDict[str, str] = MultiDict()
    for name, value in form.items(multi=True):
        found = _QUESTION.fullmatch(name)
        if found:
            groups.setdefault(int(found[1]), {}).setdefault(found[2], value)
        elif not name.startswith("questions-"):
            kept.add(name, value)
    filled = [groups[number] for number in sorted(groups) if _asks(groups[number]) or "remove_question" in form]
    for number, group in enumerate(filled[: MOST_QUESTIONS + 1]):
        for name, value in group.items():
            kept.add(f"questions-{number}-{name}", value)
    return kept


def _asks(group: dict[str, str]) -> bool:
    return bool(group.get("text", "").strip() or group.get("answers", "").strip())


def _offered(projects: Sequence[Project], usual: Project | None, zone: str | None) -> dict[str, Any]:
    """Return what a new event begins with: also the project, or the company, that the address names."""
    project, company = request.args.get("project"), request.args.get("company")
    first = min(
        projects,
        key=lambda one: (str(one.id) != project, one.company.slug != company, one is not usual, not one.is_default),
        default=None,
    )
    return {
        "timezone": zone or "UTC",
        "project": str(first.id) if first else "",
        "min_turnout": "0",
        "min_agreement": "more than half",
    }


def _shown(event: Event) -> dict[str, Any]:
    """Return the event as its form shows it: moments as wall time of its zone."""
    names = [name for name in EventInput.model_fields if name not in {*MOMENTS, "questions", "project"}]
    values: dict[str, Any] = {name: getattr(event, name) for name in names}
    for name in MOMENTS:
        moment = getattr(event, name)
        values[name] = _wall(moment, event.timezone) if moment else None
    values["min_turnout"] = _share(event.min_turnout)
    values["min_agreement"] = _share(event.min_agreement)
    values["project"] = str(event.project_id)
    values["co_hosts"] = "\n".join(row.user.email for row in event.co_hosts if row.user.email)
    values["questions"] = [
        {"text": q.text, "answers": "\n".join(answer.text for answer in q.answers), "kind": q.kind}
        for q in event.questions
    ]
    return values


def _share(text: str) -> str:
    """Return a share as people write it, and as `Share.parse` reads it."""
    share = Share.stored(text)
    if share.num in {0, share.den}:
        return "0" if share.num == 0 else "all"
    fraction = f"{100 * share.num // share.den} %" if 100 % share.den == 0 else f"{share.num}/{share.den}"
    fraction = "half" if (share.num, share.den) == (1, 2) else fraction
    return f"more than {fraction}" if share.strict else fraction


def _zones(kept: str | None) -> list[SelectChoice]:
    """Return the zones to choose from, and the one that stands there although it is not among them."""
    names = clock.zone_names()
    if kept and kept not in names:
        names = [kept, *names]
    return [SelectChoice(name, name.replace("_", " ")) for name in names]


def _project_choices(projects: Sequence[Project], event: Event | None) -> list[SelectChoice]:
    if event is not None:
        projects = [project for project in projects if project.company_id == event.company_id]
        if event.project_id not in {project.id for project in projects}:
            projects = [event.project, *projects]
        return [SelectChoice(str(project.id), project.name) for project in projects]
    companies: set[uuid.UUID] = {project.company_id for project in projects}
    if len(companies) <= 1:
        return [SelectChoice(str(project.id), project.name) for project in projects]
    return [SelectChoice(str(project.id), f"{project.company.name}: {project.name}") for project in projects]
