"""Sparse answers: a program says which fields it wants, and gets these alone."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, get_args, get_origin

from flask_babel import gettext as _
from pydantic import BaseModel

from webapp.core.errors import InputError

FIELDS = "fields"
"""The parameter of the query that names them."""
MOST = 2000
Wanted = dict[str, Any]
"""The fields that are wanted, by name, with what is wanted of each; nothing said means all of it."""


def parts(annotation: Any) -> type[BaseModel] | None:
    """Return the model of what stands in a field of this type, in lists or not; None where it has no fields."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) is dict:
        return None
    return next((found for one in get_args(annotation) if (found := parts(one)) is not None), None)


def _choice(path: Sequence[str], model: type[BaseModel]) -> list[str]:
    """Return what could be named in place of `path`, which names no field of `model`; an empty list where it does."""
    above = ""
    inner: type[BaseModel] | None = model
    for name in path:
        if inner is None:
            return [above.removesuffix(".")]
        if name not in inner.model_fields:
            return [above + one for one in inner.model_fields]
        above += f"{name}."
        inner = parts(inner.model_fields[name].annotation)
    return []


def _refused(names: Iterable[str], choices: Iterable[str]) -> InputError:
    known, unknown = ", ".join(dict.fromkeys(choices)), ", ".join(f"“{name}”" for name in names)
    return InputError(fields={FIELDS: _("Not known here: %(names)s. There is: %(known)s.", names=unknown, known=known)})


def wanted(text: str, model: type[BaseModel]) -> Wanted:
    """Return the fields of `model` that `text` names: "id,title,rule.roll". Said twice is said once.

    Raises InputError with what is not known and what there is.
    """
    if len(text) > MOST:
        raise InputError(fields={FIELDS: _("At most %(num)d characters, please.", num=MOST)})
    if not text.strip():
        raise InputError(fields={FIELDS: _("Please name the fields you want.")})
    paths = {name: name.split(".") for name in (part.strip() for part in text.split(","))}
    choices = {name: choice for name, path in paths.items() if (choice := _choice(path, model))}
    if choices:
        raise _refused(choices, chain.from_iterable(choices.values()))
    found: Wanted = {}
    for path in sorted(paths.values(), key=len):
        within = found
        for name in path:
            if within.get(name) == {}:
                break  # all of it is wanted anyway
            within = within.setdefault(name, {})
    return found


def only(value: Any, names: Wanted) -> Any:
    """Return of `value`, as it goes out, what is wanted."""
    if not names:
        return value
    if isinstance(value, list):
        return [only(one, names) for one in value]
    if isinstance(value, dict):
        return {name: only(value[name], inner) for name, inner in names.items()}
    return value
