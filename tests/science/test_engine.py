"""What is built when, and what stays in force when something goes wrong."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from regulars.science.engine import DuckDB, Engine, Settings, SumTooLarge, build, marts, read_manifest
from tests.science.conftest import order, write

AT = datetime(2026, 2, 1, tzinfo=UTC)
SETTINGS = Settings(date(2026, 1, 31), "UTC", "CNY")


class Counting:
    """Engines that note what they ran, and fail at one mart where told."""

    def __init__(self, failing: str = "") -> None:
        self.opened = 0
        self.ran: list[str] = []
        self.failing = failing

    def __call__(self) -> Engine:
        self.opened += 1
        counting, engine = self, DuckDB(threads=1)
        write_mart = engine.write

        def counted(sql: str, path: Path) -> None:
            name = path.name.split("-")[0]
            if name == counting.failing:
                raise RuntimeError("killed")
            counting.ran.append(name)
            write_mart(sql, path)

        engine.write = counted  # type: ignore[method-assign]
        return engine


def shop(folder: Path, orders: int = 3) -> dict[str, list[Path]]:
    rows = [{"order_id": f"o{i}", **order("a", f"2026-01-{i + 1:02}")} for i in range(orders)]
    return {"orders": write(folder, "orders", rows)}


def test_a_second_build_opens_no_engine(tmp_path: Path) -> None:
    engines = Counting()
    first = build(shop(tmp_path), SETTINGS, tmp_path / "marts", at=AT, open_engine=engines)
    second = build({"orders": [tmp_path / "orders.parquet"]}, SETTINGS, tmp_path / "marts", at=AT, open_engine=engines)
    assert engines.opened == 1
    assert len(engines.ran) == len(marts())
    assert second == first == read_manifest(tmp_path / "marts")


def test_only_what_reads_the_changed_input_runs_again(tmp_path: Path) -> None:
    files = shop(tmp_path)
    build(files, SETTINGS, tmp_path / "marts", at=AT)
    engines = Counting()
    products = write(tmp_path, "products", [{"product_id": "p", "title": "P", "category": "Tea"}])
    build({**files, "products": products}, SETTINGS, tmp_path / "marts", at=AT, open_engine=engines)
    assert {"top_products", "customer_categories", "totals"} <= set(engines.ran)
    assert not {"purchases", "rfm", "rhythm", "cohorts", "trend"} & set(engines.ran)


def test_another_day_is_another_build(tmp_path: Path) -> None:
    files = shop(tmp_path)
    first = build(files, SETTINGS, tmp_path / "marts", at=AT)
    later = build(files, Settings(date(2026, 3, 1), "UTC", "CNY"), tmp_path / "marts", at=AT)
    assert later.version != first.version
    assert all((tmp_path / "marts" / file).exists() for file in later.files.values())


def test_a_killed_build_leaves_the_old_state_and_goes_on(tmp_path: Path) -> None:
    first = build(shop(tmp_path), SETTINGS, tmp_path / "marts", at=AT)
    files = shop(tmp_path, orders=5)
    with pytest.raises(RuntimeError, match="killed"):
        build(files, SETTINGS, tmp_path / "marts", at=AT, open_engine=(killed := Counting("rhythm")))
    assert read_manifest(tmp_path / "marts") == first
    assert all((tmp_path / "marts" / file).exists() for file in first.files.values())
    resumed = Counting()
    build(files, SETTINGS, tmp_path / "marts", at=AT, open_engine=resumed)
    assert killed.ran
    assert not set(killed.ran) & set(resumed.ran)


def test_files_of_builds_before_the_last_are_removed(tmp_path: Path) -> None:
    for orders in (2, 3, 4, 5):
        now = build(shop(tmp_path, orders), SETTINGS, tmp_path / "marts", at=AT)
    left = {file.name for file in (tmp_path / "marts").glob("*.parquet")}
    assert set(now.files.values()) <= left
    assert len(left) <= 2 * len(marts())


def test_a_spoilt_manifest_is_no_manifest(tmp_path: Path) -> None:
    first = build(shop(tmp_path), SETTINGS, tmp_path / "marts", at=AT)
    (tmp_path / "marts" / "manifest.json").write_text("{}")
    assert read_manifest(tmp_path / "marts") is None
    again = build(
        {"orders": [tmp_path / "orders.parquet"]}, SETTINGS, tmp_path / "marts", at=AT, open_engine=(e := Counting())
    )
    assert again == first
    assert e.ran == []


def test_every_mart_says_what_it_reads() -> None:
    for mart in marts():
        for name in mart.reads:
            assert f" {name}" in mart.sql.split("\n", 1)[1], f"{mart.name} does not read {name}"


def test_a_sum_beyond_64_bits_names_the_column_and_the_order_and_leaves_the_old_state(tmp_path: Path) -> None:
    first = build(shop(tmp_path), SETTINGS, tmp_path / "marts", at=AT)
    nets = {"o1": 5_000, "o2": 2**62 - 1, "o3": 2**62, "o4": 2**62 + 5, "abroad": 2**62 + 9, "void": 2**62 + 9}
    more = {"abroad": {"currency": "USD"}, "void": {"state": "cancelled"}}
    rows = [{"order_id": name, **order("a", "2026-01-02", net, **more.get(name, {}))} for name, net in nets.items()]
    with pytest.raises(SumTooLarge) as refused:
        build({"orders": write(tmp_path, "orders", rows)}, SETTINGS, tmp_path / "marts", at=AT)
    assert (refused.value.order_id, refused.value.value) == ("o4", 2**62 + 5)
    assert refused.value.column in {"list_amount", "net_amount"}
    assert read_manifest(tmp_path / "marts") == first
    assert not [*(tmp_path / "marts").glob("*.partial")]
