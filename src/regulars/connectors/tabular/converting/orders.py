"""Orders and their lines: one row per order, or one row per line with the order's cells repeated or on its first row alone.

An order is taken whole or not at all: with one line missing its amounts would be wrong, and the mended row, imported later
by itself, would replace the lines taken now. So a bad row brings the whole order to the rejects, each row with its reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, repeat
from typing import Any

import pyarrow as pa

from regulars.connectors.tabular.converting.batches import Bad, Batch, Converter, Options, taken
from regulars.connectors.tabular.converting.cells import (
    AMOUNT_MAX,
    TOO_LARGE,
    TOO_LARGE_MEND,
    amount_limit,
    handle_id,
    text_of,
)
from regulars.connectors.tabular.converting.columns import convert_column, money_column
from regulars.connectors.tabular.converting.records import ATTRIBUTE_CHARS, MISSING_ID
from regulars.connectors.tabular.problems import Problem, Rejection, _, shorten
from regulars.connectors.tabular.reading import Block
from regulars.connectors.tabular.states import further
from regulars.core.facts import NONE, Discount, IdentityFact, LineFact, OrderFact

_EMPTY_CELL = Problem(_("The cell is empty."), _("Fill it: every record needs it."))
_NOBODY = Problem(
    _("No order of the file names its buyer: all of them were taken as walk-in orders, without a customer."),
    _("If the shop knows its buyers, check which column holds them, and import the file again."),
)
_BUYER = ("customer", "email", "phone", "customer_name")
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
    head: int
    content: list[int]
    refused: list[Rejection]
    spans: list[tuple[Block, int, int]]
    at_fault: int = 0


class OrderConverter(Converter):
    _waiting: _Part | None = None

    def __init__(self, dataset: str, names: Sequence[str], mapping: Mapping[str, str], options: Options) -> None:
        super().__init__(dataset, names, mapping, options)
        self._ready: dict[str, Any] = {}
        self._named = self._walk_ins = 0

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
        stops = [*starts[1:], len(ids)]
        heads = self.heads(block, starts, bad)
        lengths = [stop - start for start, stop in zip(starts, stops, strict=True)]
        currencies = list(chain.from_iterable(map(repeat, heads.currencies, lengths)))
        lines = line_facts(self, block, currencies, bad) if self.has_lines else _NO_LINES
        for number, (start, stop) in enumerate(zip(starts, stops, strict=True)):
            self._take(self._part(ids[start], heads, number, lines, (block, start, stop), bad), batch)
        batch.facts = list(self._ready.values())
        self._ready = {}
        return batch

    def finish(self) -> Batch:
        batch = Batch()
        if self._waiting is not None:
            self._emit(self._waiting, batch)
            batch.facts = list(self._ready.values())
            self._waiting, self._ready = None, {}
        if self._walk_ins and not self._named:
            columns = ", ".join(self.name_of(key) for key in _BUYER if key in self.columns)
            batch.warnings.append(Rejection(0, columns, "", _NOBODY))
        return batch

    def _part(
        self, order_id: str, heads: "_Heads", number: int, lines: "_Lines", span: tuple[Block, int, int], bad: Bad
    ) -> _Part:
        """The rows of one order that stand together: a fact, or what is wrong with them."""
        block, start, stop = span
        waiting = self._waiting
        continues = number == 0 and waiting is not None and waiting.order_id == order_id and self.has_lines
        if not continues and number in heads.bad:
            bad.setdefault(start, heads.bad[number])
        fact: Any = None
        if not any(i in bad for i in range(start, stop)) if bad else True:
            found = tuple([line for line in lines.facts[start:stop] if line is not None]) if self.has_lines else None
            if continues:
                fact = waiting and waiting.fact and replace(waiting.fact, lines=found)
            elif isinstance(fact := self.build(order_id, heads, number, found), tuple):
                bad[start], fact = fact, None
        refused = [self.rejection(block, i, *bad[i]) for i in range(start, stop) if i in bad] if bad else []
        return _Part(
            order_id, fact, block.lines[start], heads.signature(number), lines.signatures[start:stop], refused, [span]
        )

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
        """Send an order off. One that came before in this file: the same again says nothing; the same lines under another
        head change the head; other lines are a further part of the order; without lines the last row counts."""
        if part.fact is not None and sum([line.list_amount for line in part.fact.lines or ()]) > AMOUNT_MAX:
            block, start, _stop = part.spans[0]
            problem = _too_large(part.fact.currency)
            part.refused.append(self.rejection(block, start, self.id_key, part.order_id, problem))
            part.fact = None
        if part.fact is None:
            self._refuse(part, batch)
            return
        lines = hash(tuple(part.content))
        told, head = self.remember(part.order_id, ((lines,), part.head)) or ((), None)
        fact = part.fact
        if told:
            if lines in told and (head == part.head):
                batch.unchanged += 1
                return
            batch.repeated += head != part.head
            self._seen[hash(part.order_id)] = ((*told, lines) if lines not in told else told, part.head)
            fact = self._again(part, lines in told)
        self._ready[part.order_id] = fact
        batch.lines[part.order_id] = part.line

    def _again(self, part: _Part, same_lines: bool) -> Any:
        """The fact of an order that was sent before, joined with what of it is still in this batch."""
        earlier = self._ready.get(part.order_id)
        if not self.has_lines:
            return part.fact
        if earlier is None:
            return replace(part.fact, lines=None) if same_lines else part.fact
        return replace(part.fact, lines=(*(earlier.lines or ()), *(() if same_lines else part.fact.lines)))

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

    def heads(self, block: Block, starts: list[int], bad: Bad) -> "_Heads":
        """The order's own cells, converted where an order begins."""
        told = [key for key in self.columns if self.field(key).level == "record" or not self.has_lines]
        columns = {key: taken(block.columns[self.columns[key]], starts) for key in told}
        own: Bad = {}
        values: dict[str, list[Any]] = {}
        for key, column in columns.items():
            if self.field(key).type != "money":
                values[key] = convert_column(self.field(key), column, self.options, own)
        currencies = [c or self.options.currency for c in values.get("currency", [""] * len(starts))]
        if self._waiting is not None and self._waiting.fact is not None and starts:
            # The first rows may continue the order that waits, whose currency stands in the block before.
            currencies[0] = values["currency"][0] if values.get("currency", [None])[0] else self._waiting.fact.currency
        for key, column in columns.items():
            if self.field(key).type == "money":
                values[key] = money_column(self.field(key), column, self.options, own, currencies)
        kept = [(name, taken(block.columns[number], starts)) for name, number in self.kept]
        return _Heads(currencies, tuple(values), list(zip(*values.values(), strict=True)), own, kept)

    def build(self, order_id: str, heads: "_Heads", number: int, lines: tuple[LineFact, ...] | None) -> Any:
        """The fact of an order, or (field, value, problem) where its cells cannot make one."""
        get = dict(zip(heads.keys, heads.rows[number], strict=True)).get
        handles = tuple([IdentityFact(kind, value) for kind in ("email", "phone") if (value := get(kind))])
        customer = get("customer") or ""
        if not customer and not handles and get("customer_name"):
            customer = handle_id("name", get("customer_name"), self.options.country)
        is_named = bool(customer or handles)
        self._named, self._walk_ins = self._named + is_named, self._walk_ins + (not is_named)
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
            heads.currencies[number],
            state=self._state(get),
            number=get("number") or "",
            channel=get("channel") or "",
            store=get("store") or "",
            seller=get("seller") or "",
            lines=lines,
            discounts=(Discount("coupon" if code else "manual", off, code),) if off else (),
            shipping_amount=get("shipping_amount") or 0,
            tax_amount=get("tax_amount"),
            refunded_amount=get("refunded_amount") or 0,
            paid_amount=get("paid_amount"),
            identities=handles,
            customer_name=get("customer_name") or "",
            attributes=_extras(heads.kept, number) if heads.kept else NONE,
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


def _plain(cell: Any) -> Any:
    return cell.as_py() if isinstance(cell, pa.Scalar) else cell


def _extras(kept: list[tuple[str, Any]], index: int) -> dict[str, Any]:
    found = {name: text_of(_plain(column[index]))[:ATTRIBUTE_CHARS] for name, column in kept}
    return {name: value for name, value in found.items() if value}


@dataclass(slots=True)
class _Heads:
    """The cells of orders, a row of values (``rows``, named by ``keys``) for each; ``bad`` by number of the order."""

    currencies: list[str]
    keys: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    bad: Bad
    kept: list[tuple[str, Any]]

    def signature(self, number: int) -> int:
        """A number that tells heads of different content apart."""
        return hash((self.rows[number], self.currencies[number])) if self.rows else 0


@dataclass(slots=True)
class _Lines:
    """A fact per row (None for a row that holds no line), and a hash of each row's line cells."""

    facts: list[LineFact | None]
    signatures: list[int]


_NO_LINES = _Lines([], [])


def line_facts(converter: Converter, block: Block, currencies: Sequence[str], bad: Bad) -> _Lines:
    """The lines of a block, as fast as Python makes objects: whole columns first, then one loop that calls next to nothing."""
    size, values = len(block), dict[str, list[Any]]()
    for key, number in converter.columns.items():
        field = converter.field(key)
        if field.level == "line":
            column, options = block.columns[number], converter.options
            is_money = field.type == "money"
            values[key] = (
                money_column(field, column, options, bad, currencies)
                if is_money
                else convert_column(field, column, options, bad)
            )
    signatures = list(map(hash, zip(*values.values(), strict=True)))
    nothing: list[Any] = [None] * size
    quantities, listed, offs = _priced(values, nothing)
    coupons, codes = values.get("line_coupon", nothing), values.get("line_code", nothing)
    known: dict[Any, tuple[Discount, ...]] = {}
    discounts: list[tuple[Discount, ...]] = [()] * size
    wrong: list[int] = []
    for index, key in enumerate(zip(offs, coupons, codes, strict=True)):
        amount = listed[index]
        if amount is None or not 0 <= amount <= AMOUNT_MAX or key[0] < 0 or (key[1] or 0) < 0:
            wrong.append(index)
        elif key[0] or key[1]:
            discounts[index] = known.get(key) or known.setdefault(key, _discounts(*key))
    texts = (
        [text or "" for text in values[k]] if k in values else repeat("")
        for k in ("product", "variant", "sku", "title", "line_id")
    )
    taxes = [tax or 0 for tax in values["line_tax"]] if "line_tax" in values else repeat(0)
    facts: list[LineFact | None] = list(map(LineFact, quantities, listed, *texts, taxes, discounts))
    for index in wrong:
        _refuse_amount(converter, values, index, listed[index], currencies[index], bad)
        facts[index] = None
    return _Lines(facts, signatures)


def _priced(values: dict[str, list[Any]], nothing: list[Any]) -> tuple[list[Any], list[Any], list[Any]]:
    """Quantity, amount before discounts (None where nothing says it) and discount of each row, from whatever is given."""
    quantities = (
        [1000 if q is None else q for q in values["quantity"]] if "quantity" in values else [1000] * len(nothing)
    )
    # Some systems write what is taken off as -5.00.
    given = (
        [None if off is None else abs(off) for off in values["line_discount"]] if "line_discount" in values else nothing
    )
    listed, net, unit = (values.get(key, nothing) for key in ("list_amount", "net_amount", "unit_price"))
    if listed is nothing and net is not nothing:
        amounts = [None if n is None else n + (off or 0) for n, off in zip(net, given, strict=True)]
    else:
        amounts = (
            listed
            if net is nothing
            else [
                n + (off or 0) if a is None and n is not None else a
                for a, n, off in zip(listed, net, given, strict=True)
            ]
        )
    if unit is not nothing:
        amounts = [
            (u * quantity + 500) // 1000 if a is None and u is not None else a
            for a, u, quantity in zip(amounts, unit, quantities, strict=True)
        ]
    offs = [
        (off if off is not None else 0 if n is None or a is None else a - n)
        for off, n, a in zip(given, net, amounts, strict=True)
    ]
    return quantities, amounts, offs


def _refuse_amount(
    converter: Converter, values: dict[str, list[Any]], index: int, amount: int | None, currency: str, bad: Bad
) -> None:
    """Say what is wrong with a line's amounts; a row whose line cells are all empty simply has no line."""
    if amount is None and all(column[index] is None for column in values.values()):
        return
    problem = _NO_AMOUNT if amount is None else _NEGATIVE if amount < 0 else _TOO_MUCH_OFF
    if amount is not None and amount > AMOUNT_MAX:
        problem = _too_large(currency)
    key = next((key for key in ("list_amount", "net_amount", "unit_price") if key in converter.columns), "list_amount")
    bad.setdefault(index, (key, values[key][index] if key in values else "", problem))


def _too_large(currency: str) -> Problem:
    return Problem(TOO_LARGE, TOO_LARGE_MEND, amount_limit(currency))


def _discounts(off: int, coupon: int | None, code: str | None) -> tuple[Discount, ...]:
    """A line's discounts: what the shop takes off, and what a maker's coupon pays to the shop."""
    code = code or ""
    own = (Discount("coupon" if code and not coupon else "manual", off, "" if coupon else code),) if off else ()
    return (*own, Discount("coupon", coupon, code, "supplier")) if coupon else own


class LineConverter(OrderConverter):
    """Lines in a file of their own: they go to the orders they name."""

    @property
    def id_key(self) -> str:
        return "order"

    def build(self, order_id: str, heads: _Heads, number: int, lines: tuple[LineFact, ...] | None) -> Any:
        return OrderLines(order_id, heads.currencies[number], lines or ())


@dataclass(frozen=True, slots=True)
class OrderLines:
    """The lines a file gives for one order, in that order's currency."""

    source_id: str
    currency: str
    lines: tuple[LineFact, ...] = ()
