"""The programme over a shop: a year of history, orders as they arrive, the end of a day; against the rows alone and what is
promised."""

import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.harness import Result, open_in_this_process, seconds
from benchmarks.importing import load
from benchmarks.posting import bare_sqlite
from benchmarks.redeeming import shop_on

AT = datetime(2026, 6, 30, 20, 0, tzinfo=UTC)
ZONE = "Asia/Shanghai"
ORDERS_PER_SECOND = 5_000
LIVE_PER_SECOND = 300
LIVE_ORDERS = 6_000
LIVE_MEMBERS = 2_000
WORKERS = 2
DUE_MEMBERS, FEWER_MEMBERS = 100_000, 20_000
LOTS_EACH = 10
WRITTEN = ("membership_member", "membership_award", "membership_decision", "ledger_account", "ledger_operation",
           "ledger_posting", "ledger_lot")  # fmt: skip


def run() -> Iterator[Result]:
    for part in (history, day_end):
        with tempfile.TemporaryDirectory(prefix="regulars-bench-") as folder, multiprocessing.Pool(1) as alone:
            yield from alone.apply(part, (folder,))
    server = os.environ.get("REGULARS_TEST_DATABASE_URL")
    if not server:
        print("settling, live: not run (needs REGULARS_TEST_DATABASE_URL)", file=sys.stderr)
        return
    with shop_on(server) as url:
        yield from live(url)


def history(folder: str) -> list[Result]:
    """The sample's year under the B2C programme, as a shop that starts with it goes through it."""
    load(Path(folder))
    from django.utils import timezone

    from regulars.flows import programme
    from regulars.membership.queries import examples
    from regulars.orders import queries as orders
    from regulars.web.access import Actor

    opened = orders.span()
    assert opened is not None
    programme.put_in_force(examples.example("b2c"), since=opened[0], by=Actor("bench"), at=timezone.now())
    done: list[Any] = []
    ours = seconds(lambda: done.append(programme.backfill(timezone.now())))
    floor = seconds(lambda: _same_rows(Path(folder)))
    rate = done[0].orders / ours
    told = f"{rate:.0f} orders a second"
    return [
        Result("history of the sample", ours, floor, "s", f"the same rows, bare; {told}", 3),
        Result(
            "history, for each order", 1e6 / rate, 1e6 / ORDERS_PER_SECOND, "us", f"{ORDERS_PER_SECOND} a second", 1
        ),
    ]


def _same_rows(folder: Path) -> None:
    """What the history wrote, into empty tables with the same indexes, 10,000 rows to a transaction."""
    from django.db import connection

    database = bare_sqlite(folder / "bare.sqlite3")
    for table in WRITTEN:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT sql FROM sqlite_master WHERE tbl_name = %s AND sql NOT NULL AND type <> 'trigger'", [table]
            )
            for (statement,) in cursor.fetchall():
                database.execute(statement)
        rows = connection.connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608  our own tables
        for start in range(0, len(rows), 10_000):
            marks = ", ".join("?" * len(rows[0]))
            database.execute("BEGIN IMMEDIATE")
            database.executemany(f"INSERT INTO {table} VALUES ({marks})", rows[start : start + 10_000])  # noqa: S608
            database.execute("COMMIT")
    database.close()


def day_end(folder: str) -> list[Result]:
    """A hundred thousand members with ten lots each, of which one expires tonight."""
    _shop(Path(folder))
    from regulars.flows import programme

    today = date(2026, 6, 30).toordinal() + 1
    took = []
    for first, last in ((0, FEWER_MEMBERS), (FEWER_MEMBERS, FEWER_MEMBERS + DUE_MEMBERS)):
        _members_with_lots(first, last)
        done: list[Any] = []
        took.append(seconds(lambda done=done: done.append(programme.end_days(AT, until=today))))  # type: ignore[misc]
        assert done[0].members == last - first, done
    each = [1e6 * took[0] / FEWER_MEMBERS, 1e6 * took[1] / DUE_MEMBERS]
    return [
        Result(f"day end of {DUE_MEMBERS:,} members", took[1], 60, "s", "a minute", 1),
        Result("day end, for each of them", each[1], each[0], "us", f"each of {FEWER_MEMBERS:,}", 1.3),
    ]


def _shop(folder: Path) -> None:
    open_in_this_process(folder)
    from regulars.shop.actions import ensure_shop
    from regulars.site.preparing import prepare_database

    prepare_database()
    ensure_shop(name="Bench", currency="CNY", zone=ZONE, country="CN", is_sample=False, as_of="now")
    _publish()


def _publish() -> None:
    from regulars.flows import programme
    from regulars.membership.queries import examples
    from regulars.web.access import Actor

    since = datetime(2025, 1, 1, tzinfo=UTC)
    programme.put_in_force(examples.example("b2c"), since=since, by=Actor("bench"), at=since)
    programme.backfill(since)


def _members_with_lots(first: int, last: int) -> None:
    """Written directly: what an account holds is its lots, whatever postings brought them."""
    from regulars.customers.models import Customer
    from regulars.ledger.facts import Account
    from regulars.ledger.models import Account as AccountRow
    from regulars.ledger.models import Lot
    from regulars.membership.models import Member
    from regulars.storage.bulk import insert, instant, new_hex

    expires = [datetime(2026, 6 + month, 30, 16, tzinfo=UTC) for month in range(7)]
    expires += [datetime(2027, month, 28, 16, tzinfo=UTC) for month in range(1, 4)]
    for start in range(first, last, 10_000):
        keys = [(new_hex(), f"{number:032x}") for number in range(start, min(start + 10_000, last))]
        own = [Account("points", "points", "club", subject) for _, subject in keys]
        columns = ("name", "gender", "language", "country", "region", "city", "postcode")
        texts = ("",) * len(columns)
        insert(
            Customer,
            ("id", "source", "source_id", "subject_key", "digest", "tags", "attributes", "recorded_at", *columns),
            [(key, "bench", key, subject, b"", "[]", "{}", instant(AT), *texts) for key, subject in keys],
        )
        insert(
            AccountRow,
            (
                "id",
                "kind",
                "unit",
                "reference",
                "subject",
                "guarded",
                "in_lots",
                "balance",
                "held",
                "granted",
                "seq",
                "head",
                "closed",
            ),
            [
                (a.id, a.kind, a.unit, a.reference, a.subject, True, True, 50 * LOTS_EACH, 0, 0, LOTS_EACH, b"", False)
                for a in own
            ],
        )
        insert(
            Lot,
            ("id", "account_id", "remaining", "held", "active_at", "expires_at"),
            [(new_hex(), a.id, 50, 0, instant(AT - timedelta(days=90)), instant(at)) for a in own for at in expires],
        )
        due = date(2026, 6, 30).toordinal()
        insert(
            Member,
            ("customer_id", "subject", "joined_on", "tier", "state", "due", "seen", "changed_at"),
            [(key, subject, "2025-01-01", "", "{}", due, due - 30, instant(AT)) for key, subject in keys],
        )


def live(url: str) -> Iterator[Result]:
    """Orders that wait, decided by two workers on PostgreSQL; and how much of that time the database's answers take."""
    from regulars.flows.record_orders import record_orders
    from regulars.shop.actions import ensure_shop
    from tests.facts import order

    ensure_shop(name="Bench", currency="CNY", zone=ZONE, country="CN", is_sample=False, as_of="now")
    _publish()
    at = datetime(2026, 1, 1, tzinfo=UTC)
    facts = [order(number, number % LIVE_MEMBERS, at + timedelta(minutes=number)) for number in range(LIVE_ORDERS)]
    for start in range(0, LIVE_ORDERS, 500):
        record_orders(facts[start : start + 500], source="bench", at=AT)
    with multiprocessing.get_context("spawn").Pool(WORKERS, _worker, (url,)) as pool:
        pool.map(_ready, range(WORKERS))
        waited: list[float] = []
        ours = seconds(lambda: waited.extend(pool.map(_settle, range(WORKERS), chunksize=1)))
    rate = LIVE_ORDERS / ours
    told = f"{LIVE_PER_SECOND} a second"
    yield Result("live orders, two workers", 1000 / rate, 1000 / LIVE_PER_SECOND, "ms", told, 1)
    yield Result("live orders, all of it", ours, sum(waited) / WORKERS, "s", "waiting for the database's answers", 3)


def _worker(url: str) -> None:
    os.environ["REGULARS_DATABASE_URL"] = url
    open_in_this_process(Path(tempfile.mkdtemp()))
    import psycopg

    for owner, names in ((psycopg.Cursor, ("execute", "executemany")), (psycopg.Connection, ("commit",))):
        for name in names:
            setattr(owner, name, _timed(getattr(owner, name)))


WAITED = [0.0]


def _timed(asked: Callable[..., Any]) -> Callable[..., Any]:
    def ask(*args: Any, **named: Any) -> Any:
        began = time.perf_counter()
        try:
            return asked(*args, **named)
        finally:
            WAITED[0] += time.perf_counter() - began

    return ask


def _ready(_number: int) -> None:
    from django.db import connection

    connection.ensure_connection()


def _settle(_number: int) -> float:
    from regulars.flows import programme

    WAITED[0] = 0.0
    programme.settle_waiting(AT)
    return WAITED[0]
