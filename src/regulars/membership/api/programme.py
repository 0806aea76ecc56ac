"""The programme in force, its versions, its schema, and the check of one that is to be published."""

from fractions import Fraction
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from regulars.core.declarations import Context, plain, schema
from regulars.core.faults import Faulty
from regulars.core.programme import Plan, Programme
from regulars.core.programme.advice import advice
from regulars.membership import queries as membership
from regulars.membership.queries import VersionFacts
from regulars.shop.queries import ShopFacts, require_shop
from regulars.web import api, pagination
from regulars.web.access import Scope, scope
from regulars.web.api_documents import (
    DocumentIn,
    FaultOut,
    VersionDetailOut,
    VersionPage,
    fault_out,
    in_force,
    version_out,
    version_page,
)

router = Router(tags=["Programme"])
READ = scope(Scope.PROGRAMME_READ)
_MARGIN = r"^(100|[1-9]?[0-9])(\.[0-9]{1,4})?%$"


class CheckProgrammeIn(DocumentIn):
    margin: Annotated[str, Field(pattern=_MARGIN)] = Field(
        "100%", description="What the shop keeps of an order: rules that can pay out more are named.", examples=["30%"]
    )


class CheckOut(Schema):
    """`faults` refuse a programme whole; `advice` is worth a second look."""

    ok: bool
    faults: list[FaultOut]
    advice: list[FaultOut]


@router.get("", response=VersionDetailOut, auth=READ, summary="Read the programme", openapi_extra=api.MAY_BE_MISSING)
def read_programme(request: HttpRequest) -> Any:
    """The version in force."""
    told = membership.published()
    if (current := in_force(told)) is None:
        raise Http404("No programme is in force.")
    return _detail(current, told)


@router.get("/versions", response=VersionPage, auth=READ, summary="List the versions")
def list_versions(request: HttpRequest, page: Query[pagination.Page]) -> Any:
    """The newest first. A version never changes."""
    return version_page(request, page, membership.published())


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
def check_programme(request: HttpRequest, body: CheckProgrammeIn) -> Any:
    """All that is wrong with a programme, and what is worth a second look. Nothing is written."""
    shop, language = require_shop(), api.language_of(request)
    try:
        programme = body.read(Programme, context_of(shop))
    except Faulty as faulty:
        return {"ok": False, "faults": [fault_out(one, language) for one in faulty.faults], "advice": []}
    plan = Plan(programme, ZoneInfo(shop.zone), shop.currency)
    found = advice(plan, timezone.now().astimezone(plan.zone).date(), margin=Fraction(body.margin[:-1]) / 100)
    return {"ok": True, "faults": [], "advice": [fault_out(one, language) for one in found]}


def context_of(shop: ShopFacts) -> Context:
    """What a document is read against."""
    return Context(shop.currency, ZoneInfo(shop.zone))


def _detail(row: VersionFacts, told: list[VersionFacts]) -> dict[str, Any]:
    versions = membership.versions()
    assert versions is not None
    plan = versions.numbered(row.number)
    document = plain(plan.programme, Context(plan.currency, plan.zone))
    more = {"currency": plan.currency, "zone": plan.zone.key, "document": document, "text": row.text}
    return version_out(row, told) | more
