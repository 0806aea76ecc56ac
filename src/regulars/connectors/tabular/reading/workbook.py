"""The parts of an Excel workbook (.xlsx) that hold values: its first sheet's rows, streamed, with memory flat but for the
workbook's shared texts.

Numbers are read from their text, not through floats. Excel itself keeps 15 significant digits, so what is beyond them is
either exact (a program wrote the file) or lost (Excel did). Sources: ECMA-376, part 1, sections 18.3 (sheets), 18.4 (shared
strings), 18.8.30 (number formats), 18.17.4 (dates).
"""

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Any
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

from regulars.connectors.tabular.problems import FileRefused, _

# Shared texts are all in memory while a sheet is read; the parts that describe the workbook are small.
SHARED_BYTES_MAX, DESCRIBING_BYTES_MAX = 256 << 20, 64 << 20
COLUMNS_MAX = 16_384
DIGITS_KEPT = 15
_CHUNK_BYTES = 1 << 18
# Built-in formats of dates and times, those of Chinese Excel (27-36, 50-58) included; not those of durations (45-47).
_DATE_FORMATS = {*range(14, 23), *range(27, 37), *range(50, 59)}
_NO_LETTERS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]', re.IGNORECASE)
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LAST_DAY = 2_958_465  # 31 December 9999

_SAVE_AGAIN = _("Open it in Excel or WPS and save it again as .xlsx, or as CSV (UTF-8).")


def damaged() -> FileRefused:
    return FileRefused(_("The Excel workbook is damaged or cut off."), _SAVE_AGAIN)


@dataclass(frozen=True, slots=True)
class Rounded:
    """A number of which Excel has lost the digits after the 15th."""

    digits: str


@dataclass(slots=True)
class Row:
    """A row with anything in it: its number in the sheet (from 1), and its cells by column (from 0)."""

    number: int
    cells: dict[int, Any]
    chars: int


class Workbook:
    """An open workbook; ``title`` is the sheet that is read, the first that is not hidden, ``others`` are the rest."""

    def __init__(self, path: Path, unpacked_max: int) -> None:
        self._path, self._unpacked_max = path, unpacked_max
        try:
            with ZipFile(path) as package:
                self._read_parts(package)
        except (BadZipFile, OSError, KeyError, ValueError, IndexError, expat.ExpatError, EOFError, zlib.error):
            raise damaged() from None
        except (RuntimeError, NotImplementedError):
            raise protected() from None

    def _read_parts(self, package: ZipFile) -> None:
        book = next(iter(_related(package, "", "officeDocument").values()))
        sheets, self._is_1904 = _sheets(package, book)
        found = _related(package, book, "worksheet")
        shown = [(title, found[key]) for title, key in sheets if key in found]
        if not shown:
            raise FileRefused(_("The Excel workbook has no sheet with a table."), _SAVE_AGAIN)
        (self.title, self._sheet), self.others = shown[0], [title for title, _part in shown[1:]]
        self.sheet_bytes = package.getinfo(self._sheet).file_size
        texts = next(iter(_related(package, book, "sharedStrings").values()), "")
        styles = next(iter(_related(package, book, "styles").values()), "")
        needed = self.sheet_bytes + (package.getinfo(texts).file_size if texts else 0)
        if self._unpacked_max and needed > self._unpacked_max:
            raise FileRefused(
                _("The workbook unpacks to more than %(size)d MB."),
                _("Split it, or save the sheet as CSV (UTF-8)."),
                size=self._unpacked_max >> 20,
            )
        self._dates = _date_styles(package, styles) if styles else set()
        self._texts = _shared_texts(package, texts) if texts else []

    def rows(self) -> Iterator[tuple[Row, int]]:
        """The sheet's rows that hold anything, each with the bytes of the sheet done so far. Raises FileRefused."""
        reader = _SheetReader(self._texts, self._dates, is_1904=self._is_1904)
        done = 0
        try:
            with ZipFile(self._path) as package, package.open(self._sheet) as sheet:
                while chunk := sheet.read(_CHUNK_BYTES):
                    done += len(chunk)
                    reader.parser.Parse(chunk)
                    for row in reader.taken():
                        yield row, done
                reader.parser.Parse(b"", True)
        except (BadZipFile, OSError, KeyError, ValueError, IndexError, expat.ExpatError, EOFError, zlib.error):
            raise damaged() from None
        for row in reader.taken():
            yield row, done


def protected() -> FileRefused:
    return FileRefused(
        _("The Excel workbook is protected by a password."),
        _("Open it, save it without a password, and import that file."),
    )


def _parser(start: Callable[[str, dict[str, str]], None], end: Callable[[str], None] | None = None) -> Any:
    """A parser of one part that takes no document type: workbooks have none, and entities could swell without bounds."""

    def refuse(*_declared: Any) -> None:
        raise damaged()

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start
    if end is not None:
        parser.EndElementHandler = end
    return parser


def _describe(package: ZipFile, part: str, start: Callable[[str, dict[str, str]], None]) -> None:
    """Tell ``start`` of each element of a small part, by its name without a prefix."""
    if package.getinfo(part).file_size > DESCRIBING_BYTES_MAX:
        raise damaged()
    _parser(lambda name, told: start(_local(name), told)).Parse(package.read(part), True)


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _related(package: ZipFile, part: str, kind: str) -> dict[str, str]:
    """The parts of a kind that ``part`` ("" the package itself) refers to, by the id of the reference."""
    at, found = PurePosixPath(part), dict[str, str]()

    def start(name: str, told: dict[str, str]) -> None:
        if (
            name == "Relationship"
            and told.get("Type", "").endswith(f"/{kind}")
            and told.get("TargetMode") != "External"
        ):
            target = told["Target"]
            found[told["Id"]] = target[1:] if target.startswith("/") else str(at.parent / target)

    _describe(package, str(at.parent / "_rels" / f"{at.name}.rels"), start)
    return found


def _sheets(package: ZipFile, book: str) -> tuple[list[tuple[str, str]], bool]:
    """The sheets that are not hidden (title, id of the reference), and whether days count from 1904."""
    found: list[tuple[str, str]] = []
    since_1904: list[bool] = []

    def start(name: str, told: dict[str, str]) -> None:
        if name == "sheet" and told.get("state", "visible") == "visible":
            found.append((told.get("name", ""), next(v for k, v in told.items() if ":" in k and _local(k) == "id")))
        elif name == "workbookPr":
            since_1904.append(told.get("date1904") in ("1", "true"))

    _describe(package, book, start)
    return found, any(since_1904)


def _date_styles(package: ZipFile, part: str) -> set[str]:
    """The styles (as cells name them) whose numbers are dates."""
    own: dict[str, bool] = {}
    styles: list[bool] = []
    within: list[str] = []

    def start(name: str, told: dict[str, str]) -> None:
        if name in ("cellXfs", "cellStyleXfs", "dxfs"):
            within.append(name)
        elif name == "numFmt":
            own[told.get("numFmtId", "")] = is_date_format(told.get("formatCode", ""))
        elif name == "xf" and within[-1:] == ["cellXfs"]:
            number = told.get("numFmtId", "0")
            styles.append(own.get(number, int(number) in _DATE_FORMATS))

    _describe(package, part, start)
    return {str(index) for index, is_date in enumerate(styles) if is_date}


def is_date_format(code: str) -> bool:
    """Whether a number format shows a date or time of day; ``[h]:mm`` shows a duration."""
    letters = _NO_LETTERS.sub("", code.split(";", maxsplit=1)[0]).lower()
    return "[" not in letters and any(letter in letters for letter in "ymdhs") and "general" not in letters


def _shared_texts(package: ZipFile, part: str) -> list[str]:
    """The texts that cells refer to by number; readings of Chinese and Japanese characters (``rPh``) are none of it."""
    if package.getinfo(part).file_size > SHARED_BYTES_MAX:
        raise FileRefused(
            _("The workbook holds more than %(size)d MB of text."),
            _("Split it, or save the sheet as CSV (UTF-8)."),
            size=SHARED_BYTES_MAX >> 20,
        )
    texts: list[str] = []
    said: list[str] = []
    depth = {"t": 0, "rPh": 0}

    def start(name: str, told: dict[str, str]) -> None:
        if (name := _local(name)) in depth:
            depth[name] += 1

    def end(name: str) -> None:
        if (name := _local(name)) in depth:
            depth[name] -= 1
        elif name == "si":
            texts.append(unescaped("".join(said)))
            said.clear()

    def say(text: str) -> None:
        if depth["t"] and not depth["rPh"]:
            said.append(text)

    parser = _parser(start, end)
    parser.CharacterDataHandler = say
    with package.open(part) as file:
        while chunk := file.read(_CHUNK_BYTES):
            parser.Parse(chunk)
        parser.Parse(b"", True)
    return texts


def unescaped(text: str) -> str:
    """``_x000D_`` stands for a character that XML cannot hold or would not keep."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


class _SheetReader:
    """Rows as the parser meets them. What a cell holds is decided at its end; only ``v`` and ``t`` hold text."""

    def __init__(self, texts: list[str], dates: set[str], *, is_1904: bool) -> None:
        self._texts, self._dates = texts, dates
        # Of no zone: the file's is chosen where cells become instants.
        self._first_day = datetime.fromisoformat("1904-01-01" if is_1904 else "1899-12-30")
        self._rows: list[Row] = []
        self._row = Row(0, {}, 0)
        self._number = 0
        self._column = -1
        self._kind = self._style = ""
        self._said: list[str] = []
        self._readings = 0
        self.parser = _parser(self._start, self._end)

    def taken(self) -> list[Row]:
        """The rows that have ended since the last call."""
        rows, self._rows = self._rows, []
        return rows

    def _start(self, name: str, told: dict[str, str]) -> None:
        name = _local(name)
        if name == "c":
            self._column = _column_of(told["r"]) if "r" in told else self._column + 1
            self._kind, self._style, self._said = told.get("t", "n"), told.get("s", ""), []
        elif name == "v" or (name == "t" and not self._readings):
            self.parser.CharacterDataHandler = self._said.append
        elif name == "row":
            self._number = int(told["r"]) if "r" in told else self._number + 1
            self._row, self._column = Row(self._number, {}, 0), -1
        elif name == "rPh":
            self._readings += 1

    def _end(self, name: str) -> None:
        name = _local(name)
        if name in ("v", "t"):
            self.parser.CharacterDataHandler = None
        elif name == "c":
            if self._said and (value := self._value("".join(self._said))) not in ("", None):
                self._row.cells[self._column] = value
                self._row.chars += len(value) if isinstance(value, str) else 8
        elif name == "row":
            if self._row.cells:
                self._rows.append(self._row)
        elif name == "rPh":
            self._readings -= 1

    def _value(self, said: str) -> Any:
        if self._kind == "s":
            return self._texts[int(said)]
        if self._kind == "n":
            return self._date(said) if self._style in self._dates else number_of(said)
        if self._kind == "b":
            return said.strip() in ("1", "true")
        return unescaped(said)

    def _date(self, said: str) -> Any:
        days = float(said)
        if not 0 <= days <= _LAST_DAY:
            return number_of(said)
        moment = self._first_day + timedelta(milliseconds=round(days * 86_400_000))
        if days < 1:
            return f"{moment:%H:%M:%S}"  # a time of no day
        # Excel counts a 29 February 1900 that never was; before it days are one off.
        return moment + timedelta(days=1) if days < 60 and self._first_day.year == 1899 else moment


def number_of(said: str) -> str | Rounded:
    """A number as text without exponent, to the 15 digits that Excel keeps; whole numbers of more digits as they stand."""
    if len(said) <= DIGITS_KEPT and said.isdecimal():
        return said
    said = said.strip()
    number = Decimal(said)
    if not number.is_finite() or abs(number.adjusted()) > 300:
        raise ValueError(said)
    if number != number.to_integral_value():
        return f"{Decimal(format(float(said), f'.{DIGITS_KEPT}g')):f}"
    digits = f"{number:.0f}"
    beyond = digits.lstrip("-")[DIGITS_KEPT:]
    return Rounded(digits) if beyond and ("e" in said.lower() or not beyond.strip("0")) else digits


def _column_of(reference: str) -> int:
    """The column (from 0) of a cell such as ``AB12``."""
    column = 0
    for char in reference:
        if not char.isalpha():
            break
        column = column * 26 + ord(char) - 64
    if not 0 < column <= COLUMNS_MAX:
        raise ValueError(reference)
    return column - 1
