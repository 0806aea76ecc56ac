"""The lines of an order on their way into the database and the facts."""

from collections.abc import Sequence
from typing import NamedTuple


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
