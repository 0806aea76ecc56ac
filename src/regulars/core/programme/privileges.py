"""What a tier entitles to: facts that the price, the queue, the shipping and the returns of the shop ask for."""

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from regulars.core.conditions import Condition
from regulars.core.declarations import Id, Money, Ref, Share, When, Whole, Words, declare
from regulars.core.programme.vocabulary import LINE
from regulars.core.says import Says, money, same


@dataclass(frozen=True, slots=True, kw_only=True)
class Privilege:
    """What all privileges have in common."""

    kind: ClassVar[str]
    title: ClassVar[Says]

    id: str = declare(Id(), Says("Id", "标识"))

    def says(self, currency: str) -> Says:
        """The privilege in words, as its owner reads it."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberPrice(Privilege):
    """A part off the price of all goods, or of some."""

    kind: ClassVar[str] = "member_price"
    title: ClassVar[Says] = Says("Member price", "会员价")

    off: Fraction = declare(
        Share(minimum=Fraction(1, 1000), maximum=Fraction(9, 10)), Says("Off the price", "优惠比例")
    )
    lines: Condition | None = declare(When(LINE), Says("Only goods", "限定商品"), default=None)

    def says(self, currency: str) -> Says:
        off = f"{float(self.off * 100):g}"
        return Says("{off}% off", "会员价优惠 {off}%").filled(off=off)


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyAccess(Privilege):
    """New products and sales so many hours before everybody else."""

    kind: ClassVar[str] = "early_access"
    title: ClassVar[Says] = Says("Early access", "优先购买")

    hours: int = declare(Whole(1, 720), Says("Hours earlier", "提前小时数"))
    lines: Condition | None = declare(When(LINE), Says("Only goods", "限定商品"), default=None)

    def says(self, currency: str) -> Says:
        return Says("Buys {n} hours before others", "新品与活动提前 {n} 小时购买").filled(n=self.hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePriority(Privilege):
    """A place further ahead in the service queue, and an agent of one's own."""

    kind: ClassVar[str] = "service_priority"
    title: ClassVar[Says] = Says("Service priority", "优先客服")

    rank: int = declare(Whole(1, 9), Says("Priority (9 is first)", "优先级（9 最高）"))
    agent: str = declare(Words(80), Says("Named agent", "专属客服"), default="")

    def says(self, currency: str) -> Says:
        if self.agent:
            return Says("Served first, by {agent}", "优先接入，专属客服 {agent}").filled(agent=same(self.agent))
        return Says("Served first", "客服优先接入")


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeShipping(Privilege):
    """Orders from an amount on are shipped free."""

    kind: ClassVar[str] = "free_shipping"
    title: ClassVar[Says] = Says("Free shipping", "包邮")

    minimum: int = declare(Money(minimum=0), Says("From an order amount of", "订单满"), default=0)

    def says(self, currency: str) -> Says:
        if not self.minimum:
            return Says("Free shipping", "全场包邮")
        return Says("Free shipping from {amount}", "满 {amount} 包邮").filled(amount=money(self.minimum, currency))


@dataclass(frozen=True, slots=True, kw_only=True)
class BirthdayGift(Privilege):
    """A reward on the birthday."""

    kind: ClassVar[str] = "birthday_gift"
    title: ClassVar[Says] = Says("Birthday gift", "生日礼物")

    reward: str = declare(Ref("rewards"), Says("Reward", "奖品"))

    def says(self, currency: str) -> Says:
        return Says("A gift on the birthday", "生日赠礼")


@dataclass(frozen=True, slots=True, kw_only=True)
class LongerReturn(Privilege):
    """More days in which goods may be returned."""

    kind: ClassVar[str] = "longer_return"
    title: ClassVar[Says] = Says("Longer return time", "延长退货期")

    days: int = declare(Whole(1, 365), Says("Days in all", "退货天数（总计）"))

    def says(self, currency: str) -> Says:
        return Says("Returns within {n} days", "{n} 天无理由退货").filled(n=self.days)


PRIVILEGES: tuple[type[Privilege], ...] = (
    MemberPrice,
    EarlyAccess,
    ServicePriority,
    FreeShipping,
    BirthdayGift,
    LongerReturn,
)
