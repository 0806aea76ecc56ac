"""Saved segments: filters of the customer list under a name, with live counts."""

from urllib.parse import urlsplit
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from regulars.insights.actions import Refused, delete_segment, rename_segment, save_segment
from regulars.insights.pages.customers import counted_segments
from regulars.web.access import EVERYONE, MARKETERS, page


@page(EVERYONE)
def segments(request: HttpRequest) -> HttpResponse:
    context = {"segments": counted_segments(request), "may_edit": request.actor.role in MARKETERS}  # type: ignore[attr-defined]
    return render(request, "insights/segments.html", context)


@page(MARKETERS)
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    asked = _shown_filter(request)
    kept = {name: values for name, values in asked.lists() if name not in ("page", "size", "sort", "export")}
    try:
        save_segment(request.POST.get("name", ""), kept, actor=request.actor.name, at=timezone.now())  # type: ignore[attr-defined]
    except Refused as refused:
        messages.error(request, str(refused))
        return _go(request, f"{reverse('customers')}?{asked.urlencode()}")
    messages.success(request, _("The segment was saved."))
    return _go(request, reverse("segments"))


def _shown_filter(request: HttpRequest) -> QueryDict:
    """The filter the reader sees: the address htmx has pushed, else what the page was opened with."""
    if htmx := getattr(request, "htmx", None):
        return QueryDict(urlsplit(htmx.current_url or "").query[:2000])
    return QueryDict(request.POST.get("parameters", "")[:2000])


def _go(request: HttpRequest, address: str) -> HttpResponse:
    return HttpResponseClientRedirect(address) if getattr(request, "htmx", None) else redirect(address)


@page(MARKETERS)
@require_POST
def rename(request: HttpRequest, segment: UUID) -> HttpResponse:
    try:
        rename_segment(segment, request.POST.get("name", ""))
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("segments")


@page(MARKETERS)
@require_POST
def delete(request: HttpRequest, segment: UUID) -> HttpResponse:
    delete_segment(segment)
    messages.success(request, _("The segment was deleted; its customers stay."))
    return redirect("segments")
