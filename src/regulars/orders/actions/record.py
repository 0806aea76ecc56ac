"""Take what sources say of orders: batches of facts, each order once, amounts worked out exactly.

This is the path of the large imports, so an order's lines go through it as columns, without an object or a call for each.
"""

import hashlib
import marshal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from functools import lru_cache
from itertools import chain
from operator import attrgetter, itemgetter, sub
from typing import Any, cast

from regulars.core.facts import Discount, LineFact, OrderFact, Tally
from regulars.core.money import split
from regulars.orders.actions.columns import LineColumns
from regulars.orders.actions.facts import FactBatch
from regulars.orders.actions.returns import find_again
from regulars.orders.models import Line, Order, StateChange
from regulars.storage.bulk import as_hex, delete_in, insert, instants, new_hex, to_json, update

_STATED = (
    *("digest", "number", "customer_id", "placed_at", "state", "currency", "channel", "store", "seller_id", "line_count"),
    *("list_amount", "discount_amount", "net_amount", "shipping_amount", "tax_amount", "tax_included", "funded_amount"),
    *("paid_amount", "stated_paid_amount", "stated_tax_amount", "refunded_amount", "discounts", "attributes"),
    *("source_updated_at", "recorded_at", "recorded_by", "parts", "parts_seen"),
)  # fmt: skip
_KEPT = (
    *("quantity_milli", "list_amount", "product_id", "variant_id", "sku", "title", "source_id", "tax_amount"),
    "discounts",
)
# Columns of lines that many a shop leaves empty, as the database does by itself.
_OFTEN_SILENT = ("source_id", "variant_id", "sku", "title", "tax_amount", "discounts")
# What becomes of discounts: what the shop bears, what others fund, and the text that is stored of them.
Sums = tuple[int, int, str | None]
_NO_DISCOUNT: Sums = (0, 0, None)
# Lines by columns, in the order of ``LineFact``, and their ``Sums``.
Cells = tuple[Sequence[Any], ...]
# A part of an order as it stands in one place of a file: its digest (hexadecimal) and how many lines it has.
Part = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Known:
    """Our ids (32 digits) for what the orders of a batch name by the source's ids."""

    customers: Mapping[str, str]
    products: Mapping[str, str]
    variants: Mapping[str, tuple[str, str]]
    sellers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Stored:
    """What is stored of an order already, before this batch."""

    id: str
    digest: bytes
    state: str
    placed_at: datetime
    source_updated_at: datetime | None
    recorded_by: str | None
    line_count: int
    parts: tuple[Part, ...]
    parts_seen: int

    def seen_in(self, run_id: str | None) -> tuple[Part, ...]:
        """The parts that this run has met: those whose lines stay when another part comes."""
        return self.parts[: self.parts_seen] if run_id is not None and self.recorded_by == run_id else ()


def record_orders(
    orders: Sequence[OrderFact], known: Known, *, source: str, at: datetime, zone: tzinfo, run_id: str | None = None
) -> Tally:
    """Create or update orders with their lines, in the caller's transaction.

    An order that stands as stated is left alone; an older ``updated_at`` never overwrites a newer one. Lines replace those
    stored, except that within one run (``run_id``, 32 digits) a later part of an order adds its lines to the earlier
    parts. A part that a run tells twice counts once. After a run ``settle_run`` removes parts that it no longer told.
    """
    stored = _stored(source, [order.source_id for order in orders])
    writes = Writes(source, at, run_id, known, FactBatch(zone))
    for order in _joined(orders, run_id):
        old = stored.get(order.source_id)
        digest = writes.digest(order)
        if old is None:
            writes.create(order, digest)
        elif _is_older(order.updated_at, old.source_updated_at) or writes.stands(order, digest, old):
            continue
        elif order.lines is None:
            writes.change(order, digest, old, keep=old.line_count, parts=())
        else:
            seen = old.seen_in(run_id)
            parts = (*seen, (digest.hex(), len(order.lines)))
            writes.change(order, digest, old, keep=sum(lines for _, lines in seen), parts=parts)
    writes.flush()
    created, updated = len(writes.created), len(writes.updated)
    return Tally(created=created, updated=updated, unchanged=len(orders) - created - updated)


class Writes:
    """The rows of one batch, gathered and then written table by table."""

    def __init__(self, source: str, at: datetime, run_id: str | None, known: Known, batch: FactBatch) -> None:
        self.instant = instants()
        self.source, self.at, self.run_id, self.known, self.batch = source, self.instant(at), run_id, known, batch
        self.created: list[tuple[Any, ...]] = []
        self.updated: list[tuple[Any, ...]] = []
        self.lines: list[LineColumns] = []
        self.rewritten: dict[str, LineColumns] = {}
        self.met: list[tuple[Any, ...]] = []
        self.states: list[tuple[Any, ...]] = []
        self.kept: list[tuple[Discount, ...]] = [()]
        self.sums: dict[int, Sums] = {id(self.kept[0]): _NO_DISCOUNT}
        self.at_hand: tuple[Sequence[LineFact], Cells] = (), ()

    def digest(self, order: OrderFact) -> bytes:
        """A fingerprint of what was said. marshal is the quickest exact encoding of plain values; version 2 has no references,
        so equal values give equal bytes, and a change of the format would only cost one needless update."""
        lines: Any = order.lines
        if lines:
            *cells, sums = self.cells(lines)
            lines = (*cells[:-1], [text for _, _, text in sums])
        said = (
            order.customer, order.placed_at.isoformat(), order.currency, order.state, order.number, order.channel,
            order.store, order.seller, lines, _summed(order.discounts)[2],
            order.shipping_amount, order.tax_amount, order.tax_included, order.refunded_amount, order.paid_amount,
            to_json(order.attributes), order.updated_at and order.updated_at.isoformat(),
        )  # fmt: skip
        return hashlib.blake2b(marshal.dumps(said, 2), digest_size=16).digest()

    def cells(self, lines: Sequence[LineFact]) -> Cells:
        """The lines by columns, and after them what becomes of their discounts. Of the order at hand they are asked for twice."""
        if self.at_hand[0] is not lines:
            columns = tuple(zip(*lines, strict=True))
            self.at_hand = lines, (*columns, self._summed_each(columns[-1]))
        return self.at_hand[1]

    def _summed_each(self, discounts: Sequence[tuple[Discount, ...]]) -> list[Sums]:
        """``_summed`` of lines' own discounts. A source hands the same few tuples to all its lines, and to know one by its
        identity (it is kept alive) takes a tenth of the time of hashing what is in it."""
        found = list(map(self.sums.get, map(id, discounts)))
        if None in found:
            for own in discounts:
                if id(own) not in self.sums:
                    self.kept.append(own)
                    self.sums[id(own)] = _summed(own)
            found = [self.sums[id(own)] for own in discounts]
        return cast(list[Sums], found)

    def stands(self, order: OrderFact, digest: bytes, old: Stored) -> bool:
        """Whether the order is stored as said. Within a run, notes that its next known part was met."""
        if order.lines is None:
            return old.digest == digest
        if self.run_id is None:
            return len(old.parts) == 1 and old.parts[0][0] == digest.hex()
        seen = old.seen_in(self.run_id)
        said = [part[0] for part in old.parts[: len(seen) + 1]]
        if digest.hex() not in said:
            return False
        if len(said) > len(seen) and said[-1] == digest.hex():
            self.met.append((self.run_id, len(said), old.id))
        return True

    def create(self, order: OrderFact, digest: bytes) -> None:
        identifier = new_hex()
        lines = self.columns_of_lines(order, identifier, order.lines or ())
        row = self._order(order, digest, lines, None, ())
        self.created.append((identifier, self.source, order.source_id, *row))
        self.lines.append(lines)
        self.batch.add(identifier, self.known.customers[order.customer], order, row, lines)

    def change(self, order: OrderFact, digest: bytes, old: Stored, *, keep: int, parts: Sequence[Part]) -> None:
        """Write the order anew: its first ``keep`` stored lines, then those of the fact."""
        lines = self.columns_of_lines(order, old.id, order.lines or (), _kept_lines(old.id, keep))
        self.updated.append((*self._order(order, digest, lines, old.source_updated_at, parts), old.id))
        self.lines.append(lines)
        self.rewritten[old.id] = lines
        self.batch.changed(old.placed_at)
        self.batch.changed(order.placed_at)
        if order.state != old.state:
            since = self.instant(order.updated_at) if order.updated_at else self.at
            self.states.append((new_hex(), old.id, self.known.customers[order.customer], order.state, since))

    def flush(self) -> None:
        insert(Order, ("id", "source", "source_id", *_STATED), sorted(self.created, key=itemgetter(2)))
        update(Order, "id", _STATED, self.updated)
        update(Order, "id", ("recorded_by", "parts_seen"), self.met)
        delete_in(Line, "order_id", [row[-1] for row in self.updated])
        self._insert_lines()
        if self.rewritten:
            find_again(self.rewritten)
        insert(StateChange, ("id", "order_id", "customer_id", "state", "at"), self.states)
        self.batch.flush()

    def _insert_lines(self) -> None:
        """Columns that no line of the batch fills are left to the database's defaults: each costs a line as much as one of
        its figures."""
        silent = [name for name in _OFTEN_SILENT if not any(map(any, map(attrgetter(name), self.lines)))]
        told = [name for name in LineColumns._fields if name not in silent]
        columns = attrgetter(*told)
        insert(Line, told, chain.from_iterable(zip(*columns(lines), strict=True) for lines in self.lines))

    def columns_of_lines(
        self, order: OrderFact, identifier: str, told: Sequence[LineFact], kept: Sequence[LineFact] = ()
    ) -> LineColumns:
        """The order's lines as they are stored: those ``kept``, which name products and variants by our own ids, before those
        ``told``. Order-level discounts are shared among them by what each line is worth."""
        facts = (*kept, *told) if kept else told
        if not facts:
            return LineColumns()
        count = len(facts)
        quantities, listed, products, variants, skus, titles, source_ids, taxes, discounts, sums = self.cells(facts)
        our_products = tuple(map(self.known.products.get, products))
        our_variants: Sequence[str | None] = (None,) * count
        if kept or any(variants) or any(skus) or None in our_products:
            ours = [(line.product or None, line.variant or None) for line in kept]
            our_products, our_variants = zip(*ours, *map(self._what, told), strict=True)
        if order.discounts:
            shares = map(tuple, _shares(order.discounts, facts))
            sums = [
                _summed(own, share) if own or share else _NO_DISCOUNT
                for own, share in zip(discounts, shares, strict=True)
            ]
        borne, funded, texts = zip(*sums, strict=True)
        customer = self.known.customers[order.customer]
        return LineColumns(
            (identifier,) * count, range(1, count + 1), (customer,) * count, source_ids, our_products, our_variants, skus,
            titles, quantities, listed, borne, tuple(map(sub, listed, borne)), taxes, funded, texts,
        )  # fmt: skip

    def _what(self, line: LineFact) -> tuple[str | None, str | None]:
        """Our (product, variant) of a line: by the source's product, else by its variant, else by its SKU."""
        found = self.known.variants.get(line.variant or line.sku) if line.variant or line.sku else None
        product = self.known.products.get(line.product) or (found and found[1]) or None
        return product, (found[0] if found and found[1] == product else None)

    def _order(
        self,
        order: OrderFact,
        digest: bytes,
        lines: LineColumns,
        known_at: datetime | None,
        parts: Sequence[Part],
    ) -> tuple[Any, ...]:
        """The stored values of an order; ``lines`` are all its lines, ``known_at`` the newest word of its source so far."""
        listed, borne, funded, tax, paid = _amounts(order, lines)
        seller = self.known.sellers.get(order.seller) if order.seller else None
        updated_at = max(order.updated_at, known_at) if order.updated_at and known_at else order.updated_at or known_at
        return (
            digest, order.number or order.source_id, self.known.customers[order.customer],
            self.instant(order.placed_at), order.state, order.currency, order.channel, order.store, seller,
            len(lines.number), listed, borne, listed - borne, order.shipping_amount, tax, order.tax_included, funded, paid,
            order.paid_amount, order.tax_amount, order.refunded_amount, _summed(order.discounts)[2],
            to_json(order.attributes), updated_at and self.instant(updated_at), self.at, self.run_id,
            to_json([list(part) for part in parts]) if len(parts) > 1 else None, max(1, len(parts)),
        )  # fmt: skip


def _amounts(order: OrderFact, lines: LineColumns) -> tuple[int, int, int, int, int]:
    """(list, borne by the shop, funded by others, tax, paid) in minor units.

    Without lines and without word of what was paid nothing is known, and nothing is guessed: all are 0. With the
    payment alone, what was earned follows from it.
    """
    tax = sum(lines.tax_amount) if order.tax_amount is None else order.tax_amount
    extra = order.shipping_amount + (0 if order.tax_included else tax)
    if lines.number:
        listed, borne, funded = sum(lines.list_amount), sum(lines.discount_amount), sum(lines.funded_amount)
        paid = listed - borne - funded + extra if order.paid_amount is None else order.paid_amount
        return listed, borne, funded, tax, paid
    if order.paid_amount is None:
        return 0, 0, 0, tax, 0
    borne, funded, _ = _summed(order.discounts)
    return max(0, order.paid_amount + funded - extra) + borne, borne, funded, tax, order.paid_amount


def _kept_lines(identifier: str, count: int) -> list[LineFact]:
    """The first stored lines of an order as facts, with our own ids, and the discounts that are their own."""
    if not count:
        return []
    rows = Line.objects.filter(order=identifier, number__lte=count).order_by("number").values_list(*_KEPT)
    return [
        LineFact(*row[:2], *((row[n] and as_hex(row[n])) or "" for n in (2, 3)), *row[4:8], discounts=_own(row[8]))
        for row in rows
    ]


def _own(stored: Sequence[Mapping[str, Any]] | None) -> tuple[Discount, ...]:
    return tuple(
        Discount(d["kind"], d["amount"], d.get("code", ""), d.get("funded_by", "shop"))
        for d in stored or ()
        if "of" not in d
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
def _summed(own: tuple[Discount, ...], shared: tuple[Discount, ...] = ()) -> Sums:
    """One line's discounts, its share of the order's beside them; the same few recur all the time."""
    every = (*own, *shared)
    borne = sum(d.amount for d in every if d.funded_by == "shop")
    told = [*(_told(d) for d in own), *({**_told(d), "of": "order"} for d in shared)]
    return borne, sum(d.amount for d in every) - borne, to_json(told)


def _told(discount: Discount) -> dict[str, Any]:
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


def _stored(source: str, source_ids: Sequence[str]) -> dict[str, Stored]:
    return {row.source_id: as_stored(row) for row in Order.objects.filter(source=source, source_id__in=set(source_ids))}


def as_stored(row: Order) -> Stored:
    """What recording needs of a stored order. One that came whole is its own only part."""
    digest = bytes(row.digest)
    parts = tuple((told, lines) for told, lines in row.parts or [(digest.hex(), row.line_count)])
    recorded_by = row.recorded_by.hex if row.recorded_by else None
    known_at = row.source_updated_at
    return Stored(
        row.pk.hex, digest, row.state, row.placed_at, known_at, recorded_by, row.line_count, parts, row.parts_seen
    )


def _is_older(new: datetime | None, old: datetime | None) -> bool:
    return new is not None and old is not None and new < old
