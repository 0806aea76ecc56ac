"""Writes of the catalogue, one verb each."""

from regulars.catalog.actions.record import ensure_products, ensure_sellers, record_products

__all__ = ["ensure_products", "ensure_sellers", "record_products"]
