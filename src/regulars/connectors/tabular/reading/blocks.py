"""What every reader yields: blocks of rows, column by column."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from regulars.connectors.tabular.problems import Rejection, shorten
from regulars.connectors.tabular.sniff import Format

MAX_CELL_CHARS = 1_000_000
MAX_ROW_CHARS = 4_000_000
MAX_COLUMNS = 2_000
BLOCK_ROWS = 16_384
# A block of very wide rows is cut off earlier, so that memory stays flat whatever the rows hold.
BLOCK_CHARS = 16_000_000

Column = Sequence[Any] | pa.Array


@dataclass(slots=True)
class Block:
    """Rows in file order. ``lines[i]`` is where row ``i`` begins (1-based); ``position`` is bytes of the file done.

    ``unread`` are rows that cannot be read, ``doubts`` cells of ``columns`` that were changed before they came here.
    """

    lines: Sequence[int]
    columns: Sequence[Column]
    unread: list[Rejection] = field(default_factory=list)
    position: int = 0
    doubts: list[Rejection] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.lines)

    def row(self, index: int) -> tuple[Any, ...]:
        """The cells of one row, as plain values."""
        return tuple(c[index].as_py() if isinstance(c, pa.Array) else c[index] for c in self.columns)


class Table(ABC):
    """An open file of rows. ``names`` are its columns, made unique; ``size`` its bytes on disk."""

    names: list[str]

    def __init__(self, path: Path, form: Format) -> None:
        self.path, self.form = path, form
        self.size = path.stat().st_size

    @abstractmethod
    def blocks(self, rows: int = BLOCK_ROWS) -> Iterator[Block]:
        """The rows from the beginning, in blocks of about ``rows``. Raises FileRefused where the file itself is broken."""

    def sample(self, rows: int = 1000) -> list[tuple[Any, ...]]:
        """The first readable rows, for guessing what the columns are."""
        found: list[tuple[Any, ...]] = []
        for block in self.blocks(rows):
            found.extend(block.row(i) for i in range(min(len(block), rows - len(found))))
            if len(found) >= rows:
                break
        return found


def unique_names(cells: Sequence[str]) -> list[str]:
    """Column names, trimmed; nameless ones become ``column 3``, repeated ones ``price (2)``."""
    names: list[str] = []
    used: dict[str, int] = {}
    for number, cell in enumerate(cells, start=1):
        name = shorten(cell.strip().strip("\ufeff"), 120) or f"column {number}"
        used[name] = used.get(name, 0) + 1
        names.append(name if used[name] == 1 else f"{name} ({used[name]})")
    return names
