"""The list of products: its columns and filters."""

from collections.abc import Sequence
from typing import Any, ClassVar

import django_tables2 as tables
from django import forms
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from regulars.catalog.models import Product
from regulars.catalog.queries import listing
from regulars.web import formats
from regulars.web.lists import Day, Empty, List, Money, Number, Query, Rows, Tag, Text

TONES = {"active": "good", "hidden": "warn", "ended": "plain"}
SELLERS_MAX = 60


class Price(Money):
    """The lowest to the highest price; in the CSV the lowest, the highest in a column of its own."""

    def shown(self, value: Any, record: listing.ProductRow) -> str:
        low, high = formats.money(record.price_low, record.currency), formats.money(record.price_high, record.currency)
        return low if low == high else format_html("{} – {}", low, high)


class ProductTable(tables.Table):
    title = Text(_("Product"), linkify=lambda record: reverse("product", args=[record.id]), card="title", sub="brand")
    source_id = Text(_("Product id"), card="none", orderable=False)
    category = Text(_("Category"))
    seller = Text(_("Seller"), card="none", orderable=False)
    state = Tag(_("State"), labels=dict(Product.State.choices), tones=TONES)
    variants = Number(_("Variants"), card="none", orderable=False)
    price_low = Price(_("Price"), card="end", orderable=False)
    recorded_at = Day(_("Changed"), card="none")


class ProductFilters(forms.Form):
    """All optional. A category counts with everything below it."""

    category = forms.CharField(label=_("Category"), required=False, max_length=400)
    brand = forms.CharField(label=_("Brand"), required=False, max_length=120)
    seller = forms.ChoiceField(label=_("Seller"), required=False)
    state = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("All")), *Product.State.choices])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roots = [(path, path) for path in listing.top_categories()]
        asked = self.data.get("category", "")
        if asked and asked not in dict(roots):  # a link from a product's page names a category deeper down
            roots.append((asked, asked))
        self.fields["category"] = forms.ChoiceField(
            label=_("Category"), required=False, choices=[("", _("All")), *roots]
        )
        sellers = listing.sellers(SELLERS_MAX)
        self.fields["seller"].choices = [("", _("All")), *((name, name) for name in sellers)]  # type: ignore[attr-defined]
        if not sellers:
            del self.fields["seller"]


class ProductList(List):
    name, title = "products", _("Products")
    subtitle = _("What the shop sells, as its sources state it.")
    table, filters, sort = ProductTable, ProductFilters, "title"
    csv_columns: ClassVar[dict[str, tables.Column]] = {"price_high": Money(_("Highest price"), orderable=False)}
    search = ()
    placeholder = _("Title, brand, product id or SKU")
    nothing_yet = Empty(
        "package",
        _("No products yet"),
        _("Import a product list. Products that orders name are added by themselves."),
        _("Import products"),
        "imports",
    )

    def rows(self, query: Query) -> Sequence[listing.ProductRow]:
        return Rows(
            lambda: listing.count(query.search, query.filters),
            lambda offset, limit: listing.rows(query.search, query.filters, query.sort, offset, limit),
        )
