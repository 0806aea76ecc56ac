"""``kill -9`` of the server, of a batch at work and of the database, under load: nothing lost, doubled or out of balance."""

import json
import multiprocessing
import random
import signal
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from multiprocessing.connection import Listener
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from regulars.core.naming import operation_id
from regulars.ledger.actions import commit, commit_many, sweeping
from regulars.ledger.actions.sweeping import sweep
from regulars.ledger.facts import Message, Operation, Post
from regulars.storage.bulk import as_hex
from tests.conftest import need
from tests.faults.cluster import Cluster, programs
from tests.faults.serving import asking_at, clients_until, killed, server, work_on
from tests.ledger.checker import check, stored
from tests.ledger.clients import AT, FORK, ISSUED, WAYS, answer, ask_all, asking, ended, opening, sending

pytestmark = pytest.mark.proof
KILLS, CLIENTS, SEED = 10, 8, 7


def begin(logs: Path) -> None:
    ask_all(opening(100_000), sending(commit), logs / "opening.jsonl")


def count(logs: Path, kind: str) -> int:
    return sum(kind in json.loads(line) for path in logs.glob("*.jsonl") for line in path.read_text().splitlines())


@pytest.fixture
def listener() -> Iterator[Listener]:
    """An address that stays while servers come and go."""
    with Listener(("127.0.0.1", 0), backlog=64) as listening:
        yield listening


def served_while_killed(logs: Path, listener: Listener, send: Any, kills: int) -> dict[str, list[str]]:
    """What the checker finds after clients asked servers that were killed again and again."""
    begin(logs)
    stop = FORK.Event()
    clients = clients_until(stop, logs, CLIENTS, lambda: asking_at(listener.address))
    start = partial(server, listener, send)
    killed(start, kills, SEED, logs)
    last = start()
    stop.set()
    ended(clients)
    last.kill()
    last.join()
    assert count(logs, "lost") >= kills, "the kills hit nobody"
    return check(logs, stored())


@pytest.mark.usefixtures("books")
def test_a_server_killed_under_load(tmp_path, listener, effort):
    found = served_while_killed(tmp_path, listener, sending(commit), KILLS * effort)
    assert not any(found.values()), found
    assert count(tmp_path, "done") > 2 * KILLS * effort


@pytest.mark.usefixtures("books")
def test_a_server_that_answers_before_it_commits_is_caught(tmp_path, listener):
    """The planted fault: what is given out of an account is written a little later, in the background."""

    def later(operation: Operation) -> None:
        time.sleep(0.05)
        sending(commit)(operation)
        connection.close()

    def hasty(operation: Operation) -> dict[str, Any]:
        (leg,) = operation.legs
        if not isinstance(leg, Post) or leg.source.nature.guarded:
            return sending(commit)(operation)
        threading.Thread(target=later, args=(operation,)).start()
        return {"done": {leg.source.id: -leg.amount, leg.target.id: leg.amount}}

    assert served_while_killed(tmp_path, listener, hasty, KILLS)["missing"]


@pytest.mark.usefixtures("books")
def test_a_batch_killed_at_work_beside_clients(tmp_path, effort):
    """``commit_many`` killed and begun again until it is through; its messages are written once as well."""
    begin(tmp_path)
    through = 0

    def operations(batch: int) -> Iterator[Operation]:
        for n in range(1_000 * batch, 1_000 * (batch + 1)):
            legs = [Post(WAYS[n % 4][0], WAYS[n % 4][1], n % 50 + 1)]
            yield Operation(
                operation_id("batch", str(n)), AT, legs, "batch", messages=[Message("Points Earned", {"n": n})]
            )

    stop, chance, hit = FORK.Event(), random.Random(SEED), 0
    clients = clients_until(stop, tmp_path, 4, lambda: sending(commit))
    while hit < KILLS * effort:
        process = FORK.Process(target=lambda batch: commit_many(operations(batch), size=20), args=(through,))
        process.start()
        process.join(chance.uniform(0.05, 0.3))
        process.kill()
        process.join()
        hit += process.exitcode == -signal.SIGKILL
        through += process.exitcode == 0
    stop.set()
    ended(clients)
    with (tmp_path / "batch.jsonl").open("w") as log:
        for batch in range(through + 1):
            commit_many(operations(batch))
            for operation in operations(batch):
                told = {"wanted": operation.id, "id": operation.id} | answer(commit(operation))
                log.write(json.dumps(told) + "\n")
    found = check(tmp_path, stored())
    assert not any(found.values()), found
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*), COUNT(DISTINCT operation_id) FROM ledger_message")
        assert cursor.fetchone() == (1_000 * (through + 1),) * 2


@pytest.mark.usefixtures("books")
def test_a_sweeping_worker_killed_beside_clients(tmp_path, effort, monkeypatch):
    """What expires and times out is taken and given back once, though clients spend, capture and release it meanwhile."""
    monkeypatch.setattr(sweeping, "SWEPT_AT_ONCE", 20)
    begin(tmp_path)
    _, points, _ = WAYS[0]
    soon = (Post(ISSUED, points, 3, expires_at=AT + timedelta(hours=1)) for _ in range(500))
    ask_all((asking(f"soon-{n}", leg) for n, leg in enumerate(soon)), sending(commit), tmp_path / "soon.jsonl")
    over = AT + timedelta(days=2)

    def work() -> None:
        while True:
            sweep(over)

    def start() -> "multiprocessing.process.BaseProcess":
        process = FORK.Process(target=work)
        process.start()
        return process

    stop = FORK.Event()
    clients = clients_until(stop, tmp_path, 4, lambda: sending(commit))
    killed(start, KILLS * effort, SEED, tmp_path)
    stop.set()
    ended(clients)
    sweep(over)
    found = check(tmp_path, stored())
    swept = set(found.pop("unasked"))
    assert not any(found.values()), found
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM ledger_operation WHERE actor = 'clock'")
        assert swept == {as_hex(key) for (key,) in cursor.fetchall()} and len(swept) >= 100
        cursor.execute("SELECT COUNT(*) FROM ledger_hold WHERE remaining > 0")
        assert cursor.fetchone() == (0,)


@pytest.fixture
def cluster(django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """A PostgreSQL of our own with a ledger in it, and the connection turned to it."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no server of its own to kill: it dies with the process, as above")
    place = programs()
    need(
        place, "PostgreSQL's programs", "install Debian's postgresql (initdb, postgres), to have one that may be killed"
    )
    assert place is not None
    made = Cluster(place)
    try:
        with django_db_blocker.unblock(), monkeypatch.context() as patch:
            connection.close()
            told = {"HOST": "127.0.0.1", "PORT": str(made.port), "NAME": "postgres", "USER": "postgres", "PASSWORD": ""}
            for name, value in told.items():
                patch.setitem(connection.settings_dict, name, value)
            call_command("migrate", "ledger", verbosity=0)
            yield made
            connection.close()
    finally:
        made.remove()


@pytest.mark.database
def test_a_database_killed_under_load(tmp_path, cluster, effort):
    begin(tmp_path)
    stop = FORK.Event()
    clients = clients_until(stop, tmp_path, CLIENTS, lambda: sending(commit))
    chance = random.Random(SEED)
    for _ in range(KILLS * effort):
        work_on(tmp_path, chance)
        cluster.kill()
        cluster.start()
    stop.set()
    ended(clients)
    found = check(tmp_path, stored())
    assert not any(found.values()), found
    assert count(tmp_path, "lost") >= KILLS * effort and count(tmp_path, "done") > 2 * KILLS * effort
