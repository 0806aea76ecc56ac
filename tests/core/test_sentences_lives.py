"""Every sentence of every life is whole, in both languages."""

import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.core.member import Deed, Member, OrderEvent, Referred
from regulars.core.programme import Programme, Versions
from regulars.core.programme.advice import advice
from regulars.core.programme.sentences import (
    award_sentences,
    entry_sentence,
    missing,
    programme_view,
    sentences,
    why_not,
)
from regulars.core.says import Says
from tests.core.clubs import day, deed, example, line, lived, order
from tests.core.programmes import LIVES, MEMBERS, START, Life, Step, planned, programmes

MEMBER = Member("m", joined=day(2026, 1, 1))
CHINESE = "[\u4e00-\u9fff]"
# Where Chinese and Latin touch there is a space, between Chinese characters none.
TOUCHING = f"{CHINESE}[0-9A-Za-z]|[0-9A-Za-z]{CHINESE}|{CHINESE} {CHINESE}"
_EVENTS = st.lists(
    st.tuples(
        st.integers(0, 400),
        st.integers(0, 6),
        st.integers(1, 500_000),
        st.sampled_from(["new-arrivals", "galvanised", "tea"]),
    ),
    min_size=1,
    max_size=12,
)


def is_whole(said: Says) -> bool:
    """No place left open, no value that speaks no language, no stray blanks, and each language its own."""
    broken = re.search(r"[{}]|  |None|\.0 |^\W*$", f"{said.en}\n{said.zh}")
    return not broken and not re.search(CHINESE, said.en) and bool(re.search(CHINESE, said.zh))


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(["b2c", "stamps", "steel"]), _EVENTS, st.booleans())
def test_every_sentence_is_whole_in_both_languages(
    name: str, told: list[tuple[int, int, int, str]], contract: bool
) -> None:
    plan = example(name)
    member = MEMBER._replace(facts={"tags": ("contract",)} if contract else {})
    events: list[Any] = []
    for number, (after, returned, amount, category) in enumerate(sorted(told)):
        lines = (line(amount, category, quantity_milli=amount), line(5_000))
        events.append(order(number, *lines, after_days=after))
        events.append(deed("Product Reviewed", after, verified=bool(returned % 2), length=20))
        if returned:
            events.append(
                order(number, *lines[: returned % 3], after_days=after, paid_days=after, delivered_days=after)
            )
    for event, outcome in lived(plan, member, events):
        said = [*sentences(outcome, event, plan), *(entry_sentence(entry, plan) for entry in outcome.entries)]
        standing = missing(outcome.member, plan, plan.day(event.at))
        said += standing.says if standing else ()
        said += award_sentences(outcome.award, plan) if outcome.award else []
        assert said and [one for one in said if not is_whole(one) or re.search(TOUCHING, one.zh)] == []


@settings(max_examples=25, deadline=None)
@given(programmes(), MEMBERS, LIVES)
def test_whatever_happens_under_whatever_programme_can_be_told(
    programme: Programme, member: Member, steps: list[Step]
) -> None:
    life = Life(Versions([planned(programme)]), member).live(steps)
    life.wait(life.plan.day(life.at) + 500)
    before = member
    for event, outcome in life.told:
        said = [*sentences(outcome, event, life.plan), *(entry_sentence(entry, life.plan) for entry in outcome.entries)]
        if isinstance(event, OrderEvent | Deed | Referred):
            said += why_not(before, event, life.plan)
        standing = missing(outcome.member, life.plan, life.plan.day(event.at))
        said += standing.says if standing else ()
        assert [one for one in said if not is_whole(one)] == []
        before = outcome.member


@settings(max_examples=25, deadline=None)
@given(programmes())
def test_any_programme_can_be_read_and_advised(programme: Programme) -> None:
    plan = planned(programme)
    told = [part.says for section in programme_view(plan) for part in section.told]
    assert [one for one in told if not is_whole(one)] == []
    advised = advice(plan, START.date(), spends=[1, 100_000])
    assert [one for one in advised if not is_whole(one.reason) or not one.mend.en or not one.mend.zh] == []
