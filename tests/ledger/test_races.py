"""Many at once, as real processes: the ledger gives out what there is, once, and tells everybody the truth.

Every race is judged by ``checker`` from the clients' own notes; what such a race must catch is planted and caught by the same.
"""

import json
import statistics
import time
from bisect import bisect
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from regulars.core.naming import operation_id, posting_id
from regulars.ledger.actions import commit
from regulars.ledger.facts import (
    Account,
    Capture,
    Hold,
    Kind,
    Leg,
    Operation,
    Post,
    Posting,
    Receipt,
    Release,
    Reverse,
    hold_id,
    world,
)
from regulars.ledger.refusals import HoldOver, Insufficient
from regulars.storage.bulk import as_hex
from tests.ledger.checker import check, stored
from tests.ledger.clients import AT, CARD, STOCK, WAYS, ask_all, asking, history, opening, race, sending
from tests.ledger.conftest import empty

pytestmark = [pytest.mark.proof, pytest.mark.usefixtures("books")]
RACERS = 50
LATER = AT.replace(year=2027)
LIMIT = Account("limit", "use", "coupon", "a" * 32)
BUDGET = Account("budget", "CNY", "spring")
SPENT, GIVEN = world("CNY", "spent"), world("use", "used")


def answers(logs: Path) -> Counter[str]:
    """How many got which answer."""
    lines = [json.loads(line) for path in logs.glob("*.jsonl") for line in path.read_text().splitlines()]
    return Counter(kind for line in lines for kind in ("done", "refused") if kind in line)


def rush(logs: Path, wishes: list[list[tuple[str, Operation]]], doing: Callable[..., Any] = commit, **how: Any) -> None:
    """Each list of wishes is a client's."""
    race(partial(ask_all, mine, sending(doing), logs / f"{n}.jsonl", **how) for n, mine in enumerate(wishes))


def begin(logs: Path, *wishes: tuple[str, Operation]) -> None:
    ask_all(wishes, sending(commit), logs / "begin.jsonl")


def all_is_well(logs: Path) -> bool:
    found = {name: those for name, those in check(logs, stored()).items() if those}
    assert not found, found
    return True


@pytest.mark.parametrize(
    ("account", "there"),
    [(STOCK, 9), (STOCK, 10), (STOCK, 11), (CARD, 10)],
    ids=lambda value: getattr(value, "kind", value),
)
def test_fifty_rush_for_what_is_there(tmp_path, account, there):
    source, _, target = next(way for way in WAYS if way[1] == account)
    begin(tmp_path, asking("made", Post(source, account, there)))
    rush(tmp_path, [[asking(f"r{n}", Post(account, target, 1))] for n in range(RACERS)])
    assert all_is_well(tmp_path)
    assert answers(tmp_path) == {"done": there + 1, "refused": RACERS - there}


@pytest.mark.parametrize("limit", [9, 10, 11])
def test_fifty_uses_of_a_limit_that_each_of_them_grants(tmp_path, limit):
    rush(tmp_path, [[asking(f"r{n}", Post(LIMIT, GIVEN, 1, granted=limit))] for n in range(RACERS)])
    assert all_is_well(tmp_path)
    assert answers(tmp_path) == {"done": limit, "refused": RACERS - limit}


def test_fifty_hold_and_capture_what_is_there(tmp_path):
    _made, _, used = WAYS[-1]
    begin(tmp_path, asking("made", Post(WAYS[-1][0], STOCK, 10)))
    rush(
        tmp_path,
        [
            [asking(f"h{n}", Hold(STOCK, used, 1, LATER)), asking(f"c{n}", Capture(hold_id(operation_id(f"h{n}"), 0)))]
            for n in range(RACERS)
        ],
    )
    assert all_is_well(tmp_path)
    assert answers(tmp_path) == {"done": 1 + 10 + 10, "refused": 2 * (RACERS - 10)}


def test_a_gift_card_is_spent_by_one_of_two(tmp_path):
    source, _, target = WAYS[-2]
    for turn in range(10):
        card = Account("gift_card", "CNY", f"card{turn}")
        begin(tmp_path, asking(f"sold{turn}", Post(source, card, 100)))
        rush(tmp_path, [[asking(f"{turn}-{n}", Post(card, target, 100))] for n in range(2)])
    assert all_is_well(tmp_path)
    assert answers(tmp_path) == {"done": 20, "refused": 10}


def test_redeem_and_take_back_at_once_give_the_exact_sum(tmp_path):
    """Thirty redeem, thirty take back what was redeemed or held before, each of these twice at once."""
    issued, member, redeemed = WAYS[0]
    before = [asking(f"p{n}", Post(member, redeemed, 2)) for n in range(15)]
    before += [asking(f"h{n}", Hold(member, redeemed, 3, LATER)) for n in range(15)]
    begin(tmp_path, asking("earned", Post(issued, member, 150)), *before)
    spend = [[asking(f"s{n}", Post(member, redeemed, 4))] for n in range(30)]
    undo = [
        [
            asking(f"u{n}-{twin}", Reverse(posting_id(operation_id(f"p{n}"), 0))),
            asking(f"v{n}-{twin}", Release(hold_id(operation_id(f"h{n}"), 0))),
        ]
        for n in range(15)
        for twin in range(2)
    ]
    rush(tmp_path, spend + undo)
    assert all_is_well(tmp_path)
    spent = [line for line in lines(tmp_path) if line["wanted"].startswith("s") and "done" in line]
    undone = [line for line in lines(tmp_path) if line["wanted"][0] in "uv" and "done" in line]
    assert len(undone) == 30
    assert stored().accounts[member.id] == (True, 150 - 4 * len(spent), 0)


def lines(logs: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for path in logs.glob("*.jsonl") for line in path.read_text().splitlines()]


def test_a_budget_is_never_exceeded(tmp_path):
    begin(tmp_path, asking("planned", Post(world("CNY", "planned"), BUDGET, 1_000)))
    rush(tmp_path, [[asking(f"r{n}-{k}", Post(BUDGET, SPENT, 7 + n % 5)) for k in range(5)] for n in range(RACERS)])
    assert all_is_well(tmp_path)
    _guarded, balance, held = stored().accounts[BUDGET.id]
    assert 0 <= balance < 11 and held == 0


@pytest.mark.parametrize(("clients", "length"), [(16, 60), (64, 20)])
def test_random_histories_with_lost_answers(tmp_path, clients, length):
    begin(tmp_path, *opening(100))
    rush(tmp_path, [list(history(1, n, clients, length)) for n in range(clients)], drops=0.2)
    assert all_is_well(tmp_path)
    came = answers(tmp_path)
    assert min(came["done"], came["refused"]) > clients * length / 10


@pytest.mark.soak
def test_random_histories_until_the_time_is_over(tmp_path, minutes):
    end, seed = time.monotonic() + minutes * 60, 0
    while time.monotonic() < end:
        seed += 1
        empty()
        logs = tmp_path / str(seed)
        logs.mkdir()
        begin(logs, *opening(100))
        rush(logs, [list(history(seed, n, 16, 120)) for n in range(16)], drops=0.2)
        assert all_is_well(logs)


# What the races must catch ------------------------------------------------------------------------------------------------


class Naive:
    """Reads what is there, decides, and writes the result back: posts, holds and releases of an account without lots.

    ``locked``: spending and holding queue for the account, only giving back does not: what most systems get wrong.
    """

    def __init__(self, *, locked: bool = False) -> None:
        self.locked = locked

    def commit(self, operation: Operation) -> Receipt:
        (leg,) = operation.legs
        if self.locked and not isinstance(leg, Release):
            return commit(operation)
        with connection.cursor() as cursor:
            self.cursor = cursor
            if self.read("SELECT 1 FROM ledger_operation WHERE id = %s", operation.id):
                return Receipt(operation.id, ())
            posting, change = self.decide(leg, operation)
            time.sleep(0.005)
            with transaction.atomic():
                self.write(operation, posting, change)
        return Receipt(operation.id, (posting,))

    def read(self, sql: str, *values: Any) -> tuple[Any, ...] | None:
        self.cursor.execute(sql, values)
        return self.cursor.fetchone()

    def decide(self, leg: Leg, operation: Operation) -> tuple[Posting, tuple[int, int]]:
        """The posting, and the account's balance and held after it."""
        of = None
        if isinstance(leg, Release):
            of, account, target, amount = (
                self.read(
                    "SELECT posting_id, account_id, target_id, remaining FROM ledger_hold WHERE hold_id = %s", leg.hold
                )
                or (None,) * 4
            )
            if not amount:
                raise HoldOver(leg.hold, "settled")
            kind, account, target = Kind.RELEASE, as_hex(account), as_hex(target)
        else:
            assert isinstance(leg, Post | Hold)
            kind = Kind.POST if isinstance(leg, Post) else Kind.HOLD
            account, target, amount = leg.source.id, leg.target.id, leg.amount
        balance, held = self.read("SELECT balance, held FROM ledger_account WHERE id = %s", account) or (0, 0)
        if kind != Kind.RELEASE and balance - held < amount:
            raise Insufficient(account, "stock", "piece", "", amount, balance - held)
        key = posting_id(operation.id, 0)
        posting = Posting(
            *(key, operation.id, 0, int(kind), account, target, amount, None, None, of and as_hex(of), None, None),
            *(None, None, None, None, operation.at, b""),
        )
        after = {Kind.POST: (balance - amount, held), Kind.HOLD: (balance, held + amount)}
        return posting, after.get(kind, (balance, held - amount))

    def write(self, operation: Operation, posting: Posting, change: tuple[int, int]) -> None:
        run = self.cursor.execute
        run("INSERT INTO ledger_operation VALUES (%s, %s, %s, '', '', '')", [operation.id, b"", operation.at])
        run(f"INSERT INTO ledger_posting ({', '.join(Posting._fields)}) VALUES ({', '.join(['%s'] * 18)})", posting)
        run("UPDATE ledger_account SET balance = %s, held = %s WHERE id = %s", [*change, posting.debit_id])
        if posting.kind == Kind.HOLD:
            named, until = hold_id(operation.id, 0), LATER
            values = [posting.id, named, posting.debit_id, posting.credit_id, None, posting.amount, until]
            run("INSERT INTO ledger_hold VALUES (%s, %s, %s, %s, %s, %s, %s)", values)
        if posting.kind == Kind.RELEASE:
            run("UPDATE ledger_hold SET remaining = 0 WHERE posting_id = %s", [posting.of_id])


def crowd(logs: Path, doing: Callable[..., Any]) -> dict[str, list[str]]:
    """Sixteen post, hold and release stock at once; answers what the checker finds."""
    made, stock, used = WAYS[-1]
    holds = [asking(f"h{n}", Hold(stock, used, 3, LATER)) for n in range(8)]
    begin(logs, asking("made", Post(made, stock, 60)), *holds)
    mine = [
        [
            asking(f"{n}-a", Post(stock, used, 3)),
            asking(f"{n}-b", Release(hold_id(operation_id(f"h{n % 8}"), 0))),
            asking(f"{n}-c", Hold(stock, used, 2, LATER)),
            asking(f"{n}-d", Post(stock, used, 4)),
        ]
        for n in range(16)
    ]
    rush(logs, mine, doing)
    return check(logs, stored())


def test_the_crowd_does_the_ledger_no_harm(tmp_path):
    assert not any(crowd(tmp_path, commit).values())


def test_reading_deciding_and_writing_back_is_caught(tmp_path):
    found = crowd(tmp_path, Naive().commit)
    assert found["overspent"] and found["unbalanced"]


def test_giving_back_without_the_lock_is_caught(tmp_path):
    found = crowd(tmp_path, Naive(locked=True).commit)
    assert found["overspent"] or found["unbalanced"]


def test_retries_under_another_id_are_caught(tmp_path):
    begin(tmp_path, *opening(1_000))
    rush(tmp_path, [list(history(1, n, 8, 20)) for n in range(8)], drops=0.3, anew=True)
    assert check(tmp_path, stored())["doubled"]


@pytest.mark.skipif(
    connection.vendor != "sqlite", reason="the queue is SQLite's; PostgreSQL has several writers at a time"
)
def test_sixteen_writers_wait_for_about_one_turn_of_each(tmp_path):
    """Counted in turns, so that a busy machine changes nothing. By sleeping and trying again, some waited for hundreds."""

    def write(n: int) -> None:
        send, took = sending(commit), []
        for k in range(40):
            _, operation = asking(f"{n}-{k}", Post(WAYS[k % 4][0], WAYS[k % 4][1], 1))
            began = time.monotonic()
            send(operation)
            took.append((began, time.monotonic()))
        (tmp_path / f"{n}.json").write_text(json.dumps(took))

    race(partial(write, n) for n in range(16))
    waits = [tuple(wait) for path in tmp_path.glob("*.json") for wait in json.loads(path.read_text())]
    ends = sorted(end for _, end in waits)
    turns = [bisect(ends, end) - bisect(ends, began) for began, end in waits]
    assert statistics.quantiles(turns, n=100)[98] < 4 * 16
