"""What every command shares: the data folder, the prepared database, progress bars, JSON, refusals."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from regulars.core.money import to_decimal
from regulars.site import disk

Progressed = Callable[[int, int, str], None]
DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Folder of all state; default: REGULARS_DATA_DIR, else var/.", show_default=False),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")]
err = Console(stderr=True, highlight=False)


def open_shop(data_dir: Path | None = None) -> None:
    """Start Django on the data folder with an up-to-date database. Before this, no room that needs Django may be imported."""
    start_django(data_dir)
    from regulars.site.preparing import prepare_database

    prepare_database()


def start_django(data_dir: Path | None = None) -> None:
    """Start Django on the data folder, its database as it is."""
    if data_dir is not None:
        os.environ["REGULARS_DATA_DIR"] = str(data_dir)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "regulars.site.settings")
    import django

    django.setup()


def refuse(message: str) -> NoReturn:
    """End with exit code 2 and a sentence that says what is wrong and how to mend it."""
    say_refusal(message)
    raise typer.Exit(2)


def say_refusal(message: str) -> None:
    """A sentence on standard error."""
    err.print(f"[bold red]regulars:[/] {escape(message)}", soft_wrap=True)


def explained(error: Exception) -> str | None:
    """What is wrong outside the program, in a sentence; None for an error that is the program's own."""
    import duckdb
    from django.apps import apps
    from django.core.exceptions import ImproperlyConfigured
    from django.db import DatabaseError, OperationalError

    if sentence := disk.explained(error):
        return sentence
    if apps.ready:
        from regulars.insights.actions import FiguresRefused
        from regulars.shop.queries import NotSetUp

        if isinstance(error, NotSetUp | FiguresRefused):
            return str(error)
    if isinstance(error, ImproperlyConfigured | duckdb.IOException | duckdb.OutOfMemoryException):
        return str(error)
    if isinstance(error, OperationalError) or type(error) is DatabaseError:
        return f"The database cannot be used: {error}"
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error)
    return None


def print_result(result: dict[str, Any], as_json: bool) -> None:
    """One JSON object on standard output, or the same as aligned lines for people."""
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False, default=str))
        return
    width = max((len(key) for key in result), default=0)
    for key, value in result.items():
        typer.echo(f"{key.replace('_', ' '):<{width}}  {_for_people(value)}")


def _for_people(value: Any) -> str:
    """Money with its currency, counts with separators, lists as lines."""
    match value:
        case {"amount": int(amount), "currency": str(currency)}:
            return f"{to_decimal(amount, currency):,} {currency}"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:.4g}"
        case list():
            return "\n".join(("", *(f"  {item}" for item in value))) if value else "none"
    return str(value)


@contextmanager
def progress_bar() -> Iterator[Progressed]:
    """A bar on standard error, fed with (done, total, label); one line per label where standard error is no terminal."""
    columns = (
        TextColumn("{task.description:<28}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    is_shown = sys.stderr.isatty()
    with Progress(*columns, console=err, disable=not is_shown) as bar:
        tasks: dict[str, Any] = {}

        def progressed(done: int, total: int, label: str) -> None:
            if label not in tasks:
                if label and not is_shown:
                    err.print(f"{label} ...")
                tasks[label] = bar.add_task(label, total=total)
            bar.update(tasks[label], completed=done, total=total)

        yield progressed
