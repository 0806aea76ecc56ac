"""Why the ledger refused, in words that say how to mend it."""

from django.utils.translation import gettext as _

from regulars.ledger import refusals
from regulars.web import counted


def in_words(refused: refusals.Refused) -> str:
    match refused:
        case refusals.Insufficient():
            left = counted.amount(refused.left, refused.unit)
            return _("Only %(amount)s can be taken: the rest is spent, set aside or not usable yet.") % {"amount": left}
        case refusals.Closed():
            return _("This account is closed.")
    return str(refused)
