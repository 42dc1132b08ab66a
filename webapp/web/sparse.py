"""Sparse answers: a program says which fields it wants, and gets these alone."""

from typing import Any, get_args, get_origin

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
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


def _unknown(path: tuple[str, ...], model: type[BaseModel]) -> list[str] | None:
    """Return what could be named in place of `path`; None where it names a field of `model`."""
    above = ""
    inner: type[BaseModel] | None = model
    for name in path:
        if inner is None:
            return [above.rstrip(".")]
        if name not in inner.model_fields:
            return [above + one for one in inner.model_fields]
        above += f"{name}."
        inner = parts(inner.model_fields[name].annotation)
    return None


def wanted(text: str, model: type[BaseModel]) -> Wanted:
    """Return the fields of `model` that `text` names: "id,title,rule.roll". Said twice is said once.

    Raises InputError with what is not known and what there is.
    """
    if len(text) > MOST:
        raise InputError(fields={FIELDS: _("At most %(num)d characters, please.", num=MOST)})
    names = list(dict.fromkeys(name.strip() for name in text.split(",")))
    if names == [""]:
        raise InputError(fields={FIELDS: _l("Please name the fields you want.")})
    paths = {name: tuple(name.split(".")) for name in names}
    there = {name: found for name, path in paths.items() if (found := _unknown(path, model)) is not None}
    if there:
        known = list(dict.fromkeys(one for found in there.values() for one in found))
        raise InputError(
            fields={
                FIELDS: _(
                    "Not known here: %(names)s. There is: %(known)s.",
                    names=", ".join(f"“{name}”" for name in there),
                    known=", ".join(known),
                )
            }
        )
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
