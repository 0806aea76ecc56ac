"""The power fails while the ledger writes to SQLite: what was acknowledged is there, and nothing is half there.

How: operations are committed by ``ledger.actions.commit`` through Django, and every statement that reaches SQLite is traced
with its values. The same statements run again, with the shop's own settings (``databases.SQLITE_PRAGMAS``), on a second
SQLite whose files are recorded (``power``); Python's own SQLite cannot be given files of ours. It is alone with its database
(exclusive locking), since the memory it shares with other connections does not survive a power cut anyway.
"""

import hashlib
import itertools
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import apsw
import pytest
from django.db import connection

from regulars.ledger.actions import commit
from regulars.storage.databases import SQLITE_PRAGMAS
from tests.faults.power import Event, Recording, cuts
from tests.ledger.clients import history, opening, sending

pytestmark = [pytest.mark.proof, pytest.mark.usefixtures("books")]
IMAGES, SEED = 1_000, 11
NUMBERS = itertools.count()
STATE = """
    SELECT 'a', id, balance, held, seq, head FROM ledger_account UNION ALL
    SELECT 'l', id, remaining, held, 0, '' FROM ledger_lot UNION ALL
    SELECT 'h', posting_id, remaining, 0, 0, '' FROM ledger_hold UNION ALL
    SELECT 'p', id, amount, debit_balance, credit_balance, hash FROM ledger_posting UNION ALL
    SELECT 'o', id, 0, 0, 0, digest FROM ledger_operation ORDER BY 1, 2
"""


@pytest.fixture
def script() -> list[list[str]]:
    """The statements of each operation that was acknowledged, from BEGIN to COMMIT."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL keeps its own log; its server is killed in test_kill")
    connection.ensure_connection()
    done: list[list[str]] = []
    for _, operation in [*opening(200), *history(4, 0, 1, 250)]:
        traced: list[str] = []
        connection.connection.set_trace_callback(traced.append)
        sending(commit)(operation)
        connection.connection.set_trace_callback(None)
        if traced[-1] == "COMMIT":
            # What triggers do is traced too, as comments.
            done.append([sql for sql in traced if not sql.startswith("--")])
    assert len(done) > 100
    return done


@pytest.fixture
def start(tmp_path: Path, script: list[list[str]]) -> Path:
    """An empty ledger, safely on disk."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sql FROM sqlite_master WHERE tbl_name LIKE 'ledger_%' AND sql IS NOT NULL ORDER BY rowid"
        )
        schema = [sql for (sql,) in cursor.fetchall()]
    path = tmp_path / "shop.sqlite3"
    with closing(sqlite3.connect(path)) as base:
        base.execute("PRAGMA journal_mode=WAL")
        for sql in schema:
            base.execute(sql)
        base.commit()
    return path


def recorded(path: Path, script: Sequence[Sequence[str]], pragmas: str) -> tuple[list[Event], list[str]]:
    """What running the script did to the files, and the state after 0, 1, 2 ... operations."""
    disk = Recording(f"recording{next(NUMBERS)}")
    base = apsw.Connection(str(path), vfs=disk.name)
    base.execute(f"PRAGMA locking_mode=EXCLUSIVE; {pragmas}").fetchall()
    states = [_state(base.execute(STATE).fetchall())]
    for statements in script:
        for sql in statements:
            base.execute(sql).fetchall()
        disk.events.append(Event("acknowledged"))
        states.append(_state(base.execute(STATE).fetchall()))
    events = list(disk.events)
    base.close()
    return events, states


def _state(rows: Sequence[object]) -> str:
    return hashlib.sha256(repr([tuple(row) for row in rows]).encode()).hexdigest()  # type: ignore[call-overload]


@dataclass
class Found:
    """Of how many images: corrupt, in a state that never was, or with less than was acknowledged."""

    images: int = 0
    corrupt: int = 0
    strange: int = 0
    lost: int = 0


def judge(start: Path, script: Sequence[Sequence[str]], pragmas: str, images: int) -> Found:
    """Cut the power ``images`` times and look at what is left."""
    before = {start.name: start.read_bytes()}
    events, states = recorded(start, script, pragmas)
    found, folder = Found(), start.parent / "image"
    folder.mkdir(exist_ok=True)
    for acknowledged, files in cuts(events, before, images, SEED):
        for path in folder.iterdir():
            path.unlink()
        for name, content in files.items():
            (folder / name).write_bytes(content)
        found.images += 1
        try:
            with closing(sqlite3.connect(folder / start.name)) as base:
                whole = base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
                state = _state(base.execute(STATE).fetchall())
        except sqlite3.DatabaseError:
            whole, state = False, ""
        if not whole:
            found.corrupt += 1
        elif state not in states:
            found.strange += 1
        else:
            count = states.index(state)
            found.lost += count < acknowledged
            found.strange += count > acknowledged + 1
    start.write_bytes(before[start.name])
    return found


# As it is set, no checkpoint falls into so short a run; with one each 40 pages, dozens do.
OFTEN = SQLITE_PRAGMAS.replace("wal_autocheckpoint=8000", "wal_autocheckpoint=40")


@pytest.mark.parametrize("pragmas", [SQLITE_PRAGMAS, OFTEN], ids=["as set", "many checkpoints"])
def test_a_power_cut_loses_nothing_that_was_acknowledged(start, script, pragmas, effort):
    images = IMAGES * effort // 2
    assert judge(start, script, pragmas, images) == Found(images)


def test_less_than_full_sync_is_caught(start, script):
    """With NORMAL the last operations are lost, with OFF the database is broken: both are seen."""
    normal = judge(start, script, OFTEN.replace("synchronous=FULL", "synchronous=NORMAL"), 200)
    assert normal.lost > 20 and not normal.corrupt and not normal.strange
    off = judge(start, script, OFTEN.replace("synchronous=FULL", "synchronous=OFF"), 200)
    assert off.corrupt + off.strange > 20
