"""``regulars programme``: check, show and compare programmes that are written as files, or published."""

import json as json_text
import os
import re
from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, NoReturn
from zoneinfo import ZoneInfo, available_timezones

import typer

from regulars.core.declarations import Context, diff, load, parse, schema
from regulars.core.faults import Fault, Faulty
from regulars.core.money import CURRENCIES
from regulars.core.programme import Plan, Programme
from regulars.core.programme.advice import advice
from regulars.core.programme.sentences import programme_view
from regulars.core.says import LANGUAGES, Says
from regulars.site.cli import terminal
from regulars.site.cli.terminal import DataDir, Json

app = typer.Typer(
    no_args_is_help=True, help="Check, show, compare and publish loyalty programmes; go through history; end days."
)
File = Annotated[Path, typer.Argument(metavar="FILE", help="A programme, TOML or JSON.", show_default=False)]
MaybeFile = Annotated[
    Path | None, typer.Argument(metavar="[FILE]", help="A programme, TOML or JSON.", show_default=False)
]
Published = Annotated[bool, typer.Option("--published", help="The newest version that the shop has published.")]
Currency = Annotated[str, typer.Option(help="Currency of its amounts (ISO 4217); else the shop's.")]
Zone = Annotated[str, typer.Option(help="Time zone of its days; else the shop's.")]
Language = Annotated[str, typer.Option(help="Language of the sentences: en or zh.")]
Margin = Annotated[
    str, typer.Option(help="What the shop keeps of an order, such as 30%: rules that can pay out more are named.")
]
_FALLBACK = ("CNY", "UTC")
_NOTHING = Says("nothing", "无")
_NO_FAULTS = Says("no faults", "没有错误")
_FAULTS = Says("{n} wrong; nothing of it can be used before it is mended", "{n} 处错误，修正之前整份文档都不能使用")
_ADVICE = Says("{n} worth a second look", "{n} 条建议")
_SAME = Says("The two say the same.", "两份内容相同。")


def check(
    file: File,
    margin: Margin = "100%",
    language: Language = "en",
    currency: Currency = "",
    zone: Zone = "",
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Say all that is wrong with a programme (exit code 2), and what is worth a second look (exit code 0)."""
    kept = _share(margin)
    plan = _read(file, _context(currency, zone, language, data_dir), language, json)
    found = advice(plan, datetime.now(plan.zone).date(), margin=kept)
    if json:
        terminal.print_result({"ok": True, **_told(file, (), found, language)}, as_json=True)
        return
    words = Says(f"{_NO_FAULTS.en}, {_ADVICE.en}", f"{_NO_FAULTS.zh}，{_ADVICE.zh}") if found else _NO_FAULTS
    typer.echo(f"{file}: {words.filled(n=len(found)).to(language)}")
    _list(found, language)


def show(
    file: MaybeFile = None,
    published: Published = False,
    language: Language = "en",
    currency: Currency = "",
    zone: Zone = "",
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Print a programme in plain sentences: that of a file, or with --published the shop's."""
    if published == (file is not None):
        terminal.refuse("Give a file, or --published for the shop's programme.")
    context = _context(currency, zone, language, data_dir)
    plan = _read(file, context, language, json) if file else _newest(data_dir)
    sections = _sections(plan, language)
    if json:
        terminal.print_result({"id": plan.programme.id, "sections": sections}, as_json=True)
        return
    typer.echo(plan.programme.name.to(language))
    for section in sections:
        typer.echo(f"\n{section['title']}")
        for told in section["told"]:
            typer.echo(f"  {told['name']}: {told['says']}" if told["name"] else f"  {told['says']}")


def compare(
    before: Annotated[Path, typer.Argument(metavar="A", help="The earlier programme.", show_default=False)],
    after: Annotated[
        Path | None, typer.Argument(metavar="[B]", help="The later programme.", show_default=False)
    ] = None,
    published: Published = False,
    language: Language = "en",
    currency: Currency = "",
    zone: Zone = "",
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Say what differs from one programme to the other; with --published, from the shop's to A."""
    if published == (after is not None):
        terminal.refuse("Give two files, or one and --published for the shop's programme.")
    context = _context(currency, zone, language, data_dir)
    first = _read(before, context, language, json)
    plans = (first, _read(after, context, language, json)) if after else (_newest(data_dir), first)
    changes = _changes(*(plan.programme for plan in plans), context, language)
    if json:
        terminal.print_result({"changes": changes}, as_json=True)
        return
    for change in changes:
        was, now = (change[side] or _NOTHING.to(language) for side in ("before", "after"))
        typer.echo(f"{change['label']}: {was} → {now}")
    if not changes:
        typer.echo(_SAME.to(language))


def describe(language: Language = "en", currency: Currency = "CNY") -> None:
    """Print the JSON Schema of programmes, for editors that check as one types."""
    check_options(currency, "", language)
    described = schema(Programme, Context(currency), language)
    typer.echo(json_text.dumps(described, ensure_ascii=False, indent=2))


def example(
    name: Annotated[str, typer.Argument(help="b2c, stamps or steel; without one, all are listed.")] = "",
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Print a programme to begin with: regulars programme example b2c > mine.toml"""
    terminal.start_django(data_dir)
    from regulars.membership.queries.examples import example as document
    from regulars.membership.queries.examples import examples

    if name and name not in examples():
        terminal.refuse(f"There is no example {name!r}: choose one of {', '.join(examples())}.")
    if json:
        terminal.print_result({name: document(name)} if name else {"examples": list(examples())}, as_json=True)
    else:
        typer.echo(document(name) if name else "\n".join(examples()), nl=not name)


app.command("check")(check)
app.command("show")(show)
app.command("diff")(compare)
app.command("schema")(describe)
app.command("example")(example)


def _context(currency: str, zone: str, language: str, data_dir: Path | None) -> Context:
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
    if not (data_dir or Path(os.environ.get("REGULARS_DATA_DIR", "var"))).is_dir():
        return _FALLBACK
    terminal.open_shop(data_dir)
    from regulars.shop.queries import shop

    found = shop()
    return (found.currency, found.zone) if found else _FALLBACK


def _share(text: str) -> Fraction:
    found = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{1,4})?) ?%", text)
    if not found or not 0 < Fraction(found[1]) <= 100:
        terminal.refuse(f"--margin {text} is no percentage: give one above 0% and up to 100%, such as 30%.")
    return Fraction(found[1]) / 100


def _newest(data_dir: Path | None) -> Plan:
    """The newest version of the shop's programme."""
    terminal.open_shop(data_dir)
    from regulars.membership.queries import versions

    if (known := versions()) is None:
        terminal.refuse("No programme is published: regulars programme publish FILE.")
    return known.plans[-1]


def _read(file: Path, context: Context, language: str, as_json: bool) -> Plan:
    """The programme in a file, ready; ends the command where it is faulty."""
    assert context.zone is not None
    try:
        programme: Programme = parse(Programme, load(file.read_text(encoding="utf-8")), context)
    except UnicodeDecodeError as error:
        terminal.refuse(f"{file} is not UTF-8 text (byte {error.start}): save it as UTF-8 in your editor.")
    except Faulty as faulty:
        refuse_faulty(file, faulty.faults, language, as_json)
    return Plan(programme, context.zone, context.currency)


def refuse_faulty(file: Path, faults: tuple[Fault, ...], language: str, as_json: bool) -> NoReturn:
    if as_json:
        terminal.print_result({"ok": False, **_told(file, faults, (), language)}, as_json=True)
    else:
        terminal.say_refusal(f"{file}: {_FAULTS.filled(n=len(faults)).to(language)}")
        _list(faults, language, to_error=True)
    raise typer.Exit(2)


def _list(found: Iterable[Fault], language: str, *, to_error: bool = False) -> None:
    for one in found:
        typer.echo(f"  {one.to(language)}", err=to_error)


def _told(file: Path, faults: Iterable[Fault], found: Iterable[Fault], language: str) -> dict[str, Any]:
    return {
        "file": str(file),
        "faults": [_as_dict(fault, language) for fault in faults],
        "advice": [_as_dict(one, language) for one in found],
    }


def _as_dict(fault: Fault, language: str) -> dict[str, Any]:
    """A fault with line and column where its text breaks off, else with its path."""
    told = {"path": fault.path, "reason": fault.reason.to(language), "mend": fault.mend.to(language)}
    if place := re.fullmatch(r"(\d+):(\d+)", fault.path):
        return {"line": int(place[1]), "column": int(place[2]), **told}
    return told


def _sections(plan: Plan, language: str) -> list[dict[str, Any]]:
    return [
        {
            "path": section.path,
            "title": section.title.to(language),
            "told": [
                {"path": told.path, "name": told.name.to(language), "says": told.says.to(language)}
                for told in section.told
            ],
        }
        for section in programme_view(plan)
    ]


def _changes(before: Programme, after: Programme, context: Context, language: str) -> list[dict[str, Any]]:
    return [
        {
            "path": change.path,
            "label": change.label.to(language),
            "before": change.before and change.before.to(language),
            "after": change.after and change.after.to(language),
        }
        for change in diff(before, after, context)
    ]
