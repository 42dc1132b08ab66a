"""Background work: sealing what was written."""

from webapp.core.jobs import Job
from webapp.journal.sealing import seal_all

JOBS: tuple[Job, ...] = (Job("journal.seal", seal_all, every=1),)
