"""What may come in about companies."""

import uuid
from typing import Annotated, Literal

from flask_babel import lazy_gettext as _l
from pydantic import AfterValidator, Field

from webapp.accounts.passwords import Password
from webapp.core.actor import Scope
from webapp.core.permissions import Role
from webapp.core.schema import Blank, Email, Line, Name, Says, Schema, refuse

CompanyName = Annotated[Line, Field(min_length=1, max_length=120)]
Code = Annotated[Line, Field(min_length=1, max_length=100)]


class CompanyInput(Schema):
    """A new company; `parent` is the name for paths of the one it belongs to."""

    name: CompanyName
    parent: Annotated[Annotated[Line, Field(max_length=70)] | None, Blank] = None


class NameInput(Schema):
    """What a company or a project is called from now on; or a new project."""

    name: CompanyName


class MoveInput(Schema):
    """Where a company is to stand: `parent` is the name for paths of the one it is to be part of, None: by itself."""

    parent: Annotated[Annotated[Line, Field(max_length=70)] | None, Blank] = None


class RoleInput(Schema):
    """What somebody is to be in a company."""

    role: Role


class OffboardInput(Schema):
    """What becomes of what is handed over: to which account its events go, and what becomes of its apps."""

    hand_over_to: Annotated[uuid.UUID | None, Blank] = None
    apps: Literal["revoke", "hand-over"] = "revoke"


def _some(value: list[Scope]) -> list[Scope]:
    if not value:
        raise refuse(_l("Please tick what it may do."))
    return value


class AppInput(Schema):
    """A new app. `once`: its App-Id, chosen when the form was shown, so that a form sent twice makes one app."""

    name: CompanyName
    scopes: Annotated[list[Scope], Field(max_length=len(Scope)), AfterValidator(_some), Says(minItems=1)]
    once: Annotated[uuid.UUID | None, Blank] = None


class SetUpInput(Schema):
    """The first account and the first company."""

    code: Code
    name: Name
    email: Email
    password: Password
    company: CompanyName
