"""The programme in force, its versions, its schema, and the check of one that is to be published."""

import json
import re
from datetime import datetime
from fractions import Fraction
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field, field_validator, model_validator

from regulars.core.declarations import BYTES_MOST, Context, load, parse, plain, schema
from regulars.core.faults import Fault, Faulty
from regulars.core.programme import Plan, Programme
from regulars.core.programme.advice import advice
from regulars.membership import queries as membership
from regulars.membership.queries import VersionFacts
from regulars.shop.queries import ShopFacts, require_shop
from regulars.web import api, pagination
from regulars.web.access import Scope, scope

router = Router(tags=["Programme"])
READ = scope(Scope.PROGRAMME_READ)
_MARGIN = r"^(100|[1-9]?[0-9])(\.[0-9]{1,4})?%$"
_STEP = re.compile(r"[^.\[\]]+")


class DocumentIn(api.Input):
    """A programme, as the text of its document or as the document itself. One of the two."""

    text: Annotated[str, Field(min_length=1, max_length=BYTES_MOST)] | None = Field(
        None, description="TOML, or JSON as text.", examples=['id = "club"\nname = { en = "Club", zh = "会员俱乐部" }']
    )
    document: dict[str, Any] | None = Field(None, description="What `GET /programme/schema.json` describes.")

    @field_validator("document")
    @classmethod
    def is_text(cls, document: dict[str, Any] | None) -> dict[str, Any] | None:
        json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
        return document

    @model_validator(mode="after")
    def is_one(self) -> "DocumentIn":
        if (self.text is None) == (self.document is None):
            raise ValueError("give either text or document")
        return self

    def programme(self, context: Context) -> Programme:
        """Raises Faulty."""
        found: Programme = parse(Programme, load(self.text) if self.text is not None else self.document, context)
        return found

    def pointer(self, fault: Fault) -> str:
        """The place of a fault in the request, as a JSON pointer."""
        steps = _STEP.findall(fault.path) if self.document is not None else []
        return "/".join(("/text" if self.text is not None else "/document", *steps))


class CheckIn(DocumentIn):
    margin: Annotated[str, Field(pattern=_MARGIN)] = Field(
        "100%", description="What the shop keeps of an order: rules that can pay out more are named.", examples=["30%"]
    )


class FaultOut(Schema):
    path: str = Field(description="`rules[2].per`; of a text that cannot be read `line:column`.")
    reason: str
    mend: str


class CheckOut(Schema):
    """`faults` refuse a programme whole; `advice` is worth a second look."""

    ok: bool
    faults: list[FaultOut]
    advice: list[FaultOut]


class VersionOut(Schema):
    number: int
    state: Literal["past", "in_force", "coming"]
    since: datetime = Field(description="It decides what happens from then on, until the next version's.")
    note: str
    published_at: datetime
    published_by: str


class VersionDetailOut(VersionOut):
    currency: str
    zone: str
    document: dict[str, Any] = Field(description="Without what is left at its default.")
    text: str = Field(description="As it was written.")


class VersionPage(Schema):
    items: list[VersionOut]
    next: str | None


@router.get("", response=VersionDetailOut, auth=READ, summary="Read the programme", openapi_extra=api.MAY_BE_MISSING)
def read_programme(request: HttpRequest) -> Any:
    """The version in force."""
    told = membership.published()
    current = next((one for one in told if _state(one, told) == "in_force"), None)
    if current is None:
        raise Http404("No programme is in force.")
    return _detail(current, told)


@router.get("/versions", response=VersionPage, auth=READ, summary="List the versions")
def list_versions(request: HttpRequest, page: Query[pagination.Page]) -> Any:
    """The newest first. A version never changes."""
    pagination.refuse_unknown(request, pagination.Page)
    told, place = membership.published(), pagination.after(page, "id")
    # A cursor names an id; of a version its number is enough.
    rows = [one for one in told if place is None or one.number < place.id.int]
    answer = pagination.answer(rows[: page.limit + 1], page.limit, lambda row: pagination.Place(UUID(int=row.number)))
    return answer | {"items": [version_out(row, told) for row in answer["items"]]}


@router.get("/versions/{number}", response=VersionDetailOut, auth=READ, summary="Read a version")
def read_version(request: HttpRequest, number: int) -> Any:
    told = membership.published()
    found = next((one for one in told if one.number == number), None)
    if found is None:
        raise Http404("No version has this number.")
    return _detail(found, told)


@router.get("/schema.json", response=dict[str, Any], auth=READ, summary="Read the schema", openapi_extra=api.SPEAKS)
def read_programme_schema(request: HttpRequest) -> Any:
    """JSON Schema of programmes in this shop's currency, titles and descriptions in the language asked for."""
    return schema(Programme, Context(require_shop().currency), api.language_of(request)[:2])


@router.post("/check", response=CheckOut, auth=READ, summary="Check a programme", openapi_extra=api.SPEAKS)
def check_programme(request: HttpRequest, body: CheckIn) -> Any:
    """All that is wrong with a programme, and what is worth a second look. Nothing is written."""
    shop, language = require_shop(), api.language_of(request)
    try:
        programme = body.programme(context_of(shop))
    except Faulty as faulty:
        return {"ok": False, "faults": [_fault(one, language) for one in faulty.faults], "advice": []}
    plan = Plan(programme, ZoneInfo(shop.zone), shop.currency)
    found = advice(plan, timezone.now().astimezone(plan.zone).date(), margin=Fraction(body.margin[:-1]) / 100)
    return {"ok": True, "faults": [], "advice": [_fault(one, language) for one in found]}


def context_of(shop: ShopFacts) -> Context:
    """What a document is read against."""
    return Context(shop.currency, ZoneInfo(shop.zone))


def version_out(row: VersionFacts, told: list[VersionFacts]) -> dict[str, Any]:
    """A version among all of them, the newest first."""
    names = ("number", "since", "note", "published_at", "published_by")
    return {name: getattr(row, name) for name in names} | {"state": _state(row, told)}


def _state(row: VersionFacts, told: list[VersionFacts]) -> str:
    at = timezone.now()
    if row.since > at:
        return "coming"
    return "in_force" if row is next(one for one in told if one.since <= at) else "past"


def _detail(row: VersionFacts, told: list[VersionFacts]) -> dict[str, Any]:
    versions = membership.versions()
    assert versions is not None
    plan = versions.numbered(row.number)
    document = plain(plan.programme, Context(plan.currency, plan.zone))
    more = {"currency": plan.currency, "zone": plan.zone.key, "document": document, "text": row.text}
    return version_out(row, told) | more


def _fault(fault: Fault, language: str) -> dict[str, str]:
    return {"path": fault.path, "reason": fault.reason.to(language), "mend": fault.mend.to(language)}
