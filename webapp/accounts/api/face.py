"""The JSON face of accounts, and what its endpoints give."""

import datetime as dt
import uuid

from flask_babel import lazy_gettext as _l
from pydantic import Field

from webapp.web.endpoints import Api, Out

api = Api("accounts", _l("Accounts"))


class AccountOut(Out):
    """An account, as its owner sees it."""

    id: uuid.UUID
    email: str
    name: str
    surname: str
    eth_address: str | None
    timezone: str | None
    reputation: int
    created_at: dt.datetime
    verified_at: dt.datetime | None


class CompanyRoleOut(Out):
    """A company one has a role in, and that role."""

    id: uuid.UUID
    name: str
    slug: str
    parent_id: uuid.UUID | None
    role: str
    links: dict[str, str]


class AdministratorOut(Out):
    """Who looks after a company."""

    id: uuid.UUID
    name: str
    email: str
    role: str
    company_id: uuid.UUID
    company_name: str
    links: dict[str, str]


class TokensOut(Out):
    """What one is given for address and password."""

    user_token: str | None = Field(
        description="Acts for the account itself; null where a company_token was refreshed: it reaches no further."
    )
    company_token: str | None = Field(description="Acts for one company and all below it; null without a company.")
    company_id: uuid.UUID | None
    token_type: str = "Bearer"  # noqa: S105 the scheme of RFC 6750
    expires_at: dt.datetime
    user_id: uuid.UUID
    user_name: str
    user_surname: str
    account: AccountOut | None = Field(description="Null where a token was refreshed that lacks the scope account.")
    companies: list[CompanyRoleOut] = Field(
        description="Where one has a role; of a refreshed token, as far as it may read companies."
    )
    administrators: list[AdministratorOut] = Field(
        description="Who looks after the company, for those who look after it too."
    )
