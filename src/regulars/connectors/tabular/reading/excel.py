"""Excel workbooks (.xlsx): the first sheet's table, whatever titles stand above it. Formulas count as their last values."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from regulars.connectors.tabular.problems import FileRefused, Problem, Rejection, _, shorten
from regulars.connectors.tabular.reading.blocks import (
    BLOCK_CHARS,
    BLOCK_ROWS,
    MAX_CELL_CHARS,
    MAX_ROW_CHARS,
    Block,
    Table,
    unique_names,
)
from regulars.connectors.tabular.reading.delimited import is_value
from regulars.connectors.tabular.reading.workbook import Rounded, Row, Workbook
from regulars.connectors.tabular.sniff import Format

HEADER_WITHIN_ROWS = 20
_ROUNDED = Problem(
    _("Excel keeps 15 digits of a number: those after them are lost."),
    _("Export the column as text (or as CSV) and import that: ids that differ in these digits alone are one now."),
)
_TOO_LONG = Problem(
    _("The row is too long: a cell may hold %(cell)d characters, a row %(row)d."),
    _("Shorten it, or leave that column out of the export."),
    {"cell": MAX_CELL_CHARS, "row": MAX_ROW_CHARS},
)
_OTHER_SHEETS = _("Only the sheet “%(sheet)s” was read; the workbook also has: %(others)s.")
_OTHER_SHEETS_MEND = _("To import another sheet, save it as a file of its own.")


class ExcelTable(Table):
    """Line numbers are the sheet's row numbers."""

    def __init__(self, path: Path, form: Format) -> None:
        super().__init__(path, form)
        self._book = Workbook(path, form.unpacked_max)
        first = [row for row, _done in islice(self._book.rows(), HEADER_WITHIN_ROWS)]
        if not first:
            raise FileRefused(_("The file is empty."), _("Export it again and check that it has rows."))
        header = _header_of(first)
        cells = [_shown(header.cells.get(column)) for column in range(max(header.cells) + 1)]
        if all(is_value(cell) for cell in cells if cell):
            raise FileRefused(
                _("The first line holds values, not column names."),
                _("Add a first line with the names of the columns."),
                line=header.number,
            )
        self._header_line, self.names = header.number, unique_names(cells)

    def blocks(self, rows: int = BLOCK_ROWS) -> Iterator[Block]:
        block, cells, chars = Block([], []), list[list[Any]](), 0
        doubts = self._of_the_workbook()
        for row, done in self._book.rows():
            if row.number <= self._header_line:
                continue
            found = [row.cells.get(column) for column in range(len(self.names))]
            if (problem := self._wrong(row)) is not None:
                block.unread.append(Rejection(row.number, "", _start(found), problem, tuple(map(_shown, found))))
            else:
                chars += row.chars
                block.lines.append(row.number)  # type: ignore[attr-defined]
                cells.append(self._plain(row.number, found, doubts))
            if len(cells) >= rows or len(block.unread) >= rows or chars >= BLOCK_CHARS:
                yield self._finished(block, cells, doubts, done)
                block, cells, chars, doubts = Block([], []), [], 0, []
        if cells or block.unread:
            yield self._finished(block, cells, doubts, self._book.sheet_bytes)

    def _finished(self, block: Block, cells: list[list[Any]], doubts: list[Rejection], done: int) -> Block:
        block.columns = list(zip(*cells, strict=True)) if cells else [()] * len(self.names)
        block.position = self.size * done // max(self._book.sheet_bytes, 1)
        block.doubts = doubts
        return block

    def _of_the_workbook(self) -> list[Rejection]:
        if not self._book.others:
            return []
        said = {"sheet": shorten(self._book.title), "others": shorten(", ".join(self._book.others), 200)}
        return [Rejection(0, "", "", Problem(_OTHER_SHEETS, _OTHER_SHEETS_MEND, said))]

    def _wrong(self, row: Row) -> Problem | None:
        if row.chars > MAX_ROW_CHARS or any(isinstance(c, str) and len(c) > MAX_CELL_CHARS for c in row.cells.values()):
            return _TOO_LONG
        if (last := max(row.cells)) >= len(self.names):
            return Problem(
                _("The row has %(count)d cells, the header %(width)d."),
                _("Clear the cells beside the table, or give their column a name."),
                {"count": last + 1, "width": len(self.names)},
            )
        return None

    def _plain(self, number: int, cells: list[Any], doubts: list[Rejection]) -> list[Any]:
        """The cells as values; numbers that Excel has rounded are told."""
        for index, cell in enumerate(cells):
            if isinstance(cell, Rounded):
                cells[index] = cell.digits
                doubts.append(Rejection(number, self.names[index], cell.digits, _ROUNDED))
        return cells


def _header_of(rows: Sequence[Row]) -> Row:
    """The first row filled more than half as far as the fullest: titles above a table are one merged cell or two."""
    fullest = max(len(row.cells) for row in rows)
    return next(row for row in rows if 2 * len(row.cells) > fullest)


def _shown(cell: Any) -> str:
    return "" if cell is None else str(cell.digits if isinstance(cell, Rounded) else cell).strip()


def _start(cells: Sequence[Any]) -> str:
    return shorten(" ".join(filter(None, map(_shown, cells[:3]))))
