"""Locks of files, and files that last."""

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from regulars.storage.locks import is_held, present
from regulars.storage.parquet import MonthlyFiles


def test_a_lock_is_held_until_its_process_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "worker"
    assert is_held(path) is None
    with present(path):
        assert is_held(path) is True
    assert is_held(path) is None
    program = (
        "import sys, time; from pathlib import Path; from regulars.storage.locks import present\n"
        "with present(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"held\n"
        assert is_held(path) is True
        process.kill()
    assert is_held(path) is False


def test_an_appended_file_and_its_name_are_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        synced.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")).suffix)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    schema = pa.schema([("n", pa.int32())])
    MonthlyFiles(tmp_path / "facts", schema).append("2024-01", pa.table({"n": [1]}, schema=schema))
    assert synced == [".unfinished", "", ""]
