"""The base of all schemas: what may come in, judged alike for page and API, and said in words a guest understands."""

import datetime as dt
import itertools
import json
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

import email_validator
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
    ValidationError,
    ValidationInfo,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, ErrorDetails, PydanticCustomError

from webapp.core import clock, text
from webapp.core.errors import InputError, Text

EMAIL_MAX = 190
MOST_PROBLEMS = 50
"""How many fields a refusal names at most: who sends more that is wrong gets no longer answer for it."""
Model = TypeVar("Model", bound=BaseModel)


def refuse(message: Text, kind: str = "refused") -> PydanticCustomError:
    """Return the error a validator raises to say `message` beside the field."""
    return PydanticCustomError("folkmoot_" + kind, "{sentence}", {"sentence": str(message)})


class Says:
    """Annotates a type with what its JSON Schema says beyond what pydantic knows (JSON Schema 2020-12)."""

    def __init__(self, **said: Any) -> None:
        """Take the keywords; one that is None is taken away."""
        self.said = said

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return what pydantic says, with the keywords."""
        return {key: value for key, value in {**handler(core), **self.said}.items() if value is not None}


# text.unfit as a pattern of ECMA-262 (half a surrogate is no text there); where something must stand, one is no space
_FIT_CHARACTER = r"[^\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]"
FIT = f"^{_FIT_CHARACTER}*$"
SOME = f"^{_FIT_CHARACTER}*{_FIT_CHARACTER[:-1]}\\s]{_FIT_CHARACTER}*$"


def _honest(said: Any) -> None:
    """Say that outer space counts for nothing: a text with a least length is none of space alone."""
    if isinstance(said, list):
        for one in said:
            _honest(one)
    elif isinstance(said, dict):
        if said.get("pattern") == FIT and said.get("minLength"):
            said["pattern"] = SOME
        for one in said.values():
            _honest(one)


class Schema(BaseModel):
    """What an operation takes: unknown keys are refused, text is trimmed, nothing changes its type unasked."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return what this takes as JSON Schema."""
        said = handler(core)
        _honest(handler.resolve_ref_schema(said).get("properties", {}))
        return said

    def named(self) -> dict[str, Any]:
        """Return what was said, by name, without what was left out."""
        return {name: getattr(self, name) for name in type(self).model_fields if name in self.model_fields_set}


class Patch(Schema):
    """What is to change of something: every field may be left out, and then stays as it is.

    A field is declared with what may come in. Null does so only where the type says it, and its description what it
    does there. Read it by `named`, or write it over what stands with `merged`.
    """

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Let every field be left out."""
        super().__pydantic_init_subclass__(**kwargs)
        for field in cls.model_fields.values():
            field.default = None
        cls.model_rebuild(force=True)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return what this takes as JSON Schema: nothing stands in for what is left out."""
        said = super().__get_pydantic_json_schema__(core, handler)
        for one in handler.resolve_ref_schema(said).get("properties", {}).values():
            one.pop("default", None)
        return said


def merged(whole: type[Model], standing: Mapping[str, Any], change: Schema) -> Model:
    """Return what stands, with what `change` names in its place, judged as a `whole`; raises InputError as `judge`.

    Call it on a row that is locked: what another writer changed before stays changed.
    """
    named = {name: value for name, value in change.named().items() if name in whole.model_fields}
    return judge(whole, {**standing, **named})


def _fit(value: str) -> str:
    if text.unfit(value):
        raise refuse(_l("This holds characters that cannot be kept. Please type it again."))
    return value


def no_text(info: ValidationInfo, message: Text) -> None:
    """Refuse a text that a page may send for something else, where it comes as JSON: that has types of its own."""
    if info.mode == "json":
        raise refuse(message, "another_type")


def _nothing(value: Any, info: ValidationInfo) -> Any:
    """Read an empty field of a page as nothing given."""
    if not isinstance(value, str) or value.strip():
        return value
    no_text(info, _l("Please fill this in, or send null."))
    return None


def _email(value: str) -> str:
    if len(value) > EMAIL_MAX:
        raise refuse(_l("An e-mail address has at most 190 characters."))
    try:
        found = email_validator.validate_email(value, check_deliverability=False)
    except email_validator.EmailNotValidError as error:
        raise refuse(_l("This is not an e-mail address. It looks like name@example.org.")) from error
    if len(found.normalized) > EMAIL_MAX or len(text.fold(found.normalized)) > EMAIL_MAX:
        raise refuse(_l("An e-mail address has at most 190 characters."))
    return found.normalized


def _zone(value: str) -> str:
    if not clock.is_zone(value):
        raise refuse(_l("Please choose a time zone from the list."))
    return value


def _bounded(value: dt.datetime) -> dt.datetime:
    naive = value.replace(tzinfo=None)
    if not clock.EARLIEST.replace(tzinfo=None) <= naive <= clock.LATEST.replace(tzinfo=None):
        raise refuse(_l("Please choose a time between the years 2000 and 2200."))
    return value


_ETH = re.compile(r"0x[0-9a-fA-F]{40}")


def _eth(value: str) -> str:
    if not _ETH.fullmatch(value):
        raise refuse(_l("An Ethereum address is 0x and 40 hexadecimal digits."))
    return value


# One line of text. Say its length with `Annotated[Line, Field(max_length=…)]`.
Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    AfterValidator(_fit),
    AfterValidator(text.one_line),
    Says(pattern=FIT),
]
# Text of many lines.
Paragraphs = Annotated[str, AfterValidator(text.many_lines), AfterValidator(_fit), Says(pattern=FIT)]
# A secret: kept to the letter.
Secret = Annotated[str, StringConstraints(strip_whitespace=False, max_length=4096)]
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=1000),
    AfterValidator(_fit),
    AfterValidator(_email),
    Says(format="email", maxLength=EMAIL_MAX),
]
TimeZone = Annotated[str, StringConstraints(strip_whitespace=True, max_length=64), AfterValidator(_zone)]
Moment = Annotated[dt.datetime, AfterValidator(_bounded)]
EthAddress = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=100),
    AfterValidator(_eth),
    Says(pattern=f"^{_ETH.pattern}$", maxLength=None),
]
# Wrap an optional type: an empty field of a page means nothing given.
Blank = BeforeValidator(_nothing)
Name = Annotated[Line, Field(min_length=1, max_length=255)]


def local_to_utc(value: dt.datetime, zone_name: str) -> dt.datetime:
    """Return `value` in UTC; a naive one is read as wall time in the zone `zone_name` (in a gap: the later offset)."""
    if value.tzinfo is None:
        value = value.replace(tzinfo=clock.zone(zone_name))
    return value.astimezone(dt.UTC)


def _length(details: ErrorDetails, key: str) -> int:
    return int(details.get("ctx", {}).get(key, 0))


def sentence(details: ErrorDetails) -> str:
    """Return what pydantic found, in the reader's words."""
    kind = details["type"]
    if kind in {"too_long", "too_short"} and isinstance(details["input"], str):
        kind = f"string_{kind}"  # so it is called where a validator stands between a text and its length
    if kind.startswith("folkmoot_"):
        return str(details["ctx"]["sentence"])
    if kind == "missing" or (kind == "string_too_short" and _length(details, "min_length") == 1):
        return _("Please fill this in.")
    if details["input"] is None or details["input"] == "":
        return _("Please fill this in.")
    if kind == "string_too_long":
        most = _length(details, "max_length")
        return ngettext("At most one character, please.", "At most %(num)d characters, please.", most)
    if kind == "string_too_short":
        least = _length(details, "min_length")
        return ngettext("At least one character, please.", "At least %(num)d characters, please.", least)
    if kind in {"too_long", "too_short"}:
        return _("That is too many.") if kind == "too_long" else _("That is too few.")
    return _by_type(kind, details)


def _by_type(kind: str, details: ErrorDetails) -> str:
    context = details.get("ctx", {})
    if kind.startswith(("greater_than", "less_than")):
        bound = context.get("ge", context.get("gt", context.get("le", context.get("lt"))))
        low = kind.startswith("greater")
        return _("At least %(bound)s, please.", bound=bound) if low else _("At most %(bound)s, please.", bound=bound)
    if kind == "extra_forbidden":
        return _("This field is not known here.")
    if kind.startswith(("int", "float", "decimal")):
        return _("Please give a whole number.") if kind.startswith("int") else _("Please give a number.")
    if kind.startswith(("datetime", "date", "time")):
        return _("Please give a day and a time, such as 2026-11-21 18:00.")
    if kind.startswith(("enum", "literal")):
        return _("Please choose one of what is offered.")
    if kind.startswith("bool"):
        return _("Please say yes or no.")
    if kind.startswith(("string", "bytes")):
        return _("Please give text.")
    return _("This does not fit here.")


def problems(error: ValidationError, which: Callable[[ErrorDetails], bool] | None = None) -> dict[str, Text]:
    """Return the sentences of `error` by field, MOST_PROBLEMS at most; a nested field is its path joined with "-".

    `which`: of which of its findings; None: of all.
    """
    found: dict[str, Text] = {}
    for details in error.errors(include_url=False):
        if len(found) == MOST_PROBLEMS:
            break
        if which is not None and not which(details):
            continue
        path = "-".join(str(part) for part in details["loc"]) or "__all__"
        found.setdefault(path, sentence(details))
    return found


def judge(schema: type[Model], data: object) -> Model:
    """Return `data` as a `schema`; raises InputError with a sentence for each field that does not fit."""
    try:
        return schema.model_validate(data)
    except ValidationError as error:
        raise InputError(fields=problems(error)) from error


def _another_type(details: ErrorDetails) -> bool:
    """Tell whether JSON has a type for what is asked here, and what came is of another one."""
    kind, found = details["type"], details["input"]
    return kind in {"int_type", "bool_type", "folkmoot_another_type"} or (
        kind == "datetime_type" and isinstance(found, int | float)
    )


def judge_json(schema: type[Model], data: object) -> Model:
    """Return `data`, read from JSON, as a `schema`: as `judge`, but a text is no number and a number no truth value."""
    try:
        return schema.model_validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        wrong = problems(error, _another_type)
    # what pydantic's strict mode refuses beyond that (a moment that was looked at before it was read) is fine
    try:
        found = judge(schema, data)
    except InputError as error:
        both = itertools.islice({**error.fields, **wrong}.items(), MOST_PROBLEMS)
        raise InputError(fields=dict(both)) from error
    if wrong:
        raise InputError(fields=wrong)
    return found
