"""``regulars quote``: what a cart costs under some offers, and why."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from regulars.core.declarations import Context
from regulars.core.faults import Faulty
from regulars.core.member import Member
from regulars.core.offers import Catalogue
from regulars.core.offers import quote as quoted
from regulars.core.offers.files import CartFile
from regulars.core.offers.telling import quote_told
from regulars.core.says import Says, money
from regulars.site.cli import documents, terminal
from regulars.site.cli.documents import Currency, Language, Zone
from regulars.site.cli.offers import context_of, read
from regulars.site.cli.terminal import DataDir, Json

_COLUMNS = (Says("line", "行"), Says("list", "原价"), Says("off", "优惠"), Says("net", "优惠后"))
_SHIPPING, _TOTAL, _TAX = Says("shipping", "运费"), Says("total", "合计"), Says("tax", "税额")
_APPLIED, _NOT_APPLIED = Says("Applied", "已享优惠"), Says("Not applied", "未享优惠")
Row = tuple[str, str, str, str]


def quote(
    cart: Annotated[Path, typer.Argument(metavar="CART", help="A cart, TOML or JSON.", show_default=False)],
    offers: Annotated[Path | None, typer.Option(help="Offers as a file; else those the shop has published.")] = None,
    at: Annotated[str, typer.Option(help="When it is paid: a day or an instant with its offset; else now.")] = "",
    customer: Annotated[str, typer.Option(help="A customer of the shop, SOURCE:ID; else the cart's member.")] = "",
    language: Language = "en",
    currency: Currency = "",
    zone: Zone = "",
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Say what a cart costs under some offers, which of them applied, and why the others did not. Nothing is held."""
    context = context_of(currency, zone, language, data_dir)
    assert context.zone is not None
    paid_at = documents.instant(at, "--at", context.zone) if at else datetime.now(UTC)
    catalogue = read(offers, context, language, json) if offers else _published(paid_at, data_dir)
    told = documents.read(CartFile, cart, Context(catalogue.currency, catalogue.zone), language, json)
    try:
        found = quoted(told, _member(told, customer, catalogue, paid_at, data_dir), catalogue, paid_at)
    except Faulty as faulty:
        documents.refuse_faulty(cart, faulty.faults, language, json)
    result = quote_told(found, catalogue)
    terminal.print_result(result, as_json=True) if json else _print(result, language)


def _published(at: datetime, data_dir: Path | None) -> Catalogue:
    """The offers that the shop has in force at an instant."""
    if not documents.has_shop(data_dir):
        terminal.refuse("Here is no shop: give its offers as a file with --offers, or its folder with --data-dir.")
    terminal.open_shop(data_dir)
    from regulars.flows.quoting import offers_at

    return offers_at(at)


def _member(cart: CartFile, customer: str, catalogue: Catalogue, at: datetime, data_dir: Path | None) -> Member | None:
    """Who buys: a customer of the shop, or whom the cart describes; None for a guest."""
    if not customer:
        return cart.member and cart.member.member
    if cart.member:
        terminal.refuse("The cart describes its member already: leave out --customer, or member in the cart.")
    terminal.open_shop(data_dir)
    from regulars.customers.queries import listing
    from regulars.flows.quoting import buyer

    source, colon, name = customer.partition(":")
    known = listing.resolve((source, name) if colon else None, customer)
    if known is None:
        terminal.refuse(f"--customer {customer}: no customer has this id. Give SOURCE:ID, such as shopify:1001.")
    return buyer(known, catalogue, at)


def _print(told: dict[str, Any], language: str) -> None:
    """A quote for people: its lines, then what applied, then why the rest did not."""

    def amount(minor: int) -> str:
        return money(minor, told["currency"]).to(language)

    rows = [tuple(column.to(language) for column in _COLUMNS), *_rows(told, language, amount)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(_COLUMNS))]
    for first, *rest in rows:
        cells = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True))]
        typer.echo("  ".join(cells).rstrip())
    applied = [f"{each['name'][language]}: -{amount(each['amount'])}" for each in told["applied"] if each["amount"]]
    applied += [f"{each['name'][language]}: {each['says'][language]}" for each in told["effects"]]
    reasons = [f"{each['name'][language]}: {each['says'][language]}" for each in told["reasons"] if each["name"]]
    reasons += [each["says"][language] for each in told["reasons"] if not each["name"]]
    for title, sentences in ((_APPLIED, applied), (_NOT_APPLIED, reasons)):
        if sentences:
            typer.echo("\n".join(("", title.to(language), *(f"  {sentence}" for sentence in sentences))))


def _rows(told: dict[str, Any], language: str, amount: Callable[[int], str]) -> Iterator[Row]:
    """Each line, shipping, and the sums; tax where there is some."""
    for each in told["lines"]:
        yield each["id"], amount(each["list"]), amount(each["list"] - each["net"]), amount(each["net"])
    if (shipping := told["shipping"])["list"]:
        saved = shipping["list"] - shipping["net"]
        yield _SHIPPING.to(language), amount(shipping["list"]), amount(saved), amount(shipping["net"])
    if told["tax"]:
        yield _TAX.to(language), "", "", amount(told["tax"])
    yield _TOTAL.to(language), amount(told["list"]), amount(told["discount"]), amount(told["total"])
