"""Which database, and how it is opened: SQLite in WAL with full sync, or PostgreSQL with a pool."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

# WAL with FULL: an acknowledged write survives a power cut. 20 s busy time-out: a bulk import commits far more often.
# A checkpoint each 8,000 pages (32 MB): at the default of 1,000 a large import copies the same pages again and again.
# Recursive triggers: without them INSERT OR REPLACE deletes rows past the triggers that keep the ledger's history final.
SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; "
    "PRAGMA cache_size=-65536; PRAGMA wal_autocheckpoint=8000; PRAGMA recursive_triggers=ON;"
)


def database_from_url(url: str | None, sqlite_path: Path) -> dict[str, Any]:
    """Django's ``DATABASES`` entry for a URL, or for SQLite at ``sqlite_path`` where there is none.

    Raises ValueError for a URL that is not ``postgresql://``.
    """
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": sqlite_path,
            "OPTIONS": {"init_command": SQLITE_PRAGMAS, "transaction_mode": "IMMEDIATE", "timeout": 20},
        }
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ValueError(f"the address of a database must begin with postgresql://, not {parts.scheme}://")
    return {
        "ENGINE": "regulars.storage.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "regulars",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        # A statement is prepared when it comes again: the ledger's hot one costs half of what it does unprepared.
        "OPTIONS": {"pool": {"min_size": 1, "max_size": 8}, "prepare_threshold": 2, **dict(parse_qsl(parts.query))},
    }
