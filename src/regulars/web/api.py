"""What the API's routes share: strict input, the field types at the border, entity tags, answers per item of a batch."""

import hashlib
import json
import math
import re
from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar

from django.http import HttpRequest
from django.utils.translation import get_language_from_request
from ninja import Schema
from ninja.parser import Parser
from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
    WrapValidator,
)

from regulars.core.money import CURRENCIES
from regulars.web.days import FIRST_YEAR, LAST_YEAR
from regulars.web.problems import Problem, invalid, reasons

T = TypeVar("T")
MOST_ITEMS = 1_000
LARGEST_AMOUNT = 10**13
LARGEST_JSON_BYTES = 32_768
_INSTANT = r"^(19|20|21)\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d(\.\d{1,6})?(Z|[+-](0\d|1[0-3]):[0-5]\d|[+-]14:00)$"
_DAY = r"^(19|20|21)\d\d-[01]\d-[0-3]\d$"
_QUANTITY = r"^\d{1,9}(\.\d{1,3})?$"
_SOURCE = r"^[a-z0-9][a-z0-9._-]{0,39}$"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Input(Schema):
    """What a caller sends: unknown fields are refused, and nothing is guessed from another type."""

    model_config = ConfigDict(extra="forbid", strict=True)


def _instant(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not re.match(_INSTANT, value, re.ASCII):
        raise ValueError(
            "give an instant as RFC 3339 with its offset (-14:00 to +14:00), such as 2026-03-01T09:30:00+08:00 "
            "(years 1900 to 2199)"
        )
    at = datetime.fromisoformat(value).astimezone(UTC)
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise ValueError(f"give an instant of the years {FIRST_YEAR} to {LAST_YEAR} in UTC")
    return at


def _day(value: Any) -> date:
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not re.match(_DAY, value, re.ASCII):
        raise ValueError("give a day as YYYY-MM-DD")
    return date.fromisoformat(value)


def _milli(value: Any) -> int:
    if not isinstance(value, str) or not re.match(_QUANTITY, value, re.ASCII):
        raise ValueError('give a quantity as a decimal string with at most 3 decimals, such as "1.5"')
    return int(Decimal(value).scaleb(3))


def _currency(value: str) -> str:
    if value not in CURRENCIES:
        raise ValueError("unknown currency: give an ISO 4217 code such as CNY or USD")
    return value


def _clean(value: str) -> str:
    if _CONTROL.search(value) or (not value.isascii() and _has_surrogate(value)):
        raise ValueError("control characters cannot be taken")
    return value


def _small_json(value: dict[str, Any]) -> dict[str, Any]:
    _check_json(value, 0)
    if len(json.dumps(value, ensure_ascii=False).encode()) > LARGEST_JSON_BYTES:
        raise ValueError(f"at most {LARGEST_JSON_BYTES // 1024} KB can be kept here")
    return value


def _check_json(value: Any, depth: int) -> None:
    """PostgreSQL refuses NUL in JSON, and no JSON has infinities (1e999 reads as one) or lone surrogates."""
    if depth > 8:
        raise ValueError("at most 8 levels of nesting can be kept here")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number is too large")
    if isinstance(value, str) and (_CONTROL.search(value) or (not value.isascii() and _has_surrogate(value))):
        raise ValueError("control characters cannot be taken")
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list):
        for item in value:
            _check_json(item, depth + 1)


def _has_surrogate(value: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in value)


def _schema(**schema: Any) -> WithJsonSchema:
    return WithJsonSchema(schema)


Instant = Annotated[datetime, BeforeValidator(_instant), _schema(type="string", format="date-time", pattern=_INSTANT)]
Day = Annotated[date, BeforeValidator(_day), _schema(type="string", format="date", pattern=_DAY)]
Quantity = Annotated[
    int,
    BeforeValidator(_milli),
    _schema(type="string", pattern=_QUANTITY, description="A decimal with at most 3 decimals.", examples=["1.5"]),
]
Currency = Annotated[
    str, AfterValidator(_currency), _schema(type="string", enum=sorted(CURRENCIES), description="ISO 4217.")
]
Country = Annotated[str, Field(pattern=r"^([A-Z]{2})?$", description="ISO 3166-1, two letters.")]
Amount = Annotated[int, Field(ge=0, le=LARGEST_AMOUNT, description="Minor units of the currency: 1230 is CNY 12.30.")]
Text = Annotated[str, AfterValidator(_clean)]
Tag = Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_clean)]
Name = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_clean)]
Json = Annotated[
    dict[str, Any], AfterValidator(_small_json), Field(max_length=200, description="Your own fields, up to 32 KB.")
]
SourceName = Annotated[str, Field(pattern=_SOURCE, description="The system the records come from, such as `shopify`.")]
SourceId = Annotated[
    str, AfterValidator(_clean), Field(min_length=1, max_length=120, description="The id in that system, as a string.")
]
Ref = Annotated[
    str,
    AfterValidator(_clean),
    Field(min_length=1, max_length=161, description="The id given here, or `source:source_id`."),
]
QuantityOut = Annotated[
    int, PlainSerializer(lambda milli: format(Decimal(milli).scaleb(-3).normalize(), "f"), return_type=str)
]


# Problems that only some routes have: nothing to answer with, although they name no record; a conflict.
MAY_BE_MISSING = {"responses": {404: {"$ref": "#/components/responses/not-found"}}}
# The language of sentences in the answer.
SPEAKS = {
    "parameters": [
        {
            "in": "header",
            "name": "Accept-Language",
            "required": False,
            "schema": {"type": "string", "maxLength": 100},
            "description": "Sentences come in English, or in Chinese for `zh`.",
        }
    ]
}
MAY_CONFLICT = {"responses": {409: {"$ref": "#/components/responses/conflict"}}}


class StrictParser(Parser):
    """JSON alone, and only what JSON allows."""

    def parse_body(self, request: HttpRequest) -> Any:
        kind = (request.content_type or "").lower()
        if not (kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))):
            raise Problem("unsupported-media-type", "Send the body with `Content-Type: application/json`.")
        if request.headers.get("Content-Encoding", "identity") != "identity":
            raise Problem("unsupported-media-type", "Send the body without a `Content-Encoding`.")
        try:
            return json.loads(request.body.decode("utf-8"), parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise Problem("malformed", f"The body is not JSON in UTF-8: {error}.") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number in JSON")


class Refused:
    """An item of a batch that did not pass; ``errors`` are (path, reason)."""

    def __init__(self, errors: list[tuple[str, str]], source_id: str) -> None:
        self.errors = errors
        self.source_id = source_id


def _or_refused(value: Any, check: Callable[[Any], Any]) -> Any:
    try:
        return check(value)
    except ValidationError as error:
        known = value.get("source_id", value.get("messageId")) if isinstance(value, dict) else None
        return Refused(
            reasons(error.errors(include_input=False, include_url=False)), known if isinstance(known, str) else ""
        )


# An item of a batch: the schema is the item's, but a bad item becomes a Refused instead of an error of the whole batch.
OR_REFUSED = WrapValidator(_or_refused)


class FieldError(Schema):
    path: str
    reason: str


class ItemOut(Schema):
    """What became of one item, in the order sent. ``refused`` items have ``errors`` and were not recorded."""

    source_id: str
    outcome: Literal["created", "updated", "unchanged", "refused"]
    errors: list[FieldError] = []


class BatchOut(Schema):
    created: int
    updated: int
    unchanged: int
    refused: int
    items: list[ItemOut]


class RecordOut(Schema):
    """What a write of one record did."""

    id: str
    source: str
    source_id: str
    outcome: Literal["created", "updated", "unchanged"]
    warnings: list[FieldError] = Field([], description="What was left out, such as an e-mail address that is none.")


def split_ref(ref: str) -> tuple[str, str] | None:
    """(source, source id) of ``source:source_id``; None where ``ref`` is an id given here."""
    source, colon, source_id = ref.partition(":")
    return (source, source_id) if colon else None


def source_ref(ref: str) -> tuple[str, str]:
    """(source, source id) of a reference to write to. Raises a problem (422) for any other form."""
    parts = split_ref(ref)
    if parts is None or not re.match(_SOURCE, parts[0]) or not 0 < len(parts[1]) <= 120 or _CONTROL.search(parts[1]):
        raise invalid([("ref", "Write to `source:source_id`, such as `shopify:1001`.")])
    return parts


def language_of(request: HttpRequest) -> str:
    """The language of an answer's sentences, ``en`` or ``zh…``: what ``Accept-Language`` asks for, English without it."""
    return get_language_from_request(request) if request.headers.get("Accept-Language") else "en"


def etag(record: Any) -> str:
    """The entity tag of a record (a frozen dataclass): changes whenever anything in it does."""
    value = asdict(record) if is_dataclass(record) and not isinstance(record, type) else record
    return '"' + hashlib.sha256(json.dumps(value, default=str, sort_keys=True).encode()).hexdigest()[:32] + '"'


def _tags(header: str) -> set[str]:
    # The answer's compression turns a tag weak (W/"..."); it still names the same state of the record.
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}


def not_modified(request: HttpRequest, tag: str) -> bool:
    """Whether the caller already has this state (``If-None-Match``)."""
    header = request.headers.get("If-None-Match")
    return header is not None and (header.strip() == "*" or tag in _tags(header))


def check_precondition(request: HttpRequest, current: Any | None) -> None:
    """Hold a write to its ``If-Match`` or ``If-None-Match: *``. Raises a problem (412) where it no longer holds."""
    match = request.headers.get("If-Match")
    if match is not None and (current is None or (match.strip() != "*" and etag(current) not in _tags(match))):
        raise Problem("precondition-failed", "The record is no longer in the state that `If-Match` names.")
    if request.headers.get("If-None-Match", "").strip() == "*" and current is not None:
        raise Problem("precondition-failed", "The record exists already, and `If-None-Match: *` asked for a new one.")
