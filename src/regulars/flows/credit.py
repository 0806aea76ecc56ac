"""Store credit from one customer to another: with a reason, and above the shop's limit with a second person's word."""

from datetime import datetime
from uuid import UUID

from regulars.customers.queries.subjects import subject_key_of
from regulars.flows.adjust import Adjustment, adjust
from regulars.ledger.queries.accounts import AccountFacts
from regulars.web.access import Actor

REASON = "transfer"


class NobodyToGiveTo(ValueError):
    """The customer who should get it does not exist, or is who has it."""


def transfer(
    credit: AccountFacts, customer: UUID, amount: int, *, note: str, form: UUID, by: Actor, at: datetime
) -> bool:
    """Move ``amount`` (minor units) of a customer's store credit to another one's; answers whether it is done, or waits.

    It keeps its dates. ``form`` names what was sent: sent twice it is done once. Raises NobodyToGiveTo, ``adjust.SentBefore``
    and the ledger's Refused.
    """
    to = subject_key_of(customer)
    if to is None or to == credit.subject or credit.kind != "credit" or amount < 1:
        raise NobodyToGiveTo
    return adjust(Adjustment(credit, -amount, REASON, note, to=to), form=form, by=by, at=at)
