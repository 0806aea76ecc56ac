"""A folder of Parquet files by month: ``<root>/month=2017-01/part-….parquet``. A file is complete or not there.

What was appended survives a power cut, as the database's acknowledged writes do: counts there rely on files here.
"""

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from regulars.storage.bulk import new_hex


class MonthlyFiles:
    """Append to, replace and list the files of one fact table."""

    def __init__(self, root: Path, schema: pa.Schema) -> None:
        self.root, self.schema = root, schema

    def files(self, month: str | None = None) -> list[Path]:
        """Complete files, oldest first; of one month where given."""
        return sorted(self.root.glob(f"month={month or '*'}/part-*.parquet"))

    def append(self, month: str, table: pa.Table) -> Path:
        """Add one file to a month."""
        folder = self.root / f"month={month}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"part-{new_hex()}.parquet"
        unfinished = path.with_suffix(".unfinished")
        try:
            pq.write_table(table, unfinished, compression="zstd", compression_level=1)
            _sync(unfinished)
            unfinished.rename(path)
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise
        # The names too: of the file in its month, of the month in its table.
        _sync(folder)
        _sync(self.root)
        return path

    def replace(self, month: str, table: pa.Table) -> None:
        """Make ``table`` all there is of a month."""
        old = self.files(month)
        if table.num_rows:
            self.append(month, table)
        for path in old:
            path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Have a file's content, or a folder's names, on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
