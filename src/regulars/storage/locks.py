"""Locks on files of the data folder. The kernel lets go of them when their process ends, however it ends."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the lock of a file, made where it is missing; waits while another thread or process holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def present(path: Path) -> Iterator[None]:
    """Show that somebody is at work, until done; who is stopped halfway leaves the file behind, and nobody holding it."""
    with held(path):
        yield
        path.unlink(missing_ok=True)


def is_held(path: Path) -> bool | None:
    """Whether somebody holds a file's lock; None where there is no file: nobody does, here."""
    try:
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return True
    return False
