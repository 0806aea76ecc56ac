"""Whatever stands in a cell, its row becomes a fact or a refusal that can be read: one bad cell never ends an import."""

import json
import tempfile
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.connectors.tabular.converting import Batch, Options, converter_for
from regulars.connectors.tabular.converting.cells import AMOUNT_MAX, MILLI_MAX
from regulars.connectors.tabular.fields import ATTRIBUTE, DATASETS
from regulars.connectors.tabular.reading import open_table
from regulars.connectors.tabular.reading.blocks import Block

OPTIONS = Options("test", "CNY", "Asia/Shanghai", datetime(2026, 7, 1, tzinfo=UTC))
# Readers let neither NUL nor lone surrogates through.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
USUAL = st.sampled_from(
    [
        *(
            "",
            " ",
            "1",
            "2",
            "12.50",
            "1.234,50",
            "-3",
            "￥１２",
            "(4)",
            "1e30",
            "1e2000000",
            "1e-2000000",
            "NaN",
            "Infinity",
        ),
        *(
            "sNaN",
            "99999999999.99",
            "0.001",
            "9" * 5000,
            "0." + "1" * 50,
            "1_000",
            "٣",
            "--",
            "+",
            "=",
            "'",
            '="',
            '=""',
        ),
        *("2024-05-31", "2024-05-31 18:30:00", "0001-01-01", "9999-12-31T23:59:59-12:00", "2024-02-30", "31/05/2024"),
        *("1717151400", "9999999999999.9", "1900-01-01T00:00:00+14:00", "2024-05-31T10:00:00+25:00", "Foo 31, 2024"),
        *(
            "2024年5月31日 下午25:30",
            "20240531",
            "CNY",
            "JPY",
            "元",
            "XXX",
            "yes",
            "男",
            "中国",
            "paid",
            "已付款",
            "a>b>c",
            "a,b",
        ),
        *("+8613800018888", "a@b.c", "%", "%s", "%(line)d", "{}", "O1", "O1", "C1"),
    ]
)
NUMBERS = st.one_of(
    st.integers(),
    st.sampled_from([2**53, 2**63, -(2**63), 10**400]),
    st.floats(),
    st.decimals(allow_nan=False),
    st.sampled_from([Decimal("1e2000000"), Decimal("NaN"), Decimal("-1e-2000000")]),
)
SCALAR = st.one_of(st.none(), st.booleans(), NUMBERS, TEXT, USUAL, USUAL, USUAL)
CELL = st.one_of(
    SCALAR,
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.just(UTC)),
    st.binary(max_size=8),
    st.lists(SCALAR, max_size=3),
    st.dictionaries(TEXT, SCALAR, max_size=2),
)
ARROW = st.sampled_from(
    [
        *(
            pa.int8(),
            pa.int64(),
            pa.uint64(),
            pa.float16(),
            pa.float32(),
            pa.float64(),
            pa.decimal128(38, 3),
            pa.bool_(),
        ),
        *(pa.string(), pa.date32(), pa.timestamp("us"), pa.timestamp("ns", "UTC"), pa.timestamp("s", "Asia/Tokyo")),
        pa.time64("us"),
    ]
)
# What Arrow can make no value of is null, as in a file that some program wrote by column.
VALUES = {
    pa.types.is_integer: st.one_of(st.integers(-128, 127), st.integers(-(2**63), 2**64 - 1)),
    pa.types.is_floating: st.one_of(st.floats(), st.sampled_from([0.3, 12.5, 1234567.89])),
    pa.types.is_decimal: st.integers(-(10**27), 10**27).map(lambda thousandths: Decimal(thousandths).scaleb(-3)),
    pa.types.is_boolean: st.booleans(),
    pa.types.is_string: st.one_of(TEXT, USUAL),
    pa.types.is_date: st.dates(),
    pa.types.is_timestamp: st.datetimes(),
    pa.types.is_time: st.times(),
}


def arrow_column(draw: st.DrawFn, count: int) -> pa.Array:
    kind = draw(ARROW)
    values = next(strategy for is_kind, strategy in VALUES.items() if is_kind(kind))
    cells = draw(st.lists(st.none() | values, min_size=count, max_size=count))
    return pa.concat_arrays([_arrow(cell, kind) for cell in cells])


def _arrow(cell: Any, kind: pa.DataType) -> pa.Array:
    try:
        return pa.array([cell], kind)
    except (pa.ArrowException, OverflowError, ValueError, TypeError):
        return pa.nulls(1, kind)


@st.composite
def a_file(draw: st.DrawFn) -> tuple[str, dict[str, str], list[Block]]:
    """A dataset, a mapping of some columns to its fields, and blocks of rows."""
    dataset = DATASETS[draw(st.sampled_from(sorted(DATASETS)))]
    keys = [field.key for field in dataset.fields]
    needed = [draw(st.sampled_from(group)) for group in dataset.required]
    told = list(dict.fromkeys([*needed, *draw(st.lists(st.sampled_from(keys), max_size=8))]))
    names = {**{key: key for key in told}, "more": ATTRIBUTE}
    blocks, line = [], 1
    for count in draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)):
        columns: list[Any] = [
            arrow_column(draw, count) if draw(st.integers(0, 2)) == 0 else _cells(draw, key, count) for key in names
        ]
        blocks.append(Block(range(line, line + count), columns))
        line += count
    return dataset.key, names, blocks


_FAIR = {"source_id": "O1", "order": "O1", "placed_at": "2024-05-31", "customer": "C1", "at": "2024-05-31", "name": "n"}


def _cells(draw: st.DrawFn, key: str, count: int) -> list[Any]:
    """Any cells; those of the columns without which nothing is made are often fair, so that the others are looked at."""
    any_cell = CELL if key not in _FAIR else st.one_of(st.just(_FAIR[key]), st.just(_FAIR[key]), CELL)
    return draw(st.lists(any_cell, min_size=count, max_size=count))


def numbers(value: Any) -> Iterator[tuple[str, int]]:
    """Every number of a fact with its name."""
    if is_dataclass(value):
        for field in fields(value):
            found = getattr(value, field.name)
            if isinstance(found, int) and not isinstance(found, bool):
                yield field.name, found
            yield from numbers(found)
    elif isinstance(value, tuple):
        for each in value:
            yield from numbers(each)


def check(batches: list[Batch], lines: int) -> None:
    """Each line gave a fact or a refusal with a reason; no number is beyond what the database and the marts can hold."""
    for batch in batches:
        for rejection in batch.rejections:
            assert 1 <= rejection.line <= lines
            assert rejection.problem.reason()
            json.dumps(rejection.problem.as_json())
        for fact in batch.facts:
            assert fact.source_id
            for name, number in numbers(fact):
                assert abs(number) <= (MILLI_MAX if name == "quantity_milli" else 2 * AMOUNT_MAX), name
    told = sum(len(b.facts) + len(b.rejections) + b.unchanged for b in batches)
    assert told >= 1


@given(a_file())
def test_any_cell_gives_a_fact_or_a_refusal(file: tuple[str, dict[str, str], list[Block]]) -> None:
    dataset, mapping, blocks = file
    converter = converter_for(dataset, list(mapping), mapping, OPTIONS)
    batches = [converter.convert(block) for block in blocks] + [converter.finish()]
    check(batches, sum(map(len, blocks)))


LITERAL = st.one_of(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT, USUAL).map(json.dumps),
    st.sampled_from(["1e30", "1e400", "1e2000000", "1e99999999999999999999", "-1e-99999999999999999999", "9" * 5000]),
)


@pytest.mark.parametrize("dataset", sorted(DATASETS))
@settings(max_examples=20, deadline=None)
@given(LITERAL, LITERAL)
def test_any_json_number_is_read(dataset: str, first: str, second: str) -> None:
    """By way of a file: what the reader makes of a literal in every column and what the converter makes of that."""
    keys = [field.key for field in DATASETS[dataset].fields]
    rows = [{key: json.dumps(_FAIR[key]) if key in _FAIR else literal for key in keys} for literal in (first, second)]
    text = ",\n".join("{" + ", ".join(f'"{key}": {cell}' for key, cell in row.items()) + "}" for row in rows)
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (("rows.json", f"[{text}]"), ("rows.jsonl", text.replace(",\n", "\n"))):
            path = Path(folder) / name
            path.write_text(content, encoding="utf-8")
            table = open_table(path)
            blocks = list(table.blocks())
            converter = converter_for(dataset, table.names, {key: key for key in keys}, OPTIONS)
            batches = [converter.convert(block) for block in blocks] + [converter.finish()]
            unread = [rejection for block in blocks for rejection in block.unread]
            check([*batches, Batch(rejections=unread)], len(rows) + 1)
