"""Clients that send random requests to a ledger, resend what they got no answer to, and write all of it down.

A log has a line for each request and each answer: ``{"wanted": what somebody wants once, "id": of the operation, ...}`` with
``asked`` (which attempt), ``done`` (what moved, by account), ``refused`` (why) or ``lost`` (no answer came, or it was dropped).
"""

import json
import multiprocessing
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import Error, connection, connections

from regulars.core.naming import operation_id, posting_id
from regulars.ledger.facts import (
    MOVING,
    Account,
    Capture,
    Hold,
    Leg,
    Operation,
    Post,
    Receipt,
    Release,
    Reverse,
    hold_id,
    world,
)
from regulars.ledger.refusals import Refused

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
FORK = multiprocessing.get_context("fork")
Send = Callable[[Operation], dict[str, Any]]

ISSUED, REDEEMED = world("points:club", "issued"), world("points:club", "redeemed")
SOLD, BOUGHT = world("CNY", "sold"), world("CNY", "bought")
MADE, USED = world("piece", "made"), world("piece", "used")
POINTS = [Account("points", "points:club", "club", mark * 32) for mark in "abcd"]
CARD = Account("gift_card", "CNY", "card")
STOCK = Account("stock", "piece", "mug")
WAYS = [*((ISSUED, points, REDEEMED) for points in POINTS), (SOLD, CARD, BOUGHT), (MADE, STOCK, USED)]
SEND_MAX = 400


class Lost(Exception):
    """No answer: it may have been done or not."""


def opening(amount: int) -> Iterator[tuple[str, Operation]]:
    """What the accounts begin with."""
    for number, (source, account, _target) in enumerate(WAYS):
        yield asking(f"opening-{number}", Post(source, account, amount))


def asking(wanted: str, *legs: Leg) -> tuple[str, Operation]:
    """What somebody wants, by a name from which the operation's id follows."""
    return wanted, Operation(operation_id(wanted), AT, legs, reason="test")


def history(seed: int, client: int, clients: int, length: int) -> Iterator[tuple[str, Operation]]:
    """A client's requests: earn, spend, hold, settle somebody's hold, reverse somebody's posting; now and then what all want."""
    chance = random.Random(f"{seed}-{client}")
    for number in range(length):
        source, account, target = chance.choice(WAYS)
        other = f"{chance.randrange(clients)}-{max(0, number - chance.randrange(3) * 6) // 6 * 6}"
        match number % 6:
            case 0:
                leg: Leg = Hold(account, target, chance.randint(1, 30), AT + timedelta(days=1))
            case 1:
                leg = Post(account, target, chance.randint(1, 40))
            case 2 | 3:
                part = chance.choice((None, None, 5))
                leg = chance.choice((Capture, Release))(hold_id(operation_id(other), 0), part)
            case 4:
                named = f"{other.partition('-')[0]}-{number - 3 - number % 3}"
                leg = Reverse(posting_id(operation_id(named), 0), chance.choice((None, 3)))
            case _:
                leg = Post(source, account, chance.randint(1, 20))
        yield asking(f"{client}-{number}", leg)
        if number % 10 == 9:
            source, account, target = WAYS[number % len(WAYS)]
            yield asking(f"all-{number}", Post(account, target, 7))


def answer(receipt: Receipt) -> dict[str, Any]:
    """A receipt as a client notes it: what moved, by account."""
    moved: Counter[str] = Counter()
    for posting in receipt.postings:
        if posting.kind in MOVING:
            moved[posting.debit_id] -= posting.amount
            moved[posting.credit_id] += posting.amount
    return {"done": moved}


def sending(commit: Callable[[Operation], Receipt]) -> Send:
    """Send to ``commit`` in this process."""

    def send(operation: Operation) -> dict[str, Any]:
        try:
            return answer(commit(operation))
        except Refused as refusal:
            return {"refused": str(refusal)}
        except Error as error:
            connection.close()
            raise Lost(repr(error)) from error

    return send


def ask_all(
    wishes: Iterable[tuple[str, Operation]], send: Send, log: Path, *, drops: float = 0.0, anew: bool = False
) -> None:
    """Send every request until an answer comes. ``drops``: the share of answers that are lost on the way.

    ``anew`` plants the fault of a client that gives its retry another operation id.
    """
    chance = random.Random(log.name)
    with log.open("a", buffering=1) as file:
        for wanted, wish in wishes:
            operation = wish
            for attempt in range(SEND_MAX):

                def note(what: dict[str, Any], operation: Operation = operation, wanted: str = wanted) -> None:
                    file.write(json.dumps({"wanted": wanted, "id": operation.id} | what) + "\n")

                note({"asked": attempt})
                try:
                    came = send(operation)
                    if chance.random() < drops:
                        raise Lost("dropped")
                except Lost as lost:
                    note({"lost": str(lost)})
                    if str(lost) != "dropped":
                        time.sleep(min(0.5, 0.01 * (attempt + 1)))
                    if anew:
                        operation = replace(operation, id=operation_id(operation.id, "again"))
                else:
                    note(came)
                    break
            else:
                raise AssertionError(f"{wanted}: no answer to {SEND_MAX} requests, see {log}")


def race(runs: Iterable[Callable[[], None]]) -> None:
    """Run each in a process of its own, all from the same moment; raises where one failed."""
    ended(started(runs))


def started(runs: Iterable[Callable[[], None]]) -> "list[multiprocessing.process.BaseProcess]":
    """The same, running."""
    wanted = list(runs)
    connections.close_all()
    barrier = FORK.Barrier(len(wanted))

    def run(one: Callable[[], None]) -> None:
        barrier.wait(60)
        one()
        connections.close_all()
        # Nothing of the test's own may run at the end of its copy.
        os._exit(0)

    processes = [FORK.Process(target=run, args=(one,)) for one in wanted]
    for process in processes:
        process.start()
    return processes


def ended(processes: "Iterable[multiprocessing.process.BaseProcess]", seconds: float = 300) -> None:
    """Wait for them; raises where one failed or hangs."""
    end = time.monotonic() + seconds
    for process in processes:
        process.join(max(0.1, end - time.monotonic()))
        if process.is_alive():
            process.kill()
            process.join()
    codes = [process.exitcode for process in processes]
    assert not any(codes), f"a client failed or hung: exit codes {codes}"
