"""The form of conditions as a JSON Schema, for editors and for clients of the API."""

from typing import Any

from regulars.core.conditions.operators import Operator, Takes, operators
from regulars.core.conditions.values import VALUES_MOST
from regulars.core.conditions.vocabulary import Field, Vocabulary

_CONDITION = {"$ref": "#/$defs/condition"}


def schema(vocabulary: Vocabulary) -> dict[str, Any]:
    """The JSON Schema (2020-12) of what ``parse`` takes, with each field's operators and the form of their values.

    Limits of depth and number, the order of a range, currencies and existing ids are for ``parse`` to check.
    """
    group = {"type": "array", "items": _CONDITION}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": vocabulary.name,
        "anyOf": [group, _CONDITION],
        "$defs": {
            "condition": {
                "oneOf": [
                    _table({"all": group}),
                    _table({"any": {**group, "minItems": 1}}),
                    _table({"not": _CONDITION}),
                    {"$ref": "#/$defs/test"},
                ]
            },
            "test": {
                "type": "object",
                "required": ["field", "op"],
                "properties": {"field": {"enum": list(vocabulary)}},
                "allOf": [
                    {
                        "if": {"required": ["field"], "properties": {"field": {"const": field.name}}},
                        "then": _field(field),
                    }
                    for field in vocabulary.values()
                ],
            },
        },
    }


def _table(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _field(field: Field) -> dict[str, Any]:
    """What a test of this field looks like: operators whose values have one form stand together."""
    forms: list[tuple[list[str], dict[str, Any] | None]] = []
    for name, operator in operators(field).items():
        value = _value(operator, field)
        alike = next((names for names, form in forms if form == value), None)
        if alike is None:
            forms.append(([name], value))
        else:
            alike.append(name)
    asked = field.parameter
    parameter = {asked.name: {"type": "integer", "minimum": asked.least, "maximum": asked.most}} if asked else {}
    tables = [
        _table(
            {"field": {"const": field.name}, **parameter, "op": {"enum": names}, **({"value": form} if form else {})}
        )
        for names, form in forms
    ]
    return {"title": field.label.en, "description": field.label.zh, "oneOf": tables}


def _value(operator: Operator, field: Field) -> dict[str, Any] | None:
    one = operator.kind.schema(field)
    match operator.takes:
        case Takes.NOTHING:
            return None
        case Takes.ONE:
            return one
        case Takes.TWO:
            return {"type": "array", "items": one, "minItems": 2, "maxItems": 2}
    return {"type": "array", "items": one, "minItems": 1, "maxItems": VALUES_MOST}
