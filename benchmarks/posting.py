"""The ledger on SQLite: single redemptions, sixteen writers at once, a million postings in bulk, long histories."""

import multiprocessing
import os
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.harness import Result, open_in_this_process, seconds

AT = datetime(2026, 1, 1, tzinfo=UTC)
MEMBERS = 20_000
SINGLE = 3_000
WRITERS = 16
EACH = 150
BULK = 1_000_000
LONG = 100_000
TABLES = ("account", "operation", "posting", "lot")


def run() -> Iterator[Result]:
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        open_in_this_process(Path(folder))
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        yield bulk(Path(folder))
        yield checked()
        yield single(Path(folder))
        yield queue()
        yield long_history()


def member(number: int) -> Any:
    from regulars.ledger.facts import Account

    return Account("points", "points:club", "club", f"{number:032x}")


def history(count: int) -> Iterator[Any]:
    """Two years of a club: four of five events earn, in lots of a year; the fifth redeems what it can."""
    from regulars.core.naming import operation_id
    from regulars.ledger.facts import Operation, Post, world

    issued, redeemed = world("points:club", "issued"), world("points:club", "redeemed")
    chance = random.Random(1)  # noqa: S311  seeded, no secret
    for number in range(count):
        at, who = AT + timedelta(minutes=number), member(chance.randrange(MEMBERS))
        leg = (
            Post(who, redeemed, 30, at_most=True)
            if number % 5 == 4
            else Post(issued, who, 40, expires_at=at + timedelta(days=365))
        )
        yield Operation(operation_id("bulk", str(number)), at, [leg], "order", "bench", f"order {number}")


def bulk(folder: Path) -> Result:
    """A million operations through the book, against the rows they made written bare, with the same indexes and durability."""
    from django.db import connection

    from regulars.ledger.actions import commit_many

    done = []
    ours = seconds(lambda: done.append(commit_many(history(BULK), size=50_000)))
    written: list[tuple[str, int, list[Any]]] = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sql FROM sqlite_master WHERE tbl_name LIKE 'ledger_%' AND sql NOT NULL AND type <> 'trigger'"
        )
        schema = [row[0] for row in cursor.fetchall()]
        for table in TABLES:
            rows = connection.connection.execute(f"SELECT * FROM ledger_{table}").fetchall()  # noqa: S608  our own tables
            written.append((table, len(rows[0]), rows))
    floor = seconds(lambda: bare(folder / "bare.sqlite3", schema, written))
    return Result(f"bulk: {done[0].postings:,} postings, with lots", ours, floor, "s", "the same rows, bare", 3)


def bare(path: Path, schema: Sequence[str], written: Sequence[tuple[str, int, list[Any]]]) -> None:
    """Rows into empty tables of the same schema, 10,000 to a transaction."""
    database = bare_sqlite(path)
    for statement in schema:
        database.execute(statement)
    for table, width, rows in written:
        for start in range(0, len(rows), 10_000):
            database.execute("BEGIN IMMEDIATE")
            marks = ", ".join("?" * width)
            database.executemany(f"INSERT INTO ledger_{table} VALUES ({marks})", rows[start : start + 10_000])  # noqa: S608
            database.execute("COMMIT")
    database.close()


def bare_sqlite(path: Path) -> sqlite3.Connection:
    """SQLite as Regulars opens it."""
    from regulars.storage.databases import SQLITE_PRAGMAS

    database = sqlite3.connect(path, isolation_level=None)
    database.executescript(SQLITE_PRAGMAS)
    return database


def checked() -> Result:
    """Everything recomputed from that history, every hash included."""
    from regulars.ledger.queries.checks import inconsistencies

    found: list[str] = []
    ours = seconds(lambda: found.extend(inconsistencies(None)))
    if found:
        raise RuntimeError(f"the ledger does not agree with itself: {found[0]}")
    return Result(f"verify after {BULK:,} operations", ours, 60, "s", "a minute", 1)


def single(folder: Path) -> Result:
    """One client that redeems, against the statements that this made, sent again to a copy of the database."""
    from django.db import connection

    connection.ensure_connection()
    copy = bare_sqlite(folder / "copy.sqlite3")
    connection.connection.backup(copy)
    statements: list[str] = []
    connection.connection.set_trace_callback(statements.append)
    ours = seconds(lambda: redeem(random.Random(2), SINGLE))  # noqa: S311
    connection.connection.set_trace_callback(None)
    floor = seconds(lambda: [copy.execute(statement).fetchall() for statement in statements])
    copy.close()
    return Result("redemption, one client", 1000 * ours / SINGLE, 1000 * floor / SINGLE, "ms", "the same SQL, bare", 2)


def redeem(chance: random.Random, count: int, waits: list[float] | None = None) -> None:
    """Give a member a point and take it again, as two operations in one."""
    from regulars.ledger.actions import commit
    from regulars.ledger.facts import Message, Operation, Post, world
    from regulars.storage.bulk import new_hex

    issued, redeemed = world("points:club", "issued"), world("points:club", "redeemed")
    for _ in range(count):
        who, began = member(chance.randrange(MEMBERS)), time.perf_counter()
        legs = [Post(issued, who, 1), Post(who, redeemed, 1)]
        commit(
            Operation(new_hex(), AT, legs, "redeemed", "bench", messages=[Message("Points Redeemed", {"amount": 1})])
        )
        if waits is not None:
            waits.append(time.perf_counter() - began)


def queue() -> Result:
    """Sixteen processes that redeem at once: how long the unlucky wait, against the median."""
    from django.db import connections

    connections.close_all()
    context = multiprocessing.get_context("spawn")
    ready, told = context.Barrier(WRITERS), context.Queue()
    writers = [context.Process(target=write, args=(number, ready, told)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    waits = sorted(wait for _ in writers for wait in told.get(timeout=300))
    for writer in writers:
        writer.join()
    p50, p99 = (1000 * waits[int(len(waits) * share)] for share in (0.5, 0.99))
    return Result("redemption, 16 writers: p99", p99, p50, "ms", "p50 of the same", 20)


def write(number: int, ready: Any, told: Any) -> None:
    open_in_this_process(Path(os.environ["REGULARS_DATA_DIR"]))
    redeem(random.Random(number), 5)  # noqa: S311
    ready.wait(120)
    waits: list[float] = []
    redeem(random.Random(number), EACH, waits)  # noqa: S311
    told.put(waits)


def long_history() -> Result:
    """A redemption from an account of 100,000 entries, against one from an account of one entry, turn by turn."""
    from regulars.core.naming import operation_id
    from regulars.ledger.actions import commit, commit_many
    from regulars.ledger.facts import Operation, Post, world
    from regulars.storage.bulk import new_hex

    issued, redeemed = world("points:club", "issued"), world("points:club", "redeemed")
    old, young = member(MEMBERS + 1), member(MEMBERS + 2)
    commit_many(
        Operation(
            operation_id("long", str(n)),
            AT,
            [Post(issued, old, 10, expires_at=AT + timedelta(days=n % 900 + 1))],
            "earned",
        )
        for n in range(LONG)
    )
    commit(Operation(new_hex(), AT, [Post(issued, young, 1_000_000)], "earned"))
    spent: dict[str, list[float]] = {old.id: [], young.id: []}
    for _ in range(400):
        for account in (old, young):
            spent[account.id].append(
                seconds(
                    lambda account=account: commit(Operation(new_hex(), AT, [Post(account, redeemed, 1)], "redeemed"))
                )  # type: ignore[misc]
            )
    ours, floor = (1000 * statistics.median(spent[account.id]) for account in (old, young))
    return Result("redemption after 100,000 entries", ours, floor, "ms", "the same after one", 1.3)
