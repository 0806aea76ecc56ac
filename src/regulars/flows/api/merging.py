"""Two records, one person: merge and split. What analysis shows follows, so it starts here."""

from typing import Annotated, Any
from uuid import UUID

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from regulars.customers import queries
from regulars.customers.actions.merge import MergeRefused
from regulars.customers.queries import listing
from regulars.flows import merge as flow
from regulars.web import api
from regulars.web.access import Actor, Scope, scope
from regulars.web.problems import Problem

router = Router(tags=["Customers"])
WRITE = scope(Scope.CUSTOMERS_WRITE)


class MergeIn(api.Input):
    absorbed: api.Ref = Field(description="Who is the same person: an id given here, or `source:source_id`.")
    reason: api.Text = Field(min_length=1, max_length=200)


class MergeOut(Schema):
    merge: UUID
    survivor: UUID
    absorbed: UUID


class SplitIn(api.Input):
    merge: Annotated[
        str,
        Field(
            pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", description="`merge` of the answer to the merge."
        ),
    ]


class SplitOut(Schema):
    survivor: UUID
    split: UUID = Field(description="The record that stands by itself again.")


@router.post(
    "/{ref}/merge",
    response=MergeOut,
    auth=WRITE,
    summary="Merge another customer into this one",
    openapi_extra=api.MAY_CONFLICT,
)
def merge(request: HttpRequest, ref: api.Ref, body: MergeIn) -> Any:
    """Nothing is rewritten: the other record points at this one, and `split` restores exactly what was.

    What can be spent of the other's accounts moves to this one's, each lot with its dates; `split` gives back what is left.
    """
    survivor, absorbed = _found(ref), _found(body.absorbed)
    try:
        made = flow.merge(survivor, absorbed, reason=body.reason, by=_actor(request), at=timezone.now())
    except MergeRefused as refused:
        raise Problem("conflict", str(refused)) from None
    return {"merge": made, "survivor": survivor, "absorbed": absorbed}


@router.post("/{ref}/split", response=SplitOut, auth=WRITE, summary="Undo a merge", openapi_extra=api.MAY_CONFLICT)
def split(request: HttpRequest, ref: api.Ref, body: SplitIn) -> Any:
    """`ref` is the surviving customer."""
    made = next((row for row in queries.merges(_found(ref)) if row.id == UUID(body.merge)), None)
    if made is None:
        raise Problem("conflict", "This merge is not one of this customer's.")
    try:
        flow.split(made.id, by=_actor(request), at=timezone.now())
    except MergeRefused as refused:
        raise Problem("conflict", str(refused)) from None
    return {"survivor": listing.resolve(api.split_ref(ref), ref), "split": made.absorbed}


def _found(ref: str) -> UUID:
    identifier = listing.resolve(api.split_ref(ref), ref)
    if identifier is None:
        raise Http404("No customer has this id.")
    return identifier


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined,no-any-return]
