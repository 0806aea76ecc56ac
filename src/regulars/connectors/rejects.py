"""The file of rows that were not taken: where, why, how to mend it, and the row as it was. Safe to open in a spreadsheet."""

import csv
import io
import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from regulars.connectors.tabular.converting.cells import text_of
from regulars.connectors.tabular.problems import Rejection, plain
from regulars.web.formats import guarded

_MARK = b"\xef\xbb\xbf"
CELL_CHARS = 32_000
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def _cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula; plain numbers stay as they are."""
    text = (value if isinstance(value, str) else text_of(value))[:CELL_CHARS]
    return text if _NUMBER.fullmatch(text) else guarded(text)


def write_rejections(
    path: Path, at: int, names: Sequence[str], rejections: Iterable[Rejection], translate: Callable[[str], str] = plain
) -> int:
    """Write rejections at byte ``at``, cutting off what a killed run left behind it; the file's length afterwards.

    The bytes are on the disk when this returns, so a checkpoint may name them. Nothing is made while nothing is refused.
    """
    found = list(rejections)
    if not found:
        return at
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        file.truncate(at)
        file.seek(at)
        file.write(_encoded(found, None if at else names, translate))
        file.flush()
        os.fsync(file.fileno())
        return file.tell()


def _encoded(rejections: Sequence[Rejection], names: Sequence[str] | None, translate: Callable[[str], str]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    if names is not None:
        writer.writerow(
            ["rejected line", "rejected column", "rejected value", "reason", "mend", *(_cell(name) for name in names)]
        )
    for one in rejections:
        row: list[Any] = [
            one.line,
            _cell(one.column),
            _cell(one.value),
            one.problem.reason(translate),
            one.problem.remedy(translate),
        ]
        writer.writerow([*row, *(_cell(cell) for cell in one.cells)])
    return (_MARK if names is not None else b"") + text.getvalue().encode("utf-8", "replace")
