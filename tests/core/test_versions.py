"""Versions that follow each other: what the clock knows of the next one."""

from datetime import date, timedelta

from regulars.core.member import NEVER, Member
from regulars.core.points import Earn
from regulars.core.programme import Plan, Versions, folded
from tests.core.clubs import BASE, HEAD, START, UNIT, ZONE, line, order, plan_of, programme_of

BORN = (START + timedelta(days=250)).date().replace(year=1990)
CAKE = '\n[[rules]]\nkind = "birthday"\nid = "cake"\nname = "Birthday"\npoints = 88\n'


def test_the_clock_looks_at_everybody_when_a_version_begins() -> None:
    """Also where it had nothing else to do for them, or looked at them in between: a lot expires before."""
    first = plan_of(UNIT.replace("count = 12", "count = 3") + BASE)
    second = Plan(programme_of(HEAD + UNIT + BASE + CAKE), ZONE, "CNY", 2, START + timedelta(days=200))
    versions = Versions([first, second])
    assert versions.upcoming(START) == second.day(START + timedelta(days=200))
    assert versions.upcoming(START + timedelta(days=200)) == NEVER
    member = Member("m", joined=first.day(START), birthday=BORN)
    told = folded(member, [order(1, line(9_900))], versions, until=first.day(START + timedelta(days=260)))
    earned = [(entry.amount, event.at) for event, one in told for entry in one.entries if isinstance(entry, Earn)]
    assert [amount for amount, _ in earned] == [99, 88]
    assert earned[1][1].astimezone(ZONE).date() == date(2026, BORN.month, BORN.day)
