"""``decide``: order events a second on one core, under a programme of 20 rules, against the same sums written out by hand."""

import gc
import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from benchmarks.harness import Result
from regulars.core.declarations import Context, load, parse
from regulars.core.member import Award, Goods, Line, Member, OrderEvent, Purchase
from regulars.core.naming import operation_id
from regulars.core.programme import Plan, Programme, Versions, decide, folded

AT = datetime(2025, 1, 1, 4, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
MEMBERS = 200
HISTORY = 36
EVENTS = 5_000
ROUNDS = 15
PROMISED_PER_SECOND = 50_000
CATEGORIES = ("tea", "coffee", "cups", "pots", "gifts", "books")
TAGS = ("new", "sale", "season", "own")

PROGRAMME = """
id = "club"
name = "Club"
units = [{ id = "points", name = "points", validity = { count = 12, span = "months", aligned = "month" }, pending_days = 7 }]
rules = [
  { kind = "per_amount", id = "base", name = "Base", points = 1, per = "1.00" },
  { kind = "per_amount", id = "tea", name = "Tea", points = 1, per = "2.00", lines = { field = "line.category", op = "has", value = "tea" } },
  { kind = "per_amount", id = "cups", name = "Cups", points = 1, per = "3.00", lines = { field = "line.category", op = "has", value = "cups" } },
  { kind = "per_amount", id = "new", name = "New", points = 2, per = "1.00", lines = { field = "line.tags", op = "has", value = "new" } },
  { kind = "per_amount", id = "own", name = "Own", points = 1, per = "5.00", lines = { field = "line.tags", op = "has_any", value = ["own", "season"] } },
  { kind = "per_amount", id = "app", name = "App", points = 1, per = "10.00", when = { field = "order.channel", op = "is", value = "app" } },
  { kind = "per_amount", id = "large", name = "Large", points = 1, per = "4.00", when = { field = "order.amount", op = "at_least", value = "500.00" } },
  { kind = "per_amount", id = "gold", name = "Gold", points = 1, per = "8.00", when = { field = "member.tier", op = "is", value = "gold" } },
  { kind = "per_amount", id = "spring", name = "Spring", points = 3, per = "1.00", starts = "2024-03-01", ends = "2024-05-31" },
  { kind = "per_amount", id = "autumn", name = "Autumn", points = 3, per = "1.00", starts = "2024-09-01", ends = "2024-11-30" },
  { kind = "per_quantity", id = "pieces", name = "Pieces", points = 2, per = "3" },
  { kind = "per_quantity", id = "books", name = "Books", points = 5, per = "1", lines = { field = "line.category", op = "has", value = "books" } },
  { kind = "per_order", id = "each", name = "Each", points = 5 },
  { kind = "per_order", id = "first", name = "First", points = 100, nth = 1 },
  { kind = "per_order", id = "tenth", name = "Tenth", points = 200, every = 10 },
  { kind = "per_order", id = "weekend", name = "Weekend", points = 10, when = { field = "order.day", op = "weekday_in", value = ["saturday", "sunday"] } },
  { kind = "per_order", id = "again", name = "Again", points = 20, when = { field = "member.orders", op = "at_least", value = 5 } },
  { kind = "per_order", id = "many", name = "Many", points = 15, when = { field = "order.quantity", op = "at_least", value = "10" } },
  { kind = "per_order", id = "vip", name = "VIP", points = 30, when = { field = "member.tags", op = "has", value = "vip" } },
  { kind = "per_order", id = "shanghai", name = "Shanghai", points = 5, when = { field = "order.store", op = "in", value = ["bund", "xujiahui"] } },
]
[ladder]
grace_days = 30
warn_days = 30
tiers = [
  { id = "silver", name = "Silver", reached = { spend = "20000.00" } },
  { id = "gold", name = "Gold", reached = { spend = "50000.00" }, multiplier = "150%" },
  { id = "black", name = "Black", reached = { spend = "200000.00" }, multiplier = "200%" },
]
"""  # noqa: E501  one rule a line


def run() -> Iterator[Result]:
    plan = Plan(parse(Programme, load(PROGRAMME), Context("CNY", ZONE)), ZONE, "CNY")
    chance = random.Random(1)  # noqa: S311  seeded, no secret
    members = [lived(plan, number, chance) for number in range(MEMBERS)]
    events = [(chance.choice(members), number, chance.random()) for number in range(EVENTS)]
    told = [(member, event(plan, member, number, kind, chance)) for member, number, kind in events]
    for member, each in told[:200]:
        outcome = decide(member, each, plan)
        if outcome.award is None or points_by_hand(member, each) != sum(one.amount for one in outcome.award.given):
            raise RuntimeError(f"the sums by hand are not those of decide: {each}")
    ours = best(lambda member, each: decide(member, each, plan), told)
    floor = best(points_by_hand, told)
    named = f"decide: {1 / ours:,.0f} orders/s"
    yield Result(named, 1e6 * ours, 1e6 * floor, "us", "points alone, by hand", 6)
    yield Result("decide, 20 rules, one core", 1e6 * ours, 1e6 / PROMISED_PER_SECOND, "us", "50,000 a second", 1)


def best(work: Callable[[Member, OrderEvent], object], told: Sequence[tuple[Member, OrderEvent]]) -> float:
    """CPU time for one event, in the quickest of some runs: other programs on the machine do not count."""
    gc.collect()
    gc.freeze()  # the events lie ready: looking through them is no part of deciding
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for member, each in told:
            work(member, each)
        times.append(time.process_time() - began)
    gc.unfreeze()
    return min(times) / len(told)


def lived(plan: Plan, number: int, chance: random.Random) -> Member:
    """A member with some dozens of orders in the last two years."""
    member = Member(f"m{number}", plan.day(AT) - 800, facts={"tags": frozenset({"vip"} if number % 7 == 0 else ())})
    days = sorted(chance.randrange(730) for _ in range(HISTORY))
    events = []
    for place, day in enumerate(days):
        at = AT - timedelta(days=731 - day)
        events.append(OrderEvent(operation_id(member.key, str(place)), at, order(f"{member.key}-{place}", at, chance)))
    for _, outcome in folded(member, events, Versions([plan]), until=plan.day(AT)):
        member = outcome.member
    return member


def order(named: str, at: datetime, chance: random.Random) -> Purchase:
    lines = []
    for _ in range(chance.randint(1, 5)):
        product = chance.randrange(500)
        goods = Goods(
            f"p{product}", (CATEGORIES[product % 6], f"sub{product % 30}"), (TAGS[product % 4],), "", f"b{product % 9}"
        )
        lines.append(Line(goods, 1_000 * chance.randint(1, 3), chance.randint(500, 60_000)))
    channel, store = chance.choice(("app", "web", "shop")), chance.choice(("", "bund", "pudong"))
    return Purchase(named, at, "CNY", tuple(lines), at, channel, store)


def event(plan: Plan, member: Member, number: int, kind: float, chance: random.Random) -> OrderEvent:
    """Of ten events six are new orders, two are paid orders delivered, two are orders of which something came back."""
    bought = order(f"new-{number}", AT + timedelta(minutes=number % 1400), chance)
    named = operation_id("bench", str(number))
    if kind < 0.6:
        return OrderEvent(named, AT, bought._replace(delivered_at=None))
    before = decide(member, OrderEvent(named, AT, bought._replace(delivered_at=None)), plan)
    award: Award | None = before.award
    if kind < 0.8:
        return OrderEvent(operation_id("more", named), AT, bought, award)
    return OrderEvent(
        operation_id("less", named), AT, bought._replace(lines=bought.lines[1:], delivered_at=None), award
    )


def points_by_hand(member: Member, told: OrderEvent) -> int:
    """What the 20 rules give, written out for this programme alone: no explanation, no lots, no tiers, no limits."""
    purchase = told.purchase
    amount = pieces = tea = cups = new = own = books = 0
    for goods, quantity, paid, _ in purchase.lines:
        amount += paid
        pieces += quantity
        if "tea" in goods.categories:
            tea += paid
        elif "cups" in goods.categories:
            cups += paid
        elif "books" in goods.categories:
            books += quantity
        if "new" in goods.tags:
            new += paid
        elif "own" in goods.tags or "season" in goods.tags:
            own += paid
    if not purchase.lines:
        return 0
    award = told.award
    tier = award.tier if award else member.standing.tier
    nth = award.nth if award else member.orders + 1
    up, down = {"gold": (3, 2), "black": (2, 1)}.get(tier, (1, 1))
    points = (
        amount * up // (100 * down)
        + tea * up // (200 * down)
        + cups * up // (300 * down)
        + 2 * new * up // (100 * down)
    )
    points += own * up // (500 * down) + 2 * pieces * up // (3000 * down) + 5 * books * up // (1000 * down) + 5
    points += amount * up // (1000 * down) if purchase.channel == "app" else 0
    points += amount * up // (400 * down) if amount >= 50_000 else 0
    points += amount * up // (800 * down) if tier == "gold" else 0
    paid_at = purchase.paid_at or AT
    on = paid_at.astimezone(ZONE)
    if on.year == 2024:
        points += 3 * amount * up // (100 * down) if 3 <= on.month <= 5 or 9 <= on.month <= 11 else 0
    points += (100 if nth == 1 else 0) + (0 if nth % 10 else 200) + (10 if on.weekday() >= 5 else 0)
    points += (20 if nth > 5 else 0) + (15 if pieces >= 10_000 else 0) + (30 if "vip" in member.facts["tags"] else 0)
    return points + (5 if purchase.store in {"bund", "xujiahui"} else 0)
