"""One language of conditions: what it decides, how it explains, and that documents keep its meaning."""

import json
from functools import reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.core.conditions import (
    ALWAYS,
    All,
    Condition,
    Either,
    Field,
    Not,
    Parameter,
    Test,
    Type,
    Vocabulary,
    compiled,
    each_test,
    fields_used,
    parse,
    plain,
    unmet,
)
from regulars.core.says import Says
from tests.core.asking import CONDITIONS, CURRENCY, ORDERS, SHOP, TESTS, Order, holds

MANY = settings(max_examples=400)


@MANY
@given(CONDITIONS, ORDERS)
def test_a_compiled_condition_decides_what_it_means(condition, order):
    assert compiled(condition, SHOP)(order) is holds(condition, order)


@MANY
@given(CONDITIONS)
def test_a_condition_survives_the_way_to_a_document_and_back(condition):
    document = json.loads(json.dumps(plain(condition, SHOP, CURRENCY)))
    assert parse(document, SHOP, CURRENCY) == condition


def _met(condition: Condition, mended: tuple[Condition, ...]) -> Condition:
    """The condition with some of its parts always true."""
    if condition in mended:
        return ALWAYS
    return All(tuple(_met(part, mended) for part in condition.parts)) if isinstance(condition, All) else condition


@MANY
@given(CONDITIONS, ORDERS)
def test_what_is_unmet_is_false_enough_and_not_too_much(condition, order):
    parts = unmet(condition, SHOP, order)
    assert (not parts) == holds(condition, order)
    assert not any(holds(part, order) for part in parts)
    assert holds(_met(condition, parts), order)
    for part in parts:
        assert not holds(_met(condition, tuple(other for other in parts if other != part)), order)


@given(TESTS, TESTS, ORDERS)
def test_what_is_unmet_of_alternatives_is_the_alternatives(one, other, order):
    either = Either((one, other))
    assert unmet(All((either, Not(ALWAYS))), SHOP, order) == (() if holds(either, order) else (either,)) + (
        Not(ALWAYS),
    )


def test_what_is_unmet_twice_is_told_once():
    enough = Test("order.amount", "at_least", 10_000)
    assert unmet(All((enough, All((enough, Test("order.first", "is_missing"))))), SHOP, Order()) == (enough,)


@given(st.lists(TESTS, min_size=1, max_size=6))
def test_every_test_and_its_field_is_found_however_deep(several):
    nested = reduce(lambda inner, test: Not(Either((test, All((inner,))))), several)
    assert sorted(map(repr, each_test(nested))) == sorted(map(repr, several))
    assert fields_used(nested) == {test.field for test in several}


def test_what_is_not_known_fails_every_test_and_not_turns_plain_truth_round():
    nothing = Order()
    for op in ("is", "is_not"):
        assert not compiled(Test("member.city", op, "上海"), SHOP)(nothing)
        assert compiled(Not(Test("member.city", op, "上海")), SHOP)(nothing)
    assert compiled(Test("member.city", "is_missing"), SHOP)(nothing)
    assert not compiled(Test("member.city", "is_known"), SHOP)(nothing)


def test_no_condition_holds_always_and_no_alternative_never():
    assert compiled(ALWAYS, SHOP)(Order()) is True
    assert compiled(Either(()), SHOP)(Order()) is False


@pytest.mark.parametrize("most", range(7))
@pytest.mark.parametrize("group", [All, Either])
def test_groups_of_any_size_ask_every_part(group, most):
    """Each part in turn is the one that decides."""
    for odd in range(most):
        parts = tuple(Test("order.amount", "equal", 1 if (n == odd) == (group is Either) else 2) for n in range(most))
        assert compiled(group(parts), SHOP)(Order(amount=1)) is (group is Either)


def test_a_field_or_operator_that_is_not_there_is_an_error_not_false():
    for test in (Test("order.colour", "is", "red"), Test("order.amount", "contains", 1)):
        with pytest.raises(KeyError):
            compiled(test, SHOP)


LABEL = Says("amount", "金额")


@pytest.mark.parametrize(
    ("mistake", "reason"),
    [
        (lambda: Field("Order Amount", Type.MONEY, LABEL, len), "named like"),
        (lambda: Field("a", Type.COUNT, Says("{op}", "{op}"), len, parameter=Parameter("op", 1, 2)), "named like"),
        (lambda: Field("a", Type.COUNT, LABEL, len, parameter=Parameter("days", 1, 2)), "needs a place"),
        (lambda: Field("a", Type.COUNT, Says("{days}", "天"), len, parameter=Parameter("days", 1, 2)), "needs a place"),
        (lambda: Field("a", Type.COUNT, Says("{days}", "{days}"), len), "needs a place"),
        (lambda: Field("a", Type.COUNT, LABEL, len, choices={}), "only texts"),
        (lambda: Field("a", Type.MONEY, LABEL, len, source="tiers"), "only texts"),
        (lambda: Vocabulary("order", [Field("a", Type.COUNT, LABEL, len)] * 2), "two fields a"),
    ],
)
def test_a_field_declared_wrong_is_refused_at_once(mistake, reason):
    with pytest.raises(ValueError, match=reason):
        mistake()


def test_a_vocabulary_may_take_in_the_fields_of_another():
    wider = Vocabulary("wider", (*SHOP.values(), Field("x", Type.COUNT, LABEL, len)))
    assert [*wider] == [*SHOP, "x"]
    assert len(wider) == len(SHOP) + 1


def test_conditions_and_vocabularies_can_be_keys():
    """Whoever compiles a condition keeps what was compiled under it."""
    again = Vocabulary("order", SHOP.values())
    assert {(All((Test("member.tier", "in", ("a", "b")),)), SHOP): 1}[
        All((Test("member.tier", "in", ("a", "b")),)), again
    ] == 1
