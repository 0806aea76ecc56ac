"""A programme document with anything wrong in it is refused whole: where, why, and how to mend it."""

import pytest

from regulars.core.faults import Faulty
from tests.core.clubs import BASE, CLUB, HEAD, LADDER, MUG, UNIT, programme_of

TWICE = BASE.replace('"base"', '"again"')


@pytest.mark.parametrize(
    ("text", "path", "reason", "mend"),
    [
        (
            CLUB.replace("points = 1", "ponts = 1\npoints = 1"),
            "rules[0].ponts",
            "Nothing is called “ponts”",
            "“points”",
        ),
        (
            CLUB.replace("points = 1", 'points = "one"'),
            "rules[0].points",
            "must be a whole number, not text",
            "Write it like this",
        ),
        (CLUB.replace('per = "1.00"', "per = 1.5"), "rules[0].per", "not a number with a decimal point", '"12.30"'),
        (CLUB.replace('per = "1.00"', 'per = "0.00"'), "rules[0].per", "outside what is allowed", "Give 0.01 CNY to"),
        (CLUB.replace('per = "1.00"', "per = 0"), "rules[0].per", "outside what is allowed", "Give 0.01 CNY to"),
        (CLUB.replace('"500.00"', '"5000.00"'), "ladder.tiers[1].reached", "out of order", "lowest to the highest"),
        (
            UNIT + BASE + LADDER + '[[ladder.tiers.privileges]]\nkind = "member_price"\nid = "p"\noff = "250%"\n' + MUG,
            "ladder.tiers[1].privileges[0].off",
            "outside what is allowed",
            "to 90%",
        ),
        (CLUB + "starts = 2026-11-11T00:00:00\n", "rewards[0].starts", "does not say where it is meant", "+08:00"),
        (CLUB + 'ends = "yesterday"\n', "rewards[0].ends", "not a date and time", "2026-11-11T20:00:00+08:00"),
        (UNIT + BASE + TWICE + LADDER + MUG, "rules[1]", "the same", "periods"),
        (
            UNIT
            + BASE
            + 'starts = "2026-11-01"\nends = "2026-11-11"\n'
            + TWICE
            + 'starts = "2026-11-11"\n'
            + LADDER
            + MUG,
            "rules[1]",
            "at the same time",
            "do not overlap",
        ),
        (CLUB.replace('gift = "mug"', 'gift = "mag"'), "ladder.tiers[1].gift", "no “mag” among rewards", "mug"),
        (CLUB.replace('"per_amount"', '"per_amont"'), "rules[0].kind", "no kind “per_amont”", "“per_amount”"),
        (CLUB.replace("[[rewards]]", "[[rewards"), "34:10", "Line 34, column 10", "a missing quote, bracket"),
    ],
)
def test_a_bad_document_is_refused_with_place_reason_and_mend(text: str, path: str, reason: str, mend: str) -> None:
    with pytest.raises(Faulty) as refused:
        programme_of(HEAD + text)
    [fault] = refused.value.faults
    assert fault.path == path, fault.to("en")
    assert reason in fault.reason.en, fault.to("en")
    assert mend in fault.mend.en, fault.to("en")
    assert fault.reason.zh and fault.mend.zh


def test_all_faults_are_told_at_once() -> None:
    text = (
        CLUB.replace("points = 1", "points = 0").replace("count = 12", 'count = "twelve"').replace('"gold"', '"Gold!"')
    )
    with pytest.raises(Faulty) as refused:
        programme_of(HEAD + text)
    assert [fault.path for fault in refused.value.faults] == [
        "units[0].validity.count",
        "rules[0].points",
        "ladder.tiers[1].id",
    ]


def test_rules_for_the_same_at_different_times_are_fine() -> None:
    apart = BASE + 'starts = "2026-11-01"\nends = "2026-11-11"\n' + TWICE + 'starts = "2026-11-12"\n'
    assert len(programme_of(HEAD + UNIT + apart + LADDER + MUG).rules) == 2
