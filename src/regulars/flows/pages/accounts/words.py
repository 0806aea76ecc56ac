"""What entries of the ledger say to people."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from regulars.ledger.facts import Kind
from regulars.ledger.queries.accounts import AccountFacts
from regulars.membership.queries.naming import account_names
from regulars.web import counted, formats

# Why something was done, by the code that flows and programs give; unknown codes show as they are.
REASONS: Mapping[str, Any] = {
    "earned": _("Earned with an order"),
    "order.completed": _("Earned with an order"),
    "order.returned": _("An order was returned"),
    "order.cancelled": _("An order was cancelled"),
    "order": _("For an order"),
    "task": _("For a task"),
    "day_end": _("At the end of the day"),
    "day_begin": _("At the beginning of the day"),
    "restored": _("Came back with a cancelled reward"),
    "spent": _("Spent on an order"),
    "redeemed": _("Exchanged for a reward"),
    "checkout": _("At the checkout"),
    "paid": _("Order paid"),
    "timed_out": _("The time to pay was over"),
    "expired": _("Not spent in time"),
    "activated": _("The waiting time is over"),
    "welcome": _("Welcome gift"),
    "birthday": _("Birthday gift"),
    "review": _("For a review"),
    "referral": _("For a recommendation"),
    "campaign": _("Campaign"),
    "topped_up": _("Paid in"),
    "refund": _("Refund"),
    "reward": _("A reward"),
    "claim.cancelled": _("A reward was cancelled"),
    "gift_card.loaded": _("Put on the gift card"),
    "gift_card.moved": _("Gift card turned into credit"),
    "gift_card.blocked": _("The gift card was blocked"),
    "gift_card.unblocked": _("The gift card can be used again"),
    "merged": _("Two records of one customer were merged"),
    "split": _("The merge was undone"),
    **{f"adjust.{code}": said for code, said in counted.ADJUSTMENTS.items()},
}
# What happened to the account, by kind and by whether its balance grew (1), shrank (-1) or stayed (0).
HAPPENED: Mapping[tuple[Kind, int], Any] = {
    (Kind.POST, 1): pgettext_lazy("entry", "Received"),
    (Kind.POST, -1): pgettext_lazy("entry", "Spent"),
    (Kind.GRANT, 1): _("More was allowed"),
    (Kind.GRANT, -1): _("Less was allowed"),
    (Kind.HOLD, 0): _("Set aside"),
    (Kind.RELEASE, 0): _("No longer set aside"),
    (Kind.CAPTURE, 1): pgettext_lazy("entry", "Received"),
    (Kind.CAPTURE, -1): _("Spent, as set aside"),
    (Kind.ACTIVATE, 0): _("Can be spent from now on"),
    (Kind.EXPIRE, -1): pgettext_lazy("entry", "Expired"),
    (Kind.REVERSE, 1): _("Given back"),
    (Kind.REVERSE, -1): _("Taken back"),
    (Kind.CLOSE, 0): _("Account closed"),
    (Kind.REOPEN, 0): _("Account opened again"),
}
ADJUSTED = {1: _("Given by staff"), -1: _("Taken by staff")}
MERGED = {1: _("Came with a merged record"), -1: _("Moved to the customer's other account")}
# What one can look for in a statement.
LOOKED_FOR: Mapping[str, tuple[Any, tuple[Kind, ...]]] = {
    "moved": (_("Received and spent"), (Kind.POST, Kind.CAPTURE, Kind.GRANT)),
    "held": (_("Set aside and given free"), (Kind.HOLD, Kind.RELEASE)),
    "expired": (pgettext_lazy("entry", "Expired"), (Kind.EXPIRE,)),
    "undone": (_("Given back and taken back"), (Kind.REVERSE,)),
    "marked": (_("Other notes"), (Kind.ACTIVATE, Kind.CLOSE, Kind.REOPEN)),
}
# Where things come from and go to.
WORLD: Mapping[str, Any] = {
    "issued": _("Given to customers"),
    "redeemed": _("Spent by customers"),
    "expired": pgettext_lazy("entry", "Expired"),
    "adjusted": _("Adjusted by staff"),
    "sold": _("Sold"),
    "refunded": _("Refunded"),
    "consumed": _("Used up"),
    "reward": _("Exchanged for rewards"),
    "granted": _("Allowed"),
}


def order(number: str) -> str:
    return str(_("Order %(number)s") % {"number": number})


def last_day(expires_at: datetime) -> str:
    """The last day on which something can be spent: who is told a day takes it to be included."""
    return formats.day(expires_at - timedelta(microseconds=1))


def reason(code: str) -> str:
    return str(REASONS.get(code, code))


def happened(kind: Kind, change: int, code: str) -> str:
    """What an entry did, in a word or two; where something simply came or went, its reason says more."""
    way = (change > 0) - (change < 0)
    if code.startswith("adjust.") and way and kind == Kind.POST:
        return str(ADJUSTED[way])
    if code == "merged" and way:
        return str(MERGED[way])
    if (kind == Kind.POST or code == "split") and code in REASONS:
        return reason(code)
    return str(HAPPENED.get((kind, way), kind.name.lower()))


def called(accounts: Sequence[AccountFacts]) -> dict[str, tuple[str, str]]:
    """What accounts are called and what they are for, by account; at most two queries."""
    named, language = account_names(accounts), get_language() or "en"
    return {
        one.id: (named[one.id].title.to(language), counted.purpose(one.kind, named[one.id].of.to(language)))
        if one.id in named
        else (counted.title(one.kind, one.reference), counted.purpose(one.kind, one.reference))
        for one in accounts
    }
