"""What commands about documents share: reading a file against the shop, saying its faults, its schema, what differs."""

import json as json_text
import os
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn
from zoneinfo import ZoneInfo, available_timezones

import typer

from regulars.core.declarations import Change, Context, load, parse, schema
from regulars.core.expiry import day_begins_at
from regulars.core.faults import Fault, Faulty
from regulars.core.money import CURRENCIES
from regulars.core.says import LANGUAGES, Says
from regulars.site.cli import terminal

Published = Annotated[bool, typer.Option("--published", help="The newest version that the shop has published.")]
Currency = Annotated[str, typer.Option(help="Currency of its amounts (ISO 4217); else the shop's.")]
Zone = Annotated[str, typer.Option(help="Time zone of its days; else the shop's.")]
Language = Annotated[str, typer.Option(help="Language of the sentences: en or zh.")]
Since = Annotated[
    str, typer.Option(help="From when it decides: a day of the shop or an instant with its offset; else now.")
]
Note = Annotated[str, typer.Option(help="What has changed, for whoever reads the versions.")]
_FALLBACK = ("CNY", "UTC")
_NOTHING = Says("nothing", "无")
_FAULTS = Says("{n} wrong; nothing of it can be used before it is mended", "{n} 处错误，修正之前整份文档都不能使用")
_SAME = Says("The two say the same.", "两份内容相同。")


def context_of(currency: str, zone: str, language: str, data_dir: Path | None) -> Context:
    """What a document is read against: as given, else as the shop in the data folder is, else yuan and UTC."""
    check_options(currency, zone, language)
    if not (currency and zone):
        shop_currency, shop_zone = _of_the_shop(data_dir)
        currency, zone = currency or shop_currency, zone or shop_zone
    return Context(currency, ZoneInfo(zone))


def check_options(currency: str, zone: str, language: str) -> None:
    if currency and currency not in CURRENCIES:
        terminal.refuse(f"--currency {currency} is unknown: give an ISO 4217 code such as CNY or USD.")
    if zone and zone not in available_timezones():
        terminal.refuse(f"--zone {zone} is unknown: give a name such as Asia/Shanghai.")
    if language not in LANGUAGES:
        terminal.refuse(f"--language {language} is unknown: give {' or '.join(LANGUAGES)}.")


def _of_the_shop(data_dir: Path | None) -> tuple[str, str]:
    """Currency and zone of the shop. Where there is no data folder yet, none is made: looking at a file changes nothing."""
    if not has_shop(data_dir):
        return _FALLBACK
    terminal.open_shop(data_dir)
    from regulars.shop.queries import shop

    found = shop()
    return (found.currency, found.zone) if found else _FALLBACK


def has_shop(data_dir: Path | None) -> bool:
    return (data_dir or Path(os.environ.get("REGULARS_DATA_DIR", "var"))).is_dir()


def text_of(file: Path) -> str:
    """What a file says; ends the command where it is no text."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        terminal.refuse(f"{file} is not UTF-8 text (byte {error.start}): save it as UTF-8 in your editor.")


def read(cls: type[Any], file: Path, context: Context, language: str, as_json: bool) -> Any:
    """What the document in a file stands for; ends the command where it is faulty."""
    try:
        return parse(cls, load(text_of(file)), context)
    except Faulty as faulty:
        refuse_faulty(file, faulty.faults, language, as_json)


def refuse_faulty(file: Path, faults: tuple[Fault, ...], language: str, as_json: bool) -> NoReturn:
    if as_json:
        terminal.print_result({"ok": False, **checked(file, faults, (), language)}, as_json=True)
    else:
        terminal.say_refusal(f"{file}: {_FAULTS.filled(n=len(faults)).to(language)}")
        print_faults(faults, language, to_error=True)
    raise typer.Exit(2)


def print_faults(found: Iterable[Fault], language: str, *, to_error: bool = False) -> None:
    for one in found:
        typer.echo(f"  {one.to(language)}", err=to_error)


def checked(file: Path, faults: Iterable[Fault], advice: Iterable[Fault], language: str) -> dict[str, Any]:
    return {
        "file": str(file),
        "faults": [_as_dict(fault, language) for fault in faults],
        "advice": [_as_dict(one, language) for one in advice],
    }


def _as_dict(fault: Fault, language: str) -> dict[str, Any]:
    """A fault with line and column where its text breaks off, else with its path."""
    told = {"path": fault.path, "reason": fault.reason.to(language), "mend": fault.mend.to(language)}
    if place := re.fullmatch(r"(\d+):(\d+)", fault.path):
        return {"line": int(place[1]), "column": int(place[2]), **told}
    return told


def print_changes(changes: Sequence[Change], language: str, as_json: bool) -> None:
    """What differs between two documents."""
    if as_json:
        terminal.print_result({"changes": [_change(each, language) for each in changes]}, as_json=True)
        return
    for each in changes:
        was, now = ((side or _NOTHING).to(language) for side in (each.before, each.after))
        typer.echo(f"{each.label.to(language)}: {was} → {now}")
    if not changes:
        typer.echo(_SAME.to(language))


def _change(change: Change, language: str) -> dict[str, Any]:
    return {
        "path": change.path,
        "label": change.label.to(language),
        "before": change.before and change.before.to(language),
        "after": change.after and change.after.to(language),
    }


def print_schema(cls: type[Any], language: str, currency: str) -> None:
    check_options(currency, "", language)
    typer.echo(json_text.dumps(schema(cls, Context(currency), language), ensure_ascii=False, indent=2))


def print_example(name: str, names: Sequence[str], document: Callable[[str], str], as_json: bool) -> None:
    """One of some examples, or without a name which there are."""
    if name and name not in names:
        terminal.refuse(f"There is no example {name!r}: choose one of {', '.join(names)}.")
    if as_json:
        terminal.print_result({name: document(name)} if name else {"examples": list(names)}, as_json=True)
    else:
        typer.echo(document(name) if name else "\n".join(names), nl=not name)


def instant(told: str, option: str, zone: ZoneInfo) -> datetime:
    """An instant, or the first one of a day of the shop."""
    try:
        at = datetime.fromisoformat(told)
    except ValueError:
        terminal.refuse(f"{option} {told} is no day or instant: give 2026-03-01 or 2026-03-01T09:30:00+08:00.")
    if at.tzinfo is not None:
        return at
    if len(told) > len("2026-03-01"):
        terminal.refuse(f"{option} {told} says no offset: add the shop's, as in 2026-03-01T09:30:00+08:00.")
    return day_begins_at(at.date(), zone)


def publish(
    file: Path, text: str, put_in_force: Callable[..., int], since: str, note: str, language: str, as_json: bool
) -> None:
    """Put a document into force on the shop that is open, and say which version it became."""
    try:
        terminal.print_result(_published(text, put_in_force, since, note), as_json)
    except Faulty as faulty:
        refuse_faulty(file, faulty.faults, language, as_json)


def _published(text: str, put_in_force: Callable[..., int], since: str, note: str) -> dict[str, Any]:
    from django.utils import timezone, translation

    from regulars.shop.actions import TERMINAL
    from regulars.shop.queries import require_shop
    from regulars.storage.versions import Refused

    at = timezone.now()
    begins = instant(since, "--since", ZoneInfo(require_shop().zone)) if since else at
    try:
        with translation.override("en"):
            number = put_in_force(text, since=begins, note=note, by=TERMINAL, at=at)
    except Refused as refused:
        terminal.refuse(str(refused))
    return {"version": number, "since": begins.isoformat()}
