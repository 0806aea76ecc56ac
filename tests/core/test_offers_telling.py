"""Carts as files with their member, and quotes as plain data."""

import json
from datetime import date

from regulars.core.declarations import load, parse
from regulars.core.offers import quote
from regulars.core.offers.files import CartFile
from regulars.core.offers.telling import offers_told, quote_told
from tests.core.carts import AT, CNY, catalogue, one

CART = """
currency = "CNY"
shipping = "10.00"
codes = ["WRONG"]
lines = [{ id = "a", product = "p", quantity = 2, price = "100.00" }]
"""
OFFERS = (
    one("discount", 'off = { percent = "10%" }\ntiers = ["gold"]\nlimits = { uses = 5 }')
    + one("gift", 'products = ["cup"]\nminimum = "50.00"', id='"gift"', name='{ en = "Gift", zh = "赠品" }')
    + one(
        "discount",
        'off = { amount = "5.00" }\nlane = "lines"\nstarts = 2027-01-01T00:00:00+08:00',
        id='"later"',
        name='{ en = "Later", zh = "以后" }',
    )
)


def test_a_cart_file_describes_its_member() -> None:
    told = parse(
        CartFile,
        load(
            CART
            + 'member = { tier = "gold", orders = 3, tags = ["vip"], country = "CN", joined = 2026-01-02, birthday = 1990-05-20, '
            'bought = [{ on = 2026-10-02, amount = "5.00" }, { on = 2026-10-01 }, { on = 2026-10-02, amount = "8.00" }] }'
        ),
        CNY,
    )
    assert told.member is not None
    member = told.member.member
    assert (member.standing.tier, member.orders) == ("gold", 6)
    assert (member.joined, member.birthday) == (date(2026, 1, 2).toordinal(), date(1990, 5, 20))
    assert member.facts == {"tags": frozenset({"vip"}), "country": "CN"}
    assert [(day.day - date(2026, 10, 1).toordinal(), day.spend, day.orders) for day in member.days] == [
        (0, 0, 1),
        (1, 1_300, 2),
    ]


def test_a_cart_file_without_a_member_is_a_guest() -> None:
    assert parse(CartFile, load(CART), CNY).member is None
    bare = parse(CartFile, load(CART + "member = {}"), CNY).member
    assert bare is not None and (bare.member.orders, bare.member.joined, bare.member.facts) == (0, None, {})


def test_a_quote_is_told_with_every_figure_and_in_both_languages() -> None:
    offers = catalogue(OFFERS)
    cart = parse(CartFile, load(CART + 'member = { tier = "gold" }'), CNY)
    assert cart.member is not None
    told = quote_told(quote(cart, cart.member.member, offers, AT), offers)
    assert json.loads(json.dumps(told)) == told, "nothing but plain values"
    assert (told["list"], told["discount"], told["net"], told["total"]) == (21_000, 2_000, 19_000, 19_000)
    assert told["lines"] == [
        {"id": "a", "list": 20_000, "discounts": [{"offer": "it", "amount": 2_000}], "net": 18_000, "tax": 0}
    ]
    first = told["applied"][0]
    assert (first["offer"], first["name"], first["amount"], first["cut"]) == ("it", {"en": "It", "zh": "它"}, 2_000, 0)
    assert first["holds"] == [{"limit": "it/uses", "amount": 1, "most": 5, "per": "ever", "given_back": True}]
    [gift] = told["effects"]
    assert (gift["kind"], gift["items"], gift["name"]["zh"]) == ("gift", ["cup"], "赠品")
    assert gift["says"] == {"en": "1 × cup for free", "zh": "赠 cup × 1"}
    reasons = {each["offer"]: each for each in told["reasons"]}
    assert (reasons[""]["by"], reasons[""]["name"]) == ("WRONG", None)
    assert reasons["later"]["code"] == "not_yet" and reasons["later"]["at"].startswith("2026-12-31T16:00")
    assert told["qualifications"] == []


def test_what_a_customer_can_still_do_is_told_apart() -> None:
    offers = catalogue(OFFERS)
    told = quote_told(quote(parse(CartFile, load(CART), CNY), None, offers, AT), offers)
    assert [each["offer"] for each in told["qualifications"]] == ["it"]
    assert told["qualifications"][0] in told["reasons"]


def test_offers_are_told_in_the_order_in_which_carts_meet_them() -> None:
    told = offers_told(catalogue(OFFERS))
    assert [(each["id"], each["lane"]) for each in told] == [("later", "lines"), ("it", "order"), ("gift", "gifts")]
    assert told[0]["starts"].startswith("2026-12-31T16:00") and told[1]["starts"] is None
    assert told[1]["says"]["en"].startswith("10% off")
