"""What holds of every quote, whatever the offers: on random offers of every kind and random carts."""

import random
from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from regulars.core.offers import Cart, CartLine, Catalogue, Offers, Quote, quote
from regulars.core.offers.plain import Discount
from regulars.core.offers.sets import BuyGet
from tests.core.offers_random import AT, ZONE, any_cart, any_document, any_line, member, split_line

SEEDS = st.integers(0, 2**32)


def scene(seed: int, most: int = 6) -> tuple[Offers, Catalogue, Cart, str, random.Random]:
    chance = random.Random(seed)
    document = any_document(chance, most)
    return (
        document,
        Catalogue(document, ZONE, "CNY"),
        any_cart(chance, document.offers),
        chance.choice(("", "gold")),
        chance,
    )


def prices(found: Quote) -> tuple[Any, ...]:
    """All of a quote but its lines."""
    return found[2:]


@given(SEEDS)
def test_what_is_paid_and_what_came_off_are_the_list(seed: int) -> None:
    _, catalogue, cart, tier, _ = scene(seed)
    found = quote(cart, member(tier), catalogue, AT)
    assert found.net + found.discount == found.list
    assert found.net == sum(line.net for line in found.lines) + found.shipping.net
    assert found.list == sum(line.list for line in found.lines) + cart.shipping
    by_offer: Counter[str] = Counter()
    for line in (*found.lines, found.shipping):
        assert line.list == line.net + sum(taken.amount for taken in line.discounts)
        assert line.net >= 0 and all(taken.amount > 0 for taken in line.discounts)
        for taken in line.discounts:
            by_offer[taken.offer] += taken.amount
    assert {each.offer: each.amount for each in found.applied if each.amount} == by_offer


@given(SEEDS)
def test_every_candidate_applies_or_has_one_reason(seed: int) -> None:
    document, catalogue, cart, tier, _ = scene(seed)
    found = quote(cart, member(tier), catalogue, AT)
    told = Counter([each.offer for each in found.applied] + [each.offer for each in found.reasons if each.offer])
    assert all(times == 1 for times in told.values())
    open_to_all = {o.id for o in document.offers if not (o.codes or o.coupon) and o.goods() is None}
    assert open_to_all <= set(told)


@given(SEEDS)
def test_the_order_of_lines_changes_nothing(seed: int) -> None:
    _, catalogue, cart, tier, chance = scene(seed)
    found = quote(cart, member(tier), catalogue, AT)
    turned = quote(replace(cart, lines=tuple(chance.sample(cart.lines, len(cart.lines)))), member(tier), catalogue, AT)
    assert prices(turned) == prices(found)
    assert sorted(turned.lines) == sorted(found.lines)


@given(SEEDS)
def test_dividing_lines_changes_nothing_but_the_lines(seed: int) -> None:
    _, catalogue, cart, tier, chance = scene(seed)
    divided = replace(cart, lines=tuple(part for line in cart.lines for part in split_line(line, chance)))
    found, again = (quote(each, member(tier), catalogue, AT) for each in (cart, divided))
    assert prices(again) == prices(found)
    whole = {line.id: line.net for line in found.lines}
    assert sum(line.net for line in again.lines) == sum(whole.values())
    if len({replace(line, id="", quantity=1) for line in cart.lines}) == len(
        cart.lines
    ):  # no two lines share a discount
        parts: Counter[str] = Counter()
        for line in again.lines:
            parts[line.id.rstrip("+")] += line.net
        assert parts == whole


@given(SEEDS, st.integers(2, 4))
def test_no_line_goes_below_its_floor(seed: int, pieces: int) -> None:
    document, catalogue, cart, tier, _ = scene(seed)
    lines = tuple(
        replace(line, id=f"{line.id}-{number}", quantity=1_000 * (number + 1))
        for line in cart.lines
        for number in range(pieces)
    )
    by_id = {line.id: line for line in lines}
    found = quote(replace(cart, lines=lines), member(tier), catalogue, AT)
    for each in found.lines:
        line = by_id[each.id]
        for takes, price, (up, down) in catalogue.floors:
            least = line.price * up // down if price is None else price
            assert not takes(line) or each.net >= min(each.list, least * line.quantity // 1_000)
    if document.depth:
        goods = sum(line.list for line in found.lines)
        assert goods - sum(line.net for line in found.lines) <= goods * document.depth


@given(SEEDS, SEEDS)
def test_more_goods_make_no_others_dearer_unless_an_offer_says_that_it_may(seed: int, more: int) -> None:
    document, _, cart, tier, _ = scene(seed, 12)
    gentle = tuple(offer for offer in document.offers if not offer.may_raise)
    catalogue = Catalogue(replace(document, offers=gentle, depth=None), ZONE, "CNY")
    added = replace(any_line(random.Random(more), 99), list_price=None)
    before, after = (
        {line.id: line.net for line in quote(each, member(tier), catalogue, AT).lines}
        for each in (cart, replace(cart, lines=(*cart.lines, added)))
    )
    if all(not same_goods(added, line) for line in cart.lines):
        assert all(after[line] <= before[line] for line in before)


def same_goods(one: CartLine, other: CartLine) -> bool:
    return (one.product, one.price) == (other.product, other.price)


@given(SEEDS)
def test_what_is_held_is_what_was_used(seed: int) -> None:
    document, catalogue, cart, tier, _ = scene(seed)
    found = quote(cart, member(tier), catalogue, AT)
    limits = {offer.id: offer.limits for offer in document.offers}
    for each in found.applied:
        for hold in each.holds:
            assert hold.limit.startswith(f"{each.offer}/")
            assert hold.amount <= cart.left.get(hold.limit, hold.most)
        budgets = [hold.amount for hold in each.holds if hold.limit.endswith("/budget")]
        assert budgets == ([each.amount] if limits[each.offer].budget and each.amount else [])


@given(SEEDS, SEEDS)
def test_more_goods_never_take_back_what_one_discount_or_buy_and_get_took_off_in_all(seed: int, more: int) -> None:
    """One offer alone: percentages, amounts and prices off orders and lines; sets of the same goods, a part of them off."""
    document, _, cart, _, _ = scene(seed, 12)
    for offer in document.offers:
        steady = isinstance(offer, Discount) or (
            isinstance(offer, BuyGet) and offer.other is None and offer.off.percent
        )
        if steady and offer.limits.budget is None and offer.when is None:
            alone = Offers(id="shop", name=document.name, groups=document.groups, offers=(offer,))
            catalogue = Catalogue(alone, ZONE, "CNY")
            added = any_line(random.Random(more), 99)
            before, after = (
                quote(each, member("gold"), catalogue, AT).discount
                for each in (cart, replace(cart, lines=(*cart.lines, added)))
            )
            # Where pieces of one pile are rounded together, two piles can differ by a half each.
            assert after >= before - (1 if isinstance(offer, BuyGet) else 0)
