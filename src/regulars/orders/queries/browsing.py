"""Orders as staff look for them: filtered, sorted, by the page, with the customers' names."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from functools import cached_property, lru_cache
from typing import NamedTuple
from uuid import UUID

import duckdb
from django.core.cache import caches
from django.db import connection
from django.db.models import F, Func, Q, QuerySet, Sum, UUIDField
from django.db.models.expressions import RawSQL
from django.db.models.lookups import In

from regulars.catalog.queries.listing import filed_under, products_like
from regulars.customers import queries as customers
from regulars.customers.queries.listing import members_of
from regulars.orders.models import Line, Order
from regulars.orders.queries import PURCHASES
from regulars.orders.queries.facts import line_files

# A search looks at this many customers and products that match; more would be no search any longer.
MATCHES_MAX = 50
# In place of a state: all those in which an order is a purchase, the orders that figures count.
COUNTED = "counted"
# From so many orders on SQLite is quicker to walk all orders by date than to look these up and sort them.
MANY = 5_000
CHOICES_MAX = 60
CHOICES_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Wanted:
    """What staff asked for. Days are of ``zone`` and both counted; amounts are minor units of what was paid in
    ``currency``: where one is asked, orders in other currencies are left out.

    ``product`` and ``category`` (a path, what is filed right under it) seek orders by their lines.
    ``by_contact``: whether ``text`` may find a customer by address or number, not by name alone."""

    zone: tzinfo
    text: str = ""
    since: date | None = None
    until: date | None = None
    state: str = ""
    channel: str = ""
    store: str = ""
    is_discounted: bool | None = None
    least_amount: int | None = None
    most_amount: int | None = None
    currency: str = ""
    customer: UUID | None = None
    product: UUID | None = None
    category: str = ""
    by_contact: bool = False


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order of the list. Amounts in minor units of ``currency``; ``discount_amount`` None where there is none.

    ``customer_id`` is None, and the name empty, for a walk-in. ``sought_amount`` is the net of the lines that ``Wanted``
    seeks by product or category, None where it seeks none. ``customer_number`` is filled in for exports alone.
    """

    id: UUID
    number: str
    placed_at: datetime
    customer_id: UUID | None
    customer_name: str
    state: str
    channel: str
    store: str
    line_count: int
    discount_amount: int | None
    paid_amount: int
    currency: str
    sought_amount: int | None = None
    customer_number: str = ""


_READ = (
    *("id", "number", "placed_at", "customer_id", "state", "channel", "store", "line_count"),
    *("discount_amount", "funded_amount", "paid_amount", "currency"),
)


class Found:
    """The orders that match; what they are is worked out once, at the first question."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted

    @cached_property
    def _matching(self) -> QuerySet[Order]:
        return self._found(walks=False)

    @cached_property
    def _products(self) -> Sequence[UUID]:
        """The products whose lines are sought; of a category all, or the one that is asked for."""
        one, filed = self._wanted.product, filed_under(self._wanted.category) if self._wanted.category else None
        if one is None:
            return filed or ()
        return (one,) if filed is None or one in filed else ()

    @cached_property
    def _named(self) -> "_Named":
        return _named(self._wanted)

    def _found(self, *, walks: bool) -> QuerySet[Order]:
        found = _stated(self._wanted)
        if _sought(self._wanted) is not None:
            found = found.filter(_with_products(self._products, walks=walks))
        return found.filter(_says(self._wanted.text, self._named, walks=walks)) if self._wanted.text else found

    def count(self) -> int:
        return self._matching.count()

    def rows(self, sort: str, offset: int, limit: int) -> list[OrderRow]:
        """Orders ``offset`` to ``offset + limit`` sorted by a column of OrderRow (``-`` before it: descending): 2 queries.

        Amounts are sorted currency by currency.
        """
        column = sort.lstrip("-") or "placed_at"
        sign = "-" if sort.startswith("-") or not sort else ""
        first = ("currency",) if column.endswith("_amount") else ()
        # The index of the default order ends with the id ascending.
        matching = self._found(walks=True) if column == "placed_at" else self._matching
        found = _read(matching.order_by(*first, f"{sign}{column}", "id")[offset : offset + limit])
        if (sought := _sought(self._wanted)) is None:
            return found
        lines = Line.objects.filter(sought, order__in=[row.id for row in found])
        amounts = dict(lines.values("order").annotate(net=Sum("net_amount")).values_list("order", "net"))
        return [replace(row, sought_amount=amounts.get(row.id, 0)) for row in found]

    def sought_amount(self, currency: str) -> int | None:
        """The net of all lines sought, of orders in ``currency``; None where none are sought.

        As the facts on disk tell: SQLite took 15 s to find the lines of 35,000 orders, reading the columns takes 0.3 s.
        """
        if _sought(self._wanted) is None:
            return None
        files, products = [str(path) for path in line_files().files()], list(map(str, self._products))
        if not files or not products:
            return 0
        orders = self._matching.filter(currency=currency).values_list("pk", flat=True)
        sought = "product_id IN (SELECT unnest(?)) AND order_id IN (SELECT unnest(?))"
        asked = f"SELECT SUM(net_amount) FROM read_parquet(?) WHERE {sought}"  # noqa: S608  words of this function
        return _engine().cursor().execute(asked, [files, products, list(map(str, orders))]).fetchall()[0][0] or 0


def by_number(text: str, limit: int) -> list[OrderRow]:
    """Orders whose number begins with ``text``."""
    return _read(Order.objects.filter(number__startswith=text).order_by("number")[:limit])


def _sought(wanted: Wanted) -> Q | None:
    """The lines sought by product or category."""
    if wanted.product is None and not wanted.category:
        return None
    asked = {"product": wanted.product, "product__category__path": wanted.category}
    return Q(**{name: value for name, value in asked.items() if value})


def _read(found: QuerySet[Order]) -> list[OrderRow]:
    page = list(found.values_list(*_READ))
    names = customers.names_known(row[3] for row in page)
    return [
        OrderRow(
            *row[:3],
            row[3] if row[3] in names else None,
            names.get(row[3], ""),
            *row[4:8],
            row[8] + row[9] or None,
            *row[10:],
        )
        for row in page
    ]


def _stated(wanted: Wanted) -> QuerySet[Order]:
    found = Order.objects.filter(**{name: value for name, value in _equal(wanted).items() if value not in ("", None)})
    if wanted.state == COUNTED:
        found = found.filter(PURCHASES)
    if wanted.is_discounted is not None:
        discounted = Q(discount_amount__gt=0) | Q(funded_amount__gt=0)
        found = found.filter(discounted if wanted.is_discounted else ~discounted)
    if wanted.customer is not None:
        found = found.filter(customer__in=customers.member_ids(wanted.customer))
    return found


def _equal(wanted: Wanted) -> Mapping[str, object]:
    asks_amount = wanted.least_amount is not None or wanted.most_amount is not None
    return {
        "currency": wanted.currency if asks_amount else "",
        "placed_at__gte": wanted.since and _midnight(wanted.since, wanted.zone),
        "placed_at__lt": wanted.until and _midnight(wanted.until + timedelta(days=1), wanted.zone),
        "state": "" if wanted.state == COUNTED else wanted.state,
        "channel": wanted.channel,
        "store": wanted.store,
        "paid_amount__gte": wanted.least_amount,
        "paid_amount__lte": wanted.most_amount,
    }


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone)


class _Named(NamedTuple):
    """What a text names besides order numbers: customers, with the records merged into them, and products."""

    customers: list[UUID]
    products: list[UUID]


def _named(wanted: Wanted) -> _Named:
    found = customers.search(wanted.text, MATCHES_MAX, by_contact=wanted.by_contact)
    products = products_like(wanted.text, MATCHES_MAX)
    return _Named(members_of(hit.id for hit in found) if found else [], [product.id for product in products])


def _says(text: str, named: _Named, *, walks: bool) -> Q:
    """The order's number begins with ``text``, or a customer or product of it is named by it."""
    says = _numbered(text)
    if named.customers:
        says |= Q(customer__in=named.customers)
    return says | _with_products(named.products, walks=walks) if named.products else says


def _numbered(text: str) -> Q:
    """The order's number begins with ``text`` in small or capital letters, in words that this database's index answers."""
    numbered = Q()
    for start in {text, text.lower(), text.upper()}:
        if connection.vendor == "postgresql":
            numbered |= Q(number__startswith=start)
        else:
            numbered |= Q(number__gte=start, number__lt=f"{start}{chr(sys.maxunicode)}")
    return numbered


def _with_products(products: Sequence[UUID], *, walks: bool) -> Q:
    """Orders with a line of one of the products, as the facts on disk tell: so since the last refresh.

    An index of lines by product would make recording a large shop six times slower; the column on disk is read in 0.1 s.
    ``walks``: they are wanted page by page, in an order that an index of orders has.
    """
    count, told = _orders_with(tuple(map(str, line_files().files())), tuple(map(str, products)), connection.vendor)
    if connection.vendor == "postgresql":
        return Q(pk__in=RawSQL("SELECT unnest(%s::uuid[])", [told]))
    # One parameter however many ids: SQLite takes 32,766 at most.
    given = RawSQL("SELECT value FROM json_each(%s)", [told])
    if not walks or count < MANY:
        return Q(pk__in=given)
    # The plus keeps SQLite from visiting each of them: it walks the orders by date and stops when the page is full.
    return Q(In(Func(F("pk"), template="+%(expressions)s", output_field=UUIDField()), given))


@lru_cache(maxsize=4)
def _orders_with(files: tuple[str, ...], products: tuple[str, ...], vendor: str) -> tuple[int, str]:
    """How many orders have one of the products, and their ids in the text that this database takes many from in one
    parameter. Files never change: what is kept stays true."""
    empty, sql = _IDS[vendor]
    if not files or not products:
        return 0, empty
    count, told = _engine().cursor().execute(sql, [list(files), list(products)]).fetchall()[0]
    return count, told or empty


# Made a text by DuckDB: twice as quick as making the ids Python's first.
_IDS = {
    "sqlite": (
        "[]",
        (
            "SELECT COUNT(*), '[\"' || string_agg(replace(order_id, '-', ''), '\",\"') || '\"]' FROM ("
            "SELECT DISTINCT order_id FROM read_parquet(?) WHERE product_id IN (SELECT unnest(?)))"
        ),
    ),
    "postgresql": (
        "{}",
        (
            "SELECT COUNT(*), '{' || string_agg(order_id, ',') || '}' FROM ("
            "SELECT DISTINCT order_id FROM read_parquet(?) WHERE product_id IN (SELECT unnest(?)))"
        ),
    ),
}


@lru_cache(maxsize=1)
def _engine() -> duckdb.DuckDBPyConnection:
    """One connection for all threads: opening DuckDB costs as much as the question. Nothing is spilt to disk."""
    return duckdb.connect(config={"threads": 2, "temp_directory": ""})


def choices(column: str) -> Sequence[str]:
    """The values of ``channel`` or ``store`` that orders have, looked up every 5 minutes; () where there are too many to list."""

    def look_up() -> tuple[str, ...]:
        found = Order.objects.exclude(**{column: ""}).order_by(column).values_list(column, flat=True).distinct()
        values = tuple(found[: CHOICES_MAX + 1])
        return values if len(values) <= CHOICES_MAX else ()

    return caches["process"].get_or_set(f"orders.{column}", look_up, CHOICES_SECONDS) or ()
