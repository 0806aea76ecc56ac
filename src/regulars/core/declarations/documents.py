"""A document as a whole: read, written, described."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from regulars.core.declarations.declare import declared
from regulars.core.declarations.kinds import Context, Definitions, Kind, Plain, Schema, wrong
from regulars.core.declarations.parts import Parts
from regulars.core.declarations.records import Localised, Part
from regulars.core.faults import Faulty
from regulars.core.says import Says, same

D = TypeVar("D")
DEPTH_MOST = 20
PARTS_MOST = 1_000
SEARCHES_MOST = 100


def parse(cls: type[D], plain: object, context: Context, path: str = "") -> D:
    """The instance that a document (tables and lists as TOML or JSON load them) stands for.

    References to parts of the document itself are checked against the ids written there. Raises Faulty with every fault
    of the whole document; of one that is too deep or has too many parts, with that alone.
    """
    part = Part(cls)
    if _deep(plain):
        raise wrong(
            path,
            Says("The document is nested more than {most} levels deep.", "文档嵌套超过了 {most} 层。"),
            Says("Write it flatter.", "请减少嵌套。"),
            most=DEPTH_MOST,
        )
    if part.size(plain) > PARTS_MOST:
        raise wrong(
            path,
            Says("The document has more than {most} parts.", "文档超过了 {most} 个条目。"),
            Says("Split it, or merge rules that differ only in a value.", "请拆分文档，或合并只差一个值的规则。"),
            most=PARTS_MOST,
        )
    reading = replace(_with_ids(part, plain, context), searches=iter(range(SEARCHES_MOST)))
    return part.parse(plain, path, reading)


def plain(instance: object, context: Context) -> dict[str, Plain]:
    """The instance as a document, defaults left out. ``parse`` gives the instance back."""
    table = Part(type(instance)).plain(instance, context)
    assert isinstance(table, dict)
    return table


def schema(cls: type[Any], context: Context, language: str = "en") -> Schema:
    """JSON Schema (2020-12) of the documents of a class, with titles and descriptions in a language.

    It says less than ``parse``: limits of amounts in text, references and what fields must be together are left to that.
    """
    definitions = Definitions(language)
    root = Part(cls).schema(context, definitions)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **root, "$defs": definitions.schemas}


def knowing(instance: object, context: Context) -> Context:
    """The context, knowing the parts of a document by their ids and names too: for its sentences and forms."""
    return _with_ids(Part(type(instance)), plain(instance, context), context)


def _with_ids(part: Part[Any], plain: object, context: Context) -> Context:
    known: dict[str, dict[str, Says]] = {}
    for source, ids in _sources(part, plain, context):
        known.setdefault(source, {}).update(ids)
    return replace(context, known={**context.known, **known})


def _sources(kind: Kind[Any], plain: object, context: Context) -> Iterator[tuple[str, dict[str, Says]]]:
    """The ids written in every list of parts that have some, by the list's name; not of what is no list."""
    if isinstance(kind, Part) and isinstance(plain, Mapping):
        for member in kind.members():
            written = plain.get(member.name, {} if isinstance(member.kind, Part) else [])
            if isinstance(member.kind, Parts) and isinstance(written, list) and _has_ids(member.kind):
                yield member.name, _ids(written, context)
            yield from _sources(member.kind, written, context)
    elif isinstance(kind, Parts) and isinstance(plain, list):
        for item in plain:
            cls = kind.class_of(item)
            if cls is not None:
                yield from _sources(Part(cls), item, context)


def _has_ids(parts: Parts) -> bool:
    return all(any(member.name == "id" for member in declared(cls)) for cls in parts.kinds().values())


def _ids(items: list[Any], context: Context) -> dict[str, Says]:
    """Ids with names, of items that may have faults elsewhere."""
    ids = {}
    for item in items:
        if isinstance(item, Mapping) and isinstance(id_ := item.get("id"), str):
            ids[id_] = _name(item.get("name"), id_, context)
    return ids


def _name(written: object, id_: str, context: Context) -> Says:
    try:
        return Localised().parse(written, "", context)
    except Faulty:
        return same(id_)


def _deep(plain: object) -> bool:
    """Whether tables stand in more tables than allowed. A list counts where it stands in a list."""
    pending: list[tuple[object, int]] = [(plain, 1)]
    while pending:
        value, depth = pending.pop()
        if not isinstance(value, (dict, list)):
            continue
        if depth > DEPTH_MOST:
            return True
        for inner in value.values() if isinstance(value, dict) else value:
            within = isinstance(value, list) or isinstance(inner, dict)
            pending.append((inner, depth + 1 if within and isinstance(inner, (dict, list)) else depth))
    return False
