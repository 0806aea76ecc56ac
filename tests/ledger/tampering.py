"""What somebody might do to a ledger who may write to its database and covers up what they can."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from regulars.ledger import chain
from regulars.ledger.rows import COLUMNS, posting_of
from regulars.storage.bulk import instant

# What a message says, and that it was sent, is no part of the history: it is an outbox.
OPEN = {
    ("ledger_message", "name"),
    ("ledger_message", "content"),
    ("ledger_message", "sent_at"),
    ("ledger_message", "id"),
}
KEYS = {
    "ledger_account": ("id",), "ledger_operation": ("id",), "ledger_posting": ("id",), "ledger_lot": ("id",),
    "ledger_hold": ("posting_id",), "ledger_message": ("id",), "ledger_seal": ("id",),
    "ledger_seal_line": ("sealed_id", "number"),
}  # fmt: skip
# An operation that posts nothing is as good as none, and an outbox is emptied; adding or deleting them moves nothing.
FINAL = [table for table in KEYS if table != "ledger_message"]


class NotHere(Exception):
    """This tampering finds nothing to tamper with; another is drawn."""


@dataclass
class Table:
    """A table's rows as the database has them."""

    name: str
    columns: list[str]
    rows: list[tuple[Any, ...]]


def run(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [v.hex if isinstance(v, UUID) and connection.vendor == "sqlite" else v for v in values])
        return cursor.fetchall() if cursor.description else []


def read(name: str) -> Table:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {name} ORDER BY {', '.join(KEYS[name])}")
        return Table(name, [column[0] for column in cursor.description], cursor.fetchall())


@contextmanager
def unguarded() -> Iterator[None]:
    """Past the triggers, which stand again afterwards as if nothing had been."""
    if connection.vendor == "postgresql":
        run("SET LOCAL session_replication_role = replica")
        yield
        run("SET LOCAL session_replication_role = origin")
        return
    triggers = run("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'ledger_%%'")
    for name, _sql in triggers:
        run(f"DROP TRIGGER {name}")
    yield
    for _name, sql in triggers:
        run(sql.replace("%", "%%"))


def _where(table: Table, row: tuple[Any, ...]) -> tuple[str, list[Any]]:
    keys = KEYS[table.name]
    return " AND ".join(f"{key} = %s" for key in keys), [row[table.columns.index(key)] for key in keys]


def _set(table: Table, row: tuple[Any, ...], column: str, value: Any) -> None:
    where, key = _where(table, row)
    run(f"UPDATE {table.name} SET {column} = %s WHERE {where}", _bound(value), *key)


def _bound(value: Any) -> Any:
    return instant(value) if isinstance(value, datetime) and value.tzinfo else value


def _other(chance: random.Random, column: str, value: Any, among: list[Any]) -> Any:
    """Another value that fits a column: one of another row, or a little more or less."""
    value = bytes(value) if isinstance(value, memoryview) else value
    others = [one for one in among if one not in (None, value)]
    if column.endswith("id") or value is None:
        if not others:
            raise NotHere
        return chance.choice(others)
    match value:
        case bool():
            return not value
        case int() if column in {"guarded", "in_lots", "closed", "anew"}:
            return 1 - value
        case int():
            return value + chance.choice([-1, 1, 7])
        case datetime():
            return value + timedelta(microseconds=chance.choice([-1, 1_000_000]))
        case bytes():
            return bytes([value[0] ^ 1]) + value[1:] if value else b"\x01"
    return chance.choice([value + "x", value[:-1] or "y", value.upper() if value.upper() != value else "z"])


def change(chance: random.Random) -> str:
    """Any column of any row."""
    table = read(chance.choice(list(KEYS)))
    column = chance.choice([name for name in table.columns if (table.name, name) not in OPEN])
    row = chance.choice(table.rows)
    place = table.columns.index(column)
    _set(table, row, column, _other(chance, column, row[place], [one[place] for one in table.rows]))
    return f"{table.name}.{column}"


def swap(chance: random.Random) -> str:
    """The same field of two rows, exchanged."""
    table = read(chance.choice(FINAL))
    column = chance.choice([name for name in table.columns if name not in KEYS[table.name]])
    place = table.columns.index(column)
    one, other = chance.sample(table.rows, 2) if len(table.rows) > 1 else (table.rows[0], table.rows[0])
    if one[place] == other[place]:
        raise NotHere
    _set(table, one, column, other[place])
    _set(table, other, column, one[place])
    return f"{table.name}.{column}"


def delete(chance: random.Random) -> str:
    """A row."""
    table = read(chance.choice(FINAL))
    row = chance.choice(table.rows)
    where, key = _where(table, row)
    if table.name == "ledger_account" and not run(
        "SELECT 1 FROM ledger_posting WHERE %s IN (debit_id, credit_id)", *key
    ):
        raise NotHere  # an account nothing was ever posted to says nothing
    run(f"DELETE FROM {table.name} WHERE {where}", *key)
    return table.name


def copy(chance: random.Random) -> str:
    """A row, inserted once more under another key."""
    table = read(chance.choice([name for name in FINAL if name != "ledger_operation"]))
    values = dict(zip(table.columns, chance.choice(table.rows), strict=True))
    fresh = UUID(int=chance.getrandbits(128))
    values |= {KEYS[table.name][0]: fresh}
    if table.name == "ledger_posting":
        values |= {side: values[side] and values[side] + 1_000 for side in ("debit_seq", "credit_seq")}
    elif table.name == "ledger_seal":
        values["number"] = len(table.rows) + 1
    marks = ", ".join(["%s"] * len(values))
    run(f"INSERT INTO {table.name} ({', '.join(values)}) VALUES ({marks})", *map(_bound, values.values()))
    return table.name


def move(chance: random.Random) -> str:
    """A posting, to another account, as that one's next."""
    table = read("ledger_posting")
    side = chance.choice(["debit", "credit"])
    row = chance.choice([row for row in table.rows if row[table.columns.index(f"{side}_seq")]])
    taken = row[table.columns.index(f"{side}_id")]
    account, seq = chance.choice(
        [one for one in run("SELECT id, seq FROM ledger_account WHERE guarded") if one[0] != taken]
    )
    _set(table, row, f"{side}_id", account)
    _set(table, row, f"{side}_seq", seq + 1)
    return side


def reword(chance: random.Random) -> str:
    """Why, who and about what."""
    table, column = read("ledger_operation"), chance.choice(["reason", "actor", "about"])
    _set(table, chance.choice(table.rows), column, "somebody else")
    return column


def _history(account: Any) -> list[dict[str, Any]]:
    """An account's postings in their order, if all of them are between it and the world; else it is left alone."""
    sql = f"SELECT {', '.join(COLUMNS)} FROM ledger_posting WHERE %s IN (debit_id, credit_id)"
    found = sorted(
        (posting_of(row)._asdict() for row in run(sql, account)), key=lambda p: p["debit_seq"] or p["credit_seq"]
    )
    operations = {posting["operation_id"] for posting in found}
    for posting in found:
        if (posting["debit_seq"] is not None and posting["credit_seq"] is not None) or posting["number"]:
            raise NotHere
    if not found or len(operations) != len(found):
        raise NotHere
    for operation in operations:
        if run("SELECT COUNT(*) FROM ledger_posting WHERE operation_id = %s", operation) != [(1,)]:
            raise NotHere
    return found


def _member(chance: random.Random) -> Any:
    return chance.choice(run("SELECT id FROM ledger_account WHERE kind = 'points' AND seq > 1"))[0]


def _forget(account: Any, posting: dict[str, Any]) -> None:
    for table, column in (("operation", "id"), ("message", "operation_id"), ("posting", "operation_id")):
        run(f"DELETE FROM ledger_{table} WHERE {column} = %s", posting["operation_id"])
    run("DELETE FROM ledger_lot WHERE id = %s", posting["id"])
    run("DELETE FROM ledger_hold WHERE posting_id = %s", posting["id"])


def cut(chance: random.Random) -> str:
    """The newest earning of an account, and all that tells of it."""
    account = _member(chance)
    found = _history(account)
    last = found[-1]
    if last["to_lot_id"] != last["id"] or len(found) < 2:
        raise NotHere
    _forget(account, last)
    before = found[-2]
    run(
        "UPDATE ledger_account SET balance = balance - %s, seq = seq - 1, head = %s WHERE id = %s",
        last["amount"], before["hash"], account,
    )  # fmt: skip
    return "tail"


def recompute(chance: random.Random) -> str:
    """An earning made larger, and the whole chain after it recomputed."""
    account = _member(chance)
    found = _history(account)
    first = found[0]
    if first["to_lot_id"] != first["id"] or any(p["of_id"] == first["id"] for p in found):
        raise NotHere
    head = b""
    for posting in found:
        posting["amount"] += 10 if posting is first else 0
        side = "credit_balance" if posting["debit_seq"] is None else "debit_balance"
        posting[side] += 10
        digest, *texts = run(
            "SELECT digest, reason, actor, about FROM ledger_operation WHERE id = %s", posting["operation_id"]
        )[0]
        head = chain.link(head, tuple(posting.values())[:-1], chain.trailer(bytes(digest), *texts))
        run(
            f"UPDATE ledger_posting SET amount = %s, {side} = %s, hash = %s WHERE id = %s",
            posting["amount"], posting[side], head, posting["id"],
        )  # fmt: skip
    run("UPDATE ledger_account SET balance = balance + 10, head = %s WHERE id = %s", head, account)
    run("UPDATE ledger_lot SET remaining = remaining + 10 WHERE id = %s", first["id"])
    return "chain"


def vanish(chance: random.Random) -> str:
    """An account with all its history."""
    account = _member(chance)
    for posting in _history(account):
        _forget(account, posting)
    run("DELETE FROM ledger_account WHERE id = %s", account)
    return "account"


def disarm(chance: random.Random) -> str:
    """A trigger: dropped, disabled or emptied."""
    if connection.vendor == "postgresql":
        name, table = chance.choice(
            run("SELECT tgname::text, tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE 'ledger_%%'")
        )
        how = chance.choice([f"DROP TRIGGER {name} ON {table}", f"ALTER TABLE {table} DISABLE TRIGGER {name}"])
        run(how)
        return how.split()[0]
    name, table = chance.choice(run("SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"))
    run(f"DROP TRIGGER {name}")
    if chance.random() < 0.5:
        run(f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} BEGIN SELECT 1; END")
        return "emptied"
    return "dropped"


TAMPERINGS: dict[str, tuple[int, Callable[[random.Random], str]]] = {
    "a field changed": (50, change), "two fields swapped": (12, swap), "a row deleted": (12, delete),
    "a row copied": (8, copy), "a posting moved": (5, move), "an operation reworded": (4, reword),
    "a tail cut": (8, cut), "a chain recomputed": (9, recompute), "an account gone": (2, vanish),
    "a trigger disarmed": (4, disarm),
}  # fmt: skip
# Everything is consistent afterwards but for the seal.
COVERED_UP = {"a tail cut", "a chain recomputed", "an account gone"}


def tamper(chance: random.Random) -> tuple[str, str]:
    """Tamper once, with whatever class is drawn; answers which, and where. Raises NotHere where there is nothing to."""
    name = chance.choices(list(TAMPERINGS), [weight for weight, _how in TAMPERINGS.values()])[0]
    how = TAMPERINGS[name][1]
    with nullcontext() if how is disarm else unguarded():
        return name, how(chance)
