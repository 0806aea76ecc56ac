"""What a condition means: decided fast, and explained where it does not hold."""

from collections.abc import Callable
from typing import Any

from regulars.core.conditions.operators import Decide, operators
from regulars.core.conditions.vocabulary import All, Condition, Either, Not, Test, Vocabulary


def compiled(condition: Condition, vocabulary: Vocabulary) -> Decide:
    """The condition as a function of a subject, for deciding often. Raises KeyError for a field or operator not known."""
    match condition:
        case All(parts):
            return _all(tuple(compiled(part, vocabulary) for part in parts))
        case Either(parts):
            return _any(tuple(compiled(part, vocabulary) for part in parts))
        case Not(part):
            holds = compiled(part, vocabulary)
            return lambda subject: not holds(subject)
    field = vocabulary[condition.field]
    read = field.read if field.parameter is None else _set(field.read, condition.parameter)
    return operators(field)[condition.op].build(read, condition.value)


def _set(read: Callable[..., Any], parameter: int | None) -> Callable[[Any], Any]:
    return lambda subject: read(subject, parameter)


def _all(parts: tuple[Decide, ...]) -> Decide:
    """Two and three parts without a loop: most conditions, in a third of the time."""
    match parts:
        case (one, two):
            return lambda subject: one(subject) and two(subject)
        case (one, two, three):
            return lambda subject: one(subject) and two(subject) and three(subject)
    return lambda subject: all(part(subject) for part in parts)


def _any(parts: tuple[Decide, ...]) -> Decide:
    match parts:
        case (one, two):
            return lambda subject: one(subject) or two(subject)
        case (one, two, three):
            return lambda subject: one(subject) or two(subject) or three(subject)
    return lambda subject: any(part(subject) for part in parts)


def unmet(condition: Condition, vocabulary: Vocabulary, subject: Any) -> tuple[Test | Not | Either, ...]:
    """The fewest parts that made the condition false for a subject, in their order; none where it holds.

    Were they true, it would hold; were one of them still false, it would not. An ``Either`` is one part: any of its
    alternatives would do.
    """
    if isinstance(condition, All):
        return tuple(dict.fromkeys(part for each in condition.parts for part in unmet(each, vocabulary, subject)))
    return () if compiled(condition, vocabulary)(subject) else (condition,)


def each_test(condition: Condition) -> tuple[Test, ...]:
    """Every test of the condition, in the order of the document."""
    match condition:
        case All(parts) | Either(parts):
            return tuple(test for part in parts for test in each_test(part))
        case Not(part):
            return each_test(part)
    return (condition,)


def fields_used(condition: Condition) -> frozenset[str]:
    """The names of all fields that the condition tests."""
    return frozenset(test.field for test in each_test(condition))
