"""Conditions from documents and back: every fault with its place, its reason and its mend."""

from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from regulars.core.conditions.operators import NAMES, Operator, Takes, operators
from regulars.core.conditions.values import VALUES_MOST, Refused, Setting, shown, whole
from regulars.core.conditions.vocabulary import All, Condition, Either, Field, Not, Test, Value, Vocabulary
from regulars.core.faults import Fault, Faulty
from regulars.core.says import Says, joined, same

DEPTH_MOST = 8
TESTS_MOST = 200
# Looking for what was meant costs time: not in longer lists, and not for those who write nothing but slips.
_OPTIONS_SEARCHED = 1_000
_FAULTS_SEARCHED = 20
_OPTIONS_SHOWN = 12
_FORMS = ("all", "any", "not", "field")


def parse(
    given: object,
    vocabulary: Vocabulary,
    currency: str,
    path: str = "",
    *,
    known: Mapping[str, Collection[str]] | None = None,
) -> Condition:
    """The condition that a document (tables, lists, texts as TOML or JSON give them) stands for.

    Amounts are in ``currency``. ``path`` leads to the document, for the faults' places. Where ``known`` has the ids of
    a field's ``source``, others are refused. Raises Faulty with every fault.
    """
    reading = _Reading(vocabulary, currency, known)
    condition = reading.condition(given, path, 1)
    if reading.tests > TESTS_MOST:
        reading.fault(
            path,
            Says("There are more than {most} tests.", "条件超过了 {most} 个。").filled(most=TESTS_MOST),
            Says(
                "Put values into one list (in), or split the rule.",
                "请把多个值合并到一个列表（用 in），或者拆成几条规则。",
            ),
        )
    if condition is None or reading.faults:
        raise Faulty(tuple(reading.faults))
    return condition


def plain(condition: Condition, vocabulary: Vocabulary, currency: str) -> dict[str, Any]:
    """The condition as a document of tables, lists, texts, whole numbers and flags; ``parse`` leads back to it."""
    match condition:
        case All(parts):
            return {"all": [plain(part, vocabulary, currency) for part in parts]}
        case Either(parts):
            return {"any": [plain(part, vocabulary, currency) for part in parts]}
        case Not(part):
            return {"not": plain(part, vocabulary, currency)}
    field, value = vocabulary[condition.field], condition.value
    operator = operators(field)[condition.op]
    asked = {field.parameter.name: condition.parameter} if field.parameter else {}
    table: dict[str, Any] = {"field": field.name, **asked, "op": condition.op}
    if isinstance(value, tuple):
        table["value"] = [operator.kind.write(each, currency) for each in value]
    elif operator.takes is not Takes.NOTHING:
        table["value"] = operator.kind.write(value, currency)
    return table


def _inside(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


class _Reading:
    """One document being read. What is at fault answers None, and reading goes on."""

    def __init__(self, vocabulary: Vocabulary, currency: str, known: Mapping[str, Collection[str]] | None) -> None:
        self.vocabulary, self.currency, self.known = vocabulary, currency, known
        self.faults: list[Fault] = []
        self.tests = 0

    def fault(self, path: str, reason: Says, mend: Says) -> None:
        self.faults.append(Fault(path, reason, mend))

    def condition(self, given: object, path: str, depth: int) -> Condition | None:
        if depth == 1 and isinstance(given, list | tuple):
            return All(self.parts(given, path, depth))
        if depth > DEPTH_MOST:
            self.fault(
                path,
                Says("Conditions stand in one another more than {most} deep.", "条件嵌套超过了 {most} 层。").filled(
                    most=DEPTH_MOST
                ),
                Says("Join inner groups of the same kind.", "请合并里层同类的条件组。"),
            )
            return None
        forms = [form for form in _FORMS if form in given] if isinstance(given, Mapping) else []
        if not isinstance(given, Mapping) or len(forms) != 1:
            self.fault(
                path,
                Says(
                    "A condition is a table with one of all, any, not, field.",
                    "条件必须是一个表，含 all、any、not、field 之一。",
                ),
                Says(
                    'Write it like {{field = "…", op = "…", value = …}}.',
                    '请写成 {{field = "…", op = "…", value = …}} 的形式。',
                ).filled(),
            )
            return None
        if forms == ["field"]:
            return self.test(given, path)
        self.surplus(given, forms, path)
        inner = _inside(path, forms[0])
        if forms == ["not"]:
            part = self.condition(given["not"], inner, depth + 1)
            return None if part is None else Not(part)
        return self.group(forms[0], given[forms[0]], inner, depth)

    def group(self, form: str, given: object, path: str, depth: int) -> All | Either | None:
        if not isinstance(given, list | tuple) or (not given and (form == "any" or depth > 1)):
            self.fault(
                path,
                Says("{form} needs a list of at least one condition.", "{form} 后面要有至少一个条件的列表。").filled(
                    form=form
                ),
                Says(
                    "Write {form} = [{{…}}, {{…}}], or leave it out.", "请写成 {form} = [{{…}}, {{…}}]，或者去掉它。"
                ).filled(form=form),
            )
            return None
        parts = self.parts(given, path, depth)
        return All(parts) if form == "all" else Either(parts)

    def parts(self, given: Iterable[object], path: str, depth: int) -> tuple[Condition, ...]:
        found = (self.condition(part, f"{path}[{index}]", depth + 1) for index, part in enumerate(given))
        return tuple(part for part in found if part is not None)

    def test(self, given: Mapping[str, object], path: str) -> Test | None:
        self.tests += 1
        if self.tests > TESTS_MOST:
            return None
        name, op = given["field"], given.get("op")
        field = self.vocabulary.get(name) if isinstance(name, str) else None
        if field is None:
            reason = Says("There is no field {given} here.", "这里没有{given}这个字段。").filled(given=shown(name))
            self.unknown(_inside(path, "field"), reason, name, self.vocabulary)
        table = operators(field) if field else {}
        op = op if isinstance(op, str) else ""
        operator = table.get(op)
        if operator is None and (field or op not in NAMES):
            reason = Says("This test has no operator.", "这个条件缺少运算符。")
            if "op" in given:
                reason = Says("{given} is no operator here.", "这里没有{given}这个运算符。").filled(
                    given=shown(given["op"])
                )
            self.unknown(_inside(path, "op"), reason, op, table or NAMES)
        if field is None:
            return None
        parameter = self.parameter(field, given, path)
        self.surplus(given, ["field", "op", "value", *([field.parameter.name] if field.parameter else [])], path)
        value = self.value(field, operator, given, path) if operator else None
        return Test(field.name, op, value, parameter)

    def parameter(self, field: Field, given: Mapping[str, object], path: str) -> int | None:
        if field.parameter is None:
            return None
        asked = field.parameter
        place = _inside(path, asked.name)
        if asked.name not in given:
            self.fault(
                place,
                Says('"{field}" needs {name}.', "“{field}”缺少 {name}。").filled(field=field.name, name=asked.name),
                Says("Add {name} = {least}, or up to {most}.", "请加上 {name} = {least}，最大可到 {most}。").filled(
                    name=asked.name, least=asked.least, most=asked.most
                ),
            )
            return None
        try:
            return whole(given[asked.name], asked.least, asked.most)
        except Refused as refused:
            self.refused(place, given[asked.name], refused)
            return None

    def value(self, field: Field, operator: Operator, given: Mapping[str, object], path: str) -> Value:
        place, takes = _inside(path, "value"), operator.takes
        if takes is Takes.NOTHING:
            if "value" in given:
                self.fault(place, *_TAKES[takes])
            return None
        value = given.get("value")
        several = value if isinstance(value, list | tuple) else ()
        fits = {
            Takes.ONE: "value" in given and not isinstance(value, list | tuple | Mapping),
            Takes.TWO: len(several) == 2,
            Takes.SOME: 0 < len(several) <= VALUES_MOST,
        }[takes]
        if not fits:
            self.fault(place, *_TAKES[takes])
            return None
        setting = Setting(field, self.currency, self.known)
        if takes is Takes.ONE:
            one: Value = self.single(operator, value, place, setting)
            return one
        read = [self.single(operator, each, f"{place}[{index}]", setting) for index, each in enumerate(several)]
        if takes is Takes.TWO and None not in read and read[0] > read[1]:
            self.fault(
                place,
                Says("The range ends before it begins.", "区间的起点大于终点。"),
                Says("Swap the two.", "请对调两个值。"),
            )
        return tuple(dict.fromkeys(read)) if takes is Takes.SOME else tuple(read)

    def single(self, operator: Operator, given: object, path: str, setting: Setting) -> Any:
        try:
            return operator.kind.read(given, setting)
        except Refused as refused:
            self.refused(path, given, refused)
            return None

    def refused(self, path: str, given: object, refused: Refused) -> None:
        if refused.options is None:
            self.fault(path, refused.reason, refused.mend)
        else:
            self.unknown(path, refused.reason, given, refused.options)

    def surplus(self, given: Mapping[str, object], keys: Collection[str], path: str) -> None:
        for key in given:
            if key not in keys:
                reason = Says("{given} says nothing here.", "这里不能写{given}。").filled(given=shown(key))
                self.unknown(_inside(path, str(key)), reason, key, [free for free in keys if free not in given])

    def unknown(self, path: str, reason: Says, given: object, options: Collection[str]) -> None:
        """A fault of a text that is none of the options: with the nearest, or else with what there is."""
        if len(options) > _OPTIONS_SEARCHED or len(self.faults) >= _FAULTS_SEARCHED:
            mend = Says("Take one that there is.", "请改用已有的。")
        elif isinstance(given, str) and (near := get_close_matches(given, list(options), n=1)):
            mend = Says('Did you mean "{near}"?', "是不是“{near}”？").filled(near=near[0])
        else:
            mend = _listed(sorted(options))
        self.fault(path, reason, mend)


def _listed(options: list[str]) -> Says:
    if not options:
        return Says("Take it out.", "请删掉它。")
    names = [same(name) for name in options[:_OPTIONS_SHOWN]]
    more = Says(" …", "……") if len(options) > _OPTIONS_SHOWN else Says("", "")
    row = joined(names, Says(", ", "、"))
    return Says("There are: {names}{more}.", "可用的有：{names}{more}。").filled(names=row, more=more)


_TAKES: dict[Takes, tuple[Says, Says]] = {
    Takes.NOTHING: (
        Says("This operator takes no value.", "这个运算符不需要 value。"),
        Says("Take the value out.", "请删掉 value。"),
    ),
    Takes.ONE: (
        Says("This operator takes one value.", "这个运算符需要一个值。"),
        Says("Write value = …, not a list.", "请写 value = …，不要写成列表。"),
    ),
    Takes.TWO: (
        Says("This operator takes two values, from and to.", "这个运算符需要两个值：起点和终点。"),
        Says("Write value = [from, to].", "请写 value = [起点, 终点]。"),
    ),
    Takes.SOME: (
        Says("This operator takes a list of 1 to {most} values.", "这个运算符需要 1 到 {most} 个值的列表。").filled(
            most=f"{VALUES_MOST:,}"
        ),
        Says("Write value = [first, second].", "请写 value = [值一, 值二]。"),
    ),
}
