"""CSV, TSV and their kin: quoted cells, quotes that never close, cells and lines of any size."""

import csv
import gzip
import io
import zlib
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from regulars.connectors.tabular.problems import FileRefused, Problem, Rejection, _, shorten
from regulars.connectors.tabular.reading.blocks import (
    BLOCK_CHARS,
    BLOCK_ROWS,
    MAX_CELL_CHARS,
    MAX_COLUMNS,
    MAX_ROW_CHARS,
    Block,
    Table,
    unique_names,
)
from regulars.connectors.tabular.sniff import Format, truncated, unpacked

# The csv module's one limit is the process's; nothing else here reads longer cells.
csv.field_size_limit(MAX_CELL_CHARS)
# Text read again after quotes that do not match; beyond this the file is refused rather than read in circles.
MAX_REREAD_CHARS = 50_000_000


class _RowTooLong(Exception):
    pass


class _Lines:
    """Physical lines for ``csv.reader``, with a way back to the line after the one at which a broken row began."""

    def __init__(self, path: Path, form: Format) -> None:
        self._file = path.open("rb")
        raw = unpacked(self._file, form.compression, form.unpacked_max)
        # Bad bytes come through as stand-ins, so that only the rows that hold them are refused.
        errors = "replace" if form.encoding.startswith("utf-16") else "surrogateescape"
        self._text = io.TextIOWrapper(raw, form.encoding, errors=errors, newline="")
        self._again: deque[str] = deque()
        self._held: list[str] = []
        self._held_chars = self._reread_chars = 0
        self.number, self._at_start = 0, True

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._read()
        if not line:
            raise StopIteration
        self.number += 1
        self._held.append(line)
        self._held_chars += len(line)
        if self._held_chars > MAX_ROW_CHARS:
            raise _RowTooLong
        return line

    def _read(self) -> str:
        try:
            line = rest = self._text.readline(MAX_ROW_CHARS + 1)
            while len(rest) > MAX_ROW_CHARS and not rest.endswith(("\n", "\r")):
                rest = self._text.readline(MAX_ROW_CHARS + 1)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise truncated() from None
        if self._at_start:
            self._at_start, line = False, line.removeprefix("\ufeff")
        return line

    def begin(self) -> int:
        """Forget the lines of the last row; the number of the line at which the next one begins."""
        self._held, self._held_chars = [], 0
        return self.number + 1

    @property
    def held(self) -> list[str]:
        return self._held

    def back(self) -> None:
        """Go back to the line after the one at which this row began."""
        again = self._held[1:]
        self._reread_chars += sum(map(len, again))
        if self._reread_chars > MAX_REREAD_CHARS:
            raise FileRefused(
                _("Quotes do not match in too many rows."),
                _(
                    'Export the file again with every text cell in double quotes, and quotes inside a cell doubled ("").'
                ),
                line=self.number - len(again),
            )
        self._again.extendleft(reversed(again))
        self.number -= len(again)

    @property
    def position(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        self._text.close()
        self._file.close()


class DelimitedTable(Table):
    def __init__(self, path: Path, form: Format) -> None:
        super().__init__(path, form)
        lines = _Lines(path, form)
        try:
            self._header_line, self.names = self._header(lines)
        finally:
            lines.close()

    def _reader(self, lines: _Lines) -> Iterator[list[str]]:
        return csv.reader(lines, delimiter=self.form.delimiter or ",", strict=True)

    def _header(self, lines: _Lines) -> tuple[int, list[str]]:
        """The header: the first of the first 20 rows that is as wide as most of them (titles stand above it)."""
        rows: list[tuple[int, list[str]]] = []
        reader = self._reader(lines)
        while len(rows) < 20:
            begins = lines.begin()
            try:
                cells = next(reader)
            except StopIteration:
                break
            except (_RowTooLong, csv.Error):
                if not rows:
                    raise FileRefused(
                        _("The header cannot be read: it is too long or its quotes do not match."),
                        _("Check that the first line holds the column names and that the file is a table."),
                        line=begins,
                    ) from None
                break
            if any(cell.strip() for cell in cells):
                rows.append((begins, cells))
        if not rows:
            raise FileRefused(_("The file is empty."), _("Export it again and check that it has rows."))
        widths = [len(cells) for _begins, cells in rows]
        common = max(set(widths), key=lambda w: (widths.count(w), w))
        begins, cells = next((b, c) for b, c in rows if len(c) == common or len(c) > MAX_COLUMNS)
        if all(is_value(cell) for cell in cells if cell.strip()):
            raise FileRefused(
                _("The first line holds values, not column names."),
                _("Add a first line with the names of the columns."),
                line=begins,
            )
        return begins, unique_names(cells)

    def blocks(self, rows: int = BLOCK_ROWS) -> Iterator[Block]:
        lines = _Lines(self.path, self.form)
        try:
            yield from self._blocks(lines, rows)
        finally:
            lines.close()

    def _blocks(self, lines: _Lines, rows: int) -> Iterator[Block]:
        reader = self._reader(lines)
        width = len(self.names)
        numbers: list[int] = []
        cells: list[list[str]] = []
        unread: list[Rejection] = []
        chars = 0
        while True:
            begins = lines.begin()
            try:
                row = next(reader)
            except StopIteration:
                break
            except (_RowTooLong, csv.Error) as error:
                if begins > self._header_line:
                    unread.append(_unreadable(begins, lines, error))
                lines.back()
                reader = self._reader(lines)
                continue
            if begins <= self._header_line or not row:
                continue
            held = lines.held
            chars += len(held[0])
            if len(row) != width or not (held[0].isascii() or _is_clean(held)) or "\0" in held[0]:
                problem = self._mismatch(row, held)
                if problem:
                    unread.append(
                        Rejection(begins, "", shorten("".join(held)), problem, tuple(shorten(c) for c in row[:width]))
                    )
                    continue
                row = (row + [""] * width)[:width]
            numbers.append(begins)
            cells.append(row)
            if len(cells) >= rows or chars >= BLOCK_CHARS or len(unread) >= rows:
                yield Block(numbers, list(zip(*cells, strict=True)) or [()] * width, unread, lines.position)
                numbers, cells, unread, chars = [], [], [], 0
        if cells or unread:
            yield Block(numbers, list(zip(*cells, strict=True)) or [()] * width, unread, lines.position)

    def _mismatch(self, row: list[str], held: list[str]) -> Problem | None:
        width = len(self.names)
        if not _is_clean(held):
            return Problem(
                _("The row holds bytes that are not %(encoding)s text."),
                _("Save the file as UTF-8 and import it again."),
                {"encoding": self.form.encoding.upper()},
            )
        if any("\0" in line for line in held):
            return Problem(
                _("The row holds a NUL character."), _("Remove it with a text editor, or export the file again.")
            )
        if len(row) > width and any(cell.strip() for cell in row[width:]):
            return Problem(
                _("The row has %(count)d cells, the header %(width)d."),
                _("A cell with the delimiter in it needs double quotes around it."),
                {"count": len(row), "width": width},
            )
        if len(row) < width and not held[-1].endswith(("\n", "\r")):
            return Problem(
                _("The last row is cut off: it has %(count)d cells, the header %(width)d."),
                _("The export or download may have ended early: make it again."),
                {"count": len(row), "width": width},
            )
        return None


def _is_clean(held: list[str]) -> bool:
    """No stand-in for bytes that did not decode."""
    for line in held:
        if "\ufffd" in line:
            return False
        if not line.isascii():
            try:
                line.encode("utf-8")
            except UnicodeEncodeError:
                return False
    return True


def _unreadable(line: int, lines: _Lines, error: Exception) -> Rejection:
    start = shorten(lines.held[0]) if lines.held else ""
    if isinstance(error, _RowTooLong) or "field larger" in str(error):
        problem = Problem(
            _("The row is too long: a cell may hold %(cell)d characters, a row %(row)d."),
            _("Shorten it, or leave that column out of the export."),
            {"cell": MAX_CELL_CHARS, "row": MAX_ROW_CHARS},
        )
    else:
        problem = Problem(
            _("The double quotes of this row do not match."),
            _('Put the cell in double quotes and double the quotes inside it ("").'),
        )
    return Rejection(line, "", start, problem, (start,))


def is_value(cell: str) -> bool:
    """Whether a cell is a number or a date rather than a name."""
    return (
        cell.strip()
        .strip("'\"=")
        .replace(".", "")
        .replace(",", "")
        .replace("-", "")
        .replace("/", "")
        .replace(":", "")
        .replace(" ", "")
        .isdigit()
    )
