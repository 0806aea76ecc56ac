"""What every kind of value can do: be read from a document, be written, be described, be shown and be asked for."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar
from zoneinfo import ZoneInfo

from regulars.core.faults import Fault, Faulty
from regulars.core.says import Says

Plain: TypeAlias = "str | int | float | bool | date | datetime | list[Plain] | dict[str, Plain]"
Schema: TypeAlias = dict[str, Any]
V = TypeVar("V")
UNSAID = Says("", "")

_BARE = re.compile(r"[A-Za-z0-9_-]+")
# What neither a page nor a database can hold: control characters but tab and line breaks, and halves of characters.
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_FOUND: tuple[tuple[type, Says], ...] = (
    (str, Says("text", "文本")),
    (bool, Says("true or false", "true/false")),
    (int, Says("a whole number", "整数")),
    (float, Says("a number with a decimal point", "不带引号的小数")),
    (datetime, Says("a date and time", "日期时间")),
    (date, Says("a date", "日期")),
    (list, Says("a list", "列表")),
    (dict, Says("a table", "表")),
)
TABLE = Says("a table", "表")
LIST = Says("a list", "列表")


@dataclass(frozen=True, slots=True)
class Context:
    """What a document is read against.

    ``known`` holds, by source ("tiers", "categories"), the ids that exist and their names; references to a source that is
    neither there nor in the document are taken as they are. ``zone`` is where times from forms are meant. ``searches`` is
    set by ``parse``: how often it still looks for what was meant, which costs time.
    """

    currency: str
    zone: ZoneInfo | None = None
    known: Mapping[str, Mapping[str, Says]] = field(default_factory=dict)
    searches: Iterator[int] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Input:
    """How a value is asked for in a form; limits and unit are written as the answer is."""

    input: str
    choices: tuple[tuple[str, Says], ...] = ()
    minimum: str = ""
    maximum: str = ""
    unit: Says = UNSAID


@dataclass(slots=True)
class Definitions:
    """The named schemas of a document while they are collected, and the language of their titles."""

    language: str
    schemas: dict[str, Schema] = field(default_factory=dict)
    owners: dict[str, object] = field(default_factory=dict)

    def claim(self, name: str, owner: object) -> bool:
        """Whether this is the first to ask for a name. Raises TypeError where two different things want the same one."""
        if self.owners.setdefault(name, owner) != owner:
            raise TypeError(f"{owner!r} and {self.owners[name]!r} share the name {name}: rename one")
        return name not in self.schemas


class Kind(ABC, Generic[V]):
    """A kind of value. ``many`` is true where a form posts a list."""

    __slots__ = ()
    many: ClassVar[bool] = False

    @abstractmethod
    def parse(self, plain: object, path: str, context: Context) -> V:
        """The value that a document wrote. Raises Faulty with every fault in it."""

    @abstractmethod
    def plain(self, value: V, context: Context) -> Plain:
        """The value as a document writes it; ``parse`` gives it back."""

    @abstractmethod
    def schema(self, context: Context, definitions: Definitions) -> Schema:
        """JSON Schema of what a document may write."""

    @abstractmethod
    def says(self, value: V, context: Context) -> Says:
        """The value in words."""

    @abstractmethod
    def asks(self, context: Context) -> Input:
        """How a form asks for it."""

    def reads(self, text: str, context: Context) -> Plain:
        """What was posted, as a document writes it; what is wrong with it is left for ``parse`` to say."""
        return text

    def writes(self, plain: Plain) -> str:
        """What a document wrote, as a form's input shows it."""
        return str(plain)

    def size(self, plain: object) -> int:
        """How many parts (tables in lists) a document has within."""
        return 0


def join(path: str, key: str | int) -> str:
    """The path one step further: ``earning[2]``, ``earning.per``, ``prices["Gold Plus"]``."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    if not _BARE.fullmatch(key) or len(key) > 60:
        return f'{path}["{quoted(key)}"]'
    return f"{path}.{key}" if path else key


def wrong(path: str, reason: Says, mend: Says, **values: object) -> Faulty:
    """One fault, its places filled."""
    return Faulty((Fault(path, reason.filled(**values), mend.filled(**values)),))


def expected(path: str, plain: object, what: Says, example: str) -> Faulty:
    """The fault of a value of another type."""
    found = next((word for type_, word in _FOUND if isinstance(plain, type_)), Says("nothing", "空值"))
    return wrong(
        path,
        Says("This must be {what}, not {found}.", "这里应填{what}，现在是{found}。"),
        Says("Write it like this: {example}", "请写成：{example}"),
        what=what,
        found=found,
        example=example,
    )


def text_of(plain: object, path: str, what: Says, example: str) -> str:
    """A text that can be stored and shown, or Faulty."""
    if not isinstance(plain, str):
        raise expected(path, plain, what, f'"{example}"')
    if found := _UNWRITABLE.search(plain):
        raise wrong(
            path,
            Says("The text holds a character that cannot be shown ({code}).", "文本中有无法显示的字符（{code}）。"),
            Says("Delete the character after “{before}”.", "请删除“{before}”之后的那个字符。"),
            code=f"U+{ord(found.group()):04X}",
            before=plain[max(0, found.start() - 20) : found.start()],
        )
    return plain


def table_of(plain: object, path: str) -> dict[str, object]:
    """A table with texts as keys, or Faulty."""
    if not isinstance(plain, dict):
        raise expected(path, plain, TABLE, "{ ... }")
    return plain


def list_of(plain: object, path: str) -> list[object]:
    """A list, or Faulty. A tuple passes: Python callers write one."""
    if not isinstance(plain, (list, tuple)):
        raise expected(path, plain, LIST, "[ ... ]")
    return list(plain)


def within(value: V, minimum: V, maximum: V, path: str, shows: tuple[Says, Says]) -> V:
    """A value between its limits, or Faulty; ``shows`` are the limits in words."""
    if not minimum <= value <= maximum:  # type: ignore[operator]  # numbers all
        raise wrong(
            path,
            Says("This is outside what is allowed.", "超出了允许的范围。"),
            Says("Give {minimum} to {maximum}.", "请填 {minimum} 到 {maximum} 之间的值。"),
            minimum=shows[0],
            maximum=shows[1],
        )
    return value


def counted(count: int, minimum: int, maximum: int, path: str) -> None:
    """Faulty where a list has too few or too many items."""
    if not minimum <= count <= maximum:
        raise wrong(
            path,
            Says("The list has {count}.", "列表中有 {count} 项。"),
            Says("It may have {minimum} to {maximum}.", "应有 {minimum} 到 {maximum} 项。"),
            count=count,
            minimum=minimum,
            maximum=maximum,
        )


def quoted(text: str) -> str:
    """A written text as faults repeat it: not too long, and without what cannot be shown."""
    text = _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)
    return text if len(text) <= 60 else f"{text[:59]}…"


def nearest(word: str, known: Iterable[str], context: Context) -> Says:
    """``Did you mean “points”?`` or, with nothing near, the words there are."""
    words = list(known)
    search = context.searches is None or next(context.searches, None) is not None
    if search and (near := get_close_matches(word[:60], words[:1_000], 1)):
        return Says("Did you mean “{near}”?", "是不是想写“{near}”？").filled(near=near[0])
    if not words:
        return Says("Delete it.", "请删除。")
    listed = ", ".join(words[:12]) + (", …" if len(words) > 12 else "")
    return Says("There are: {listed}.", "可用的有：{listed}。").filled(listed=listed)


def unknown(table: Mapping[str, object], known: Iterable[str], path: str, context: Context) -> list[Fault]:
    """A fault for every key that nobody declared, with the nearest name that is."""
    names = tuple(known)
    reason = Says("Nothing is called “{key}” here.", "这里没有名为“{key}”的项。")
    return [
        Fault(join(path, key), reason.filled(key=quoted(key)), nearest(key, names, context))
        for key in table
        if key not in names
    ]


def missing(path: str, label: Says) -> Fault:
    """The fault of a key that has to be there."""
    return Fault(
        path, Says("“{label}” is missing.", "缺少“{label}”。").filled(label=label), Says("Add it.", "请补上。")
    )
