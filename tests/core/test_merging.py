"""Two members become one, and two again: what counts follows from the orders, the rest is added up and taken apart."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.core.member import Day, Lot, Member, Merged, Parted, Standing, Used
from regulars.core.points import Owe, Repay, Spend
from regulars.core.programme import Gift, Programme, Versions, decide
from regulars.core.programme.merging import regrouped
from regulars.core.programme.sentences import sentences
from tests.core.clubs import MUG, UNIT, plan_of
from tests.core.programmes import LIVES, MEMBERS, START, Life, Step, planned, programmes

TODAY = START.date().toordinal()
DAYS = st.lists(
    st.builds(Day, st.integers(1, 9), st.integers(0, 9), st.integers(0, 1), st.integers(0, 9), st.integers(0, 9))
)


@given(DAYS, st.integers(0, 9))
def test_days_are_summed_and_those_long_past_in_one(days: list[Day], past_day: int) -> None:
    found, past = regrouped(days, past_day)
    for place in range(1, 5):
        assert sum(day[place] for day in (*found, past)) == sum(day[place] for day in days)
    assert past.day == past_day and all(day.day > past_day and any(day[1:]) for day in found)
    assert [day.day for day in found] == sorted({day.day for day in found})


@settings(max_examples=80)
@given(programmes(), MEMBERS, MEMBERS, LIVES, LIVES)
def test_a_merge_that_is_undone_at_once_leaves_both_as_they_were(
    programme: Programme, one: Member, two: Member, first: list[Step], second: list[Step]
) -> None:
    plan = planned(programme)
    own = Life(Versions([plan]), one).live(first)
    other = Life(Versions([plan]), two._replace(key="n")).live(second)
    at = max(own.at, other.at)
    day = plan.day(at)
    mine, theirs = ([award.counted for award in life.awards.values()] for life in (own, other))
    own.wait(day)
    other.wait(day)
    a, b = own.member, other.member

    both = decide(a, Merged("f" * 32, at, b, (*mine, *theirs)), plan).member
    assert both.orders == a.orders + b.orders and both.due <= day
    if plan.ladder:
        rank = plan.ladder.rank
        assert rank(both.standing.tier) >= max(rank(a.standing.tier), rank(b.standing.tier))
    again = decide(both, Parted("e" * 32, at, a, tuple(mine), b), plan).member
    left = decide(b._replace(owed=()), Parted("d" * 32, at, b, tuple(theirs)), plan).member
    assert left._replace(due=0) == b._replace(due=0)
    assert counts(again) == counts(a) and again._replace(used=(), due=0) == a._replace(used=(), due=0, seen=again.seen)


def counts(member: Member) -> list[Used]:
    """What limits and tasks count; a gift that only the merge brought may stay."""
    return [used for used in member.used if not used.rule.startswith("tier:")]


PLAN = plan_of(
    f'{UNIT}{MUG}\n[ladder]\n[[ladder.tiers]]\nid = "silver"\nname = "Silver"\nreached = {{ orders = 2 }}\ngift = "mug"\n'
)
GIVEN = Used("tier:silver", 0, TODAY - 8, 1)  # after a review of the day before


def member(orders: int, *used: Used, owed: int = 0) -> Member:
    days = (Day(TODAY - 9, 100, orders),)
    debts = (("points", owed),) if owed else ()
    return Member("m", TODAY - 30, days=days, used=used, owed=debts, standing=Standing(), seen=TODAY - 1)


def debts(entries: object) -> list[object]:
    return [entry for entry in entries if isinstance(entry, (Owe, Repay))]  # type: ignore[attr-defined]


def test_a_tier_that_both_reach_together_brings_its_gift_once_and_takes_it_along() -> None:
    one, other = member(1), member(2)
    event = Merged("f" * 32, START, other, (*one.days, *other.days))
    outcome = decide(one, event, PLAN)
    said = [one.en for one in sentences(outcome, event, PLAN)]
    assert said[0].startswith("Silver with what both records count") and "Mug" in said[1]
    assert outcome.move == ("", "silver", "merged") and outcome.gifts == (Gift("mug", "tier:silver"),)
    apart = decide(outcome.member, Parted("e" * 32, START, one, one.days, other), PLAN)
    assert apart.move == ("silver", "", "split") and apart.gifts == (Gift("mug", "tier:silver", back=True),)
    assert apart.member.used == ()
    with_gift = other._replace(used=(GIVEN,))
    assert not decide(one, Merged("f" * 32, START, with_gift, (*one.days, *other.days)), PLAN).gifts


def test_what_counts_after_a_split_is_what_was_bought_since_too() -> None:
    one, other = member(1), member(1)
    both = decide(one, Merged("f" * 32, START, other, (*one.days, *other.days)), PLAN).member
    since = (*other.days, Day(TODAY, 100, 2))
    left = decide(other, Parted("e" * 32, START, other, since), PLAN).member
    assert (left.standing.tier, left.orders) == ("silver", 3)
    again = decide(both, Parted("d" * 32, START, one, one.days, other), PLAN).member
    assert (again.standing.tier, again.orders) == ("", 1)


def test_a_climb_that_was_undone_while_merged_is_undone_for_whoever_climbed() -> None:
    one, climbed = member(1), member(2)._replace(standing=Standing("silver", TODAY - 9, below=Standing()))
    both = decide(one, Merged("f" * 32, START, climbed, (*one.days, *climbed.days)), PLAN).member
    left = decide(climbed, Parted("e" * 32, START, climbed, ()), PLAN).member
    assert (left.standing.tier, left.orders) == ("", 0)
    kept = decide(climbed, Parted("e" * 32, START, climbed, climbed.days), PLAN).member
    assert kept.standing == climbed.standing and both.standing.tier == "silver"


def test_what_was_spent_of_the_other_s_is_made_good_out_of_what_is_left_and_owed_beyond() -> None:
    one, other = member(1), member(1)
    lot = Lot("a" * 32, "points", 30, START, START + timedelta(days=9))
    parted = Parted("e" * 32, START, one, one.days, other, (("points", 40),))
    outcome = decide(one._replace(lots=(lot,)), parted, PLAN)
    assert outcome.entries == (Spend("points", 30, "reclaimed"), Owe("points", 10))
    enough = decide(one._replace(lots=(lot._replace(remaining=50),)), parted, PLAN)
    assert enough.entries == (Spend("points", 40, "reclaimed"),) and enough.member.owed == ()


def test_limits_are_added_up_and_taken_apart() -> None:
    one = member(1, Used("cap", TODAY, 30, 0), Used("task#", 0, 0, 1), GIVEN)
    other = member(1, Used("cap", TODAY, 50, 0), Used("other", 0, 9, 0), GIVEN)
    both = decide(one, Merged("f" * 32, START, other, (*one.days, *other.days)), PLAN).member
    assert both.used == (Used("cap", TODAY, 80, 0), Used("other", 0, 9, 0), Used("task#", 0, 0, 1), GIVEN)
    more = both._replace(used=(Used("cap", TODAY, 40, 0), *both.used[1:]))
    apart = decide(more, Parted("e" * 32, START, one, one.days, other), PLAN).member
    assert apart.used == (Used("task#", 0, 0, 1), GIVEN), "never below nothing"
    alone = decide(both, Parted("e" * 32, START, one._replace(used=()), one.days, other), PLAN).member
    assert GIVEN not in alone.used, "the gift was the other's"


def test_debts_go_along_and_come_back_as_far_as_they_were_not_repaid() -> None:
    one, other = member(1, owed=10), member(1, owed=40)
    outcome = decide(one, Merged("f" * 32, START, other, (*one.days, *other.days)), PLAN)
    assert debts(outcome.entries) == [Owe("points", 40)] and outcome.member.owed == (("points", 50),)
    repaid = outcome.member._replace(owed=(("points", 25),))
    apart = decide(repaid, Parted("e" * 32, START, one, one.days, other), PLAN)
    assert debts(apart.entries) == [Repay("points", 25)] and apart.member.owed == ()
    clear = outcome.member._replace(owed=())
    assert not decide(clear, Parted("e" * 32, START, one, one.days, other), PLAN).entries
    begins = other._replace(owed=())
    left = decide(begins, Parted("d" * 32, START, other._replace(owed=(("points", 25),)), other.days), PLAN)
    assert debts(left.entries) == [Owe("points", 25)]


def test_the_higher_standing_and_of_equals_the_surer_one_stays() -> None:
    low = member(1)._replace(standing=Standing("silver", TODAY - 9, TODAY + 20))
    long = member(1)._replace(standing=Standing("silver", TODAY - 8, TODAY + 30))
    grace = member(1)._replace(standing=Standing("silver", TODAY - 8, TODAY + 90, in_grace=True))
    none = member(1)
    for one, other, stays in ((low, long, long), (grace, low, low), (none, grace, grace), (long, none, long)):
        both = decide(one, Merged("f" * 32, START, other, one.days), PLAN).member
        assert both.standing == stays.standing
    assert decide(none._replace(joined=None), Merged("f" * 32, START, low, ()), PLAN).member.joined == low.joined
