"""Goods that came back: which lines, how much of them, and what was given back for it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID

from django.db.models import F, Sum
from django.db.models.functions import Greatest

from regulars.core.facts import ReturnFact
from regulars.orders.actions.columns import LineColumns, called
from regulars.orders.actions.facts import FactBatch
from regulars.orders.models import Line, Order, Return, ReturnedLine
from regulars.storage.bulk import as_hex


class ReturnRefused(ValueError):
    """Why a return is not taken: the field at fault and a sentence."""

    def __init__(self, field: str, reason: str) -> None:
        self.field, self.reason = field, reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Returned:
    """What a return came to: the order and whose it is; ``created`` False where the same was told before."""

    id: UUID
    order: UUID
    customer: UUID
    amount: int
    created: bool


def record_return(fact: ReturnFact, *, source: str, at: datetime, zone: tzinfo) -> Returned:
    """Record a return, once, in the caller's transaction. Raises ReturnRefused; nothing is written then."""
    digest = hashlib.blake2b(
        repr((fact.order, fact.at.timestamp(), fact.lines, fact.reason)).encode(), digest_size=16
    ).digest()
    order = Order.objects.select_for_update().filter(source=source, source_id=fact.order).first()
    if order is None:
        raise ReturnRefused("order", f"There is no order {fact.order} of {source}: write the order first.")
    if (before := Return.objects.filter(source=source, source_id=fact.source_id).first()) is not None:
        if bytes(before.digest) != digest:
            raise ReturnRefused("source_id", f"The return {fact.source_id} was told before with something else in it.")
        return Returned(before.pk, order.pk, order.customer_id, before.amount, False)
    if fact.at < order.placed_at:
        raise ReturnRefused("at", "Nothing comes back before it was bought.")
    lines = list(Line.objects.filter(order=order).order_by("number"))
    rows, names = _rows(fact, order, lines), _names(lines)
    amount = sum(given for _, _, given in rows)
    made = Return.objects.create(
        order=order, customer_id=order.customer_id, source=source, source_id=fact.source_id, digest=digest, at=fact.at,
        amount=amount, reason=fact.reason, recorded_at=at,
    )  # fmt: skip
    ReturnedLine.objects.bulk_create(
        ReturnedLine(
            returned=made,
            order_id=order.pk,
            number=number,
            named=names[number],
            line=number,
            quantity_milli=quantity,
            amount=given,
        )
        for number, quantity, given in rows
    )
    whole: int = Return.objects.filter(order=order).aggregate(whole=Sum("amount"))["whole"]
    Order.objects.filter(pk=order.pk).update(refunded_amount=Greatest(F("refunded_amount"), whole), recorded_at=at)
    batch = FactBatch(zone)
    batch.changed(order.placed_at)
    batch.flush()
    return Returned(made.pk, order.pk, order.customer_id, amount, True)


def _rows(fact: ReturnFact, order: Order, lines: Sequence[Line]) -> list[tuple[int, int, int]]:
    """(line, quantity, amount) of what comes back; never more than is left."""
    back = ReturnedLine.objects.filter(order_id=order.pk).values_list("line")
    gone = {line: (q, a) for line, q, a in back.annotate(Sum("quantity_milli"), Sum("amount"))}
    if fact.lines is None:
        told = [(line, None, None) for line in lines]
    else:
        found = _found(lines)
        told = []
        for place, one in enumerate(fact.lines):
            if one.line not in found:
                why = f"The order has no line {one.line}: give its number, source id or SKU."
                raise ReturnRefused(f"lines/{place}/line", why)
            told.append((found[one.line], one.quantity_milli, one.amount))
        if len({line.number for line, _, _ in told}) < len(told):
            raise ReturnRefused("lines", "A line stands twice: add its quantities up.")
    rows = [_row(place, *one, gone.get(one[0].number, (0, 0))) for place, one in enumerate(told)]
    rows = [row for row in rows if row[1]]
    if not rows:
        raise ReturnRefused("lines", "Nothing is left of the order that could come back.")
    return rows


def _row(
    place: int, line: Line, quantity: int | None, amount: int | None, gone: tuple[int, int]
) -> tuple[int, int, int]:
    left, before = line.quantity_milli - gone[0], gone[1]
    wanted = left if quantity is None else quantity
    if wanted > left or wanted < 0:
        shown = left / 1000
        raise ReturnRefused(
            f"lines/{place}/quantity", f"Of line {line.number} {shown:g} are left that could come back."
        )
    # What is given back for all of it is what was paid for all of it, however many returns that takes.
    given = line.net_amount * (gone[0] + wanted) // line.quantity_milli - before if amount is None else amount
    if not 0 <= given <= line.net_amount - before:
        why = f"For line {line.number} {line.net_amount - before} can still be given back."
        raise ReturnRefused(f"lines/{place}/amount", why)
    return line.number, wanted, given


def _found(lines: Sequence[Line]) -> Mapping[str, Line]:
    """Lines by SKU, by their id at the source, and by number; a name that several have names none."""
    found: dict[str, Any] = {}
    for name in ("sku", "source_id"):
        values = [getattr(line, name) for line in lines]
        found |= {value: line for line, value in zip(lines, values, strict=True) if value and values.count(value) == 1}
    return found | {str(line.number): line for line in lines}


def _names(lines: Sequence[Line]) -> Mapping[int, str]:
    told = {name: [as_hex(getattr(line, name)) for line in lines] for name in LineColumns._fields}
    return dict(zip(told["number"], called(LineColumns(**told)), strict=True))


def find_again(rewritten: Mapping[str, LineColumns]) -> None:
    """Where the returned lines of some orders, by id, stand now that their lines were written anew."""
    back = ReturnedLine.objects.filter(order_id__in=list(rewritten)).values_list("order_id", "named", "line").distinct()
    for order, named, line in back:
        lines = rewritten[order.hex]
        now = dict(zip(called(lines), lines.number, strict=True)).get(named)
        if now != line:
            ReturnedLine.objects.filter(order_id=order, named=named).update(line=now)
