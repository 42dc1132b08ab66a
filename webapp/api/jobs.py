"""Background work: forgetting what programs were answered long ago."""

from sqlalchemy import delete

from webapp.core import clock
from webapp.core.jobs import Job
from webapp.core.operation import count, operation
from webapp.models import Answered
from webapp.web.endpoints import KEPT_FOR


@operation
def forget_answers() -> int:
    """Delete the answers whose Idempotency-Key has had its time; return how many."""
    return count(delete(Answered).where(Answered.created_at < clock.now() - KEPT_FOR))


JOBS: tuple[Job, ...] = (Job("api.forget-answers", forget_answers, every=60),)
