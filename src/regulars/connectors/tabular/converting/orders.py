"""Orders and their lines: one row per order, or one row per line with the order's cells repeated or on its first row alone.

An order is taken whole or not at all: with one line missing its amounts would be wrong, and the mended row, imported later
by itself, would replace the lines taken now. So a bad row brings the whole order to the rejects, each row with its reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pyarrow as pa

from regulars.connectors.tabular.converting.batches import Bad, Batch, Converter, taken
from regulars.connectors.tabular.converting.cells import handle_id, text_of
from regulars.connectors.tabular.converting.columns import convert_column, money_column
from regulars.connectors.tabular.converting.records import ATTRIBUTE_CHARS, MISSING_ID
from regulars.connectors.tabular.problems import Problem, Rejection, _, shorten
from regulars.connectors.tabular.reading import Block
from regulars.connectors.tabular.states import further
from regulars.core.facts import NONE, Discount, IdentityFact, LineFact, OrderFact

_EMPTY_CELL = Problem(_("The cell is empty."), _("Fill it: every record needs it."))
_NO_CUSTOMER = Problem(_("The row names no customer."), _("Fill the customer's id, e-mail or phone."))
_NO_AMOUNT = Problem(_("The line has no amount."), _("Fill its unit price or its amount."))
_NEGATIVE = Problem(
    _("The amount is negative."),
    _("Returns are not sold lines: leave the row out, and give the amount under Refunded on the order."),
)
_TOO_MUCH_OFF = Problem(_("The amount after discounts is larger than before."), _("Check which column is which."))
_TOO_MANY = Problem(
    _("The order has more than %(limit)d lines."),
    _("Check that the order id's column is the right one."),
    {"limit": 10_000},
)
LINES_MAX = 10_000
_BESIDE = _("Its order %(order)s was refused because of line %(line)d.")
_BESIDE_MEND = _("Mend that line and import the order's rows together.")


@dataclass(slots=True)
class _Part:
    """An order of which more rows may follow: its fact (None once refused), the bad rows, and where all of its rows are."""

    order_id: str
    fact: Any
    line: int
    content: list[int]
    refused: list[Rejection]
    spans: list[tuple[Block, int, int]]
    at_fault: int = 0


class OrderConverter(Converter):
    _waiting: _Part | None = None

    @cached_property
    def appends(self) -> bool:  # type: ignore[override]
        """Only rows that are lines add up; a whole order that comes again replaces itself."""
        return self.has_lines

    @cached_property
    def has_lines(self) -> bool:
        return any(key in self.columns for key in ("unit_price", "list_amount", "net_amount"))

    @property
    def id_key(self) -> str:
        return "source_id"

    def convert(self, block: Block) -> Batch:
        batch = Batch(rows=len(block), position=block.position)
        if not len(block):
            return batch
        ids, bad = self._ids(block)
        starts = [i for i, order_id in enumerate(ids) if i == 0 or order_id != ids[i - 1]]
        heads = self.heads(block, ids, starts, bad)
        lines = self._lines(block, heads, starts, bad)
        for head, start, stop in zip(heads, starts, [*starts[1:], len(ids)], strict=True):
            self._take(self._part(ids[start], head, lines, (block, start, stop), bad), batch)
        return batch

    def finish(self) -> Batch:
        batch = Batch()
        if self._waiting is not None:
            self._emit(self._waiting, batch)
            self._waiting = None
        return batch

    def _part(self, order_id: str, head: Any, lines: "_Lines", span: tuple[Block, int, int], bad: Bad) -> _Part:
        block, start, stop = span
        refused = [self.rejection(block, i, *bad[i]) for i in range(start, stop) if i in bad] if bad else []
        part = _Part(order_id, None, block.lines[start], lines.signatures[start:stop], refused, [span])
        if head is not None and not refused:
            found = tuple([line for line in lines.facts[start:stop] if line is not None]) if self.has_lines else ()
            part.fact = replace(head, lines=found) if self.has_lines else head
        return part

    def _take(self, part: _Part, batch: Batch) -> None:
        """Join a part to the one waiting when it is the same order, else send the waiting one off."""
        waiting = self._waiting
        if waiting is None or waiting.order_id != part.order_id or not part.order_id or not self.has_lines:
            if waiting is not None:
                self._emit(waiting, batch)
            self._waiting = part
            return
        waiting.content += part.content
        waiting.refused += part.refused
        waiting.spans += part.spans
        if waiting.fact is None or part.fact is None:
            waiting.fact = None
            self._refuse(waiting, batch)
        elif len(waiting.fact.lines) > LINES_MAX:
            block, start, _stop = part.spans[0]
            waiting.refused.append(self.rejection(block, start, self.id_key, part.order_id, _TOO_MANY))
            waiting.fact = None
            self._refuse(waiting, batch)
        else:
            waiting.fact = replace(waiting.fact, lines=(*waiting.fact.lines, *part.fact.lines))

    def _emit(self, part: _Part, batch: Batch) -> None:
        if part.fact is None:
            self._refuse(part, batch)
            return
        seen = self.remember(part.order_id, hash(tuple(part.content)) if part.content else hash(repr(part.fact)))
        if seen == "same":
            batch.unchanged += 1
            return
        if seen == "changed":
            batch.repeated += 1
        batch.facts.append(part.fact)
        batch.lines[part.order_id] = part.line

    def _refuse(self, part: _Part, batch: Batch) -> None:
        """Send an order's rows to the rejects: the bad ones with their reasons, the others with where to look."""
        part.at_fault = part.at_fault or (part.refused[0].line if part.refused else part.line)
        beside = Problem(_BESIDE, _BESIDE_MEND, {"order": shorten(part.order_id, 40), "line": part.at_fault})
        bad = {rejection.line: rejection for rejection in part.refused}
        for block, start, stop in part.spans:
            for index in range(start, stop):
                found = bad.pop(block.lines[index], None)
                batch.rejections.append(found or self.rejection(block, index, self.id_key, part.order_id, beside))
        part.refused, part.spans = [], []

    def _ids(self, block: Block) -> tuple[list[str], Bad]:
        """The order id of each row. A row without one continues the order above it, if it has no date of its own either."""
        bad: Bad = {}
        ids = convert_column(self.field(self.id_key), block.columns[self.columns[self.id_key]], self.options, bad)
        if None not in ids:
            return ids, bad
        dated = block.columns[self.columns["placed_at"]] if "placed_at" in self.columns else None
        above = self._waiting.order_id if self._waiting else ""
        for index, order_id in enumerate(ids):
            if order_id is None:
                continues = above and index not in bad and dated is not None and not text_of(_plain(dated[index]))
                if not continues:
                    bad.setdefault(index, (self.id_key, "", MISSING_ID))
                ids[index] = above if continues else ""
            above = ids[index]
        return ids, bad

    def heads(self, block: Block, ids: list[str], starts: list[int], bad: Bad) -> list[OrderFact | None]:
        """One fact without lines for each run of rows; None where the order continues one that waits, or is refused."""
        told = [key for key in self.columns if self.field(key).level == "record" or not self.has_lines]
        columns = {key: taken(block.columns[self.columns[key]], starts) for key in told}
        own: Bad = {}
        values: dict[str, list[Any]] = {}
        for key in ("currency", *columns):
            if key in columns and key not in values and self.field(key).type != "money":
                values[key] = convert_column(self.field(key), columns[key], self.options, own)
        currencies = [c or self.options.currency for c in values.get("currency", [""] * len(starts))]
        for key, column in columns.items():
            if self.field(key).type == "money":
                values[key] = money_column(self.field(key), column, self.options, own, currencies)
        values["currency"] = currencies
        kept = [(name, taken(block.columns[number], starts)) for name, number in self.kept]
        facts: list[OrderFact | None] = []
        for number, start in enumerate(starts):
            if self._continues(number, ids[start], values):
                facts.append(self._continued(ids[start]))
                continue
            fact = None if number in own or start in bad else self._head(ids[start], values, number, kept)
            if isinstance(fact, tuple):
                own[number], fact = fact, None
            if number in own:
                bad.setdefault(start, own[number])
            facts.append(fact)
        return facts

    def _continues(self, number: int, order_id: str, values: dict[str, list[Any]]) -> bool:
        """Whether the block begins amid the order that waits, whose own cells then stand in the block before."""
        return number == 0 and self._waiting is not None and self._waiting.order_id == order_id and self.has_lines

    def _continued(self, order_id: str) -> OrderFact | None:
        assert self._waiting is not None
        fact = self._waiting.fact
        return None if fact is None else replace(fact, lines=())

    def _head(self, order_id: str, values: dict[str, list[Any]], number: int, kept: list[tuple[str, Any]]) -> Any:
        def get(key: str) -> Any:
            column = values.get(key)
            return None if column is None else column[number]

        handles = tuple([IdentityFact(kind, value) for kind in ("email", "phone") if (value := get(kind))])
        customer = get("customer") or ""
        if not customer and not handles:
            if not get("customer_name"):
                return "customer" if "customer" in self.columns else "email", "", _NO_CUSTOMER
            customer = handle_id("name", get("customer_name"), self.options.country)
        placed_at = get("placed_at")
        if placed_at is None:
            return "placed_at", "", _EMPTY_CELL
        for key in (
            "goods_amount",
            "shipping_amount",
            "tax_amount",
            "discount_amount",
            "paid_amount",
            "refunded_amount",
        ):
            # A discount is written as -5.00 by some systems and 5.00 by others; of the rest a negative is an error.
            if (get(key) or 0) < 0 and key != "discount_amount":
                return key, get(key), _NEGATIVE
        off, code = abs(get("discount_amount") or 0), get("discount_code") or ""
        fact = OrderFact(
            order_id,
            customer,
            placed_at,
            get("currency"),
            state=self._state(get),
            number=get("number") or "",
            channel=get("channel") or "",
            store=get("store") or "",
            seller=get("seller") or "",
            discounts=(Discount("coupon" if code else "manual", off, code),) if off else (),
            shipping_amount=get("shipping_amount") or 0,
            tax_amount=get("tax_amount"),
            refunded_amount=get("refunded_amount") or 0,
            paid_amount=get("paid_amount"),
            identities=handles,
            customer_name=get("customer_name") or "",
            attributes=_extras(kept, number) if kept else NONE,
            updated_at=get("updated_at"),
        )
        return fact if self.has_lines else self._of_totals(fact, get)

    def _state(self, get: Any) -> str:
        state = get("state") or "completed"
        if get("cancelled_at"):
            return "cancelled"
        return further(state, delivery) if (delivery := get("delivery_state")) else state

    def _of_totals(self, fact: OrderFact, get: Any) -> Any:
        """An order known by its totals alone: one line where the file says what was bought, else no lines."""
        goods, paid, off = get("goods_amount"), fact.paid_amount, sum(d.amount for d in fact.discounts)
        if goods is None and paid is None:
            return fact  # its lines come in a file of their own
        if goods is None:
            goods = max(0, paid - fact.shipping_amount)
        title = get("title") or ""
        if not title and not get("product") and not get("sku"):
            return fact if paid is not None else replace(fact, paid_amount=goods + fact.shipping_amount)
        quantity = get("quantity")
        line = LineFact(
            1000 if quantity is None else quantity,
            goods + off,
            get("product") or "",
            get("variant") or "",
            get("sku") or "",
            title,
        )
        return replace(fact, lines=(line,))

    def _lines(self, block: Block, heads: Sequence[Any], starts: Sequence[int], bad: Bad) -> "_Lines":
        if not self.has_lines:
            return _Lines([], [])
        currencies: list[str] = []
        for number, start in enumerate(starts):
            stop = starts[number + 1] if number + 1 < len(starts) else len(block)
            head = heads[number]
            currencies += [(head.currency if head is not None else "") or self.options.currency] * (stop - start)
        return line_facts(self, block, currencies, bad)


def _plain(cell: Any) -> Any:
    return cell.as_py() if isinstance(cell, pa.Scalar) else cell


def _extras(kept: list[tuple[str, Any]], index: int) -> dict[str, Any]:
    found = {name: text_of(_plain(column[index]))[:ATTRIBUTE_CHARS] for name, column in kept}
    return {name: value for name, value in found.items() if value}


@dataclass(slots=True)
class _Lines:
    """A fact per row (None for a row that holds no line), and a hash of each row's line cells."""

    facts: list[LineFact | None]
    signatures: list[int]


def line_facts(converter: Converter, block: Block, currencies: Sequence[str], bad: Bad) -> _Lines:
    """The lines of a block, as fast as Python makes objects: whole columns first, then one loop that calls nothing."""
    size = len(block)
    values: dict[str, list[Any]] = {}
    for key, number in converter.columns.items():
        field = converter.field(key)
        if field.level == "line":
            column = block.columns[number]
            values[key] = (
                money_column(field, column, converter.options, bad, currencies)
                if field.type == "money"
                else convert_column(field, column, converter.options, bad)
            )
    nothing: list[Any] = [None] * size
    texts = [values.get(key, nothing) for key in ("product", "variant", "sku", "title", "line_id", "line_code")]
    amounts = [
        values.get(key, nothing)
        for key in ("quantity", "unit_price", "list_amount", "net_amount", "line_discount", "line_coupon", "line_tax")
    ]
    rows = list(zip(*amounts, *texts, strict=True))
    known: dict[Any, tuple[Discount, ...]] = {}
    facts: list[LineFact | None] = []
    blank = (None,) * 13
    for index, row in enumerate(rows):
        quantity, unit, listed, net, off, coupon, tax, product, variant, sku, title, line_id, code = row
        if row == blank:
            facts.append(None)
            continue
        if quantity is None:
            quantity = 1000
        if off is not None and off < 0:
            off = -off  # some systems write what is taken off as -5.00
        if listed is None:
            if net is not None:
                listed = net + (off or 0)
            elif unit is not None:
                listed = (unit * quantity + 500) // 1000
            else:
                bad.setdefault(index, (_amount_key(converter), "", _NO_AMOUNT))
                facts.append(None)
                continue
        if off is None:
            off = 0 if net is None else listed - net
        if listed < 0 or off < 0 or (coupon or 0) < 0:
            bad.setdefault(index, (_amount_key(converter), listed, _NEGATIVE if listed < 0 else _TOO_MUCH_OFF))
            facts.append(None)
            continue
        if off or coupon:
            key = (off, coupon, code)
            discounts = known.get(key)
            if discounts is None:
                discounts = known[key] = _discounts(off, coupon or 0, code or "")
        else:
            discounts = ()
        facts.append(
            LineFact(
                quantity,
                listed,
                product or "",
                variant or "",
                sku or "",
                title or "",
                line_id or "",
                tax or 0,
                discounts,
            )
        )
    return _Lines(facts, [hash(row) for row in rows])


def _amount_key(converter: Converter) -> str:
    return next((key for key in ("list_amount", "net_amount", "unit_price") if key in converter.columns), "list_amount")


def _discounts(off: int, coupon: int, code: str) -> tuple[Discount, ...]:
    """A line's discounts: what the shop takes off, and what a maker's coupon pays to the shop."""
    own = (Discount("coupon" if code and not coupon else "manual", off, "" if coupon else code),) if off else ()
    return (*own, Discount("coupon", coupon, code, "supplier")) if coupon else own


class LineConverter(OrderConverter):
    """Lines in a file of their own: they go to the orders they name."""

    @property
    def id_key(self) -> str:
        return "order"

    def heads(self, block: Block, ids: list[str], starts: list[int], bad: Bad) -> list[Any]:
        own: Bad = {}
        currencies: list[str | None] = [None] * len(starts)
        if "currency" in self.columns:
            column = taken(block.columns[self.columns["currency"]], starts)
            currencies = convert_column(self.field("currency"), column, self.options, own)
        for number, refused in own.items():
            bad.setdefault(starts[number], refused)
        return [
            None if start in bad else OrderLines(ids[start], currencies[number] or self.options.currency)
            for number, start in enumerate(starts)
        ]

    def _continued(self, order_id: str) -> Any:
        raise AssertionError("a file of lines has no head rows to continue")


@dataclass(frozen=True, slots=True)
class OrderLines:
    """The lines a file gives for one order, in that order's currency."""

    source_id: str
    currency: str
    lines: tuple[LineFact, ...] = ()
