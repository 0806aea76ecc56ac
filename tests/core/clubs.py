"""Programmes written as documents, and what happens to their members, in few words: for what is said of them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from regulars.core.declarations import Context, load, parse
from regulars.core.member import Deed, Event, Goods, Line, Member, OrderEvent, Purchase
from regulars.core.programme import Outcome, Plan, Programme, Versions, decide, folded
from regulars.core.programme.sentences import sentences
from regulars.core.says import Says

ZONE = ZoneInfo("Asia/Shanghai")
CNY = Context("CNY", ZONE)
EXAMPLES = Path(__file__).parents[2] / "examples" / "programmes"
# 1 March 2026, noon in Shanghai.
START = datetime(2026, 3, 1, 4, tzinfo=UTC)
HEAD = 'id = "club"\nname = { en = "Club", zh = "俱乐部" }\n'
UNIT = """
[[units]]
id = "points"
name = { en = "points", zh = "积分" }
pending_days = 7
validity = { count = 12, span = "months", aligned = "month" }
worth = "1.00"
"""
BASE = """
[[rules]]
kind = "per_amount"
id = "base"
name = { en = "Points for purchases", zh = "消费积分" }
points = 1
per = "1.00"
"""
LADDER = """
[ladder]
grace_days = 30
warn_days = 30

[[ladder.tiers]]
id = "silver"
name = { en = "Silver", zh = "银卡" }
reached = { spend = "500.00" }

[[ladder.tiers]]
id = "gold"
name = { en = "Gold", zh = "金卡" }
reached = { spend = "2000.00" }
multiplier = "150%"
gift = "mug"
"""
MUG = """
[[rewards]]
id = "mug"
name = { en = "Mug", zh = "马克杯" }
gives = "goods"
price = 2000
worth = "20.00"
"""
CLUB = UNIT + BASE + LADDER + MUG


def programme_of(text: str) -> Programme:
    return parse(Programme, load(text), CNY)


def plan_of(text: str, **head: str) -> Plan:
    """A plan of a document without its head."""
    lines = "".join(f'{name} = "{value}"\n' for name, value in head.items())
    return Plan(programme_of(HEAD + lines + text), ZONE, "CNY")


@cache
def example(name: str) -> Plan:
    return Plan(programme_of((EXAMPLES / f"{name}.toml").read_text(encoding="utf-8")), ZONE, "CNY")


def day(year: int, month: int, day: int) -> int:
    return date(year, month, day).toordinal()


def line(amount: int, *categories: str, quantity_milli: int = 1000) -> Line:
    return Line(Goods("p1", categories), quantity_milli, amount)


def order(
    number: int,
    *lines: Line,
    after_days: int = 0,
    paid_days: int | None = None,
    delivered_days: int | None = None,
    **more: Any,
) -> OrderEvent:
    """An order told so many days after START, as a rule paid then, and perhaps delivered."""
    at = START + timedelta(days=after_days)
    paid = at if paid_days is None else START + timedelta(days=paid_days)
    delivered = None if delivered_days is None else START + timedelta(days=delivered_days)
    award, left = more.pop("award", None), more.pop("left", {})
    purchase = Purchase(f"o{number}", paid, "CNY", lines, delivered, **more)
    return OrderEvent(f"{number:016x}{after_days:016x}", at, purchase, award, left)


def deed(name: str, after_days: int = 0, **properties: Any) -> Deed:
    return Deed(f"{after_days:032x}", START + timedelta(days=after_days), name, properties)


def lived(plan: Plan, member: Member, events: Sequence[Event]) -> list[tuple[Event, Outcome]]:
    """Events in order, with what the clock brings."""
    return list(folded(member, events, Versions([plan])))


def retold(plan: Plan, member: Member, first: OrderEvent, then: OrderEvent) -> list[Says]:
    """What is said of an order when it is told a second time."""
    outcome = decide(member, first, plan)
    event = then._replace(award=outcome.award)
    return sentences(decide(outcome.member, event, plan), event, plan)
