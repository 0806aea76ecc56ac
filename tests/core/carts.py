"""Offers and carts written as documents, in few words."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from regulars.core.declarations import Context, load, parse
from regulars.core.member import Day, Member, Standing
from regulars.core.offers import Cart, CartLine, Catalogue, Offers, Quote, quote
from regulars.core.says import Says

ZONE = ZoneInfo("Asia/Shanghai")
CNY = Context("CNY", ZONE, {"tiers": {"gold": Says("Gold", "金卡"), "silver": Says("Silver", "银卡")}})
EXAMPLES = Path(__file__).parents[2] / "examples" / "offers"
# Friday, 13 November 2026, nine in the evening in Shanghai.
AT = datetime(2026, 11, 13, 13, tzinfo=UTC)
HEAD = 'id = "shop"\nname = "Shop"\n'


def offers_of(text: str) -> Offers:
    return parse(Offers, load(HEAD + text), CNY)


def catalogue(text: str) -> Catalogue:
    """A catalogue of a document without its head."""
    return Catalogue(offers_of(text), ZONE, "CNY", CNY)


def one(kind: str, rest: str, **more: str) -> str:
    """One offer of a document, its id ``it``."""
    named = {"id": '"it"', "name": '{ en = "It", zh = "它" }'} | more
    lines = "".join(f"{key} = {value}\n" for key, value in named.items())
    return f'[[offers]]\nkind = "{kind}"\n{lines}{rest}\n'


def line(number: int | str, price: int, quantity: int = 1, **more: Any) -> CartLine:
    """So many pieces at a price in minor units."""
    more.setdefault("product", f"p{number}")
    return CartLine(id=f"{number}", price=price, quantity=quantity * 1000, **more)


def cart(*lines: CartLine, **more: Any) -> Cart:
    return Cart(**({"currency": "CNY", "lines": lines} | more))


def member(tier: str = "", orders: int = 0) -> Member:
    return Member("m", standing=Standing(tier), past=Day(0, orders=orders))


def quoted(text: str | Catalogue, told: Cart, who: Member | None = None, at: datetime = AT) -> Quote:
    return quote(told, who, catalogue(text) if isinstance(text, str) else text, at)


def nets(found: Quote) -> list[int]:
    return [each.net for each in found.lines]


def codes(found: Quote) -> dict[str, str]:
    return {reason.offer: reason.code for reason in found.reasons}
