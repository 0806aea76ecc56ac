"""One search over the whole console: each room adds a provider, this module only asks them in turn.

@search.provider(_("Customers"), icon="user")
def customers(text: str, limit: int, actor: Actor) -> Sequence[Hit]: ...
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from regulars.web.access import Actor


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer: where it leads and how it reads."""

    title: str
    href: str
    text: str = ""
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    label: str
    icon: str
    hits: tuple[Hit, ...]


Provider = Callable[[str, int, Actor], Sequence[Hit]]
_PROVIDERS: dict[str, tuple[str, str, Provider]] = {}


def provider(label: str, *, icon: str = "circle") -> Callable[[Provider], Provider]:
    """Register a function ``(text, limit, actor) -> hits``; registering the same function again replaces it."""

    def register(function: Provider) -> Provider:
        _PROVIDERS[f"{function.__module__}.{function.__qualname__}"] = (label, icon, function)
        return function

    return register


def find(text: str, *, actor: Actor, limit: int = 5) -> list[Group]:
    """What the providers know about ``text``, at most ``limit`` hits each, empty groups left out."""
    if not (text := " ".join(text.split())[:100]):
        return []
    found = (
        (label, icon, tuple(function(text, limit, actor))[:limit]) for label, icon, function in _PROVIDERS.values()
    )
    return [Group(str(label), icon, hits) for label, icon, hits in found if hits]
