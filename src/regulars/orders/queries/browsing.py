"""Orders as staff look for them: filtered, sorted, by the page, with the customers' names."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from functools import cached_property, lru_cache
from uuid import UUID

import duckdb
from django.core.cache import cache
from django.db import connection
from django.db.models import F, Func, Q, QuerySet, UUIDField
from django.db.models.expressions import RawSQL
from django.db.models.lookups import In

from regulars.catalog.queries.listing import products_like
from regulars.customers import queries as customers
from regulars.customers.queries.listing import members_of
from regulars.orders.models import Order
from regulars.orders.queries import COUNTED_STATES
from regulars.orders.queries.facts import line_files

# A search looks at this many customers and products that match; more would be no search any longer.
MATCHES_MAX = 50
# In place of a state: all those in which an order is a purchase, the orders that figures count.
COUNTED = "counted"
CHOICES_MAX = 60
CHOICES_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Wanted:
    """What staff asked for. Days are of ``zone`` and both counted; amounts are minor units of what was paid in
    ``currency``: where one is asked, orders in other currencies are left out.

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
    by_contact: bool = False


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order of the list. Amounts in minor units of ``currency``; ``discount_amount`` None where there is none."""

    id: UUID
    number: str
    placed_at: datetime
    customer_id: UUID
    customer_name: str
    state: str
    channel: str
    store: str
    line_count: int
    discount_amount: int | None
    paid_amount: int
    currency: str


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
        return _matching(self._wanted)

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
        return _read(self._matching.order_by(*first, f"{sign}{column}", "id")[offset : offset + limit])


def by_number(text: str, limit: int) -> list[OrderRow]:
    """Orders whose number begins with ``text``."""
    return _read(Order.objects.filter(number__startswith=text).order_by("number")[:limit])


def _read(found: QuerySet[Order]) -> list[OrderRow]:
    page = list(found.values_list(*_READ))
    names = customers.names(row[3] for row in page)
    return [OrderRow(*row[:4], names[row[3]], *row[4:8], row[8] + row[9] or None, *row[10:]) for row in page]


def _matching(wanted: Wanted) -> QuerySet[Order]:
    found = Order.objects.filter(**{name: value for name, value in _equal(wanted).items() if value not in ("", None)})
    if wanted.state == COUNTED:
        found = found.filter(state__in=COUNTED_STATES)
    if wanted.is_discounted is not None:
        discounted = Q(discount_amount__gt=0) | Q(funded_amount__gt=0)
        found = found.filter(discounted if wanted.is_discounted else ~discounted)
    if wanted.customer is not None:
        found = found.filter(customer__in=customers.member_ids(wanted.customer))
    if wanted.product is not None:
        found = found.filter(_with_products([wanted.product]))
    return found.filter(_says(wanted.text, by_contact=wanted.by_contact)) if wanted.text else found


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


def _says(text: str, *, by_contact: bool) -> Q:
    """The order's number begins with ``text``, or a customer or product of it is found by it."""
    says = Q(number__startswith=text)
    if found := customers.search(text, MATCHES_MAX, by_contact=by_contact):
        says |= Q(customer__in=members_of(hit.id for hit in found))
    if products := products_like(text, MATCHES_MAX):
        says |= _with_products([product.id for product in products])
    return says


def _with_products(products: Sequence[UUID]) -> Q:
    """Orders with a line of one of the products, as the facts on disk tell: so since the last refresh.

    An index of lines by product would make recording a large shop six times slower; the column on disk is read in 0.1 s.
    """
    if not (files := [str(path) for path in line_files().files()]):
        return Q(pk__in=[])
    sql = "SELECT DISTINCT order_id FROM read_parquet(?) WHERE product_id IN (SELECT unnest(?))"
    found = _engine().cursor().execute(sql, [files, [str(product) for product in products]]).fetchall()
    ids = [row[0] for row in found]
    if connection.vendor == "postgresql":
        return Q(pk__in=RawSQL("SELECT unnest(%s::uuid[])", [ids]))
    # One parameter however many ids (SQLite takes 32,766 at most). The plus keeps SQLite from visiting each of them in turn:
    # it walks the orders by date instead and stops when the page is full.
    given = RawSQL("SELECT value FROM json_each(%s)", [json.dumps([i.replace("-", "") for i in ids])])
    return Q(In(Func(F("pk"), template="+%(expressions)s", output_field=UUIDField()), given))


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

    return cache.get_or_set(f"orders.{column}", look_up, CHOICES_SECONDS) or ()
