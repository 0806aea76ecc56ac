"""A server of ledger operations that can be killed, and clients that go on asking."""

import itertools
import multiprocessing
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any

from django.db import connection

from regulars.ledger.facts import Operation
from tests.ledger.clients import FORK, Lost, Send, ask_all, history, started

ANSWER_MAX_SECONDS = 10


def serve(listener: Listener, send: Send) -> None:
    """Answer whoever comes, each in a thread of its own, until killed."""

    def answer_all(link: Connection) -> None:
        try:
            while True:
                link.send(send(link.recv()))
        except (EOFError, OSError, Lost):
            link.close()
        finally:
            connection.close()

    while True:
        threading.Thread(target=answer_all, args=(listener.accept(),), daemon=True).start()


def asking_at(address: Any) -> Send:
    """Send to the server at an address; connects again where it went away."""
    links: list[Connection] = []

    def send(operation: Operation) -> dict[str, Any]:
        try:
            if not links:
                links.append(Client(address))
            links[0].send(operation)
            if not links[0].poll(ANSWER_MAX_SECONDS):
                raise TimeoutError("no answer")
            return dict(links[0].recv())
        except (EOFError, OSError) as error:
            for link in links:
                link.close()
            links.clear()
            raise Lost(repr(error)) from error

    return send


def clients_until(
    stop: Any, logs: Path, count: int, send: Callable[[], Send]
) -> "list[multiprocessing.process.BaseProcess]":
    """Clients at work until ``stop`` is set; each finishes what it began."""

    def run(number: int) -> None:
        wishes: Iterator[Any] = itertools.takewhile(lambda _: not stop.is_set(), history(5, number, count, 10**6))
        ask_all(wishes, send(), logs / f"{number}.jsonl")

    return started(partial(run, number) for number in range(count))


def work_on(logs: Path, chance: random.Random) -> None:
    """Wait until clients got on, by a dozen lines or more, and a random moment longer."""
    began, end = _written(logs), time.monotonic() + 60
    while _written(logs) < began + 1_500 and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(chance.uniform(0, 0.3))


def _written(logs: Path) -> int:
    return sum(path.stat().st_size for path in logs.glob("*.jsonl"))


def killed(start: Callable[[], "multiprocessing.process.BaseProcess"], kills: int, seed: int, logs: Path) -> None:
    """Start a process, kill it at a random moment of its work, and again."""
    chance = random.Random(seed)
    for _ in range(kills):
        process = start()
        work_on(logs, chance)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        assert process.exitcode == -signal.SIGKILL, "it had ended before it was killed"


def server(listener: Listener, send: Send) -> "multiprocessing.process.BaseProcess":
    """A server process."""
    process = FORK.Process(target=serve, args=(listener, send))
    process.start()
    return process
