"""The offers in force, and publishing the next ones."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from regulars.core.declarations import plain
from regulars.core.offers import Offers
from regulars.core.offers.telling import offers_told
from regulars.flows import offers as flow
from regulars.flows.api.claims import SaysOut
from regulars.flows.api.publishing import Published
from regulars.flows.quoting import offers_at
from regulars.promotions import queries as promotions
from regulars.promotions.actions import PUBLISHING
from regulars.web import api
from regulars.web.access import Scope, scope
from regulars.web.api_documents import PublishIn, VersionDetailOut, VersionOut, version_out

router = Router(tags=["Offers"])
_OFFERS = Published(Offers, PUBLISHING, promotions.published, flow.put_in_force)


class OnOfferOut(Schema):
    """`lane`, `priority` and `group` say what it combines with; `says` is the whole offer in a sentence."""

    id: str
    kind: str
    name: SaysOut
    lane: str
    priority: int
    group: str
    starts: datetime | None
    ends: datetime | None
    says: SaysOut


class OffersOut(VersionDetailOut):
    offers: list[OnOfferOut] = Field(description="In the order in which a cart meets them.")


@router.get(
    "",
    response=OffersOut,
    auth=scope(Scope.OFFERS_READ),
    summary="Read the offers",
    openapi_extra=api.MAY_BE_MISSING,
)
def read_offers(request: HttpRequest) -> Any:
    """The version in force, each offer as data and in words."""
    catalogue = offers_at(timezone.now())
    told = promotions.published()
    row = next((one for one in told if one.number == catalogue.version), None)
    if row is None:
        raise Http404("No offers are in force.")
    more = {"currency": catalogue.currency, "zone": catalogue.zone.key, "text": row.text}
    document = {"document": plain(catalogue.document, catalogue.words), "offers": offers_told(catalogue)}
    return version_out(row, told) | more | document


@router.post(
    "/versions",
    response={200: VersionOut, 201: VersionOut},
    auth=scope(Scope.OFFERS_WRITE),
    summary="Publish offers",
    openapi_extra=api.SPEAKS | api.MAY_CONFLICT,
)
def publish_offers(request: HttpRequest, body: PublishIn) -> Any:
    """201 with the version; 200 where it is the newest already, so that a repeat does nothing. Faults refuse it whole."""
    return _OFFERS.publish(request, body)
