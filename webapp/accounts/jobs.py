"""Background work."""

from webapp.core.jobs import Job

JOBS: tuple[Job, ...] = ()
