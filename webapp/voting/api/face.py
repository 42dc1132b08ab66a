"""The JSON face of joining and voting, and what its endpoints share."""

import uuid

from flask_babel import lazy_gettext as _l

from webapp.core.actor import Actor
from webapp.web.access import NotYoursError
from webapp.web.endpoints import Api
from webapp.web.sign_in import current_actor

api = Api("voting", _l("Joining and voting"))


def own_account(user_id: uuid.UUID | None) -> Actor:
    """Return the actor; raises NotYoursError where `user_id` names another account than the token's."""
    actor = current_actor()
    if user_id is not None and user_id != actor.user_id:
        raise NotYoursError
    return actor
