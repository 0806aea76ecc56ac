"""Why an offer did not apply, said in both languages with its figure; and what offers ask and give."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from regulars.core.conditions import Either, Not, Test
from regulars.core.declarations import Lookup
from regulars.core.offers import Cart, Reason, Team
from regulars.core.offers.base import Offer
from regulars.core.offers.document import OFFERS
from regulars.core.offers.prices import TeamPrice
from regulars.core.offers.quotes import WITHIN_REACH
from regulars.core.offers.sentences import _REASONS, effect_sentence, offer_sentence, reason_sentence
from regulars.core.says import same
from tests.core.carts import AT, CNY, cart, catalogue, line, member, offers_of, one, quoted

OFF = 'off = { percent = "10%" }\n'
P = 'lines = { field = "line.product", op = "is", value = "p1" }\n'
P2 = P.replace("p1", "p2")
NEED = line(1, 5_000)
SALE = line(1, 5_000, list_price=6_000)
GROUP = 'groups = [{ id = "g", name = "G" }]\n'
TEAM = one("team_price", OFF + "size = 3")
BETTER = one("discount", 'off = { percent = "20%" }', id='"summer"', name='"SUMMER"')


def left(**limits: int) -> Lookup[str, int]:
    return Lookup({f"it/{name}": amount for name, amount in limits.items()})


def teams(joined: int, hours: int) -> Lookup[str, Team]:
    return Lookup({"it": Team(joined=joined, closes=AT + timedelta(hours=hours))})


# Offers, cart, and what is said of the offer “it”: code, English, Chinese.
TOLD: list[tuple[str, Cart, str, str, str]] = [
    (
        one("discount", OFF + 'minimum = "88.00"'),
        cart(NEED),
        "spend_more",
        "spend 38.00 CNY more",
        "再消费 38.00 元可享",
    ),
    (
        one("steps", 'steps = [{ spend = "88.00", off = { price = 9 } }]'),
        cart(NEED),
        "spend_more",
        "spend 38.00 CNY more",
        "再消费 38.00 元可享",
    ),
    (one("buy_get", "buy = 2"), cart(NEED), "add_more", "add 2 more", "再加购 2 件可享"),
    (one("one_piece", OFF + "of = 3"), cart(NEED), "add_more", "add 2 more", "再加购 2 件可享"),
    (
        one("quantity_price", f"steps = [{{ pieces = 3, {OFF.strip()} }}]"),
        cart(NEED),
        "add_more",
        "add 2 more",
        "再加购 2 件可享",
    ),
    (
        one("quantity_price", f"together = true\nsteps = [{{ pieces = 3, {OFF.strip()} }}]"),
        cart(NEED),
        "add_more",
        "add 2 more",
        "再加购 2 件可享",
    ),
    (
        one("bundle", f'price = "1.00"\nparts = [{{ {P.strip()} , pieces = 2 }}]'),
        cart(NEED),
        "incomplete",
        "the goods it takes are not all in the cart",
        "所需商品尚未凑齐",
    ),
    (
        one("buy_get", f"buy = 1\n{P}other = {{ field = 'line.product', op = 'is', value = 'p2' }}"),
        cart(NEED),
        "incomplete",
        "the goods it takes are not all in the cart",
        "所需商品尚未凑齐",
    ),
    (
        one("discount", OFF + 'when = { field = "order.channel", op = "is", value = "app" }'),
        cart(NEED),
        "condition",
        "only if channel is app",
        "仅当渠道为 app",
    ),
    (one("discount", OFF + 'tiers = ["gold"]'), cart(NEED), "only_for", "only for Gold", "仅限金卡"),
    (
        one("discount", OFF + "starts = 2026-11-14T20:00:00+08:00"),
        cart(NEED),
        "not_yet",
        "begins at 2026-11-14 20:00",
        "2026-11-14 20:00 开始",
    ),
    (
        one("discount", OFF + "ends = 2026-11-11T12:04:00+08:00"),
        cart(NEED),
        "over",
        "ended at 2026-11-11 12:04",
        "已于 2026-11-11 12:04 结束",
    ),
    (
        one("discount", OFF + "limits = { uses = 500 }"),
        cart(NEED, left=left(uses=0)),
        "used_up",
        "used up: there were 500 in all",
        "已被领完（共 500 份）",
    ),
    (
        one("discount", OFF + 'limits = { per_customer = { amount = 1, per = "month" } }'),
        cart(NEED, left=left(customer=0)),
        "used_by_you",
        "used up by this customer, who gets 1 a month",
        "已达每人限量（每月 1 次）",
    ),
    (
        one("discount", OFF + 'limits = { budget = "9.00" }'),
        cart(NEED, left=left(budget=300)),
        "budget",
        "its budget has 3.00 CNY left, which is too little",
        "活动预算仅剩 3.00 元，不足以优惠本单",
    ),
    (one("flash_price", OFF + "stock = 5"), cart(NEED, left=left(stock=0)), "no_stock", "sold out", "已抢光"),
    (
        one("flash_price", OFF + "stock = 5\neach = 2"),
        cart(NEED, left=left(pieces=0)),
        "used_by_you",
        "used up by this customer, who gets 2",
        "已达每人限量（2 次）",
    ),
    (one("gift", 'products = ["cup"]\nstock = 5'), cart(NEED, left=left(stock=0)), "no_stock", "sold out", "已抢光"),
    (TEAM, cart(NEED, teams=teams(3, 1)), "team_full", "the group is full with 3", "该团已满 3 人"),
    (
        TEAM,
        cart(NEED, teams=teams(1, 0)),
        "team_closed",
        "the group closed with 2 missing",
        "该团已截止，还差 2 人未成团",
    ),
    (
        one("bargain", 'lowest = "9.00"'),
        cart(NEED),
        "not_bargained",
        "no price has been agreed; it can go down to 9.00 CNY",
        "尚未议价，最低可至 9.00 元",
    ),
    (one("discount", OFF + "not_on_sale = true"), cart(SALE), "on_sale", "not with items on sale", "特价商品不参与"),
    (
        one("discount", OFF) + BETTER,
        cart(NEED),
        "beaten",
        "does not combine with SUMMER, which is better",
        "不与 SUMMER 叠加，已选更优惠的",
    ),
    (
        GROUP + one("discount", OFF, group='"g"') + BETTER.replace("off =", 'lane = "lines"\ngroup = "g"\noff ='),
        cart(NEED),
        "excluded",
        "does not combine with SUMMER",
        "不与 SUMMER 同享",
    ),
    (
        'floors = [{ share = "100%" }]\n' + one("discount", OFF),
        cart(NEED),
        "floor",
        "the price is at its floor already",
        "已是底价，不能再减",
    ),
    (
        'depth = "20%"\n' + one("discount", OFF, lane='"gifts"') + BETTER,
        cart(NEED),
        "depth",
        "nothing more can come off this order",
        "本单优惠已达上限",
    ),
    (one("discount", 'off = { price = "60.00" }'), cart(NEED), "nothing", "it would change nothing", "对本单没有优惠"),
    ("", cart(NEED, codes=("NOPE",)), "code", "“NOPE” cannot be used here", "“NOPE”不可用"),
]


@pytest.mark.parametrize(("text", "told", "code", "en", "zh"), TOLD)
def test_a_reason_has_a_code_and_a_sentence_in_both_languages(
    text: str, told: Cart, code: str, en: str, zh: str
) -> None:
    it = catalogue(text)
    found = [each for each in quoted(it, told).reasons if each.offer in {"it", ""}]
    assert [each.code for each in found] == [code]
    assert reason_sentence(found[0], it) == (en, zh)


def test_every_reason_there_is_has_been_said() -> None:
    assert {code for _, _, code, _, _ in TOLD} == set(_REASONS)
    assert set(_REASONS) >= WITHIN_REACH


def test_qualifications_are_what_the_customer_could_still_get() -> None:
    text = one("discount", OFF + 'minimum = "88.00"') + one("discount", OFF + "limits = { uses = 1 }", id='"b"')
    found = quoted(text, cart(NEED, left=Lookup({"b/uses": 0})))
    assert [(each.offer, each.code) for each in found.qualifications] == [("it", "spend_more")]
    assert len(found.reasons) == 2


def test_a_condition_in_parts_names_the_part_that_fails() -> None:
    first = '{ field = "order.number", op = "equal", value = 1 }'
    when = f'when = [{{ field = "order.amount", op = "at_least", value = "10.00" }}, {first}]'
    it = catalogue(one("discount", OFF + when))
    assert quoted(it, cart(NEED), member(orders=0)).net == 4_500
    reason = quoted(it, cart(NEED), member(orders=1)).reasons[0]
    assert reason_sentence(reason, it).en == "only if which order of the member's it is is exactly 1"
    assert quoted(it, cart(NEED)).reasons[0].code == "condition"  # nobody knows which order a guest's is


@pytest.mark.parametrize(("orders", "net"), [(0, 5_000), (1, 5_000), (2, 4_500), (3, 5_000)])
def test_the_nth_order_is_counted_with_this_one(orders: int, net: int) -> None:
    text = one("discount", OFF + 'when = { field = "order.number", op = "equal", value = 3 }')
    assert quoted(text, cart(NEED), member(orders=orders)).net == net


def test_an_offer_says_all_that_it_asks() -> None:
    asks = """minimum = "20.00"
tiers = ["gold", "silver"]
codes = ["SAVE"]
not_on_sale = true
starts = 2026-11-01T00:00:00+08:00
ends = 2026-12-01T00:00:00+08:00
cap = "50.00"
limits = { uses = 500, budget = "1000.00", per_customer = { amount = 2, per = "week" } }
when = { field = "order.shipping", op = "at_least", value = "1.00" }
"""
    it = catalogue(one("discount", P + OFF + asks))
    said = offer_sentence(it.document.offers[0], it)
    assert said.en == (
        "10% off, at most 50.00 CNY; only goods where product is p1; not with items on sale; from 20.00 CNY on; only if shipping "
        "is at least 1.00 CNY; only for Gold, Silver; with a code; from 2026-11-01 00:00; until 2026-12-01 00:00; "
        "500 uses in all; 2 per customer a week; as long as 1,000.00 CNY last"
    )
    assert said.zh == (
        "9 折，最高减 50.00 元；限商品为 p1 的商品；特价商品不参与；满 20.00 元可用；仅当运费不低于 1.00 元；仅限金卡、银卡；"
        "凭优惠码使用；2026-11-01 00:00 起；2026-12-01 00:00 止；共 500 份；每人每周限 2 次；预算 1,000.00 元，用完即止"
    )


@pytest.mark.parametrize(
    ("text", "en", "zh"),
    [
        (one("discount", 'off = { amount = "5.00" }\non = "lines"'), "5.00 CNY off each", "每件减 5.00 元"),
        (one("discount", 'off = { percent = "100%" }\non = "shipping"'), "shipping free", "运费免费"),
        (
            one("steps", 'steps = [{ spend = "99.50", off = { percent = "12.5%" } }]\ncap = "9.00"'),
            "spend 99.50 CNY: 12.5% off, at most 9.00 CNY",
            "满 99.50 打 8.75 折，最高减 9.00 元",
        ),
        (one("buy_get", 'buy = 1\noff = { percent = "50%" }'), "buy 1, get 1 50% off", "买 1 送 1（5 折）"),
        (
            one("one_piece", OFF + 'which = "dearest"\ncount = 2\nof = 2'),
            "the dearest 2 pieces 10% off, from 2 on",
            "满 2 件，最高价 2 件 9 折",
        ),
        (one("one_piece", OFF), "the cheapest piece 10% off", "最低价 1 件 9 折"),
        (one("gift", 'products = ["cup"]'), "cup", "cup"),
        (one("coupon_pack", 'coupons = [{ coupon = "it" }]'), "a coupon", "1 张优惠券"),
        (one("lottery", 'draws = 3\nprizes = [{ id = "a", name = "A", chance = "100%" }]'), "3 draws", "3 次抽奖"),
    ],
)
def test_a_kind_says_what_it_gives(text: str, en: str, zh: str) -> None:
    it = catalogue(text)
    assert offer_sentence(it.document.offers[0], it) == (en, zh)


def test_a_deposit_says_what_is_due_now() -> None:
    it = catalogue(
        one(
            "presale",
            P
            + 'deposit = "10.00"\ncounts_as = "30.00"\nbalance_from = 2026-12-01T00:00:00Z\nbalance_until = 2026-12-02T00:00:00Z',
        )
    )
    found = quoted(it, cart(line(1, 5_000, 2)))
    assert (found.net, found.effects[0].amount) == (10_000, 2_000)
    assert effect_sentence(found.effects[0], it) == ("pay a deposit of 20.00 CNY for 2 now", "现付 2 件定金 20.00 元")
    later = quoted(it, cart(line(1, 5_000, 2), deposits=Lookup({"it": 1})), at=datetime(2026, 12, 1, tzinfo=UTC))
    assert (later.net, later.effects) == (8_000, ())
    assert quoted(it, cart(line(1, 5_000), deposits=Lookup({"it": 1}))).reasons[0].code == "not_yet"


def test_a_new_group_closes_when_its_hours_are_over() -> None:
    offer = catalogue(TEAM).document.offers[0]
    assert isinstance(offer, TeamPrice)
    assert offer.closes(AT) == AT + timedelta(hours=24)


def test_a_second_priority_of_a_lane_is_left_what_the_first_did_not_take() -> None:
    text = one("discount", OFF + P + "priority = 5") + BETTER.replace("off =", 'on = "lines"\nlane = "order"\noff =')
    found = quoted(text, cart(NEED, line(2, 1_000)))
    assert {each.offer: each.amount for each in found.applied} == {"it": 500, "summer": 200}


def test_offers_are_found_by_any_condition_on_goods() -> None:
    """By an id that the condition names, in a group of them, or by asking each where it names none."""
    of_us = '{ field = "line.seller", op = "is", value = "us" }'
    conditions = [
        '{ field = "line.brand", op = "is", value = "leaf" }',
        '[{ field = "line.brand", op = "is_not", value = "x" }, { field = "line.tags", op = "has_any", value = ["new", "own"] }]',
        f"{{ any = [{of_us}, {{ field = 'line.product', op = 'is', value = 'zzz' }}] }}",
        f"{{ any = [{of_us}, {{ field = 'line.product', op = 'is_not', value = 'zzz' }}] }}",
        '{ not = { field = "line.product", op = "is", value = "zzz" } }',
        '{ field = "line.tags", op = "has_none", value = ["old"] }',
    ]
    text = "".join(
        one("discount", OFF + f"lines = {each}", id=f'"o{n}"', lane=f'"l{n}"') for n, each in enumerate(conditions)
    )
    lanes = "lanes = [" + ", ".join(f'{{ id = "l{n}", name = "L" }}' for n in range(len(conditions))) + "]\n"
    yes = line(1, 10_000, brand="leaf", tags=("new",), seller="us")
    assert len(quoted(lanes + text, cart(yes)).applied) == len(conditions)
    no = replace(yes, product="zzz", brand="x", tags=("old",), seller="them")
    found = quoted(lanes + text, cart(no))
    assert [each.offer for each in found.applied] == ["o2"]
    assert found.reasons == ()


def test_what_goods_are_is_remembered_only_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    it = catalogue(one("discount", OFF + P))
    monkeypatch.setattr("regulars.core.offers.catalogue.GOODS_MAX", 1)
    assert [quoted(it, cart(line(number, 1_000))).net for number in (1, 2, 1, 2)] == [900, 1_000, 900, 1_000]
    assert len(it._takers) == 1


def test_offers_of_a_kind_say_their_own_title() -> None:
    assert len({cls.title for cls in OFFERS}) == len(OFFERS) == 15
    assert len({cls.kind for cls in OFFERS}) == len(OFFERS)


def test_an_offer_that_only_looks_at_its_own_goods_makes_nothing_dearer() -> None:
    document = offers_of(
        one("discount", OFF + 'on = "lines"')
        + one("discount", OFF, id='"b"')
        + one(
            "discount",
            OFF + 'on = "lines"\nwhen = { field = "order.amount", op = "at_least", value = "1.00" }',
            id='"c"',
        )
        + one("catalogue_price", OFF, id='"d"')
        + one("catalogue_price", OFF + "priority = 1", id='"e"')
    )
    assert [offer.may_raise for offer in document.offers] == [False, True, True, False, True]


def test_an_offer_of_no_kind_takes_nothing_off() -> None:
    offer = Offer(id="none", name=same("None"))
    assert offer.barred(cart(NEED), AT) is None
    with pytest.raises(NotImplementedError):
        offer.counting(lambda goods: 0)
    with pytest.raises(NotImplementedError):
        offer.says(CNY)


def test_reasons_name_what_they_know() -> None:
    told = Reason("gone", "condition", unmet=Either((Not(Test("order.channel", "is", "app")),)))
    assert reason_sentence(told, catalogue("")).en == "only if not (channel is app)"


def test_an_offer_is_weighed_against_what_singles_take_off_the_goods_that_it_needs() -> None:
    """A flash price needs the goods that it makes cheaper; buy and get needs all that it looks at."""
    cheaper = one("discount", P2 + 'off = { amount = "5.00" }', id='"p2"', on='"lines"', lane='"prices"')
    flash = one("flash_price", 'prices = { p1 = "49.00", p2 = "99.00" }\nstock = 9')
    found = quoted(flash + cheaper, cart(NEED, line(2, 5_000)))
    assert {each.offer: each.amount for each in found.applied} == {"it": 100, "p2": 500}
    get = one("buy_get", f"buy = 1\n{P2}other = {{ field = 'line.product', op = 'is', value = 'p1' }}", lane='"prices"')
    assert [each.offer for each in quoted(get + cheaper, cart(line(1, 400), line(2, 5_000))).applied] == ["p2"]
    assert [each.offer for each in quoted(get + cheaper, cart(line(1, 600), line(2, 5_000))).applied] == ["it"]
