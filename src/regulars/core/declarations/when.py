"""Conditions as a kind of value."""

import json
from dataclasses import dataclass
from typing import Any

from regulars.core import conditions
from regulars.core.conditions import Condition, Vocabulary
from regulars.core.declarations.kinds import Context, Definitions, Input, Kind, Plain, Schema
from regulars.core.says import Says, same


@dataclass(frozen=True, slots=True)
class When(Kind[Condition]):
    """A condition in the words of a vocabulary. Ids in it are checked as far as the context knows their source."""

    vocabulary: Vocabulary

    def parse(self, plain: object, path: str, context: Context) -> Condition:
        return conditions.parse(plain, self.vocabulary, context.currency, path, known=context.known)

    def plain(self, value: Condition, context: Context) -> Plain:
        return conditions.plain(value, self.vocabulary, context.currency)

    def schema(self, context: Context, definitions: Definitions) -> Schema:
        """The vocabulary's schema, its definitions under its name: a document may speak several vocabularies."""
        vocabulary = self.vocabulary.name
        whole = conditions.schema(self.vocabulary)
        for name, schema in whole["$defs"].items():
            if definitions.claim(f"{vocabulary}.{name}", self.vocabulary):
                definitions.schemas[f"{vocabulary}.{name}"] = _moved(schema, vocabulary)
        inner: Schema = _moved({"anyOf": whole["anyOf"]}, vocabulary)
        return inner

    def says(self, value: Condition, context: Context) -> Says:
        def name(source: str, id_: str) -> Says:
            return context.known.get(source, {}).get(id_, same(id_))

        return conditions.sentence(value, self.vocabulary, context.currency, name)

    def asks(self, context: Context) -> Input:
        fields = tuple((name, field.label) for name, field in self.vocabulary.items())
        return Input("condition", fields, unit=same(self.vocabulary.name))

    def reads(self, text: str, context: Context) -> Plain:
        """A form posts JSON; what is none stays text, which no condition is."""
        try:
            plain: Plain = json.loads(text)
        except (ValueError, RecursionError):
            return text
        return plain

    def writes(self, plain: Plain) -> str:
        return json.dumps(plain, ensure_ascii=False)


def _moved(schema: Any, vocabulary: str) -> Any:
    """The schema with its references leading to where its definitions stand now."""
    if isinstance(schema, dict):
        return {
            key: value.replace("#/$defs/", f"#/$defs/{vocabulary}.") if key == "$ref" else _moved(value, vocabulary)
            for key, value in schema.items()
        }
    return [_moved(item, vocabulary) for item in schema] if isinstance(schema, list) else schema
