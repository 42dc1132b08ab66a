"""Forms: WTForms asks and shows again what was typed, a pydantic schema judges; its sentences go beside the fields."""

import contextlib
from collections.abc import Iterator
from typing import Any, ClassVar, Generic, TypeVar

from flask import Flask, abort, request
from flask_wtf import FlaskForm
from pydantic import BaseModel
from wtforms import BooleanField, Field, FieldList, FileField, FormField, SelectMultipleField

from webapp.core.errors import AppError, ForbiddenError, NotFoundError, SignInError, StaleError
from webapp.core.schema import judge
from webapp.web.faces import is_api

Input = TypeVar("Input", bound=BaseModel)
SHOWN_AS_PAGE = (NotFoundError, ForbiddenError, SignInError, StaleError)


class SchemaForm(FlaskForm, Generic[Input]):
    """A form over a schema. Subclasses set `schema` and list WTForms fields named as the schema's.

    A view reads: `form = …; if form.sent: with form.refusals(): operation(actor, form.input()); return redirect(…)`
    and otherwise renders the form with `form.status`.
    """

    schema: ClassVar[type[BaseModel]]

    class Meta(FlaskForm.Meta):
        """CSRF is checked for every request by CSRFProtect; the form only carries the token."""

        csrf = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Read what was sent, if something was."""
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]
        self.status = 200
        self.refused_by: type[AppError] | None = None

    @property
    def sent(self) -> bool:
        """Tell whether the page was sent back."""
        return request.method in {"POST", "PUT", "PATCH"}

    def data_for_schema(self) -> dict[str, Any]:
        """Return what was typed, by the schema's names; fields that the page did not send are left out."""
        return {k: v for k, v in _typed(self).items() if k in self.schema.model_fields}

    def input(self) -> Any:
        """Return what was typed as the schema's model; raises InputError with the fields' sentences."""
        return judge(self.schema, self.data_for_schema())

    @contextlib.contextmanager
    def refusals(self) -> Iterator[None]:
        """Take refusals of schema and operation to the fields they speak of; the page is then shown again with 422.

        What the actor may not see or do at all, and what has nothing to do with the form, goes on as an error page.
        """
        try:
            yield
        except AppError as error:
            if isinstance(error, SHOWN_AS_PAGE) or error.status in {429, 503}:
                raise
            self.show(error)

    def show(self, error: AppError) -> None:
        """Put the sentences of `error` beside their fields, and what belongs to none on top."""
        self.status = 422
        self.refused_by = type(error)
        placed = False
        for name, sentence in error.fields.items():
            field = _find(self, name)
            if field is None:
                self.form_errors.append(str(sentence))
            else:
                field.errors = [*field.errors, str(sentence)]
                placed = True
        if not placed and not self.form_errors:
            self.form_errors.append(str(error))


def _judge_names() -> None:
    """Before each request: refuse fields without a name, which no page sends and nothing here can hold."""
    # a program sends no forms; to look for one would use its body up, and what is no JSON would count as nothing sent
    if not is_api() and None in request.form:
        abort(400)


def init_forms(app: Flask) -> None:
    """Let only fields with names in. Call it before what reads forms: the guard against forged ones is the first."""
    app.before_request(_judge_names)


def _typed(form: Any) -> dict[str, Any]:
    """Return the raw values of a form's fields, of enclosed forms as dictionaries, of lists of them as lists."""
    values: dict[str, Any] = {}
    for field in form:
        if isinstance(field, FieldList):
            values[field.short_name] = [
                _typed(entry.form) if isinstance(entry, FormField) else (entry.raw_data or [""])[0] for entry in field
            ]
        elif isinstance(field, FormField):
            values[field.short_name] = _typed(field.form)
        elif isinstance(field, BooleanField):
            values[field.short_name] = bool(field.data)
        elif isinstance(field, SelectMultipleField):
            values[field.short_name] = list(field.raw_data or ())
        elif field.raw_data and not isinstance(field, FileField):
            values[field.short_name] = field.raw_data[0]
    return values


def _find(form: Any, name: str) -> Any:
    """Return the field of that full name ("questions-0-text"), however deep it is; else the one nearest above it."""
    above: Field | None = None
    for field in form:
        if field.name == name:
            return field
        if name.startswith(field.name + "-"):
            above = field
            if isinstance(field, FormField):
                return _find(field.form, name) or field
            if isinstance(field, FieldList):
                for entry in field:
                    if entry.name == name:
                        return entry
                    if isinstance(entry, FormField) and name.startswith(entry.name + "-"):
                        return _find(entry.form, name) or field
    return above
