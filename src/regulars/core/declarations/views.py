"""What a document says, and what differs between two versions of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from regulars.core.declarations.declare import titled
from regulars.core.declarations.documents import knowing
from regulars.core.declarations.kinds import Context, Kind, join
from regulars.core.declarations.parts import Parts, Table, known_as
from regulars.core.declarations.records import Localised, Part
from regulars.core.declarations.words import COMMA
from regulars.core.says import Says, joined

TRAIL = Says(" › ", " › ")


@dataclass(frozen=True, slots=True)
class Shown:
    """One line of a document's view: what it says, and what stands within."""

    path: str
    label: Says
    says: Says
    nested: tuple["Shown", ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. ``path`` leads into the later version, of what was removed into the earlier one; ``label`` is the way
    there in words. ``before`` is None for what was added, ``after`` for what was removed."""

    path: str
    label: Says
    before: Says | None
    after: Says | None


def view(instance: object, context: Context) -> tuple[Shown, ...]:
    """Everything a document says, in the order of its declarations, with defaults that say something."""
    context = knowing(instance, context)
    return _within(Part(type(instance)), instance, "", context)


def _within(kind: Part[Any], value: object, path: str, context: Context) -> tuple[Shown, ...]:
    members = ((member, getattr(value, member.name)) for member in kind.members())
    return tuple(
        _shown(member.kind, member.label, given, join(path, member.name), context)
        for member, given in members
        if given is not None and given != "" and not (member.kind.many and not given)
    )


def _shown(kind: Kind[Any], label: Says, value: Any, path: str, context: Context) -> Shown:
    if isinstance(kind, Part):
        return Shown(path, label, kind.says(value, context), _within(kind, value, path, context))
    if isinstance(kind, Parts):
        nested = tuple(
            Shown(
                join(path, index),
                known_as(item, index),
                titled(type(item), kind.kind_of(item)),
                _within(Part(type(item)), item, join(path, index), context),
            )
            for index, item in enumerate(value)
        )
        return Shown(path, label, Says("{n} in all", "共 {n} 项").filled(n=len(value)), nested)
    return Shown(path, label, kind.says(value, context))


def diff(before: object, after: object, context: Context) -> list[Change]:
    """What differs from one version of a document to the next, in the order of its declarations.

    Parts are matched by their ids: one that only moved is no change but of the order.
    """
    return list(_Comparison(knowing(before, context), knowing(after, context)).parts(before, after, "", ()))


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Two versions, each read with the names of its own parts."""

    before: Context
    after: Context

    def parts(self, before: Any, after: Any, path: str, trail: tuple[Says, ...]) -> Iterator[Change]:
        for member in Part(type(after)).members():
            pair = getattr(before, member.name), getattr(after, member.name)
            yield from self.values(member.kind, *pair, join(path, member.name), (*trail, member.label))

    def values(self, kind: Kind[Any], before: Any, after: Any, path: str, trail: tuple[Says, ...]) -> Iterator[Change]:
        if before == after:
            return
        if isinstance(kind, Parts):
            yield from self.lists(kind, before or (), after or (), path, trail)
        elif isinstance(kind, Table):
            yield from self.tables(kind, before or {}, after or {}, path, trail)
        elif isinstance(kind, Part) and before is not None and after is not None:
            yield from self.parts(before, after, path, trail)
        elif isinstance(kind, Localised) and before is not None and after is not None:
            for member in kind.members():
                pair = getattr(before, member.name), getattr(after, member.name)
                yield from self.values(member.kind, *pair, join(path, member.name), (*trail, member.label))
        else:
            yield self.change(kind, before, after, path, trail)

    def change(self, kind: Kind[Any], before: Any, after: Any, path: str, trail: tuple[Says, ...]) -> Change:
        said = (
            None if value is None else kind.says(value, context)
            for value, context in ((before, self.before), (after, self.after))
        )
        return Change(path, joined(list(trail), TRAIL), *said)

    def tables(
        self,
        kind: Table[Any, Any],
        before: Mapping[Any, Any],
        after: Mapping[Any, Any],
        path: str,
        trail: tuple[Says, ...],
    ) -> Iterator[Change]:
        for key in dict.fromkeys((*before, *after)):
            place = join(path, str(kind.keys.plain(key, self.after)))
            step = (*trail, kind.keys.says(key, self.after))
            yield from self.values(kind.of, before.get(key), after.get(key), place, step)

    def lists(
        self, kind: Parts, before: tuple[Any, ...], after: tuple[Any, ...], path: str, trail: tuple[Says, ...]
    ) -> Iterator[Change]:
        old, new = _by_id(before), _by_id(after)
        for name in dict.fromkeys((*old, *new)):
            (there, was), (here, now) = old.get(name, (0, None)), new.get(name, (0, None))
            place = join(path, there if now is None else here)
            step = (*trail, known_as(was, there) if now is None else known_as(now, here))
            if was is not None and type(was) is type(now):
                yield from self.parts(was, now, place, step)
            else:
                said = (
                    None if item is None else kind.says_one(item, context)
                    for item, context in ((was, self.before), (now, self.after))
                )
                yield Change(place, joined(list(step), TRAIL), *said)
        kept = [name for name in old if name in new], [name for name in new if name in old]
        if kept[0] != kept[1]:
            said = (
                joined([known_as(each[name][1], 0) for name in names], COMMA)
                for each, names in zip_longest((old, new), kept)
            )
            yield Change(path, joined([*trail, Says("order", "顺序")], TRAIL), *said)


def _by_id(items: tuple[Any, ...]) -> dict[str | int, tuple[int, Any]]:
    """Parts with their places, by id; by place where they have none."""
    return {getattr(item, "id", index): (index, item) for index, item in enumerate(items)}
