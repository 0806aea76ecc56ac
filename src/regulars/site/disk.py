"""A full disk or a read-only folder, in the operator's words: for the terminal and the log."""

import logging
import os
from pathlib import Path

from regulars.storage.disk import Trouble, trouble

SAID = {
    Trouble.FULL: "There is no room left to write to {folder}: make room on its disk, then do it again. "
    "What was recorded before is whole.",
    Trouble.CLOSED: "{folder} cannot be written: let {user} write to it (its owner, its rights, a disk mounted "
    "read-only), then do it again.",
    Trouble.DATABASE_FULL: "The database server has no room left on its disk: make room there, then do it again. "
    "What was recorded before is whole.",
}


def explained(error: BaseException | None) -> str | None:
    """What is wrong with the data folder's disk and how to mend it; None where the error is about something else."""
    folder = Path(os.environ.get("REGULARS_DATA_DIR", "var")).resolve()
    found = trouble(error, folder)
    return found and SAID[found].format(folder=folder, user=f"user {os.getuid()}")


class ExplainedFilter(logging.Filter):
    """In the log such an error is a sentence: nobody mends a disk by a traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if sentence := explained(error):
            record.msg, record.args, record.exc_info = f"{record.getMessage()}: {error}. {sentence}", (), None
        return True
