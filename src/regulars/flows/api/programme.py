"""Publishing a version of the programme, and joining it."""

from datetime import date
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest
from django.utils import timezone, translation
from ninja import Router, Schema, Status
from pydantic import Field

from regulars.core.declarations import dump, plain
from regulars.core.faults import Faulty
from regulars.customers.queries import listing
from regulars.flows import programme as flow
from regulars.flows.join import NotJoined, join
from regulars.flows.settling import request_settling
from regulars.membership import queries as membership
from regulars.membership.actions.publishing import Refused
from regulars.membership.actions.waiting import PUBLISHING
from regulars.membership.api import DocumentIn, VersionOut, context_of, version_out
from regulars.shop.queries import require_shop
from regulars.storage.transactions import lock_name, run_tx
from regulars.web import api
from regulars.web.access import Actor, Scope, scope
from regulars.web.problems import Problem, invalid

router = Router(tags=["Programme"])
members_router = Router(tags=["Members"])


class PublishIn(DocumentIn):
    since: api.Instant | None = Field(
        None, description="When it comes into force; now without it. The first version may begin in the past."
    )
    note: api.Text = Field("", max_length=200)
    number: int | None = Field(
        None, ge=1, le=1_000_000, description="The number that it is expected to get: 409 where others were quicker."
    )


@router.post(
    "/versions",
    response={200: VersionOut, 201: VersionOut},
    auth=scope(Scope.PROGRAMME_WRITE),
    summary="Publish a version",
    openapi_extra=api.SPEAKS | api.MAY_CONFLICT,
)
def publish_version(request: HttpRequest, body: PublishIn) -> Any:
    """201 with the version; 200 where it is the newest already, so that a repeat does nothing. Faults refuse it whole."""
    language = api.language_of(request)
    try:
        text = _text(body)
        with translation.override(language):
            number, made = run_tx(lambda: _once(body, text, request.actor))  # type: ignore[attr-defined]
    except Faulty as faulty:
        raise invalid([(body.pointer(one), one.to(language)) for one in faulty.faults]) from None
    except Refused as refused:
        raise Problem("conflict", str(refused)) from None
    told = membership.published()
    return Status(201 if made else 200, version_out(next(one for one in told if one.number == number), told))


def _text(body: PublishIn) -> str:
    """What is kept as the version's text. Raises Faulty."""
    context = context_of(require_shop())
    return body.text if body.text is not None else dump(plain(body.programme(context), context))


def _once(body: PublishIn, text: str, by: Actor) -> tuple[int, bool]:
    """The version's number, and whether it was made now."""
    lock_name(PUBLISHING)
    at, newest = timezone.now(), next(iter(membership.published()), None)
    if newest and newest.text == text and body.since in {None, newest.since} and body.number in {None, newest.number}:
        return newest.number, False
    number = flow.put_in_force(text, since=body.since or at, note=body.note, by=by, at=at, numbered=body.number)
    request_settling()
    return number, True


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
