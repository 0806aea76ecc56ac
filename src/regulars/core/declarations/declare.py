"""How a field of a rule is declared, and what was declared of a class."""

from dataclasses import MISSING, dataclass, field, fields
from typing import Any

from regulars.core.declarations.kinds import UNSAID, Kind
from regulars.core.says import Says


@dataclass(frozen=True, slots=True)
class Declared:
    """One field: how it is written, checked, shown and filled in. ``default`` is MISSING where a document has to say it."""

    name: str
    kind: Kind[Any]
    label: Says
    help: Says = UNSAID
    default: Any = field(default_factory=lambda: MISSING)

    @property
    def required(self) -> bool:
        return self.default is MISSING


def declare(kind: Kind[Any], label: Says, *, help: Says = UNSAID, default: Any = MISSING) -> Any:
    """A field of a frozen, slotted dataclass. ``default=None`` makes it one that may be absent.

    A list's or table's default can only be empty (``()``, ``EMPTY``, None): an empty one in a form could not be told from
    one that was left alone.
    """
    if kind.many and default is not MISSING and default:
        raise TypeError(f"a list can only be empty by default, not {default!r}")
    return field(default=default, metadata={"declared": (kind, label, help)})


def declared(cls: type[Any]) -> tuple[Declared, ...]:
    """The fields of a class in their order. Raises TypeError for one that was not declared."""
    found = []
    for each in fields(cls):
        if "declared" not in each.metadata:
            raise TypeError(f"{cls.__name__}.{each.name} says neither its kind nor its label: use declare()")
        kind, label, help_ = each.metadata["declared"]
        found.append(Declared(each.name, kind, label, help_, each.default))
    return tuple(found)


def titled(cls: type[Any], name: str) -> Says:
    """What a class of parts calls itself (``title: ClassVar[Says]``), else the name it is written by."""
    title = getattr(cls, "title", None)
    return title if isinstance(title, Says) else Says(name, name)
