"""The one language in which earning rules, offers, tiers, segments and journeys say when they apply.

A condition is frozen data: ``All``, ``Either``, ``Not`` around ``Test``s of fields. A ``Vocabulary`` says which fields
there are and how each is read off a subject. In documents (TOML and JSON alike)::

    {all = [{field = "order.amount", op = "at_least", value = "100.00"},
            {any = [{field = "member.tier", op = "in", value = ["gold", "platinum"]},
                    {field = "member.orders_in_last", days = 30, op = "at_least", value = 3}]},
            {not = {field = "member.tags", op = "has", value = "staff"}}]}

A list at the top means all of them; an empty one holds always. What is not known (a field that reads ``None``) fails
every test but ``is_missing``, also ``is_not`` and ``not_in``; ``not`` turns plain truth round, so that ``not (amount
at least 100)`` holds where the amount is not known.

``parse`` and ``plain`` lead from documents and back, ``compiled`` decides, ``unmet`` and ``sentence`` explain, ``schema``
describes the documents, ``operators`` lists what a field can be asked.
"""

from regulars.core.conditions.decisions import compiled, each_test, fields_used, unmet
from regulars.core.conditions.documents import DEPTH_MOST, TESTS_MOST, parse, plain
from regulars.core.conditions.operators import Operator, Takes, operators
from regulars.core.conditions.schemas import schema
from regulars.core.conditions.sentences import sentence
from regulars.core.conditions.values import TEXT_MOST, VALUES_MOST
from regulars.core.conditions.vocabulary import (
    ALWAYS,
    All,
    Condition,
    Either,
    Field,
    Names,
    Not,
    Parameter,
    Test,
    Type,
    Value,
    Vocabulary,
)

__all__ = [
    "ALWAYS",
    "DEPTH_MOST",
    "TESTS_MOST",
    "TEXT_MOST",
    "VALUES_MOST",
    "All",
    "Condition",
    "Either",
    "Field",
    "Names",
    "Not",
    "Operator",
    "Parameter",
    "Takes",
    "Test",
    "Type",
    "Value",
    "Vocabulary",
    "compiled",
    "each_test",
    "fields_used",
    "operators",
    "parse",
    "plain",
    "schema",
    "sentence",
    "unmet",
]
