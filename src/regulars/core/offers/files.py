"""A cart as a file: with what is known of its member, so that a quote can be looked at without a shop."""

from dataclasses import dataclass
from datetime import date

from regulars.core.declarations import Day, Ids, Money, Part, Parts, Ref, Whole, Words, declare
from regulars.core.member import Day as Counted
from regulars.core.member import Member, Standing
from regulars.core.offers.cart import Cart
from regulars.core.says import Says

_KNOWN = ("country", "region", "gender", "language")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """An order that the member placed before."""

    on: date = declare(Day(), Says("Day", "日期"))
    amount: int = declare(Money(), Says("Amount", "金额"), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """What offers may ask of a member. ``orders`` are those beside the ones in ``bought``, long ago."""

    tier: str = declare(Ref("tiers"), Says("Tier", "等级"), default="")
    orders: int = declare(Whole(0, 1_000_000), Says("Earlier orders", "更早的订单数"), default=0)
    bought: tuple[Bought, ...] = declare(Parts(Bought, maximum=1_000), Says("Orders", "订单"), default=())
    joined: date | None = declare(Day(), Says("Joined", "入会日期"), default=None)
    birthday: date | None = declare(Day(), Says("Birthday", "生日"), default=None)
    tags: tuple[str, ...] = declare(Ids("tags"), Says("Tags", "标签"), default=())
    country: str = declare(Words(2), Says("Country", "国家或地区"), default="")
    region: str = declare(Words(120), Says("Region", "省份"), default="")
    gender: str = declare(Words(20), Says("Gender", "性别"), default="")
    language: str = declare(Words(20), Says("Language", "语言"), default="")

    @property
    def member(self) -> Member:
        """The member as rules see one."""
        days: dict[int, Counted] = {}
        for order in sorted(self.bought, key=lambda each: each.on):
            day = order.on.toordinal()
            known = days.get(day, Counted(day))
            days[day] = known._replace(spend=known.spend + order.amount, orders=known.orders + 1)
        facts = {name: getattr(self, name) for name in _KNOWN if getattr(self, name)}
        return Member(
            "member",
            self.joined.toordinal() if self.joined else None,
            self.birthday,
            facts | ({"tags": frozenset(self.tags)} if self.tags else {}),
            Standing(self.tier),
            tuple(days.values()),
            Counted(0, orders=self.orders),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CartFile(Cart):
    """A cart and its member; without one a guest's."""

    member: Buyer | None = declare(Part(Buyer), Says("Member", "会员"), default=None)
