"""Documents as text: what is dumped loads back, what is broken is found by line and column, and nothing takes forever."""

import math
import tomllib
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.core.declarations import BYTES_MOST, Context, dump, load, parse, plain
from regulars.core.faults import Faulty
from tests.core.sample_rules import CNY, Programme, document

NAMES = st.text(st.characters(codec="utf-8"), max_size=6) | st.sampled_from(["a", "b-c", "", "金 卡", 'q"', "1.5"])
LEAVES = (
    st.text(st.characters(codec="utf-8"), max_size=60)
    | st.text(st.sampled_from("\n\r\t\"\\'#=[] \x7f\x00a"), max_size=12)
    | st.integers()
    | st.booleans()
    | st.floats(allow_nan=False)
    | st.dates()
    | st.times()
    | st.datetimes(timezones=st.none() | st.just(UTC))
)
PLAIN: st.SearchStrategy[Any] = st.dictionaries(
    NAMES,
    st.recursive(
        LEAVES,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
        max_leaves=30,
    ),
    max_size=5,
)


@given(PLAIN)
def test_what_is_dumped_loads_back(document: dict[str, Any]) -> None:
    assert tomllib.loads(dump(document)) == document
    assert load(dump(document)) == document


def test_a_dump_is_made_to_be_read() -> None:
    when = {"all": [{"field": "order.amount", "op": "at_least", "value": "100.00"}]}
    long = {"any": [{"field": "member.city", "op": "is", "value": "上海"}] * 4}
    rules = [
        {"kind": "per_amount", "id": "base", "points": 1, "when": when},
        {"kind": "per_amount", "id": "far", "when": long, "note": 'Two\n"lines"'},
    ]
    assert dump({"earning": rules, "id": "club", "name": {"en": "Club", "zh": "俱乐部"}, "codes": ["x" * 40] * 3}) == (
        'id = "club"\n'
        'name = {en = "Club", zh = "俱乐部"}\n'
        "codes = [\n" + f'    "{"x" * 40}",\n' * 3 + "]\n"
        "\n"
        "[[earning]]\n"
        'kind = "per_amount"\n'
        'id = "base"\n'
        "points = 1\n"
        'when = {all = [{field = "order.amount", op = "at_least", value = "100.00"}]}\n'
        "\n"
        "[[earning]]\n"
        'kind = "per_amount"\n'
        'id = "far"\n'
        'note = """\n'
        'Two\n\\"lines\\""""\n'
        + '\n[[earning.when.any]]\nfield = "member.city"\nop = "is"\nvalue = "上海"\n' * 4
    )  # fmt: skip


def test_nothing_is_nothing() -> None:
    assert dump({}) == ""
    assert load("") == load("# only a comment\n") == load("{}") == {}


@pytest.mark.parametrize("bad", [{"a": None}, {"a": [None]}, {"a": object()}, {1: 2}])
def test_what_toml_cannot_write_is_not_written_as_something_else(bad: dict[Any, Any]) -> None:
    with pytest.raises(TypeError, match="TOML"):
        dump(bad)


def test_toml_and_json_say_the_same() -> None:
    toml = 'id = "club"\nname = "会员"\n[[earning]]\nkind = "per_amount"\nid = "a"\npoints = 1\nper = 10\n'
    rule = '{"kind": "per_amount", "id": "a", "points": 1, "per": 10}'
    json = '\ufeff {"id": "club", "name": "会员", "earning": [' + rule + "]}"
    assert parse(Programme, load(toml), CNY) == parse(Programme, load(json), CNY)


def fault(text: str) -> tuple[str, str, str]:
    with pytest.raises(Faulty) as caught:
        load(text)
    (found,) = caught.value.faults
    assert all([*found.reason, *found.mend])
    return found.path, found.to("en"), found.to("zh")


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("a = = 1", "1:5", "This is no value."),
        ('a = 1\nname = "x', "2:10", "name ="),
        ("a = 1\na = 2\n", "2:6", "given before"),
        ("[a]\n[a]", "2:3", "written before"),
        ("a = [1,\n2", "2:2", "bracket"),
        ("a", "1:2", "has no value"),
        ("a = {b = 1, b = 2}", "1:18", "given before"),
        ("\r\na = 1 b = 2", "2:7", "a = 1 b = 2"),
        ("中 = 1", "1:1", "中 = 1"),
        ('{"a": 1,}', "1:9", '{"a": 1,}'),
        ('{"a": 1\n "b": 2}', "2:2", '"b": 2}'),
    ],
)
def test_what_is_broken_is_found_by_line_and_column(text: str, place: str, says: str) -> None:
    path, english, chinese = fault(text)
    assert path == place
    assert says in english
    line, column = place.split(":")
    assert f"第 {line} 行第 {column} 列" in chinese


def test_json_is_no_laxer_than_toml() -> None:
    assert fault('{"a": {"b": 1, "b": 2}}')[1].startswith(".: The name “b” is given twice")
    assert fault('{"a": NaN}')[1].startswith(".: NaN is no number")


@pytest.mark.parametrize("text", ["a = " + "9" * 5000, '{"a": ' + "9" * 5000 + "}"], ids=["toml", "json"])
def test_a_number_has_an_end(text: str) -> None:
    assert "too many digits" in fault(text)[1]


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 200_000,
        '{"a":' * 100_000,
        "{" + '"a":[' + "[" * 100_000,
        ".".join("a" * 300_000) + " = 1",
        "x = {" + ".".join('"a"' for _ in range(100_000)) + " = 1}",
        "[" + " . ".join("a" * 100_000) + "]",
        "x" * 900_000,
        '"' * 900_000,
        "a." * 19 + "x" * 900_000,
    ],
    ids=range(9),
)
def test_a_hostile_text_is_refused_at_once(text: str) -> None:
    fault(text)


def test_dotted_words_in_a_text_are_no_key() -> None:
    sentence = "Earn. Spend. Come back... " * 10
    assert load(f'note = "{sentence}"\na.b.c = 1') == {"note": sentence, "a": {"b": {"c": 1}}}


def test_a_text_has_a_size() -> None:
    assert "1,000,000" in fault("#" * (BYTES_MOST + 1))[1]
    assert "1,000,000" in fault("#" + "金" * (BYTES_MOST // 3 + 1))[1]
    assert load("#" + "x" * (BYTES_MOST - 1)) == {}


def test_dates_and_times_of_toml_are_understood() -> None:
    loaded = load("a = 2026-11-11\nb = 2026-11-11T20:00:00+08:00\nc = 20:00:00\nd = inf")
    assert loaded["a"] == date(2026, 11, 11)
    assert loaded["b"] == datetime(2026, 11, 11, 12, tzinfo=UTC)
    assert loaded["c"] == time(20) and math.isinf(loaded["d"])
    opened = parse(Programme, document(opens_at=loaded["b"]), CNY)
    assert plain(opened, Context("CNY"))["opens_at"] == "2026-11-11T12:00:00+00:00"
