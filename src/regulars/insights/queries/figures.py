"""The shop in a handful of figures."""

from dataclasses import dataclass
from typing import Any

from regulars.core.money import exponent
from regulars.insights.queries.marts import manifest, mart


@dataclass(frozen=True, slots=True)
class ShopFigures:
    """``customers`` have orders; ``revenue_amount`` is net in minor units; ``repurchase_rate`` is 0..1 or None."""

    customers: int
    orders: int
    lines: int
    revenue_amount: int
    currency: str
    repurchase_rate: float | None


def figures() -> ShopFigures | None:
    """The figures in force, or None before the first refresh."""
    if (now := manifest()) is None:
        return None
    totals, repurchase = mart("totals", now)[0], mart("repurchase", now)[0]
    return ShopFigures(
        customers=totals["buyers"],
        orders=totals["orders"],
        lines=totals["line_count"],
        revenue_amount=totals["net_amount"],
        currency=totals["currency"],
        repurchase_rate=repurchase["rate"],
    )


def shop_figures() -> dict[str, Any]:
    """The figures as ``regulars demo --json`` prints them; {} before the first refresh."""
    if (now := figures()) is None:
        return {}
    revenue = {"amount": now.revenue_amount, "currency": now.currency, "exponent": exponent(now.currency)}
    counts = {"customers": now.customers, "orders": now.orders, "lines": now.lines}
    return {**counts, "revenue": revenue, "repurchase_rate": now.repurchase_rate}
