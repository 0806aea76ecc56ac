"""``regulars offers``: check, show, compare and publish offers that are written as files."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from regulars.core.declarations import Context, diff
from regulars.core.offers import Catalogue, Offers
from regulars.core.offers.telling import offers_told
from regulars.core.says import Says
from regulars.site.cli import documents, terminal
from regulars.site.cli.documents import Currency, Language, Note, Published, Since, Zone
from regulars.site.cli.terminal import DataDir, Json
from regulars.storage.examples import example as document
from regulars.storage.examples import examples

app = typer.Typer(no_args_is_help=True, help="Check, show, compare and publish offers.")
File = Annotated[Path, typer.Argument(metavar="FILE", help="Offers, TOML or JSON.", show_default=False)]
MaybeFile = Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Offers, TOML or JSON.", show_default=False)]
_PACKAGE = "regulars.core.offers"
_NO_FAULTS = Says("no faults", "没有错误")


def check(
    file: File,
    language: Language = "en",
    currency: Currency = "",
    zone: Zone = "",
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Say all that is wrong with offers (exit code 2)."""
    read(file, context_of(currency, zone, language, data_dir), language, json)
    if json:
        terminal.print_result({"ok": True, **documents.checked(file, (), (), language)}, as_json=True)
    else:
        typer.echo(f"{file}: {_NO_FAULTS.to(language)}")


def show(
    file: MaybeFile = None,
    published: Published = False,
    language: Language = "en",
    currency: Currency = "",
    zone: Zone = "",
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Print offers in plain sentences: those of a file, or with --published the shop's."""
    if published == (file is not None):
        terminal.refuse("Give a file, or --published for the shop's offers.")
    context = context_of(currency, zone, language, data_dir)
    catalogue = read(file, context, language, json) if file else _newest(data_dir)
    told = offers_told(catalogue)
    if json:
        terminal.print_result({"id": catalogue.document.id, "offers": told}, as_json=True)
        return
    typer.echo(catalogue.document.name.to(language))
    for each in told:
        typer.echo(f"  {each['name'][language]}: {each['says'][language]}")


def compare(
    before: Annotated[Path, typer.Argument(metavar="A", help="The earlier offers.", show_default=False)],
    after: Annotated[Path | None, typer.Argument(metavar="[B]", help="The later offers.", show_default=False)] = None,
    published: Published = False,
    language: Language = "en",
    currency: Currency = "",
    zone: Zone = "",
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Say what differs from some offers to others; with --published, from the shop's to A."""
    if published == (after is not None):
        terminal.refuse("Give two files, or one and --published for the shop's offers.")
    context = context_of(currency, zone, language, data_dir)
    first = read(before, context, language, json)
    pair = (first, read(after, context, language, json)) if after else (_newest(data_dir), first)
    documents.print_changes(diff(pair[0].document, pair[1].document, context), language, json)


def describe(language: Language = "en", currency: Currency = "CNY") -> None:
    """Print the JSON Schema of offers, for editors that check as one types."""
    documents.print_schema(Offers, language, currency)


def example(
    name: Annotated[str, typer.Argument(help="A kind of offer; without one, all are listed.")] = "",
    json: Json = False,
) -> None:
    """Print offers to begin with: regulars offers example steps > mine.toml; steps.cart is a cart for them."""
    documents.print_example(name, examples(_PACKAGE), partial(document, _PACKAGE), json)


def publish(
    file: File,
    since: Since = "",
    note: Note = "",
    language: Language = "en",
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Put offers into force."""
    documents.check_options("", "", language)
    text = documents.text_of(file)
    terminal.open_shop(data_dir)
    from regulars.flows.offers import put_in_force

    documents.publish(file, text, put_in_force, since, note, language, json)


app.command("check")(check)
app.command("show")(show)
app.command("diff")(compare)
app.command("schema")(describe)
app.command("example")(example)
app.command("publish")(publish)


def context_of(currency: str, zone: str, language: str, data_dir: Path | None) -> Context:
    """What offers are read against: with a shop they may name the tiers of its programme and no others."""
    context = documents.context_of(currency, zone, language, data_dir)
    if (currency and zone) or not documents.has_shop(data_dir):
        return context
    from regulars.flows.offers import known_tiers

    tiers = known_tiers(datetime.now(UTC))
    return context if tiers is None else replace(context, known={"tiers": tiers})


def read(file: Path, context: Context, language: str, as_json: bool) -> Catalogue:
    """The offers in a file, ready; ends the command where they are faulty."""
    assert context.zone is not None
    told = documents.read(Offers, file, context, language, as_json)
    return Catalogue(told, context.zone, context.currency, context, version=0)


def _newest(data_dir: Path | None) -> Catalogue:
    """The newest version of the shop's offers."""
    terminal.open_shop(data_dir)
    from regulars.promotions.queries import numbered, published

    if not (told := published()):
        terminal.refuse("No offers are published: regulars offers publish FILE.")
    found = numbered(told[0].number)
    assert found is not None
    return found
