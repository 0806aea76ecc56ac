"""The console's form: what it shows is what would be posted, and what is posted is the document."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.core.declarations import (
    Context,
    FormField,
    Id,
    Part,
    Parts,
    When,
    declare,
    form,
    from_form,
    knowing,
    parse,
    plain,
    to_form,
)
from regulars.core.faults import Faulty
from regulars.core.says import Says, same
from tests.core.asking import SHOP
from tests.core.sample_rules import CNY, PerAmount, PerItem, Programme, Tier, Welcome, document, programmes


def walk(fields: Iterable[FormField]) -> Iterator[FormField]:
    for field in fields:
        yield field
        yield from walk(field.nested)


def posted(fields: Iterable[FormField]) -> dict[str, str | list[str]]:
    """What a browser would post of a form: its inputs' values, of check boxes those that are ticked."""
    shown = {field.name: list(field.value) if isinstance(field.value, tuple) else field.value for field in walk(fields)}
    return {name: value for name, value in shown.items() if value}


@given(programmes())
def test_a_form_of_a_document_posted_untouched_is_the_document(programme: Programme) -> None:
    assert parse(Programme, from_form(Programme, to_form(programme, CNY), CNY), CNY) == programme


@given(programmes(), st.sampled_from(["en", "zh-hans"]))
def test_the_form_as_shown_posts_the_document(programme: Programme, language: str) -> None:
    fields = form(Programme, knowing(programme, CNY), language, to_form(programme, CNY))
    assert parse(Programme, from_form(Programme, posted(fields), CNY), CNY) == programme


@given(programmes())
def test_browsers_send_lists_and_line_ends_of_their_own(programme: Programme) -> None:
    sent = {
        name: [text.replace("\n", "\r\n") for text in ([value] if isinstance(value, str) else value)]
        for name, value in to_form(programme, CNY).items()
    }
    assert parse(Programme, from_form(Programme, sent, CNY), CNY) == programme


@given(programmes(), st.data())
def test_whatever_is_posted_is_read_or_refused(programme: Programme, data: st.DataObject) -> None:
    sent: dict[str, Any] = to_form(programme, CNY)
    for name in data.draw(st.lists(st.sampled_from(sorted(sent)), max_size=4)):
        if data.draw(st.booleans()):
            sent.pop(name, None)
        else:
            sent[name] = data.draw(st.text(max_size=5) | st.lists(st.text(max_size=3), max_size=2))
    document = from_form(Programme, sent, CNY)
    try:
        read = parse(Programme, document, CNY)
    except Faulty as bad:
        found = bad.faults
    else:
        assert parse(Programme, plain(read, CNY), CNY) == read
        return
    places = {field.path for field in walk(form(Programme, CNY, "en", sent))}
    for fault in found:  # beside its question, or that of the list it stands in
        assert any(fault.path == place or fault.path.startswith((f"{place}.", f"{place}[")) for place in places)


def by_path(fields: Iterable[FormField]) -> dict[str, FormField]:
    return {field.path: field for field in walk(fields)}


def test_a_new_form_shows_what_is_meant_and_asks_for_what_is_missing() -> None:
    fields = by_path(form(Programme, CNY, "zh-hans"))
    assert fields["id"] == FormField("id", "id", "id", "标识", maximum="60", required=True)
    assert fields["name.zh"] == FormField("name-zh", "name.zh", "text", "中文", maximum="60", required=True)
    assert fields["valid"].input == "group" and not fields["valid"].required
    assert fields["valid.span"].choices == (("days", "天"), ("months", "个月"), ("years", "年"))
    assert fields["valid.span"].default == "days"
    assert fields["opens_at"].unit == "Asia/Shanghai"
    assert fields["limits.points"].value == "7"
    assert fields["limits"].default == "积分：7"
    assert fields["ladder.window"].default == "12 个月，到当月最后一天"
    earning = fields["earning"]
    assert earning.choices == (("per_amount", "消费送积分"), ("per_item", "per_item"))
    assert [blank.label for blank in earning.blank] == ["消费送积分", "per_item"]
    blank = by_path(earning.blank)
    assert blank["earning[__n__].per"].name == "earning-__n__-per"
    assert blank["earning[__n__].by_tier"] == FormField(
        "earning-__n__-by_tier", "earning[__n__].by_tier", "checkbox", "按等级倍数", default="on", value="on"
    )
    amounts = by_path(earning.blank[:1])
    assert amounts["earning[__n__].kind"].value == "per_amount" and amounts["earning[__n__].kind"].input == "hidden"
    assert (amounts["earning[__n__].per"].input, amounts["earning[__n__].per"].unit) == ("money", "元")
    assert amounts["earning[__n__].per"].minimum == "0.01"
    assert amounts["earning[__n__].when"].input == "condition"
    assert ("order.amount", "订单金额") in amounts["earning[__n__].when"].choices
    items = by_path(earning.blank[1:])
    assert (items["earning[__n__].per"].unit, items["earning[__n__].per"].minimum) == ("公斤", "0.001")
    assert items["earning[__n__].categories"].choices == (("tea", "茶叶"), ("Coffee 2", "咖啡"), ("奶制品", "奶制品"))
    assert items["earning[__n__].tier"].input == "text"  # nobody knows the tiers of a document that is not there yet
    assert by_path(fields["ladder.tiers"].blank)["ladder.tiers[__n__].multiplier"].unit == "%"
    assert by_path(fields["ladder.tiers"].blank)["ladder.tiers[__n__].multiplier"].value == "100"
    assert by_path(fields["ladder.tiers"].blank)["ladder.tiers[__n__].name"].help == "会员看到的名称。"
    row = fields["prices"].blank[0]
    assert [half.name for half in row.nested] == ["prices-__n__-key", "prices-__n__-value"]


def test_a_new_form_posted_as_it_is_lacks_only_what_is_asked_for() -> None:
    sent = posted(form(Programme, CNY, "en"))
    with pytest.raises(Faulty) as caught:
        parse(Programme, from_form(Programme, sent, CNY), CNY)
    assert {fault.path for fault in caught.value.faults} == {"id", "name.en", "name.zh"}
    read = parse(Programme, from_form(Programme, sent | {"id": "a", "name-en": "A", "name-zh": "A"}, CNY), CNY)
    assert read == Programme("a", Says("A", "A"))


def test_the_form_of_a_document_offers_its_own_tiers() -> None:
    programme = parse(Programme, document(), CNY)
    fields = by_path(form(Programme, knowing(programme, CNY), "zh", to_form(programme, CNY)))
    assert fields["earning[1].tier"].choices == (("silver", "Silver"), ("gold", "金卡"))
    assert fields["earning[1].tier"].value == "gold"
    assert fields["earning[1].categories"].value == ("tea",)
    assert fields["earning[0].per"].value == "10"
    assert [field.name for field in fields["prices"].nested] == ["prices-0", "prices-1"]
    assert [half.value for half in fields["prices"].nested[1].nested] == ["gold", "8.50"]
    assert {half.path for half in fields["prices"].nested[1].nested} == {"prices.gold"}


def test_rows_taken_out_leave_no_gap_and_faults_stand_at_the_question() -> None:
    sent = to_form(parse(Programme, document(), CNY), CNY)
    sent = {name.replace("earning-1", "earning-7"): value for name, value in sent.items() if "earning-0" not in name}
    sent["earning-7-per"] = "half"
    with pytest.raises(Faulty) as caught:
        parse(Programme, from_form(Programme, sent, CNY), CNY)
    assert [fault.path for fault in caught.value.faults] == ["earning[0].per"]
    question = by_path(form(Programme, CNY, "en", sent))["earning[0].per"]
    assert (question.name, question.value) == ("earning-0-per", "half")


def test_a_row_without_its_kind_asks_for_it() -> None:
    sent = {"id": "a", "name-en": "A", "name-zh": "A", "earning-0-points": "5", "earning-1-kind": "lottery"}
    read = from_form(Programme, sent, CNY)
    assert read["earning"] == [{}, {"kind": "lottery"}]
    asked = by_path(form(Programme, CNY, "en", sent))["earning[1].kind"]
    assert (asked.input, asked.value, asked.required) == ("select", "lottery", True)


def test_a_row_of_prices_half_filled_is_refused_and_a_blank_one_is_none() -> None:
    good = {"id": "a", "name-en": "A", "name-zh": "A"}
    for half in ({"prices-0-key": "gold"}, {"prices-0-value": "5"}):
        with pytest.raises(Faulty, match="prices"):
            parse(Programme, from_form(Programme, good | half, CNY), CNY)
    assert "prices" not in from_form(Programme, good | {"prices-0-key": "", "prices-0-value": " "}, CNY)


def test_a_key_posted_twice_is_not_forgotten() -> None:
    good = {"id": "a", "name-en": "A", "name-zh": "A"}
    twice = {"prices-0-key": "gold", "prices-0-value": "5", "prices-1-key": "gold", "prices-1-value": "6"}
    with pytest.raises(Faulty, match="gold"):
        parse(Programme, from_form(Programme, good | twice, CNY), replace(CNY, known={"tiers": {"gold": same("Gold")}}))


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ({"welcome": "on"}, {}),
        ({"welcome-points": "0"}, None),
        ({"welcome-points": "5"}, {"points": 5}),
        ({"welcome-public": "on"}, {"public": True}),
        ({"welcome-note": " "}, None),
        ({"welcome-note": "hello"}, {"note": "hello"}),
        ({}, None),
    ],
)
def test_a_nested_rule_is_there_when_ticked_or_filled_in(sent: dict[str, str], read: dict[str, Any] | None) -> None:
    found = from_form(Programme, {"id": "a", "name-en": "A", "name-zh": "A"} | sent, CNY).get("welcome")
    assert (found is None) == (read is None)
    if read is not None:
        assert isinstance(found, dict) and {"points": 0, "public": False} | read == {"points": 0} | found


def test_a_box_that_is_ticked_by_default_can_be_cleared() -> None:
    @dataclass(frozen=True, slots=True)
    class One:
        item: PerItem | None = declare(Part(PerItem), same("item"), default=None)

    assert from_form(PerItem, {"id": "a", "per": "1"}, CNY)["by_tier"] is False
    assert from_form(PerItem, {"id": "a", "per": "1", "by_tier": "on"}, CNY)["by_tier"] is True
    assert from_form(One, {"item-id": ""}, CNY) == {}


def test_a_time_without_offset_is_the_shops() -> None:
    good = {"id": "a", "name-en": "A", "name-zh": "A"}
    for sent in ("2026-11-11T20:00", "2026-11-11T12:00:00Z"):
        read = parse(Programme, from_form(Programme, good | {"opens_at": sent}, CNY), CNY)
        assert read.opens_at == datetime(2026, 11, 11, 12, tzinfo=UTC)
    assert from_form(Programme, good | {"opens_at": "soon"}, CNY)["opens_at"] == "soon"
    with pytest.raises(Faulty, match="Add the offset"):
        parse(Programme, from_form(Programme, good | {"opens_at": "2026-11-11T20:00"}, Context("CNY")), CNY)


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "order.amount > 5"])
def test_a_condition_that_is_no_json_is_refused_at_its_place(text: str) -> None:
    read = from_form(PerAmount, {"id": "a", "points": "1", "per": "1", "when": text}, CNY)
    with pytest.raises(Faulty) as caught:
        parse(PerAmount, read, CNY)
    assert [fault.path for fault in caught.value.faults] == ["when"]


def test_parts_of_one_class_have_rows_without_a_kind() -> None:
    @dataclass(frozen=True, slots=True)
    class Club:
        id: str = declare(Id(), same("id"))
        tiers: tuple[Tier, ...] = declare(Parts(Tier), same("tiers"), default=())

    sent = {"id": "a", "tiers-0-id": "gold", "tiers-0-name-en": "Gold", "tiers-0-name-zh": "金", "tiers-x": "?"}
    read = parse(Club, from_form(Club, sent, CNY), CNY)
    assert read.tiers == (Tier("gold", Says("Gold", "金")),)
    assert [field.input for field in walk(form(Club, CNY, "en", sent))][:3] == ["id", "rows", "group"]
    assert "kind" not in str(from_form(Club, sent, CNY))
    assert When(SHOP).asks(CNY).input == "condition"
    assert Welcome() == parse(Welcome, {}, CNY)
