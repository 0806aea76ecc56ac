"""Conditions as sentences in both languages."""

from string import Formatter

from regulars.core.conditions.operators import Takes, operators
from regulars.core.conditions.values import Setting
from regulars.core.conditions.vocabulary import All, Condition, Either, Names, Not, Test, Vocabulary
from regulars.core.says import Says, joined

_VALUES_SHOWN = 8


def sentence(condition: Condition, vocabulary: Vocabulary, currency: str, names: Names | None = None) -> Says:
    """The condition in words, a clause without a full stop. ``names(source, id)`` names the ids of a field's source.

    Groups within groups stand in brackets; of a long list of values the first are named and the rest counted.
    """
    match condition:
        case All(()):
            return Says("always", "无条件")
        case Either(()):
            return Says("never", "任何情况下都不满足")
        case All(parts):
            return joined([_inner(part, vocabulary, currency, names) for part in parts], Says(" and ", "，且"))
        case Either(parts):
            either = joined([_inner(part, vocabulary, currency, names) for part in parts], Says(" or ", "，或"))
            return either if len(parts) == 1 else Says(f"either {either.en}", either.zh)
        case Not(part):
            return Says("not ({part})", "不满足（{part}）").filled(part=sentence(part, vocabulary, currency, names))
    return _test(condition, Setting(vocabulary[condition.field], currency, names=names))


def _inner(part: Condition, vocabulary: Vocabulary, currency: str, names: Names | None) -> Says:
    said = sentence(part, vocabulary, currency, names)
    return Says(f"({said.en})", f"（{said.zh}）") if isinstance(part, All | Either) else said


def _test(test: Test, setting: Setting) -> Says:
    field, operator = setting.field, operators(setting.field)[test.op]
    label = field.label.filled(**{field.parameter.name: test.parameter}) if field.parameter else field.label
    if operator.takes is Takes.NOTHING:
        return _woven(operator.phrase, field=label)
    values = test.value if isinstance(test.value, tuple) else (test.value,)
    said = [operator.kind.say(value, setting) for value in values[:_VALUES_SHOWN]]
    if left := len(values) - len(said):
        said.append(Says("{left} more", "其余 {left} 项").filled(left=left))
    several = _woven(
        Says("{first}{last}{final}", "{first}{last}{final}"), first=_row(said[:-1]), last=operator.last, final=said[-1]
    )
    return _woven(operator.phrase, field=label, value=several if len(said) > 1 else said[0])


def _row(said: list[Says]) -> Says:
    return joined(said, Says(", ", "、"))


def _woven(template: Says, **values: Says) -> Says:
    """The template filled, with a space in Chinese wherever a Chinese and a Latin character or digit would touch."""
    pieces: list[str] = []
    for literal, name, _, _ in Formatter().parse(template.zh):
        pieces += [literal, values[name].zh if name else ""]
    zh = ""
    for piece in filter(None, pieces):
        zh += " " + piece if zh and _touching(zh[-1], piece[0]) else piece
    return Says(template.filled(**values).en, zh)


def _touching(left: str, right: str) -> bool:
    return (_chinese(left) and "!" <= right <= "~") or ("!" <= left <= "~" and _chinese(right))


def _chinese(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"
