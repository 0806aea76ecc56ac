"""A shop of a few orders, told by the marts."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from regulars.science.engine import INPUTS, DuckDB, Settings, build

Rows = list[dict[str, Any]]
Told = dict[str, Rows]
Tell = Callable[..., Told]
AT = datetime(2026, 1, 1, tzinfo=UTC)


def order(customer: str | None, day: str, net: int = 100, **more: Any) -> dict[str, Any]:
    """An order of a customer on a day (noon UTC), of ``net`` minor units."""
    base = {
        "customer_id": customer,
        "placed_at": datetime.combine(date.fromisoformat(day), time(12), UTC),
        "day": date.fromisoformat(day),
        "state": "completed",
        "currency": "CNY",
        "channel": "",
        "store": "",
        "line_count": 1,
        "list_amount": net + more.get("discount_amount", 0),
        "discount_amount": 0,
        "net_amount": net,
        "paid_amount": net,
        **{f"{name}_amount": 0 for name in ("shipping", "tax", "funded", "refunded")},
    }
    return {**base, **more}


def line(order_id: str, product: str | None, net: int, number: int = 1, quantity_milli: int = 1000) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "customer_id": None,
        "placed_at": AT,
        "day": AT.date(),
        "number": number,
        "product_id": product,
        "quantity_milli": quantity_milli,
        "list_amount": net,
        "discount_amount": 0,
        "net_amount": net,
        "funded_amount": 0,
    }


def write(folder: Path, name: str, rows: Sequence[Mapping[str, Any]]) -> list[Path]:
    """Rows as the input ``name`` of the marts."""
    if not rows:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.parquet"
    pq.write_table(pa.Table.from_pylist(list(rows), schema=INPUTS[name]), path)
    return [path]


def tell_in(folder: Path, orders: Rows, as_of: str, **inputs: Any) -> Told:
    """The marts of these orders (numbered ``o0``, ``o1`` ... unless they say otherwise), built afresh in ``folder``."""
    numbered = [{"order_id": f"o{index}", **row} for index, row in enumerate(orders)]
    settings = Settings(date.fromisoformat(as_of), inputs.pop("zone", "UTC"), inputs.pop("currency", "CNY"))
    files = {name: write(folder / "inputs", name, rows) for name, rows in {"orders": numbered, **inputs}.items()}
    manifest = build(files, settings, folder / "marts", at=AT, open_engine=lambda: DuckDB(threads=1))
    return {name: pq.read_table(folder / "marts" / file).to_pylist() for name, file in manifest.files.items()}


@pytest.fixture
def tell(tmp_path: Path) -> Tell:
    def told(orders: Rows, as_of: str, **inputs: Any) -> Told:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        return tell_in(folder, orders, as_of, **inputs)

    return told
