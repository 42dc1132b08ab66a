"""How a page asks for a ballot."""

from collections.abc import Sequence
from typing import Any

from wtforms import RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its types

from webapp.models import Question
from webapp.voting.schemas import BallotInput
from webapp.web.forms import SchemaForm

PREFIX = "question-"


class BallotForm(SchemaForm[BallotInput]):
    """The ballot: one field a question, named `question-<id>`, whose value is an answer's id. Made by `ballot_form`."""

    schema = BallotInput

    def data_for_schema(self) -> dict[str, Any]:
        """Return {question id: what was chosen}; a question that was left out is left out."""
        chosen = {
            field.name.removeprefix(PREFIX): field.raw_data[0]
            for field in self
            if isinstance(field, RadioField) and field.raw_data
        }
        return {"answers": chosen}


def ballot_form(questions: Sequence[Question]) -> BallotForm:
    """Return the ballot with these questions, in their order, filled with what was sent."""
    fields = {
        f"{PREFIX}{question.id}": RadioField(
            question.text,
            choices=[SelectChoice(str(answer.id), answer.text) for answer in question.answers],
            validate_choice=False,
        )
        for question in questions
    }
    form: BallotForm = type("EventBallotForm", (BallotForm,), fields)()
    return form
