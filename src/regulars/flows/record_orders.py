"""Orders as a source states them, with the customers, products and sellers they name: one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from itertools import chain
from operator import itemgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from regulars.catalog import actions as catalog_actions
from regulars.catalog import queries as catalog
from regulars.core.facts import LineFact, OrderFact, Tally
from regulars.customers import actions as customers_actions
from regulars.customers import queries as customers
from regulars.customers.queries import Handle
from regulars.flows.settling import request_settling
from regulars.membership.actions import waiting
from regulars.orders import actions as orders_actions
from regulars.orders import queries as orders_queries
from regulars.orders.actions.record import Known
from regulars.orders.queries import purchases
from regulars.shop import queries as shop_queries
from regulars.storage.transactions import run_tx

# As long as the column of a source's ids: an address of 254 characters is known by its hash.
SOURCE_ID_MAX = 120


def record_orders(
    orders: Sequence[OrderFact],
    *,
    source: str,
    at: datetime,
    run_id: str | None = None,
    remembered: dict[str, str] | None = None,
) -> Tally:
    """Record a batch of orders of one source; what they name and nobody knows yet is made from what they say of it.

    An order that names no customer belongs to whoever the same source knows by one of its handles; one that names nobody
    at all to whom it was told to belong before, else to a walk-in of its own.
    ``run_id`` (32 digits) names the import run, within which parts of an order add up; ``remembered`` holds the products
    that its earlier batches found. Raises NotSetUp before set-up.
    """
    shop = shop_queries.require_shop()

    def record() -> Tally:
        named = _named(orders, source, shop.country)
        articles = articles_of(o.lines for o in named if o.lines)
        known_variants, told = variants(articles, source), named
        if not all(article.product for article in articles):
            told = [replace(o, lines=with_products(o.lines, known_variants)) if o.lines else o for o in named]
            articles = articles_of(o.lines for o in told if o.lines)
        told_by, left_out = {o.customer: o for o in told}, Tally()
        known = Known(
            customers=customers_actions.ensure_customers(
                {customer: (o.customer_name, o.identities) for customer, o in told_by.items()},
                source=source,
                at=at,
                country=shop.country,
                tally=left_out,
            ),
            products=ensure_products(articles, source=source, at=at, remembered=remembered),
            variants=known_variants,
            sellers=catalog_actions.ensure_sellers({o.seller for o in told if o.seller}, source=source),
        )
        zone = ZoneInfo(shop.zone)
        tally = orders_actions.record_orders(told, known, source=source, at=at, zone=zone, run_id=run_id)
        if waiting.note(waiting.ORDER, lambda: purchases.recorded(source, [order.source_id for order in told], at)):
            request_settling()
        tally.warnings += [replace(one, source_id=told_by[one.source_id].source_id) for one in left_out.warnings]
        return tally

    return run_tx(record, finds_its_rows=True)


def settle_run(run_id: str, *, at: datetime) -> int:
    """At the end of a run over whole files: orders lose the parts that the run no longer told. Answers how many changed."""
    zone = ZoneInfo(shop_queries.require_shop().zone)

    def settle() -> int:
        changed = orders_actions.settle_run(run_id, at=at, zone=zone)
        if waiting.note(waiting.ORDER, lambda: purchases.recorded_by(run_id, at)):
            request_settling()
        return changed

    return run_tx(settle)


class Article(NamedTuple):
    """What lines name: the source's ids of product and variant, and its SKU and title, each "" where it is not said."""

    product: str
    variant: str
    sku: str
    title: str


# Side by side in a line, as in an article: cutting them out takes a third of the time of reading them by name.
_ARTICLE = itemgetter(slice(LineFact._fields.index("product"), LineFact._fields.index("title") + 1))


def articles_of(lines: Iterable[Sequence[LineFact]]) -> list[Article]:
    """What lines name, each once: a batch has several times as many lines, and none of them needs a look of its own."""
    return list(map(Article._make, dict.fromkeys(map(_ARTICLE, chain.from_iterable(lines)))))


def ensure_products(
    articles: Iterable[Article], *, source: str, at: datetime, remembered: dict[str, str] | None = None
) -> Mapping[str, str]:
    """Our ids of the products that lines name; unknown ones are made with the title (or SKU) the line gives."""
    wanted = {article.product: article.title or article.sku for article in articles if article.product}
    return catalog_actions.ensure_products(wanted, source=source, at=at, remembered=remembered)


def variants(articles: Sequence[Article], source: str) -> Mapping[str, tuple[str, str]]:
    """Our (variant, product) of what lines name by a variant's id or, without one, by its SKU."""
    by_id = {article.variant for article in articles if article.variant}
    by_sku = {article.sku for article in articles if article.sku and not article.variant}
    found = catalog.variants_by_sku(source, by_sku) if by_sku else {}
    return {**found, **(catalog.variants_by_source(source, by_id) if by_id else {})}


def with_products(lines: Sequence[LineFact], known: Mapping[str, tuple[str, str]]) -> tuple[LineFact, ...]:
    """The lines, those that name no product by an id naming it by their SKU or title, as many a shop's exports do."""
    return tuple(
        line if line.product or (line.variant or line.sku) in known else line._replace(product=_in_words(line))
        for line in lines
    )


def _in_words(line: LineFact) -> str:
    if line.sku:
        return named_by("sku", line.sku)
    return named_by("title", line.title) if line.title else ""


def _named(orders: Sequence[OrderFact], source: str, country: str) -> list[OrderFact]:
    """The orders, each with a customer."""
    nameless = {order.source_id: _handles(order, country) for order in orders if not order.customer}
    if not nameless:
        return list(orders)
    known = customers.source_ids_by_handle(source, {handle for handles in nameless.values() for handle in handles})
    before = orders_queries.buyers(source, [source_id for source_id, handles in nameless.items() if not handles])

    def owner(order: OrderFact) -> str:
        if handles := nameless[order.source_id]:
            return next((known[handle] for handle in handles if handle in known), named_by(*handles[0]))
        return before.get(order.source_id) or named_by("guest", order.source_id)

    return [order if order.customer else replace(order, customer=owner(order)) for order in orders]


def named_by(kind: str, value: str) -> str:
    """The source id of what a source names by something other than an id: ``email:…``, ``sku:…``."""
    long = len(kind) + 1 + len(value) > SOURCE_ID_MAX
    return f"{kind}:{blake2b(value.encode(), digest_size=32).hexdigest() if long else value}"


def _handles(order: OrderFact, country: str) -> list[Handle]:
    """What an order tells of its buyer, comparable, the surest first."""
    found = []
    for identity in order.identities:
        try:
            found.append((identity.kind, customers.normalise(identity.kind, identity.value, country)))
        except ValueError:
            continue
    return sorted(found, key=lambda handle: ("account", "email", "phone", "device").index(handle[0]))
