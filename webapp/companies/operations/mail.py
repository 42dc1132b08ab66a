"""What a company's administrators do with its outbox by hand."""

from webapp.companies import policy, queries
from webapp.core.actor import Actor
from webapp.core.errors import NotFoundError
from webapp.core.operation import operation
from webapp.core.permissions import Permission
from webapp.journal.writing import record
from webapp.mail import operations as mail_operations
from webapp.mail import queries as mail_queries
from webapp.models import Company, OutboxMail


@operation
def retry_mail(actor: Actor, mail: OutboxMail) -> None:
    """Send an e-mail of a company now: one that failed, or one that waits for its next attempt.

    Raises NotFoundError (also for one that is no company's), ForbiddenError, and as `mail.operations.put_back` does.
    """
    if mail.company_id is None:
        raise NotFoundError
    policy.require_in(actor, mail.company_id, Permission.READ_MAIL)
    mail_operations.put_back(actor, mail)


@operation
def retry_failed_mails(actor: Actor, company: Company, *, search: str = "") -> int:
    """Send all e-mails now that failed in the company or below it, and whose address or name holds `search`.

    Returns how many there were. Raises NotFoundError, ForbiddenError.
    """
    inside = queries.writing_companies(actor, company)
    number = mail_operations.put_back_failed(mail_queries.matching(search=search, company_ids=inside))
    if number:
        record(actor, "mail.retried", company, company_id=company.id, number=number)
    return number
