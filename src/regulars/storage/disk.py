"""Why something could not be written: no room, or a folder that may not be changed. Neither is the program's mistake."""

import errno
import os
import tempfile
from enum import StrEnum
from pathlib import Path

from django.db import DatabaseError

# A limit on the size of files (EFBIG) or on what one user may keep (EDQUOT) is no room either.
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CLOSED = {errno.EROFS, errno.EACCES, errno.EPERM}
_DISK_FULL = "53100"  # PostgreSQL's
# What the database needs beside its file to be opened at all, and more: less room than this is none.
PROBE_BYTES = 1 << 20


class Trouble(StrEnum):
    """What keeps a folder from being written."""

    FULL = "full"
    CLOSED = "closed"
    DATABASE_FULL = "database_full"


def trouble(error: BaseException | None, folder: Path) -> Trouble | None:
    """What about ``folder``, or the disk of the database's server, explains a failure; None where nothing does.

    An error that says it is taken at its word: what it was about to write may be gone again. SQLite often says no more
    than "disk I/O error", so then the folder is tried out.
    """
    if not isinstance(error, OSError | DatabaseError):
        return None
    if getattr(error.__cause__, "sqlstate", None) == _DISK_FULL:
        return Trouble.DATABASE_FULL
    if isinstance(error, OSError) and error.errno is not None:
        path = Path(error.filename or folder).absolute()
        # A file of the user's that may not be read says nothing of our folder.
        return _of(error.errno) if error.errno in _NO_ROOM or folder in (path, *path.parents) else None
    said = str(error)
    if "disk is full" in said or os.strerror(errno.ENOSPC) in said:
        return Trouble.FULL
    return Trouble.CLOSED if "readonly database" in said else _tried(folder)


def _tried(folder: Path) -> Trouble | None:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return _of(error.errno)
    return None


def _of(number: int | None) -> Trouble | None:
    return Trouble.FULL if number in _NO_ROOM else Trouble.CLOSED if number in _CLOSED else None
