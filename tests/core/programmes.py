"""Random programmes with every kind of rule, random lives of members under them, and a plain book of what is posted."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from regulars.core.conditions import All, Condition, Test, fields_used
from regulars.core.expiry import Aligned, Span, Validity
from regulars.core.member import (
    Award,
    Deed,
    Event,
    Goods,
    Line,
    Lot,
    Member,
    OrderEvent,
    Purchase,
    Referred,
    Restored,
    Spent,
)
from regulars.core.points import (
    Activate,
    Draw,
    Earn,
    Entry,
    Expire,
    OnReturn,
    Owe,
    Repay,
    Rounding,
    Spend,
    TakeBack,
    spendable,
)
from regulars.core.programme import Outcome, Plan, Programme, Versions, folded
from regulars.core.programme.document import (
    AutoRedemption,
    Basis,
    Ladder,
    Needs,
    Purse,
    Referral,
    Reward,
    RewardKind,
    Thresholds,
    Tier,
    Unit,
)
from regulars.core.programme.earning import (
    Birthday,
    Cap,
    PerAmount,
    Period,
    PerOrder,
    PerQuantity,
    Rule,
    Streak,
    Task,
)
from regulars.core.programme.privileges import BirthdayGift
from regulars.core.says import same
from regulars.core.tiers import Counted, Downgrade

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2024, 1, 15, 4, tzinfo=UTC)
GOODS = (
    Goods("tea", ("drinks", "green"), ("new",), "ours", "leaf"),
    Goods("cup", ("home",), (), "theirs", "clay"),
    Goods("pot", ("home", "iron"), ("new", "sale"), "ours", "clay"),
    Goods(),
)

# ---- programmes --------------------------------------------------------------------------------------------------------

WHOLE: tuple[Condition, ...] = (
    Test("order.amount", "at_least", 20_000),
    Test("order.quantity", "at_least", 3_000),
    Test("order.channel", "is", "app"),
    Test("order.store", "is_not", "first"),
    Test("order.seller", "is_not", "theirs"),
    Test("order.day", "weekday_in", ("saturday", "sunday")),
)
OF_THE_MEMBER: tuple[Condition, ...] = (
    Test("order.number", "at_most", 3),
    Test("member.tier", "in", ("silver",)),
    Test("member.orders", "at_least", 2),
    Test("member.orders_in_last", "at_least", 2, 30),
    Test("member.spend_in_last", "more_than", 10_000, 400),
    Test("member.days_since_order", "at_most", 20),
    Test("member.days_since_joining", "at_most", 60),
    Test("member.birthday_month", "is", True),
    Test("member.birthday", "is", False),
    Test("member.tags", "has", "vip"),
    Test("member.country", "is", "CN"),
)
OF_GOODS: tuple[Condition, ...] = (
    Test("line.category", "has", "home"),
    Test("line.tags", "has_any", ("new", "sale")),
    Test("line.brand", "is", "clay"),
    All((Test("line.product", "is_not", "cup"), Test("line.seller", "is", "ours"))),
)
DATES = st.none() | st.dates(date(2024, 1, 1), date(2025, 6, 1))


def conditions(members: bool) -> st.SearchStrategy[Condition | None]:
    known = st.sampled_from((*WHOLE, *OF_THE_MEMBER) if members else WHOLE)
    return st.none() | known | st.lists(known, min_size=2, max_size=3, unique=True).map(lambda parts: All(tuple(parts)))


@st.composite
def rules(draw: st.DrawFn, number: int, members: bool = True) -> Rule:
    """One rule of any kind; without ``members``: none that asks what else the member does."""
    starts, ends = draw(DATES), draw(DATES)
    if starts and ends and ends < starts:
        starts, ends = ends, starts
    limits = st.none() | st.builds(Cap, amount=st.integers(1, 300), per=st.sampled_from(Period))
    base: dict[str, Any] = {"id": f"rule-{number}", "name": same(f"Rule {number}"), "starts": starts, "ends": ends}
    base["unit"] = draw(st.sampled_from(["", "points", "cash"]))
    limited = base | {"cap": draw(limits), "budget": draw(limits)} if members else base
    ordered = limited | {"when": draw(conditions(members))}
    counted = ordered | {
        "points": draw(st.integers(1, 50)),
        "lines": draw(st.none() | st.sampled_from(OF_GOODS)),
        "by_tier": members and draw(st.booleans()),
    }
    kinds = ["amount", "quantity", "order"] + (
        ["nth", "every", "streak", "task", "task", "birthday"] if members else []
    )
    match draw(st.sampled_from(kinds)):
        case "amount":
            return PerAmount(**counted, per=draw(st.sampled_from([1, 37, 100, 1_000, 99_999])))
        case "quantity":
            return PerQuantity(**counted, per=draw(st.sampled_from([1, 1_000, 2_500])))
        case "order":
            return PerOrder(**ordered, points=draw(st.integers(1, 500)))
        case "nth":
            return PerOrder(**ordered, points=draw(st.integers(1, 500)), nth=draw(st.integers(1, 4)))
        case "every":
            return PerOrder(**ordered, points=draw(st.integers(1, 500)), every=draw(st.integers(2, 4)))
        case "streak":
            period = draw(st.sampled_from([Period.WEEK, Period.MONTH]))
            return Streak(**ordered, points=draw(st.integers(1, 500)), length=draw(st.integers(2, 4)), period=period)
        case "task":
            return Task(
                **limited,
                points=draw(st.integers(1, 500)),
                event=draw(st.sampled_from(["reviewed", "answered"])),
                when=draw(
                    st.sampled_from([None, Test("event.verified", "is", True), Test("event.length", "at_least", 9)])
                ),
                count=draw(st.integers(1, 3)),
                times=draw(st.integers(1, 3)),
                per=draw(st.sampled_from(Period)),
                within_days=draw(st.none() | st.integers(1, 90)),
            )
    return Birthday(**base, points=draw(st.integers(1, 500)))


VALIDITIES = st.builds(Validity, st.integers(1, 90), st.just(Span.DAYS), st.sampled_from(Aligned)) | st.builds(
    Validity, st.integers(1, 12), st.just(Span.MONTHS), st.sampled_from(Aligned)
)
WINDOWS = st.builds(Validity, st.integers(7, 90)) | st.builds(Validity, st.integers(1, 12), st.just(Span.MONTHS))


@st.composite
def ladders(draw: st.DrawFn) -> Ladder:
    count = draw(st.integers(1, 3))
    metrics = draw(
        st.lists(st.sampled_from(["spend", "orders", "points", "quantity"]), min_size=1, max_size=2, unique=True)
    )
    needs = {"spend": 15_000, "orders": 2, "points": 150, "quantity": 3_000}
    step = draw(st.integers(1, 3))
    counted = draw(st.sampled_from(Counted))
    window = Validity(0, Span.DAYS, draw(st.sampled_from([Aligned.MONTH, Aligned.QUARTER, Aligned.YEAR])))
    return Ladder(
        counted=counted,
        window=window if counted is Counted.CALENDAR else draw(WINDOWS),
        kept=draw(VALIDITIES),
        grace_days=draw(st.sampled_from([0, 0, 10])),
        warn_days=draw(st.sampled_from([0, 5, 30])),
        downgrade=draw(st.sampled_from(Downgrade)),
        goods=draw(st.none() | st.sampled_from(OF_GOODS)),
        tiers=tuple(
            Tier(
                id=name,
                name=same(name),
                reached=Thresholds(**{metric: needs[metric] * (1 + step * rank) for metric in metrics}),
                needs=draw(st.sampled_from(Needs)),
                multiplier=draw(st.sampled_from([Fraction(1), Fraction(3, 2), Fraction(13, 10)])),
                gift=draw(st.sampled_from([None, "mug"])),
                privileges=(BirthdayGift(id=f"treat-{name}", reward="mug"),) if draw(st.booleans()) else (),
            )
            for rank, name in enumerate(("silver", "gold", "platinum")[:count])
        ),
    )


@st.composite
def programmes(draw: st.DrawFn, members: bool = True, automatic: bool = True) -> Programme:
    """A programme that could be published; without ``members``, its rules ask nothing of the member's other orders."""
    points = Unit(
        id="points",
        name=same("points"),
        rounding=draw(st.sampled_from(Rounding)),
        validity=draw(st.none() | VALIDITIES),
        pending_days=draw(st.sampled_from([None, None, 0, 3])),
    )
    cash = Unit(id="cash", name=same("cash"), purse=Purse.CREDIT, validity=draw(st.none() | VALIDITIES))
    ladder = draw(st.none() | ladders())
    told: dict[Any, Rule] = {}
    for number in range(draw(st.integers(0, 6))):
        rule = draw(rules(number, members))
        asked: Condition | None = getattr(rule, "when", None)
        if ladder is None and asked and "member.tier" in fields_used(asked):
            continue
        told.setdefault((rule.unit or "points", rule.occasion()), rule)
    price = draw(st.integers(20, 400))
    return Programme(
        id="club",
        name=same("Club"),
        units=(points, cash),
        basis=draw(st.sampled_from(Basis)),
        on_return=draw(st.sampled_from(OnReturn)),
        rules=tuple(told.values()),
        ladder=ladder,
        rewards=(
            Reward(id="mug", name=same("Mug"), gives=RewardKind.GOODS),
            Reward(id="voucher", name=same("Voucher"), gives=RewardKind.COUPON, price=price),
        ),
        automatic=AutoRedemption(reward="voucher") if automatic and draw(st.booleans()) else None,
        referral=draw(
            st.none()
            | st.just(Referral(advocate_points=30, friend_points=20, friend_reward="mug", limit=Cap(2, Period.MONTH)))
        ),
    )


def planned(programme: Programme, zone: ZoneInfo = SHANGHAI, **more: Any) -> Plan:
    return Plan(programme, zone, "CNY", **more)


# ---- lives -------------------------------------------------------------------------------------------------------------

LINES = st.lists(
    st.tuples(st.sampled_from(GOODS), st.integers(1, 4_000), st.integers(0, 30_000), st.sampled_from([0, 0, 500])).map(
        lambda told: Line(*told)
    ),
    min_size=1,
    max_size=4,
).map(tuple)


class Step(NamedTuple):
    """Something that happens ``after`` the step before; amounts and orders are taken as far as there are any."""

    after: timedelta
    what: str
    which: int = 0
    lines: tuple[Line, ...] = ()
    properties: Mapping[str, Any] = {}


STEPS = st.builds(
    Step,
    st.sampled_from([0, 1, 60, 60 * 24, 60 * 24 * 7, 60 * 24 * 40, 60 * 24 * 200]).map(lambda m: timedelta(minutes=m)),
    st.sampled_from(
        "order order order deliver return return cancel reopen unpaid spend restore deed deed referred".split()
    ),
    st.integers(0, 1_000),
    LINES,
    st.fixed_dictionaries({}, optional={"verified": st.booleans(), "length": st.integers(1, 20)}),
)
LIVES = st.lists(STEPS, min_size=1, max_size=14)
MEMBERS = st.tuples(
    st.just("m"),
    st.none() | st.just(START.date().toordinal() - 10),
    st.none() | st.sampled_from([date(1990, 2, 28), date(1992, 2, 29), date(1980, 1, 20), date(1999, 12, 31)]),
    st.sampled_from([{}, {"tags": frozenset({"vip"}), "country": "CN"}]),
).map(lambda told: Member(*told))


@dataclass
class Life:
    """A member's life under a programme, one step after the other; ``told`` is all that was decided."""

    versions: Versions
    member: Member
    at: datetime = START
    orders: dict[str, tuple[Purchase, tuple[Line, ...]]] = field(default_factory=dict)
    awards: dict[str, Award] = field(default_factory=dict)
    spent: list[tuple[Lot, ...]] = field(default_factory=list)
    told: list[tuple[Event, Outcome]] = field(default_factory=list)

    @property
    def plan(self) -> Plan:
        return self.versions.plans[-1]

    def happen(self, event: Event) -> Outcome:
        """An event, and what the clock brings before it."""
        for each, outcome in folded(self.member, [event], self.versions, awards=self.awards):
            self.member = outcome.member
            self.told.append((each, outcome))
        if outcome.award:
            self.awards[outcome.award.order] = outcome.award
        return outcome

    def order(self, purchase: Purchase) -> Outcome:
        """An order as it is now."""
        return self.happen(OrderEvent(f"{len(self.told):032x}", self.at, purchase))

    def wait(self, until: int) -> None:
        """Let time go by to the beginning of a day."""
        for each, outcome in folded(self.member, (), self.versions, until=until):
            self.member = outcome.member
            self.told.append((each, outcome))

    def live(self, steps: Iterable[Step]) -> "Life":
        for step in steps:
            self.at += step.after
            getattr(self, f"_{step.what}")(step)
        return self

    def _order(self, step: Step) -> None:
        purchase = Purchase(f"o{len(self.orders)}", self.at, "CNY", step.lines, channel=("app", "web")[step.which % 2])
        self._known(purchase, step.lines)

    def _known(self, purchase: Purchase, lines: tuple[Line, ...]) -> None:
        self.orders[purchase.id] = purchase, lines
        self.order(purchase)

    def _chosen(self, step: Step) -> Iterator[tuple[Purchase, tuple[Line, ...]]]:
        if self.orders:
            yield self.orders[f"o{step.which % len(self.orders)}"]

    def _deliver(self, step: Step) -> None:
        for purchase, lines in self._chosen(step):
            self._known(purchase._replace(delivered_at=purchase.delivered_at or self.at), lines)

    def _return(self, step: Step) -> None:
        for purchase, lines in self._chosen(step):
            self._known(purchase._replace(lines=tuple(kept(purchase.lines, step.which))), lines)

    def _cancel(self, step: Step) -> None:
        for purchase, lines in self._chosen(step):
            self._known(purchase._replace(lines=()), lines)

    def _reopen(self, step: Step) -> None:
        for purchase, lines in self._chosen(step):
            self._known(purchase._replace(lines=lines), lines)

    def _unpaid(self, step: Step) -> None:
        for purchase, lines in self._chosen(step):
            self.order(purchase._replace(paid_at=None))
            self._known(purchase, lines)

    def _spend(self, step: Step) -> None:
        self.wait(self.plan.day(self.at))
        unit = ("points", "points", "cash")[step.which % 3]
        if amount := min(step.which, spendable(self.member.lots, unit, self.at)):
            before = {lot.id: lot for lot in self.member.lots}
            self.happen(Spent(f"{len(self.told):032x}", self.at, unit, amount))
            after = {lot.id: lot.remaining for lot in self.member.lots}
            gone = [lot._replace(remaining=lot.remaining - after.get(lot.id, 0)) for lot in before.values()]
            self.spent.append(tuple(lot for lot in gone if lot.remaining))

    def _restore(self, step: Step) -> None:
        if self.spent:
            self.happen(Restored(f"{len(self.told):032x}", self.at, self.spent.pop()))

    def _deed(self, step: Step) -> None:
        name = ("reviewed", "answered", "slept")[step.which % 3]
        self.happen(Deed(f"{len(self.told):032x}", self.at, name, step.properties))

    def _referred(self, step: Step) -> None:
        role = ("advocate", "friend")[step.which % 2]
        self.happen(Referred(f"{len(self.told):032x}", self.at, role))


def kept(lines: Iterable[Line], chance: int) -> Iterator[Line]:
    """What is left of lines after a return of some pieces."""
    for place, line in enumerate(lines):
        share = (chance >> (2 * place)) % 4
        if share:
            part = [value * share // 3 for value in line[1:]]
            yield Line(line.goods, *part)


# ---- what is posted ------------------------------------------------------------------------------------------------------


@dataclass
class Books:
    """What entries come to, worked out the plain way: lots by id, debts, and totals by kind and unit."""

    lots: dict[str, Lot] = field(default_factory=dict)
    owed: dict[str, int] = field(default_factory=dict)
    drawn: dict[tuple[str, int], int] = field(default_factory=dict)
    totals: dict[tuple[str, str], int] = field(default_factory=dict)

    def post(self, event: Event, entries: Iterable[Entry]) -> None:
        if isinstance(event, Restored):
            for lot in event.lots:
                here = self.lots.get(lot.id, lot._replace(remaining=0))
                self.lots[lot.id] = here._replace(remaining=here.remaining + lot.remaining)
                self._total("Restored", lot.unit, lot.remaining)
        for entry in entries:
            self._post(entry, event.at)

    def _post(self, entry: Entry, at: datetime) -> None:
        match entry:
            case Draw(rule, since, amount):
                self.drawn[rule, since] = self.drawn.get((rule, since), 0) + amount
            case Earn(unit, amount, lot, active_at, expires_at):
                assert lot not in self.lots and amount > 0
                self.lots[lot] = Lot(lot, unit, amount, active_at, expires_at)
                self._total("Earn", unit, amount)
            case TakeBack(unit, amount, lot):
                self._take(self.lots[lot], amount)
                self._total("TakeBack", unit, amount)
            case Spend(unit, amount, _):
                self._total("Spend", unit, amount)
                for lot in sorted(self.lots.values(), key=lambda lot: (lot.expires_at, lot.id)):
                    if (
                        lot.unit == unit
                        and lot.active_at <= at < lot.expires_at
                        and (taken := min(amount, lot.remaining))
                    ):
                        self._take(lot, taken)
                        amount -= taken
                assert amount == 0
            case Owe(unit, amount) | Repay(unit, amount):
                sign = 1 if isinstance(entry, Owe) else -1
                self.owed[unit] = self.owed.get(unit, 0) + sign * amount
                assert amount > 0 and self.owed[unit] >= 0
            case Activate(_, lot, active_at):
                assert active_at < self.lots[lot].active_at and active_at < self.lots[lot].expires_at
                self.lots[lot] = self.lots[lot]._replace(active_at=active_at)
            case Expire(unit, amount, lot):
                assert self.lots[lot].expires_at <= at and self.lots[lot].remaining == amount > 0
                self._take(self.lots[lot], amount)
                self._total("Expire", unit, amount)

    def _take(self, lot: Lot, amount: int) -> None:
        assert 0 < amount <= lot.remaining
        self.lots[lot.id] = lot._replace(remaining=lot.remaining - amount)

    def _total(self, kind: str, unit: str, amount: int) -> None:
        self.totals[kind, unit] = self.totals.get((kind, unit), 0) + amount

    def wallet(self) -> tuple[tuple[Lot, ...], tuple[tuple[str, int], ...]]:
        """Lots with something in them, first to expire first, and debts."""
        lots = sorted((lot for lot in self.lots.values() if lot.remaining), key=lambda lot: (lot.expires_at, lot.id))
        return tuple(lots), tuple(sorted((unit, amount) for unit, amount in self.owed.items() if amount))
