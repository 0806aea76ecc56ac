"""The ladder: both sides of every threshold, windows to the day, reviews, grace, and climbs undone to where they began."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.core.expiry import Aligned, Span, Validity
from regulars.core.member import NEVER, NO_TIER, Day, Standing
from regulars.core.tiers import (
    Counted,
    Downgrade,
    Metric,
    Rules,
    Step,
    climbed,
    due,
    period_begins,
    progress,
    restood,
    reviewed,
)

YEAR = Validity(12, Span.MONTHS)
NO_PAST = Day(0)


def on(year: int, month: int, day: int) -> int:
    return date(year, month, day).toordinal()


def ladder(**changes: object) -> Rules:
    steps = (Step("silver", ((Metric.SPEND, 100),)), Step("gold", ((Metric.SPEND, 300),)))
    told: dict[str, object] = {
        "steps": steps,
        "counted": Counted.ROLLING,
        "window": Validity(30),
        "kept": Validity(60),
        **changes,
    }
    return Rules(**told)  # type: ignore[arg-type]


def spent(*days: tuple[int, int]) -> tuple[Day, ...]:
    return tuple(Day(day, spend, 1, spend // 2, 1_000) for day, spend in days)


@pytest.mark.parametrize("metric", Metric)
def test_field_24_both_sides_of_each_threshold(metric: Metric) -> None:
    """Reached with exactly what it takes, and not with one less of that metric and plenty of the others."""
    step = Step("gold", ((metric, 50),))
    plenty = dict.fromkeys(("spend", "orders", "points", "quantity_milli"), 10000)
    name = "quantity_milli" if metric is Metric.QUANTITY else metric.value
    assert step.met(Day(1, **{name: 50})) and step.met(Day(1, **{name: 51}))
    assert not step.met(Day(1, **{**plenty, name: 49}))
    assert step.missing(Day(1, **{**plenty, name: 49})) == ((metric, 1),)
    assert step.missing(Day(1, **{name: 50})) == ()


@pytest.mark.parametrize(
    ("every", "spend", "orders", "met", "missing"),
    [
        (True, 100, 3, True, ()),
        (True, 99, 3, False, ((Metric.SPEND, 1),)),
        (True, 100, 2, False, ((Metric.ORDERS, 1),)),
        (True, 0, 0, False, ((Metric.SPEND, 100), (Metric.ORDERS, 3))),
        (False, 100, 0, True, ()),
        (False, 0, 3, True, ()),
        (False, 99, 2, False, ((Metric.SPEND, 1), (Metric.ORDERS, 1))),
    ],
)
def test_all_thresholds_or_any(
    every: bool, spend: int, orders: int, met: bool, missing: tuple[tuple[Metric, int], ...]
) -> None:
    step = Step("gold", ((Metric.SPEND, 100), (Metric.ORDERS, 3)), every)
    assert step.met(Day(1, spend, orders)) is met
    assert step.missing(Day(1, spend, orders)) == missing


def test_the_highest_tier_reached_counts_and_the_order_is_known() -> None:
    rules = ladder()
    assert [rules.reached(Day(1, spend)) for spend in (0, 99, 100, 299, 300, 999)] == [-1, -1, 0, 0, 1, 1]
    assert [rules.rank(tier) for tier in ("silver", "gold", "", "of-last-year")] == [0, 1, -1, -1]


@pytest.mark.parametrize(
    ("window", "day", "since"),
    [
        (Validity(1), on(2026, 3, 1), on(2026, 3, 1)),
        (Validity(30), on(2026, 3, 1), on(2026, 1, 31)),
        (Validity(12, Span.MONTHS), on(2026, 3, 15), on(2025, 3, 16)),
        (Validity(1, Span.YEARS), on(2026, 3, 15), on(2025, 3, 16)),
        (Validity(1, Span.MONTHS), on(2026, 3, 31), on(2026, 3, 1)),
        (Validity(1, Span.MONTHS), on(2024, 3, 31), on(2024, 3, 1)),
        (Validity(1, Span.MONTHS), on(2026, 1, 15), on(2025, 12, 16)),
        (Validity(1, Span.MONTHS), on(2026, 12, 31), on(2026, 12, 1)),
        (Validity(12, Span.MONTHS), on(2024, 2, 29), on(2023, 3, 1)),
        (Validity(1, Span.YEARS), on(2025, 2, 28), on(2024, 2, 29)),
        (Validity(3_000, Span.YEARS), on(2026, 3, 15), 1),
        (Validity(2_025, Span.YEARS), on(2026, 3, 15), on(1, 3, 16)),
    ],
)
def test_a_rolling_window_begins_the_day_after(window: Validity, day: int, since: int) -> None:
    assert ladder(window=window).since(day) == since


@pytest.mark.parametrize(
    ("period", "begins"),
    [
        (Aligned.DAY, on(2026, 8, 20)),
        (Aligned.MONTH, on(2026, 8, 1)),
        (Aligned.QUARTER, on(2026, 7, 1)),
        (Aligned.YEAR, on(2026, 1, 1)),
    ],
)
def test_a_period_of_the_calendar_begins_on_its_first_day(period: Aligned, begins: int) -> None:
    assert period_begins(on(2026, 8, 20), period) == begins == period_begins(begins, period)
    window = Validity(0, Span.DAYS, period)
    assert ladder(counted=Counted.CALENDAR, window=window).since(on(2026, 8, 20)) == begins


def test_quarters_begin_in_january_april_july_october() -> None:
    begins = {date.fromordinal(period_begins(on(2026, month, 9), Aligned.QUARTER)).month for month in range(1, 13)}
    assert begins == {1, 4, 7, 10}
    assert [date.fromordinal(period_begins(on(2026, month, 30), Aligned.QUARTER)).month for month in (3, 4, 12)] == [
        1,
        4,
        10,
    ]


def test_progress_counts_both_ends_of_the_window_and_nothing_beside() -> None:
    days = spent((10, 1), (11, 2), (12, 4), (13, 8), (14, 16))
    past = Day(9, 32, 7, 16, 9_000)
    assert progress(days, past, 11, 13) == Day(13, 14, 3, 7, 3_000)
    assert progress(days, past, 11, 14).spend == 30
    assert progress(days, past, 10, 20).spend == 31
    assert progress(days, past, 0, 12) == Day(12, 39, 10, 19, 12_000)
    assert progress(days, past, 15, 20) == Day(20) == progress((), past, 15, 20)
    assert progress((), past, 0, 20) == Day(20, 32, 7, 16, 9_000)
    assert progress(days, past, 1, 9) == Day(9)


def test_a_climb_comes_at_once_and_is_sure_from_its_day() -> None:
    rules, days = ladder(), spent((100, 100))
    silver = climbed(rules, NO_TIER, days, NO_PAST, 100)
    assert silver == Standing("silver", 100, 160, below=NO_TIER)
    assert climbed(rules, silver, days, NO_PAST, 110) is silver
    gold = climbed(rules, silver, (*days, *spent((110, 200))), NO_PAST, 110)
    assert gold == Standing("gold", 110, 170, below=silver)
    assert climbed(rules, gold, spent((110, 9_999)), NO_PAST, 111) is gold
    assert climbed(rules, silver, (), NO_PAST, 500) is silver


def test_grace_ends_with_what_the_tier_takes() -> None:
    rules = ladder(grace_days=10)
    grace = Standing("gold", 5, 70, in_grace=True, reviewed=60)
    assert climbed(rules, grace, spent((65, 299)), NO_PAST, 65) is grace
    assert climbed(rules, grace, spent((65, 300)), NO_PAST, 65) == Standing("gold", 65, 125, below=grace, reviewed=60)
    lowest = Standing("silver", 5, 70, in_grace=True, reviewed=60)
    assert climbed(rules, lowest, spent((65, 100)), NO_PAST, 65) == Standing(
        "silver", 65, 125, below=lowest, reviewed=60
    )
    none = Standing("", 0, NEVER, in_grace=True)
    assert climbed(rules, none, (), NO_PAST, 65) is none


def test_a_return_undoes_the_climb_it_paid_for_and_no_other() -> None:
    rules = ladder()
    days = spent((100, 100), (110, 150), (120, 60))
    standing = NO_TIER
    for day in days:
        standing = restood(rules, standing, days[: days.index(day) + 1], NO_PAST, day.day)
    assert (standing.tier, standing.since, standing.below) == ("gold", 120, Standing("silver", 100, 160, below=NO_TIER))
    # The second order goes back: gold was its doing, silver was not.
    assert restood(rules, standing, spent((100, 100), (120, 60)), NO_PAST, 110) == Standing(
        "silver", 100, 160, below=NO_TIER
    )
    # The first goes back: silver came later then, and gold not at all.
    assert restood(rules, standing, days[1:], NO_PAST, 100) == Standing("silver", 110, 170, below=NO_TIER)
    assert restood(rules, standing, days[2:], NO_PAST, 100) == NO_TIER


def test_nothing_before_a_review_climbs_again() -> None:
    rules = ladder()
    standing = Standing("silver", 70, 140, reviewed=80)
    days = spent((60, 300), (79, 1), (95, 10))
    assert restood(rules, standing, days, NO_PAST, 60).tier == "gold"  # within the window of the day after the review
    assert restood(rules, standing, days, NO_PAST, 60).since == 81
    assert restood(rules, standing._replace(reviewed=90), days, NO_PAST, 60) == standing._replace(reviewed=90)
    assert restood(rules, standing, days, Day(91), 60) == standing
    assert restood(rules, standing, days, Day(85), 60).since == 86
    assert restood(rules, standing, spent((81, 300)), NO_PAST, 81).since == 81


@given(st.lists(st.tuples(st.integers(100, 220), st.integers(1, 200)), min_size=1, max_size=8), st.data())
def test_whatever_order_days_become_known_in_they_come_to_one_standing(
    told: list[tuple[int, int]], data: st.DataObject
) -> None:
    rules = ladder(
        window=data.draw(st.sampled_from([Validity(30), Validity(2, Span.MONTHS)])),
        counted=data.draw(st.sampled_from(Counted)),
    )
    found = set()
    for _ in range(3):
        known: dict[int, int] = {}
        standing = Standing(reviewed=90)
        for day, spend in data.draw(st.permutations(told)):
            known[day] = known.get(day, 0) + spend
            standing = restood(rules, standing, spent(*sorted(known.items())), NO_PAST, day)
        found.add(standing)
        for day, spend in data.draw(st.permutations(told)):
            known[day] -= spend
            left = {day: spend for day, spend in known.items() if spend}
            standing = restood(rules, standing, spent(*sorted(left.items())), NO_PAST, day)
        assert standing == Standing(reviewed=90)
    assert len(found) == 1


@pytest.mark.parametrize(
    ("downgrade", "reached", "tier", "since"),
    [
        (Downgrade.RECOMPUTE, 1, "gold", 5),
        (Downgrade.RECOMPUTE, 0, "silver", 66),
        (Downgrade.RECOMPUTE, -1, "", 0),
        (Downgrade.ONE_STEP, 1, "gold", 5),
        (Downgrade.ONE_STEP, 0, "silver", 66),
        (Downgrade.ONE_STEP, -1, "silver", 66),
        (Downgrade.NONE, 0, "gold", 5),
        (Downgrade.NONE, -1, "gold", 5),
    ],
)
def test_a_review_keeps_or_lowers_as_the_ladder_says(downgrade: Downgrade, reached: int, tier: str, since: int) -> None:
    rules = ladder(downgrade=downgrade)
    until = 66 + 60 if tier else NEVER
    below = Standing("silver", 1, 65)
    assert reviewed(rules, Standing("gold", 5, 65, below=below), reached, 65) == Standing(
        tier, since, until, reviewed=65
    )


def test_the_lowest_tier_goes_one_step_to_none_and_none_stays_none() -> None:
    rules = ladder(downgrade=Downgrade.ONE_STEP)
    assert reviewed(rules, Standing("silver", 5, 65), -1, 65) == Standing(reviewed=65)
    assert reviewed(ladder(downgrade=Downgrade.NONE), Standing("gone", 5, 65), -1, 65) == Standing(reviewed=65)
    assert reviewed(rules, Standing("gone", 5, 65), 1, 65) == Standing("gold", 66, 126, reviewed=65)


def test_grace_comes_once_and_only_before_a_downgrade() -> None:
    rules = ladder(grace_days=10)
    held = Standing("gold", 5, 65)
    grace = reviewed(rules, held, 0, 65)
    assert grace == Standing("gold", 5, 75, in_grace=True, reviewed=65)
    assert reviewed(rules, grace, 0, 75) == Standing("silver", 76, 136, reviewed=75)
    assert reviewed(rules, held, 1, 65) == Standing("gold", 5, 126, reviewed=65)
    assert reviewed(ladder(grace_days=1), held, 0, 65).until == 66


def test_the_clock_looks_for_a_warning_and_then_for_the_review() -> None:
    standing = Standing("gold", 5, 65)
    assert due(ladder(), NO_TIER, 1) == NEVER
    assert due(ladder(), standing, 1) == 65
    assert due(ladder(warn_days=10), standing, 1) == due(ladder(warn_days=10), standing, 54) == 55
    assert due(ladder(warn_days=10), standing, 55) == 65
    assert due(ladder(warn_days=1), standing, 63) == 64
    assert due(ladder(warn_days=10), standing._replace(in_grace=True), 1) == 65
    assert due(ladder(), standing, 65) == 66
    assert due(ladder(), standing, 64) == 65


def test_ranks_and_first_days_are_worked_out_once_and_right() -> None:
    rules = ladder(window=YEAR, counted=Counted.LIFETIME)
    assert rules.since(on(2026, 5, 1)) == rules.since(on(2026, 5, 1)) == 0
    assert ladder(window=YEAR).sure_until(100) == 160
    assert ladder(kept=Validity(1, Span.YEARS, Aligned.MONTH)).sure_until(on(2026, 3, 15)) == on(2027, 3, 31)
