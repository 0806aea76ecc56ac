"""Order facts on disk: Parquet by month of the shop's zone, appended as orders arrive, rebuilt where orders changed.

A month's row in ``FactMonth`` is written in the same transaction as its orders and counts those that the files do not
show. An append happens after that commit, under the row's lock, and only if no rebuild came between (``generation``).
So the files never miss an order for good, and never hold one twice.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, tzinfo
from itertools import chain
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection, transaction
from django.db.models.functions import Trunc

from regulars.core.facts import OrderFact
from regulars.orders.actions.columns import LineColumns
from regulars.orders.models import FactMonth, Line, Order
from regulars.orders.queries.facts import LINE_SCHEMA, ORDER_SCHEMA, line_files, order_files, zone_file, zone_of_facts

# Below this many orders a batch is not worth a file of its own: its month is rebuilt at the next refresh.
APPEND_MIN_ORDERS = 200


class FactBatch:
    """The facts of one batch of orders: new ones gathered for appending, months with changed ones marked."""

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone
        self._orders: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        self._lines: dict[str, list[LineColumns]] = defaultdict(list)
        self._changed: dict[str, int] = defaultdict(int)

    def add(self, order_id: str, customer_id: str, order: OrderFact, row: Sequence[Any], lines: LineColumns) -> None:
        """A new order: ``row`` as ``record`` stores it (digest first), ``lines`` as they are stored."""
        day = order.placed_at.astimezone(self.zone).date()
        month = day.isoformat()[:7]
        head = (order_id, customer_id, order.placed_at, day, order.state, order.currency, order.channel, order.store)
        self._orders[month].append((*head, *row[9:15], row[16], row[17], row[20]))
        self._lines[month].append(lines)

    def changed(self, placed_at: datetime) -> None:
        """An order of this instant's month reads differently now."""
        self._changed[f"{placed_at.astimezone(self.zone):%Y-%m}"] += 1

    def flush(self) -> None:
        """Count the orders as not yet shown, in the caller's transaction; append the new ones once it has committed."""
        for month in sorted({*self._orders, *self._changed}):
            fresh = len(self._orders[month])
            generation = _mark(month, fresh + self._changed[month])
            if fresh >= APPEND_MIN_ORDERS:
                transaction.on_commit(lambda m=month, g=generation: self._append(m, g))

    def _append(self, month: str, generation: int) -> None:
        orders, lines = self._orders[month], self._lines[month]
        with transaction.atomic():
            row = FactMonth.objects.select_for_update().get(month=month)
            if row.generation != generation:
                return
            if not zone_file().exists():
                zone_file().parent.mkdir(parents=True, exist_ok=True)
                zone_file().write_text(str(self.zone))
            heads = _order_table(orders)
            line_files().append(month, _line_table(heads, lines))
            order_files().append(month, heads)
            FactMonth.objects.filter(month=month).update(changed=row.changed - len(orders))


def rebuild_facts(zone: ZoneInfo, *, everything: bool = False) -> list[str]:
    """Rewrite the months whose files are behind the orders; answers their names.

    ``everything`` rewrites all of them, as does a zone other than the one the files were written for.
    """
    if everything or zone_of_facts() not in {"", zone.key}:
        _mark_all(zone)
    zone_file().parent.mkdir(parents=True, exist_ok=True)
    zone_file().write_text(zone.key)
    months = list(FactMonth.objects.filter(changed__gt=0).order_by("month").values_list("month", flat=True))
    for month in months:
        _rebuild(month, zone)
    return months


def _rebuild(month: str, zone: ZoneInfo) -> None:
    """One month from the database. The row's lock keeps new orders of the month waiting until the files are in place."""
    first = date.fromisoformat(f"{month}-01")
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    since, until = (datetime(d.year, d.month, d.day, tzinfo=zone).astimezone(UTC) for d in (first, following))
    with transaction.atomic():
        row = FactMonth.objects.select_for_update().get(month=month)
        orders, lines = _stored_rows(since, until, zone)
        line_files().replace(month, _table(LINE_SCHEMA, lines))
        order_files().replace(month, _table(ORDER_SCHEMA, orders))
        FactMonth.objects.filter(month=month).update(changed=0, generation=row.generation + 1)


def _stored_rows(
    since: datetime, until: datetime, zone: ZoneInfo
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    amounts = [f.name for f in ORDER_SCHEMA][8:]
    rows = Order.objects.filter(placed_at__gte=since, placed_at__lt=until).order_by("id")
    heads: dict[Any, tuple[Any, ...]] = {}
    orders = []
    for r in rows.values_list(
        "id", "customer_id", "placed_at", "state", "currency", "channel", "store", *amounts
    ).iterator():
        heads[r[0]] = (str(r[0]), str(r[1]), r[2], r[2].astimezone(zone).date())
        orders.append((*heads[r[0]], *r[3:]))
    columns = ("order_id", "number", "product_id", *[f.name for f in LINE_SCHEMA][6:])
    found = Line.objects.filter(order__placed_at__gte=since, order__placed_at__lt=until).order_by("order_id", "number")
    lines = [
        (*heads[r[0]], r[1], str(r[2]) if r[2] else None, *r[3:])
        for r in found.values_list(*columns).iterator(chunk_size=20_000)
    ]
    return orders, lines


def _mark_all(zone: ZoneInfo) -> None:
    """Count every month that has files, and every month in which this zone sees an order, as behind."""
    FactMonth.objects.update(changed=1)
    placed = Order.objects.values_list(Trunc("placed_at", "month", tzinfo=zone), flat=True).distinct().order_by()
    for month in {f"{first:%Y-%m}" for first in placed}:
        _mark(month, 1)


def _mark(month: str, orders: int) -> int:
    """Count ``orders`` more as not shown by the month's files; answers the month's generation."""
    sql = (
        "INSERT INTO orders_factmonth (month, changed, generation) VALUES (%s, %s, 0) "
        "ON CONFLICT (month) DO UPDATE SET changed = orders_factmonth.changed + excluded.changed RETURNING generation"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [month, orders])
        return int(cursor.fetchone()[0])


def _table(schema: pa.Schema, rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    return pa.Table.from_arrays([pa.array(c, type=f.type) for f, c in zip(schema, columns, strict=True)], schema=schema)


def _order_table(orders: Sequence[tuple[Any, ...]]) -> pa.Table:
    """New orders as a table; their ids come as 32 digits."""
    table = _table(ORDER_SCHEMA, orders)
    for place, name in enumerate(("order_id", "customer_id")):
        table = table.set_column(place, name, _hyphenated(table[name].combine_chunks()))
    return table


def _line_table(orders: pa.Table, lines: Sequence[LineColumns]) -> pa.Table:
    """The lines of ``orders``, in their order, as a table: what the order knows is repeated, not converted."""
    heads = orders.select(["order_id", "customer_id", "placed_at", "day"])
    repeated = heads.take(np.repeat(np.arange(orders.num_rows), orders["line_count"].to_numpy())).columns
    own = {
        field.name: pa.array(list(chain.from_iterable(map(attrgetter(field.name), lines))), field.type)
        for field in list(LINE_SCHEMA)[len(heads.schema) :]
    }
    own["product_id"] = _hyphenated(own["product_id"])
    return pa.Table.from_arrays([*repeated, *own.values()], schema=LINE_SCHEMA)


def _hyphenated(ids: pa.Array) -> pa.Array:
    """The 36-character form of ids of 32 digits, each of them worked out once."""
    told = ids.dictionary_encode()
    parts = [
        pc.utf8_slice_codeunits(told.dictionary, start, stop)
        for start, stop in ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))
    ]
    return pc.binary_join_element_wise(*parts, "-").take(told.indices)
