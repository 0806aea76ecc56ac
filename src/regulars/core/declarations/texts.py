"""Documents as text: TOML and JSON in, TOML out."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import Any

from regulars.core.declarations.kinds import Plain, quoted, wrong
from regulars.core.faults import Faulty
from regulars.core.says import Says

BYTES_MOST = 1_000_000
INLINE_MOST = 100
# tomllib takes time by the square of a dotted key's steps; nobody writes twenty.
_LONG_KEY = re.compile(r"""(?<![\w"'-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){20}""")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPED = re.compile('[\x00-\x1f\x7f"\\\\]')
_SHORT = {"\n": "\\n", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_LOOK = Says(
    "Look for a missing quote, bracket or equals sign, and write text in quotes.",
    "请检查引号、括号、等号是否齐全，文本要加引号。",
)
# What the parsers say by the beginning of their sentence, and how to mend it.
_TOLD: tuple[tuple[str, Says, Says], ...] = (
    (
        "Cannot overwrite",
        Says("This name was given before.", "该名称前面已经写过。"),
        Says("Keep one.", "请只保留一处。"),
    ),
    (
        "Cannot declare",
        Says("This table was written before.", "该表前面已经写过。"),
        Says("Merge the two.", "请合并成一处。"),
    ),
    ("Duplicate", Says("This name was given before.", "该名称前面已经写过。"), Says("Keep one.", "请只保留一处。")),
    ("Unclosed", Says("A bracket is not closed.", "括号没有闭合。"), Says("Close it.", "请补上右括号。")),
    ("Unterminated", Says("A text is not closed.", "文本没有结束引号。"), Says("Close the quotes.", "请补上引号。")),
    (
        "Expected '=' after",
        Says("A name has no value.", "名称后面没有值。"),
        Says("Write name = value.", "请写成：名称 = 值"),
    ),
    ("Invalid value", Says("This is no value.", "这里的值无法识别。"), Says("Write text in quotes.", "文本请加引号。")),
)


def load(text: str) -> dict[str, Any]:
    """The document of a text: JSON if its first character is a brace, TOML otherwise.

    Raises Faulty with line and column where the text breaks off, and for one of more than a million bytes.
    """
    if len(text) > BYTES_MOST or len(text.encode(errors="replace")) > BYTES_MOST:
        raise wrong(
            "",
            Says("The text is larger than {most} bytes.", "文本超过了 {most} 字节。"),
            Says("Split it.", "请拆分。"),
            most=f"{BYTES_MOST:,}",
        )
    text = text.removeprefix("\ufeff")
    try:
        return _json(text) if text.lstrip()[:1] == "{" else _toml(text)
    except RecursionError:
        mend = Says("Write it flatter.", "请减少嵌套。")
        raise wrong("", Says("The text is nested too deep.", "嵌套层数过多。"), mend) from None


def _toml(text: str) -> dict[str, Any]:
    if found := _LONG_KEY.search(text):
        raise _broken(text, found.start(), "A name has too many steps")
    try:
        return tomllib.loads(text)
    except ValueError as error:
        told = str(error)
        if not (place := _PLACE.search(told)):
            raise _too_long() from None
        source = text.replace("\r\n", "\n")
        offset = len(source)
        if place[1]:
            offset = sum(map(len, source.splitlines(keepends=True)[: int(place[1]) - 1])) + int(place[2]) - 1
        raise _broken(source, offset, told[: place.start()]) from None


def _json(text: str) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise _broken(text, error.pos, error.msg) from None
    except Faulty:
        raise
    except ValueError:
        raise _too_long() from None
    return document


def _too_long() -> Faulty:
    """Python reads no number of more than some thousand digits; it is all that the parsers refuse without a place."""
    return wrong("", Says("A number has too many digits.", "数字位数过多。"), Says("Shorten it.", "请缩短。"))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in table if names.count(name) > 1)
        raise wrong(
            "",
            Says("The name “{name}” is given twice in one table.", "同一个表里“{name}”写了两次。"),
            Says("Keep one.", "请只保留一处。"),
            name=quoted(twice),
        )
    return table


def _no_number(name: str) -> float:
    raise wrong("", Says("{name} is no number.", "{name} 不是数字。"), Says("Write digits.", "请填写数字。"), name=name)


def _broken(text: str, offset: int, told: str) -> Faulty:
    """A fault with line and column, counted from one, and what the line says there."""
    before = text[:offset]
    line, column = before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
    reason, mend = next(
        ((reason, mend) for start, reason, mend in _TOLD if told.startswith(start)),
        (Says("This cannot be read ({told}).", "无法解析。").filled(told=told), _LOOK),
    )
    return wrong(
        f"{line}:{column}",
        Says(
            "Line {line}, column {column}: {why} It says: {there}",
            "第 {line} 行第 {column} 列：{why}该行内容：{there}",
        ),
        mend,
        line=line,
        column=column,
        why=reason,
        there=quoted(text.split("\n")[line - 1].strip()),
    )


def dump(plain: Mapping[str, Plain]) -> str:
    """TOML of a document: one name a line, lists of tables as sections, small tables in braces. ``load`` gives it back.

    Raises TypeError for what TOML cannot write (None, names that are not text).
    """
    return "\n".join(_section(plain, ())).strip("\n") + "\n" if plain else ""


def _section(table: Mapping[str, Plain], path: tuple[str, ...]) -> Iterator[str]:
    """The lines of a table: its values first, for a section's header ends what stands above it."""
    later: list[tuple[str, Plain]] = []
    for name, value in table.items():
        if _has_header(value, top=not path):
            later.append((name, value))
        else:
            yield f"{_key(name)} = {_line(value)}"
    for name, value in later:
        place = (*path, name)
        header = ".".join(map(_key, place))
        for inner in value if isinstance(value, list) else [value]:
            assert isinstance(inner, dict)
            if isinstance(value, list) or not all(_has_header(each, top=False) for each in inner.values()):
                yield from ("", f"[[{header}]]" if isinstance(value, list) else f"[{header}]")
            yield from _section(inner, place)


def _has_header(value: Plain, *, top: bool) -> bool:
    """Whether a value gets sections of its own: lists of tables at the top always, others where they are long."""
    if isinstance(value, list):
        tables = bool(value) and all(isinstance(item, dict) for item in value)
        return tables and (top or len(_inline(value)) > INLINE_MOST)
    return isinstance(value, dict) and len(_inline(value)) > INLINE_MOST


def _line(value: Plain) -> str:
    """A value after its name: long lists with an item a line, long texts as they stand."""
    if isinstance(value, list) and len(_inline(value)) > INLINE_MOST:
        return "".join(["[\n", *(f"    {_inline(item)},\n" for item in value), "]"])
    if isinstance(value, str) and "\n" in value:
        return '"""\n' + _ESCAPED.sub(lambda found: "\n" if found[0] == "\n" else _escape(found), value) + '"""'
    return _inline(value)


def _inline(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{_ESCAPED.sub(_escape, value)}"'
        case int() | float():
            return repr(value)
        case datetime() | date() | time():
            return value.isoformat()
        case list():
            return f"[{', '.join(map(_inline, value))}]"
        case dict():
            return "{" + ", ".join(f"{_key(name)} = {_inline(inner)}" for name, inner in value.items()) + "}"
    raise TypeError(f"TOML cannot write {value!r}")


def _key(name: str) -> str:
    if not isinstance(name, str):
        raise TypeError(f"TOML names are text, not {name!r}")
    return name if _BARE.fullmatch(name) else _inline(name)


def _escape(found: re.Match[str]) -> str:
    return _SHORT.get(found[0], f"\\u{ord(found[0]):04x}")
