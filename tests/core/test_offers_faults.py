"""Bad input: every slip in a document or cart has an answer that names its place, its reason, and how to mend it."""

from dataclasses import replace
from typing import Any

import pytest

from regulars.core.declarations import load, parse
from regulars.core.faults import Faulty
from regulars.core.offers import Cart
from tests.core.carts import CNY, cart, catalogue, line, offers_of, one, quoted

OFF = 'off = { percent = "10%" }\n'
PRICES = 'prices = { kettle = "90.00" }\n'
PRIZE = '{ id = "phone", name = "Phone", chance = "5%", stock = 1 }'
PRESALE = "balance_from = 2026-11-11T00:00:00Z\nbalance_until = 2026-11-12T00:00:00Z\n"


def floor_of(field: str, test: str) -> str:
    return f'floors = [{{ price = "91.00", lines = {{ field = "line.{field}", {test} }} }}]\n'


@pytest.mark.parametrize(
    ("text", "path", "reason"),
    [
        (one("discount", ""), "offers[0].off", "missing"),
        (
            one("discount", 'off = { percent = "10%", amount = "1.00" }'),
            "offers[0].off",
            "One of percent, amount and price",
        ),
        (one("discount", "off = {}"), "offers[0].off", "One of percent"),
        (one("discount", 'off = { percent = "110%" }'), "offers[0].off.percent", "outside"),
        (one("discount", 'off = { amount = "1.005" }'), "offers[0].off.amount", "finer than CNY"),
        (
            one("discount", OFF + "starts = 2026-11-12T00:00:00Z\nends = 2026-11-11T00:00:00Z"),
            "offers[0].ends",
            "before it starts",
        ),
        (
            one("discount", OFF + "limits = { uses = 1, per_customer = { amount = 2 } }"),
            "offers[0].limits.per_customer",
            "more than all",
        ),
        (one("discount", OFF + 'cap = "9.00"\nlimits = { budget = "8.00" }'), "offers[0].cap", "whole budget"),
        (one("discount", OFF + 'group = "g"'), "offers[0].group", "no “g”"),
        (one("discount", OFF + 'lane = "nowhere"'), "offers[0].lane", "no lane nowhere"),
        ('lanes = [{ id = "one", name = "One" }]\n' + one("discount", OFF), "offers[0].lane", "no lane order"),
        (
            one("discount", OFF + 'when = { field = "order.amonut", op = "at_least", value = 1 }'),
            "offers[0].when.field",
            "no field",
        ),
        (one("diskount", OFF), "offers[0].kind", "no kind “diskount”"),
        (one("discount", OFF) * 2, "offers[1].id", "has the id “it” already"),
        (one("discount", OFF + 'tiers = ["platinum"]'), "offers[0].tiers[0]", "no “platinum”"),
        (
            one("steps", 'steps = [{ spend = "9.00", off = { amount = "10.00" } }]'),
            "offers[0].steps[0].off",
            "More is saved",
        ),
        (
            one("steps", 'steps = [{ spend = "9.00", off = { percent = "5%" } }]\nevery = true'),
            "offers[0].steps",
            "one step",
        ),
        (
            one("steps", 'steps = [{ spend = "9.00", off = {price=1} }, { spend = "8.00", off = {price=1} }]'),
            "offers[0].steps[1].spend",
            "no more than",
        ),
        (
            one("quantity_price", "steps = [{ pieces = 3, off = {price=1} }, { pieces = 3, off = {price=1} }]"),
            "offers[0].steps[1].pieces",
            "no more than",
        ),
        (
            one("buy_get", 'buy = 1\nother = { field = "line.product", op = "is", value = "a" }'),
            "offers[0].lines",
            "must be named",
        ),
        (one("one_piece", OFF + "count = 3\nof = 2"), "offers[0].count", "More pieces"),
        (
            one("bundle", 'price = "9.00"\nparts = [{ lines = [] }]\nlines = []'),
            "offers[0].lines",
            "those of its parts",
        ),
        (one("catalogue_price", ""), "offers[0].prices", "Prices or off"),
        (one("catalogue_price", PRICES + OFF), "offers[0].prices", "Prices or off"),
        (one("catalogue_price", PRICES + "lines = []"), "offers[0].lines", "those that have a price"),
        (one("member_price", PRICES), "offers[0].tiers", "for some tiers"),
        (one("flash_price", PRICES + "stock = 1\neach = 2"), "offers[0].each", "more than there is"),
        (one("presale", PRESALE + 'deposit = "9.00"\ncounts_as = "8.00"'), "offers[0].counts_as", "less than was paid"),
        (
            one("presale", PRESALE + PRICES + 'deposit = "1.00"\ncounts_as = "8.00"'),
            "offers[0].prices",
            "by its deposit",
        ),
        (one("presale", PRESALE + OFF + 'deposit = "1.00"\ncounts_as = "8.00"'), "offers[0].off", "by its deposit"),
        (
            one("presale", PRESALE + 'deposit = "1.00"\ncounts_as = "8.00"\nends = 2026-11-11T00:00:01Z'),
            "offers[0].balance_from",
            "after the deposits",
        ),
        (one("bargain", PRICES + 'lowest = "1.00"'), "offers[0].prices", "agreed with the customer"),
        (one("bargain", OFF + 'lowest = "1.00"'), "offers[0].off", "agreed with the customer"),
        (one("gift", 'products = ["cup"]\nevery = true'), "offers[0].every", "endless"),
        (one("gift", 'products = ["cup"]\nchoose = 2'), "offers[0].choose", "fewer gifts"),
        (
            one("lottery", f'prizes = [{PRIZE}, {{ id = "thanks", name = "Thanks", chance = "94.9%" }}]'),
            "offers[0].prizes",
            "sum to 99.9%",
        ),
        (one("lottery", f"prizes = [{PRIZE.replace('5%', '100%')}]"), "offers[0].prizes", "could give nothing"),
        ("floors = [{}]", "floors[0]", "a price or a share"),
        (
            'floors = [{ price = "91.00" }]\n' + one("flash_price", PRICES + "stock = 5"),
            "offers[0].prices.kettle",
            "below the floor",
        ),
        (
            floor_of("product", 'op = "is", value = "kettle"') + one("catalogue_price", PRICES),
            "offers[0].prices.kettle",
            "below the floor",
        ),
        (
            floor_of("product", 'op = "in", value = ["cup", "kettle"]') + one("catalogue_price", PRICES),
            "offers[0].prices.kettle",
            "below the floor",
        ),
    ],
)
def test_a_slip_in_offers_is_refused_at_its_place(text: str, path: str, reason: str) -> None:
    with pytest.raises(Faulty) as bad:
        offers_of(text)
    found = {fault.path: fault for fault in bad.value.faults}
    assert path in found, bad.value
    assert reason in found[path].reason.en
    assert found[path].mend.en and found[path].mend.zh and found[path].reason.zh


@pytest.mark.parametrize(
    "text",
    [
        'floors = [{ price = "89.00" }]\n' + one("catalogue_price", PRICES),
        'floors = [{ share = "99%" }]\n' + one("catalogue_price", PRICES),
        floor_of("product", 'op = "is", value = "cup"') + one("catalogue_price", PRICES),
        floor_of("brand", 'op = "is", value = "kettle"') + one("catalogue_price", PRICES),
        floor_of("product", 'op = "in", value = ["cup"]') + one("catalogue_price", PRICES),
    ],
)
def test_a_floor_that_does_not_name_the_product_refuses_no_price(text: str) -> None:
    assert offers_of(text).offers


@pytest.mark.parametrize(
    ("told", "path", "reason"),
    [
        ('lines = [{ id = "1", product = "a", price = "1.00", quantity = 0 }]', "lines[0].quantity", "outside"),
        (
            'lines = [{ id = "1", product = "a", price = "1.00", quantity = 1000000001 }]',
            "lines[0].quantity",
            "outside",
        ),
        ('lines = [{ id = "1", product = "a", price = "1.005" }]', "lines[0].price", "finer than CNY"),
        ('lines = [{ id = "1", product = "a", price = 1.5 }]', "lines[0].price", "must be an amount"),
        ('lines = [{ id = "1", product = "a", price = "-1.00" }]', "lines[0].price", "outside"),
        (
            'lines = [{ id = "1", product = "a", price = "1.00" }, { id = "1", product = "b", price = "2.00" }]',
            "lines[1].id",
            "has the id",
        ),
        ('lines = [{ id = "1", product = "gone", price = "1.00" }]', "lines[0].product", "no “gone”"),
        ('currency = "USD"', "currency", "another currency"),
        (f"codes = {[f'C{n}' for n in range(5_000)]}", "codes", "has 5000"),
        ("line = []", "line", "Nothing is called"),
    ],
)
def test_a_slip_in_a_cart_is_refused_at_its_place(told: str, path: str, reason: str) -> None:
    text = told if told.startswith("currency") else 'currency = "CNY"\n' + told
    known = replace(
        CNY, known={**CNY.known, "products": {"a": CNY.known["tiers"]["gold"], "b": CNY.known["tiers"]["gold"]}}
    )
    with pytest.raises(Faulty) as bad:
        parse(Cart, load(text), known)
    found = {fault.path: fault for fault in bad.value.faults}
    assert path in found, bad.value
    assert reason in found[path].reason.en


def test_a_document_with_ten_thousand_lines_is_refused_whole() -> None:
    lines = [{"id": f"{n}", "product": "a", "price": 1} for n in range(10_000)]
    with pytest.raises(Faulty, match="more than 1000 parts"):
        parse(Cart, {"currency": "CNY", "lines": lines}, CNY)


@pytest.mark.parametrize(
    ("told", "paths"),
    [
        ({"currency": "USD"}, ["currency"]),
        ({"currency": "???"}, ["currency"]),
        ({"codes": tuple(f"C{n}" for n in range(5_000))}, ["codes"]),
        ({"lines": (line(1, 1, 0), line(2, 1, -1), line(3, 1, 10**9 + 1))}, [f"lines[{n}].quantity" for n in range(3)]),
        ({"lines": (line(1, -1), line(2, 10**12 + 1))}, ["lines[0].price", "lines[1].price"]),
        ({"lines": (line(1, 1), line(2, 1), line(1, 1))}, ["lines[2].id"]),
        ({"lines": tuple(line(n, 1) for n in range(10_001))}, ["lines"]),
    ],
)
def test_a_cart_that_a_program_made_is_checked_too(told: dict[str, Any], paths: list[str]) -> None:
    with pytest.raises(Faulty) as bad:
        quoted("", cart(**told))
    assert [fault.path for fault in bad.value.faults] == paths


def test_ten_thousand_lines_and_a_thousand_million_pieces_are_quoted() -> None:
    it = catalogue(one("discount", OFF) + one("discount", 'on = "lines"\noff = { percent = "5%" }', id='"b"'))
    lines = [line(number, 100 + number, product=f"p{number}") for number in range(10_000)]
    found = quoted(it, cart(*lines))
    assert found.net + found.discount == sum(range(100, 10_100))
    assert quoted(it, cart(line(1, 10**12, 10**9))).discount == 10**21 * 5 // 100 + (10**21 - 10**21 * 5 // 100) // 10


def test_an_empty_cart_costs_nothing_and_says_why() -> None:
    found = quoted(one("discount", OFF) + one("discount", 'on = "lines"\n' + OFF, id='"b"'), cart())
    assert (found.total, found.lines, {each.code for each in found.reasons}) == (0, (), {"nothing"})
