"""``regulars programme``: what it does with the programme of a shop: publish it, go through the history, end days, verify."""

from datetime import date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from regulars.site.cli import documents, terminal
from regulars.site.cli.documents import Language, Note, Since
from regulars.site.cli.programme import File, app
from regulars.site.cli.terminal import DataDir, Json

Until = Annotated[str, typer.Option(help="The last day to end, YYYY-MM-DD; else the shop's yesterday.")]


@app.command()
def publish(
    file: File,
    since: Since = "",
    note: Note = "",
    language: Language = "en",
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Put a programme into force. The first version may begin in the past: its history is gone through."""
    documents.check_options("", "", language)
    text = documents.text_of(file)
    terminal.open_shop(data_dir)
    from regulars.flows.programme import put_in_force
    from regulars.flows.settling import request_settling

    documents.publish(file, text, put_in_force, since, note, language, json)
    request_settling()


@app.command()
def backfill(json: Json = False, data_dir: DataDir = None) -> None:
    """Go through the orders since the first version began, as if each had arrived live; goes on where it stopped."""
    terminal.open_shop(data_dir)
    from django.utils import timezone

    from regulars.flows import programme

    with terminal.progress_bar() as progress:
        done = programme.backfill(timezone.now(), progress)
    terminal.print_result({"members": done.members, "orders": done.orders, "outcomes": done.outcomes}, json)


@app.command("day-end")
def day_end(until: Until = "", json: Json = False, data_dir: DataDir = None) -> None:
    """Bring members what the clock owes them: points that become active or expire, reviews of tiers, birthdays."""
    terminal.open_shop(data_dir)
    from django.utils import timezone

    from regulars.flows import programme

    last = _last_day(until)
    with terminal.progress_bar() as progress:
        done = programme.end_days(timezone.now(), until=last.toordinal() + 1, progress=progress)
    terminal.print_result({"until": last.isoformat(), "members": done.members, "outcomes": done.outcomes}, json)


@app.command()
def verify(json: Json = False, data_dir: DataDir = None) -> None:
    """Replay the programme over the history in memory and name every member who is stored otherwise; exit code 1 if any."""
    terminal.open_shop(data_dir)
    from regulars.membership import queries as membership
    from regulars.simulation.self_check import check_everybody

    if (versions := membership.versions()) is None:
        terminal.refuse("No programme is published: there is nothing to verify.")
    with terminal.progress_bar() as progress:
        told = check_everybody(versions, _shop_now(), progress)
    findings = [
        f"{one.customer}: {one.where}: stored {one.stored}; replayed {one.replayed}" for one in told.differences
    ]
    counts = {"members": told.members, "tiers_compared": told.tiers, "lots_compared": told.lots}
    terminal.print_result({"ok": not findings, **counts, "findings": findings}, json)
    raise typer.Exit(1 if findings else 0)


def _last_day(told: str) -> date:
    """The day to end, which must be over in the shop: what expires later cannot be called back."""
    yesterday = _shop_now().astimezone(_zone()).date() - timedelta(days=1)
    try:
        last = date.fromisoformat(told) if told else yesterday
    except ValueError:
        terminal.refuse(f"--until {told} is no day: give one as 2026-03-01.")
    if last > yesterday:
        terminal.refuse(f"--until {told}: in the shop that day is not over. The last one that is: {yesterday}.")
    return last


def _zone() -> ZoneInfo:
    from regulars.shop.queries import require_shop

    return ZoneInfo(require_shop().zone)


def _shop_now() -> datetime:
    from django.utils import timezone

    from regulars.orders.queries.clock import shop_time
    from regulars.shop.queries import require_shop

    return shop_time(require_shop(), timezone.now())
