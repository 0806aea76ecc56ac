"""What the ledger counts, in words: kinds of accounts, and amounts in their unit."""

from collections.abc import Callable
from decimal import Decimal

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from regulars.core.money import CURRENCIES, to_decimal
from regulars.web import formats

KINDS = {
    "points": pgettext_lazy("account", "Points"),
    "credit": pgettext_lazy("account", "Store credit"),
    "debt": pgettext_lazy("account", "Owed"),
    "gift_card": pgettext_lazy("account", "Gift card"),
    "stock": pgettext_lazy("account", "Stock"),
    "limit": pgettext_lazy("account", "Limit"),
    "budget": pgettext_lazy("account", "Budget"),
    "prize": pgettext_lazy("account", "Prizes"),
    "escrow": pgettext_lazy("account", "Money in escrow"),
}
PURPOSES = {
    "points": _("Points to spend in this shop."),
    "points_of": _("Points of the programme “%(name)s”, to spend in this shop."),
    "credit": _("Money the shop owes, to spend on orders."),
    "debt": _("What is missing after a return; what is earned next repays it."),
    "gift_card": _("What is left on gift card %(name)s."),
    "stock": _("How many of “%(name)s” are left to give."),
    "limit": _("How much of “%(name)s” may still be used."),
    "budget": _("What “%(name)s” may still cost."),
    "prize": _("Prizes of “%(name)s” that are left."),
    "escrow": _("Money kept for “%(name)s” until both sides are content."),
}
# Why staff give and take by hand.
ADJUSTMENTS = {
    "goodwill": _("Goodwill"),
    "complaint": _("Making up for a complaint"),
    "correction": _("Correction of a mistake"),
    "late_points": _("Points that were missing"),
    "fraud": _("Misuse"),
    "transfer": _("Passed on to another customer"),
}
ICONS = {
    "points": "star",
    "credit": "wallet",
    "debt": "circle-minus",
    "gift_card": "gift",
    "stock": "package",
    "limit": "gauge",
    "budget": "piggy-bank",
    "prize": "trophy",
    "escrow": "shield",
}


Worder = Callable[[int, str], str]
_WORDERS: list[Worder] = []


def worder(function: Worder) -> Worder:
    """Register a function that says an amount of a unit that it knows, and "" for other units."""
    if function not in _WORDERS:
        _WORDERS.append(function)
    return function


def is_money(unit: str) -> bool:
    """Whether amounts are minor units of a currency."""
    return unit in CURRENCIES


def amount(count: int | None, unit: str) -> str:
    """``120 points``, ``¥12.30``, ``3 pieces``; another unit under its own name."""
    if count is None:
        return formats.NOTHING
    if is_money(unit):
        return formats.money(count, unit)
    if told := next(filter(None, (say(count, unit) for say in _WORDERS)), ""):
        return told
    said = formats.number(count)
    match unit.partition(":")[0]:
        case "points":
            return ngettext("%(count)s point", "%(count)s points", abs(count)) % {"count": said}
        case "pieces":
            return ngettext("%(count)s piece", "%(count)s pieces", abs(count)) % {"count": said}
        case "times":
            return ngettext("%(count)s time", "%(count)s times", abs(count)) % {"count": said}
    return f"{said} {unit}"


def change(count: int, unit: str) -> str:
    """A signed amount: ``+120 points``, ``−30 points``."""
    return ("+" if count > 0 else "−" if count < 0 else "") + amount(abs(count), unit)


def plain(count: int, unit: str) -> int | Decimal:
    """The number alone, as programs and spreadsheets take it."""
    return to_decimal(count, unit) if is_money(unit) else count


def title(kind: str, reference: str) -> str:
    """What to call an account that no programme names."""
    named = str(KINDS.get(kind, kind))
    return f"{named} · {reference}" if reference else named


def purpose(kind: str, reference: str) -> str:
    """What an account is for, in a sentence."""
    said = PURPOSES["points_of" if kind == "points" and reference else kind] if kind in PURPOSES else f"{kind} %(name)s"
    return str(said) % {"name": reference}
