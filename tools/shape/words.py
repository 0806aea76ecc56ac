"""Every sentence has its translation, with the same placeholders, and one sentence has one translation."""

import re
import warnings
from collections.abc import Iterator

from babel.messages.catalog import Message

from tools import messages
from tools.shape.tree import Breach, Rule, Tree

PLACEHOLDER = re.compile(r"%\(\w+\)[#0\- +]*\d*(?:\.\d+)?[sdifgr]|%[sdifgr]|(?<!\{)\{\w*(?:[:.!][^{}]*)?\}(?!\})")


def forms(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def catalogues(tree: Tree) -> Iterator[Breach]:
    settings = (tree.package / "site" / "settings.py").read_text(encoding="utf-8")
    for room in messages.rooms(tree.package):
        path = tree.relative(messages.catalogue_path(room))
        catalogue = messages.translated(room)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            said = messages.spoken(room)
        read = {f'"regulars.{room.name}"', f'"{room.name}" / "locale"'}
        if len(said) and not any(place in settings for place in read):
            yield Breach(path, 1, f"Django never reads this: add {room.name} to INSTALLED_APPS or LOCALE_PATHS")
        for sentence in (m for m in said if m.id):
            known = catalogue.get(sentence.id, sentence.context)
            if known is None or not messages.all_strings(known.string):
                yield Breach(path, 1, f"no Chinese for “{forms(sentence.id)[0][:70]}” ({sentence.locations[0][0]})")
        for message in (m for m in catalogue if m.id):
            yield from (Breach(path, message.lineno or 1, fault) for fault in faults(message))


def faults(message: Message) -> Iterator[str]:
    """What is wrong with one translation."""
    said = forms(message.id)
    if message.fuzzy:
        yield f"fuzzy: “{said[0][:70]}”: look at the translation and remove the mark"
    needed = set(PLACEHOLDER.findall(said[-1]))
    for string in filter(None, forms(message.string)):
        if set(PLACEHOLDER.findall(string)) != needed:
            yield f"placeholders of “{said[0][:70]}” and its translation differ"


def one_translation(tree: Tree) -> Iterator[Breach]:
    """Django merges all catalogues into one, so a second translation of a sentence would win somewhere by chance."""
    first: dict[tuple[object, str | None], tuple[str, tuple[str, ...]]] = {}
    for room in messages.rooms(tree.package):
        path = tree.relative(messages.catalogue_path(room))
        for message in (m for m in messages.translated(room) if m.id and messages.all_strings(m.string)):
            said = forms(message.string)
            where, before = first.setdefault((message.id, message.context), (path, said))
            if before != said:
                yield Breach(
                    path,
                    message.lineno or 1,
                    f"“{forms(message.id)[0][:70]}” is {said[0]} here and {before[0]} in {where}",
                )


RULES: dict[str, Rule] = {"catalogues": catalogues, "one translation": one_translation}
