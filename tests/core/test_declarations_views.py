"""What a document says, and what changed: each difference once, at its place, and none that is not there."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import given

from regulars.core.declarations import Change, Id, Lookup, Parts, Shown, Words, declare, diff, parse, view
from regulars.core.says import Says, same
from tests.core.sample_rules import CNY, PerItem, Programme, Welcome, document, programmes


def read(**changes: Any) -> Programme:
    return parse(Programme, document(**changes), CNY)


def told(changes: list[Change]) -> list[tuple[str, str, str | None, str | None]]:
    return [
        (change.path, change.label.en, change.before and change.before.en, change.after and change.after.en)
        for change in changes
    ]


@given(programmes(), programmes())
def test_something_changed_exactly_if_the_documents_differ(one: Programme, other: Programme) -> None:
    assert diff(one, one, CNY) == []
    assert bool(diff(one, other, CNY)) == (one != other)
    for change in diff(one, other, CNY):
        assert change.before is not None or change.after is not None


@given(programmes(), programmes())
def test_the_way_back_is_the_way_there(one: Programme, other: Programme) -> None:
    there = {(change.label, change.before, change.after) for change in diff(one, other, CNY)}
    back = {(change.label, change.after, change.before) for change in diff(other, one, CNY)}
    assert {before for _, before, _ in there} == {before for _, before, _ in back}


def test_a_changed_value_names_its_rule() -> None:
    old, new = read(), read(earning=[document()["earning"][0] | {"points": 2}, document()["earning"][1]])
    assert told(diff(old, new, CNY)) == [("earning[0].points", "Earning › base › Points", "1", "2")]


def test_a_rule_that_moved_is_a_change_of_order_alone() -> None:
    old, new = read(), read(earning=document()["earning"][::-1])
    assert told(diff(old, new, CNY)) == [("earning", "Earning › order", "base, tea", "tea, base")]


def test_a_rule_put_in_front_is_added_and_changes_no_other() -> None:
    first = {"kind": "per_amount", "id": "first", "points": 9, "per": 1}
    changes = told(diff(read(), read(earning=[first, *document()["earning"]]), CNY))
    assert changes == [
        ("earning[0]", "Earning › first", None, "Points per amount (Id: first; Points: 9; for every: 1.00 CNY)")
    ]
    assert told(diff(read(earning=[first, *document()["earning"]]), read(), CNY)) == [
        ("earning[0]", "Earning › first", changes[0][3], None)
    ]


def test_a_rule_of_another_kind_is_another_rule() -> None:
    rules = document()["earning"]
    (change,) = diff(read(), read(earning=[{"kind": "per_item", "id": "base", "per": 1}, rules[1]]), CNY)
    assert change.path == "earning[0]"
    assert change.before and change.before.zh.startswith("消费送积分（标识：base；")
    assert change.after and change.after.zh.startswith("per_item（")


def test_tables_names_groups_and_what_comes_or_goes() -> None:
    old = read(welcome={"points": 5})
    new = replace(
        old,
        name=Says("The Club", "俱乐部"),
        prices=Lookup({"silver": 1000, "gold": 900}),
        welcome=None,
        limits=Welcome(points=8),
    )
    assert told(diff(old, new, CNY)) == [
        ("name.zh", "Name › Chinese", "会员俱乐部", "俱乐部"),
        ("prices.gold", "Prices › Gold", "8.50 CNY", "9.00 CNY"),
        ("welcome", "Welcome", "Points: 5", None),
        ("limits.points", "Limits › Points", "7", "8"),
    ]
    gone = replace(old, prices=Lookup({"silver": 1000}))
    assert told(diff(old, gone, CNY)) == [("prices.gold", "Prices › Gold", "8.50 CNY", None)]
    # Each version speaks with the names of its own parts.
    tiers = [{"id": "silver", "name": "Silver"}, {"id": "gold", "name": "Golden"}]
    renamed = replace(
        read(ladder={"tiers": tiers}), earning=(old.earning[0], PerItem(id="tea", per=500, tier="silver"))
    )
    assert ("earning[1].tier", "Earning › tea › Tier", "Gold", "Silver") in told(diff(old, renamed, CNY))


def test_parts_without_an_id_are_matched_by_place() -> None:
    @dataclass(frozen=True, slots=True)
    class Line:
        text: str = declare(Words(), same("text"))

    @dataclass(frozen=True, slots=True)
    class Letter:
        id: str = declare(Id(), same("id"))
        lines: tuple[Line, ...] = declare(Parts(Line), same("lines"), default=())

    old, new = Letter("a", (Line("x"), Line("y"))), Letter("a", (Line("x"), Line("z"), Line("y")))
    assert told(diff(old, new, CNY)) == [
        ("lines[1].text", "lines › 2 › text", "y", "z"),
        ("lines[2]", "lines › 3", None, "text: y"),
    ]


def walk(shown: Iterable[Shown]) -> Iterator[Shown]:
    for line in shown:
        yield line
        yield from walk(line.nested)


@given(programmes())
def test_everything_shown_has_words_and_a_place_of_its_own(programme: Programme) -> None:
    lines = list(walk(view(programme, CNY)))
    assert len({line.path for line in lines}) == len(lines)
    assert all(line.label.en and line.label.zh and line.path for line in lines)


def test_a_view_tells_what_the_document_says() -> None:
    lines = {line.path: line for line in walk(view(read(), CNY))}
    assert lines["earning"].says == Says("2 in all", "共 2 项")
    assert (lines["earning[0]"].label.en, lines["earning[0]"].says.zh) == ("base", "消费送积分")
    assert lines["earning[0].per"].says == Says("10.00 CNY", "10.00 元")
    assert lines["earning[1].tier"].says == Says("Gold", "金卡")
    assert lines["earning[1].by_tier"].says.zh == "是"
    assert lines["prices"].says.zh == "Silver：10.00 元；金卡：8.50 元"
    assert lines["ladder"].nested[0].says.en == "12 months, to the end of the month"
    assert lines["ladder.tiers[1]"].label.zh == "金卡"
    assert "welcome" not in lines and "earning[0].when" not in lines
