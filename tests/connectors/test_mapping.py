"""Exports of shop systems nobody designed for are recognised; what is missing or doubtful is asked, not guessed."""

import csv
from pathlib import Path

import pytest

from regulars.connectors.tabular.mapping import (
    check_mapping,
    date_question,
    fingerprint,
    missing,
    suggest,
    suggest_source,
)
from regulars.connectors.tabular.problems import FileRefused

EXPECTED: dict[str, tuple[str, str, str]] = {
    "shopify_orders_export.csv": (
        "orders",
        "shopify",
        "Name=source_id|Email=email|Created at=placed_at|Currency=currency|Lineitem price=unit_price|Total=paid_amount",
    ),
    "shopify_customers_export.csv": (
        "customers",
        "shopify",
        "Customer ID=source_id|Email=email|Default Address City=city|Accepts Email Marketing=email_consent|Tags=tags",
    ),
    "taobao_orders_export_header.csv": (
        "orders",
        "taobao",
        "订单编号=source_id|买家会员名=customer|买家实际支付金额=paid_amount|订单状态=state|订单创建时间=placed_at|宝贝标题=title",
    ),
    "youzan_orders_export_sample.csv": (
        "orders",
        "youzan",
        "订单号=source_id|订单状态=state|买家付款时间=placed_at|订单实付金额=paid_amount|买家手机号=phone",
    ),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_exports_of_shop_systems_are_recognised(shared_data: Path, name: str) -> None:
    with (shared_data / "payloads" / name).open(encoding="utf-8") as file:
        names, *rows = csv.reader(file)
    dataset, source, pairs = EXPECTED[name]
    columns = dict(pair.split("=") for pair in pairs.split("|"))
    found = suggest(names, [row for row in rows if row])
    assert found.dataset == dataset
    assert suggest_source(names) == source
    assert {name: found.columns[name] for name in columns} == columns
    assert not missing(found.dataset, found.columns)


def test_a_bare_product_column_is_a_title_and_a_product_id_an_id() -> None:
    found = suggest(["Order ID", "Date", "Customer ID", "Product ID", "Product", "Quantity", "Price"], [])
    assert (found.columns["Product ID"], found.columns["Product"]) == ("product", "title")


def test_values_overrule_a_misleading_header() -> None:
    found = suggest(["Order ID", "Date", "Customer ID", "Total"], [["1", "not a date", "c", "3"]])
    assert found.columns["Date"] == ""


def test_a_mapping_that_cannot_run_is_refused() -> None:
    names = ["a", "b", "c"]
    for mapping in ({"a": "source_id"}, {"a": "source_id", "b": "source_id"}, {"x": "name"}, {"a": "nonsense"}):
        with pytest.raises(FileRefused) as caught:
            check_mapping("orders", names, mapping)
        assert caught.value.problem.reason() and caught.value.problem.remedy()
    check_mapping("orders", names, {"a": "source_id", "b": "placed_at", "c": "customer"})


def test_ambiguous_dates_are_asked_about_and_clear_ones_not() -> None:
    names, mapping = ["id", "date"], {"id": "source_id", "date": "placed_at"}
    assert date_question("orders", names, mapping, [["1", "05/06/2024"]]) == ("date", {"dmy", "mdy"})
    assert date_question("orders", names, mapping, [["1", "25/06/2024"]]) == ("", {"dmy"})
    assert date_question("orders", names, mapping, [["1", "2024-06-05"]]) == ("", set())


def test_a_format_is_recognised_however_its_columns_are_ordered_or_cased() -> None:
    assert (
        fingerprint(["Order ID", "Total"]) == fingerprint(["total", "order_id"]) != fingerprint(["Order ID", "Totals"])
    )


def test_short_chinese_headers_are_understood() -> None:
    found = suggest(["单号", "下单时间", "手机", "商品", "数量", "实付"], [])
    assert (found.dataset, found.columns["商品"], found.columns["实付"]) == ("orders", "title", "paid_amount")


def test_a_parcel_list_is_no_list_of_customers(shared_data: Path) -> None:
    with (shared_data / "payloads" / "youzan_logistics_export_sample.csv").open(encoding="utf-8") as file:
        names, *rows = csv.reader(file)
    assert suggest(names, [row for row in rows if row]).dataset == "orders"
