"""Lists of rules, and tables of values by key."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from regulars.core.declarations.declare import declared, titled
from regulars.core.declarations.kinds import (
    Context,
    Definitions,
    Input,
    Kind,
    Plain,
    Schema,
    counted,
    join,
    list_of,
    missing,
    nearest,
    quoted,
    table_of,
    text_of,
    wrong,
)
from regulars.core.declarations.records import SEMICOLON, Part
from regulars.core.declarations.words import COMMA, TEXT
from regulars.core.faults import Fault, Faulty
from regulars.core.says import Says, joined, same

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Parts(Kind[tuple[Any, ...]]):
    """Rules in a list, their ids unique: all of one class, or of several, told apart by the ``kind`` that documents write.

    Several are given as a mapping by kind, or as a tuple of classes with a ``kind: ClassVar[str]`` each.
    """

    many: ClassVar[bool] = True
    of: type[Any] | tuple[type[Any], ...] | Mapping[str, type[Any]]
    minimum: int = 0
    maximum: int = 1_000

    def __post_init__(self) -> None:
        if len(set(self.kinds().values())) < (1 if isinstance(self.of, type) else len(self.of)):
            raise TypeError("kinds that share a class or a name cannot be told apart: give each its own")
        if any(member.name == "kind" for cls in self.kinds().values() for member in declared(cls)):
            raise TypeError("a part's field cannot be called kind: it tells the part's class")

    def kinds(self) -> Mapping[str, type[Any]]:
        """Classes by the name that documents write; the name of an only one is empty."""
        if isinstance(self.of, Mapping):
            return self.of
        return {cls.kind: cls for cls in self.of} if isinstance(self.of, tuple) else {"": self.of}

    def kind_of(self, value: object) -> str:
        return next(name for name, cls in self.kinds().items() if type(value) is cls)

    def parse(self, plain: object, path: str, context: Context) -> tuple[Any, ...]:
        items = list_of(plain, path)
        counted(len(items), self.minimum, self.maximum, path)
        values: list[Any] = []
        faults = list(_twice(items, path))
        for index, item in enumerate(items):
            try:
                values.append(self._one(item, join(path, index), context))
            except Faulty as bad:
                faults.extend(bad.faults)
        if faults:
            raise Faulty(tuple(faults))
        return tuple(values)

    def _one(self, item: object, path: str, context: Context) -> Any:
        table = table_of(item, path)
        kinds = self.kinds()
        if "" in kinds:
            return Part(kinds[""]).parse(table, path, context)
        place = join(path, "kind")
        if "kind" not in table:
            fault = missing(place, Says("kind", "kind（类型）"))
            raise Faulty((Fault(place, fault.reason, nearest("", kinds, context)),))
        name = text_of(table["kind"], place, TEXT, next(iter(kinds)))
        if name not in kinds:
            reason = Says("There is no kind “{name}” here.", "这里没有“{name}”这种类型。")
            raise wrong(place, reason, nearest(name, kinds, context), name=quoted(name))
        rest = {key: value for key, value in table.items() if key != "kind"}
        return Part(kinds[name]).parse(rest, path, context)

    def plain(self, value: tuple[Any, ...], context: Context) -> Plain:
        return [self.plain_one(item, context) for item in value]

    def plain_one(self, item: Any, context: Context) -> Plain:
        table = Part(type(item)).plain(item, context)
        assert isinstance(table, dict)
        return {"kind": name, **table} if (name := self.kind_of(item)) else table

    def schema(self, context: Context, definitions: Definitions) -> Schema:
        shapes = [Part(cls).schema(context, definitions, name) for name, cls in self.kinds().items()]
        items = shapes[0] if len(shapes) == 1 else {"oneOf": shapes}
        return {"type": "array", "items": items, "minItems": self.minimum, "maxItems": self.maximum}

    def says(self, value: tuple[Any, ...], context: Context) -> Says:
        return joined([self.says_one(item, context) for item in value], COMMA)

    def says_one(self, item: Any, context: Context) -> Says:
        said = Part(type(item)).says(item, context)
        if not (name := self.kind_of(item)):
            return said
        return Says("{kind} ({said})", "{kind}（{said}）").filled(kind=titled(type(item), name), said=said)

    def asks(self, context: Context) -> Input:
        kinds = tuple((name, titled(cls, name)) for name, cls in self.kinds().items() if name)
        return Input("rows", kinds, str(self.minimum), str(self.maximum))

    def size(self, plain: object) -> int:
        if not isinstance(plain, (list, tuple)):
            return 0
        classes = ((self.class_of(item), item) for item in plain)
        return len(plain) + sum(Part(cls).size(item) for cls, item in classes if cls is not None)

    def class_of(self, written: object) -> type[Any] | None:
        """The class of a part as it is written, None where that cannot be told."""
        name = written.get("kind") if isinstance(written, Mapping) and isinstance(self.of, (Mapping, tuple)) else ""
        return self.kinds().get(name) if isinstance(name, str) else None


def _twice(items: list[object], path: str) -> Iterator[Fault]:
    """A fault for every id that an earlier item has, also where either has other faults."""
    first: dict[str, int] = {}
    for index, item in enumerate(items):
        if (
            isinstance(item, dict)
            and isinstance(name := item.get("id"), str)
            and first.setdefault(name, index) != index
        ):
            reason = Says("{place} has the id “{name}” already.", "{place} 已经使用了标识“{name}”。")
            filled = reason.filled(place=join(path, first[name]), name=quoted(name))
            yield Fault(join(join(path, index), "id"), filled, Says("Give it another.", "请换一个。"))


class Lookup(Mapping[K, V]):
    """A mapping that cannot be changed, and can be a key itself."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[K, V]) -> None:
        self._values = dict(values)

    def __getitem__(self, key: K) -> V:
        return self._values[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(frozenset(self._values.items()))

    def __repr__(self) -> str:
        return f"Lookup({self._values!r})"


EMPTY: Lookup[Any, Any] = Lookup({})


@dataclass(frozen=True, slots=True)
class Table(Kind[Mapping[K, V]]):
    """Values by key, such as a price per tier. ``keys`` is a kind that documents write as text."""

    many: ClassVar[bool] = True
    of: Kind[V]
    keys: Kind[K]
    minimum: int = 0
    maximum: int = 1_000

    def parse(self, plain: object, path: str, context: Context) -> Mapping[K, V]:
        table = table_of(plain, path)
        counted(len(table), self.minimum, self.maximum, path)
        values: dict[K, V] = {}
        faults: list[Fault] = []
        for key, value in table.items():
            place = join(path, key)
            try:
                name = self.keys.parse(key, place, context)
                values[name] = self.of.parse(value, place, context)
            except Faulty as bad:
                faults.extend(bad.faults)
        if faults:
            raise Faulty(tuple(faults))
        return Lookup(values)

    def plain(self, value: Mapping[K, V], context: Context) -> Plain:
        return {str(self.keys.plain(key, context)): self.of.plain(each, context) for key, each in value.items()}

    def schema(self, context: Context, definitions: Definitions) -> Schema:
        return {
            "type": "object",
            "propertyNames": self.keys.schema(context, definitions),
            "additionalProperties": self.of.schema(context, definitions),
            "minProperties": self.minimum,
            "maxProperties": self.maximum,
        }

    def says(self, value: Mapping[K, V], context: Context) -> Says:
        pair = Says("{key}: {each}", "{key}：{each}")
        said = [
            pair.filled(key=self.keys.says(key, context), each=self.of.says(each, context))
            for key, each in value.items()
        ]
        return joined(said, SEMICOLON)

    def asks(self, context: Context) -> Input:
        return Input("table", self.keys.asks(context).choices, str(self.minimum), str(self.maximum))

    def size(self, plain: object) -> int:
        return sum(self.of.size(value) for value in plain.values()) if isinstance(plain, Mapping) else 0


def known_as(item: object, index: int) -> Says:
    """What a part is called in a sentence: its name, else its id, else its number."""
    name = getattr(item, "name", None) or getattr(item, "id", None) or str(index + 1)
    return name if isinstance(name, Says) else same(str(name))
