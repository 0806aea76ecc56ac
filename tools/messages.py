"""The translation catalogues: one per room, English in the source, Simplified Chinese beside it.

``python -m tools.messages update`` adds what the code says and drops what it no longer says;
``python -m tools.messages compile`` makes the binary catalogues that Django reads.
"""

import os
import re
import sys
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

LANGUAGE = "zh_Hans"
TEMPLATES = {".html", ".txt", ".xml"}
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
# No dates and names: they change with every update and say nothing that history does not.
HEADER = f"""msgid ""
msgstr ""
"Language: {LANGUAGE}\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"
"Content-Type: text/plain; charset=utf-8\\n"

"""
# Components take expressions as attributes (:title="_('Orders')"); templatize looks at template tags only.
COMPONENT_ATTRIBUTE = re.compile(r""":[\w-]+="[^"{]*?_\('([^']+)'\)|:[\w-]+='[^'{]*?_\("([^"]+)"\)""")


# Line, message (singular and plural as a tuple), translator comments, context.
Sentence = tuple[int, str | tuple[str, ...], list[str], str | None]


def catalogue_path(room: Path) -> Path:
    return room / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"


def rooms(package: Path) -> list[Path]:
    return sorted(path for path in package.iterdir() if path.is_dir() and path.name != "__pycache__")


@cache
def sentences(suffix: str, text: str) -> list[Sentence]:
    """What one file says, by its text: a file that reads the same says the same."""
    return list(_sentences(suffix, text))


def _sentences(suffix: str, text: str) -> Iterator[Sentence]:
    if suffix == ".py":
        yield from extract("python", BytesIO(text.encode()), KEYWORDS, ["Translators:"])
        return
    # In parentheses, so that a template's indentation is not read as Python's.
    python = f"({templatize(text)}\n)"
    yield from extract("python", BytesIO(python.encode()), KEYWORDS)
    for found in COMPONENT_ATTRIBUTE.finditer(text):
        yield text.count("\n", 0, found.start()) + 1, found[1] or found[2], [], None


def spoken(room: Path) -> Catalog:
    """What the code and templates of a room say."""
    catalogue = Catalog(locale=LANGUAGE, project="Regulars", charset="utf-8", fuzzy=False)
    for path in sorted(room.rglob("*")):
        if path.suffix == ".py" or (path.suffix in TEMPLATES and "templates" in path.parts):
            for _line, message, comments, context in sentences(path.suffix, path.read_text(encoding="utf-8")):
                place = (path.relative_to(room).as_posix(), None)
                catalogue.add(message, locations=[place], auto_comments=comments, context=context)
    return catalogue


def translated(room: Path) -> Catalog:
    """The room's catalogue as it stands, empty where there is none."""
    path = catalogue_path(room)
    if not path.exists():
        return Catalog(locale=LANGUAGE)
    with path.open("rb") as file:
        return read_po(file, locale=LANGUAGE)


def update(package: Path) -> None:
    for room in rooms(package):
        says, catalogue = spoken(room), translated(room)
        if not len(says) and not len(catalogue):
            continue
        catalogue.update(says, no_fuzzy_matching=True)
        path = catalogue_path(room)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(HEADER.encode())
            write_po(
                file,
                catalogue,
                width=100,
                omit_header=True,
                ignore_obsolete=True,
                sort_output=True,
                include_lineno=False,
            )
        missing = sum(1 for message in catalogue if message.id and not all_strings(message.string))
        print(f"{room.name}: {len(catalogue)} sentences, {missing} without translation")


def compile_all(package: Path) -> None:
    for room in rooms(package):
        if (path := catalogue_path(room)).exists():
            unfinished = path.with_suffix(f".{os.getpid()}")
            with unfinished.open("wb") as file:
                write_mo(file, translated(room))
            unfinished.replace(path.with_suffix(".mo"))


def all_strings(string: str | tuple[str, ...] | list[str] | None) -> bool:
    """Whether a translation says something in every plural form."""
    return all((s or "").strip() for s in (string if isinstance(string, (tuple, list)) else [string]))


if __name__ == "__main__":
    here = Path.cwd() / "src" / "regulars"
    commands = {"update": update, "compile": compile_all}
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        sys.exit("python -m tools.messages update|compile")
    commands[sys.argv[1]](here)
