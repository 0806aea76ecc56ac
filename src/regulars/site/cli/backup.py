"""Commands on copies of the shop: backup, restore."""

import os
import shutil
from pathlib import Path
from typing import Annotated

import typer

from regulars.site.cli import terminal
from regulars.site.cli.terminal import DataDir, Json


def backup(
    target: Annotated[Path, typer.Argument(metavar="FILE|DIR", help="A new file, or a folder to make one in.")],
    with_key: Annotated[
        bool,
        typer.Option("--with-key", help="Write the secret key beside the copy: keep both where nobody reads them."),
    ] = False,
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Copy the shop's database while it is in use, and check the copy; exit code 1 if it does not agree with itself."""
    terminal.open_shop(data_dir)
    from django.utils import timezone

    from regulars.site.backups import BackupRefused, back_up

    try:
        result = back_up(target, timezone.now(), with_key=with_key)
    except BackupRefused as refused:
        terminal.refuse(str(refused))
    terminal.print_result(result, json)
    raise typer.Exit(0 if result["ok"] else 1)


def restore(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="A file that regulars backup made.")],
    replace: Annotated[bool, typer.Option("--replace", help="Take the place of a shop that has data.")] = False,
    anyway: Annotated[bool, typer.Option("--anyway", help="Restore a copy that does not agree with itself.")] = False,
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Check a copy and put it in the place of the shop's database; what was there is kept beside it."""
    _adopt_key(source, data_dir)
    terminal.start_django(data_dir)
    from regulars.site.backups import BackupRefused
    from regulars.site.backups import restore as restore_copy

    try:
        result = restore_copy(source, replace=replace, anyway=anyway)
    except BackupRefused as refused:
        terminal.refuse(str(refused))
    terminal.print_result(result, json)


def _adopt_key(source: Path, data_dir: Path | None) -> None:
    """Take the key that was written beside the copy, where this folder has none yet. Settings make one when they are read."""
    folder = data_dir or Path(os.environ.get("REGULARS_DATA_DIR", "var"))
    beside, here = source.with_name(source.name + ".secret-key"), folder / "secret-key"
    if beside.is_file() and not here.exists():
        folder.mkdir(parents=True, exist_ok=True)
        here.touch(0o600)
        shutil.copyfile(beside, here)
