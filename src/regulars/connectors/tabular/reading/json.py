"""JSON Lines and JSON lists. Nested objects become dotted columns; a list of lines inside an order becomes rows."""

import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

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

# Lists of objects under these names are an order's lines: one row each, the order's cells repeated.
LINE_LISTS = frozenset({"lines", "line_items", "items", "order_lines", "orders"})
NAMES_FROM_ROWS = 1000
_CHUNK_CHARS = 1 << 20

# JSON can write characters that no text has: NUL, and halves of a pair (a pair that is whole has been joined by then).
_ESCAPED = re.compile(r"\\u(0000|[dD][89a-fA-F])")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_NO_TEXT = Problem(
    _("The row holds a character that no text has (NUL, or half of a surrogate pair)."),
    _("Remove it where the row is kept, and export it again."),
)

Record = tuple[int, dict[str, Any] | Rejection]


class JsonTable(Table):
    """Its columns are the keys of the first 1,000 records; keys first seen later are not read."""

    def __init__(self, path: Path, form: Format) -> None:
        super().__init__(path, form)
        names: dict[str, None] = {}
        good = False
        for count, (line, record) in enumerate(self._records()):
            if isinstance(record, Rejection):
                if count == 0 and form.kind == "jsonl" and record.problem is not _NO_TEXT:
                    raise FileRefused(
                        _("The first line is not a JSON object."),
                        _("Write one object per line (JSON Lines), or one list of objects."),
                        line=line,
                    )
                continue
            good = True
            for row in _rows(record):
                names.update(dict.fromkeys(row))
            if count >= NAMES_FROM_ROWS or len(names) > MAX_COLUMNS:
                break
        if not good:
            raise FileRefused(
                _("The file holds no records."), _("Write one object per line (JSON Lines), or one list of objects.")
            )
        self._keys = list(names)
        self.names = unique_names(self._keys)

    def blocks(self, rows: int = BLOCK_ROWS) -> Iterator[Block]:
        numbers: list[int] = []
        cells: list[list[Any]] = []
        unread: list[Rejection] = []
        self._chars = 0
        for line, record in self._records():
            if isinstance(record, Rejection):
                unread.append(record)
            else:
                for row in _rows(record):
                    numbers.append(line)
                    cells.append([row.get(key) for key in self._keys])
            if len(cells) >= rows or len(unread) >= rows or self._chars >= BLOCK_CHARS:
                yield Block(numbers, self._transposed(cells), unread, self._position)
                numbers, cells, unread, self._chars = [], [], [], 0
        if cells or unread:
            yield Block(numbers, self._transposed(cells), unread, self._position)

    def _transposed(self, cells: list[list[Any]]) -> list[tuple[Any, ...]]:
        return list(zip(*cells, strict=True)) if cells else [()] * len(self._keys)

    def _records(self) -> Iterator[Record]:
        self._position, self._chars = 0, 0
        with self.path.open("rb") as file:
            raw = unpacked(file, self.form.compression, self.form.unpacked_max)
            errors = "replace" if self.form.encoding.startswith("utf-16") else "surrogateescape"
            text = io.TextIOWrapper(raw, self.form.encoding, errors=errors)
            try:
                for record in self._of_lines(text) if self.form.kind == "jsonl" else self._of_list(text):
                    self._position = file.tell()
                    yield record
            except (EOFError, zlib.error, gzip.BadGzipFile):
                raise truncated() from None

    def _of_lines(self, text: io.TextIOWrapper) -> Iterator[Record]:
        number = 0
        while line := text.readline(MAX_ROW_CHARS + 1):
            number += 1
            self._chars += len(line)
            if len(line) > MAX_ROW_CHARS:
                start = shorten(line)
                while line and not line.endswith("\n"):
                    line = text.readline(MAX_ROW_CHARS + 1)
                yield number, _too_long(number, start)
            elif line.strip("\ufeff \t\r\n"):
                yield number, _parsed(line.strip("\ufeff \t\r\n"), number)

    def _of_list(self, text: io.TextIOWrapper) -> Iterator[Record]:
        """The objects of one big list, decoded one by one from a window that never holds more than one long row."""
        decoder = json.JSONDecoder(parse_float=_fraction, parse_int=_whole)
        window, at, line, ended = "", 0, 1, False
        opened = False
        while True:
            while at < len(window) and window[at] in " \t\r\n,\ufeff" + ("" if opened else "["):
                opened = opened or window[at] == "["
                line += window[at] == "\n"
                at += 1
            if at < len(window) and window[at] == "]":
                return
            try:
                record, stop = decoder.raw_decode(window, at) if at < len(window) else (None, -1)
            except (json.JSONDecodeError, RecursionError):
                stop = -1
            if stop >= 0 and (stop < len(window) or ended):
                self._chars += stop - at
                yield line, _checked(record, line, window[at:stop])
                line += window.count("\n", at, stop)
                at = stop
                continue
            if ended or len(window) - at > MAX_ROW_CHARS:
                raise FileRefused(
                    _("The JSON list is broken or cut off here."),
                    _("Export it again, or write one object per line (JSON Lines)."),
                    line=line,
                )
            chunk = text.read(_CHUNK_CHARS)
            ended = not chunk
            window, at = window[at:] + chunk, 0


# Numbers that Python takes for no number (thousands of digits, 1e99999999999999999999) stay text: their cell is refused later.
def _fraction(text: str) -> Decimal | str:
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


def _whole(text: str) -> int | str:
    try:
        return int(text)
    except ValueError:
        return text


def _parsed(text: str, line: int) -> dict[str, Any] | Rejection:
    try:
        record = json.loads(text, parse_float=_fraction, parse_int=_whole)
    except (json.JSONDecodeError, RecursionError, ValueError) as error:
        column = getattr(error, "colno", 0)
        problem = Problem(
            _("This line is not valid JSON (at character %(at)d)."),
            _("Write one whole object per line."),
            {"at": column},
        )
        return Rejection(line, "", shorten(text), problem, (shorten(text),))
    return _checked(record, line, text)


def _checked(record: Any, line: int, text: str) -> dict[str, Any] | Rejection:
    if not isinstance(record, dict):
        problem = Problem(_("This is not a JSON object."), _('Write each record as {"name": value, ...}.'))
        return Rejection(line, "", shorten(text), problem, (shorten(text),))
    if _ESCAPED.search(text) and not all(map(_is_text, _texts(record))):
        return Rejection(line, "", shorten(text), _NO_TEXT, (shorten(text),))
    try:
        text.encode("utf-8")
        if any(isinstance(value, str) and len(value) > MAX_CELL_CHARS for value in record.values()):
            return _too_long(line, shorten(text))
    except UnicodeEncodeError:
        problem = Problem(
            _("The row holds bytes that are not %(encoding)s text."),
            _("Save the file as UTF-8 and import it again."),
            {"encoding": "UTF-8"},
        )
        return Rejection(line, "", shorten(text.encode("utf-8", "replace").decode()), problem)
    return record


def _texts(value: Any) -> Iterator[str]:
    """Every key and text in a record, however deep."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            left += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            left += one


def _is_text(value: str) -> bool:
    return _UNSTORABLE.search(value) is None


def _too_long(line: int, start: str) -> Rejection:
    problem = Problem(
        _("The row is too long: a cell may hold %(cell)d characters, a row %(row)d."),
        _("Shorten it, or leave that column out of the export."),
        {"cell": MAX_CELL_CHARS, "row": MAX_ROW_CHARS},
    )
    return Rejection(line, "", start, problem, (start,))


def _rows(record: dict[str, Any]) -> list[dict[str, Any]]:
    """One record as rows: nested objects flattened, its list of lines (if it has one) one row each."""
    lines = next(
        (k for k, v in record.items() if k in LINE_LISTS and isinstance(v, list) and v and isinstance(v[0], dict)), None
    )
    base = _flat({k: v for k, v in record.items() if k != lines})
    if lines is None:
        return [base]
    return [{**base, **_flat(item, "line.")} for item in record[lines] if isinstance(item, dict)]


def _flat(record: dict[str, Any], prefix: str = "", depth: int = 0) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in record.items():
        if isinstance(value, dict) and depth < 3:
            flat.update(_flat(value, f"{prefix}{key}.", depth + 1))
        elif isinstance(value, list | dict):
            flat[prefix + key] = (
                ", ".join(map(str, value))
                if isinstance(value, list) and not any(isinstance(v, dict | list) for v in value)
                else json.dumps(value, ensure_ascii=False, default=str)
            )
        else:
            flat[prefix + key] = value
    return flat
