"""Every write to companies, their projects and who is what in them, one function a verb."""

from webapp.companies.operations.apps import create_app, end_app, hand_over_app, note_use, revoke_app, rotate_app
from webapp.companies.operations.mail import retry_failed_mails, retry_mail
from webapp.companies.operations.offboarding import offboard
from webapp.companies.operations.people import change_membership, change_role, grant, revoke
from webapp.companies.operations.projects import (
    archive_project,
    change_project,
    create_project,
    hold_project,
    make_calendar,
    rename_project,
    revoke_calendar,
    unarchive_project,
)
from webapp.companies.operations.tree import (
    change_company,
    close_lone_companies,
    create_company,
    delete_company,
    hold_company,
    move_company,
    rename_company,
)

__all__ = [
    "archive_project",
    "change_company",
    "change_membership",
    "change_project",
    "change_role",
    "close_lone_companies",
    "create_app",
    "create_company",
    "create_project",
    "delete_company",
    "end_app",
    "grant",
    "hand_over_app",
    "hold_company",
    "hold_project",
    "make_calendar",
    "move_company",
    "note_use",
    "offboard",
    "rename_company",
    "rename_project",
    "retry_failed_mails",
    "retry_mail",
    "revoke",
    "revoke_app",
    "revoke_calendar",
    "rotate_app",
    "unarchive_project",
]
