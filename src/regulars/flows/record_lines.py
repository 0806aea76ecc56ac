"""Order lines as a source states them in a file of their own, with the products they name: one transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from regulars.core.facts import LineFact, Tally
from regulars.flows.record_orders import articles_of, ensure_products, variants, with_products
from regulars.flows.settling import request_settling
from regulars.membership.actions import waiting
from regulars.orders import actions as orders_actions
from regulars.orders.actions.record import Known
from regulars.orders.queries import purchases
from regulars.shop import queries as shop_queries
from regulars.storage.transactions import run_tx


def record_lines(
    lines: Mapping[str, Sequence[LineFact]], *, source: str, at: datetime, run_id: str | None = None
) -> Tally:
    """Give orders (by their source ids) their lines. ``run_id`` (32 digits) names the import run, within which parts of an
    order add up. Orders nobody knows are refused. Raises NotSetUp before set-up."""
    shop = shop_queries.require_shop()
    articles = articles_of(lines.values())

    def record() -> Tally:
        known_variants = variants(articles, source)
        told = {order: with_products(found, known_variants) for order, found in lines.items()}
        products = ensure_products(articles_of(told.values()), source=source, at=at)
        known = Known({}, products, known_variants, {})
        tally = orders_actions.record_lines(told, known, source=source, at=at, zone=ZoneInfo(shop.zone), run_id=run_id)
        if waiting.note(waiting.ORDER, lambda: purchases.recorded(source, told, at)):
            request_settling()
        return tally

    return run_tx(record, finds_its_rows=True)
