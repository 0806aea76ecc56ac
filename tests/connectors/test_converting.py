"""Cells become facts exactly, and what cannot be one is refused with its line, column and reason."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from regulars.connectors.tabular.converting import Options, converter_for
from regulars.connectors.tabular.converting.batches import CellRefused
from regulars.connectors.tabular.converting.cells import decimal_of, identifier, money, text_of
from regulars.connectors.tabular.dates import day_month_orders, parse_moment
from regulars.connectors.tabular.mapping import suggest
from regulars.connectors.tabular.problems import Rejection
from regulars.connectors.tabular.reading import open_table

AT = datetime(2026, 7, 1, tzinfo=UTC)
SHANGHAI = Options("test", "CNY", "Asia/Shanghai", AT)


def converted(
    path: Path, dataset: str = "", rows: int = 16_384, **changes: Any
) -> tuple[list[Any], list[Rejection], int]:
    """Facts, rejections and repeats of a file, read in blocks of ``rows``, mapped as suggested."""
    table = open_table(path)
    found = suggest(table.names, table.sample(), dataset)
    converter = converter_for(found.dataset, table.names, found.columns, replace(SHANGHAI, **changes))
    batches = [converter.convert(block) for block in table.blocks(rows)] + [converter.finish()]
    facts = [fact for batch in batches for fact in batch.facts]
    return facts, [r for b in batches for r in b.rejections], sum(b.repeated for b in batches)


def csv(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "file.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("12.50", "12.50"),
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("12,5", "12.5"),
        ("￥１２.５", "12.5"),
        ("¥1,299.00", "1299.00"),
        ("$ 3.10", "3.10"),
        ("88元", "88"),
        ("(4.20)", "-4.20"),
        ("-7", "-7"),
        ("RMB 9.9", "9.9"),
    ],
)
def test_numbers_as_people_write_them(cell: str, number: str) -> None:
    assert decimal_of(cell) == Decimal(number)


@pytest.mark.parametrize("cell", ["abc", "1.2.3", "NaN", "inf", "--1", "12 apples"])
def test_what_is_no_number_is_refused(cell: str) -> None:
    with pytest.raises(CellRefused):
        decimal_of(cell)


def test_money_is_exact_but_for_the_noise_of_floats() -> None:
    assert money("12.30", "CNY") == 1230
    assert money(0.1 + 0.2, "CNY") == 30
    assert money("1500", "JPY") == 1500
    assert money("1.234", "KWD") == 1234
    for cell in ("12.345", 12.3401, Decimal("0.001")):
        with pytest.raises(CellRefused, match="fraction"):
            money(cell, "CNY")


def test_wrappings_of_spreadsheets_come_off_and_rounded_ids_are_refused() -> None:
    assert text_of('="328140501234567890"') == "328140501234567890"
    assert text_of('\'="328140501234567890"') == "328140501234567890"  # wrapped once more by our rejects file
    assert [text_of(cell) for cell in ("=", "'", "'tis", '="')] == ["=", "'", "'tis", '="']
    assert text_of("'13800018888") == "13800018888"
    assert text_of("'=SUM(A1)") == "=SUM(A1)"
    assert text_of(1001.0) == "1001"
    with pytest.raises(CellRefused, match="rounded"):
        identifier("3.28E+17", 120)


@pytest.mark.parametrize(
    ("text", "order", "instant"),
    [
        ("2024-05-31 18:30:00", "", "2024-05-31T10:30:00"),
        ("2024/5/31 18:30", "", "2024-05-31T10:30:00"),
        ("2024年5月31日 下午6:30", "", "2024-05-31T10:30:00"),
        ("2024-05-31T18:30:00+08:00", "", "2024-05-31T10:30:00"),
        ("2024-05-31 06:30:00 -0400", "", "2024-05-31T10:30:00"),
        ("2024-05-31T10:30:00Z", "", "2024-05-31T10:30:00"),
        ("31/05/2024 18:30", "dmy", "2024-05-31T10:30:00"),
        ("5/31/2024 6:30 PM", "mdy", "2024-05-31T10:30:00"),
        ("May 31, 2024 18:30", "", "2024-05-31T10:30:00"),
        ("31 May 2024 18:30", "", "2024-05-31T10:30:00"),
        ("20240531183000", "", "2024-05-31T10:30:00"),
        ("1717151400", "", "2024-05-31T10:30:00"),
        ("1717151400000", "", "2024-05-31T10:30:00"),
        ("2024-05-31", "", "2024-05-30T16:00:00"),
    ],
)
def test_dates_in_many_forms_in_the_shops_zone(text: str, order: str, instant: str) -> None:
    assert parse_moment(text, SHANGHAI.tzinfo, order) == datetime.fromisoformat(instant + "+00:00")


@pytest.mark.parametrize(
    "text", ["2024-02-30", "31/04/2024", "2024-13-01", "0024-05-01", "yesterday", "45000", "2024-05-31 25:00"]
)
def test_impossible_dates_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_moment(text, SHANGHAI.tzinfo, "dmy")


def test_day_and_month_are_decided_by_the_column() -> None:
    assert day_month_orders(["05/06/2024", "13/06/2024"]) == {"dmy"}
    assert day_month_orders(["05/06/2024", "06/13/2024"]) == {"mdy"}
    assert day_month_orders(["05/06/2024", "01/02/2024"]) == {"dmy", "mdy"}
    assert day_month_orders(["13/06/2024", "06/13/2024"]) == set()
    assert day_month_orders(["2024-05-06"]) == set()


HEADER = "Order ID,Date,Customer ID,Currency,Product ID,Quantity,Unit price,Line discount\n"


def test_lines_of_an_order_come_together_whatever_the_block(tmp_path: Path) -> None:
    rows = "".join(f"O{i // 3},2024-05-0{i % 3 + 1},C{i // 6},CNY,P{i},1,{i}.50,0\n" for i in range(30))
    whole = converted(csv(tmp_path, HEADER + rows))
    assert [len(order.lines) for order in whole[0]] == [3] * 10
    for size in (1, 2, 4, 7):
        assert converted(csv(tmp_path, HEADER + rows), rows=size) == whole


def test_order_cells_on_the_first_row_only(tmp_path: Path) -> None:
    named = (
        "Name,Email,Financial Status,Currency,Created at,Lineitem quantity,Lineitem name,Lineitem price,"
        "Total,Shipping,Discount Code,Discount Amount\n"
    )
    rows = (
        "#1001,a@x.cn,paid,USD,2024-05-01 10:00:00 -0400,2,Tea,3.00,9.50,5.00,MAY,1.50\n"
        "#1001,,,,,1,Cup,0.00,,,,\n"
        "#1002,b@x.cn,refunded,USD,2024-05-02 10:00:00 -0400,1,Cup,4.00,4.00,0,,\n"
    )
    for size in (1, 100):
        facts, rejections, _repeated = converted(csv(tmp_path, named + rows), rows=size)
        assert not rejections
        first, second = facts
        assert (first.source_id, first.currency, first.paid_amount, first.shipping_amount) == ("#1001", "USD", 950, 500)
        assert [(line.title, line.quantity_milli, line.list_amount) for line in first.lines] == [
            ("Tea", 2000, 600),
            ("Cup", 1000, 0),
        ]
        assert [(d.kind, d.code, d.amount) for d in first.discounts] == [("coupon", "MAY", 150)]
        assert (second.state, first.placed_at) == ("refunded", datetime(2024, 5, 1, 14, tzinfo=UTC))


def test_an_order_with_a_bad_line_is_refused_whole_with_all_its_rows(tmp_path: Path) -> None:
    rows = (
        "A,2024-05-01,C1,CNY,P1,1,3.00,0\n"
        "B,2024-05-01,C1,CNY,P1,1,3.00,0\n"
        "B,2024-05-01,C1,CNY,P2,-2,3.00,0\n"
        "B,2024-05-01,C1,CNY,P3,1,3.00,0\n"
        "C,2024-05-01,C1,CNY,P1,1,3.00,0\n"
    )
    for size in (1, 2, 100):
        facts, rejections, _repeated = converted(csv(tmp_path, HEADER + rows), rows=size)
        assert [fact.source_id for fact in facts] == ["A", "C"]
        assert [(r.line, r.column, r.value) for r in rejections] == [
            (3, "Order ID", "B"),
            (4, "Quantity", "-2"),
            (5, "Order ID", "B"),
        ]
        assert rejections[2].cells == ("B", "2024-05-01", "C1", "CNY", "P3", "1", "3.00", "0")


@pytest.mark.parametrize(
    ("row", "column", "says"),
    [
        ("A,2024-02-30,C1,CNY,P1,1,3,0", "Date", "no such date"),
        ("A,2027-02-01,C1,CNY,P1,1,3,0", "Date", "future"),
        ("A,2024-05-01,C1,QQQ,P1,1,3,0", "Currency", "currency is unknown"),
        ("A,2024-05-01,C1,CNY,P1,-1,3,0", "Quantity", "negative"),
        ("A,2024-05-01,C1,CNY,P1,many,3,0", "Quantity", "not a number"),
        ("A,2024-05-01,C1,CNY,P1,1,3.005,0", "Unit price", "fraction"),
        ("A,2024-05-01,C1,CNY,P1,1,-3,0", "Unit price", "negative"),
        ("A,2024-05-01,C1,CNY,P1,1,,0", "Unit price", "no amount"),
        (",2024-05-01,C1,CNY,P1,1,3,0", "Order ID", "no id"),
        ("A,,C1,CNY,P1,1,3,0", "Date", "empty"),
        (f"A,2024-05-01,{'c' * 200},CNY,P1,1,3,0", "Customer ID", "too long"),
    ],
)
def test_bad_rows_say_line_column_and_reason(tmp_path: Path, row: str, column: str, says: str) -> None:
    good = "Z,2024-05-01,C1,CNY,P1,1,3.00,0\n"
    facts, rejections, _repeated = converted(csv(tmp_path, HEADER + good + row + "\n"))
    assert [fact.source_id for fact in facts] == ["Z"]
    (one,) = rejections
    assert (one.line, one.column) == (3, column)
    assert says in one.problem.reason() and one.problem.remedy()


def test_states_in_chinese_and_english_and_a_default_for_unknown_ones(tmp_path: Path) -> None:
    rows = "订单号,下单时间,买家会员名,订单状态,实付金额\n" + "".join(
        f"{i},2024-05-01,c,{state},1\n"
        for i, state in enumerate(
            [
                "交易成功",
                "卖家已发货，等待买家确认",
                "等待买家付款",
                "交易关闭",
                "fulfilled",
                "voided",
                "退款成功",
                "火星",
            ]
        )
    )
    facts, rejections, _repeated = converted(csv(tmp_path, rows))
    assert [f.state for f in facts] == [
        "completed",
        "shipped",
        "pending",
        "cancelled",
        "shipped",
        "cancelled",
        "refunded",
    ]
    assert "completed" in rejections[0].problem.remedy()
    assert converted(csv(tmp_path, rows), unknown_state="pending")[0][-1].state == "pending"


def test_repeated_ids_same_content_once_other_content_last_wins(tmp_path: Path) -> None:
    rows = "客户编号,姓名\nC1,甲\nC2,乙\nC1,甲\nC2,丙\n"
    facts, _rejections, repeated = converted(csv(tmp_path, rows), "customers")
    assert {f.source_id: f.name for f in facts} == {"C1": "甲", "C2": "丙"}
    assert repeated == 1


def test_variants_of_a_product_gather_and_products_keep_their_category(tmp_path: Path) -> None:
    rows = (
        "Handle,Title,Product Category,Variant SKU,Variant Price\n"
        "tea,Green tea,Food > Tea,T-S,3.00\n"
        "tea,,,T-L,5.00\n"
        "cup,Cup,Home,C,8\n"
    )
    for size in (1, 2, 100):
        facts, rejections, _repeated = converted(csv(tmp_path, rows), "products", size)
        assert not rejections
        tea, cup = facts
        assert (tea.category, [(v.sku, v.price) for v in tea.variants]) == (
            ("Food", "Tea"),
            [("T-S", 300), ("T-L", 500)],
        )
        assert cup.title == "Cup"


def test_parquet_columns_convert_as_cells_do(tmp_path: Path) -> None:
    path = tmp_path / "orders.parquet"
    table = {
        "order_id": [1, 1, 2],
        "customer_id": [7, 7, 8],
        "order_date": pa.array([1714557600] * 3, pa.timestamp("s")),
        "product_id": [11, 12, 13],
        "quantity": [1, 2, 0],
        "net amount": [1.1, 2.2, 0.1 + 0.2],
        "line discount": [0.0, 0.55, 0.0],
    }
    pq.write_table(pa.table(table), path)
    facts, rejections, _repeated = converted(path)
    assert not rejections
    assert [(f.source_id, f.customer, f.placed_at) for f in facts] == [
        ("1", "7", datetime(2024, 5, 1, 2, tzinfo=UTC)),
        ("2", "8", datetime(2024, 5, 1, 2, tzinfo=UTC)),
    ]
    assert [(line.list_amount, sum(d.amount for d in line.discounts)) for line in facts[0].lines] == [
        (110, 0),
        (275, 55),
    ]
    assert (facts[1].lines[0].quantity_milli, facts[1].lines[0].list_amount) == (0, 30)
    pq.write_table(pa.table({**table, "net amount": [1.1, 2.2041, 0.3], "quantity": [1, 2, -1]}), path)
    facts, rejections, _repeated = converted(path)
    assert not facts
    assert {(r.line, r.column) for r in rejections} == {(1, "order_id"), (2, "net amount"), (3, "quantity")}
