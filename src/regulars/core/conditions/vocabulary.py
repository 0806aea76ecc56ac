"""What conditions are made of, and the fields that they may test."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from string import Formatter
from typing import Any, ClassVar

from regulars.core.says import Says

Single = str | int | Fraction | date
Value = Single | tuple[Single, ...] | None
Names = Callable[[str, str], Says]

_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
_RESERVED = frozenset({"field", "op", "value", "all", "any", "not"})


class Type(StrEnum):
    """What a field reads, and how documents write it."""

    MONEY = "money"  # int, minor units; written "100.00" or 100, in the currency given
    COUNT = "count"  # int; written 3
    QUANTITY = "quantity"  # int, thousandths of a unit; written "1.5" or 2
    SHARE = "share"  # Fraction from 0 to 1, exact (a float misses thresholds by a hair); written "12.5%"
    TEXT = "text"  # str; upper and lower case differ
    TEXTS = "texts"  # a set of str
    FLAG = "flag"  # bool
    INSTANT = "instant"  # aware datetime; written "2026-11-11T00:00:00+08:00"
    DAY = "day"  # date in the shop's zone; written "2026-11-11"


@dataclass(frozen=True, slots=True)
class All:
    """Holds where every part holds; without parts, always."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """Holds where at least one part holds; ``any`` in documents."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Holds where its part does not, be it for want of knowledge."""

    part: "Condition"


@dataclass(frozen=True, slots=True)
class Test:
    """One field compared. ``value`` is as the field's ``Type`` reads it (minor units, thousandths ...), a tuple where the
    operator takes several, None where it takes none; ``parameter`` is what the field's parameter is set to."""

    __test__: ClassVar[bool] = False  # pytest takes every class of this name for its own

    field: str
    op: str
    value: Value = None
    parameter: int | None = None


Condition = All | Either | Not | Test
ALWAYS = All(())


@dataclass(frozen=True, slots=True)
class Parameter:
    """A whole number that a field asks for beside the subject: its key in documents, and its range, both ends included."""

    name: str
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Field:
    """Something that can be tested.

    ``read(subject)``, or ``read(subject, parameter)`` with a ``parameter``, answers a value of the ``type``, or None
    where it is not known. ``label`` is a noun that reads before "is" (``order amount``, ``number of orders in the last
    {days} days``), for texts one before "include" (``tags``), for a flag a clause before a colon; a parameter's name is
    a place in it. ``choices`` are the only texts there are, with their names; ``source`` names a list of ids (``tiers``)
    that the console offers and ``parse`` can check. Raises ValueError for a declaration that does not fit together.
    """

    name: str
    type: Type
    label: Says
    read: Callable[..., Any]
    parameter: Parameter | None = None
    choices: Mapping[str, Says] | None = None
    source: str | None = None

    def __post_init__(self) -> None:
        places = {self.parameter.name} if self.parameter else set()
        if not _NAME.fullmatch(self.name) or not places.isdisjoint(_RESERVED):
            raise ValueError(f"{self.name}: a field is named like order.amount, its parameter not {sorted(_RESERVED)}")
        if any(
            {name for _, name, _, _ in Formatter().parse(label) if name is not None} != places for label in self.label
        ):
            raise ValueError(f"{self.name}: its label needs a place for its parameter, in both languages, and no other")
        if (self.choices is not None or self.source) and self.type not in {Type.TEXT, Type.TEXTS}:
            raise ValueError(f"{self.name}: only texts have choices or a source")


class Vocabulary(Mapping[str, Field]):
    """The fields of one kind of subject, by name. Fields of another vocabulary may be taken in where they read the same
    subject: ``Vocabulary("order", (*MEMBER.values(), ...))``. Raises ValueError for a name given twice."""

    def __init__(self, name: str, fields: Iterable[Field]) -> None:
        self.name = name
        self._fields: dict[str, Field] = {}
        for field in fields:
            if field.name in self._fields:
                raise ValueError(f"the vocabulary {name} has two fields {field.name}")
            self._fields[field.name] = field

    def __getitem__(self, name: str) -> Field:
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __hash__(self) -> int:
        return hash(frozenset(self._fields))  # equal as mappings are; kept in frozen declarations and caches
