"""What may be said on the site's settings page."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

import email_validator
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from limits import RateLimitItem, parse_many
from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from webapp.config import SETTINGS
from webapp.core import text
from webapp.core.schema import Email, Line, Name, Paragraphs, Schema, refuse

MINUTE, HOUR, DAY = 60, 3600, 86_400
MONTH = 31 * DAY
MOST = 100_000
"""The most that a limit may allow: every use of it is remembered for its time."""
LIMITS = tuple(setting.name for setting in SETTINGS if setting.name.startswith("LIMIT_"))
LEAST: dict[str, tuple[int, int]] = {
    # What it takes to come in and to mend a limit that is too low: the page, the password, and what stands behind
    "LIMIT_PAGES": (30, HOUR),
    "LIMIT_SIGNED_IN": (60, HOUR),
    "LIMIT_LOGIN_ADDRESS": (5, HOUR),
    "LIMIT_LOGIN_BOTH": (5, HOUR),
    "LIMIT_LOGIN_ACCOUNT": (5, HOUR),
    "LIMIT_API_LOGIN": (5, HOUR),
    # A guest opens the link, answers, and comes back
    "LIMIT_LINK": (10, HOUR),
    "LIMIT_LINK_ADDRESS": (30, HOUR),
    "LIMIT_ANONYMOUS": (5, DAY),
    "LIMIT_MAILS": (1, DAY),
}
"""The least that each limit must allow, and the longest time in seconds over which it may be counted."""
_TIMES = {HOUR: _l("an hour"), DAY: _l("a day")}
_DOMAINS = 500
_SCHEMES = {"http", "https"}


def _bounds(said: str) -> list[RateLimitItem]:
    try:
        return parse_many(said)
    except ValueError as error:
        raise refuse(_l("This is no limit. It looks like 30/minute, or 30/minute;200/hour.")) from error


def limit(setting: str, said: str) -> str:
    """Return the limit `said` for `setting` as it is kept; "" where nothing is said: the environment's holds.

    Refuses what is no limit, and one so low that people could not come in any more to mend it.
    """
    if not said:
        return ""
    least, longest = LEAST[setting]
    for bound in _bounds(said):
        if bound.amount < least or bound.get_expiry() > longest:
            raise refuse(
                ngettext(
                    "Allow at least %(num)d, counted over %(time)s at most: less would lock people out.",
                    "Allow at least %(num)d, counted over %(time)s at most: less would lock people out.",
                    least,
                    time=_TIMES[longest],
                )
            )
        if bound.amount > MOST:
            raise refuse(_("At most %(number)d, please.", number=MOST))
    return said


def _domain(line: str) -> str:
    """Return a mail domain as addresses are kept with it: small letters, in its own script."""
    try:
        found = email_validator.validate_email(f"someone@{line}", check_deliverability=False)
    except email_validator.EmailNotValidError as error:
        raise refuse(
            _("“%(line)s” is no mail domain. Write one a line, such as example.org.", line=line[:100])
        ) from error
    return text.fold(found.domain)


def _domains(value: str) -> str:
    lines = [line.strip().removeprefix("@") for line in value.splitlines() if line.strip()]
    if len(lines) > _DOMAINS:
        raise refuse(_("At most %(number)d domains, please.", number=_DOMAINS))
    return "\n".join(dict.fromkeys(_domain(line) for line in lines))


def _web_address(value: str) -> str:
    if not value:
        return ""
    try:
        parts = urlsplit(value)
        good = parts.scheme in _SCHEMES and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        good = False
    if not good or any(letter.isspace() for letter in value):
        raise refuse(_l("A web address begins with https:// or http://."))
    return value


WebAddress = Annotated[Line, Field(max_length=500), AfterValidator(_web_address)]
Limit = Annotated[Line, Field(max_length=100)]


class SiteInput(Schema):
    """What the whole installation is called and allows. What is left out stays as it is."""

    name: Annotated[Name, Field(max_length=100)] = ""
    footer: Annotated[Line, Field(max_length=500)] = ""
    registration: Literal["open", "invitation", ""] = ""
    allowed_domains: Annotated[Paragraphs, Field(max_length=20_000), AfterValidator(_domains)] = ""
    privacy_url: WebAddress = ""
    terms_url: WebAddress = ""
    imprint_url: WebAddress = ""
    limit_anonymous: Limit = ""
    limit_api_login: Limit = ""
    limit_login_address: Limit = ""
    limit_login_both: Limit = ""
    limit_login_account: Limit = ""
    limit_link: Limit = ""
    limit_link_address: Limit = ""
    limit_signed_in: Limit = ""
    limit_pages: Limit = ""
    limit_mails: Limit = ""

    @field_validator(*(name.lower() for name in LIMITS))
    @classmethod
    def _judge_limit(cls, value: str, info: ValidationInfo) -> str:
        return limit(str(info.field_name).upper(), value)


class MailTestInput(Schema):
    """Where to send a test mail."""

    email: Email


class AdministratorInput(Schema):
    """Whether an account looks after the site."""

    on: Literal["yes", "no"]
