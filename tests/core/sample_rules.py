"""A programme that uses every kind of value, and documents of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from regulars.core.conditions import Condition, fields_used
from regulars.core.declarations import (
    EMPTY,
    Choice,
    Context,
    Day,
    Flag,
    Id,
    Ids,
    Instant,
    Localised,
    Lookup,
    Money,
    Part,
    Parts,
    Quantity,
    Ref,
    Share,
    Table,
    Term,
    When,
    Whole,
    Words,
    declare,
    join,
)
from regulars.core.expiry import Aligned, Span, Validity
from regulars.core.faults import Fault
from regulars.core.says import Says
from tests.core.asking import CONDITIONS, SHOP


class Rounding(StrEnum):
    DOWN = "down"
    NEAREST = "nearest"


ROUNDINGS = {Rounding.DOWN: Says("down", "向下取整"), Rounding.NEAREST: Says("to the nearest", "四舍五入")}


@dataclass(frozen=True, slots=True)
class Tier:
    id: str = declare(Id(), Says("Id", "标识"))
    name: Says = declare(Localised(60), Says("Name", "名称"), help=Says("As members see it.", "会员看到的名称。"))
    multiplier: Fraction = declare(Share(maximum=Fraction(10)), Says("Multiplier", "积分倍数"), default=Fraction(1))


@dataclass(frozen=True, slots=True)
class Ladder:
    window: Validity = declare(Term(), Says("Window", "统计周期"), default=Validity(12, Span.MONTHS, Aligned.MONTH))
    tiers: tuple[Tier, ...] = declare(Parts(Tier, minimum=1, maximum=20), Says("Tiers", "等级"), default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    id: str = declare(Id(), Says("Id", "标识"))
    starts: date | None = declare(Day(), Says("From", "开始日期"), default=None)
    ends: date | None = declare(Day(), Says("To", "结束日期"), default=None)
    when: Condition | None = declare(When(SHOP), Says("if", "条件"), default=None)

    def check(self, path: str, context: Context) -> Iterable[Fault]:
        if self.starts and self.ends and self.ends < self.starts:
            yield Fault(
                join(path, "ends"), Says("It ends before it starts.", "结束早于开始。"), Says("Swap.", "请对调。")
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class PerAmount(Rule):
    kind: ClassVar[str] = "per_amount"
    title: ClassVar[Says] = Says("Points per amount", "消费送积分")

    points: int = declare(Whole(1, 1_000_000), Says("Points", "积分"))
    per: int = declare(Money(minimum=1), Says("for every", "每消费"))
    rounding: Rounding = declare(Choice(Rounding, ROUNDINGS), Says("Rounded", "取整"), default=Rounding.DOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class PerItem(Rule):
    kind: ClassVar[str] = "per_item"

    per: int = declare(Quantity(minimum=1, unit=Says("kg", "公斤")), Says("for every", "每购买"))
    categories: tuple[str, ...] = declare(Ids("categories"), Says("Categories", "类目"), default=())
    tier: str | None = declare(Ref("tiers"), Says("Tier", "等级"), default=None)
    by_tier: bool = declare(Flag(), Says("Multiplied by the tier", "按等级倍数"), default=True)


@dataclass(frozen=True, slots=True)
class Welcome:
    points: int = declare(Whole(), Says("Points", "积分"), default=0)
    note: str | None = declare(Words(500, long=True), Says("Note", "备注"), default=None)
    public: bool = declare(Flag(), Says("Public", "公开"), default=False)


@dataclass(frozen=True, slots=True)
class Programme:
    id: str = declare(Id(), Says("Id", "标识"))
    name: Says = declare(Localised(60), Says("Name", "名称"))
    valid: Validity | None = declare(Term(), Says("Valid for", "有效期"), default=None)
    opens_at: datetime | None = declare(Instant(), Says("Opens", "上线时间"), default=None)
    ladder: Ladder | None = declare(Part(Ladder), Says("Tiers", "会员等级"), default=None)
    earning: tuple[Rule, ...] = declare(Parts((PerAmount, PerItem)), Says("Earning", "积分规则"), default=())
    prices: Mapping[str, int] = declare(Table(Money(), keys=Ref("tiers")), Says("Prices", "各等级价格"), default=EMPTY)
    welcome: Welcome | None = declare(Part(Welcome), Says("Welcome", "入会礼"), default=None)
    limits: Welcome = declare(Part(Welcome), Says("Limits", "限制"), default=Welcome(points=7))


CATEGORIES = {"tea": Says("Tea", "茶叶"), "Coffee 2": Says("Coffee", "咖啡"), "奶制品": Says("Dairy", "奶制品")}
CNY = Context("CNY", ZoneInfo("Asia/Shanghai"), {"categories": CATEGORIES})

IDS = st.from_regex(r"[a-z0-9]{1,4}(-[a-z0-9]{1,3})?", fullmatch=True)
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_characters="\x7f", exclude_categories=["Cc", "Cs"])
    | st.sampled_from("\n\t\"\\'"),
    min_size=1,
    max_size=40,
).filter(lambda text: text == text.strip())
SAYS = st.builds(Says, TEXTS, TEXTS) | TEXTS.map(lambda text: Says(text, text))
VALIDITIES = st.builds(Validity, st.integers(0, 3660), st.sampled_from(Span), st.sampled_from(Aligned))
WHENS = CONDITIONS.filter(
    lambda condition: "member.tier" not in {name for name, *_ in map(_named, fields_used(condition))}
)
_ABSENT = st.none()


def _named(used: Any) -> tuple[str, ...]:
    return (used,) if isinstance(used, str) else tuple(used)


def _unique(items: st.SearchStrategy[Any], minimum: int, maximum: int) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(items, min_size=minimum, max_size=maximum, unique_by=lambda item: item.id).map(tuple)


TIERS = st.builds(Tier, IDS, SAYS, st.integers(0, 10_000_000).map(lambda n: Fraction(n, 1_000_000)))
LADDERS = st.builds(Ladder, VALIDITIES, _unique(TIERS, 1, 3))
DAYS = _ABSENT | st.dates()
WELCOMES = st.builds(Welcome, st.integers(0, 10**9), _ABSENT | TEXTS, st.booleans())


@st.composite
def programmes(draw: st.DrawFn) -> Programme:
    """Programmes that ``parse`` would accept: references lead to what is there."""
    ladder = draw(_ABSENT | LADDERS)
    tiers = st.sampled_from([tier.id for tier in ladder.tiers]) if ladder else st.nothing()
    dates = draw(st.tuples(DAYS, DAYS))
    starts, ends = sorted(dates) if None not in dates else dates
    common = {"id": IDS, "starts": st.just(starts), "ends": st.just(ends), "when": _ABSENT | WHENS}
    amount = st.builds(
        PerAmount,
        points=st.integers(1, 10**6),
        per=st.integers(1, 10**12),
        rounding=st.sampled_from(Rounding),
        **common,
    )
    item = st.builds(
        PerItem,
        per=st.integers(1, 10**12),
        categories=st.lists(st.sampled_from(sorted(CATEGORIES)), unique=True).map(tuple),
        tier=_ABSENT | tiers,
        by_tier=st.booleans(),
        **common,
    )
    return Programme(
        draw(IDS),
        draw(SAYS),
        draw(_ABSENT | VALIDITIES),
        draw(_ABSENT | st.datetimes(timezones=st.just(UTC))),
        ladder,
        draw(_unique(amount | item, 0, 3)),
        draw(st.dictionaries(tiers, st.integers(0, 10**12), max_size=2).map(Lookup) if ladder else st.just(EMPTY)),
        draw(_ABSENT | WELCOMES),
        draw(WELCOMES),
    )


def document(**changes: Any) -> dict[str, Any]:
    """A small document that is good, with changes at its top."""
    return {
        "id": "club",
        "name": {"en": "The Club", "zh": "会员俱乐部"},
        "ladder": {"tiers": [{"id": "silver", "name": "Silver"}, {"id": "gold", "name": {"en": "Gold", "zh": "金卡"}}]},
        "earning": [
            {"kind": "per_amount", "id": "base", "points": 1, "per": "10.00"},
            {"kind": "per_item", "id": "tea", "per": "0.5", "categories": ["tea"], "tier": "gold"},
        ],
        "prices": {"silver": 10, "gold": "8.50"},
        **changes,
    }
