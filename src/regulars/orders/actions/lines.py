"""Lines that come in a file of their own, after their orders."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID

from regulars.core.facts import Discount, LineFact, OrderFact, Refusal, Tally
from regulars.orders.actions.facts import FactBatch
from regulars.orders.actions.record import Known, _Stored, _Writes
from regulars.orders.models import Line, Order

UNKNOWN_ORDER = "There is no order with this id from this source: import the orders first, under the same source."
_COMPARED = (
    *("source_id", "product_id", "variant_id", "sku", "title", "quantity_milli"),
    *("list_amount", "discount_amount", "tax_amount", "funded_amount"),
)


def record_lines(
    lines: Mapping[str, Sequence[LineFact]],
    known: Known,
    *,
    source: str,
    at: datetime,
    zone: tzinfo,
    run_id: str | None = None,
) -> Tally:
    """Give orders, named by their source ids, their lines; amounts are worked out anew. In the caller's transaction.

    Lines that stand already change nothing; others replace those stored, except that within one run (``run_id``, 32 digits)
    a later part adds to the earlier one. An order nobody knows is refused.
    """
    tally = Tally()
    orders = {order.source_id: order for order in Order.objects.filter(source=source, source_id__in=list(lines))}
    stored = _lines_of(orders.values())
    customers = {o.customer_id.hex: o.customer_id.hex for o in orders.values()}
    own = replace(
        known, customers=customers, sellers={o.seller_id.hex: o.seller_id.hex for o in orders.values() if o.seller_id}
    )
    writes, same = _Writes(source, at, run_id, own, FactBatch(zone)), []
    for source_id, facts in lines.items():
        order = orders.get(source_id)
        if order is None:
            tally.refused.append(Refusal(source_id, "order", UNKNOWN_ORDER))
            continue
        fact = _as_fact(order, tuple(facts), has_lines=bool(stored.get(order.pk.hex)))
        before = stored.get(order.pk.hex, [])
        if _same(writes._lines(fact, order.pk.hex, 0), before):
            tally.unchanged += 1
            same.append(order.pk)
            continue
        recorded_by = order.recorded_by.hex if order.recorded_by else None
        writes.change(fact, bytes(order.digest), _Stored(
            order.pk.hex, bytes(order.digest), order.state, order.placed_at, order.source_updated_at, recorded_by, len(before)
        ))  # fmt: skip
        tally.updated += 1
    writes.flush()
    if run_id is not None:
        Order.objects.filter(pk__in=same).update(recorded_by=run_id)
    return tally


def _lines_of(orders: Any) -> dict[str, list[tuple[Any, ...]]]:
    found: dict[str, list[tuple[Any, ...]]] = {}
    rows = Line.objects.filter(order__in=[order.pk for order in orders]).order_by("order_id", "number")
    for order_id, *values in rows.values_list("order_id", *_COMPARED):
        found.setdefault(order_id.hex, []).append(tuple(v.hex if isinstance(v, UUID) else v for v in values))
    return found


def _same(rows: Sequence[tuple[Any, ...]], stored: Sequence[tuple[Any, ...]]) -> bool:
    """Whether rows as they would be written say what is stored (see ``record._LINE`` for their places)."""
    return [(*row[3:11], row[12], row[13]) for row in rows] == list(stored)


def _as_fact(order: Order, lines: tuple[LineFact, ...], *, has_lines: bool) -> OrderFact:
    """The stored order as its source stated it, with new lines. What was worked out from lines is worked out again."""
    discounts = tuple(
        Discount(d["kind"], d["amount"], d.get("code", ""), d.get("funded_by", "shop")) for d in order.discounts or ()
    )
    worked_out = (
        order.net_amount - order.funded_amount + order.shipping_amount + (0 if order.tax_included else order.tax_amount)
    )
    stated_paid = (
        order.paid_amount if order.paid_amount and (not has_lines or order.paid_amount != worked_out) else None
    )
    return OrderFact(
        order.source_id,
        order.customer_id.hex,
        order.placed_at,
        order.currency,
        state=order.state,
        number=order.number,
        channel=order.channel,
        store=order.store,
        seller=order.seller_id.hex if order.seller_id else "",
        lines=lines,
        discounts=discounts,
        shipping_amount=order.shipping_amount,
        tax_amount=order.tax_amount or None,
        tax_included=order.tax_included,
        refunded_amount=order.refunded_amount,
        paid_amount=stated_paid,
        attributes=order.attributes,
        updated_at=order.source_updated_at,
    )
