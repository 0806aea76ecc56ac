"""Take what sources say of orders: batches of facts, each order once, amounts worked out exactly.

This is the path of the large imports, so a line costs a few tuples and no object of the ORM.
"""

import hashlib
import marshal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from functools import lru_cache
from operator import itemgetter
from typing import Any

from regulars.core.facts import Discount, LineFact, OrderFact, Tally
from regulars.core.money import split
from regulars.orders.actions.facts import FactBatch
from regulars.orders.models import Line, Order, StateChange
from regulars.storage.bulk import as_hex, delete_in, insert, instants, new_hex, to_json, update

_STATED = (
    *(
        "digest",
        "number",
        "customer_id",
        "placed_at",
        "state",
        "currency",
        "channel",
        "store",
        "seller_id",
        "line_count",
    ),
    *("list_amount", "discount_amount", "net_amount", "shipping_amount", "tax_amount", "tax_included", "funded_amount"),
    *("paid_amount", "refunded_amount", "discounts", "attributes", "source_updated_at", "recorded_at", "recorded_by"),
)
_LINE = (
    *("order_id", "number", "customer_id", "source_id", "product_id", "variant_id", "sku", "title", "quantity_milli"),
    *("list_amount", "discount_amount", "net_amount", "tax_amount", "funded_amount", "discounts"),
)


@dataclass(frozen=True, slots=True)
class Known:
    """Our ids (32 digits) for what the orders of a batch name by the source's ids."""

    customers: Mapping[str, str]
    products: Mapping[str, str]
    variants: Mapping[str, tuple[str, str]]
    sellers: Mapping[str, str]


@dataclass(slots=True)
class _Stored:
    """What is stored of an order already, before this batch."""

    id: str
    digest: bytes
    state: str
    placed_at: datetime
    source_updated_at: datetime | None
    recorded_by: str | None
    line_count: int


def record_orders(
    orders: Sequence[OrderFact], known: Known, *, source: str, at: datetime, zone: tzinfo, run_id: str | None = None
) -> Tally:
    """Create or update orders with their lines, in the caller's transaction.

    An order that stands as stated is left alone; an older ``updated_at`` never overwrites a newer one. Lines replace those
    stored, except that within one run (``run_id``, 32 digits) a later part of an order adds its lines to the earlier part.
    """
    tally, batch = Tally(), FactBatch(zone)
    stored = _stored(source, [order.source_id for order in orders])
    writes = _Writes(source, at, run_id, known, batch)
    for order in _joined(orders, run_id):
        old = stored.get(order.source_id)
        digest = _digest(order)
        if old is None:
            writes.create(order, digest)
        elif old.digest == digest or _is_older(order.updated_at, old.source_updated_at):
            continue
        else:
            writes.change(order, digest, old)
    writes.flush()
    tally.created, tally.updated = len(writes.created), len(writes.updated)
    tally.unchanged = len(orders) - tally.created - tally.updated
    return tally


class _Writes:
    """The rows of one batch, gathered and then written table by table."""

    def __init__(self, source: str, at: datetime, run_id: str | None, known: Known, batch: FactBatch) -> None:
        self.instant = instants()
        self.source, self.at, self.run_id, self.known, self.batch = source, self.instant(at), run_id, known, batch
        self.created: list[tuple[Any, ...]] = []
        self.updated: list[tuple[Any, ...]] = []
        self.lines: list[tuple[Any, ...]] = []
        self.emptied: list[str] = []
        self.states: list[tuple[Any, ...]] = []

    def create(self, order: OrderFact, digest: bytes) -> None:
        identifier = new_hex()
        lines = self._lines(order, identifier, 0)
        row = self._order(order, digest, lines)
        self.created.append((identifier, self.source, order.source_id, *row))
        self.lines += lines
        self.batch.add(identifier, self.known.customers[order.customer], order, row, lines)

    def change(self, order: OrderFact, digest: bytes, old: _Stored) -> None:
        continues = self.run_id is not None and old.recorded_by == self.run_id and order.lines is not None
        lines = self._lines(order, old.id, old.line_count if continues else 0)
        if continues or order.lines is None:
            kept = self._kept_lines(old.id)
            row = self._order(order, digest, [*kept, *lines])
        else:
            self.emptied.append(old.id)
            row = self._order(order, digest, lines)
        self.updated.append((*row, old.id))
        self.lines += lines
        self.batch.changed(old.placed_at)
        self.batch.changed(order.placed_at)
        if order.state != old.state:
            since = self.instant(order.updated_at) if order.updated_at else self.at
            self.states.append((new_hex(), old.id, self.known.customers[order.customer], order.state, since))

    def flush(self) -> None:
        insert(Order, ("id", "source", "source_id", *_STATED), sorted(self.created, key=itemgetter(2)))
        update(Order, "id", _STATED, self.updated)
        delete_in(Line, "order_id", self.emptied)
        insert(Line, _LINE, self.lines)
        insert(StateChange, ("id", "order_id", "customer_id", "state", "at"), self.states)
        self.batch.flush()

    def _kept_lines(self, identifier: str) -> list[tuple[Any, ...]]:
        rows = Line.objects.filter(order=identifier).order_by("number").values_list(*_LINE)
        return [tuple(row) for row in rows]

    def _lines(self, order: OrderFact, identifier: str, after: int) -> list[tuple[Any, ...]]:
        """Rows of the order's lines, order-level discounts shared among them by what each line is worth."""
        facts = order.lines or ()
        customer = self.known.customers[order.customer]
        shares = _shares(order.discounts, facts) if order.discounts and facts else None
        rows = []
        for index, line in enumerate(facts):
            discounts = line.discounts if shares is None else (*line.discounts, *shares[index])
            borne, funded, text = _summed(discounts) if discounts else (0, 0, None)
            product, variant = self._what(line)
            rows.append(
                (
                    *(identifier, after + index + 1, customer, line.source_id, product, variant, line.sku, line.title),
                    *(
                        line.quantity_milli,
                        line.list_amount,
                        borne,
                        line.list_amount - borne,
                        line.tax_amount,
                        funded,
                        text,
                    ),
                )
            )
        return rows

    def _what(self, line: LineFact) -> tuple[str | None, str | None]:
        """Our (product, variant) of a line: by the source's product, else by its variant, else by its SKU."""
        found = self.known.variants.get(line.variant or line.sku) if line.variant or line.sku else None
        product = self.known.products.get(line.product) or (found and found[1]) or None
        return product, (found[0] if found and found[1] == product else None)

    def _order(self, order: OrderFact, digest: bytes, lines: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
        """The stored values of an order; ``lines`` are all its rows."""
        listed = sum(line[9] for line in lines)
        borne, funded = sum(line[10] for line in lines), sum(line[13] for line in lines)
        if not lines:
            borne, funded, _ = _summed(order.discounts)
        tax = sum(line[12] for line in lines) if order.tax_amount is None else order.tax_amount
        net = listed - borne
        paid = order.paid_amount
        if paid is None:
            paid = net - funded + order.shipping_amount + (0 if order.tax_included else tax)
        if not lines and order.paid_amount is not None:
            # Totals without lines: what was paid is all that is known of what was earned.
            net = order.paid_amount + funded - order.shipping_amount - (0 if order.tax_included else tax)
            listed = net + borne
        seller = self.known.sellers.get(order.seller) if order.seller else None
        return (
            *(
                digest,
                order.number or order.source_id,
                self.known.customers[order.customer],
                self.instant(order.placed_at),
            ),
            *(order.state, order.currency, order.channel, order.store, seller, len(lines), listed, borne, net),
            *(order.shipping_amount, tax, order.tax_included, funded, paid, order.refunded_amount),
            *(_summed(order.discounts)[2], to_json(order.attributes)),
            *(order.updated_at and self.instant(order.updated_at), self.at, self.run_id),
        )


def _shares(discounts: Sequence[Discount], lines: Sequence[LineFact]) -> list[list[Discount]]:
    """Each line's share of the order's discounts: in proportion to what is left of it, never more than that."""
    left = [max(0, line.list_amount - sum(d.amount for d in line.discounts)) for line in lines]
    shares: list[list[Discount]] = [[] for _ in lines]
    for discount in discounts:
        parts = split(min(discount.amount, sum(left)), left)
        for index, part in enumerate(parts):
            if part:
                shares[index].append(Discount(discount.kind, part, discount.code, discount.funded_by))
                left[index] -= part
    return shares


@lru_cache(maxsize=65_536)
def _summed(discounts: tuple[Discount, ...]) -> tuple[int, int, str]:
    """(what the shop bears, what others fund, the stored text) of one line's discounts; the same few recur all the time."""
    borne = sum(d.amount for d in discounts if d.funded_by == "shop")
    return borne, sum(d.amount for d in discounts) - borne, to_json([_discount(d) for d in discounts])


def _discount(discount: Discount) -> dict[str, Any]:
    said: dict[str, Any] = {"kind": discount.kind, "amount": discount.amount}
    if discount.code:
        said["code"] = discount.code
    if discount.funded_by != "shop":
        said["funded_by"] = discount.funded_by
    return said


def _joined(orders: Sequence[OrderFact], run_id: str | None) -> list[OrderFact]:
    """One fact per order, as several batches would leave it: the last stands, or within a run the parts' lines add up."""
    joined: dict[str, OrderFact] = {}
    for order in orders:
        earlier = joined.get(order.source_id)
        if earlier is not None and run_id is not None and earlier.lines and order.lines and earlier != order:
            joined[order.source_id] = replace(order, lines=(*earlier.lines, *order.lines))
        else:
            joined[order.source_id] = order
    return list(joined.values())


def _stored(source: str, source_ids: Sequence[str]) -> dict[str, _Stored]:
    rows = Order.objects.filter(source=source, source_id__in=set(source_ids)).values_list(
        "source_id", "id", "digest", "state", "placed_at", "source_updated_at", "recorded_by", "line_count"
    )
    return {r[0]: _Stored(as_hex(r[1]), bytes(r[2]), r[3], r[4], r[5], r[6] and as_hex(r[6]), r[7]) for r in rows}


def _is_older(new: datetime | None, old: datetime | None) -> bool:
    return new is not None and old is not None and new < old


def _digest(order: OrderFact) -> bytes:
    """A fingerprint of what was said. marshal is the quickest exact encoding of plain values; version 2 has no references,
    so equal values give equal bytes, and a change of the format would only cost one needless update."""
    lines = order.lines and [
        (
            *(line.quantity_milli, line.list_amount, line.product, line.variant, line.sku, line.title, line.source_id),
            *(line.tax_amount, [(d.kind, d.amount, d.code, d.funded_by) for d in line.discounts]),
        )
        for line in order.lines
    ]
    said = (
        *(order.customer, order.placed_at.isoformat(), order.currency, order.state, order.number, order.channel),
        *(order.store, order.seller, lines, [(d.kind, d.amount, d.code, d.funded_by) for d in order.discounts]),
        *(order.shipping_amount, order.tax_amount, order.tax_included, order.refunded_amount, order.paid_amount),
        *(to_json(order.attributes), order.updated_at and order.updated_at.isoformat()),
    )
    return hashlib.blake2b(marshal.dumps(said, 2), digest_size=16).digest()
