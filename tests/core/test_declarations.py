"""Documents of rules: what is written is what is meant, and what is wrong is found at its place, all of it at once."""

import pickle
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.core.declarations import (
    PARTS_MOST,
    Choice,
    Context,
    Day,
    Flag,
    Id,
    Ids,
    Instant,
    Kind,
    Localised,
    Lookup,
    Money,
    Parts,
    Quantity,
    Ref,
    Share,
    Table,
    Term,
    When,
    Whole,
    Words,
    declare,
    declared,
    dump,
    knowing,
    load,
    parse,
    plain,
    schema,
)
from regulars.core.expiry import Aligned, Span, Validity
from regulars.core.faults import Faulty
from regulars.core.says import Says, same
from tests.core.asking import SHOP
from tests.core.sample_rules import (
    CNY,
    ROUNDINGS,
    PerAmount,
    PerItem,
    Programme,
    Rounding,
    Rule,
    Tier,
    document,
    programmes,
)


def faults(plain: object, context: Context = CNY) -> dict[str, str]:
    """The faults of a document by their path; every one says what to do, in both languages."""
    with pytest.raises(Faulty) as caught:
        parse(Programme, plain, context)
    found = caught.value.faults
    for fault in found:
        assert fault.reason.en and fault.reason.zh and fault.mend.en and fault.mend.zh
        assert "{" not in fault.mend.zh.replace("{ ... }", "")
    assert len({fault.path for fault in found}) == len(found)
    return {fault.path: f"{fault.reason.en} {fault.mend.en}" for fault in found}


@given(programmes())
def test_what_is_written_is_read_again(programme: Programme) -> None:
    assert parse(Programme, plain(programme, CNY), CNY) == programme


@given(programmes())
def test_also_by_way_of_a_file(programme: Programme) -> None:
    assert parse(Programme, load(dump(plain(programme, CNY))), CNY) == programme


@settings(max_examples=30)
@given(programmes())
def test_what_is_written_keeps_to_the_schema(programme: Programme) -> None:
    described = schema(Programme, CNY)
    jsonschema_rs.Draft202012Validator(described, validate_formats=True).validate(plain(programme, CNY))


JUNK: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates() | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(programmes(), st.data())
def test_whatever_is_written_anywhere_is_read_or_refused_with_a_place(
    programme: Programme, data: st.DataObject
) -> None:
    written: Any = plain(programme, CNY)
    node, step = written, data.draw(st.sampled_from(sorted(written)))
    while isinstance(node[step], (dict, list)) and node[step] and data.draw(st.booleans()):
        node = node[step]
        step = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
    node[step] = data.draw(JUNK)
    try:
        read = parse(Programme, written, CNY)
    except Faulty:
        assert faults(written)
    else:
        assert parse(Programme, plain(read, CNY), CNY) == read


def test_a_schema_refuses_what_the_document_may_not_say() -> None:
    check = jsonschema_rs.Draft202012Validator(schema(Programme, CNY))
    assert check.is_valid(document())
    assert not check.is_valid(document(nonsense=1))
    assert not check.is_valid(document(earning=[{"kind": "per_amonut", "id": "a", "points": 1, "per": 1}]))
    assert not check.is_valid(document(earning=[{"kind": "per_amount", "id": "a", "points": 1, "per": "1.234"}]))
    assert not check.is_valid(document(prices={"gold": 1.5}))
    assert not check.is_valid(document(earning=[{"kind": "per_amount", "id": "a", "points": 0, "per": 1}]))
    assert jsonschema_rs.Draft202012Validator(schema(Programme, Context("JPY"))).is_valid(
        document(prices={"gold": "8.0"})
    )


def test_a_schema_carries_the_words_of_its_language() -> None:
    chinese = schema(Programme, CNY, "zh-hans")["$defs"]
    assert chinese["PerAmount.per_amount"]["title"] == "消费送积分"
    assert chinese["Tier"]["properties"]["name"] | {"anyOf": ...} == {
        "title": "名称",
        "description": "会员看到的名称。",
        "anyOf": ...,
    }
    assert schema(Programme, CNY)["$defs"]["Tier"]["properties"]["multiplier"]["default"] == "100%"


def test_every_fault_of_a_document_is_found_at_once() -> None:
    bad = document(
        earning=[
            {"kind": "per_amount", "id": "base", "ponts": 1, "per": 10.5},
            {"kind": "per_item", "id": "tea", "per": "0.5", "categories": ["tea", "tee"], "tier": "glod"},
            {"kind": "per_items", "id": "x"},
            {"id": "y"},
            "z",
        ],
        valid={"count": -1, "span": "month"},
        prices={"gold": "x", "platinum": 1, "Big One": 1},
        nmae="?",
    )
    del bad["name"]
    found = faults(bad)
    assert found == found | {
        "name": "“Name” is missing. Add it.",
        "nmae": "Nothing is called “nmae” here. Did you mean “name”?",
        "earning[0].ponts": "Nothing is called “ponts” here. Did you mean “points”?",
        "earning[0].points": "“Points” is missing. Add it.",
        "earning[0].per": 'This must be an amount of money, not a number with a decimal point. Write it like this: "12.30"',
        "earning[1].categories[1]": "There is no “tee” among categories. Did you mean “tea”?",
        "earning[1].tier": "There is no “glod” among tiers. Did you mean “gold”?",
        "earning[2].kind": "There is no kind “per_items” here. Did you mean “per_item”?",
        "earning[3].kind": "“kind” is missing. There are: per_amount, per_item.",
        "earning[4]": "This must be a table, not text. Write it like this: { ... }",
        "valid.count": "This is outside what is allowed. Give 0 to 3,660.",
        "valid.span": "“month” is not one of the choices. Did you mean “months”?",
        "prices.platinum": "There is no “platinum” among tiers. There are: silver, gold.",
    }
    assert set(found) - {"prices.gold", 'prices["Big One"]'} < set(found)
    assert len(found) == 15


def test_faults_speak_chinese_too() -> None:
    with pytest.raises(Faulty) as caught:
        parse(Programme, document(earning=[{"kind": "per_amount", "id": "a", "points": "1", "per": 10.5}]), CNY)
    assert [fault.to("zh-hans") for fault in caught.value.faults] == [
        "earning[0].points: 这里应填整数，现在是文本。 请写成：1",
        'earning[0].per: 这里应填金额，现在是不带引号的小数。 请写成："12.30"',
    ]


GOOD = [
    (Id(), "double-points_2", "double-points_2", "double-points_2"),
    (Words(5), "五个字好呀", "五个字好呀", "五个字好呀"),
    (Localised(), "Gold", Says("Gold", "Gold"), "Gold"),
    (Localised(), {"en": "Gold", "zh": "金"}, Says("Gold", "金"), "Gold"),
    (Whole(-5, 5), -5, -5, "-5"),
    (Whole(), 1_000_000, 1_000_000, "1,000,000"),
    (Money(), "12.30", 1230, "12.30 CNY"),
    (Money(), 12, 1200, "12.00 CNY"),
    (Money(minimum=-100), "-0.5", -50, "-0.50 CNY"),
    (Quantity(unit=Says("kg", "公斤")), "1.5", 1500, "1.5 kg"),
    (Quantity(), 1200, 1_200_000, "1,200"),
    (Share(), "12.5%", Fraction(1, 8), "12.5%"),
    (Share(minimum=Fraction(-1)), "-3.0001 %", Fraction(-30001, 1_000_000), "-3.0001%"),
    (Flag(), True, True, "yes"),
    (Flag(), False, False, "no"),
    (Choice(Rounding, ROUNDINGS), "nearest", Rounding.NEAREST, "to the nearest"),
    (Day(), "2026-02-28", date(2026, 2, 28), "2026-02-28"),
    (Day(), date(2026, 2, 28), date(2026, 2, 28), "2026-02-28"),
    (Instant(), "2026-11-11T20:00:00+08:00", datetime(2026, 11, 11, 12, tzinfo=UTC), "2026-11-11 20:00:00 CST"),
    (Instant(), "2026-11-11 12:00Z", datetime(2026, 11, 11, 12, tzinfo=UTC), "2026-11-11 20:00:00 CST"),
    (Instant(), datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1))),
     datetime(2025, 12, 31, 23, tzinfo=UTC), "2026-01-01 07:00:00 CST"),
    (Term(), {"count": 1}, Validity(1), "1 day"),
    (Term(), {"count": 12, "span": "months", "aligned": "month"}, Validity(12, Span.MONTHS, Aligned.MONTH),
     "12 months, to the end of the month"),
    (Ref("categories"), "tea", "tea", "Tea"),
    (Ref("elsewhere"), "Anything 1", "Anything 1", "Anything 1"),
    (Ids("categories"), ["tea", "Coffee 2"], ("tea", "Coffee 2"), "Tea, Coffee"),
    (Table(Money(), keys=Ref("categories")), {"tea": 5}, {"tea": 500}, "Tea: 5.00 CNY"),
    (Parts(Tier), [{"id": "a", "name": "A"}], (Tier("a", Says("A", "A")),), "Id: a; Name: A"),
    (Parts((PerAmount, PerItem)), [{"kind": "per_item", "id": "a", "per": 1}], (PerItem(id="a", per=1000),),
     "per_item (Id: a; for every: 1)"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "written", "value", "says"), GOOD)
def test_each_kind_reads_writes_and_says(kind: Kind[Any], written: Any, value: Any, says: str) -> None:
    read = kind.parse(written, "", CNY)
    assert read == value and type(read) is type(kind.parse(written, "", CNY))
    assert kind.parse(kind.plain(read, CNY), "", CNY) == value
    assert kind.says(read, CNY).en.replace(" kg", "") == says.replace(" kg", "")


def test_chinese_says_it_as_chinese_does() -> None:
    said = Term().says(Validity(12, Span.MONTHS, Aligned.YEAR), CNY)
    assert said.zh == "12 个月，到当年最后一天"
    assert Quantity(unit=Says("kg", "公斤")).says(1500, CNY) == Says("1.5 kg", "1.5 公斤")


BAD = [
    (Id(), ["", "Gold", "a b", "a--b", "-a", "a" * 61, "金", 1, None, "a\n"]),
    (Words(5), ["", "  ", "sechs!", 1, None, ["a"], "a\x00", "\ud800"]),
    (Localised(5), ["", "sechs!", {"en": "a"}, {"zh": "a"}, {"en": "a", "zh": ""}, {"en": "a", "zh": "a", "de": "a"}, 5]),
    (Whole(1, 9), [0, 10, "5", 5.0, True, None, 10**4000]),
    (Money(minimum=1), ["0", 0, "-1", 1.5, True, "1.234", "1,000", "¥5",
      "1e3", "1e999999999", "NaN", "１２", "9" * 20, 10**30, None]),
    (Quantity(), ["-1", "1.0005", 1.5, "x", None, 10**10]),
    (Share(), ["250%", "12.5", 12, 0.125, "x%", "-1%", "1.00001%", "%", None, Fraction(1, 8)]),
    (Flag(), [1, 0, "true", None]),
    (Choice(Rounding, ROUNDINGS), ["up", "DOWN", "", 1, None]),
    (Day(), ["2026-02-30", "20260228", "2026-W01-1", "2026-2-1", "tomorrow", 20260228, None,
      datetime(2026, 1, 1, tzinfo=UTC), "２026-01-01"]),
    (Instant(), ["2026-11-11T20:00:00", datetime(2026, 1, 1), "2026-11-11", "2026-11-11T25:00Z",  # noqa: DTZ001
      "0001-01-01T00:00+08:00", 5, None, date(2026, 1, 1)]),
    (Term(), [{}, {"count": -1}, {"count": 4000}, {"count": 1, "span": "weeks"}, {"count": 1, "aligned": "x"}, 12, None]),
    (Ref("categories"), ["tee", "", " ", "a" * 201, 1, None]),
    (Ref("elsewhere"), ["", "a" * 201, "a\x1b"]),
    (Ids("categories"), [[], "tea", ["tea", "tea"], ["tea", 1], [None], None, {"tea": 1}]),
    (Ids("elsewhere", minimum=2, maximum=2), [["a"], ["a", "b", "c"]]),
    (When(SHOP), [{"field": "nothing", "op": "is", "value": 1}, "x", 5, None]),
    (Table(Money(), keys=Id()), [{"A": 1}, {"a": 1.5}, [], None, {1: 1}]),
    (Table(Money(), keys=Id(), minimum=1, maximum=1), [{}, {"a": 1, "b": 2}]),
    (Parts(Tier, maximum=1), [{}, "x", None, [None], [{"id": "a"}], [{"id": "a", "name": "A"}, {"id": "b", "name": "B"}]]),
    (Parts((PerAmount, PerItem)), [[{"kind": 5}], [{"kind": ["per_item"]}],
      [{"kind": "per_item", "id": "a", "per": 1, "points": 1}]]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "written"), [(kind, written) for kind, bads in BAD for written in bads])
def test_each_kind_refuses_at_its_place(kind: Kind[Any], written: Any) -> None:
    with pytest.raises(Faulty) as caught:
        kind.parse(written, "here", CNY)
    for fault in caught.value.faults:
        assert fault.path.startswith("here")
        assert all([*fault.reason, *fault.mend])
        assert len(fault.to("en")) < 400


@given(JUNK, st.sampled_from([kind for kind, _ in BAD]))
def test_no_kind_breaks_on_anything(junk: Any, kind: Kind[Any]) -> None:
    with suppress(Faulty):
        value = kind.parse(junk, "here", CNY)
        assert kind.parse(kind.plain(value, CNY), "here", CNY) == value


@given(st.integers(0, 10**12), st.sampled_from(["CNY", "JPY", "KWD", "CLF"]))
def test_amounts_are_exact_in_every_currency(minor: int, currency: str) -> None:
    context = Context(currency)
    written = Money().plain(minor, context)
    assert not isinstance(written, float)
    assert Money().parse(written, "", context) == minor


def test_a_naive_time_is_refused_with_its_mend() -> None:
    assert faults(document(opens_at="2026-11-11T20:00:00"))["opens_at"].endswith(
        "Add the offset: 2026-11-11T20:00:00+08:00"
    )


def test_a_share_that_no_percentage_writes_is_not_written_wrong() -> None:
    with pytest.raises(ValueError, match="1/3"):
        Share().plain(Fraction(1, 3), CNY)


def test_an_id_used_twice_is_found_even_where_the_rest_is_wrong() -> None:
    rule = {"kind": "per_amount", "id": "base", "points": 1, "per": 1}
    found = faults(document(earning=[rule, rule | {"points": 0}]))
    assert found == {
        "earning[1].id": "earning[0] has the id “base” already. Give it another.",
        "earning[1].points": "This is outside what is allowed. Give 1 to 1,000,000.",
    }


def test_the_fields_are_checked_together_once_each_is_good() -> None:
    rule = {"kind": "per_amount", "id": "base", "points": 1, "per": 1, "starts": "2026-05-02", "ends": "2026-05-01"}
    assert list(faults(document(earning=[rule]))) == ["earning[0].ends"]
    assert list(faults(document(earning=[rule | {"points": 0}]))) == ["earning[0].points"]


def test_references_lead_into_the_document_the_shop_or_are_taken_as_they_are() -> None:
    written = document()
    assert parse(Programme, written, Context("CNY")).earning[1].categories == ("tea",)  # nobody told of categories
    del written["ladder"]
    found = faults(written)
    assert set(found) == {"earning[1].tier", "prices.silver", "prices.gold"}
    assert found["prices.gold"].endswith("There are none yet; add it there first.")
    # Where the tiers cannot be read, one fault is told, not one for everybody who names one.
    assert set(faults(document(ladder={"tiers": 5}))) == {"ladder.tiers"}
    assert set(faults(document(ladder=5))) == {"ladder"}
    # A tier with a fault of its own is still there to be named.
    assert set(faults(document(ladder={"tiers": [{"id": "silver"}, {"id": "gold", "name": "G"}, 5, {"id": 6}]}))) == {
        "ladder.tiers[0].name", "ladder.tiers[2]", "ladder.tiers[3].id", "ladder.tiers[3].name",
    }  # fmt: skip


def test_conditions_name_what_there_is() -> None:
    def asking(tier: str) -> dict[str, Any]:
        when = {"field": "member.tier", "op": "is", "value": tier}
        return document(earning=[{"kind": "per_amount", "id": "base", "points": 1, "per": 1, "when": {"all": [when]}}])

    programme = parse(Programme, asking("gold"), CNY)
    assert "金卡" in When(SHOP).says(programme.earning[0].when, knowing(programme, CNY)).zh
    assert list(faults(asking("glod"))) == ["earning[0].when.all[0].value"]


def test_a_document_knows_its_parts_by_name() -> None:
    known = knowing(parse(Programme, document(), CNY), CNY).known
    assert known["tiers"] == {"silver": same("Silver"), "gold": Says("Gold", "金卡")}
    assert known["categories"] == CNY.known["categories"]
    assert known["earning"] == {"base": same("base"), "tea": same("tea")}


def test_parts_within_parts_are_known_too() -> None:
    @dataclass(frozen=True, slots=True)
    class Club:
        id: str = declare(Id(), same("id"))
        tiers: tuple[Tier, ...] = declare(Parts(Tier), same("tiers"), default=())

    @dataclass(frozen=True, slots=True)
    class Clubs:
        clubs: tuple[Club, ...] = declare(Parts(Club), same("clubs"), default=())
        best: str | None = declare(Ref("tiers"), same("best"), default=None)

    written = {
        "clubs": [{"id": "a", "tiers": [{"id": "x", "name": "X"}]}, {"id": "b", "tiers": [{"id": "y", "name": "Y"}]}],
        "best": "y",
    }
    assert parse(Clubs, written, CNY).best == "y"
    with pytest.raises(Faulty, match="“z”"):
        parse(Clubs, written | {"best": "z"}, CNY)


def test_defaults_are_left_out_and_come_back() -> None:
    programme = parse(Programme, {"id": "a", "name": "A"}, CNY)
    assert programme == Programme("a", Says("A", "A"))
    assert plain(programme, CNY) == {"id": "a", "name": "A"}


def test_one_rule_can_be_read_alone_at_its_place() -> None:
    with pytest.raises(Faulty, match=r"earning\[3\]\.points"):
        parse(PerAmount, {"id": "a", "points": 0, "per": 1}, CNY, "earning[3]")
    assert parse(PerAmount, {"id": "a", "points": 1, "per": "0.01"}, CNY, "earning[3]").per == 1


def nested(depth: int) -> dict[str, Any]:
    inner: dict[str, Any] = {}
    for _ in range(depth - 2):
        inner = {"x": [inner]}
    return document(welcome=inner)


def test_too_deep_and_too_many_is_one_fault() -> None:
    assert list(faults(nested(20))) == ["welcome.x"]
    assert list(faults(nested(21))) == [""]
    assert list(faults(document(name=[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]))) == [""]
    rules = [{"kind": "per_amount", "id": f"r{n}", "points": 1, "per": 1} for n in range(PARTS_MOST)]
    assert list(faults(document(earning=rules))) == [""]
    rules = rules[: PARTS_MOST - 2]
    assert len(parse(Programme, document(earning=rules, prices={}), CNY).earning) == PARTS_MOST - 2
    assert len(parse(Programme, document(earning=tuple(rules), prices={}), CNY).earning) == PARTS_MOST - 2


def test_a_page_of_slips_is_answered_in_time_and_with_short_words() -> None:
    slips = document(**{str(n) + "x" * 1000: n for n in range(300)})
    found = faults(slips)
    assert len(found) == 300
    assert all(len(path) < 100 for path in found)


def test_what_was_meant_is_not_looked_for_without_end() -> None:
    """A thousand names to look among and a thousand slips would be a million comparisons."""
    categories = {f"category-{n}": same(f"{n}") for n in range(1_000)}
    rule = {"kind": "per_item", "id": "a", "per": 1, "categories": [f"categorie-{n}" for n in range(1_000)]}
    found = faults(document(earning=[rule]), replace(CNY, known={"categories": categories}))
    assert sum("Did you mean" in told for told in found.values()) == 100
    assert len(found) == 1_000


def test_a_rule_without_settings_has_none() -> None:
    @dataclass(frozen=True, slots=True)
    class Bare:
        pass

    assert parse(Bare, {}, CNY) == Bare()
    with pytest.raises(Faulty, match="Delete it"):
        parse(Bare, {"a": 1}, CNY)


def test_declarations_that_cannot_work_are_refused_when_they_are_made() -> None:
    @dataclass(frozen=True, slots=True)
    class Undeclared:
        points: int = 0

    @dataclass(frozen=True, slots=True)
    class Kinded:
        kind: str = declare(Id(), same("kind"))

    def twin() -> type:
        @dataclass(frozen=True, slots=True)
        class Tier:
            id: str = declare(Id(), same("id"))

        return Tier

    @dataclass(frozen=True, slots=True)
    class Twins:
        one: tuple[Tier, ...] = declare(Parts(Tier), same("one"))
        other: tuple[Any, ...] = declare(Parts(twin()), same("other"))

    with pytest.raises(TypeError, match="use declare"):
        declared(Undeclared)
    with pytest.raises(TypeError, match="called kind"):
        Parts({"a": Kinded, "b": Tier})
    with pytest.raises(TypeError, match="told apart"):
        Parts({"a": Tier, "b": Tier})
    with pytest.raises(TypeError, match="told apart"):
        Parts((PerAmount, type("Other", (PerItem,), {"kind": "per_amount"})))
    with pytest.raises(TypeError, match="empty by default"):
        declare(Ids("x"), same("x"), default=("a",))
    with pytest.raises(TypeError, match="share the name Tier"):
        schema(Twins, CNY)


def test_a_mapping_names_kinds_as_well() -> None:
    kind = Parts({"tier": Tier, "amount": PerAmount})
    read = kind.parse([{"kind": "tier", "id": "a", "name": "A"}], "", CNY)
    assert kind.plain(read, CNY) == [{"kind": "tier", "id": "a", "name": "A"}]


def test_what_was_read_cannot_change_and_can_be_a_key() -> None:
    programme = parse(Programme, document(), CNY)
    again = pickle.loads(pickle.dumps(programme))  # noqa: S301  our own
    assert {programme: 1}[again] == 1
    assert deepcopy(programme) == programme
    assert repr(programme.prices) == "Lookup({'silver': 1000, 'gold': 850})"
    assert programme.prices == {"gold": 850, "silver": 1000} and len(programme.prices) == 2
    with pytest.raises(TypeError):
        programme.prices["gold"] = 1  # type: ignore[index]
    assert hash(replace(programme, prices=Lookup({"gold": 1}))) != hash(programme)
    assert issubclass(PerAmount, Rule)
