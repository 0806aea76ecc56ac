"""Publishing a version of the programme, and joining it."""

from datetime import date
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest
from django.utils import timezone, translation
from ninja import Router, Schema, Status

from regulars.core.programme import Programme
from regulars.customers.queries import listing
from regulars.flows import programme as flow
from regulars.flows.api.publishing import Published
from regulars.flows.join import NotJoined, join
from regulars.flows.settling import request_settling
from regulars.membership import queries as membership
from regulars.membership.actions.waiting import PUBLISHING
from regulars.storage.versions import Refused
from regulars.web import api
from regulars.web.access import Scope, scope
from regulars.web.api_documents import PublishIn, VersionOut
from regulars.web.problems import Problem

router = Router(tags=["Programme"])
members_router = Router(tags=["Members"])
_PROGRAMME = Published(Programme, PUBLISHING, membership.published, flow.put_in_force)


@router.post(
    "/versions",
    response={200: VersionOut, 201: VersionOut},
    auth=scope(Scope.PROGRAMME_WRITE),
    summary="Publish a version",
    openapi_extra=api.SPEAKS | api.MAY_CONFLICT,
)
def publish_version(request: HttpRequest, body: PublishIn) -> Any:
    """201 with the version; 200 where it is the newest already, so that a repeat does nothing. Faults refuse it whole."""
    answer = _PROGRAMME.publish(request, body)
    request_settling()
    return answer


@router.delete(
    "/versions/{number}",
    response={204: None},
    auth=scope(Scope.PROGRAMME_WRITE),
    summary="Withdraw a version",
    openapi_extra={"responses": api.MAY_CONFLICT["responses"] | api.MAY_BE_MISSING["responses"]},
)
def withdraw_version(request: HttpRequest, number: int) -> Any:
    """The newest one, before it begins: a wrong `since` is mended so. 409 once it has begun."""
    try:
        with translation.override(api.language_of(request)):
            flow.withdraw(number, by=request.actor, at=timezone.now())  # type: ignore[attr-defined]
    except LookupError:
        raise Http404("No version has this number.") from None
    except Refused as refused:
        raise Problem("conflict", str(refused)) from None
    return Status(204, None)


class JoinIn(api.Input):
    customer: api.Ref


class JoinedOut(Schema):
    customer_id: UUID
    joined_on: date


@members_router.post(
    "",
    response={200: JoinedOut, 201: JoinedOut},
    auth=scope(Scope.MEMBERS_WRITE),
    summary="Make a customer a member",
    openapi_extra={"responses": api.MAY_CONFLICT["responses"] | api.MAY_BE_MISSING["responses"]},
)
def join_programme(request: HttpRequest, body: JoinIn) -> Any:
    """Who buys joins by that; this is for who signs up before. A task may reward it: its event is `Joined`. 200 for a member."""
    customer = listing.resolve(api.split_ref(body.customer), body.customer)
    if customer is None:
        raise Http404(f"No customer has the id {body.customer}.")
    try:
        joined = join(customer, at=timezone.now())
    except NotJoined as refused:
        raise Problem("conflict", str(refused)) from None
    return Status(201 if joined.created else 200, joined)
