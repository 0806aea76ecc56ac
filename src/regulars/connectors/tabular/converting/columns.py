"""A column of cells into a list of values. Arrow columns of the right type are converted as a whole, others cell by cell,
each distinct cell once."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from regulars.connectors.tabular.converting import cells
from regulars.connectors.tabular.converting.batches import Bad, CellRefused, Options, taken
from regulars.connectors.tabular.fields import Field
from regulars.core.money import exponent

_MEMORY = 50_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Cells = Sequence[Any] | pa.Array


def convert_column(field: Field, column: Cells, options: Options, bad: Bad, currency: str = "") -> list[Any]:
    """Values of a column, None where a cell is empty. Refused cells go into ``bad`` by their index.

    Money is in minor units of ``currency``, quantities in thousandths, instants in UTC.
    """
    if isinstance(column, pa.Array):
        quick = _QUICK.get(field.type)
        values = quick(column, field, options, currency) if quick else None
        if values is not None:
            return values
        # Numpy's single-precision numbers know what they are: their text is 0.3 where a Python float says 0.30000001192.
        column = list(column.to_numpy(zero_copy_only=False)) if _is_single(column) else column.to_pylist()
    return _each(column, _function(field, options, currency), field.key, bad)


def money_column(field: Field, column: Cells, options: Options, bad: Bad, currencies: Sequence[str]) -> list[Any]:
    """Minor units, each cell in its own row's currency."""
    distinct = set(currencies)
    if len(distinct) == 1:
        return convert_column(field, column, options, bad, distinct.pop())
    values: list[Any] = [None] * len(currencies)
    for currency in distinct:
        indices = [i for i, c in enumerate(currencies) if c == currency]
        own: Bad = {}
        for index, value in zip(
            indices, convert_column(field, taken(column, indices), options, own, currency), strict=True
        ):
            values[index] = value
        for position, refused in own.items():
            bad.setdefault(indices[position], refused)
    return values


def _each(column: Sequence[Any], convert: Callable[[Any], Any], key: str, bad: Bad) -> list[Any]:
    known: dict[Any, Any] = {}
    values: list[Any] = []
    for index, cell in enumerate(column):
        try:
            values.append(known[cell])
            continue
        except (KeyError, TypeError):
            pass
        try:
            value = convert(cell) if cells.text_of(cell) else None
        except CellRefused as refused:
            bad.setdefault(index, (key, cell, refused.problem))
            values.append(None)
            continue
        if len(known) >= _MEMORY:
            known.clear()
        if not isinstance(cell, dict | list):
            known[cell] = value
        values.append(value)
    return values


def _function(field: Field, options: Options, currency: str) -> Callable[[Any], Any]:
    limit = field.max_chars
    of_text: dict[str, Callable[[str], Any]] = {
        "id": lambda text: cells.identifier(text, limit),
        "state": lambda text: cells.order_state(text, options),
        "path": cells.category_path,
    }
    named: dict[str, Callable[[str], Any]] = {
        "currency": cells.currency_code,
        "gender": cells.gender,
        "country": cells.country,
    }
    of_cell: dict[str, Callable[[Any], Any]] = {
        "money": lambda cell: cells.money(cell, currency),
        "number": cells.quantity,
        "moment": lambda cell: cells.moment(cell, options),
        "date": lambda cell: cells.day(cell, options),
        "flag": cells.flag,
        "tags": cells.tags,
    }
    if field.type in of_cell:
        return of_cell[field.type]
    one = named.get(field.key) or of_text.get(field.type) or (lambda text: cells.bounded(text, limit))
    return lambda cell: one(cells.text_of(cell))


def _is_single(column: pa.Array) -> bool:
    return pa.types.is_floating(column.type) and column.type.bit_width < 64


def _quick_id(column: pa.Array, field: Field, options: Options, currency: str) -> list[Any] | None:
    if pa.types.is_integer(column.type):
        values: list[Any] = column.cast(pa.string()).to_pylist()
        return values
    return None


def _quick_money(column: pa.Array, field: Field, options: Options, currency: str) -> list[Any] | None:
    """Floats and integers as minor units, unless a value misses the smallest unit by more than a hair."""
    scale = 10 ** exponent(currency)
    if pa.types.is_integer(column.type):
        least, most = (bound or 0 for bound in pc.min_max(column).as_py().values())
        if max(-least, most) * scale > cells.AMOUNT_MAX:
            return None
        return pc.multiply(column.cast(pa.int64()), scale).to_pylist()  # type: ignore[no-any-return]
    if not pa.types.is_floating(column.type) or _is_single(column):
        return None
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = column.to_numpy(zero_copy_only=False) * scale
        whole = np.rint(scaled)
        off = np.abs(scaled - whole) > float(cells.TOLERANCE)
    empty = np.isnan(scaled)
    # Infinity is larger than the limit, too.
    if (off & ~empty).any() or (np.abs(scaled[~empty]) > cells.AMOUNT_MAX).any():
        return None
    if not empty.any():
        return whole.astype(np.int64).tolist()  # type: ignore[no-any-return]
    return [None if nothing else int(value) for value, nothing in zip(whole, empty, strict=True)]


def _quick_number(column: pa.Array, field: Field, options: Options, currency: str) -> list[Any] | None:
    if not pa.types.is_integer(column.type) or column.null_count:
        return None
    amounts = column.to_numpy(zero_copy_only=False)
    if len(amounts) and (amounts.min() < 0 or amounts.max() > cells.MILLI_MAX // 1000):
        return None
    return (amounts.astype(np.int64) * 1000).tolist()  # type: ignore[no-any-return]


def _quick_moment(column: pa.Array, field: Field, options: Options, currency: str) -> list[Any] | None:
    """Timestamps that carry a zone, which Arrow keeps in UTC."""
    if not pa.types.is_timestamp(column.type) or not column.type.tz or column.null_count or not len(column):
        return None
    micros = column.cast(pa.timestamp("us", "UTC"), safe=False).cast(pa.int64()).to_numpy()
    latest = (options.latest - _EPOCH) // timedelta(microseconds=1)
    if micros.max() > latest or micros.min() < -2_208_988_800_000_000:  # 1900-01-01
        return None
    return [_EPOCH + timedelta(microseconds=value) for value in micros.tolist()]


_QUICK: dict[str, Callable[[pa.Array, Field, Options, str], list[Any] | None]] = {
    "id": _quick_id,
    "money": _quick_money,
    "number": _quick_number,
    "moment": _quick_moment,
}
