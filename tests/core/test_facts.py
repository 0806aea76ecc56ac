from dataclasses import FrozenInstanceError, fields, is_dataclass
from datetime import UTC, datetime

import pytest

from regulars.core import facts
from regulars.core.facts import CustomerFact, LineFact, OrderFact, Refusal, Source, Tally

AT = datetime(2026, 3, 1, tzinfo=UTC)
FACTS = [kind for kind in vars(facts).values() if is_dataclass(kind) and kind is not Tally]


@pytest.mark.parametrize("kind", FACTS, ids=lambda kind: kind.__name__)
def test_a_fact_is_frozen_and_carries_nothing_beside_its_fields(kind):
    assert kind.__dataclass_params__.frozen
    assert set(kind.__slots__) == {field.name for field in fields(kind)}


def test_a_fact_cannot_be_rewritten():
    with pytest.raises(FrozenInstanceError):
        Source("csv", "1").id = "2"
    line = LineFact(1000, 990)
    with pytest.raises(AttributeError):
        line.list_amount = 1
    with pytest.raises(AttributeError):
        line.colour = "red"


def test_equal_facts_are_equal_and_defaults_are_not_shared():
    one, other = CustomerFact("c1"), CustomerFact("c1")
    assert one == other
    assert one.attributes is not other.attributes


def test_an_order_without_lines_says_something_else_than_one_that_is_silent_about_them():
    silent = OrderFact("o1", "c1", AT, "CNY")
    empty = OrderFact("o1", "c1", AT, "CNY", lines=())
    assert silent.lines is None
    assert silent != empty != OrderFact("o1", "c1", AT, "CNY", lines=(LineFact(1000, 990),))


def test_tallies_add_up():
    tally = Tally(created=1, updated=2, unchanged=3, refused=[Refusal("a", "price", "negative")])
    tally.add(Tally(created=10, updated=20, unchanged=30, refused=[Refusal("b", "currency", "unknown")]))
    assert (tally.created, tally.updated, tally.unchanged) == (11, 22, 33)
    assert [refusal.source_id for refusal in tally.refused] == ["a", "b"]
