"""Kinds that are words: ids, texts, choices, and the names of things that stand elsewhere."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, TypeVar

from regulars.core.declarations.kinds import (
    Context,
    Definitions,
    Input,
    Kind,
    Plain,
    Schema,
    counted,
    expected,
    list_of,
    nearest,
    quoted,
    text_of,
    wrong,
)
from regulars.core.faults import Fault, Faulty
from regulars.core.says import Says, joined, same

_SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
_SLUG_LENGTH = 60
_NAME_LENGTH = 200
E_ = TypeVar("E_", bound=Enum)
TEXT = Says("text in quotes", "带引号的文本")
COMMA = Says(", ", "、")


@dataclass(frozen=True, slots=True)
class Id(Kind[str]):
    """The name by which a part is known for good: lower-case letters, digits, ``-`` and ``_`` between them, 60 at most."""

    def parse(self, plain: object, path: str, context: Context) -> str:
        text = text_of(plain, path, TEXT, "double-points")
        if len(text) > _SLUG_LENGTH or not _SLUG.fullmatch(text):
            raise wrong(
                path,
                Says("“{text}” is not an id.", "“{text}”不能用作标识。"),
                Says(
                    "Use lower-case letters, digits and hyphens, 60 at most: double-points",
                    "只用小写字母、数字和连字符，最多 60 个字符，例如：double-points",
                ),
                text=quoted(text),
            )
        return text

    def plain(self, value: str, context: Context) -> Plain:
        return value

    def schema(self, context: Context, definitions: Definitions) -> Schema:
        return {"type": "string", "pattern": f"^{_SLUG.pattern}$", "maxLength": _SLUG_LENGTH}

    def says(self, value: str, context: Context) -> Says:
        return same(value)

    def asks(self, context: Context) -> Input:
        return Input("id", maximum=str(_SLUG_LENGTH))


@dataclass(frozen=True, slots=True)
class Words(Kind[str]):
    """Text of at most ``maximum`` characters that is not blank; ``long`` asks for it in several lines."""

    maximum: int = 200
    long: bool = False

    def parse(self, plain: object, path: str, context: Context) -> str:
        text = text_of(plain, path, TEXT, "...")
        if not text.strip():
            raise wrong(path, Says("The text is empty.", "文本为空。"), Says("Write something.", "请填写内容。"))
        if len(text) > self.maximum:
            raise wrong(
                path,
                Says("The text has {length} characters.", "文本有 {length} 个字符。"),
                Says("Shorten it to {maximum}.", "请缩短到 {maximum} 个字符以内。"),
                length=len(text),
                maximum=self.maximum,
            )
        return text

    def plain(self, value: str, context: Context) -> Plain:
        return value

    def schema(self, context: Context, definitions: Definitions) -> Schema:
        return {"type": "string", "pattern": r"\S", "maxLength": self.maximum}

    def says(self, value: str, context: Context) -> Says:
        return same(value)

    def asks(self, context: Context) -> Input:
        return Input("long" if self.long else "text", maximum=str(self.maximum))


@dataclass(frozen=True, slots=True)
class Flag(Kind[bool]):
    """Yes or no."""

    def parse(self, plain: object, path: str, context: Context) -> bool:
        if not isinstance(plain, bool):
            raise expected(path, plain, Says("true or false", " true 或 false"), "true")
        return plain

    def plain(self, value: bool, context: Context) -> Plain:
        return value

    def schema(self, context: Context, definitions: Definitions) -> Schema:
        return {"type": "boolean"}

    def says(self, value: bool, context: Context) -> Says:
        return Says("yes", "是") if value else Says("no", "否")

    def asks(self, context: Context) -> Input:
        return Input("checkbox")

    def reads(self, text: str, context: Context) -> Plain:
        return bool(text)

    def writes(self, plain: Plain) -> str:
        return "on" if plain else ""


@dataclass(frozen=True, slots=True)
class Choice(Kind[E_]):
    """One member of an enumeration whose values are texts: one of those that ``labels`` names."""

    of: type[E_]
    labels: Mapping[E_, Says]

    def parse(self, plain: object, path: str, context: Context) -> E_:
        values = {str(member.value): member for member in self.labels}
        text = text_of(plain, path, TEXT, next(iter(values)))
        if text not in values:
            raise wrong(
                path,
                Says("“{text}” is not one of the choices.", "没有“{text}”这个选项。"),
                nearest(text, values, context),
                text=quoted(text),
            )
        return values[text]

    def plain(self, value: E_, context: Context) -> Plain:
        return str(value.value)

    def schema(self, context: Context, definitions: Definitions) -> Schema:
        return {
            "oneOf": [
                {"const": str(member.value), "title": self.labels[member].to(definitions.language)}
                for member in self.labels
            ]
        }

    def says(self, value: E_, context: Context) -> Says:
        return self.labels[value]

    def asks(self, context: Context) -> Input:
        return Input("select", tuple((str(member.value), self.labels[member]) for member in self.labels))


@dataclass(frozen=True, slots=True)
class Ref(Kind[str]):
    """The id of one thing of ``source``: parts of the same document ("tiers") or things of the shop ("categories").

    Where the context or the document knows the source's ids, an id that is not among them is refused.
    """

    source: str

    def parse(self, plain: object, path: str, context: Context) -> str:
        text = text_of(plain, path, TEXT, "...")
        if not text.strip() or len(text) > _NAME_LENGTH:
            raise wrong(
                path,
                Says("This names nothing.", "没有指明对象。"),
                Says("Give an id from {source}.", "请填写 {source} 中的标识。"),
                source=self.source,
            )
        known = context.known.get(self.source)
        if known is not None and text not in known:
            raise wrong(
                path,
                Says("There is no “{text}” among {source}.", "{source} 中没有“{text}”。"),
                nearest(text, known, context)
                if known
                else Says("There are none yet; add it there first.", "目前为空，请先添加。"),
                text=quoted(text),
                source=self.source,
            )
        return text

    def plain(self, value: str, context: Context) -> Plain:
        return value

    def schema(self, context: Context, definitions: Definitions) -> Schema:
        return {"type": "string", "pattern": r"\S", "maxLength": _NAME_LENGTH}

    def says(self, value: str, context: Context) -> Says:
        return context.known.get(self.source, {}).get(value, same(value))

    def asks(self, context: Context) -> Input:
        known = context.known.get(self.source)
        return Input("text") if known is None else Input("select", tuple(known.items()))


@dataclass(frozen=True, slots=True)
class Ids(Kind[tuple[str, ...]]):
    """Ids of several things of ``source``, each once, in the order written."""

    many: ClassVar[bool] = True
    source: str
    minimum: int = 1
    maximum: int = 1_000

    def parse(self, plain: object, path: str, context: Context) -> tuple[str, ...]:
        items = list_of(plain, path)
        counted(len(items), self.minimum, self.maximum, path)
        one, found, faults = Ref(self.source), dict[str, int](), list[Fault]()
        for index, item in enumerate(items):
            place = f"{path}[{index}]"
            try:
                text = one.parse(item, place, context)
            except Faulty as bad:
                faults.extend(bad.faults)
                continue
            if found.setdefault(text, index) != index:
                reason = Says("“{text}” is listed twice.", "“{text}”重复了。").filled(text=quoted(text))
                faults.append(Fault(place, reason, Says("Delete one.", "请删除其中一个。")))
        if faults:
            raise Faulty(tuple(faults))
        return tuple(found)

    def plain(self, value: tuple[str, ...], context: Context) -> Plain:
        return list(value)

    def schema(self, context: Context, definitions: Definitions) -> Schema:
        items = Ref(self.source).schema(context, definitions)
        return {
            "type": "array",
            "items": items,
            "minItems": self.minimum,
            "maxItems": self.maximum,
            "uniqueItems": True,
        }

    def says(self, value: tuple[str, ...], context: Context) -> Says:
        return joined([Ref(self.source).says(item, context) for item in value], COMMA)

    def asks(self, context: Context) -> Input:
        return Input("multiselect", Ref(self.source).asks(context).choices, str(self.minimum), str(self.maximum))
