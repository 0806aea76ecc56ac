"""Tables with named members: nested rules, names in two languages, lengths of time."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from regulars.core.declarations.amounts import Whole
from regulars.core.declarations.declare import Declared, declared, titled
from regulars.core.declarations.kinds import (
    Context,
    Definitions,
    Input,
    Kind,
    Plain,
    Schema,
    join,
    missing,
    table_of,
    unknown,
)
from regulars.core.declarations.words import Choice, Words
from regulars.core.expiry import Aligned, Span, Validity
from regulars.core.faults import Fault, Faulty
from regulars.core.says import Says, joined

V = TypeVar("V")
SEMICOLON = Says("; ", "；")


class Record(Kind[V]):
    """A table with declared members. Every fault of every member is found, and every key that is none."""

    __slots__ = ()

    @abstractmethod
    def members(self) -> tuple[Declared, ...]:
        """The members in the order in which they are shown."""

    @abstractmethod
    def build(self, values: dict[str, Any], path: str, context: Context) -> V:
        """The value of members that are good each. Raises Faulty where they do not go together."""

    def parse(self, plain: object, path: str, context: Context) -> V:
        table = table_of(plain, path)
        faults = unknown(table, (member.name for member in self.members()), path, context)
        values: dict[str, Any] = {}
        for member in self.members():
            place = join(path, member.name)
            if member.name in table:
                try:
                    values[member.name] = member.kind.parse(table[member.name], place, context)
                except Faulty as bad:
                    faults.extend(bad.faults)
            elif member.required:
                faults.append(missing(place, member.label))
        if faults:
            raise Faulty(tuple(faults))
        return self.build(values, path, context)

    def plain(self, value: V, context: Context) -> Plain:
        return {member.name: member.kind.plain(given, context) for member, given in self.given(value)}

    def given(self, value: V) -> list[tuple[Declared, Any]]:
        """The members that say something else than their default."""
        pairs = ((member, getattr(value, member.name)) for member in self.members())
        return [(member, given) for member, given in pairs if member.required or given != member.default]

    def schema(self, context: Context, definitions: Definitions) -> Schema:
        properties = {}
        for member in self.members():
            described = {"title": member.label.to(definitions.language)}
            if text := member.help.to(definitions.language):
                described["description"] = text
            if not member.required and member.default is not None:
                described["default"] = member.kind.plain(member.default, context)  # type: ignore[assignment]
            properties[member.name] = member.kind.schema(context, definitions) | described
        return {
            "type": "object",
            "properties": properties,
            "required": [member.name for member in self.members() if member.required],
            "additionalProperties": False,
        }

    def says(self, value: V, context: Context) -> Says:
        return joined(
            [
                Says("{label}: {given}", "{label}：{given}").filled(
                    label=member.label, given=member.kind.says(given, context)
                )
                for member, given in self.given(value)
            ],
            SEMICOLON,
        )

    def asks(self, context: Context) -> Input:
        return Input("group")

    def size(self, plain: object) -> int:
        if not isinstance(plain, Mapping):
            return 0
        return sum(member.kind.size(plain[member.name]) for member in self.members() if member.name in plain)


@dataclass(frozen=True, slots=True)
class Part(Record[V]):
    """A rule within a rule: a dataclass of declared fields.

    Its ``check(path, context)``, where it has one, answers the faults of fields that are good each but not together.
    """

    of: type[V]

    def members(self) -> tuple[Declared, ...]:
        return declared(self.of)

    def build(self, values: dict[str, Any], path: str, context: Context) -> V:
        value = self.of(**values)
        if check := getattr(value, "check", None):
            faults: tuple[Fault, ...] = tuple(check(path, context))
            if faults:
                raise Faulty(faults)
        return value

    def schema(self, context: Context, definitions: Definitions, tag: str = "") -> Schema:
        name = f"{self.of.__name__}.{tag}" if tag else self.of.__name__
        if definitions.claim(name, self.of):
            # The longer way is needed: Record's slots make this another class than the one super() closes over.
            shape = Record.schema(self, context, definitions)
            shape["title"] = titled(self.of, tag or self.of.__name__).to(definitions.language)
            if tag:
                shape["properties"] = {"kind": {"const": tag}, **shape["properties"]}
                shape["required"] = ["kind", *shape["required"]]
            definitions.schemas[name] = shape
        return {"$ref": f"#/$defs/{name}"}


@dataclass(frozen=True, slots=True)
class Localised(Record[Says]):
    """A name or sentence in English and Chinese; a bare text is the same in both."""

    maximum: int = 200
    long: bool = False

    def members(self) -> tuple[Declared, ...]:
        words = Words(self.maximum, self.long)
        return Declared("en", words, Says("English", "英文")), Declared("zh", words, Says("Chinese", "中文"))

    def build(self, values: dict[str, Any], path: str, context: Context) -> Says:
        return Says(**values)

    def parse(self, plain: object, path: str, context: Context) -> Says:
        if isinstance(plain, str):
            text = Words(self.maximum).parse(plain, path, context)
            return Says(text, text)
        return Record.parse(self, plain, path, context)

    def plain(self, value: Says, context: Context) -> Plain:
        return value.en if value.en == value.zh else {"en": value.en, "zh": value.zh}

    def schema(self, context: Context, definitions: Definitions) -> Schema:
        bare = Words(self.maximum).schema(context, definitions)
        return {"anyOf": [bare, Record.schema(self, context, definitions)]}

    def says(self, value: Says, context: Context) -> Says:
        return value


SPANS = {Span.DAYS: Says("days", "天"), Span.MONTHS: Says("months", "个月"), Span.YEARS: Says("years", "年")}
ENDS = {
    Aligned.DAY: Says("the day", "当天"),
    Aligned.MONTH: Says("the month", "当月"),
    Aligned.QUARTER: Says("the quarter", "当季"),
    Aligned.YEAR: Says("the year", "当年"),
}


@dataclass(frozen=True, slots=True)
class Term(Record[Validity]):
    """How long something is good: ``{count = 12, span = "months", aligned = "month"}``."""

    maximum: int = 3_660

    def members(self) -> tuple[Declared, ...]:
        return (
            Declared("count", Whole(0, self.maximum), Says("for", "时长")),
            Declared("span", Choice(Span, SPANS), Says("unit", "单位"), default=Span.DAYS),
            Declared("aligned", Choice(Aligned, ENDS), Says("to the end of", "截止到"), default=Aligned.DAY),
        )

    def build(self, values: dict[str, Any], path: str, context: Context) -> Validity:
        return Validity(**values)

    def says(self, value: Validity, context: Context) -> Says:
        span, end = SPANS[value.span], ENDS[value.aligned]
        said = Says(
            f"{value.count} {span.en.removesuffix('s') if value.count == 1 else span.en}", f"{value.count} {span.zh}"
        )
        if value.aligned is Aligned.DAY:
            return said
        return Says(f"{said.en}, to the end of {end.en}", f"{said.zh}，到{end.zh}最后一天")
