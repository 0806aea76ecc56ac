"""Copies of the shop's database: made while it is in use, checked, and put back.

Facts on disk are made from the database and so are no part of a copy; nor is the secret key, unless asked for.
"""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql

from regulars.flows.seal_ledger import note_seal, noted_seal, sealing_key
from regulars.ledger.queries import checks
from regulars.ledger.queries.seals import newest_seal
from regulars.ledger.seals import key_name
from regulars.site.preparing import prepare_database

COUNTED = ("customers_customer", "orders_order", "ledger_account", "ledger_operation", "ledger_posting")
KEY_SUFFIX = ".secret-key"


class BackupRefused(Exception):
    """What is in the way, and how to go on. Nothing was changed."""


def back_up(target: Path, at: datetime, *, with_key: bool = False) -> dict[str, Any]:
    """Copy the database to a file (or into a folder), while it is written to, and check the copy; answers figures.

    Raises BackupRefused.
    """
    ending = "sqlite3" if connection.vendor == "sqlite" else "dump"
    path = target / f"regulars-{at:%Y%m%d-%H%M%S}.{ending}" if target.is_dir() else target
    if path.exists():
        raise BackupRefused(f"{path} is there already: name another file, or remove it first.")
    path.parent.mkdir(parents=True, exist_ok=True)
    noted, aside = noted_seal(), path.with_name(path.name + ".unfinished")
    aside.unlink(missing_ok=True)
    _dump(aside)
    with _copied(aside) as name, _opened(name):
        findings, figures = checks.inconsistencies(sealing_key(), noted), _figures()
    if with_key:
        key = path.with_name(path.name + KEY_SUFFIX)
        key.touch(0o600)
        key.write_text(settings.SECRET_KEY, encoding="utf-8")
    _settle(aside, path)
    return {"file": str(path), "bytes": path.stat().st_size, **figures, "ok": not findings, "findings": findings}


def restore(source: Path, *, replace: bool = False, anyway: bool = False) -> dict[str, Any]:
    """Put a copy in the place of the shop's database, once it was read aside and checked; answers figures.

    The database that was there is kept beside it. Raises BackupRefused.
    """
    if not source.is_file():
        raise BackupRefused(f"{source} is no file.")
    if not replace and _is_used():
        raise BackupRefused(
            "This shop has data of its own. To put the copy in its place, add --replace; it is kept beside."
        )
    with _copied(source) as name:
        with _opened(name):
            prepare_database()
            seal = newest_seal()
            known = seal is None or seal.key_name == key_name(sealing_key())
            findings, figures = checks.inconsistencies(sealing_key() if known else None), _figures()
        if findings and not anyway:
            why = "The copy does not agree with itself (--anyway restores it all the same):"
            raise BackupRefused("\n".join((why, *findings)))
        kept = _swap_files(Path(name)) if connection.vendor == "sqlite" else _swap_databases(name)
    note_seal(seal)
    seals = "checked" if known else "made with another secret key; regulars seal --anew goes on with this one"
    return {"restored": str(source), "kept": kept, **figures, "seals": seals, "ok": not findings, "findings": findings}


@contextmanager
def _opened(name: str) -> Iterator[None]:
    """Have this process work on another database for a while."""
    before = connection.settings_dict["NAME"]
    _leave()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        _leave()
        connection.settings_dict["NAME"] = before


def _leave() -> None:
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()


def _figures() -> dict[str, int]:
    with connection.cursor() as cursor:
        counts = {}
        for table in COUNTED:
            cursor.execute(f"SELECT COUNT(*) FROM {table}")  # noqa: S608  our own tables
            counts[f"{table.split('_')[1]}s"] = int(cursor.fetchone()[0])
    return counts


def _is_used() -> bool:
    """Whether anybody set the shop up, or wrote anything."""
    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
        return False
    made = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for table in made & {"shop_shop", "shop_user", *COUNTED}:
            cursor.execute(f"SELECT 1 FROM {table} LIMIT 1")  # noqa: S608
            if cursor.fetchone():
                return True
    return False


def _dump(path: Path) -> None:
    """The database as it is at one instant, in a file that only its owner reads."""
    path.touch(0o600)
    if connection.vendor == "sqlite":
        _copy_sqlite(Path(connection.settings_dict["NAME"]), path)
    else:
        _run("pg_dump", "--format=custom", "--no-owner", f"--file={path}", connection.settings_dict["NAME"])


def _copy_sqlite(source: Path, target: Path) -> None:
    """All pages in one step: they are of one instant, and writers of a write-ahead log are not kept waiting."""
    try:
        with (
            closing(sqlite3.connect(f"file:{quote(str(source))}?mode=ro", uri=True)) as read,
            closing(sqlite3.connect(target)) as written,
        ):
            read.backup(written)
            written.execute("PRAGMA journal_mode=DELETE")  # one file, which can be read without writing beside it
            found = written.execute("PRAGMA quick_check").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise BackupRefused(f"{source} cannot be copied as a SQLite database: {error}.") from error
    if found != "ok":
        raise BackupRefused(f"{source} is damaged: {found}.")


@contextmanager
def _copied(path: Path) -> Iterator[str]:
    """The copy in a file, as a database that can be opened and thrown away."""
    if connection.vendor == "sqlite":
        here = Path(connection.settings_dict["NAME"])
        here.parent.mkdir(parents=True, exist_ok=True)
        scratch = here.with_name(f"restoring-{os.getpid()}.sqlite3")
        try:
            scratch.touch(0o600)
            _copy_sqlite(path, scratch)
            yield str(scratch)
        finally:
            for ending in ("", "-wal", "-shm", "-queue"):
                Path(f"{scratch}{ending}").unlink(missing_ok=True)
        return
    name = f"{connection.settings_dict['NAME']}_restoring_{os.getpid()}"
    _server("CREATE DATABASE {} TEMPLATE template0", name)
    try:
        _run("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={name}", str(path))
        yield name
    finally:
        _server("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _settle(aside: Path, path: Path) -> None:
    with aside.open("rb") as file:
        os.fsync(file.fileno())
    aside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def _swap_files(scratch: Path) -> str:
    """Put the copy in place; what was there stays beside it."""
    place = Path(connection.settings_dict["NAME"])
    kept = ""
    if place.exists():
        try:
            with closing(sqlite3.connect(place, timeout=2)) as old:
                # Possible only where nobody else has it open; and then all of it is in the one file.
                old.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.OperationalError as error:
            raise BackupRefused(f"The shop is in use: stop regulars serve and its workers first ({error}).") from error
        kept = str(place.with_name(f"{place.name}.before-restore"))
        shutil.move(place, kept)
    for ending in ("-wal", "-shm"):
        Path(f"{place}{ending}").unlink(missing_ok=True)
    _settle(scratch, place)
    return kept


def _swap_databases(name: str) -> str:
    place, kept = connection.settings_dict["NAME"], f"{connection.settings_dict['NAME']}_before_restore"
    _leave()
    _server("DROP DATABASE IF EXISTS {}", kept)
    _server("ALTER DATABASE {} RENAME TO {}", place, kept)
    _server("ALTER DATABASE {} RENAME TO {}", name, place)
    return kept


def _server(statement: str, *names: str) -> None:
    """A statement on databases themselves."""
    asked = {key: value for key, value in _address().items() if value}
    try:
        with psycopg.connect(dbname="postgres", autocommit=True, **asked) as server:
            server.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
    except psycopg.Error as error:
        raise BackupRefused(
            f"The database server refused ({error}). Copies are checked in a database of their own: the user needs the right to"
            " make databases (ALTER ROLE ... CREATEDB), and to replace one nobody else may be connected to it."
        ) from error


def _address() -> dict[str, str]:
    told = connection.settings_dict
    return {"host": told["HOST"], "port": told["PORT"], "user": told["USER"], "password": told["PASSWORD"]}


def _run(program: str, *arguments: str) -> None:
    """PostgreSQL's own programs; the password goes past the list of processes."""
    if not shutil.which(program):
        raise BackupRefused(
            f"{program} is not on the path: install PostgreSQL's client programs (Debian: postgresql-client)."
        )
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}
    environment = os.environ | {names[key]: value for key, value in _address().items() if value}
    done = subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackupRefused(f"{program} failed: {done.stderr.strip()}")
