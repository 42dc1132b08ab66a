"""What may come in about companies."""

import uuid
from typing import Annotated, Literal

from pydantic import Field

from webapp.accounts.passwords import Password
from webapp.accounts.schemas import Scopes
from webapp.core.actor import Scope
from webapp.core.permissions import Role
from webapp.core.schema import Blank, Email, Line, Name, Schema

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


class ProgramsInput(Schema):
    """What tokens of somebody may use in a company."""

    scopes: list[Scope] = Field(default_factory=list)


class OffboardInput(Schema):
    """What becomes of what is handed over: to which account its events go, and what becomes of its apps."""

    hand_over_to: Annotated[uuid.UUID | None, Blank] = None
    apps: Literal["revoke", "hand-over"] = "revoke"


class AppInput(Schema):
    """A new app. `once`: its App-Id, chosen when the form was shown, so that a form sent twice makes one app."""

    name: CompanyName
    scopes: Scopes
    once: Annotated[uuid.UUID | None, Blank] = None


class SetUpInput(Schema):
    """The first account and the first company."""

    code: Code
    name: Name
    email: Email
    password: Password
    company: CompanyName
