"""What is told of a disk that takes nothing more, and what is not."""

import errno
import os
from pathlib import Path

import pyarrow as pa
import pytest
from django.db import OperationalError

from regulars.storage import parquet
from regulars.storage.disk import Trouble, trouble


@pytest.mark.parametrize(
    ("error", "found"),
    [
        (OSError(errno.ENOSPC, "full"), Trouble.FULL),
        (OSError(errno.EROFS, "closed", "{folder}/facts"), Trouble.CLOSED),
        (PermissionError(errno.EACCES, "closed", "{folder}"), Trouble.CLOSED),
        (OperationalError("database or disk is full"), Trouble.FULL),
        (OperationalError("attempt to write a readonly database"), Trouble.CLOSED),
        (PermissionError(errno.EACCES, "somebody's file", "/elsewhere/orders.csv"), None),
        (FileNotFoundError(errno.ENOENT, "no such file", "{folder}/x"), None),
        (OperationalError("disk I/O error"), None),  # while the folder takes what is written to it
        (RuntimeError("No space left on device"), None),
    ],
)
def test_the_disk_is_blamed_for_what_it_did(error: Exception, found: Trouble | None, tmp_path: Path) -> None:
    if isinstance(error, OSError) and error.filename:
        error.filename = error.filename.format(folder=tmp_path)
    assert trouble(error, tmp_path) == found


def test_a_vague_error_is_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    assert trouble(OperationalError("disk I/O error"), tmp_path) == Trouble.FULL


def test_facts_that_find_no_room_leave_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_path: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(parquet, "_sync", full)
    files = parquet.MonthlyFiles(tmp_path, pa.schema([("n", pa.int64())]))
    with pytest.raises(OSError, match="No space"):
        files.append("2026-01", pa.table({"n": [1]}))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
