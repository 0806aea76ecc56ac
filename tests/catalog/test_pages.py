"""The product pages."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from regulars.catalog.models import Product
from regulars.catalog.pages import found_products
from regulars.catalog.pages.product import price_chart, trail
from regulars.catalog.queries import listing
from regulars.core.facts import ProductFact, VariantFact
from regulars.flows.record_products import record_products
from regulars.web.access import NOBODY


def titles(client: Client, query: str = "") -> set[str]:
    page = client.get(f"/products/?{query}").content.decode()
    return {product.title for product in Product.objects.all() if f">{product.title}<" in page}


def test_products_are_found_and_filtered(recorded: Any, console: Client) -> None:
    assert titles(console) == {f"商品 {n}" for n in range(6)}
    assert titles(console, "q=商品 3") == titles(console, "q=SKU-3") == titles(console, "q=p3") == {"商品 3"}
    assert titles(console, "category=食品") == {f"商品 {n}" for n in range(6)}
    assert titles(console, "category=食品 > 茶") == {"商品 0", "商品 2", "商品 4"}
    assert titles(console, "state=ended") == set()
    assert titles(console, "brand=自有&q=商品 1") == {"商品 1"}


def test_the_list_asks_the_database_no_more_for_more_rows(shop: Any, console: Client, at: Any) -> None:
    def asked(count: int) -> int:
        record_products(
            [
                ProductFact(f"{n}", f"T{n}", variants=(VariantFact(f"v{n}", price=n, currency="CNY"),))
                for n in range(count)
            ],
            source="t",
            at=at,
        )
        with CaptureQueriesContext(connection) as queries:
            assert console.get("/products/?size=100").status_code == 200
        return len(queries)

    asked(1)
    assert asked(3) == asked(90)


def test_the_price_history_steps_where_prices_changed(shop: Any, at: Any) -> None:
    def priced(amount: int, days: int) -> None:
        variants = (
            VariantFact("v", title="100 g", currency="CNY", price=amount),
            VariantFact("w", title="30 g", currency="CNY", price=300),
        )
        record_products(
            [ProductFact("tea", "龙井", variants=variants, attributes={"n": days})],
            source="t",
            at=at + timedelta(days=days),
        )

    for amount, days in ((900, 0), (900, 5), (800, 10)):
        priced(amount, days)
    chart = price_chart(listing.prices(Product.objects.get().pk))
    assert chart is not None
    assert len(chart["labels"]) == 2
    assert {series["label"]: series["values"] for series in chart["series"]} == {
        "100 g": [900, 800],
        "30 g": [300, 300],
    }


def test_the_page_of_a_product_shows_all_of_it(recorded: Any, sign_in: Callable[..., Client]) -> None:
    product = Product.objects.get(source_id="p1")
    page = sign_in("reader", language="en").get(f"/products/{product.pk}/").content.decode()
    for told in ("商品 1", "零食", "SKU-1", "¥19.90", "自有", f"/orders/?product={product.pk}"):
        assert told in page, told
    assert sign_in("reader").get("/products/00000000-0000-7000-8000-000000000000/").status_code == 404


def test_what_a_source_says_is_shown_as_text(shop: Any, console: Client, at: Any) -> None:
    record_products([ProductFact("x", "<script>alert(1)</script>", attributes={"<b>": "<i>"})], source="t", at=at)
    page = console.get(f"/products/{Product.objects.get().pk}/").content.decode()
    assert "<script>alert" not in page
    assert "<i>" not in page
    assert "&lt;i&gt;" in page


def test_a_category_has_a_link_for_each_step() -> None:
    assert trail("食品 > 茶") == [("食品", "食品"), ("茶", "食品 > 茶")]
    assert trail("") == []


def test_products_of_one_name_are_told_apart_in_the_search(shop: Any, at: datetime) -> None:
    record_products([ProductFact("p1", "茶"), ProductFact("p2", "茶")], source="test", at=at)
    assert {hit.text for hit in found_products("茶", 5, NOBODY)} == {"p1", "p2"}
