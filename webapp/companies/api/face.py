"""The JSON face of companies, and what its endpoints share."""

import uuid

from flask_babel import lazy_gettext as _l

from webapp.companies import queries
from webapp.core.errors import NotFoundError
from webapp.models import Company
from webapp.web.endpoints import Api
from webapp.web.sign_in import current_actor

api = Api("companies", _l("Companies"))
COMPANY = "/companies/<uuid:company_id>"


def the_company(company_id: uuid.UUID) -> Company:
    """Return the company of the path; raises NotFoundError where the token's account has no role in it."""
    company = queries.company_to_act_for(current_actor(), company_id)
    if company is None:
        raise NotFoundError
    return company
