"""Writers of SQLite are served in the order they came, whatever becomes of the others."""

import multiprocessing
import os
import signal
import threading
import time
from pathlib import Path

import pytest
from django.db import connection, transaction

from regulars.shop.models import AuditEntry
from regulars.storage import transactions
from regulars.storage.bulk import new_hex
from regulars.storage.transactions import run_tx
from regulars.storage.turns import Crowded, turn

FORK = multiprocessing.get_context("fork")


def number(path: Path) -> int:
    """How many have come so far."""
    return int.from_bytes(path.read_bytes()[:8], "big") if path.exists() else 0


def until(condition, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.005)


@pytest.mark.parametrize("kind", [threading.Thread, FORK.Process], ids=["threads", "processes"])
def test_who_comes_first_is_served_first(tmp_path: Path, kind):
    path, served = tmp_path / "queue", tmp_path / "served"

    def wait(name: int) -> None:
        with turn(path, 10), served.open("a") as file:
            file.write(f"{name}\n")

    waiting = [kind(target=wait, args=(n,)) for n in range(12)]
    with turn(path, 1):
        for came, one in enumerate(waiting):
            one.start()
            until(lambda came=came: number(path) == came + 2)
        assert not served.exists()
    for one in waiting:
        one.join()
    assert served.read_text().split() == [str(n) for n in range(12)]


def test_a_killed_holder_and_a_killed_waiter_are_in_nobodys_way(tmp_path: Path):
    path = tmp_path / "queue"

    def hold() -> None:
        with turn(path, 10):
            time.sleep(60)

    killed = []
    for come in (1, 2):
        process = FORK.Process(target=hold)
        process.start()
        until(lambda come=come: number(path) == come)
        killed.append(process)
    for process in killed:
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    with turn(path, 5):
        pass


def test_waiting_ends_with_an_error_that_says_what_to_do_and_leaves_the_queue(tmp_path: Path):
    path, inside, leave = tmp_path / "queue", threading.Event(), threading.Event()

    def hold() -> None:
        with turn(path, 1):
            inside.set()
            leave.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    inside.wait(10)
    with pytest.raises(Crowded, match=r"within 0\.2 s.*nothing was changed.*REGULARS_DATABASE_URL"), turn(path, 0.2):
        pass
    leave.set()
    holder.join()
    with turn(path, 1):
        pass


def entry(at) -> AuditEntry:
    return AuditEntry.objects.create(id=new_hex(), at=at, actor="a", action="b", target="")


@pytest.mark.django_db(transaction=True)
def test_verbs_within_verbs_and_after_commit_have_the_turn_already(at, monkeypatch):
    monkeypatch.setattr(transactions, "TURN_MAX_SECONDS", 0.5)

    def outer() -> None:
        run_tx(lambda: entry(at))
        transaction.on_commit(lambda: run_tx(lambda: entry(at)))

    run_tx(outer)
    with transaction.atomic():
        run_tx(lambda: entry(at))
    assert AuditEntry.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_long_import_lets_others_in_between_its_batches(at):
    """Each batch is a verb of its own and goes to the end of the queue: who waits, waits for one batch."""
    if connection.vendor != "sqlite":
        return
    order: list[str] = []
    begun = threading.Event()

    def slow() -> None:
        begun.set()
        entry(at)
        time.sleep(0.1)
        order.append("batch")

    def batches() -> None:
        for _ in range(6):
            run_tx(slow)
        connection.close()

    bulk = threading.Thread(target=batches)
    bulk.start()
    begun.wait(10)
    for _ in range(3):
        run_tx(lambda: order.append("one"))
    bulk.join()
    assert order.count("batch") == 6 and order[:6].count("one") == 3
