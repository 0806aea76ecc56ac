"""The lines of an order on their way into the database and the facts."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

_KINDS = ("id", "sku", "variant", "product", "title")


class LineColumns(NamedTuple):
    """The stored lines of one order, a sequence for each column of their table: a line has no object of its own."""

    order_id: Sequence[str] = ()
    number: Sequence[int] = ()
    customer_id: Sequence[str] = ()
    source_id: Sequence[str] = ()
    product_id: Sequence[str | None] = ()
    variant_id: Sequence[str | None] = ()
    sku: Sequence[str] = ()
    title: Sequence[str] = ()
    quantity_milli: Sequence[int] = ()
    list_amount: Sequence[int] = ()
    discount_amount: Sequence[int] = ()
    net_amount: Sequence[int] = ()
    tax_amount: Sequence[int] = ()
    funded_amount: Sequence[int] = ()
    discounts: Sequence[str | None] = ()


def called(lines: LineColumns) -> list[str]:
    """What lines are called wherever they stand: by their source's id, else their SKU, variant, product or title; and of
    several that are called the same, which it is."""
    seen, names = Counter[str](), []
    columns = lines.source_id, lines.sku, lines.variant_id, lines.product_id, lines.title
    for row in zip(*columns, strict=True):
        name = next((f"{kind}:{one}" for kind, one in zip(_KINDS, row, strict=True) if one), "")
        seen[name] += 1
        names.append(f"{name}#{seen[name]}")
    return names
