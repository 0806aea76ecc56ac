"""Reading the marts in force. Files are named after what went in, so what was read once stays true of its file."""

from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.conf import settings

from regulars.science.engine import Manifest, marts, read_manifest

Row = dict[str, Any]


def marts_folder() -> Path:
    return Path(settings.DATA_DIR) / "marts"


def manifest() -> Manifest | None:
    """What is in force, or None before the first refresh."""
    try:
        written_ns = (marts_folder() / "manifest.json").stat().st_mtime_ns
    except FileNotFoundError:
        return None
    found = _manifest(marts_folder(), written_ns)
    # After an update of Regulars a mart may be new: what was built before it does not count.
    return found if found and {mart.name for mart in marts()} <= found.files.keys() else None


@lru_cache(maxsize=4)
def _manifest(folder: Path, written_ns: int) -> Manifest | None:
    return read_manifest(folder)


def mart(name: str, manifest: Manifest) -> tuple[Row, ...]:
    """All rows of a small mart. Do not change them: they are shared."""
    return _rows(marts_folder() / manifest.files[name])


@lru_cache(maxsize=64)
def _rows(path: Path) -> tuple[Row, ...]:
    return tuple(pq.read_table(path, partitioning=None).to_pylist())


def of_customer(name: str, customer: UUID, manifest: Manifest) -> list[Row]:
    """One customer's rows of a mart sorted by ``customer_id``: only the row groups that may hold them are read."""
    file = pq.ParquetFile(marts_folder() / manifest.files[name])
    column, wanted = file.schema_arrow.get_field_index("customer_id"), str(customer)
    groups = []
    for index in range(file.num_row_groups):
        told = file.metadata.row_group(index).column(column).statistics
        if told is None or not told.has_min_max or told.min <= wanted <= told.max:
            groups.append(index)
    table = file.read_row_groups(groups)
    return table.filter(pc.equal(table["customer_id"], wanted)).to_pylist()


def top(name: str, count: int, manifest: Manifest) -> list[Row]:
    """The first rows of a sorted mart."""
    for batch in pq.ParquetFile(marts_folder() / manifest.files[name]).iter_batches(batch_size=count):
        return batch.to_pylist()
    return []
