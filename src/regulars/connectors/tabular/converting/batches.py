"""What a converter gives back, and what all converters share: finding columns, refusing rows, noticing repeated ids."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from regulars.connectors.tabular.fields import ATTRIBUTE, DATASETS, Dataset, Field
from regulars.connectors.tabular.problems import Problem, Rejection, shorten
from regulars.connectors.tabular.reading import Block

# How many ids of one file are remembered to notice repeats: about 100 MB; beyond it repeats still end as the last row says.
IDS_REMEMBERED = 1_000_000
Bad = dict[int, tuple[str, Any, Problem]]


class CellRefused(ValueError):
    """Why a cell cannot be taken; the column and the line are added where they are known."""

    def __init__(self, say: str, mend: str = "", **parts: Any) -> None:
        self.problem = Problem(say, mend, parts)
        super().__init__(say)


@dataclass(frozen=True)
class Options:
    """What the file does not say itself. ``at`` is now: later instants are refused; naive times are in ``zone``.

    ``stated_at`` is when this very file was first given to us: the time of what it says without a date (consent), so that
    giving it again says nothing new. ``country`` is where phone numbers without a prefix are.
    """

    source: str
    currency: str
    zone: str
    at: datetime
    stated_at: datetime | None = None
    country: str = "CN"
    date_order: str = ""
    unknown_state: str = ""

    @cached_property
    def tzinfo(self) -> tzinfo:
        return ZoneInfo(self.zone)

    @cached_property
    def latest(self) -> datetime:
        """A day of grace: clocks and zones of shop systems are not all right."""
        return self.at + timedelta(days=1)


@dataclass(slots=True)
class Batch:
    """Facts to record together, and the line each began on. The same file gives the same batches: their count is a checkpoint.

    ``warnings`` tell of cells that were left out of rows that were taken, and of what is odd in the file.
    """

    dataset: str = ""
    facts: list[Any] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)
    rejections: list[Rejection] = field(default_factory=list)
    warnings: list[Rejection] = field(default_factory=list)
    rows: int = 0
    repeated: int = 0
    unchanged: int = 0
    position: int = 0


class Converter(ABC):
    """Turns blocks into batches. ``appends``: parts of one record that stand apart in the file add up."""

    appends = False

    def __init__(self, dataset: str, names: Sequence[str], mapping: Mapping[str, str], options: Options) -> None:
        self.dataset: Dataset = DATASETS[dataset]
        self.names, self.options = list(names), options
        self.columns: dict[str, int] = {}
        self.kept: list[tuple[str, int]] = []
        for number, name in enumerate(names):
            target = mapping.get(name, "")
            if target == ATTRIBUTE:
                self.kept.append((name, number))
            elif target and target not in self.columns and self.dataset.field(target):
                self.columns[target] = number
        self._seen: dict[int, Any] = {}

    @abstractmethod
    def convert(self, block: Block) -> Batch:
        """The facts of a block; what is not complete yet is kept for the next call."""

    def finish(self) -> Batch:
        """What was still waiting when the file ended."""
        return Batch()

    def field(self, key: str) -> Field:
        found = self.dataset.field(key)
        assert found is not None
        return found

    def name_of(self, key: str) -> str:
        return self.names[self.columns[key]] if key in self.columns else key

    def rejection(self, block: Block, index: int, key: str, value: Any, problem: Problem) -> Rejection:
        return Rejection(block.lines[index], self.name_of(key), shorten(value), problem, block.row(index))

    def remember(self, source_id: str, content: Any) -> Any:
        """What this file said of an id before, None where it is new; ``content`` is remembered unless the memory is full."""
        key = hash(source_id)
        earlier = self._seen.get(key)
        if earlier is not None or len(self._seen) < IDS_REMEMBERED:
            self._seen[key] = content
        return earlier


def taken(column: Sequence[Any] | pa.Array, indices: Sequence[int] | None) -> Sequence[Any] | pa.Array:
    """The cells of a column at ``indices``; all of them for None."""
    if indices is None:
        return column
    if isinstance(column, pa.Array):
        return column.take(pa.array(indices, pa.int64()))
    return [column[i] for i in indices]
