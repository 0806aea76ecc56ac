"""What rules ask of products: their own and their categories' names, tags, brand and seller."""

from collections.abc import Iterable, Mapping
from typing import Any

from regulars.core.member import Goods
from regulars.storage.bulk import as_hex, as_json, select_in

SEPARATOR = " > "
_GOODS = """
    SELECT p.id, p.source_id, c.path, p.tags, s.name, p.brand FROM catalog_product p
    LEFT JOIN catalog_category c ON c.id = p.category_id LEFT JOIN catalog_seller s ON s.id = p.seller_id
    WHERE p.id IN ({marks})
"""


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


def _goods(source_id: str, path: str | None, tags: Any, seller: str | None, brand: str) -> Goods:
    return Goods(source_id, _paths(path or ""), tuple(as_json(tags)), seller or "", brand)


def _paths(path: str) -> tuple[str, ...]:
    """A category and those above it, each by its path from the root: ``Food``, ``Food > Bread``."""
    names = path.split(SEPARATOR) if path else []
    return tuple(SEPARATOR.join(names[: place + 1]) for place in range(len(names)))
