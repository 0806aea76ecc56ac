"""Stream a file's rows as blocks of columns, each row with its line number, within limits that hold for any input."""

from collections.abc import Iterator
from pathlib import Path

from regulars.connectors.tabular.problems import FileRefused, _
from regulars.connectors.tabular.reading.blocks import MAX_CELL_CHARS, MAX_COLUMNS, MAX_ROW_CHARS, Block, Table
from regulars.connectors.tabular.reading.delimited import DelimitedTable
from regulars.connectors.tabular.reading.excel import ExcelTable
from regulars.connectors.tabular.reading.json import JsonTable
from regulars.connectors.tabular.reading.parquet import ParquetTable
from regulars.connectors.tabular.sniff import Format, sniff

__all__ = ["MAX_CELL_CHARS", "MAX_COLUMNS", "MAX_ROW_CHARS", "Block", "Table", "check_whole", "open_table"]

_KINDS: dict[str, type[Table]] = {
    "csv": DelimitedTable,
    "jsonl": JsonTable,
    "json": JsonTable,
    "parquet": ParquetTable,
    "xlsx": ExcelTable,
}


def open_table(path: Path, form: Format | None = None, *, is_upload: bool = False) -> Table:
    """The table in ``path``; its form is recognised where none is given. Raises FileRefused."""
    form = form or sniff(path, is_upload=is_upload)
    table = _KINDS[form.kind](path, form)
    if len(table.names) > MAX_COLUMNS:
        raise FileRefused(
            _("The header has %(count)d columns; more than %(limit)d are not read."),
            _("Check the delimiter, or export fewer columns."),
            line=1,
            count=len(table.names),
            limit=MAX_COLUMNS,
        )
    return table


def check_whole(table: Table) -> None:
    """Read once through a file that can be broken as a whole (gzip, JSON list, Parquet, Excel). Raises FileRefused.

    Rows of a plain text file stand alone: there, a bad row is that row's matter.
    """
    if table.form.compression or table.form.kind in {"json", "parquet", "xlsx"}:
        _exhaust(table.blocks())


def _exhaust(blocks: Iterator[Block]) -> None:
    for _block in blocks:
        pass
