"""Redemptions committed by 16 clients on PostgreSQL, called and over HTTP, against pgbench doing the same in one statement.

The clients are threads of two processes: so are pgbench's (``-j 2``), and so are those of the site.
Needs ``REGULARS_TEST_DATABASE_URL`` and ``pgbench``; makes a database of its own on that server and drops it.
"""

import multiprocessing
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.harness import Result, open_in_this_process

CLIENTS = 16
PROCESSES = 2
ACCOUNTS = 100_000
COUPONS = 1_000
SECONDS = 8
FLOOR = Path(__file__).parent / "redeeming_floor.sql"


def run() -> Iterator[Result]:
    server = os.environ.get("REGULARS_TEST_DATABASE_URL")
    if not server or not shutil.which("pgbench"):
        print("redeeming: not run (needs REGULARS_TEST_DATABASE_URL and pgbench)", file=sys.stderr)
        return
    with shop_on(server) as url:
        fill()
        for name, among in (("spread over 100,000 accounts", ACCOUNTS), ("on one hot account", 1)):
            floor = (pgbench(url, among) + pgbench(url, among)) / 2
            ours = redemptions_per_second(among)
            floor = (floor * 2 + pgbench(url, among)) / 3
            told = f"{floor:.0f}/s by pgbench, prepared"
            yield Result(f"redemption {name}", 1000 / ours, 1000 / floor, "ms", told, 2)
        floor = pgbench(url, ACCOUNTS)
        ours = redemptions_over_http()
        floor = (floor + pgbench(url, ACCOUNTS)) / 2
        yield Result("redemption over HTTP", 1000 / ours, 1000 / floor, "ms", f"{floor:.0f}/s by pgbench, prepared", 5)


@contextmanager
def shop_on(server: str) -> Iterator[str]:
    """An empty shop on a database of its own, open in this process."""
    name = f"regulars_bench_{os.getpid()}"
    with psycopg.connect(re.sub(r"/[^/]*$", "/postgres", server), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        try:
            url = re.sub(r"/[^/]*$", f"/{name}", server)
            os.environ["REGULARS_DATABASE_URL"] = url
            with tempfile.TemporaryDirectory() as folder:
                open_in_this_process(Path(folder))
                from django.core.management import call_command
                from django.db import connection

                call_command("migrate", verbosity=0)
                yield url
                connection.close()
                connection.close_pool()
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def member(number: int) -> Any:
    from regulars.ledger.facts import Account

    return Account("points", "points:club", "club", f"{number:032x}")


def fill() -> None:
    """100,000 members with a lot each that no run can use up."""
    from regulars.core.naming import operation_id
    from regulars.ledger.actions import commit_many
    from regulars.ledger.facts import Account, Operation, Post, world

    at, issued = datetime(2026, 1, 1, tzinfo=UTC), world("points:club", "issued")
    commit_many(
        Operation(
            operation_id("bench", str(n)),
            at,
            [Post(issued, member(n), 10**9, expires_at=at + timedelta(days=9999))],
            "earned",
        )
        for n in range(1, ACCOUNTS + 1)
    )
    stock = [Account("stock", "points:club", f"bench-{n}") for n in range(1, COUPONS + 1)]
    commit_many(Operation(operation_id("bench", one.id), at, [Post(issued, one, 10**9)], "filled") for one in stock)
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def pgbench(url: str, among: int) -> float:
    """Transactions a second of the floor's statement."""
    command = ["pgbench", "-n", "-c", str(CLIENTS), "-j", "2", "-T", str(SECONDS), "-M", "prepared"]
    command += ["-D", f"among={among}", "-f", str(FLOOR), url]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    if told.returncode:
        raise RuntimeError(told.stderr)
    return float(re.search(r"tps = ([\d.]+)", told.stdout)[1])  # type: ignore[index]


def redemptions_per_second(among: int) -> float:
    """Redemptions a second of clients that call ``commit``."""
    context = multiprocessing.get_context("spawn")
    ready, done = context.Barrier(PROCESSES + 1), context.Queue()
    processes = [context.Process(target=redeem, args=(n, among, ready, done)) for n in range(PROCESSES)]
    for process in processes:
        process.start()
    ready.wait(120)
    counts = [done.get(timeout=SECONDS * 4) for _ in processes]
    for process in processes:
        process.join()
    return sum(counts) / SECONDS


def redeem(number: int, among: int, ready: Any, done: Any) -> None:
    """One process of clients, each of which redeems from random members for as long as is measured."""
    open_in_this_process(Path(os.environ["REGULARS_DATA_DIR"]))
    from regulars.ledger.actions import commit
    from regulars.ledger.facts import Message, Operation, Post, world
    from regulars.storage.bulk import new_hex

    redeemed = world("points:club", "redeemed")
    warm = threading.Barrier(CLIENTS // PROCESSES, action=lambda: ready.wait(120))

    def client(name: str, counts: list[int]) -> None:
        chance = random.Random(name)  # noqa: S311  seeded, no secret

        def once() -> None:
            spent = Post(member(chance.randint(1, among)), redeemed, 1)
            told = [Message("Points Redeemed", {"amount": 1})]
            commit(Operation(new_hex(), datetime.now(UTC), [spent], "redeemed", "bench", "", messages=told))

        for _ in range(20):
            once()
        warm.wait()
        count, until = 0, time.perf_counter() + SECONDS
        while time.perf_counter() < until:
            once()
            count += 1
        counts.append(count)

    done.put(in_threads(number, client))


def in_threads(number: int, client: Callable[[str, list[int]], None]) -> int:
    """Run one process's clients; what they counted, together."""
    counts: list[int] = []
    threads = [threading.Thread(target=client, args=(f"{number}-{n}", counts)) for n in range(CLIENTS // PROCESSES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts)


def redemptions_over_http() -> float:
    """Redemptions a second of 16 connections to ``regulars serve`` with two web processes."""
    from regulars.shop.models import ApiKey, Shop
    from regulars.shop.queries import hash_secret

    Shop.objects.create(name="Bench", currency="CNY", zone="Asia/Shanghai", country="CN")
    ApiKey.objects.create(name="bench", prefix="rk_bench", secret_hash=hash_secret("rk_bench"), scopes=["ledger:write"])
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "regulars", "serve", "--port", str(port)],
        env=os.environ | {"REGULARS_WORKERS": "0"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port)
        context = multiprocessing.get_context("spawn")
        done = context.Queue()
        askers = [context.Process(target=ask, args=(number, port, done)) for number in range(PROCESSES)]
        for asker in askers:
            asker.start()
        counts = [done.get(timeout=SECONDS * 6) for _ in askers]
        for asker in askers:
            asker.join()
        return sum(counts) / SECONDS
    finally:
        server.terminate()
        server.wait(60)


def wait_for(port: int) -> None:
    """Until somebody listens; raises TimeoutError after a minute."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.2)
    raise TimeoutError(f"nobody listens on port {port}")


def ask(number: int, port: int, done: Any) -> None:
    """Half of the connections, in threads."""
    done.put(in_threads(number, partial(connection, port)))


def connection(port: int, name: str, counts: list[int]) -> None:
    """One connection: asks, reads the answer, asks again."""
    chance, count, asked = random.Random(name), 0, 0  # noqa: S311  seeded, no secret
    club = '"unit": "points:club"'
    with socket.create_connection(("127.0.0.1", port)) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        began = time.perf_counter()
        while (passed := time.perf_counter() - began) < SECONDS + 3:
            asked += 1
            of = f'{{"kind": "stock", {club}, "reference": "bench-{chance.randint(1, COUPONS)}"}}'
            to = f'{{"kind": "world", {club}, "reference": "redeemed"}}'
            leg = f'{{"do": "post", "source": {of}, "target": {to}, "amount": 1}}'
            body = f'{{"legs": [{leg}], "reason": "redeemed"}}'
            wire.sendall(
                f"POST /api/v1/operations HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer rk_bench\r\n"
                f"Idempotency-Key: {name}-{asked}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
            )
            if not (told := answered(wire)).startswith(b"HTTP/1.1 200"):
                raise RuntimeError(f"the server refused a redemption: {told!r}")
            count += passed > 3  # the first seconds warm up
    counts.append(count)


def answered(wire: socket.socket) -> bytes:
    """One answer, whole. Raises ConnectionError where the server hangs up."""
    told, length = b"", -1
    while length < 0 or len(told) < length:
        if not (more := wire.recv(65_536)):
            raise ConnectionError(f"the server hung up after {told!r}")
        told += more
        head, _, _rest = told.partition(b"\r\n\r\n")
        if len(head) < len(told) and length < 0:
            stated = re.search(rb"(?i)content-length: (\d+)", head)
            length = len(head) + 4 + int(stated[1] if stated else 0)
    return told
