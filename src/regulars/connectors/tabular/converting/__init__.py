"""Rows into facts, as a mapping says. Compiled once per file; then it runs column by column."""

from collections.abc import Mapping, Sequence

from regulars.connectors.tabular.converting.batches import Batch, Converter, Options
from regulars.connectors.tabular.converting.orders import LineConverter, OrderConverter
from regulars.connectors.tabular.converting.records import CustomerConverter, EventConverter, ProductConverter

__all__ = ["Batch", "Converter", "Options", "converter_for"]

_CONVERTERS: dict[str, type[Converter]] = {
    "customers": CustomerConverter,
    "products": ProductConverter,
    "orders": OrderConverter,
    "lines": LineConverter,
    "events": EventConverter,
}


def converter_for(dataset: str, names: Sequence[str], mapping: Mapping[str, str], options: Options) -> Converter:
    """The converter of a file with columns ``names``; ``mapping`` gives each column's field ("" skips it)."""
    return _CONVERTERS[dataset](dataset, names, mapping, options)
