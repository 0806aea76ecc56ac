"""Templates and scripts under the content policy: nothing inline, nothing from elsewhere, no untranslated word."""

import re
from collections.abc import Iterator
from functools import reduce
from html.parser import HTMLParser
from pathlib import Path

from tools.shape.tree import Breach, Rule, Tree

COMMENT = re.compile(r"\{#.*?#\}|\{%\s*comment\b.*?\{%\s*endcomment\s*%\}|<!--.*?-->", re.DOTALL)
INLINE = {
    r"<script\b(?![^>]*\b(?:src\s*=|type\s*=\s*[\"']application/(?:ld\+)?json))": "an inline script never runs here",
    r"<style\b": "an inline stylesheet never applies here: put it in static/",
    r"\sstyle\s*=": "an inline style never applies here: give it a class",
    r"\son[a-z]+\s*=": "an inline handler never runs here: listen in a script",
    r"\shx-on[:a-z-]*\s*=|\shx-vals\s*=\s*[\"']js:": "this needs eval, which the policy forbids: listen in a script",
    r"javascript:": "a script in an address never runs here",
}
ELSEWHERE = re.compile(
    r"<(?:script|img|iframe|source)\b[^>]*\bsrc\s*=\s*[\"']?(?:https?:)?//"
    r"|<link\b[^>]*\bhref\s*=\s*[\"']?(?:https?:)?//",
    re.IGNORECASE,
)
EVAL = re.compile(r"\beval\s*\(|\bnew\s+Function\s*\(")
TRANSLATED = re.compile(r"\{%\s*blocktrans(?:late)?\b.*?\{%\s*endblocktrans(?:late)?\s*%\}", re.DOTALL)
# A block of bare lower-case words fills a class attribute of the layout: {% block wide %} narrow{% endblock %}.
CLASSES = re.compile(r"\{%\s*block\s+\w+\s*%\}[a-z -]*\{%\s*endblock\b.*?%\}")
TAGS = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
WORD = re.compile(r"[^\W\d_]{2,}")
# Names and codes that are the same in every language.
NAMES = {
    "Regulars",
    "回头客",
    "English",
    "简体中文",
    "中文",
    "API",
    "CSV",
    "JSON",
    "JSONL",
    "Lines",
    "Parquet",
    "RFM",
    "OpenAPI",
    "UTC",
    "px",
}
SPOKEN = {"title", "placeholder", "alt", "aria-label", "aria-description", "label"}
SILENT = {"script", "style", "code", "pre", "kbd", "svg"}


def blank(match: re.Match[str]) -> str:
    """Nothing in place of the match, line breaks kept so that line numbers stay true."""
    return re.sub(r"[^\n]", " ", match.group())


def templates(tree: Tree) -> Iterator[tuple[Path, str]]:
    for path in tree.files(".html"):
        yield path, COMMENT.sub(blank, path.read_text(encoding="utf-8"))


def inline_code(tree: Tree) -> Iterator[Breach]:
    for path, text in templates(tree):
        for pattern, sentence in INLINE.items():
            for found in re.finditer(pattern, text, re.IGNORECASE):
                yield Breach(tree.relative(path), text.count("\n", 0, found.start()) + 1, sentence)


def things_from_elsewhere(tree: Tree) -> Iterator[Breach]:
    for path, text in templates(tree):
        for found in ELSEWHERE.finditer(text):
            yield Breach(
                tree.relative(path), text.count("\n", 0, found.start()) + 1, "pages load nothing from other hosts"
            )
    for path in tree.files(".css"):
        if re.search(r"url\(\s*[\"']?(?:https?:)?//|@import", path.read_text(encoding="utf-8"), re.IGNORECASE):
            yield Breach(tree.relative(path), 1, "stylesheets load nothing from other hosts")


def evaluated_code(tree: Tree) -> Iterator[Breach]:
    for path in tree.files(".js"):
        if found := EVAL.search(text := path.read_text(encoding="utf-8")):
            yield Breach(tree.relative(path), text.count("\n", 0, found.start()) + 1, "the policy forbids eval")


class Visible(HTMLParser):
    """Collects what a reader would see of a template from which template tags were taken out.

    An element that states its language (``<article lang="en">``) is in that language on purpose.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.silent = 0
        self.own_language: list[str] = []
        self.words: list[tuple[int, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in SILENT
        if tag in self.own_language or (dict(attrs).get("lang") or "").strip():
            self.own_language.append(tag)
        for name, value in attrs:
            if name in SPOKEN:
                self.handle_data(value or "", always=True)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        self.silent = max(0, self.silent - (tag in SILENT))
        if tag in self.own_language:
            self.own_language.remove(tag)

    def handle_data(self, data: str, *, always: bool = False) -> None:
        if (
            (always or not self.silent)
            and not self.own_language
            and (words := [w for w in WORD.findall(data) if w not in NAMES])
        ):
            self.words.append((self.getpos()[0] + data[: data.find(words[0])].count("\n"), " ".join(words)))


def bare_words(tree: Tree) -> Iterator[Breach]:
    for path, text in templates(tree):
        reader = Visible()
        reader.feed(reduce(lambda left, pattern: pattern.sub(blank, left), (TRANSLATED, CLASSES, TAGS), text))
        reader.close()
        for line, words in reader.words:
            yield Breach(tree.relative(path), line, f"“{words[:60]}” is not translatable: {{% translate %}}")


RULES: dict[str, Rule] = {
    "inline code": inline_code,
    "things from elsewhere": things_from_elsewhere,
    "evaluated code": evaluated_code,
    "bare words": bare_words,
}
