"""Parquet by record batches; columns stay Arrow arrays, so that conversion can work on whole columns."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from regulars.connectors.tabular.problems import FileRefused, _
from regulars.connectors.tabular.reading.blocks import BLOCK_CHARS, BLOCK_ROWS, Block, Table, unique_names
from regulars.connectors.tabular.sniff import Format

_MEND = _("Write the file again with the program that made it; nothing of it was imported.")


class ParquetTable(Table):
    """Line numbers are row numbers, from 1."""

    def __init__(self, path: Path, form: Format) -> None:
        super().__init__(path, form)
        try:
            with pq.ParquetFile(path) as file:
                schema, self._rows = file.schema_arrow, file.metadata.num_rows
                packed = sum(file.metadata.row_group(i).total_byte_size for i in range(file.num_row_groups))
        except (pa.ArrowException, OSError):
            raise FileRefused(_("The Parquet file is damaged or cut off."), _MEND) from None
        self._row_bytes = packed / max(self._rows, 1)
        self.names = unique_names(schema.names)

    def blocks(self, rows: int = BLOCK_ROWS) -> Iterator[Block]:
        done = 0
        rows = max(1, min(rows, int(BLOCK_CHARS / max(self._row_bytes, 1))))
        try:
            with pq.ParquetFile(self.path) as file:
                for batch in file.iter_batches(rows):
                    columns = [_plain(column) for column in batch.columns]
                    start, done = done, done + batch.num_rows
                    yield Block(range(start + 1, done + 1), columns, [], self.size * done // max(self._rows, 1))
        except (pa.ArrowException, OSError):
            raise FileRefused(_("The Parquet file is damaged or cut off."), _MEND, line=done + 1) from None


def _plain(column: pa.Array) -> pa.Array:
    """Without dictionaries and nanoseconds, which cost dearly as Python values."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    return column
