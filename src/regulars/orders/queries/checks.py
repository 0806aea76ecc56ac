"""What is stored twice must agree: an order's totals with its lines, the facts on disk with the orders."""

from collections import Counter
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.db import connection

from regulars.orders.models import FactMonth, Order
from regulars.orders.queries.facts import ORDER_SCHEMA, line_files, order_files

SHOWN_MAX = 20

_TOTALS = """
    SELECT o.id, o.source_id
    FROM orders_order o
    JOIN (SELECT order_id, COUNT(*) AS n, SUM(list_amount) AS listed, SUM(discount_amount) AS borne, SUM(net_amount) AS net,
                 SUM(funded_amount) AS funded
          FROM orders_line GROUP BY order_id) l ON l.order_id = o.id
    WHERE o.line_count <> l.n OR o.list_amount <> l.listed OR o.discount_amount <> l.borne OR o.net_amount <> l.net
       OR o.funded_amount <> l.funded OR o.list_amount - o.discount_amount <> o.net_amount
    ORDER BY o.id
"""
_STRAYED = """
    SELECT DISTINCT o.id, o.source_id FROM orders_order o
    JOIN orders_line l ON l.order_id = o.id AND l.customer_id <> o.customer_id ORDER BY o.id
"""
_EMPTY = """
    SELECT id, source_id FROM orders_order o
    WHERE line_count > 0 AND NOT EXISTS (SELECT 1 FROM orders_line WHERE order_id = o.id) ORDER BY id
"""


def inconsistencies(zone: ZoneInfo) -> list[str]:
    """A sentence for each thing that differs; empty when all agrees."""
    return [*_totals(), *_facts(zone)]


def _totals() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_TOTALS)
        found = [
            f"Order {row[1]} ({row[0]}): its totals differ from the sum of its lines."
            for row in cursor.fetchmany(SHOWN_MAX)
        ]
        cursor.execute(_STRAYED)
        found += [f"Order {row[1]} ({row[0]}): its lines name another customer." for row in cursor.fetchmany(SHOWN_MAX)]
        cursor.execute(_EMPTY)
        found += [f"Order {row[1]} ({row[0]}): its lines are missing." for row in cursor.fetchmany(SHOWN_MAX)]
    return found


def _facts(zone: ZoneInfo) -> list[str]:
    """Months whose files, said to be complete, do not hold exactly the orders of the database."""
    behind = set(FactMonth.objects.filter(changed__gt=0).values_list("month", flat=True))
    stored: Counter[str] = Counter()
    net: Counter[str] = Counter()
    of_lines: Counter[str] = Counter()
    rows = Order.objects.values_list("placed_at", "net_amount", "line_count")
    for placed_at, amount, lines in rows.iterator(chunk_size=50_000):
        month = f"{placed_at.astimezone(zone):%Y-%m}"
        stored[month] += 1
        net[month] += amount
        of_lines[month] += amount if lines else 0
    found = []
    for month in sorted({*stored, *_months_on_disk()} - behind):
        expected = (stored[month], stored[month], net[month], of_lines[month])
        if (on_disk := _on_disk(month)) != expected:
            found.append(
                f"Facts of {month}: orders, distinct orders, net, net of lines are {on_disk} on disk, {expected} stored."
            )
    return found


def _months_on_disk() -> set[str]:
    return {path.parent.name.removeprefix("month=") for path in order_files().files()}


def _on_disk(month: str) -> tuple[int, int, int, int]:
    orders = _columns(order_files().files(month), ["order_id", "net_amount"])
    lines = _columns(line_files().files(month), ["net_amount"])
    distinct = pc.count_distinct(orders["order_id"]).as_py()
    return (
        orders.num_rows,
        distinct,
        pc.sum(orders["net_amount"]).as_py() or 0,
        pc.sum(lines["net_amount"]).as_py() or 0,
    )


def _columns(files: list[Path], names: list[str]) -> pa.Table:
    schema = pa.schema([ORDER_SCHEMA.field(name) for name in names])
    return pa.concat_tables(
        [schema.empty_table(), *(pq.read_table(f, columns=names, partitioning=None) for f in files)]
    )
