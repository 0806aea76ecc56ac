"""The marts: batch pipelines written once as SQL files, run by an engine over Parquet files.

A mart is one SELECT in ``marts/<name>.sql`` whose first line names the relations it reads: inputs (facts, snapshots,
the shop's settings) or other marts. ``build`` runs those whose text or inputs changed. Results are files named after the
fingerprint of what went in, and ``manifest.json`` says which are in force. It is replaced in one rename: a reader sees
all of the old state or all of the new, and a build that was killed goes on where it stopped.
"""

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

MARTS = Path(__file__).parent / "marts"
_INSTANT, _TEXT, _COUNT = pa.timestamp("us", tz="UTC"), pa.string(), pa.int64()
# The inputs marts may read, with their columns: what an input without files looks like, and what writers owe.
INPUTS: Mapping[str, pa.Schema] = {
    "orders": pa.schema(
        [(name, _TEXT) for name in ("order_id", "customer_id")]
        + [("placed_at", _INSTANT), ("day", pa.date32())]
        + [(name, _TEXT) for name in ("state", "currency", "channel", "store")]
        + [("line_count", pa.int32())]
        + [
            (f"{name}_amount", _COUNT)
            for name in ("list", "discount", "net", "shipping", "tax", "funded", "paid", "refunded")
        ]
    ),
    "lines": pa.schema(
        [("order_id", _TEXT), ("customer_id", _TEXT), ("placed_at", _INSTANT), ("day", pa.date32())]
        + [("number", pa.int32()), ("product_id", _TEXT), ("quantity_milli", _COUNT)]
        + [(f"{name}_amount", _COUNT) for name in ("list", "discount", "net", "funded")]
    ),
    "customers": pa.schema(
        [("customer_id", _TEXT), ("canonical_id", _TEXT), ("has_contact", pa.bool_()), ("is_guest", pa.bool_())]
    ),
    "products": pa.schema([("product_id", _TEXT), ("title", _TEXT), ("category", _TEXT)]),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What the marts take from the shop: the day they are told for, its IANA zone and its currency."""

    as_of: date
    zone: str
    currency: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """Which files are in force. ``files`` and ``rows`` are by mart; ``version`` is the fingerprint of all of it."""

    version: str
    as_of: date
    built_at: datetime
    files: Mapping[str, str]
    rows: Mapping[str, int]


class SumTooLarge(ArithmeticError):
    """A figure of ``mart`` leaves 64 bits, for the facts hold amounts that cannot be. The one to look at: ``value`` is the
    largest of ``column`` (of orders or their lines; minor units or thousandths), the column that sums highest. ``order_id``
    has it."""

    def __init__(self, mart: str, column: str, order_id: str, value: int) -> None:
        super().__init__(f"{mart} leaves 64 bits: {column} of order {order_id} is {value:,}")
        self.mart, self.column, self.order_id, self.value = mart, column, order_id, value


class Engine(Protocol):
    """What runs the marts. DuckDB here; a Spark engine needs these four methods and a twin of the dialect file."""

    name: str

    def load(self, name: str, files: Sequence[Path], schema: pa.Schema | None) -> None:
        """Make a relation of Parquet files; without files, an empty one of ``schema``."""

    def settle(self, settings: Settings) -> None:
        """Make the one-row relation ``shop``."""

    def write(self, sql: str, path: Path) -> None:
        """Run a SELECT into one Parquet file. Raises OverflowError for a figure that leaves 64 bits, OSError where
        the file cannot be written."""

    def close(self) -> None: ...


class DuckDB:
    """The embedded engine: in memory, UTC, with as many threads as the machine has unless told."""

    name = "duckdb"

    def __init__(self, threads: int | None = None, memory_limit: str = "2GB", spill: Path | None = None) -> None:
        config: dict[str, str | bool | int | float | list[str]] = {"memory_limit": memory_limit}
        if threads:
            config["threads"] = threads
        if spill:
            config["temp_directory"] = str(spill)
        self.connection = duckdb.connect(":memory:", config=config)
        # A mart reads what was loaded for it, never a Python variable that happens to have a relation's name.
        self.connection.execute("SET TimeZone = 'UTC'; SET python_enable_replacements = false")
        self.connection.execute((MARTS / "dialect_duckdb.sql").read_text())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def load(self, name: str, files: Sequence[Path], schema: pa.Schema | None) -> None:
        if files:
            self.connection.read_parquet([str(file) for file in files]).create_view(name, replace=True)
        elif schema is None:
            raise ValueError(f"{name} has neither files nor a schema")
        else:
            self.connection.register(name, schema.empty_table())

    def settle(self, settings: Settings) -> None:
        self.connection.execute(
            "CREATE TABLE shop AS SELECT CAST(? AS DATE) AS as_of, CAST(? AS TEXT) AS zone, CAST(? AS TEXT) AS currency",
            [settings.as_of, settings.zone, settings.currency],
        )

    def write(self, sql: str, path: Path) -> None:
        # Small row groups: one customer's rows of a sorted mart are read without the rest of the file.
        try:
            self.connection.sql(sql).write_parquet(str(path), compression="zstd", row_group_size=8192)
        except duckdb.DataError as error:
            if "out of range" in str(error).lower():
                raise OverflowError(str(error)) from None
            raise
        except duckdb.IOException as error:
            raise OSError(str(error)) from None

    def close(self) -> None:
        self.connection.close()


@dataclass(frozen=True, slots=True)
class Mart:
    name: str
    sql: str
    reads: tuple[str, ...]


@cache
def marts() -> tuple[Mart, ...]:
    """All marts, each after those it reads. Raises ValueError for one that reads what does not exist."""
    found: dict[str, Mart] = {}
    for path in sorted(MARTS.glob("*.sql")):
        if path.stem.startswith("dialect_"):
            continue
        sql = path.read_text()
        head = re.match(r"-- reads: ([a-z_, ]+)\n", sql)
        if not head:
            raise ValueError(f"{path.name} must begin with a line '-- reads: relation, relation'")
        found[path.stem] = Mart(path.stem, sql, tuple(name.strip() for name in head[1].split(",")))
    for mart in found.values():
        if unknown := set(mart.reads) - found.keys() - INPUTS.keys() - {"shop"}:
            raise ValueError(f"{mart.name}.sql reads unknown relations: {', '.join(sorted(unknown))}")
    order = TopologicalSorter({mart.name: [name for name in mart.reads if name in found] for mart in found.values()})
    return tuple(found[name] for name in order.static_order())


def fingerprint(*parts: object) -> str:
    """16 hex digits that change when a part does."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:16]


def fingerprint_of_files(files: Sequence[Path]) -> str:
    """By name, size and time of change: fact files are replaced whole, never written in place."""
    stats = [(file, file.stat()) for file in files]
    return fingerprint(*((file, stat.st_size, stat.st_mtime_ns) for file, stat in stats))


def read_manifest(folder: Path) -> Manifest | None:
    """What is in force in ``folder``, or None before the first build (or where the file is not one of ours)."""
    try:
        told = json.loads((folder / "manifest.json").read_text())
        return Manifest(
            told["version"],
            date.fromisoformat(told["as_of"]),
            datetime.fromisoformat(told["built_at"]),
            told["files"],
            told["rows"],
        )
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def build(
    inputs: Mapping[str, Sequence[Path]],
    settings: Settings,
    folder: Path,
    *,
    at: datetime,
    open_engine: Callable[[], Engine] = DuckDB,
    progress: Callable[[int, int, str], None] = lambda done, total, name: None,
    everything: bool = False,
) -> Manifest:
    """Bring the marts in ``folder`` up to date with ``inputs`` (Parquet files by name) and answer what is in force.

    ``progress`` is told how many marts are done, of how many, and the name of the next. Nothing changed: no engine is
    opened; ``everything`` runs all of it nevertheless. Raises SumTooLarge for a figure that leaves 64 bits and the engine's
    error for files that are not what ``INPUTS`` says; the old state then stays in force.

    One build of a folder at a time. That is for the caller to see to, who lists the inputs under the same lock: else what
    an older build saw could follow a newer one.
    """
    prints = {name: fingerprint_of_files(inputs.get(name, ())) for name in INPUTS}
    prints["shop"] = fingerprint(settings.as_of, settings.zone, settings.currency)
    dialect = (MARTS / "dialect_duckdb.sql").read_text()
    for mart in marts():
        prints[mart.name] = fingerprint(mart.sql, dialect, *(prints[name] for name in mart.reads))
    files = {mart.name: f"{mart.name}-{prints[mart.name]}.parquet" for mart in marts()}
    version = fingerprint(*files.values())
    before = read_manifest(folder)
    if (
        not everything
        and before
        and before.version == version
        and all((folder / file).exists() for file in files.values())
    ):
        return before
    folder.mkdir(parents=True, exist_ok=True)
    rows = dict(_run(inputs, settings, folder, files, open_engine, progress, everything))
    manifest = Manifest(version, settings.as_of, at, files, rows)
    _put_in_force(manifest, folder)
    _sweep(folder, {*files.values(), *(before.files.values() if before else ())})
    return manifest


def _run(
    inputs: Mapping[str, Sequence[Path]],
    settings: Settings,
    folder: Path,
    files: Mapping[str, str],
    open_engine: Callable[[], Engine],
    progress: Callable[[int, int, str], None],
    everything: bool,
) -> Iterator[tuple[str, int]]:
    engine = open_engine()
    try:
        engine.settle(settings)
        for name, schema in INPUTS.items():
            engine.load(name, inputs.get(name, ()), schema)
        for done, mart in enumerate(marts()):
            path = folder / files[mart.name]
            if everything or not path.exists():
                progress(done, len(files), mart.name)
                partial = folder / f"{path.name}.partial"
                try:
                    engine.write(mart.sql, partial)
                    os.replace(partial, path)
                except OverflowError:
                    raise _blamed(mart.name, engine, partial) from None
                finally:
                    partial.unlink(missing_ok=True)
            engine.load(mart.name, [path], None)
            yield mart.name, int(pq.read_metadata(path).num_rows)
    finally:
        engine.close()
    progress(len(files), len(files), "")


def _blamed(mart: str, engine: Engine, partial: Path) -> SumTooLarge:
    """The column of the facts that sums highest among the orders that count as money, and the largest value in it."""

    def ask(what: str, facts: str, then: str = "") -> dict[str, Any]:
        joined = f"{facts} AS f INNER JOIN orders AS o ON o.order_id = f.order_id CROSS JOIN shop AS s"
        counted = "o.currency = s.currency AND o.state NOT IN ('pending', 'cancelled', 'refunded')"
        engine.write(f"SELECT {what} FROM {joined} WHERE {counted} {then}", partial)  # noqa: S608  words of this file
        answer: dict[str, Any] = pq.read_table(partial, partitioning=None).to_pylist()[0]
        return answer

    sums: dict[tuple[str, str], float] = {}
    for facts in ("orders", "lines"):
        columns = [name for name in INPUTS[facts].names if name.endswith(("_amount", "_milli"))]
        found = ask(", ".join(f"SUM(CAST(f.{name} AS DOUBLE)) AS {name}" for name in columns), facts)
        sums |= {(facts, name): total or 0.0 for name, total in found.items()}
    facts, column = max(sums, key=lambda key: sums[key])
    largest = ask(f"f.order_id, f.{column} AS value", facts, "ORDER BY value DESC, f.order_id LIMIT 1")
    return SumTooLarge(mart, column, largest["order_id"], largest["value"])


def _put_in_force(manifest: Manifest, folder: Path) -> None:
    told = {
        "version": manifest.version,
        "as_of": manifest.as_of.isoformat(),
        "built_at": manifest.built_at.isoformat(),
        "files": dict(manifest.files),
        "rows": dict(manifest.rows),
    }
    partial = folder / "manifest.partial"
    partial.write_text(json.dumps(told, indent=1))
    os.replace(partial, folder / "manifest.json")


def _sweep(folder: Path, keep: set[str]) -> None:
    """Remove files of earlier builds, and what a killed one left. Those of the manifest before stay: a reader may
    still hold it."""
    for file in [*folder.glob("*.parquet"), *folder.glob("*.partial")]:
        if file.name not in keep:
            file.unlink(missing_ok=True)
