"""What the page of one product shows."""

from collections import defaultdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from regulars.catalog.models import Product
from regulars.catalog.pages.table import TONES
from regulars.catalog.queries import listing
from regulars.core.facts import Attributes
from regulars.web import charts, formats

# More lines than this nobody can tell apart; the table of variants still has all prices.
CHARTED_MAX = 6


def product_context(detail: listing.ProductDetail) -> dict[str, Any]:
    product = detail.product
    return {
        "product": product,
        "variants": detail.variants,
        "state_label": dict(Product.State.choices)[product.state],
        "state_tone": TONES[product.state],
        "trail": trail(product.category),
        "price_chart": price_chart(listing.prices(product.id)),
        "attributes": plain(product.attributes),
    }


def plain(attributes: Attributes) -> list[tuple[str, str]]:
    """The attributes that read as one value each, by name."""
    return sorted(
        (name, str(value))
        for name, value in attributes.items()
        if not isinstance(value, (dict, list)) and value not in ("", None)
    )


def trail(category: str) -> list[tuple[str, str]]:
    """(name, path) of each category from the root."""
    names = category.split(" > ") if category else []
    return [(name, " > ".join(names[: depth + 1])) for depth, name in enumerate(names)]


def price_chart(prices: list[listing.Price]) -> charts.Data | None:
    """The prices of the listings over the days they changed, in one currency; None where there is nothing to draw."""
    if not prices:
        return None
    currency = prices[-1].currency
    series: dict[UUID, list[listing.Price]] = defaultdict(list)
    for price in prices:
        if price.currency == currency:
            series[price.listing].append(price)
    shown = list(series.values())[:CHARTED_MAX]
    days = sorted({timezone.localtime(price.at).date() for listed in shown for price in listed})
    if len(days) == 1:  # one price is a level line up to today, not a dot
        days.append(max(timezone.localdate(), days[0] + timedelta(days=1)))
    values = []
    for listed in shown:
        dated = {timezone.localtime(price.at).date(): price.price for price in listed}
        current: int | None = None
        line = [current := dated.get(day, current) for day in days]
        values.append(
            charts.Series(" ".join(part for part in (listed[0].variant, listed[0].channel) if part) or _("Price"), line)
        )
    return charts.chart("line", [formats.day(day) for day in days], values, unit="money", currency=currency)
