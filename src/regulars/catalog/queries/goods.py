"""What rules ask of products: their own and their categories' names, tags, brand and seller."""

from collections.abc import Iterable, Mapping
from typing import Any

from regulars.catalog.models import Product
from regulars.core.member import Goods
from regulars.storage import sources
from regulars.storage.bulk import as_hex, as_json, select_in

SEPARATOR = " > "
_GOODS = """
    SELECT p.id, p.source_id, c.path, p.tags, s.name, p.brand FROM catalog_product p
    LEFT JOIN catalog_category c ON c.id = p.category_id LEFT JOIN catalog_seller s ON s.id = p.seller_id
    WHERE p.id IN ({marks})
"""
_SKUS = "SELECT sku, product_id FROM catalog_variant WHERE sku IN ({marks}) ORDER BY id"


class Shelf:
    """The goods of products by id (32 digits): asked for once, and remembered for as long as the shelf lives."""

    def __init__(self) -> None:
        self._known: dict[str, Goods] = {}

    def __call__(self, products: Iterable[str]) -> Mapping[str, Goods]:
        """The goods of all these products, and maybe of others; one query for those that are new."""
        if missing := set(products) - self._known.keys():
            self._known |= goods(missing)
        return self._known


def goods(products: Iterable[str]) -> dict[str, Goods]:
    """The goods of products, in one query. ``line.product`` is the source's own id; categories are paths from the root."""
    return {as_hex(key): _goods(*told) for key, *told in select_in(_GOODS, products)}


def goods_of_source(source: str, source_ids: Iterable[str]) -> dict[str, Goods]:
    """The goods of those of a source's products that are known, by its own ids, in two queries."""
    return _named(sources.ids(Product, source, source_ids))


def goods_of_skus(skus: Iterable[str]) -> dict[str, Goods]:
    """The goods of those SKUs that are known, in two queries; of two products with one SKU those of the newer variant."""
    return _named({sku: as_hex(product) for sku, product in select_in(_SKUS, set(skus))})


def _named(products: Mapping[str, str]) -> dict[str, Goods]:
    known = goods(set(products.values()))
    return {name: known[product] for name, product in products.items()}


def _goods(source_id: str, path: str | None, tags: Any, seller: str | None, brand: str) -> Goods:
    return Goods(source_id, _paths(path or ""), tuple(as_json(tags)), seller or "", brand)


def _paths(path: str) -> tuple[str, ...]:
    """A category and those above it, each by its path from the root: ``Food``, ``Food > Bread``."""
    names = path.split(SEPARATOR) if path else []
    return tuple(SEPARATOR.join(names[: place + 1]) for place in range(len(names)))
