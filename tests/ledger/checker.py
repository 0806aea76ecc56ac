"""Was everybody told the truth? Replays what clients wrote down of their requests and answers against what is stored.

It knows nothing of how the ledger works, only what its rows mean; see ``clients`` for what the log's lines say.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection

from regulars.ledger.facts import MOVING, Kind
from regulars.storage.bulk import as_hex

FINDINGS = "overspent doubled missing refused_but_there unasked unbalanced".split()
_POSTING = "id operation_id number kind debit_id credit_id amount from_lot_id to_lot_id of_id".split()


@dataclass(frozen=True)
class Stored:
    """The rows of a ledger: accounts as (guarded, balance, held), lots as (remaining, held), holds as what is left."""

    operations: set[str]
    postings: list[dict[str, Any]]
    accounts: dict[str, tuple[bool, int, int]]
    lots: dict[str, tuple[int, int]]
    holds: dict[str, int]


def stored() -> Stored:
    """The ledger of the connected database."""
    with connection.cursor() as cursor:

        def rows(sql: str) -> list[tuple[Any, ...]]:
            cursor.execute(sql)
            return [
                tuple(v if isinstance(v, int | type(None)) else as_hex(v) for v in row) for row in cursor.fetchall()
            ]

        return Stored(
            {key for (key,) in rows("SELECT id FROM ledger_operation")},
            [
                dict(zip(_POSTING, row, strict=True))
                for row in rows(f"SELECT {', '.join(_POSTING)} FROM ledger_posting")
            ],
            {r[0]: (bool(r[1]), r[2], r[3]) for r in rows("SELECT id, guarded, balance, held FROM ledger_account")},
            {r[0]: (r[1], r[2]) for r in rows("SELECT id, remaining, held FROM ledger_lot")},
            dict(rows("SELECT posting_id, remaining FROM ledger_hold")),  # type: ignore[arg-type]
        )


def check(logs: Path, ledger: Stored) -> dict[str, list[str]]:
    """Every promise that was broken, by its name in ``FINDINGS``; empty lists where all is well."""
    found: dict[str, list[str]] = {name: [] for name in FINDINGS}
    told = [json.loads(line) for path in sorted(logs.glob("*.jsonl")) for line in path.read_text().splitlines()]
    effects, sums = _effects(ledger.postings), _sums(ledger.postings)
    _overspent(ledger, sums, found["overspent"])
    _doubled(told, ledger, found["doubled"])
    _answers(told, ledger, effects, found)
    _balances(ledger, sums, found["unbalanced"])
    acknowledged: Counter[str] = Counter()
    for operation, moved in {line["id"]: line["done"] for line in told if "done" in line}.items():
        acknowledged.update(moved)
        effects.pop(operation, None)
    for rest in effects.values():  # asked for, done, and the answer lost for good
        acknowledged.update(rest)
    for account in ledger.accounts:
        if acknowledged[account] != sums[account]["balance"]:
            found["unbalanced"].append(f"{account}: {acknowledged[account]} told, {sums[account]['balance']} posted")
    return found


def _effects(postings: Iterable[dict[str, Any]]) -> dict[str, Counter[str]]:
    """By how much each operation moved each account."""
    effects: dict[str, Counter[str]] = defaultdict(Counter)
    for p in postings:
        effect = effects[p["operation_id"]]
        if p["kind"] in MOVING:
            effect[p["debit_id"]] -= p["amount"]
            effect[p["credit_id"]] += p["amount"]
    return effects


def _sums(postings: Iterable[dict[str, Any]]) -> dict[str, Counter[str]]:
    """What the postings say of each account, lot, hold and reversed posting."""
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for p in postings:
        kind, amount = p["kind"], p["amount"]
        if kind in MOVING:
            sums[p["debit_id"]]["balance"] -= amount
            sums[p["credit_id"]]["balance"] += amount
            if p["from_lot_id"]:
                sums[p["from_lot_id"]]["remaining"] -= amount
            if p["to_lot_id"]:
                sums[p["to_lot_id"]]["remaining"] += amount
        holding = {Kind.HOLD: amount, Kind.CAPTURE: -amount, Kind.RELEASE: -amount}.get(kind, 0)
        sums[p["debit_id"]]["held"] += holding
        if p["from_lot_id"]:
            sums[p["from_lot_id"]]["held"] += holding
        if kind == Kind.HOLD:
            sums[p["id"]]["left"] += amount
        elif kind in {Kind.CAPTURE, Kind.RELEASE}:
            sums[p["of_id"]]["left"] -= amount
        elif kind == Kind.REVERSE:
            sums[p["of_id"]]["reversed"] += amount
    return sums


def _overspent(ledger: Stored, sums: dict[str, Counter[str]], found: list[str]) -> None:
    for key, (guarded, balance, held) in ledger.accounts.items():
        if guarded and (
            min(balance, sums[key]["balance"]) < 0 or sums[key]["held"] > sums[key]["balance"] or held > balance
        ):
            found.append(f"account {key}: {dict(sums[key])}")
    found += [f"lot {key}: {dict(sums[key])}" for key in ledger.lots if sums[key]["remaining"] < sums[key]["held"]]
    found += [f"hold {p['id']} settled twice" for p in ledger.postings if sums[p["id"]]["left"] < 0]
    found += [f"posting {p['id']} reversed twice" for p in ledger.postings if sums[p["id"]]["reversed"] > p["amount"]]


def _doubled(told: list[dict[str, Any]], ledger: Stored, found: list[str]) -> None:
    """One set of postings for an operation, one operation for what somebody wanted, however often it was sent."""
    counted = Counter((p["operation_id"], p["number"]) for p in ledger.postings)
    found += [f"posting {number} of {operation}" for (operation, number), count in counted.items() if count > 1]
    wanted: dict[str, set[str]] = defaultdict(set)
    for line in told:
        wanted[line["wanted"]] |= {line["id"]} & ledger.operations
    found += [f"{name}: {len(done)} operations" for name, done in wanted.items() if len(done) > 1]


def _answers(
    told: list[dict[str, Any]], ledger: Stored, effects: dict[str, Counter[str]], found: dict[str, list[str]]
) -> None:
    done = {line["id"] for line in told if "done" in line}
    for line in told:
        key = line["id"]
        if "done" in line and (key not in ledger.operations or effects.get(key, Counter()) != Counter(line["done"])):
            found["missing"].append(f"{line['wanted']}: told {line['done']}, stored {dict(effects.get(key, {}))}")
        if "refused" in line and key in ledger.operations - done:
            found["refused_but_there"].append(f"{line['wanted']}: {line['refused']}")
    strange = (ledger.operations | set(effects)) - {line["id"] for line in told}
    found["unasked"] += sorted(strange)


def _balances(ledger: Stored, sums: dict[str, Counter[str]], found: list[str]) -> None:
    """What is kept beside the history is what the history adds up to."""
    for key, (guarded, balance, held) in ledger.accounts.items():
        if guarded and (balance, held) != (sums[key]["balance"], sums[key]["held"]):
            found.append(f"account {key}: kept {balance} and {held} held, posted {dict(sums[key])}")
    for key, (remaining, held) in ledger.lots.items():
        if (remaining, held) != (sums[key]["remaining"], sums[key]["held"]):
            found.append(f"lot {key}: kept {remaining} and {held} held, posted {dict(sums[key])}")
    found += [f"hold {key}: kept {left}" for key, left in ledger.holds.items() if left != sums[key]["left"]]
