"""What may come in when people are invited and when they accept."""

from typing import Annotated

from flask_babel import lazy_gettext as _l
from pydantic import Field, ValidationInfo, field_validator

from webapp.accounts.passwords import Password
from webapp.core.permissions import Role
from webapp.core.schema import Blank, Email, Name, Schema, refuse

MOST_AT_ONCE = 200
MOST_HOURS = 90 * 24

# For how many hours a link is good
Hours = Annotated[int, Field(ge=1, le=MOST_HOURS)]


class SiteInvitationInput(Schema):
    """An invitation to the site: by e-mail, or as a link to hand on."""

    link: bool = False
    email: Annotated[Email | None, Blank] = Field(default=None, validate_default=True)
    expires_in: Annotated[Hours | None, Blank] = None

    @field_validator("email", mode="after")
    @classmethod
    def _address_or_link(cls, value: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("link"):
            return None
        if value is None:
            raise refuse(_l("To whom? Give an e-mail address, or make a link instead."))
        return value


class CompanyInvitationInput(SiteInvitationInput):
    """An invitation to a company, with what the person will be in it."""

    role: Role


class EventLinksInput(Schema):
    """Links to an event: `count` of them for one person each, or one for many.

    It is one for many where `shared` says so or `max_uses` is above 1; `expires_in` None: 24 hours for a link for one,
    until join-by for the one for many.
    """

    count: Annotated[int, Field(ge=1, le=MOST_AT_ONCE)] = 1
    expires_in: Annotated[Hours | None, Blank] = None
    max_uses: Annotated[Annotated[int, Field(ge=1, le=1_000_000)] | None, Blank] = None
    shared: bool = False

    @property
    def for_many(self) -> bool:
        """Tell whether this is the one link for many."""
        return self.shared or (self.max_uses or 1) > 1


class NewLoginInput(Schema):
    """Accepting with a new login."""

    name: Name
    email: Email
    password: Password


class AsGuestInput(Schema):
    """Accepting an event's invitation without an account."""

    name: Name
    email: Email
