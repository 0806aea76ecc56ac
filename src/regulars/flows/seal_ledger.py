"""Sealing the ledger's history under this installation's secret key."""

import hashlib
import hmac
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from regulars.ledger.actions.sealing import seal
from regulars.ledger.queries.seals import newest_seal
from regulars.ledger.seals import Seal

# A night may come a little early.
NIGHTLY = timedelta(hours=20)


def sealing_key() -> bytes:
    """The key of seals, which follows from the secret key and is of no use for anything else."""
    return hmac.new(settings.SECRET_KEY.encode(), b"regulars.ledger.seal", hashlib.sha256).digest()


def seal_ledger(at: datetime, *, anew: bool = False) -> Seal | None:
    """Seal what moved, and note the seal beside the database; None where nothing moved."""
    made = seal(at, sealing_key(), anew=anew)
    if made:
        note_seal(made)
    return made


def note_seal(newest: Seal | None) -> None:
    """Note beside the database which seal is the newest in it."""
    path = _note()
    if newest is None:
        path.unlink(missing_ok=True)
        return
    aside = path.with_suffix(".new")
    aside.write_text(f"{newest.number} {newest.digest.hex()}\n", encoding="ascii")
    aside.replace(path)


def seal_nightly(at: datetime) -> Seal | None:
    """Seal once a day, however often this is called."""
    before = newest_seal()
    return seal_ledger(at) if before is None or before.at <= at - NIGHTLY else None


def noted_seal() -> tuple[int, str] | None:
    """Number and digest of the last seal made from this data folder: a database cut short, seals and all, differs."""
    path = _note()
    if not path.exists():
        return None
    number, digest = path.read_text(encoding="ascii").split()
    return int(number), digest


def _note() -> Path:
    return Path(settings.DATA_DIR) / "newest-seal"
