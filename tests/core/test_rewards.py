"""What a reward costs a member, and why they cannot have it: a sentence for each reason; and codes that are worth something."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.core import codes
from regulars.core.expiry import Span, Validity
from regulars.core.member import Lot, Member, Standing
from regulars.core.programme import Plan, Programme
from regulars.core.programme.document import Ladder, Reward, RewardKind, Thresholds, Tier, Unit
from regulars.core.programme.earning import Cap, Period
from regulars.core.programme.plan import FOREVER
from regulars.core.rewards import good_until, offered
from regulars.core.says import Says, same

AT = datetime(2026, 5, 10, 4, tzinfo=UTC)
EARNED = datetime(2026, 1, 1, tzinfo=UTC)
MUG = Reward(id="mug", name=Says("Mug", "马克杯"), gives=RewardKind.GOODS, price=100)
TIERS = tuple(
    Tier(id=named, name=same(named.title()), reached=Thresholds(spend=spend))
    for named, spend in (("silver", 1), ("gold", 2))
)
PLAN = Plan(
    Programme(
        id="club",
        name=same("Club"),
        units=(Unit(id="points", name=Says("points", "积分")),),
        ladder=Ladder(tiers=TIERS),
    ),
    ZoneInfo("Asia/Shanghai"),
    "CNY",
)


def member(points: int, tier: str = "") -> Member:
    return Member("a", standing=Standing(tier), lots=(Lot("l", "points", points, EARNED, FOREVER),))


def why(reward: Reward, *, points: int = 100, tier: str = "", taken: int = 0, stock: int | None = None) -> str | None:
    offer = offered(member(points, tier), reward, PLAN, AT, taken=taken, stock=stock)
    assert offer is not None
    if offer.refusal:
        assert offer.refusal.zh != offer.refusal.en
    return offer.refusal and offer.refusal.en


def test_points_are_enough_or_so_many_are_missing() -> None:
    assert why(MUG) is None
    assert why(MUG, points=99) == "Short by 1 point."
    waits = Member("a", lots=(Lot("l", "points", 100, datetime(2026, 6, 1, tzinfo=UTC), FOREVER),))
    offer = offered(waits, MUG, PLAN, AT, taken=0, stock=None)
    assert offer is not None and offer.short == 100, "what is pending cannot be spent"


def test_a_tier_has_its_price() -> None:
    dear = replace(MUG, prices={"gold": 80})
    assert why(dear, points=80, tier="gold") is None and why(dear, points=80) == "Short by 20 points."
    gold = replace(MUG, price=None, prices={"gold": 80})
    assert why(gold, points=999, tier="silver") == "It is for Gold only."
    assert why(replace(MUG, tiers=("silver", "gold")), points=999) == "It is for Silver, Gold only."


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"starts": AT}, None),
        ({"starts": datetime(2026, 5, 10, 5, tzinfo=UTC)}, "It can be had from 2026-05-10 13:00."),
        ({"ends": AT}, "It could be had until 2026-05-10 12:00."),
        ({"ends": datetime(2026, 5, 10, 5, tzinfo=UTC)}, None),
    ],
)
def test_a_window_begins_and_ends_in_the_shop_s_zone(changed: dict[str, datetime], said: str | None) -> None:
    assert why(replace(MUG, **changed)) == said


def test_the_last_one_and_the_limit() -> None:
    assert why(MUG, stock=1) is None and why(MUG, stock=0) == "None are left."
    twice = replace(MUG, limit=Cap(amount=2, per=Period.MONTH))
    assert why(twice, taken=1) is None
    assert why(twice, taken=2) == "2 were had already; a member gets at most 2 a month."


def test_what_is_only_given_is_not_for_sale() -> None:
    assert offered(member(9_999), replace(MUG, price=None), PLAN, AT, taken=0, stock=None) is None


def test_a_reward_is_good_until_the_end_of_its_last_day() -> None:
    day = PLAN.day(AT)
    assert good_until(MUG, PLAN, day) is None
    month = replace(MUG, valid=Validity(1, Span.MONTHS))
    assert good_until(month, PLAN, day) == datetime(2026, 6, 10, 16, tzinfo=UTC)


@given(st.binary(min_size=codes.CODE_BYTES, max_size=codes.CODE_BYTES), st.sampled_from(["", "SP", "OIL"]))
def test_a_code_is_read_however_it_is_typed(chance: bytes, prefix: str) -> None:
    code = codes.written(chance, prefix)
    assert set(code) <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ-" + prefix)
    typed = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert codes.read(typed) == codes.read(code)


@given(*[st.binary(min_size=codes.CODE_BYTES, max_size=codes.CODE_BYTES)] * 2)
def test_different_chances_are_different_codes(one: bytes, other: bytes) -> None:
    assert (codes.read(codes.written(one)) == codes.read(codes.written(other))) == (one == other)


def test_codes_of_others_are_the_same_in_any_width_and_case() -> None:
    assert codes.key(" ａbC 1\u30000") == codes.key("Abc10") == "ABC10"
    assert codes.key("O1") != codes.key("01"), "their digits are theirs"
