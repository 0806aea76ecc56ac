"""Merging and splitting customers' records. They answer with a way back."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from regulars.customers import queries as customers
from regulars.customers.actions.merge import MergeRefused
from regulars.flows import merge as flow
from regulars.web.access import SERVICE, page

CANNOT_SPLIT = gettext_lazy(
    "The records cannot be split: they were split already, the customer is part of another one by now, or one of the accounts "
    "was closed."
)


@page(SERVICE)
@require_POST
def merge(request: HttpRequest, survivor: UUID) -> HttpResponse:
    reason = " ".join(request.POST.get("reason", "").split())[:200]
    absorbed = _uuid(request.POST.get("absorbed", ""))
    if not reason or absorbed is None:
        messages.error(request, _("Choose the other record and say why they are the same person."))
        return redirect("customer", survivor)
    try:
        flow.merge(survivor, absorbed, reason=reason, by=request.actor, at=timezone.now())  # type: ignore[attr-defined]
    except MergeRefused:
        messages.error(request, _("These two cannot be merged: one of them is unknown or part of another customer."))
    else:
        messages.success(request, _("The records were merged. Figures follow within a minute."))
    return redirect("customer", survivor)


@page(SERVICE)
@require_POST
def split(request: HttpRequest, merge_id: UUID) -> HttpResponse:
    survivor = customers.survivor_of_merge(merge_id)
    if survivor is None:
        raise Http404
    try:
        flow.split(merge_id, by=request.actor, at=timezone.now())  # type: ignore[attr-defined]
    except MergeRefused:
        messages.error(request, CANNOT_SPLIT)
    else:
        messages.success(request, _("The record stands by itself again. Figures follow within a minute."))
    return redirect("customer", survivor)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


urlpatterns = [
    path("customers/<uuid:survivor>/merge/", merge, name="merge_customer"),
    path("customers/merges/<uuid:merge_id>/split/", split, name="split_customer"),
]
