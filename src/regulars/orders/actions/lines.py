"""Lines that come apart from their orders: in a file of their own, or as parts that a later file leaves out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo

from regulars.core.facts import Discount, LineFact, OrderFact, Refusal, Tally
from regulars.orders.actions.columns import LineColumns
from regulars.orders.actions.facts import FactBatch
from regulars.orders.actions.record import Known, Part, Writes, as_stored
from regulars.orders.models import Line, Order

UNKNOWN_ORDER = "There is no order with this id from this source: import the orders first, under the same source."
NOTHING_KNOWN = Known({}, {}, {}, {})


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
    writes, same = Writes(source, at, run_id, _with_own_ids(known, list(orders.values())), FactBatch(zone)), []
    for source_id, facts in lines.items():
        if (order := orders.get(source_id)) is None:
            tally.refused.append(Refusal(source_id, "order", UNKNOWN_ORDER))
            continue
        old, fact = as_stored(order), _as_fact(order, tuple(facts))
        if _same(writes.columns_of_lines(fact, old.id, facts), old.id):
            tally.unchanged += 1
            same.append(order.pk)
            continue
        continues = run_id is not None and old.recorded_by == run_id
        writes.change(fact, old.digest, old, keep=old.line_count if continues else 0, parts=())
        tally.updated += 1
    writes.flush()
    if run_id is not None:
        Order.objects.filter(pk__in=same).update(recorded_by=run_id)
    return tally


def settle_run(run_id: str, *, at: datetime, zone: tzinfo) -> int:
    """After a run over whole files: drop the parts of orders that it no longer told; answers how many orders changed."""
    orders = [o for o in Order.objects.filter(recorded_by=run_id, parts__isnull=False) if o.parts_seen < len(o.parts)]
    for order in orders:
        old = as_stored(order)
        told: Sequence[Part] = old.parts[: old.parts_seen]
        writes = Writes(order.source, at, run_id, _with_own_ids(NOTHING_KNOWN, [order]), FactBatch(zone))
        digest = bytes.fromhex(told[-1][0])
        writes.change(_as_fact(order, ()), digest, old, keep=sum(lines for _, lines in told), parts=told)
        writes.flush()
    return len(orders)


def _with_own_ids(known: Known, orders: Sequence[Order]) -> Known:
    """``known``, in which stored orders find their customers and sellers by our own ids."""
    customers = {order.customer_id.hex: order.customer_id.hex for order in orders}
    sellers = {order.seller_id.hex: order.seller_id.hex for order in orders if order.seller_id}
    return replace(known, customers=customers, sellers=sellers)


_COMPARED = (
    *("source_id", "product_id", "variant_id", "sku", "title", "quantity_milli", "list_amount"),
    *("discount_amount", "tax_amount", "funded_amount"),
)


def _same(lines: LineColumns, order: str) -> bool:
    """Whether lines as they would be written say what is stored."""
    stored = Line.objects.filter(order=order).order_by("number").values_list(*_COMPARED)
    wanted = list(zip(*(getattr(lines, name) for name in _COMPARED), strict=True))
    return wanted == [tuple(getattr(value, "hex", value) for value in row) for row in stored]


def _as_fact(order: Order, lines: tuple[LineFact, ...]) -> OrderFact:
    """The stored order as its source stated it, with new lines."""
    discounts = tuple(
        Discount(d["kind"], d["amount"], d.get("code", ""), d.get("funded_by", "shop")) for d in order.discounts or ()
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
        tax_amount=order.stated_tax_amount,
        tax_included=order.tax_included,
        refunded_amount=order.refunded_amount,
        paid_amount=order.stated_paid_amount,
        attributes=order.attributes,
        updated_at=order.source_updated_at,
    )
