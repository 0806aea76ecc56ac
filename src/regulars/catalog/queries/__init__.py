"""Reads of the catalogue. Other rooms get frozen values, never rows of the ORM."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from regulars.catalog.models import Category, Product
from regulars.storage import sources
from regulars.storage.bulk import as_hex, select_in


@dataclass(frozen=True, slots=True)
class ProductName:
    """What a line shows of its product."""

    id: UUID
    title: str
    brand: str
    category: str
    source_id: str = ""


def variants_by_source(source: str, source_ids: Iterable[str]) -> dict[str, tuple[str, str]]:
    """(variant id, product id) of a source's variants, by its own ids."""
    sql = "SELECT source_id, id, product_id FROM catalog_variant WHERE source = %s AND source_id IN ({marks})"
    return {
        found: (as_hex(variant), as_hex(product)) for found, variant, product in select_in(sql, set(source_ids), source)
    }


def variants_by_sku(source: str, skus: Iterable[str]) -> dict[str, tuple[str, str]]:
    """(variant id, product id) by stock-keeping unit; where several carry one, the oldest."""
    sql = "SELECT sku, id, product_id FROM catalog_variant WHERE source = %s AND sku IN ({marks}) ORDER BY id DESC"
    return {found: (as_hex(variant), as_hex(product)) for found, variant, product in select_in(sql, set(skus), source)}


def names(products: Iterable[UUID]) -> dict[UUID, ProductName]:
    """Title, brand and category path of a page of products, in one query."""
    rows = Product.objects.filter(pk__in=set(products)).values_list("id", "title", "brand", "category__path")
    return {row[0]: ProductName(row[0], row[1], row[2], row[3] or "") for row in rows}


def product_facts() -> list[tuple[Any, ...]]:
    """Every product as (id, title, brand, category path): the snapshot that marts join."""
    return list(Product.objects.order_by("id").values_list("id", "title", "brand", "category__path"))


def fingerprint() -> tuple[Any, ...]:
    """Changes whenever a product is recorded: what refresh compares."""
    newest = Product.objects.order_by("-recorded_at").values_list("recorded_at", flat=True).first()
    return (Product.objects.count(), newest, Category.objects.count())


def without_category_count() -> int:
    return Product.objects.filter(category=None).count()


ids_by_source = partial(sources.ids, Product)
