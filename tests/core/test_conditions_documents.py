"""Documents of conditions: every fault is found, with its place and its mend, and the schema agrees with the reader."""

import json
import tomllib
from datetime import UTC, date, datetime, timedelta, timezone
from functools import reduce
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.core.conditions import (
    DEPTH_MOST,
    TESTS_MOST,
    TEXT_MOST,
    VALUES_MOST,
    All,
    Either,
    Not,
    Test,
    Vocabulary,
    parse,
    plain,
    schema,
)
from regulars.core.faults import Fault, Faulty
from tests.core.asking import CONDITIONS, CURRENCY, SHOP

SCHEMA = jsonschema_rs.Draft202012Validator(schema(SHOP))
ENOUGH = {"field": "order.amount", "op": "at_least", "value": "100.00"}
NAN, INFINITY = float("nan"), float("inf")


def faults(document: object, path: str = "when", **known: list[str]) -> tuple[Fault, ...]:
    with pytest.raises(Faulty) as refused:
        parse(document, SHOP, CURRENCY, path, known=known)
    return refused.value.faults


def test_toml_reads_as_json_does():
    document = tomllib.loads(
        """
        when = [
          {field = "order.amount", op = "at_least", value = "100.00"},
          {any = [
            {field = "member.orders_in_last", days = 30, op = "at_least", value = 3},
            {field = "order.at", op = "before", value = 2026-11-11T00:00:00+08:00},
          ]},
          {not = {field = "member.birthday", op = "is", value = 2024-02-29}},
        ]
        """
    )["when"]
    midnight = datetime(2026, 11, 10, 16, tzinfo=UTC)
    read = All(
        (
            Test("order.amount", "at_least", 10_000),
            Either((Test("member.orders_in_last", "at_least", 3, 30), Test("order.at", "before", midnight))),
            Not(Test("member.birthday", "is", date(2024, 2, 29))),
        )
    )
    assert parse(document, SHOP, CURRENCY) == read
    written = plain(read, SHOP, CURRENCY)
    assert written == {
        "all": [
            ENOUGH,
            {
                "any": [
                    {"field": "member.orders_in_last", "days": 30, "op": "at_least", "value": 3},
                    {"field": "order.at", "op": "before", "value": "2026-11-10T16:00:00+00:00"},
                ]
            },
            {"not": {"field": "member.birthday", "op": "is", "value": "2024-02-29"}},
        ]
    }
    assert parse(json.loads(json.dumps(written)), SHOP, CURRENCY) == read


def test_every_fault_is_told_at_once_with_its_place_and_its_mend():
    document = [
        ENOUGH,
        {
            "any": [
                {"field": "order.amuont", "op": "at_leats", "value": "100.00"},
                {"field": "order.amount", "op": "at_leest", "value": "100.00"},
                {"field": "order.amount", "op": "at_least", "value": "12.345"},
            ]
        },
        {"not": {"field": "member.level", "op": "in", "value": ["gold", "glod"], "unit": 1}},
        {"field": "member.orders_in_last", "day": 30, "op": "between", "value": [3, 1]},
    ]
    found = faults(document)
    assert [(fault.path, fault.mend.en) for fault in found] == [
        ("when[1].any[0].field", 'Did you mean "order.amount"?'),
        ("when[1].any[0].op", 'Did you mean "at_least"?'),
        ("when[1].any[1].op", 'Did you mean "at_least"?'),
        ("when[1].any[2].value", "Give at most 2 decimals."),
        ("when[2].not.unit", "Take it out."),
        ("when[2].not.value[1]", 'Did you mean "gold"?'),
        ("when[3].days", "Add days = 1, or up to 365."),
        ("when[3].day", 'Did you mean "days"?'),
        ("when[3].value", "Swap the two."),
    ]
    assert found[5].to("zh-hans") == "when[2].not.value[1]: “member.level”没有“glod”这个值。 是不是“gold”？"


def test_what_is_far_from_everything_is_told_what_there_is():
    (fault,) = faults({"field": "colour", "op": "at_least", "value": "1"})
    assert fault.mend.en.startswith("There are: member.birthday, member.city,")
    (fault,) = faults({"field": "order.first", "op": 3, "value": True})
    assert fault.mend == ("There are: is, is_known, is_missing.", "可用的有：is、is_known、is_missing。")
    wide = Vocabulary("wide", (SHOP["order.amount"],))
    with pytest.raises(Faulty, match=r"There are: order\.amount\."):
        parse({"field": "colour", "op": "is", "value": "1"}, wide, CURRENCY)
    (fault,) = faults({"field": "member.birthday", "op": "month", "value": 1, "x": 1})[:1]
    assert fault.path == "when.op"


ROOT = "A condition is a table with one of all, any, not, field."
RANGE = "This operator takes two values, from and to."
SOME = "This operator takes a list of 1 to 1,000 values."
ONE = "This operator takes one value."


@pytest.mark.parametrize(
    ("document", "path", "reason"),
    [
        (None, "when", ROOT),
        ("always", "when", ROOT),
        ({}, "when", ROOT),
        ({"op": "is", "value": 1}, "when", ROOT),
        ({"all": [ENOUGH], "any": [ENOUGH]}, "when", ROOT),
        ([ENOUGH, [ENOUGH]], "when[1]", ROOT),
        ({"not": [ENOUGH]}, "when.not", ROOT),
        ({"all": [ENOUGH], 3: 4}, "when.3", '"3" says nothing here.'),
        ({"any": []}, "when.any", "any needs a list of at least one condition."),
        ({"any": ENOUGH}, "when.any", "any needs a list of at least one condition."),
        ([{"all": []}], "when[0].all", "all needs a list of at least one condition."),
        ({"all": "x"}, "when.all", "all needs a list of at least one condition."),
        ({"field": ["order.amount"], "op": "equal"}, "when.field", 'There is no field "[…]" here.'),
        ({"field": "order.amount", "value": "1"}, "when.op", "This test has no operator."),
        ({"field": "order.amount", "op": "contains", "value": "1"}, "when.op", '"contains" is no operator here.'),
        ({"field": "order.amount", "op": "equal"}, "when.value", ONE),
        ({"field": "order.amount", "op": "equal", "value": ["1"]}, "when.value", ONE),
        ({"field": "order.amount", "op": "equal", "value": {}}, "when.value", ONE),
        ({"field": "order.amount", "op": "between"}, "when.value", RANGE),
        ({"field": "order.amount", "op": "between", "value": ["1"]}, "when.value", RANGE),
        ({"field": "order.amount", "op": "between", "value": "12"}, "when.value", RANGE),
        (
            {"field": "order.amount", "op": "between", "value": ["2", "1"]},
            "when.value",
            "The range ends before it begins.",
        ),
        (
            {"field": "order.amount", "op": "between", "value": ["x", "1"]},
            "when.value[0]",
            '"x" is not an amount of money.',
        ),
        ({"field": "member.tier", "op": "in", "value": []}, "when.value", SOME),
        ({"field": "member.tier", "op": "in", "value": "gold"}, "when.value", SOME),
        ({"field": "member.tier", "op": "in", "value": ["x"] * (VALUES_MOST + 1)}, "when.value", SOME),
        ({"field": "member.tier", "op": "is_known", "value": None}, "when.value", "This operator takes no value."),
    ],
)
def test_a_document_of_the_wrong_form_is_refused(document, path, reason):
    (fault,) = faults(document)
    assert (fault.path, fault.reason.en) == (path, reason)
    assert fault.mend.en and fault.mend.zh


def _one(field: str, value: Any) -> dict[str, Any]:
    op = {"order.first": "is", "member.city": "is", "member.tags": "has", "member.level": "is"}.get(field, "at_least")
    return {"field": field, "op": op, "value": value}


@pytest.mark.parametrize(
    "value",
    [True, 12.3, NAN, INFINITY, None, "", "1,000.00", "1e3", "NaN", "１２", "12 ", "¥12", "9" * 16, 10**15],
)
def test_what_is_no_amount_is_refused(value):
    for field, example in {"order.amount": '"100.00"', "order.weight": '"1.5"'}.items():
        (fault,) = faults(_one(field, value))
        assert fault.path == "when.value"
        assert fault.mend.en.endswith(f"{example}.") and example in fault.mend.zh


@pytest.mark.parametrize(("currency", "text"), [("CNY", "0.001"), ("JPY", "0.5"), ("KWD", "0.0001")])
def test_an_amount_finer_than_the_smallest_unit_is_refused_not_rounded(currency, text):
    with pytest.raises(Faulty, match=f"finer than {currency} goes"):
        parse(_one("order.amount", text), SHOP, currency)


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("order.weight", "0.0001", "is not a quantity"),
        ("order.discounted", "100.0001%", "is out of range"),
        ("order.discounted", "-1%", "is out of range"),
        ("order.discounted", "0.2", "is not a percentage"),
        ("order.discounted", 0.2, "is not a percentage"),
        ("order.discounted", True, "is not a percentage"),
        ("order.discounted", "12.34567%", "is not a percentage"),
        ("order.first", 1, "is neither true nor false"),
        ("order.first", "true", "is neither true nor false"),
        ("member.city", "", "is not a text of 1 to 200 characters"),
        ("member.city", 3, "is not a text of 1 to 200 characters"),
        ("member.city", "x" * (TEXT_MOST + 1), "is not a text of 1 to 200 characters"),
        ("member.city", "a\0b", "is not a text of 1 to 200 characters"),
        ("member.city", "\ud800", "is not a text of 1 to 200 characters"),
        ("member.level", "Gold", 'is not known as a value of "member.level"'),
        ("order.at", "2026-11-11T00:00:00", "does not say in which zone"),
        ("order.at", datetime(2026, 11, 11), "does not say in which zone"),  # noqa: DTZ001
        ("order.at", "2026-11-11", "is not an instant"),
        ("order.at", date(2026, 11, 11), "is not an instant"),
        ("order.at", "2026-11-31T00:00:00Z", "is not an instant"),
        ("order.at", "2026-11-11T24:01:00Z", "is not an instant"),
        ("order.at", 1_700_000_000, "is not an instant"),
        ("member.birthday", "2026-02-29", "is not a day"),
        ("member.birthday", "20260228", "is not a day"),
        ("member.birthday", datetime(2026, 2, 28, tzinfo=UTC), "is not a day"),
        ("member.birthday", 20_260_228, "is not a day"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(field, value, reason):
    (fault,) = faults(_one(field, value))
    assert fault.path == "when.value"
    assert reason in fault.reason.en
    assert fault.reason.zh and fault.mend.en and fault.mend.zh


@pytest.mark.parametrize("value", [True, 3.0, 3.5, NAN, INFINITY, "3", None])
def test_what_is_no_whole_number_is_refused(value):
    test = {"field": "member.orders_in_last", "days": 30, "op": "at_least", "value": 3}
    for key in ("days", "value"):
        (fault,) = faults({**test, key: value})
        assert (fault.path, fault.mend.en) == (f"when.{key}", "Write a whole number without quotes, such as 3.")


@pytest.mark.parametrize(
    ("test", "path", "mend"),
    [
        ({"field": "member.orders_in_last", "days": 0, "op": "at_least", "value": 1}, "days", "from 1 to 365"),
        ({"field": "member.orders_in_last", "days": 366, "op": "at_least", "value": 1}, "days", "from 1 to 365"),
        (
            {"field": "member.orders_in_last", "days": 1, "op": "at_least", "value": 10**15 + 1},
            "value",
            "to 1,000,000,000,000,000.",
        ),
        ({"field": "member.birthday", "op": "month_in", "value": [13]}, "value[0]", "from 1 to 12"),
        ({"field": "member.birthday", "op": "month_in", "value": [0]}, "value[0]", "from 1 to 12"),
        ({"field": "member.birthday", "op": "day_of_month_in", "value": [31, 32]}, "value[1]", "from 1 to 31"),
        ({"field": "member.birthday", "op": "weekday_in", "value": ["wensday"]}, "value[0]", '"wednesday"'),
        ({"field": "member.birthday", "op": "weekday_in", "value": [3]}, "value[0]", "There are: friday, monday"),
    ],
)
def test_a_number_out_of_range_is_refused(test, path, mend):
    (fault,) = faults(test)
    assert fault.path == f"when.{path}"
    assert mend in fault.mend.en


def test_ids_that_do_not_exist_are_refused_where_it_is_known_which_do():
    test = {"field": "member.tier", "op": "in", "value": ["gold", "sliver", "zz"]}
    assert parse(test, SHOP, CURRENCY) == parse(test, SHOP, CURRENCY, known={"brands": []})
    near, far = faults(test, tiers=["silver", "gold"])
    assert (near.path, near.mend.en) == ("when.value[1]", 'Did you mean "silver"?')
    assert (far.path, far.mend.en) == ("when.value[2]", "There are: gold, silver.")
    assert [fault.mend.en for fault in faults(test, tiers=[])] == ["Take it out."] * 3


def test_a_document_of_nothing_but_slips_is_refused_without_a_long_search():
    """Suggestions end after a while, faults do not."""
    tiers = [f"tier-{n}" for n in range(2_000)]
    found = faults({"field": "member.tier", "op": "in", "value": ["x"] * 50}, tiers=tiers)
    assert {fault.mend.en for fault in found} == {"Take one that there is."}
    found = faults({"field": "member.tier", "op": "in", "value": ["tier-x"] * 50}, tiers=tiers[:500])
    assert len(found) == 50
    assert "Did you mean" in found[0].mend.en
    assert found[-1].mend.en == "Take one that there is."


def test_what_is_long_is_quoted_short():
    (fault,) = faults({"field": "x" * 10**6, "op": "at_least", "value": 1})
    assert len(fault.to("en")) < 500


def test_whatever_stands_for_a_field_an_operator_or_a_value_is_refused_in_words():
    deep: Any = reduce(lambda inner, _: [inner], range(100_000), 0)
    for odd in ({"a": 1}, [[]], deep, 10**5_000, -(10**5_000), None, NAN, b"x"):
        assert faults(odd)
        for key in ("field", "op", "value"):
            assert faults({**ENOUGH, key: odd})


def _nested(levels: int) -> Any:
    document: Any = ENOUGH
    for _ in range(levels - 1):
        document = {"not": document}
    return document


def test_conditions_within_conditions_are_limited():
    assert parse(_nested(DEPTH_MOST), SHOP, CURRENCY)
    for levels in (DEPTH_MOST + 1, 5_000):
        (fault,) = faults(_nested(levels))
        assert fault.path == "when" + ".not" * DEPTH_MOST
        assert "more than 8 deep" in fault.reason.en


def test_the_number_of_tests_is_limited():
    assert parse([ENOUGH] * TESTS_MOST, SHOP, CURRENCY) == All((Test("order.amount", "at_least", 10_000),) * TESTS_MOST)
    (fault,) = faults([ENOUGH] * (TESTS_MOST + 1))
    assert (fault.path, fault.reason.zh) == ("when", "条件超过了 200 个。")


def test_a_path_begins_where_the_document_stands():
    assert [fault.path for fault in faults([{"field": "x", "op": "is"}], "")] == ["[0].field"]
    assert [fault.path for fault in faults({"field": "x", "op": "is"}, "")] == ["field"]
    assert [fault.path for fault in faults({"not": 3}, "earning[2].when")] == ["earning[2].when.not"]


def test_an_offset_of_odd_seconds_is_no_offset_of_documents():
    odd = datetime(1900, 1, 1, tzinfo=timezone(timedelta(hours=8, minutes=5, seconds=43)))
    assert "not an instant" in faults(_one("order.at", odd))[0].reason.en


@settings(max_examples=300)
@given(CONDITIONS)
def test_what_is_written_the_schema_takes(condition):
    assert SCHEMA.is_valid(plain(condition, SHOP, CURRENCY))
    assert SCHEMA.is_valid([plain(condition, SHOP, CURRENCY)])


_SCALARS = st.sampled_from(
    [
        *(
            "order.amount",
            "member.tier",
            "member.level",
            "member.birthday",
            "order.at",
            "member.orders_in_last",
            "order.first",
        ),
        *("at_least", "in", "is", "is_known", "between", "has", "weekday_in", "month_in", "before"),
        *(
            "gold",
            "monday",
            "100.00",
            "12.5%",
            "2026-11-11",
            "2026-11-11T00:00:00Z",
            "",
            "x" * 201,
            0,
            1,
            12,
            13,
            400,
            1.5,
            True,
            None,
        ),
        *([], {}, ["1", "2"], [1, 2], ["gold"], ["monday"], [ENOUGH]),
    ]
)
_SPOILT = st.fixed_dictionaries(
    {"field": st.sampled_from([*SHOP])}, optional=dict.fromkeys(("op", "value", "days", "extra"), _SCALARS)
)


@st.composite
def spoilt(draw: st.DrawFn) -> Any:
    """A document as written, with some of its places overwritten, taken out or added."""

    def over(value: Any) -> Any:
        if draw(st.integers(0, 12)) == 0:
            return draw(_SCALARS | _SPOILT)
        if isinstance(value, list):
            return [over(each) for each in value]
        if isinstance(value, dict):
            return {key: over(each) for key, each in value.items() if draw(st.integers(0, 20))}
        return value

    return over(plain(draw(CONDITIONS), SHOP, CURRENCY))


_GARBAGE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["all", "any", "not", "field", "op", "value", "days"]) | st.text(max_size=3), inner
        )
    ),
    max_leaves=8,
)


@settings(max_examples=500)
@given(spoilt() | _SPOILT | _GARBAGE)
def test_whatever_is_read_the_schema_takes_and_all_else_is_refused_with_reasons(document):
    try:
        condition = parse(document, SHOP, CURRENCY, "when")
    except Faulty as faulty:
        for fault in faulty.faults:
            assert fault.path.startswith("when")
            assert all(text.strip() for text in (*fault.reason, *fault.mend))
    else:
        assert SCHEMA.is_valid(document)
        assert parse(plain(condition, SHOP, CURRENCY), SHOP, CURRENCY) == condition


@pytest.mark.parametrize(
    "document",
    [
        {"field": "order.amuont", "op": "at_least", "value": "1"},
        {"field": "order.amount", "op": "contains", "value": "1"},
        {"field": "order.amount", "op": "at_least"},
        {"field": "order.amount", "op": "at_least", "value": 1.5},
        {"field": "order.amount", "op": "at_least", "value": "1,000"},
        {"field": "order.amount", "op": "between", "value": ["1"]},
        {"field": "order.amount", "op": "at_least", "value": "1", "days": 3},
        {"field": "order.amount", "op": "is_known", "value": "1"},
        {"field": "member.orders_in_last", "op": "at_least", "value": 1},
        {"field": "member.orders_in_last", "op": "at_least", "value": 1, "days": 366},
        {"field": "member.level", "op": "is", "value": "Gold"},
        {"field": "member.level", "op": "contains", "value": "gold"},
        {"field": "member.city", "op": "is", "value": ""},
        {"field": "member.birthday", "op": "weekday_in", "value": ["caturday"]},
        {"field": "member.birthday", "op": "month_in", "value": [13]},
        {"field": "order.at", "op": "before", "value": "2026-11-11T00:00:00"},
        {"field": "order.first", "op": "is", "value": "true"},
        {"all": [ENOUGH], "any": [ENOUGH]},
        {"any": []},
        {},
        "always",
        [[ENOUGH]],
    ],
)
def test_the_schema_alone_catches_what_an_editor_should_underline(document):
    assert not SCHEMA.is_valid(document)
    faults(document)


def test_the_schema_is_one_and_names_its_fields_in_both_languages():
    jsonschema_rs.meta.validate(schema(SHOP))
    (amount,) = [
        rule["then"]
        for rule in schema(SHOP)["$defs"]["test"]["allOf"]
        if rule["if"]["properties"]["field"] == {"const": "order.amount"}
    ]
    assert (amount["title"], amount["description"]) == ("order amount", "订单金额")
