"""A programme as a form edits it: one part at a time, the rest of the document untouched.

A part is named by its path: ``""`` (what stands in no section), ``ladder``, ``automatic``, ``referral``, or a place in a list:
``units[0]``, ``rules[3]``, ``ladder.tiers[1]``, ``rewards[2]``. The place after the last one is a part to be added.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from regulars.core.declarations import Context, FormField, declared, form, from_form, knowing, parse, to_form
from regulars.core.declarations.declare import titled
from regulars.core.faults import Fault, Faulty
from regulars.core.programme.document import AutoRedemption, Ladder, Programme, Referral, Reward, Tier, Unit
from regulars.core.programme.earning import RULES
from regulars.core.says import Says

Document = dict[str, Any]
Posted = Mapping[str, str | list[str]]
GENERAL = ""
LISTS: dict[str, Mapping[str, type[Any]]] = {
    "units": {"": Unit},
    "rules": {cls.kind: cls for cls in RULES},
    "ladder.tiers": {"": Tier},
    "rewards": {"": Reward},
}
SINGLE: dict[str, type[Any]] = {GENERAL: Programme, "ladder": Ladder, "automatic": AutoRedemption, "referral": Referral}
# What a form of the whole does not show, for it is edited by itself.
_APART = {
    Programme: frozenset({"units", "rules", "ladder", "rewards", "automatic", "referral"}),
    Ladder: frozenset({"tiers"}),
}
_PLACE = re.compile(r"(units|rules|ladder\.tiers|rewards)\[(\d{1,4})\]")


@dataclass(frozen=True, slots=True)
class Part:
    """One part: where it stands, what it is, and what is there (None: it is to be added)."""

    path: str
    cls: type[Any]
    kind: str
    value: Any | None

    @property
    def title(self) -> Says:
        """What it calls itself: its name, else the name of its kind."""
        name = getattr(self.value, "name", None)
        if isinstance(name, Says) and self.cls is not Programme:
            return name
        return _TITLES.get(self.cls) or titled(self.cls, self.kind)


_TITLES = {
    Programme: Says("The programme", "计划"),
    Unit: Says("Point type", "积分类型"),
    Tier: Says("Tier", "等级"),
    Reward: Says("Reward", "奖品"),
    Ladder: Says("How tiers are kept and lost", "定级与降级"),
    AutoRedemption: Says("Automatic redemption", "自动兑换"),
    Referral: Says("Referral", "推荐有礼"),
}


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a form, with what is wrong with its answer."""

    field: FormField
    faults: tuple[Fault, ...]
    nested: tuple["Question", ...]
    blank: tuple["Question", ...]


def find(programme: Programme, path: str, kind: str = "") -> Part | None:
    """The part at a path; None where nothing of the sort can stand. ``kind`` is what a part to be added shall be."""
    if path in SINGLE:
        value = getattr(programme, path) if path else programme
        return Part(path, SINGLE[path], "", value) if path != "ladder" or value else None
    if not (found := _PLACE.fullmatch(path)):
        return None
    items, place, kinds = _items(programme, found[1]), int(found[2]), LISTS[found[1]]
    if place < len(items):
        value = items[place]
        return Part(path, type(value), next(name for name, cls in kinds.items() if cls is type(value)), value)
    return Part(path, kinds[kind], kind, None) if place == len(items) and kind in kinds else None


def next_place(programme: Programme, listed: str) -> str:
    """The path of a part that would be added to a list."""
    return f"{listed}[{len(_items(programme, listed))}]"


def _items(programme: Programme, listed: str) -> tuple[Any, ...]:
    if listed == "ladder.tiers":
        return programme.ladder.tiers if programme.ladder else ()
    items: tuple[Any, ...] = getattr(programme, listed)
    return items


def questions(
    part: Part,
    programme: Programme,
    context: Context,
    language: str,
    posted: Posted | None = None,
    faults: Iterable[Fault] = (),
) -> tuple[list[Question], list[Fault]]:
    """The form of a part, filled with what was posted or with what is there; and the faults that belong to none of it."""
    context = knowing(programme, context)
    shown = posted if posted is not None or part.value is None else to_form(part.value, context)
    fields = [one for one in form(part.cls, context, language, shown) if one.name not in _APART.get(part.cls, ())]
    own = part.cls.__annotations__  # what a rule is about comes before what all rules have: dates, caps, conditions
    fields.sort(key=lambda one: 0 if one.name in {"id", "name"} else 1 if one.name in own else 2)
    places = set(_places(fields))
    placed: dict[str, list[Fault]] = {}
    left = []
    for fault in faults:
        inner = _within(fault.path, part.path)
        place = max((one for one in places if _leads(one, inner)), key=len, default=None) if inner else None
        if place is None:
            left.append(fault)
        else:
            placed.setdefault(place, []).append(fault)
    return [_question(one, placed) for one in fields], left


def _question(field: FormField, faults: Mapping[str, list[Fault]]) -> Question:
    return Question(
        field,
        tuple(faults.get(field.path, ())),
        tuple(_question(one, faults) for one in field.nested),
        tuple(_question(one, {}) for one in field.blank),
    )


def _places(fields: Iterable[FormField]) -> Iterator[str]:
    for field in fields:
        yield field.path
        yield from _places(field.nested)


def _within(path: str, part: str) -> str:
    """A fault's path seen from a part, "" where it is another's."""
    if not part:
        return path
    return path.removeprefix(part)[1:] if path.startswith((f"{part}.", f"{part}[")) else ""


def _leads(place: str, path: str) -> bool:
    return path == place or path.startswith((f"{place}.", f"{place}["))


def written(part: Part, posted: Posted, programme: Programme, context: Context) -> Document:
    """What a form says of a part, as a document writes it."""
    told: Document = dict(from_form(part.cls, posted, knowing(programme, context)))
    apart = _APART.get(part.cls, frozenset())
    told = {name: value for name, value in told.items() if name not in apart}
    return {"kind": part.kind, **told} if part.kind else told


def put(document: Document, part: Part, told: Document) -> Document:
    """The document with a part written anew, or added."""
    after, apart = deepcopy(document), _APART.get(part.cls, frozenset())
    if part.path == GENERAL:
        return _ordered({**told, **{name: value for name, value in after.items() if name in apart}})
    if part.path in SINGLE:
        kept = {name: value for name, value in after.get(part.path, {}).items() if name in apart}
        return {**after, part.path: {**told, **kept}}
    items, place = _list(after, part.path)
    items[place : place + 1] = [told]
    return after


def _ordered(document: Document) -> Document:
    """The names of a programme in the order in which they are declared."""
    names = [member.name for member in declared(Programme)]
    return dict(sorted(document.items(), key=lambda item: names.index(item[0]) if item[0] in names else len(names)))


def removed(document: Document, path: str) -> Document:
    """The document without a part. Without its last tier there is no ladder."""
    after = deepcopy(document)
    if path in SINGLE:
        after.pop(path, None)
        return after
    items, place = _list(after, path)
    del items[place : place + 1]
    if path.startswith("ladder.") and not items:
        del after["ladder"]
    return after


def moved(document: Document, path: str, by: int) -> Document:
    """The document with a part of a list further up (``by`` -1) or down (1); as it is where it stands at the end."""
    after = deepcopy(document)
    items, place = _list(after, path)
    if 0 <= place + by < len(items):
        items[place], items[place + by] = items[place + by], items[place]
    return after


def _list(document: Document, path: str) -> tuple[list[Any], int]:
    """The list that a path leads into, made where there is none, and the place in it. Raises KeyError for another path."""
    found = _PLACE.fullmatch(path)
    if not found:
        raise KeyError(path)
    holder = document
    *steps, name = found[1].split(".")
    for step in steps:
        holder = holder.setdefault(step, {})
    items: list[Any] = holder.setdefault(name, [])
    return items, int(found[2])


def checked(document: Document, context: Context) -> tuple[Programme | None, tuple[Fault, ...]]:
    """The programme that a document stands for, or all that is wrong with it."""
    try:
        programme: Programme = parse(Programme, document, context)
    except Faulty as faulty:
        return None, faulty.faults
    return programme, ()
