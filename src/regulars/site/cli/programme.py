"""``regulars programme``: check, show and compare programmes that are written as files, or published."""

import re
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import typer

from regulars.core.declarations import Context, diff
from regulars.core.programme import Plan, Programme
from regulars.core.programme.advice import advice
from regulars.core.programme.sentences import programme_view
from regulars.core.says import Says
from regulars.site.cli import documents, terminal
from regulars.site.cli.documents import Currency, Language, Published, Zone
from regulars.site.cli.terminal import DataDir, Json

app = typer.Typer(
    no_args_is_help=True, help="Check, show, compare and publish loyalty programmes; go through history; end days."
)
File = Annotated[Path, typer.Argument(metavar="FILE", help="A programme, TOML or JSON.", show_default=False)]
MaybeFile = Annotated[
    Path | None, typer.Argument(metavar="[FILE]", help="A programme, TOML or JSON.", show_default=False)
]
Margin = Annotated[
    str, typer.Option(help="What the shop keeps of an order, such as 30%: rules that can pay out more are named.")
]
_NO_FAULTS = Says("no faults", "没有错误")
_ADVICE = Says("{n} worth a second look", "{n} 条建议")


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
    plan = _read(file, documents.context_of(currency, zone, language, data_dir), language, json)
    found = advice(plan, datetime.now(plan.zone).date(), margin=kept)
    if json:
        terminal.print_result({"ok": True, **documents.checked(file, (), found, language)}, as_json=True)
        return
    words = Says(f"{_NO_FAULTS.en}, {_ADVICE.en}", f"{_NO_FAULTS.zh}，{_ADVICE.zh}") if found else _NO_FAULTS
    typer.echo(f"{file}: {words.filled(n=len(found)).to(language)}")
    documents.print_faults(found, language)


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
    context = documents.context_of(currency, zone, language, data_dir)
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
    context = documents.context_of(currency, zone, language, data_dir)
    first = _read(before, context, language, json)
    plans = (first, _read(after, context, language, json)) if after else (_newest(data_dir), first)
    before_it, after_it = (plan.programme for plan in plans)
    documents.print_changes(diff(before_it, after_it, context), language, json)


def describe(language: Language = "en", currency: Currency = "CNY") -> None:
    """Print the JSON Schema of programmes, for editors that check as one types."""
    documents.print_schema(Programme, language, currency)


def example(
    name: Annotated[str, typer.Argument(help="b2c, stamps or steel; without one, all are listed.")] = "",
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Print a programme to begin with: regulars programme example b2c > mine.toml"""
    terminal.start_django(data_dir)
    from regulars.membership.queries.examples import example as document
    from regulars.membership.queries.examples import examples

    documents.print_example(name, examples(), document, json)


app.command("check")(check)
app.command("show")(show)
app.command("diff")(compare)
app.command("schema")(describe)
app.command("example")(example)


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
    return Plan(documents.read(Programme, file, context, language, as_json), context.zone, context.currency)


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
