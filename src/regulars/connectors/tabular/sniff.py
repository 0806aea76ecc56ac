"""Recognise a file by its content: kind, compression, encoding, delimiter. The name of the file decides nothing."""

import codecs
import csv
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, cast
from zipfile import BadZipFile, ZipFile

from regulars.connectors.tabular.problems import FileRefused, _

SAMPLE_BYTES = 1 << 20
# Encodings are told apart over this much of the file: an export can be plain ASCII for its first megabytes.
SCAN_BYTES = 64 << 20
# Tables of text shrink to a tenth, at best a hundredth; what shrinks to less than a 200th is made to do harm.
UNPACKED_RATIO_MAX = 200
UNPACKED_BYTES_MAX = 2 << 30
DELIMITERS = ",;\t|"
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "gb18030", "cp1252")


@dataclass(frozen=True, slots=True)
class Format:
    """How a file is to be read. ``kind`` is csv, jsonl, json, parquet or xlsx; the rest is empty where it says nothing.

    ``unpacked_max`` is how many bytes a compressed file or a workbook may come to; 0 sets no limit.
    """

    kind: str
    compression: str = ""
    encoding: str = ""
    delimiter: str = ""
    unpacked_max: int = 0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


_SAVE_AS_XLSX = _("Open it in Excel or WPS and save it as .xlsx or CSV (UTF-8), then import that file.")
_EXPORT_CSV = _("Export the table as CSV from the program that made it, then import that file.")
_SAVE_WITHOUT_PASSWORD = _("Open it, save it without a password, and import that file.")
_OLE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_UNPACK = _("Unpack it and import the files inside one by one.")
# First bytes of files that are no tables of text, what they are, and what to do. Source: the formats' own documents.
_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF", _("This is a PDF document."), _EXPORT_CSV),
    (b"\x89PNG", _("This is a picture."), _EXPORT_CSV),
    (b"\xff\xd8\xff", _("This is a picture."), _EXPORT_CSV),
    (b"GIF8", _("This is a picture."), _EXPORT_CSV),
    (b"Rar!", _("This is an archive."), _UNPACK),
    (b"7z\xbc\xaf", _("This is an archive."), _UNPACK),
    (b"BZh", _("This is an archive."), _UNPACK),
    (b"\xfd7zXZ", _("This is an archive."), _UNPACK),
    (b"\x28\xb5\x2f\xfd", _("This is an archive."), _UNPACK),
    (b"SQLite format 3", _("This is a SQLite database."), _EXPORT_CSV),
    (b"{\\rtf", _("This is a text document (RTF)."), _EXPORT_CSV),
    (b"\x7fELF", _("This is a program."), _EXPORT_CSV),
    (b"MZ\x90", _("This is a program."), _EXPORT_CSV),
)


def sniff(path: Path, *, is_upload: bool = False) -> Format:
    """Say how to read ``path``. Raises FileRefused with the mend for what is not a table.

    An upload is limited in what it may unpack to: anybody who may upload could fill the disk and the hours with a small one.
    """
    if not path.is_file():
        raise FileRefused(_("There is no file at %(path)s."), _("Check the path."), path=str(path))
    with path.open("rb") as file:
        head = file.read(8)
    if not head:
        raise FileRefused(_("The file is empty."), _("Export it again and check that it has rows."))
    compression = "gzip" if head[:2] == b"\x1f\x8b" else ""
    limit = unpacked_max(path) if compression and is_upload else 0
    with open_bytes(path, compression, limit) as file:
        sample = _read(file, SAMPLE_BYTES)
        _refuse_other_kinds(sample, path)
        if sample[:4] == b"PAR1":
            if compression:
                raise FileRefused(
                    _("This is a Parquet file inside gzip."),
                    _("Unpack it first (gunzip), then import the Parquet file."),
                )
            return Format("parquet")
        if sample[:2] == b"PK":
            _check_workbook(path, compression)
            return Format("xlsx", unpacked_max=unpacked_max(path))
        encoding = _encoding(sample, _chunks(file))
    text = _decode(sample, encoding)
    if not text.strip():
        raise FileRefused(_("The file is empty."), _("Export it again and check that it has rows."))
    kind = _kind(text)
    return Format(kind, compression, encoding, _delimiter(text) if kind == "csv" else "", limit)


def unpacked_max(path: Path) -> int:
    """The most bytes that an uploaded file may unpack to: 200 times its size, small ones more, none more than 2 GB."""
    return min(UNPACKED_BYTES_MAX, max(SCAN_BYTES, path.stat().st_size * UNPACKED_RATIO_MAX))


class _Unpacked(gzip.GzipFile):
    """Unpacks up to ``limit`` bytes (0: all of them). Raises FileRefused beyond."""

    def __init__(self, packed: BinaryIO, limit: int) -> None:
        super().__init__(fileobj=packed, mode="rb")
        self._limit, self._count = limit, 0

    def read(self, size: int | None = -1) -> bytes:
        return self._within(super().read(size))

    def read1(self, size: int = -1) -> bytes:
        return self._within(super().read1(size))

    def _within(self, chunk: bytes) -> bytes:
        self._count += len(chunk)
        if self._limit and self._count > self._limit:
            raise FileRefused(
                _("The compressed file unpacks to more than %(size)d MB, too much for an upload."),
                _("Import it on the server (regulars import FILE), or split it."),
                size=self._limit >> 20,
            )
        return chunk


def unpacked(packed: BinaryIO, compression: str, limit: int) -> BinaryIO:
    """The bytes of an open file, unpacked where it is gzip. Reading raises FileRefused beyond ``limit``."""
    return cast(BinaryIO, _Unpacked(packed, limit)) if compression == "gzip" else packed


@contextmanager
def open_bytes(path: Path, compression: str, limit: int) -> Iterator[BinaryIO]:
    """The file's bytes, unpacked where it is gzip."""
    with path.open("rb") as packed:
        yield unpacked(packed, compression, limit)


def truncated() -> FileRefused:
    """The refusal of a gzip file that ends too early or is damaged."""
    return FileRefused(
        _("The compressed file is damaged or cut off."), _("Download or copy it again; nothing of it was imported.")
    )


def _read(file: BinaryIO, size: int) -> bytes:
    try:
        return file.read(size)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise truncated() from None


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    left = SCAN_BYTES
    while left > 0 and (chunk := _read(file, SAMPLE_BYTES)):
        left -= len(chunk)
        yield chunk


def _refuse_other_kinds(sample: bytes, path: Path) -> None:
    for magic, say, mend in _MAGIC:
        if sample.startswith(magic):
            raise FileRefused(say, mend)
    if sample.startswith(_OLE):
        # Excel wraps a workbook with a password in the same kind of file as the workbooks of before 2007.
        is_wrapped = any(_ENCRYPTED in part for part in (sample, _end_of(path)))
        say = (
            _("The Excel workbook is protected by a password.")
            if is_wrapped
            else _("This is an old Excel workbook (.xls).")
        )
        raise FileRefused(say, _SAVE_WITHOUT_PASSWORD if is_wrapped else _SAVE_AS_XLSX)
    start = sample[:4096].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<table")):
        raise FileRefused(
            _("This is a web page (HTML), not a table."),
            _(
                "The download may have needed a sign-in. Sign in to the shop system, export again, and look at the file."
            ),
        )
    if start.startswith((b"<?xml", b"<")) and b">" in start:
        raise FileRefused(_("This is an XML file."), _EXPORT_CSV)


def _end_of(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - SAMPLE_BYTES))
        return file.read()


def _check_workbook(path: Path, compression: str) -> None:
    """Refuse what is packed like a workbook and is none."""
    if compression:
        raise FileRefused(_("This is an archive."), _UNPACK)
    try:
        with ZipFile(path) as package:
            names = set(package.namelist())
    except (BadZipFile, OSError, ValueError):
        raise FileRefused(_("The Excel workbook is damaged or cut off."), _SAVE_AS_XLSX) from None
    if "xl/workbook.bin" in names:
        raise FileRefused(_("This is a binary Excel workbook (.xlsb)."), _SAVE_AS_XLSX)
    if "mimetype" in names and "content.xml" in names:
        raise FileRefused(_("This is an OpenDocument spreadsheet (.ods)."), _SAVE_AS_XLSX)
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise FileRefused(_("This is a zip archive."), _UNPACK)


def _encoding(sample: bytes, rest: Iterator[bytes]) -> str:
    """The one encoding all bytes decode in, strictly: UTF-8 first, then GB18030 (which holds GBK), else Windows-1252."""
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if sample.startswith(mark):
            return name
    if wide := _utf16_without_mark(sample):
        return wide
    _refuse_binary(sample)
    decoders = {name: codecs.getincrementaldecoder(name)() for name in ("utf-8", "gb18030")}
    pairs, high_pairs = 0, 0
    for chunk in chain([sample], rest):
        for name in list(decoders):
            try:
                text = decoders[name].decode(chunk)
            except UnicodeDecodeError:
                del decoders[name]
                if name == "utf-8" and _is_mostly_utf8(chunk):
                    return name
                continue
            if name == "gb18030" and not pairs:
                pairs, high_pairs = _chinese_pairs(text)
        if not decoders:
            break
    if "utf-8" in decoders:
        return "utf-8"
    # Western text in Windows-1252 often happens to decode as GB18030, but then into rare characters.
    return "gb18030" if "gb18030" in decoders and high_pairs * 2 >= pairs else "cp1252"


def _is_mostly_utf8(chunk: bytes) -> bool:
    """Whether only a few rows of a UTF-8 file are broken: those rows are refused, not the file read as something else."""
    text = chunk.decode("utf-8", "replace")
    return sum(1 for c in text if c > "\x7f") > 2 * text.count("\ufffd")


def _chinese_pairs(text: str) -> tuple[int, int]:
    """How many characters beyond ASCII, and how many of them are in GB2312's own (common) range."""
    wide = [c for c in text if c > "\x7f"]
    common = sum(1 for c in wide if len(raw := c.encode("gb18030")) == 2 and raw[0] >= 0xA1 and raw[1] >= 0xA1)
    return len(wide), common


def _utf16_without_mark(sample: bytes) -> str:
    head = sample[:4096]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) * 8 < len(head) // 2 or min(even, odd) * 4 > max(even, odd):
        return ""
    name = "utf-16-le" if odd > even else "utf-16-be"
    try:
        codecs.getincrementaldecoder(name)().decode(sample)
    except UnicodeDecodeError:
        return ""
    return name


def _refuse_binary(sample: bytes) -> None:
    head = sample[:65536]
    control = sum(head.count(byte) for byte in (*range(9), *range(14, 27), *range(28, 32)))
    if control * 20 > len(head):
        raise FileRefused(_("This is not a text file: it holds binary data."), _EXPORT_CSV)


def _decode(sample: bytes, encoding: str) -> str:
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(sample)
    return text.lstrip("\ufeff")


def _kind(text: str) -> str:
    start = text.lstrip()
    if start[0] == "[":
        return "json"
    if start[0] == "{":
        return "jsonl"
    return "csv"


def _delimiter(text: str) -> str:
    """The delimiter that cuts the first rows most evenly into the most cells, quotes respected."""
    sample = text[:65536]
    lines = sample.splitlines()[:50]
    if len(sample) == 65536 and len(lines) > 1:
        lines = lines[:-1]
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        except csv.Error:
            continue
        if not widths:
            continue
        common = max(set(widths), key=widths.count)
        score = (common - 1) * widths.count(common) / len(widths)
        if score > best_score:
            best, best_score = delimiter, score
    return best
