"""The programme as an operator writes it: point types, earning rules, ladder, rewards, referral; versioned as a whole."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from regulars.core.conditions import Condition
from regulars.core.declarations import (
    EMPTY,
    Choice,
    Context,
    Id,
    Ids,
    Instant,
    Localised,
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
    declare,
    join,
)
from regulars.core.expiry import Aligned, Span, Validity
from regulars.core.faults import Fault
from regulars.core.points import OnReturn, Rounding
from regulars.core.programme.earning import POINTS_MAX, RULES, Cap, Rule
from regulars.core.programme.privileges import PRIVILEGES, Privilege
from regulars.core.programme.vocabulary import LINE
from regulars.core.says import Says
from regulars.core.tiers import Counted, Downgrade, Metric


class Purse(StrEnum):
    """What a unit is: points, or money that the shop owes (store credit, cashback)."""

    POINTS = "points"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A type of points. Credit is counted in minor units of the programme's currency."""

    id: str = declare(Id(), Says("Id", "标识"))
    name: Says = declare(Localised(40), Says("Name", "名称"))
    purse: Purse = declare(
        Choice(Purse, {Purse.POINTS: Says("Points", "积分"), Purse.CREDIT: Says("Store credit", "购物金")}),
        Says("What it is", "类型"),
        default=Purse.POINTS,
    )
    rounding: Rounding = declare(
        Choice(
            Rounding,
            {
                Rounding.DOWN: Says("Down", "向下取整"),
                Rounding.NEAREST: Says("To the nearest, halves up", "四舍五入"),
                Rounding.UP: Says("Up", "向上取整"),
            },
        ),
        Says("Fractions are rounded", "小数取整方式"),
        default=Rounding.DOWN,
    )
    validity: Validity | None = declare(Term(), Says("Valid for", "有效期"), default=None)
    pending_days: int | None = declare(
        Whole(0, 365), Says("Pending until so many days after delivery", "签收后几天生效"), default=None
    )
    worth: int = declare(Money(minimum=0), Says("What 100 of them are worth", "每 100 的价值"), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """What a tier takes."""

    spend: int | None = declare(Money(minimum=1), Says("Spend", "消费额"), default=None)
    orders: int | None = declare(Whole(1, 1_000_000), Says("Orders", "订单数"), default=None)
    points: int | None = declare(Whole(1, POINTS_MAX), Says("Points earned", "获得积分"), default=None)
    quantity: int | None = declare(Quantity(minimum=1), Says("Quantity bought", "购买数量"), default=None)

    def each(self) -> tuple[tuple[Metric, int], ...]:
        """Those that are set."""
        told = ((metric, getattr(self, metric.value)) for metric in Metric)
        return tuple((metric, need) for metric, need in told if need is not None)

    def check(self, path: str, context: Context) -> Iterable[Fault]:
        if not self.each():
            yield Fault(
                path,
                Says("A tier without a threshold would be everybody's.", "没有门槛的等级会发给所有人。"),
                Says("Give spend, orders, points or quantity.", "请至少填写消费额、订单数、积分、数量中的一项。"),
            )


class Needs(StrEnum):
    """Whether a tier takes all its thresholds or any of them."""

    ALL = "all"
    ANY = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """One level of the ladder."""

    id: str = declare(Id(), Says("Id", "标识"))
    name: Says = declare(Localised(40), Says("Name", "名称"))
    reached: Thresholds = declare(Part(Thresholds), Says("Reached with", "达标条件"))
    needs: Needs = declare(
        Choice(Needs, {Needs.ALL: Says("all of them", "全部满足"), Needs.ANY: Says("any of them", "满足其一")}),
        Says("Needs", "要求"),
        default=Needs.ALL,
    )
    multiplier: Fraction = declare(
        Share(minimum=Fraction(1, 10), maximum=Fraction(10)),
        Says("Points multiplied by", "积分倍数"),
        default=Fraction(1),
    )
    gift: str | None = declare(Ref("rewards"), Says("Gift on reaching it", "升级礼"), default=None)
    privileges: tuple[Privilege, ...] = declare(Parts(PRIVILEGES, maximum=20), Says("Privileges", "权益"), default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """How tiers are reached, kept and lost."""

    counted: Counted = declare(
        Choice(
            Counted,
            {
                Counted.ROLLING: Says("the last days or months", "滚动周期"),
                Counted.CALENDAR: Says("the calendar's period", "自然周期"),
                Counted.LIFETIME: Says("all time", "终身累计"),
            },
        ),
        Says("What counts", "统计周期"),
        default=Counted.ROLLING,
    )
    window: Validity = declare(Term(), Says("Qualification period", "统计时长"), default=Validity(12, Span.MONTHS))
    kept: Validity = declare(
        Term(), Says("A tier is sure for", "等级有效期"), default=Validity(12, Span.MONTHS, Aligned.MONTH)
    )
    grace_days: int = declare(Whole(0, 365), Says("Grace (days)", "宽限期（天）"), default=0)
    warn_days: int = declare(Whole(0, 365), Says("Warned before (days)", "降级前几天提醒"), default=0)
    downgrade: Downgrade = declare(
        Choice(
            Downgrade,
            {
                Downgrade.NONE: Says("never", "不降级"),
                Downgrade.ONE_STEP: Says("one step", "每次降一级"),
                Downgrade.RECOMPUTE: Says("to what is reached", "按实际达标重新定级"),
            },
        ),
        Says("Downgrade", "降级方式"),
        default=Downgrade.RECOMPUTE,
    )
    goods: Condition | None = declare(When(LINE), Says("Goods that count", "计入的商品"), default=None)
    tiers: tuple[Tier, ...] = declare(
        Parts(Tier, minimum=1, maximum=20), Says("Tiers, lowest first", "等级（由低到高）")
    )

    def check(self, path: str, context: Context) -> Iterable[Fault]:
        if self.counted is Counted.ROLLING and not self.window.count:
            yield Fault(
                f"{path}.window",
                Says("Nothing is counted in a period of 0.", "统计时长为 0，什么也不会计入。"),
                Says('Write count = 12, span = "months", for example.', '例如填写 count = 12, span = "months"。'),
            )
        if self.counted is Counted.CALENDAR and self.window.aligned is Aligned.DAY:
            yield Fault(
                f"{path}.window",
                Says("A calendar's period is a month, quarter or year.", "自然周期应为月、季度或年。"),
                Says('Write aligned = "year", for example.', '例如填写 aligned = "year"。'),
            )
        for place, (lower, higher) in enumerate(zip(self.tiers, self.tiers[1:], strict=False), 1):
            low = dict(lower.reached.each())
            if any(need <= low.get(metric, need - 1) for metric, need in higher.reached.each()):
                yield Fault(
                    f"{path}.tiers[{place}].reached",
                    Says(
                        f"The ladder is out of order: {higher.id} takes no more than {lower.id}.",
                        f"等级顺序有误：{higher.id} 的门槛不高于 {lower.id}。",
                    ),
                    Says(
                        "Write tiers from the lowest to the highest, each with higher thresholds.",
                        "请由低到高排列，门槛逐级提高。",
                    ),
                )


class RewardKind(StrEnum):
    """What a reward is."""

    GOODS = "goods"
    COUPON = "coupon"
    GIFT_CARD = "gift_card"
    CREDIT = "credit"
    CODES = "codes"
    SERVICE = "service"


REWARD_KINDS = {
    RewardKind.GOODS: Says("Goods", "实物"),
    RewardKind.COUPON: Says("Coupon", "优惠券"),
    RewardKind.GIFT_CARD: Says("Gift card", "礼品卡"),
    RewardKind.CREDIT: Says("Store credit", "购物金"),
    RewardKind.CODES: Says("Codes of others", "第三方兑换码"),
    RewardKind.SERVICE: Says("Service", "服务"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reward:
    """Something to be had for points, or as a gift."""

    id: str = declare(Id(), Says("Id", "标识"))
    name: Says = declare(Localised(80), Says("Name", "名称"))
    gives: RewardKind = declare(Choice(RewardKind, REWARD_KINDS), Says("What it is", "类型"))
    unit: str = declare(Ref("units"), Says("Points type", "积分类型"), default="")
    price: int | None = declare(Whole(1, POINTS_MAX), Says("Price in points", "所需积分"), default=None)
    prices: Mapping[str, int] = declare(
        Table(Whole(1, POINTS_MAX), keys=Ref("tiers")), Says("Price by tier", "各等级价格"), default=EMPTY
    )
    tiers: tuple[str, ...] = declare(Ids("tiers"), Says("Only for tiers", "限定等级"), default=())
    stock: int | None = declare(Whole(0, 10**9), Says("Stock", "库存"), default=None)
    limit: Cap | None = declare(Part(Cap), Says("Limit per member", "每人限兑"), default=None)
    starts: datetime | None = declare(Instant(), Says("From", "开始时间"), default=None)
    ends: datetime | None = declare(Instant(), Says("Until", "结束时间"), default=None)
    worth: int = declare(Money(minimum=0), Says("Worth", "价值"), default=0)
    cost: int = declare(Money(minimum=0), Says("Costs the shop", "成本"), default=0)
    valid: Validity | None = declare(Term(), Says("To be used within", "兑换后有效期"), default=None)

    def check(self, path: str, context: Context) -> Iterable[Fault]:
        if self.gives in {RewardKind.CREDIT, RewardKind.GIFT_CARD} and not self.worth:
            yield Fault(
                f"{path}.worth",
                Says("Credit and gift cards must say what they are worth.", "购物金和礼品卡必须填写价值。"),
                Says('Write worth = "10.00".', '例如 worth = "10.00"。'),
            )
        if self.starts and self.ends and self.ends <= self.starts:
            yield Fault(
                f"{path}.ends",
                Says("The reward ends before it starts.", "结束时间早于开始时间。"),
                Says("Give a later time.", "请填写更晚的时间。"),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoRedemption:
    """At the end of a day, points are turned into a reward by themselves."""

    reward: str = declare(Ref("rewards"), Says("Reward", "奖品"))


class Kept(StrEnum):
    """When a friend's first order counts."""

    PAID = "paid"
    DELIVERED = "delivered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """A member brings a friend; both are rewarded once the friend's first order is kept."""

    advocate_points: int = declare(Whole(0, POINTS_MAX), Says("Points for who brings", "推荐人积分"), default=0)
    friend_points: int = declare(Whole(0, POINTS_MAX), Says("Points for the friend", "好友积分"), default=0)
    advocate_reward: str | None = declare(Ref("rewards"), Says("Reward for who brings", "推荐人奖品"), default=None)
    friend_reward: str | None = declare(Ref("rewards"), Says("Reward for the friend", "好友奖品"), default=None)
    unit: str = declare(Ref("units"), Says("Points type", "积分类型"), default="")
    minimum: int = declare(Money(minimum=0), Says("The friend's first order is at least", "好友首单不低于"), default=0)
    after: Kept = declare(
        Choice(Kept, {Kept.PAID: Says("payment", "付款"), Kept.DELIVERED: Says("delivery", "签收")}),
        Says("Counted from", "起算时间"),
        default=Kept.DELIVERED,
    )
    after_days: int = declare(Whole(0, 365), Says("Days kept before it counts", "保留几天后生效"), default=7)
    within_days: int = declare(Whole(1, 3660), Says("The friend orders within days", "好友需在几天内下单"), default=90)
    limit: Cap | None = declare(Part(Cap), Says("Rewarded friends per member", "每人推荐上限"), default=None)
    per_day: int = declare(
        Whole(1, 10_000), Says("More friends a day are looked at", "单日超过多少人需审核"), default=5
    )


class Basis(StrEnum):
    """Whether points are given on what coupons, points and credit paid."""

    BEFORE_REWARDS = "before_rewards"
    AFTER_REWARDS = "after_rewards"


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """The whole programme. The first unit is the one meant where a rule or reward names none."""

    id: str = declare(Id(), Says("Id", "标识"))
    name: Says = declare(Localised(60), Says("Name", "名称"))
    quantity_unit: Says | None = declare(
        Localised(20), Says("What quantities are counted in", "数量单位"), default=None
    )
    units: tuple[Unit, ...] = declare(Parts(Unit, minimum=1, maximum=8), Says("Point types", "积分类型"))
    basis: Basis = declare(
        Choice(
            Basis,
            {
                Basis.AFTER_REWARDS: Says("what was paid with money", "实付金额"),
                Basis.BEFORE_REWARDS: Says("the amount before coupons and points", "抵扣前金额"),
            },
        ),
        Says("Points are given on", "积分计算基数"),
        default=Basis.AFTER_REWARDS,
    )
    on_return: OnReturn = declare(
        Choice(
            OnReturn,
            {
                OnReturn.ONLY_PENDING: Says("only what is still pending", "仅扣回未生效积分"),
                OnReturn.WITHIN_BALANCE: Says("as far as the balance goes", "以余额为限"),
                OnReturn.UNLIMITED: Says("all; what is missing is owed", "全部扣回，不足部分记为欠分"),
            },
        ),
        Says("After a return, points go back", "退货时积分扣回"),
        default=OnReturn.WITHIN_BALANCE,
    )
    rules: tuple[Rule, ...] = declare(Parts(RULES, maximum=200), Says("Earning rules", "积分规则"), default=())
    ladder: Ladder | None = declare(Part(Ladder), Says("Tiers", "会员等级"), default=None)
    rewards: tuple[Reward, ...] = declare(Parts(Reward, maximum=500), Says("Rewards", "积分商城"), default=())
    automatic: AutoRedemption | None = declare(
        Part(AutoRedemption), Says("Automatic redemption", "自动兑换"), default=None
    )
    referral: Referral | None = declare(Part(Referral), Says("Referral", "推荐有礼"), default=None)

    def check(self, path: str, context: Context) -> Iterable[Fault]:
        yield from self._overlaps(join(path, "rules"))
        reward = self.reward(self.automatic.reward) if self.automatic else None
        if reward and reward.price is None:
            yield Fault(
                join(join(path, "automatic"), "reward"),
                Says(f"{reward.id} has no price in points.", f"{reward.id} 没有设置积分价格。"),
                Says("Give the reward a price, or name another.", "请为该奖品设置积分价格，或换一个奖品。"),
            )
        if reward and (reward.stock is not None or reward.limit or reward.starts or reward.ends):
            yield Fault(
                join(join(path, "automatic"), "reward"),
                Says(f"{reward.id} can run out: it has a stock, a limit or a time.",
                     f"{reward.id} 设置了库存、限兑或起止时间，可能无法兑换。"),
                Says("Name a reward that can always be given.", "请选择随时可以发放的奖品。"),
            )  # fmt: skip

    def _overlaps(self, path: str) -> Iterable[Fault]:
        """Two rules for the same, at the same time: one too many, or one that was meant to replace the other."""
        earlier: dict[Hashable, list[Rule]] = {}
        for place, rule in enumerate(self.rules):
            same = earlier.setdefault((self.unit(rule.unit).id, *rule.occasion()), [])
            if other := next((other for other in same if other.collides(rule)), None):
                yield Fault(
                    join(path, place),
                    Says(f"{rule.id} gives points for the same as {other.id}, at the same time.",
                         f"{rule.id} 与 {other.id} 的条件相同且时间重叠，会重复送积分。"),
                    Says("Delete one, or give them periods (starts, ends) that do not overlap.",
                         "请删除其中一条，或设置互不重叠的起止日期（starts、ends）。"),
                )  # fmt: skip
            same.append(rule)

    def unit(self, named: str) -> Unit:
        """A point type by its id, the first for ``""``. Raises KeyError."""
        found = next((unit for unit in self.units if unit.id == named or not named), None)
        if found is None:
            raise KeyError(named)
        return found

    def reward(self, named: str) -> Reward | None:
        """A reward by its id."""
        return next((reward for reward in self.rewards if reward.id == named), None)

    def tier(self, named: str) -> Tier | None:
        """A tier by its id."""
        return next((tier for tier in self.ladder.tiers if tier.id == named), None) if self.ladder else None
