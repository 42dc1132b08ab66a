"""What programs ask without anybody signed in: the first run, and whether an address has an account."""

from flask_babel import lazy_gettext as _l

from webapp.accounts import queries, tokens
from webapp.accounts.api.face import TokensOut, api
from webapp.accounts.api.signing import given
from webapp.accounts.passwords import hash_password
from webapp.accounts.schemas import AddressInput
from webapp.companies import queries as companies
from webapp.companies import setting_up
from webapp.companies.errors import AppKeyError
from webapp.companies.schemas import SetUpInput
from webapp.core.actor import Actor, Scope
from webapp.core.database import db
from webapp.core.errors import ForbiddenError, InputError
from webapp.core.schema import judge
from webapp.models import User
from webapp.web import limits, sign_in
from webapp.web.app_keys import require_app
from webapp.web.endpoints import APP_ALONE, PUBLIC, Out
from webapp.web.site import forget_site


@api.on(
    "POST",
    "/setup",
    access=PUBLIC,
    ignores_token=True,
    takes=SetUpInput,
    secret=True,
    gives=TokensOut,
    status=201,
    id="set_up",
    message=_l("Everything is ready. Welcome!"),
    refusals=(setting_up.SetUpBeforeError,),
)
def set_up(data: SetUpInput) -> TokensOut:
    """Set the site up: make the first account (site administrator) and the company it owns, and sign in.

    `code` is the one that the server printed when it started. Until this is done the API answers 503; afterwards this
    answers 409, whatever is sent.
    """
    setting_up.require_code(data.code)
    user = setting_up.set_up_site(
        name=data.name, email=data.email, password_hash=hash_password(data.password), company=data.company
    )
    user_id = user.id
    forget_site()
    company = companies.company_to_act_for(Actor(user_id=user_id), None)
    pair = tokens.start(user, company_id=company.id if company is not None else None, device=sign_in.device())
    return given(pair, db.session.get_one(User, user_id))


class ExistsOut(Out):
    """Whether there is an account."""

    exists: bool


@api.on(
    "GET",
    "/exist-email/<email>",
    access=PUBLIC,
    ignores_token=True,
    app=APP_ALONE,
    gives=ExistsOut,
    refusals=(AppKeyError, ForbiddenError, InputError),
)
def exist_email(email: str) -> ExistsOut:
    """Tell whether somebody has proven this address as the one of an account.

    Needs the headers App-Id and App-Key of an app with the scope `exist-email`, and no token: the app asks for itself.
    It may ask as often as somebody who is not signed in.
    """
    app = require_app(Scope.EXIST_EMAIL)
    limits.hit("LIMIT_ANONYMOUS", "app", str(app.app_id))
    asked = judge(AddressInput, {"email": email})
    user = queries.by_email(asked.email)
    return ExistsOut(exists=user is not None and user.verified_at is not None)
