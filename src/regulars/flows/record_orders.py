"""Orders as a source states them, with the customers, products and sellers they name: one transaction."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from zoneinfo import ZoneInfo

from regulars.catalog import actions as catalog_actions
from regulars.catalog import queries as catalog
from regulars.core.facts import OrderFact, Tally
from regulars.customers import actions as customers_actions
from regulars.customers.queries import normalise
from regulars.orders import actions as orders_actions
from regulars.orders.actions.record import Known
from regulars.shop import queries as shop_queries
from regulars.storage.transactions import run_tx

# As long as the column of a source's ids: an address of 254 characters is known by its hash.
SOURCE_ID_MAX = 120


def record_orders(orders: Sequence[OrderFact], *, source: str, at: datetime, run_id: str | None = None) -> Tally:
    """Record a batch of orders of one source; what they name and nobody knows yet is made from what they say of it.

    ``run_id`` (32 digits) names the import run, within which parts of an order add up. Raises NotSetUp before set-up.
    """
    shop = shop_queries.require_shop()
    named = [order if order.customer else replace(order, customer=_guest(order, shop.country)) for order in orders]

    def record() -> Tally:
        known = Known(
            customers=customers_actions.ensure_customers(
                {o.customer: (o.customer_name, o.identities) for o in named}, source=source, at=at, country=shop.country
            ),
            products=catalog_actions.ensure_products(_products(named), source=source, at=at),
            variants=_variants(named, source),
            sellers=catalog_actions.ensure_sellers({o.seller for o in named if o.seller}, source=source),
        )
        return orders_actions.record_orders(named, known, source=source, at=at, zone=ZoneInfo(shop.zone), run_id=run_id)

    return run_tx(record, finds_its_rows=True)


def _guest(order: OrderFact, country: str) -> str:
    """The customer of an order that names none: whoever carries its first handle, else a guest of this order alone."""
    for identity in order.identities:
        try:
            handle = f"{identity.kind}:{normalise(identity.kind, identity.value, country)}"
        except ValueError:
            continue
        return (
            handle if len(handle) <= SOURCE_ID_MAX else f"{identity.kind}:{blake2b(handle.encode()).hexdigest()[:64]}"
        )
    return f"guest:{order.source_id}"[:SOURCE_ID_MAX]


def _products(orders: Sequence[OrderFact]) -> dict[str, str]:
    return {line.product: line.title for order in orders for line in order.lines or () if line.product}


def _variants(orders: Sequence[OrderFact], source: str) -> dict[str, tuple[str, str]]:
    by_id = {line.variant for order in orders for line in order.lines or () if line.variant}
    by_sku = {line.sku for order in orders for line in order.lines or () if line.sku and not line.variant}
    found = catalog.variants_by_sku(source, by_sku) if by_sku else {}
    return {**found, **(catalog.variants_by_source(source, by_id) if by_id else {})}
