"""What may come in about companies."""

from typing import Annotated

from pydantic import Field

from webapp.accounts.passwords import Password
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


class SetUpInput(Schema):
    """The first account and the first company."""

    code: Code
    name: Name
    email: Email
    password: Password
    company: CompanyName
