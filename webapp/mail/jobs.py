"""Background work: sending what the outbox holds."""

from webapp.core.jobs import Job
from webapp.mail.delivery import deliver, sweep
from webapp.mail.outbox import DELIVER, SWEEP

JOBS: tuple[Job, ...] = (Job(DELIVER, deliver), Job(SWEEP, sweep, every=1))
