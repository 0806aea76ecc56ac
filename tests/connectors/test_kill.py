"""A real process, really killed: ``kill -9`` at random moments, then the same command again."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.connectors.test_runs import orders_text

PROGRAM = """
import os, sys
from pathlib import Path
from regulars.site.cli import terminal
terminal.open_shop()
from regulars.connectors import actions
from regulars.connectors.tabular.reading import delimited
from regulars.shop.actions import ensure_shop
from django.utils import timezone
ensure_shop(name="S", currency="CNY", zone="Asia/Shanghai", country="CN", is_sample=False, as_of="now")
blocks = delimited.DelimitedTable.blocks
delimited.DelimitedTable.blocks = lambda self, rows=100: blocks(self, min(rows, 100))
print("ready", flush=True)
view = actions.run_import(actions.start_run(Path(sys.argv[1]), at=timezone.now(), actor="test"))
print(view.state, view.created, view.updated, view.refused, view.rejects_path, flush=True)
"""
BAD = "X1,2024-02-30,C1,P1,1,3\n"


def started(folder: Path, path: Path) -> "subprocess.Popen[str]":
    env = {**os.environ, "REGULARS_DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "regulars.site.settings"}
    env.pop("REGULARS_DATABASE_URL", None)
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(path)], env=env, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    return process


def written(folder: Path) -> dict[str, Any]:
    base = sqlite3.connect(folder / "regulars.sqlite3")
    lines = (
        "SELECT o.source_id, l.number, l.quantity_milli, l.net_amount"
        " FROM orders_line l JOIN orders_order o ON o.id = l.order_id ORDER BY 1, 2"
    )
    orders = "SELECT source_id, line_count, net_amount, paid_amount FROM orders_order ORDER BY 1"
    found = {"orders": base.execute(orders).fetchall(), "lines": base.execute(lines).fetchall()}
    base.close()
    return found


def test_killed_imports_end_as_uninterrupted_ones(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(
        orders_text(2_000, lines=3) + BAD + orders_text(1_000, start=2_000).partition("\n")[2] + BAD.replace("X1", "X2")
    )
    whole = tmp_path / "whole"
    output, _ = started(whole, path).communicate(timeout=120)
    state, created, updated, refused, rejects = output.split()
    assert (state, created, updated, refused) == ("done", "3000", "0", "2")

    chance = random.Random(7)
    killed = tmp_path / "killed"
    kills = 0
    for _attempt in range(4):
        process = started(killed, path)
        time.sleep(chance.uniform(0.02, 0.5))
        process.send_signal(signal.SIGKILL)
        kills += process.wait(timeout=30) == -signal.SIGKILL
        assert process.stdout is not None
        process.stdout.close()
    output, _ = started(killed, path).communicate(timeout=120)
    assert kills >= 2, "the import was over before it could be killed"
    assert written(killed) == written(whole)
    last = output.split()
    assert last[0] == "done"
    assert Path(last[4]).read_bytes() == Path(rejects).read_bytes()
