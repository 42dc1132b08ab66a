"""Background work."""

from webapp.core.jobs import Job
from webapp.invitations import operations

JOBS: tuple[Job, ...] = (Job("invitations.release", operations.release_expired_holds, every=5),)
