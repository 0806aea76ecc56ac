"""Commands on the shop as it stands: refresh, verify, seal."""

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
    """Recompute what is stored twice (balances, totals, facts on disk) and name every difference; exit code 1 if any."""
    terminal.open_shop(data_dir)
    from django.utils import timezone

    from regulars.flows.seal_ledger import seal_ledger
    from regulars.site.verifying import verify_everything

    findings = verify_everything()
    made = None if findings else seal_ledger(timezone.now())
    sealed = {"sealed": f"{made.number} {made.digest.hex()}"} if made else {}
    terminal.print_result({"ok": not findings, "findings": findings, **sealed}, json)
    raise typer.Exit(1 if findings else 0)


def seal(
    anew: Annotated[bool, typer.Option("--anew", help="Seal everything: after the secret key was changed.")] = False,
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Seal the ledger's history, so that nobody without the secret key can rewrite it unseen."""
    terminal.open_shop(data_dir)
    from django.utils import timezone

    from regulars.flows.seal_ledger import seal_ledger

    made = seal_ledger(timezone.now(), anew=anew)
    terminal.print_result({"sealed": f"{made.number} {made.digest.hex()}" if made else "nothing new"}, json)
