"""Datasets with one record per row: customers, products, events."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from regulars.connectors.tabular.converting.batches import Bad, Batch, Converter, taken
from regulars.connectors.tabular.converting.cells import handle_id, text_of
from regulars.connectors.tabular.converting.columns import convert_column, money_column
from regulars.connectors.tabular.problems import Problem, _
from regulars.connectors.tabular.reading import Block
from regulars.core.facts import NONE, ConsentFact, CustomerFact, EventFact, IdentityFact, ProductFact, VariantFact

Get = Callable[[str], Any]
MISSING_ID = Problem(
    _("The row has no id."), _("Fill the cell: without it the record cannot be recognised when it comes again.")
)
ATTRIBUTE_CHARS = 500


class RecordConverter(Converter):
    def convert(self, block: Block) -> Batch:
        batch = Batch(rows=len(block), position=block.position)
        bad: Bad = {}
        left_out: list[tuple[int, str, Any, Problem]] = []
        columns = self.values(block, bad, left_out)
        kept = [(name, taken(block.columns[number], None)) for name, number in self.kept]
        latest: dict[str, tuple[Any, int]] = {}
        parts = 0
        for index in range(len(block)):
            if index in bad:
                continue

            def get(key: str, index: int = index) -> Any:
                column = columns.get(key)
                return None if column is None else column[index]

            extras = _extras(kept, index) if kept else NONE
            fact = self.build(get, extras)
            if isinstance(fact, tuple):
                bad[index] = fact
                continue
            content = hash(tuple([repr(column[index]) for column in columns.values()]))
            if fact.source_id in latest and (joined := self.join(latest[fact.source_id][0], fact)):
                latest[fact.source_id] = (joined, latest[fact.source_id][1])
                parts += 1
                continue
            batch.repeated += self.remember(fact.source_id, content) not in {None, content}
            latest[fact.source_id] = (fact, index)
        batch.facts = [fact for fact, _index in latest.values()]
        batch.lines = {source_id: block.lines[index] for source_id, (_fact, index) in latest.items()}
        batch.unchanged = len(block) - len(bad) - len(latest) - parts
        batch.rejections = [self.rejection(block, index, *bad[index]) for index in sorted(bad)]
        batch.warnings = [self.rejection(block, *told) for told in left_out if told[0] not in bad]
        return batch

    def values(self, block: Block, bad: Bad, left_out: list[tuple[int, str, Any, Problem]]) -> dict[str, list[Any]]:
        """Every mapped column as values, by field; money in the currency of its row. ``left_out``: cells a row can spare."""
        values: dict[str, list[Any]] = {}
        for key, number in sorted(self.columns.items(), key=lambda item: item[0] != "currency"):
            field, column = self.field(key), block.columns[number]
            if field.type == "money":
                currencies = [c or self.options.currency for c in values.get("currency", [""] * len(block))]
                values[key] = money_column(field, column, self.options, bad, currencies)
            else:
                own: Bad = {} if field.is_spare else bad
                values[key] = convert_column(field, column, self.options, own)
                left_out += [(index, *told) for index, told in own.items()] if field.is_spare else []
        return values

    def build(self, get: Get, extras: Any) -> Any:
        """The fact of one row, or (field, value, problem) where the row cannot be one."""
        raise NotImplementedError

    def join(self, earlier: Any, later: Any) -> Any:
        """One fact of two rows with the same id, or None where the later row is another statement of the same."""
        return None

    def known_by(self, handles: tuple[IdentityFact, ...]) -> str:
        """The id of somebody whom the file knows by a handle alone: the one an order with that handle gives."""
        return handle_id(handles[0].kind, handles[0].value, self.options.country) if handles else ""


def _extras(kept: list[tuple[str, Any]], index: int) -> dict[str, Any]:
    found = {
        name: text_of(column[index] if isinstance(column, list | tuple) else column[index].as_py())
        for name, column in kept
    }
    return {name: value[:ATTRIBUTE_CHARS] for name, value in found.items() if value}


def identities(get: Get) -> tuple[IdentityFact, ...]:
    """The handles a row gives: e-mail, phone, shop account."""
    return tuple(IdentityFact(kind, value) for kind in ("email", "phone", "account") if (value := get(kind)))


class CustomerConverter(RecordConverter):
    def build(self, get: Get, extras: Any) -> Any:
        handles = identities(get)
        source_id = get("source_id") or self.known_by(handles)
        if not source_id:
            return "source_id", "", MISSING_ID
        first, last = get("first_name") or "", get("last_name") or ""
        joined = last + first if _is_chinese(last + first) else f"{first} {last}".strip()
        told_at = get("updated_at") or get("first_seen_at") or self.options.stated_at or self.options.at
        consents = tuple(
            ConsentFact(channel, "marketing", granted, told_at, {"from": "import", "source": self.options.source})
            for channel in ("email", "sms")
            if (granted := get(f"{channel}_consent")) is not None
        )
        texts = {key: get(key) or "" for key in ("gender", "language", "country", "region", "city", "postcode")}
        return CustomerFact(
            source_id,
            name=get("name") or joined,
            birthday=get("birthday"),
            tags=get("tags") or (),
            identities=handles,
            consents=consents,
            attributes=extras,
            first_seen_at=get("first_seen_at"),
            updated_at=get("updated_at"),
            **texts,
        )


def _is_chinese(text: str) -> bool:
    return any("\u4e00" <= char <= "\u9fff" for char in text)


_PRODUCT_STATES = {
    **dict.fromkeys(("draft", "hidden", "false", "下架", "已下架", "仓库中"), "hidden"),
    **dict.fromkeys(("archived", "ended", "discontinued", "停售"), "ended"),
}


class ProductConverter(RecordConverter):
    """Rows of one product that follow each other are its variants; its title may stand on the first alone."""

    _held: tuple[ProductFact, int] | None = None
    _latest = ("", "")

    def convert(self, block: Block) -> Batch:
        """The last product of a block waits for the next: more of its variants may follow."""
        batch = super().convert(block)
        if self._held is not None:
            fact, line = self._held
            first = batch.facts[0] if batch.facts else None
            if first is not None and first.source_id == fact.source_id:
                batch.facts[0] = self.join(fact, first) or first
            else:
                batch.facts.insert(0, fact)
            batch.lines[fact.source_id] = line
        if batch.facts:
            last = batch.facts.pop()
            self._held = (last, batch.lines.pop(last.source_id))
        return batch

    def finish(self) -> Batch:
        if self._held is None:
            return Batch()
        fact, line = self._held
        return Batch(facts=[fact], lines={fact.source_id: line})

    def join(self, earlier: ProductFact, later: ProductFact) -> ProductFact | None:
        if any(v.source_id == later.variants[0].source_id for v in earlier.variants):
            return None
        return replace(earlier, variants=(*earlier.variants, *later.variants))

    def build(self, get: Get, extras: Any) -> Any:
        source_id = get("source_id") or get("sku")
        if not source_id:
            return "source_id", "", MISSING_ID
        title = get("title") or (self._latest[1] if self._latest[0] == source_id else "")
        self._latest = (source_id, title)
        if not title:
            return "title", "", Problem(_("The product has no title."), _("Fill the cell."))
        variant = VariantFact(
            get("variant") or get("sku") or source_id,
            sku=get("sku") or "",
            title=get("variant_title") or "",
            currency=get("currency") or self.options.currency,
            price=get("price"),
            compare_at_price=get("compare_at_price"),
        )
        return ProductFact(
            source_id,
            title,
            brand=get("brand") or "",
            category=get("category") or (),
            seller=get("seller") or "",
            state=_PRODUCT_STATES.get((get("state") or "").casefold(), "active"),
            unit=get("unit") or "piece",
            url=get("url") or "",
            image_url=get("image_url") or "",
            tags=get("tags") or (),
            variants=(variant,),
            attributes=extras,
            updated_at=get("updated_at"),
        )


class EventConverter(RecordConverter):
    def build(self, get: Get, extras: Any) -> Any:
        handles = identities(get)
        customer = get("customer") or self.known_by(handles)
        if not customer:
            return (
                "customer",
                "",
                Problem(_("The row names no customer."), _("Fill the customer's id, e-mail or phone.")),
            )
        name, at = get("name"), get("at")
        if not name or at is None:
            key = "at" if name else "name"
            return key, "", Problem(_("The cell is empty."), _("Fill it: every record needs it."))
        source_id = get("source_id")
        if not source_id:
            said = json.dumps([customer, name, at.isoformat(), extras], ensure_ascii=False, sort_keys=True)
            source_id = hashlib.blake2b(said.encode(), digest_size=16).hexdigest()
        return EventFact(source_id, customer, name, at, extras, handles)
