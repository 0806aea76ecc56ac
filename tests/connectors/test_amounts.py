"""Amounts no shop has are refused with their line, and amounts in single precision are what they were before it."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from regulars.connectors.tabular.converting import Options, converter_for
from regulars.connectors.tabular.converting.batches import CellRefused
from regulars.connectors.tabular.converting.cells import money, quantity
from regulars.connectors.tabular.problems import Rejection
from regulars.connectors.tabular.reading import open_table

SHANGHAI = Options("test", "CNY", "Asia/Shanghai", datetime(2026, 7, 1, tzinfo=UTC))
FIELDS = {
    "order": "source_id",
    "customer": "customer",
    "at": "placed_at",
    "sku": "sku",
    "quantity": "quantity",
    "price": "unit_price",
    "amount": "list_amount",
    "net": "net_amount",
    "off": "line_discount",
    "paid": "paid_amount",
}


def taken(path: Path, currency: str = "CNY") -> tuple[list[Any], list[Rejection]]:
    """Orders and rejections of a file whose columns are called as FIELDS has them."""
    table = open_table(path)
    converter = converter_for("orders", table.names, FIELDS, replace(SHANGHAI, currency=currency))
    batches = [converter.convert(block) for block in table.blocks(16)] + [converter.finish()]
    return [fact for batch in batches for fact in batch.facts], [r for batch in batches for r in batch.rejections]


def parquet(folder: Path, **columns: Any) -> Path:
    count = len(next(iter(columns.values())))
    told = {"order": [str(i) for i in range(count)], "customer": ["c"] * count, "at": ["2026-01-01"] * count}
    pq.write_table(pa.table(told | {"sku": ["a"] * count} | columns), folder / "orders.parquet")
    return folder / "orders.parquet"


HUGE = ["1e30", "1e400", "1e2000000", "-1e2000000", 1e30, 1e300, Decimal("1e30"), Decimal("1e2000000"), 10**40, 10**12]


@pytest.mark.parametrize("cell", HUGE, ids=str)
def test_amounts_and_quantities_no_shop_has_are_refused(cell: Any) -> None:
    with pytest.raises(CellRefused, match="amount is too large"):
        money(cell, "CNY")
    with pytest.raises(CellRefused, match=r"quantity is (too large|negative)"):
        quantity(cell)


def test_the_limit_is_in_minor_units() -> None:
    assert money("100000000000", "CNY") == money(10**13, "JPY") == 10**13
    assert quantity(10**9) == 10**12
    for cell, currency in (("100000000000.01", "CNY"), (10**13 + 1, "JPY"), ("1000000000.0001", "CLF")):
        with pytest.raises(CellRefused, match="too large"):
            money(cell, currency)


@pytest.mark.parametrize("kind", [pa.int64(), pa.float64(), pa.uint64(), pa.decimal128(30, 2), pa.float32()], ids=str)
def test_a_column_with_one_amount_too_large_keeps_the_others(tmp_path: Path, kind: pa.DataType) -> None:
    amounts = pa.array([12, 2**62, 7]).cast(kind, safe=False)
    facts, refused = taken(parquet(tmp_path, amount=amounts))
    assert [fact.lines[0].list_amount for fact in facts] == [1200, 700]
    assert [(r.line, r.column) for r in refused] == [(2, "amount")]
    assert refused[0].problem.reason() and refused[0].problem.remedy()


def test_the_smallest_integer_is_too_large_as_well(tmp_path: Path) -> None:
    facts, refused = taken(parquet(tmp_path, amount=[5, 6], off=[1, -(2**63)]))
    assert [fact.source_id for fact in facts] == ["0"]
    assert [(r.line, r.column) for r in refused] == [(2, "off")]


@pytest.mark.parametrize(
    ("header", "row", "column"),
    [
        ("price,quantity", "999999999,999999999", "price"),
        ("amount,quantity", "1,1000000001", "quantity"),
        ("net,off", "100000000000,1", "net"),
        ("amount,paid", "1,1e2000000", "paid"),
    ],
)
def test_what_is_worked_out_is_limited_too(tmp_path: Path, header: str, row: str, column: str) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(f"order,customer,at,sku,{header}\n1,c,2026-01-01,a,{row}\n2,c,2026-01-01,a,1,1\n")
    facts, refused = taken(path)
    assert [fact.source_id for fact in facts] == ["2"]
    assert [(r.line, r.column) for r in refused] == [(2, column)]
    assert "too large" in refused[0].problem.reason()


def test_an_order_is_limited_as_its_lines_are(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(
        "order,customer,at,sku,amount\n1,c,2026-01-01,a,9e10\n1,c,2026-01-01,b,9e10\n2,c,2026-01-01,a,9e10\n"
    )
    facts, refused = taken(path)
    assert [fact.source_id for fact in facts] == ["2"]
    assert [r.line for r in refused] == [2, 3]
    assert refused[0].problem.reason() == "The amount is too large: at most 100,000,000,000.00 CNY fit."


def test_amounts_in_single_precision_are_read_as_they_were_written(tmp_path: Path) -> None:
    amounts = pa.array([0.3, 19.99, 65535.99, 0, None, 200000], pa.float32())
    weights = pa.array([0.3, 1, 2.125, 1, 1, 1], pa.float32())
    facts, refused = taken(parquet(tmp_path, amount=amounts, quantity=weights))
    lines = {fact.source_id: fact.lines[0] for fact in facts if fact.lines}
    assert [lines[i].list_amount for i in "01235"] == [30, 1999, 6553599, 0, 20000000]
    assert [lines[i].quantity_milli for i in "012"] == [300, 1000, 2125]
    assert [r.line for r in refused] == [5]  # no amount


def test_what_single_precision_has_lost_is_refused(tmp_path: Path) -> None:
    # 1234567.89 is kept as 1234567.875, which is 1234567.84 to .93 as well.
    facts, refused = taken(parquet(tmp_path, amount=pa.array([1.5, 1234567.89, 16777217.25, 1.005], pa.float32())))
    assert [fact.lines[0].list_amount for fact in facts] == [150]
    assert [r.line for r in refused] == [2, 3, 4]
    assert ["single precision" in r.problem.reason() for r in refused] == [True, True, False]


def test_every_cent_up_to_80_000_survives_single_precision() -> None:
    for cents in range(0, 8_000_000, 4_999):
        assert money(np.float32(cents / 100), "CNY") == cents
