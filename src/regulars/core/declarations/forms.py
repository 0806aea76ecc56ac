"""The console's form of a document, and what was posted turned back into one.

Posted names are flat: ``earning[2].per`` is ``earning-2-per``. The rows of a list may have gaps in their numbers (where one
was taken out); they are counted anew, so that paths in faults and names in the form shown again agree. A table's rows have
a ``key`` and a ``value``; a part of several kinds posts its ``kind``. A group that need not be posted is there when its own
name is (a check box; a hidden input where the group has a default) or when anything in it is filled in.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, replace
from typing import Any

from regulars.core.declarations.declare import Declared, declared, titled
from regulars.core.declarations.kinds import Context, Kind, Plain, join
from regulars.core.declarations.parts import Parts, Table
from regulars.core.declarations.records import Part, Record
from regulars.core.declarations.words import Flag
from regulars.core.says import Says

Posted = Mapping[str, str | list[str]]
ROW = "__n__"
_KIND = Says("Kind", "类型")
_KEY = Says("For", "对象")
_VALUE = Says("Value", "值")


@dataclass(frozen=True, slots=True)
class FormField:
    """One question of a form, everything in one language.

    ``input``: id, text, long, number, money, quantity, percent, checkbox, select, multiselect, date, instant, condition
    (JSON), hidden; group (``nested`` are its questions), rows and table (``nested`` are the rows there are, each a group;
    ``blank`` a new row of each kind with ``__n__`` for its number). ``value`` is what the input shows, ``default`` what is
    meant when nothing is filled in; limits are written as answers are.
    """

    name: str
    path: str
    input: str
    label: str
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    minimum: str = ""
    maximum: str = ""
    unit: str = ""
    required: bool = False
    default: str = ""
    value: str | tuple[str, ...] = ""
    nested: tuple["FormField", ...] = ()
    blank: tuple["FormField", ...] = ()


def form(cls: type[Any], context: Context, language: str, posted: Posted | None = None) -> list[FormField]:
    """The questions for a document of a class: new, or filled with what was posted (``to_form`` of one there is)."""
    making = _Form(context, language, dict(_defaults(declared(cls), "", context)) if posted is None else posted)
    return [making.question(member, member.name, member.name) for member in declared(cls)]


def to_form(instance: object, context: Context) -> dict[str, str | list[str]]:
    """A document as its form would post it."""
    return dict(_posts(Part(type(instance)), instance, "", context))


def from_form(cls: type[Any], posted: Posted, context: Context) -> dict[str, Plain]:
    """What was posted as a document for ``parse``. What is blank is left out; what is wrong stays for ``parse`` to say."""
    reading = _Reading(posted, context)
    return reading.members(declared(cls), "")


def _inside(name: str, step: str | int) -> str:
    return f"{name}-{step}" if name else str(step)


def _one(posted: Posted, name: str) -> str:
    given = posted.get(name, "")
    text = given if isinstance(given, str) else given[-1] if given else ""
    return text.replace("\r\n", "\n").strip()


def _all(posted: Posted, name: str) -> list[str]:
    given = posted.get(name, [])
    return [text.strip() for text in ([given] if isinstance(given, str) else given) if text.strip()]


def _rows(posted: Posted, name: str) -> list[int]:
    """The numbers of a list's posted rows, in order."""
    row = re.compile(re.escape(name) + r"-(0|[1-9][0-9]{0,3})(?:-.+)?")
    return sorted({int(found[1]) for found in map(row.fullmatch, posted) if found})


def _defaults(members: Iterable[Declared], name: str, context: Context) -> Iterator[tuple[str, str | list[str]]]:
    """What a new form shows, also within what is not there yet."""
    for member in members:
        inner = _inside(name, member.name)
        if not member.required and member.default is not None:
            yield from _posts(member.kind, member.default, inner, context)
        elif isinstance(member.kind, Record):
            yield from _defaults(member.kind.members(), inner, context)


def _posts(kind: Kind[Any], value: Any, name: str, context: Context) -> Iterator[tuple[str, str | list[str]]]:
    """The inputs of a value with what they show."""
    if isinstance(kind, Record):
        if name:
            yield name, "on"
        for member in kind.members():
            given, inner = getattr(value, member.name), _inside(name, member.name)
            if given is not None:
                yield from _posts(member.kind, given, inner, context)
            elif isinstance(member.kind, Record):
                yield from _defaults(member.kind.members(), inner, context)
    elif isinstance(kind, Parts):
        for index, item in enumerate(value):
            if tag := kind.kind_of(item):
                yield _inside(_inside(name, index), "kind"), tag
            yield from _posts(Part(type(item)), item, _inside(name, index), context)
    elif isinstance(kind, Table):
        for index, (key, each) in enumerate(value.items()):
            row = _inside(name, index)
            yield from _posts(kind.keys, key, _inside(row, "key"), context)
            yield from _posts(kind.of, each, _inside(row, "value"), context)
    elif kind.many:
        yield name, list(value)
    elif text := kind.writes(kind.plain(value, context)) if value != "" else "":
        yield name, text


@dataclass(frozen=True, slots=True)
class _Reading:
    """Turns what was posted into a document. MISSING stands for what was left blank."""

    posted: Posted
    context: Context

    def members(self, members: tuple[Declared, ...], name: str) -> dict[str, Plain]:
        read = {member.name: self.value(member, _inside(name, member.name)) for member in members}
        return {key: value for key, value in read.items() if value is not MISSING}

    def value(self, member: Declared, name: str) -> Any:
        kind = member.kind
        if isinstance(kind, Record):
            return self.members(kind.members(), name) if self.wanted(member, kind, name) else MISSING
        if isinstance(kind, Parts):
            rows = [self.row(kind, _inside(name, number)) for number in _rows(self.posted, name)]
            return rows or MISSING
        if isinstance(kind, Table):
            return self.table(kind, name) or MISSING
        if kind.many:
            return _all(self.posted, name) or MISSING
        text = _one(self.posted, name)
        return kind.reads(text, self.context) if text or isinstance(kind, Flag) else MISSING

    def wanted(self, member: Declared, kind: Record[Any], name: str) -> bool:
        """Whether a group is there: it has to be, it was ticked, or something in it says more than a new form does."""
        if member.required or _one(self.posted, name):
            return True
        new = dict(_defaults(kind.members(), name, self.context)) if member.default is None else {}
        within = [key for key in self.posted if key.startswith(f"{name}-")]
        return any((said := _all(self.posted, key)) and said != _all(new, key) for key in within)

    def row(self, kind: Parts, name: str) -> dict[str, Plain]:
        tag = _one(self.posted, _inside(name, "kind"))
        written: dict[str, Plain] = {"kind": tag} if tag else {}
        cls = kind.class_of(written)
        return written if cls is None else {**written, **self.members(declared(cls), name)}

    def table(self, kind: Table[Any, Any], name: str) -> dict[str, Plain]:
        found: dict[str, Plain] = {}
        for number in _rows(self.posted, name):
            row = self.members(_columns(kind), _inside(name, number))
            if row:
                key = str(row.get("key", ""))
                found[f"{key} {number}" if key in found else key] = row.get("value", "")
        return found


def _columns(kind: Table[Any, Any]) -> tuple[Declared, ...]:
    return Declared("key", kind.keys, _KEY), Declared("value", kind.of, _VALUE)


@dataclass(frozen=True, slots=True)
class _Form:
    """Makes questions in a language, with what was posted as their values."""

    context: Context
    language: str
    posted: Posted

    def question(self, member: Declared, name: str, path: str, source: str | None = None) -> FormField:
        """``source`` is the posted name that the value is taken from, where rows are counted anew."""
        kind, source = member.kind, name if source is None else source
        asked = kind.asks(self.context)
        field = FormField(
            name,
            path,
            asked.input,
            member.label.to(self.language),
            member.help.to(self.language),
            tuple((value, label.to(self.language)) for value, label in asked.choices),
            asked.minimum,
            asked.maximum,
            asked.unit.to(self.language),
            member.required,
            self._default(member),
        )
        if isinstance(kind, Record):
            nested = self.members(kind.members(), name, path, source)
            return replace(field, nested=nested, value=_one(self.posted, source))
        if isinstance(kind, Parts):
            return replace(
                field, nested=tuple(self.rows(kind, name, path, source)), blank=self.blanks(kind, name, path)
            )
        if isinstance(kind, Table):
            rows = tuple(self.pairs(kind, name, path, source))
            return replace(field, nested=rows, blank=(self.pair(kind, _inside(name, ROW), f"{path}.{ROW}", None),))
        value = tuple(_all(self.posted, source)) if kind.many else _one(self.posted, source)
        return replace(field, value=value)

    def members(self, members: tuple[Declared, ...], name: str, path: str, source: str | None) -> tuple[FormField, ...]:
        return tuple(
            self.question(
                member,
                _inside(name, member.name),
                join(path, member.name),
                None if source is None else _inside(source, member.name),
            )
            for member in members
        )

    def rows(self, kind: Parts, name: str, path: str, source: str) -> Iterator[FormField]:
        for index, number in enumerate(_rows(self.posted, source)):
            there = _inside(source, number)
            tag = _one(self.posted, _inside(there, "kind"))
            yield self.row(kind, tag, _inside(name, index), join(path, index), there)

    def row(self, kind: Parts, tag: str, name: str, path: str, source: str | None) -> FormField:
        """A part as a group. One of a kind that there is not asks for its kind alone."""
        cls = kind.kinds().get(tag)
        label = (titled(cls, tag) if cls else _KIND).to(self.language)
        asked = self.members(declared(cls), name, path, source) if cls else ()
        if "" not in kind.kinds():
            choices = tuple((value, says.to(self.language)) for value, says in kind.asks(self.context).choices)
            chosen = FormField(
                _inside(name, "kind"),
                join(path, "kind"),
                "hidden" if cls else "select",
                _KIND.to(self.language),
                choices=choices,
                required=True,
                value=tag,
            )
            asked = (chosen, *asked)
        return FormField(name, path, "group", label, required=True, nested=asked)

    def blanks(self, kind: Parts, name: str, path: str) -> tuple[FormField, ...]:
        return tuple(
            _Form(self.context, self.language, dict(_defaults(declared(cls), _inside(name, ROW), self.context))).row(
                kind, tag, _inside(name, ROW), f"{path}[{ROW}]", _inside(name, ROW)
            )
            for tag, cls in kind.kinds().items()
        )

    def pairs(self, kind: Table[Any, Any], name: str, path: str, source: str) -> Iterator[FormField]:
        for index, number in enumerate(_rows(self.posted, source)):
            there = _inside(source, number)
            key = _one(self.posted, _inside(there, "key"))
            yield self.pair(kind, _inside(name, index), join(path, key), there)

    def pair(self, kind: Table[Any, Any], name: str, path: str, source: str | None) -> FormField:
        """A row of a table. What is wrong with either half is found at the row's path."""
        nested = tuple(replace(half, path=path) for half in self.members(_columns(kind), name, path, source))
        return FormField(name, path, "group", "", required=True, nested=nested)

    def _default(self, member: Declared) -> str:
        """What an untouched question means, in the words of its answer; of groups and lists in a sentence."""
        if member.required or member.default is None or not member.default:
            return ""
        if isinstance(member.kind, Record):
            return member.kind.says(member.default, self.context).to(self.language)
        return member.kind.writes(member.kind.plain(member.default, self.context))
