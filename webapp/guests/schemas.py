"""What may come in: the rules for page and API alike."""

import re
from typing import Annotated, Literal

from flask_babel import lazy_gettext as _l
from pydantic import Field, model_validator

from webapp.core.errors import Text
from webapp.core.schema import Blank, Email, Line, Name, Paragraphs, Schema, refuse

MOST_PARTY = 20
MOST_LINES = 500

Subject = Annotated[Line, Field(min_length=1, max_length=150)]
Body = Annotated[Paragraphs, Field(min_length=1, max_length=10_000)]
Note = Annotated[Paragraphs, Field(max_length=1000)]
Companion = Annotated[Line, Field(min_length=1, max_length=120)]


class PartyInput(Schema):
    """How many come, and who. `party_size`: the guest and companions (default: as many as are named).

    `note`: None leaves the one there is.
    """

    party_size: Annotated[Annotated[int, Field(ge=1, le=MOST_PARTY)] | None, Blank] = None
    companions: Annotated[list[Companion], Field(max_length=MOST_PARTY - 1, default_factory=list)]
    note: Note | None = None

    @model_validator(mode="after")
    def _enough_places(self) -> "PartyInput":
        if self.party_size is not None and len(self.companions) > self.party_size - 1:
            raise refuse(_l("You name more people than you bring. Please make both fit."))
        return self

    @property
    def size(self) -> int:
        """Return how many come, the guest included."""
        return self.party_size or len(self.companions) + 1


class ReplyInput(PartyInput):
    """A guest's answer."""

    reply: Literal["yes", "no"]

    @property
    def noted(self) -> Text:
        """Return what is said once it is noted."""
        if self.reply == "yes":
            return _l("Your answer is noted: you’re coming.")
        return _l("Your answer is noted: you’re not coming.")


class GuestInput(Schema):
    """Somebody to put on the list, by e-mail."""

    email: Email
    name: Annotated[Line, Field(max_length=255)] = ""


class EditInput(Schema):
    """What may be changed of a guest; an address stays away only where there was none."""

    name: Annotated[Line, Field(max_length=255)] = ""
    email: Annotated[Email | None, Blank] = None


class WalkInInput(Schema):
    """Somebody at the door."""

    name: Name


class MessageInput(Schema):
    """A message to guests."""

    subject: Subject
    body: Body


class LinesInput(Schema):
    """Many at once: pasted lines."""

    lines: Annotated[Paragraphs, Field(min_length=1, max_length=100_000)]


# One word after the other, each looked at once, so that a long line without an address takes no longer than its length
_WORD = re.compile(r"[<(\[]?(?P<email>[^\s<>()\[\],;\"]++)[>)\]]?")


def split_lines(pasted: str) -> list[str]:
    """Return the people in a pasted text, one a line; several on a line are split at commas and semicolons."""
    people: list[str] = []
    for line in pasted.splitlines():
        parts = re.split(r"[,;]", line) if line.count("@") > 1 else [line]
        people += [part.strip() for part in parts if part.strip(" ,;\t")]
    return people


def read_line(line: str) -> tuple[str, str]:
    """Return name and address of a line such as "Ana <ana@example.org>"; an empty address where there is none."""
    found = next((word for word in _WORD.finditer(line) if "@" in word["email"][1:-1]), None)
    if found is None:
        return line.strip(), ""
    rest = line[: found.start()] + " " + line[found.end() :]
    return rest.strip(" \t,;:<>()[]\"'").strip(), found["email"]
