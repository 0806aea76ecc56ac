"""``regulars import``: files into the shop, with a progress bar, a dry run and a report."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from regulars.site.cli import terminal
from regulars.site.cli.terminal import DataDir, Json

if TYPE_CHECKING:
    from regulars.connectors.tabular.problems import FileRefused, Rejection

Files = Annotated[
    list[Path],
    typer.Argument(
        help="CSV, TSV, Excel (.xlsx), JSON Lines, JSON or Parquet files, gzip or plain.", show_default=False
    ),
]
Dataset = Annotated[
    str, typer.Option(help="What the files hold: customers, products, orders, lines or events; else it is recognised.")
]
Source = Annotated[
    str, typer.Option(help="Name of the shop system the ids belong to; else it is recognised, or 'import'.")
]
Currency = Annotated[str, typer.Option(help="Currency of amounts without one (ISO 4217); else the shop's.")]
Zone = Annotated[str, typer.Option(help="Time zone of times without one; else the shop's.")]
DateOrder = Annotated[str, typer.Option(help="dmy or mdy: how to read 05/06/2024.")]
UnknownState = Annotated[str, typer.Option(help="The order state that names nobody knows stand for.")]
Map = Annotated[
    list[str], typer.Option("--map", help="A column's field, as column=field; column= skips it. May be given again.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check the files and change nothing.")]


def import_files(
    files: Files,
    dataset: Dataset = "",
    source: Source = "",
    currency: Currency = "",
    zone: Zone = "",
    date_order: DateOrder = "",
    unknown_state: UnknownState = "",
    map: Map = [],  # noqa: B006  typer makes a new list for each call
    dry_run: DryRun = False,
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Import customers, products, orders, order lines and events. The same file again changes nothing."""
    terminal.open_shop(data_dir)
    options = {
        "source": source,
        "currency": currency,
        "zone": zone,
        "date_order": date_order,
        "unknown_state": unknown_state,
    }
    wanted = _wanted(dataset, options, map)
    planned = _planned(files, dataset, options, wanted)
    results = [_tried(path, **plan) if dry_run else _imported(path, **plan) for path, plan in planned]
    if not dry_run:
        _refresh_soon(results)
    _report(results, json)


def _wanted(dataset: str, options: dict[str, str], pairs: Sequence[str]) -> dict[str, str]:
    """The mapping given by hand. Refuses options that mean nothing."""
    from zoneinfo import available_timezones

    from regulars.connectors.tabular.dates import DATE_ORDERS
    from regulars.connectors.tabular.fields import DATASETS
    from regulars.connectors.tabular.states import KNOWN_STATES
    from regulars.core.money import CURRENCIES

    choices: tuple[tuple[str, str, Any], ...] = (
        ("--dataset", dataset, DATASETS),
        ("--currency", options["currency"], CURRENCIES),
        ("--zone", options["zone"], available_timezones()),
        ("--date-order", options["date_order"], DATE_ORDERS),
        ("--unknown-state", options["unknown_state"], KNOWN_STATES),
    )
    for name, value, known in choices:
        if value and value not in known:
            listed = ", ".join(known) if len(known) < 20 else "a code such as CNY, USD or Asia/Shanghai"
            terminal.refuse(f"{name} {value} is unknown: give {listed}.")
    if bad := next((pair for pair in pairs if "=" not in pair), None):
        terminal.refuse(f"--map {bad} lacks its field: write column=field, such as --map 'Order No=source_id'.")
    return {column: field for column, _, field in (pair.rpartition("=") for pair in pairs)}


def _planned(
    files: Sequence[Path], dataset: str, options: dict[str, str], wanted: dict[str, str]
) -> list[tuple[Path, dict[str, Any]]]:
    """Each file with what it is, those that others need first. One bad file refuses all: nothing is imported."""
    from regulars.connectors.feeds import check_plan
    from regulars.connectors.queries import inspect_file
    from regulars.connectors.tabular.fields import ATTRIBUTE, ORDER_OF_DATASETS
    from regulars.connectors.tabular.problems import FileRefused
    from regulars.connectors.tabular.reading import check_whole, open_table

    found = []
    for path in files:
        try:
            seen = inspect_file(path, dataset)
            mine = {name: field for name, field in wanted.items() if name in seen.names or len(files) == 1}
            taken = {field for field in mine.values() if field and field != ATTRIBUTE}
            mapping = {n: "" if t in taken else t for n, t in seen.columns.items()} | mine
            table = open_table(path, seen.form)
            check_plan(table, seen.dataset, mapping, options["date_order"] or seen.options.get("date_order", ""))
            check_whole(table)
        except FileRefused as refused:
            _refuse(path, refused)
        found.append(
            (
                ORDER_OF_DATASETS.index(seen.dataset),
                path,
                {"dataset": seen.dataset, "mapping": mapping, "options": options},
            )
        )
    return [(path, plan) for _rank, path, plan in sorted(found, key=lambda item: item[0])]


def _refuse(path: Path, refused: "FileRefused") -> None:
    place = (
        f"{path}"
        + (f", line {refused.line}" if refused.line else "")
        + (f", column {refused.column}" if refused.column else "")
    )
    terminal.refuse(f"{place}: {refused.problem.reason()} {refused.problem.remedy()}")


def _tried(path: Path, *, dataset: str, mapping: dict[str, str], options: dict[str, str]) -> dict[str, Any]:
    from django.utils import timezone

    from regulars.connectors import actions, queries
    from regulars.connectors.tabular.problems import FileRefused

    seen = queries.inspect_file(path, dataset)
    chosen = queries.conversion_options({**seen.options, **{k: v for k, v in options.items() if v}}, at=timezone.now())
    try:
        with terminal.progress_bar() as bar:
            found = actions.dry_run(
                path,
                seen.form,
                dataset,
                mapping,
                chosen,
                progress=lambda p: bar(p.position, p.size, f"checking {path.name}"),
            )
    except FileRefused as refused:
        _refuse(path, refused)
    refusals, warnings = _told(found.rejections[:20]), _told(found.warnings[:20])
    mapped = {column: field for column, field in mapping.items() if field}
    return {
        "file": str(path), "dataset": dataset, "state": "checked", "rows": found.rows, "records": found.records,
        "refused": found.refused, "repeated": found.repeated, "warned": found.warned, "mapping": mapped,
        "refusals": refusals, "warnings": warnings,
    }  # fmt: skip


def _told(found: Sequence["Rejection"]) -> list[dict[str, Any]]:
    return [
        {"line": r.line, "column": r.column, "value": r.value, "reason": r.problem.reason(), "mend": r.problem.remedy()}
        for r in found
    ]


def _imported(path: Path, *, dataset: str, mapping: dict[str, str], options: dict[str, str]) -> dict[str, Any]:
    from django.utils import timezone

    from regulars.connectors import actions
    from regulars.connectors.tabular.problems import FileRefused
    from regulars.shop.queries import NotSetUp

    try:
        run = actions.start_run(
            path, at=timezone.now(), actor="terminal", dataset=dataset, mapping=mapping, options=options
        )
        with terminal.progress_bar() as bar:
            view = actions.run_import(run, progress=lambda p: bar(p.position, p.size, f"importing {path.name}"))
    except FileRefused as refused:
        _refuse(path, refused)
    except (actions.RunRefused, NotSetUp) as refused_run:
        terminal.refuse(f"{path}: {refused_run}")
    if view.state != "done":
        place = (
            f"{path}"
            + (f", line {view.error_line}" if view.error_line else "")
            + (f", column {view.error_column}" if view.error_column else "")
        )
        terminal.refuse(f"{place}: {view.error} {view.mend}")
    names = ("rows", "created", "updated", "unchanged", "refused", "repeated", "warned")
    counts = {name: getattr(view, name) for name in names}
    return {
        "file": str(path),
        "dataset": dataset,
        "state": view.state,
        **counts,
        "rejects": str(view.rejects_path or ""),
        "warnings_file": str(view.warnings_path or ""),
    }


def _refresh_soon(results: Sequence[dict[str, Any]]) -> None:
    from regulars.flows.tasks import request_refresh

    if any(result["created"] or result["updated"] for result in results):
        request_refresh()


def _report(results: Sequence[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        terminal.print_result({"files": list(results)}, as_json=True)
        return
    for result in results:
        counts = ", ".join(
            f"{result[name]} {name}"
            for name in ("rows", "records", "created", "updated", "unchanged", "refused", "repeated", "warned")
            if name in result
        )
        typer.echo(f"{result['file']} ({result['dataset']}): {counts}")
        if result.get("rejects"):
            typer.echo(f"  {result['refused']} rows were not taken; they are in {result['rejects']}")
        if result.get("warnings_file"):
            typer.echo(f"  {result['warned']} warnings on rows that were taken; they are in {result['warnings_file']}")
        for one in (*result.get("refusals", ()), *result.get("warnings", ())):
            place = f"line {one['line']}, column" if one["line"] else "column"
            typer.echo(f"  {place} {one['column']}, {one['value']!r}: {one['reason']} {one['mend']}")
