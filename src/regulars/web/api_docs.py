"""The API's documentation page, rendered here from the OpenAPI document: no script, nothing from elsewhere."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from ninja import NinjaAPI

from regulars.web.access import public
from regulars.web.problems import KINDS

Schema = dict[str, Any]
_DEPTH_MAX = 4
# What fields of these names hold in examples, so that they read like a shop's data.
_SAMPLES: dict[str, Any] = {
    **{
        "source": "shopify",
        "source_id": "1001",
        "number": "#1001",
        "customer": "42",
        "customer_name": "李雷",
        "name": "李雷",
    },
    **{
        "email": "li@example.com",
        "city": "上海",
        "region": "上海市",
        "postcode": "200000",
        "country": "CN",
        "language": "zh-CN",
    },
    **{
        "currency": "CNY",
        "title": "西湖龙井 100 g",
        "brand": "狮峰",
        "seller": "茶叶专营店",
        "sku": "LJ-100",
        "product": "501",
    },
    **{
        "variant": "9001",
        "channel": "app",
        "store": "南京路店",
        "code": "SPRING",
        "funded_by": "shop",
        "unit": "piece",
    },
    **{
        "quantity": "1.5",
        "list_amount": 9800,
        "discount_amount": 800,
        "net_amount": 9000,
        "amount": 800,
        "price": 9800,
    },
    **{
        "paid_amount": 9600,
        "shipping_amount": 600,
        "tax_amount": 0,
        "funded_amount": 0,
        "refunded_amount": 0,
        "tags": ["vip"],
    },
    **{
        "messageId": "msg-1",
        "userId": "42",
        "anonymousId": "device-7",
        "event": "Product Viewed",
        "value": "li@example.com",
    },
    **{
        "shown": "Li@example.com",
        "reason": "Same phone number.",
        "absorbed": "shopify:43",
        "next": None,
        "path": "/placed_at",
    },
    **{
        "attributes": {},
        "properties": {"product_id": "501"},
        "proof": {"form": "checkout"},
        "options": {"weight": "100 g"},
    },
    **{
        "category": "茶 > 绿茶",
        "segment": "loyal",
        "merge": "019ca4b0-6d2c-7b1e-9a55-3f0c1d2e4b6a",
        "url": "https://shop.example/tea",
        "image_url": "",
        "gender": "",
        "details": {},
        "errors": [],
    },
    **{
        "ref": "shopify:1001",
        "birthday": "1990-05-20",
        "merged_into": None,
        "version": "0.1.0",
        "compare_at_price": None,
    },
}
_FORMATS = {
    "date-time": "2026-03-01T09:30:00+08:00",
    "date": "2026-03-01",
    "uuid": "019ca4b0-6d2c-7b1e-9a55-3f0c1d2e4b6a",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field or parameter: a dotted name, its type and limits in words."""

    name: str
    kind: str
    limits: str
    required: bool
    about: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    status: str
    about: str
    example: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    anchor: str
    method: str
    path: str
    summary: str
    about: str
    scope: str
    parameters: tuple[Field, ...]
    fields: tuple[Field, ...]
    request: str
    answers: tuple[Answer, ...]
    problems: tuple[Answer, ...]

    def mentions(self, words: list[str]) -> bool:
        names = " ".join(field.name for field in (*self.parameters, *self.fields))
        text = f"{self.method} {self.path} {self.summary} {self.about} {self.scope} {names}".lower()
        return all(word in text for word in words)


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    operations: tuple[Operation, ...]


def page_of(api: NinjaAPI) -> Callable[[HttpRequest], HttpResponse]:
    """The view that shows the document of ``api``; ``?q=`` keeps the operations that mention every word."""

    @lru_cache(maxsize=1)
    def everything() -> tuple[dict[str, Any], tuple[Group, ...]]:
        document: dict[str, Any] = api.get_openapi_schema()
        return document, tuple(_groups(document))

    @public
    def api_docs(request: HttpRequest) -> HttpResponse:
        document, groups = everything()
        text = request.GET.get("q", "").strip()[:100]
        context = {
            "layout": "web/console.html" if request.actor.role else "web/api_docs_public.html",  # type: ignore[attr-defined]
            "info": document["info"],
            "introduction": [marked(part) for part in document["info"]["description"].split("\n\n")],
            "groups": _matching(groups, text.lower().split()),
            "text": text,
            "problems": [(kind, marked(kind.mend)) for kind in KINDS.values()],
        }
        return render(request, "web/api_docs.html", context)

    return api_docs


def marked(text: str) -> SafeString:
    """Text with `code` as HTML."""
    return mark_safe(re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text)))  # noqa: S308  (escaped before)


def _matching(groups: tuple[Group, ...], words: list[str]) -> list[Group]:
    found = (Group(group.name, tuple(o for o in group.operations if o.mentions(words))) for group in groups)
    return [group for group in found if group.operations]


def _groups(document: dict[str, Any]) -> Iterator[Group]:
    by_tag: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method, details in methods.items():
            by_tag.setdefault(details.get("tags", ["Other"])[0], []).append(_operation(document, path, method, details))
    for name, operations in by_tag.items():
        yield Group(name, tuple(operations))


def _operation(document: dict[str, Any], path: str, method: str, details: dict[str, Any]) -> Operation:
    schema = details.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    answers = [_answer(document, status, answer) for status, answer in details["responses"].items()]
    return Operation(
        anchor=details["operationId"].replace("_", "-"),
        method=method.upper(),
        path=path,
        summary=details["summary"],
        about=marked(details.get("description", "")),
        scope=", ".join(scope for entry in details.get("security", ()) for scope in entry["key"]),
        parameters=tuple(
            _field(document, p["name"], p["schema"], p["required"], p["in"], p.get("description", ""))
            for p in details["parameters"]
        ),
        fields=tuple(_fields(document, schema)) if schema else (),
        request=_json(example(document, schema)) if schema else "",
        answers=tuple(answer for answer in answers if not answer.problem),
        problems=tuple(answer for answer in answers if answer.problem),
    )


def _answer(document: dict[str, Any], status: str, answer: dict[str, Any]) -> Answer:
    if "$ref" in answer:
        kind = KINDS[answer["$ref"].rsplit("/", 1)[1]]
        return Answer(status, kind.title, "", problem=kind.name)
    schema = answer.get("content", {}).get("application/json", {}).get("schema")
    return Answer(status, answer["description"], _json(example(document, schema)) if schema else "")


def resolved(document: dict[str, Any], schema: Schema) -> Schema:
    """A schema with its reference followed, and of alternatives the first that is not null."""
    while True:
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[1]
            schema = {**document["components"]["schemas"][name], **{k: v for k, v in schema.items() if k != "$ref"}}
        elif "anyOf" in schema:
            chosen = next(choice for choice in schema["anyOf"] if choice.get("type") != "null")
            schema = {**chosen, **{k: v for k, v in schema.items() if k != "anyOf"}}
        else:
            return schema


def example(document: dict[str, Any], schema: Schema, name: str = "", depth: int = 0) -> Any:
    """A value that fits a schema: its own example, else one made from names and types."""
    schema = resolved(document, schema)
    if schema.get("examples"):
        return schema["examples"][0]
    if "properties" in schema and depth < _DEPTH_MAX:
        return {key: example(document, value, key, depth + 1) for key, value in schema["properties"].items()}
    if schema.get("type") == "array" and "properties" in resolved(document, schema.get("items", {})):
        return [example(document, schema["items"], name, depth + 1)] if depth < _DEPTH_MAX else []
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    if "enum" in schema and len(schema["enum"]) < 20:
        return schema["enum"][0]
    if name in _SAMPLES:
        sample = _SAMPLES[name]
        return [sample] if schema.get("type") == "array" and not isinstance(sample, list) else sample
    return {"integer": 1, "number": 12.5, "boolean": True, "array": [], "object": {}}.get(schema.get("type", ""), "")


def _fields(document: dict[str, Any], schema: Schema, prefix: str = "", depth: int = 0) -> Iterator[Field]:
    schema = resolved(document, schema)
    for name, inner in schema.get("properties", {}).items():
        full = f"{prefix}{name}"
        found = resolved(document, inner)
        yield _field(document, full, inner, name in schema.get("required", ()))
        nested = resolved(document, found["items"]) if found.get("type") == "array" and "items" in found else found
        if depth < _DEPTH_MAX and "properties" in nested:
            yield from _fields(document, nested, f"{full}[]." if nested is not found else f"{full}.", depth + 1)


def _field(
    document: dict[str, Any], name: str, schema: Schema, required: bool, place: str = "", about: str = ""
) -> Field:
    found = resolved(document, schema)
    kind = found.get("type", "")
    if kind == "array":
        kind = f"array of {resolved(document, found.get('items', {})).get('type', 'any')}"
    return Field(
        name,
        found.get("format") or kind,
        _limits(found),
        required,
        marked(about or found.get("description", "")),
        place,
    )


def _limits(schema: Schema) -> str:
    parts = []
    if "enum" in schema:
        parts.append(
            ", ".join(map(str, schema["enum"])) if len(schema["enum"]) < 20 else f"one of {len(schema['enum'])} codes"
        )
    for words, low, high in (
        ("{} to {}", "minimum", "maximum"),
        ("{} to {} characters", "minLength", "maxLength"),
        ("{} to {} items", "minItems", "maxItems"),
    ):
        if high in schema:
            parts.append(words.format(schema.get(low, 0), schema[high]))
    if schema.get("default") not in (None, "", [], {}):
        parts.append(f"default {json.dumps(schema['default'])}")
    return "; ".join(parts)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
