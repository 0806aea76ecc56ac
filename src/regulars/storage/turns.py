"""Turns at writing: SQLite has one writer at a time, and whoever wants to be it is served in the order of coming.

SQLite's own waiting is sleeping and trying again, by luck: of sixteen writers some wait for seconds while others go in again
and again. Here each takes the next number, locks the byte of that number in a file, and waits in the kernel until nobody
holds a lower one. The locks vanish with their process, however it ends, and with them its place in the queue. Such locks
are Linux's; elsewhere SQLite's own waiting remains.
"""

import fcntl
import os
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import OperationalError

# In which process this thread has the turn: one that is forked meanwhile has it not.
_mine = threading.local()


class Crowded(OperationalError):
    """Others wrote for longer than one may wait; nothing was written."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"no turn to write came within {seconds:g} s, since others are writing; nothing was changed. Try again when the"
            " import or refresh at work is done; a shop with many writers needs PostgreSQL (REGULARS_DATABASE_URL)."
        )


@contextmanager
def turn(path: Path, seconds: float) -> Iterator[None]:
    """Have the turn of the queue at ``path`` until done; within a turn of the same thread, that is the turn.

    Raises Crowded after ``seconds``.
    """
    if getattr(_mine, "process", None) == os.getpid() or not hasattr(fcntl, "F_OFD_SETLKW"):
        yield
        return
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        number = _draw(file)
        if not _wait(path, file, number, seconds):
            raise Crowded(seconds)
        _mine.process = os.getpid()
        yield
    finally:
        _mine.process = None
        # Not by closing alone: a process forked meanwhile has the file open as well.
        _lock(file, fcntl.F_UNLCK, 0, 0)
        os.close(file)


def _draw(file: int) -> int:
    """The next number, and the lock of its byte."""
    fcntl.flock(file, fcntl.LOCK_EX)
    number = int.from_bytes(os.pread(file, 8, 0), "big") + 1
    os.pwrite(file, number.to_bytes(8, "big"), 0)
    _lock(file, fcntl.F_WRLCK, number, 1)
    fcntl.flock(file, fcntl.LOCK_UN)
    return number


def _wait(path: Path, file: int, number: int, seconds: float) -> bool:
    """Whether all lower numbers were done in time."""
    try:
        _lock(file, fcntl.F_RDLCK, 0, number)
    except BlockingIOError:
        # A wait in the kernel has no time-out, so a thread waits; it ends when its turn comes, wanted or not.
        come = threading.Event()
        threading.Thread(target=_wait_long, args=(path, number, come), daemon=True).start()
        return come.wait(seconds)
    return True


def _wait_long(path: Path, number: int, come: threading.Event) -> None:
    file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        _lock(file, fcntl.F_RDLCK, 0, number, wait=True)
    finally:
        os.close(file)
    come.set()


def _lock(file: int, kind: int, first: int, count: int, *, wait: bool = False) -> None:
    """Lock bytes for an open file rather than for a process, so that threads wait for one another too."""
    how = fcntl.F_OFD_SETLKW if wait else fcntl.F_OFD_SETLK
    fcntl.fcntl(file, how, struct.pack("hhqqi4x", kind, os.SEEK_SET, first, count, 0))
