"""Commands on the shop as it stands: refresh, verify."""

from typing import Annotated

import typer

from regulars.site.cli import terminal
from regulars.site.cli.terminal import DataDir, Json


def refresh(
    json: Json = False,
    everything: Annotated[bool, typer.Option("--all", help="Rebuild even what has not changed.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Bring facts, marts and lists up to date with what has arrived."""
    terminal.open_shop(data_dir)
    from django.utils import timezone

    from regulars.flows.refresh import refresh as refresh_shop

    with terminal.progress_bar() as progress:
        report = refresh_shop(timezone.now(), progress, everything=everything)
    terminal.print_result(report.as_dict(), json)


def verify(json: Json = False, data_dir: DataDir = None) -> None:
    """Recompute what is stored twice (totals, facts on disk, merges) and name every difference; exit code 1 if any."""
    terminal.open_shop(data_dir)
    from regulars.site.verifying import verify_everything

    findings = verify_everything()
    terminal.print_result({"ok": not findings, "findings": findings}, json)
    raise typer.Exit(1 if findings else 0)
