"""The example of each kind: it reads without a fault, survives being written, and does to its cart what its remarks say."""

from typing import Any

import pytest

from regulars.core.declarations import declared, diff, dump, form, from_form, load, parse, plain, schema, to_form
from regulars.core.member import Member
from regulars.core.offers import Cart, Catalogue, Hold, Offers, quote
from regulars.core.offers.document import OFFERS
from regulars.core.offers.sentences import effect_sentence, offer_sentence
from tests.core.carts import AT, CNY, EXAMPLES, ZONE, codes, member, nets

GOLD = member("gold")
# Name, who, what each line costs then, shipping, and what else is to be seen.
EXPECTED: dict[str, tuple[Member | None, list[int], int, dict[str, Any]]] = {
    "discount": (None, [21_882, 9_118], 0, {"applied": {"tea-20": 6_000, "order-10": 3_000, "free-shipping": 1_200}}),
    "steps": (None, [59_999], 0, {"applied": {"man300": 10_000}}),
    "quantity_price": (None, [8_400], 0, {}),
    "buy_get": (None, [18_000, 12_000], 0, {"applied": {"buy2get1": 10_000}}),
    "one_piece": (None, [19_900, 3_751], 0, {}),
    "bundle": (None, [6_600, 5_300], 0, {"applied": {"tea-set": 2_100}}),
    "catalogue_price": (None, [19_900, 7_200], 0, {}),
    "member_price": (GOLD, [22_163], 0, {}),
    "flash_price": (None, [2 * 9_900 + 25_900], 0, {"holds": [("flash/stock", 2), ("flash/pieces", 2)]}),
    "team_price": (None, [5_900], 0, {"effects": [("team", 1)]}),
    "presale": (None, [23_900], 0, {}),
    "bargain": (None, [15_000 + 25_900], 0, {}),
    "gift": (None, [51_800], 0, {"effects": [("gift", 2)], "reasons": {"book": "excluded"}}),
    "coupon_pack": (None, [24_900], 0, {"effects": [("coupons", 1)], "applied": {"minus-10": 1_000, "next-time": 0}}),
    "lottery": (None, [25_900], 0, {"effects": [("draws", 2)]}),
    "together": (
        GOLD,
        [19_900, 50_540],
        0,
        {"holds": [("flash/stock", 1), ("man300/uses", 1), ("man300/customer", 1)]},
    ),
}


def example(name: str) -> tuple[Cart, Catalogue]:
    told = parse(Offers, load((EXAMPLES / f"{name}.toml").read_text(encoding="utf-8")), CNY)
    cart = parse(Cart, load((EXAMPLES / f"{name}.cart.toml").read_text(encoding="utf-8")), CNY)
    return cart, Catalogue(told, ZONE, "CNY", CNY)


@pytest.mark.parametrize("name", EXPECTED)
def test_an_example_does_what_it_says(name: str) -> None:
    cart, catalogue = example(name)
    who, net, shipping, more = EXPECTED[name]
    found = quote(cart, who, catalogue, AT)
    assert nets(found) == net
    assert (found.shipping.net, found.net) == (shipping, sum(net) + shipping)
    assert {each.offer: each.amount for each in found.applied}.items() >= more.get("applied", {}).items()
    assert [(each.kind, each.number) for each in found.effects] == more.get("effects", [])
    assert [hold[:2] for hold in found.holds] == more.get("holds", [hold[:2] for hold in found.holds])
    assert codes(found) == more.get("reasons", {})


@pytest.mark.parametrize("name", EXPECTED)
def test_an_example_survives_being_written_and_read_again(name: str) -> None:
    cart, catalogue = example(name)
    again = parse(Offers, load(dump(plain(catalogue.document, CNY))), CNY)
    assert diff(catalogue.document, again, CNY) == []
    assert parse(Cart, load(dump(plain(cart, CNY))), CNY) == cart


@pytest.mark.parametrize("name", EXPECTED)
def test_an_example_survives_the_consoles_form(name: str) -> None:
    _, catalogue = example(name)
    told = catalogue.document
    assert parse(Offers, from_form(Offers, to_form(told, CNY), CNY), CNY) == told
    assert {field.name for field in form(Offers, CNY, "zh")} >= {"offers", "lanes", "floors", "depth"}


@pytest.mark.parametrize("name", EXPECTED)
def test_an_example_is_said_in_both_languages(name: str) -> None:
    cart, catalogue = example(name)
    who = EXPECTED[name][0]
    told = [offer_sentence(offer, catalogue) for offer in catalogue.document.offers]
    told += [effect_sentence(effect, catalogue) for effect in quote(cart, who, catalogue, AT).effects]
    for said in told:
        assert said.en and said.zh and "{" not in said.en + said.zh
        assert not any("\u4e00" <= character <= "\u9fff" for character in said.en)


def test_there_is_an_example_of_every_kind() -> None:
    assert {cls.kind for cls in OFFERS} | {"together"} == set(EXPECTED)
    assert {path.name for path in EXAMPLES.iterdir()} == {
        f"{name}{end}" for name in EXPECTED for end in (".toml", ".cart.toml")
    }


def test_the_schema_knows_every_kind_and_field() -> None:
    told = schema(Offers, CNY)["$defs"]
    for cls in OFFERS:
        assert set(told[f"{cls.__name__}.{cls.kind}"]["properties"]) == {
            "kind",
            *(member.name for member in declared(cls)),
        }


def test_what_must_be_held_names_the_limit_and_how_much_there_is() -> None:
    cart, catalogue = example("together")
    assert quote(cart, GOLD, catalogue, AT).holds == (
        Hold("flash/stock", 1, 100),
        Hold("man300/uses", 1, 500),
        Hold("man300/customer", 1, 1),
    )
