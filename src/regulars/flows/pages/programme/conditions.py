"""What the rows of a condition may ask, for the script that draws them: fields, their operators, the form of their values."""

from typing import Any

from regulars.core.conditions import Field, Operator, Vocabulary, operators
from regulars.core.declarations import Context
from regulars.core.programme.vocabulary import EVENT, LINE, ORDER

_FORMS = {"boolean": "flag", "integer": "whole"}


def vocabularies(context: Context, language: str) -> dict[str, Any]:
    """By vocabulary its fields, each with its operators: plain values for JSON."""
    return {told.name: _fields(told, context, language) for told in (ORDER, LINE, EVENT)}


def _fields(vocabulary: Vocabulary, context: Context, language: str) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "label": _label(field, language),
            "parameter": field.parameter and {"name": field.parameter.name, "value": 30, "most": field.parameter.most},
            "operators": [_operator(op, told, field, context, language) for op, told in operators(field).items()],
        }
        for name, field in vocabulary.items()
    ]


def _label(field: Field, language: str) -> str:
    """The field's noun; a parameter, which has an input of its own, shows as a gap."""
    label = field.label.to(language)
    return label.format(**{field.parameter.name: "…"}) if field.parameter else label


def _operator(name: str, told: Operator, field: Field, context: Context, language: str) -> dict[str, Any]:
    schema = told.kind.schema(field)
    known = context.known.get(field.source or "", {})
    choices = [(key, says.to(language)) for key, says in (field.choices or known).items()]
    return {
        "name": name,
        "label": told.label.to(language),
        "takes": told.takes.value,
        "form": _FORMS.get(schema.get("type", ""), "text"),
        "choices": choices or [(value, str(value)) for value in schema.get("enum", ())],
    }
