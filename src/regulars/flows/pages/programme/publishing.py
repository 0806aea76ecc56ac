"""The programme in force, its versions and what differs between them; putting a draft into force; the history gone through."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from regulars.core.declarations import load
from regulars.core.faults import Faulty
from regulars.core.programme import Programme
from regulars.core.says import Says
from regulars.flows import programme as flow
from regulars.flows.pages.programme.drafting import Draft, compared, context_of, draft, plan_of
from regulars.flows.pages.programme.forms import PublishForm
from regulars.flows.pages.programme.parts import checked
from regulars.flows.pages.programme.showing import Chapter, chapters
from regulars.flows.settling import request_settling
from regulars.membership import queries as membership
from regulars.membership.actions.publishing import Refused
from regulars.membership.queries import VersionFacts
from regulars.membership.queries.backfills import backfill
from regulars.membership.queries.examples import example, examples
from regulars.orders.queries import span
from regulars.shop.queries import require_shop
from regulars.web import formats
from regulars.web.access import EVERYONE, MARKETERS, page


@page(EVERYONE)
def programme(request: HttpRequest) -> HttpResponse:
    """The programme in force and its versions; before the first, what to begin from."""
    versions, kept = membership.published(), membership.draft()
    if not versions:
        return render(request, "flows/programme/begin.html", {"examples": _templates(), "draft": kept, **_may(request)})
    at = timezone.now()
    current = next((one for one in versions if one.since <= at), versions[-1])
    context = {
        "version": current, "versions": versions, "chapters": _chapters(current), "draft": kept,
        "begun": current.since <= at, "is_current": True, "progress": _progress(), **_may(request),
    }  # fmt: skip
    return render(request, "flows/programme/programme.html", context)


@page(EVERYONE)
def version(request: HttpRequest, number: int) -> HttpResponse:
    if (found := membership.version(number)) is None:
        raise Http404
    context = {"version": found, "versions": membership.published(), "chapters": _chapters(found), **_may(request)}
    return render(request, "flows/programme/programme.html", context)


@page(EVERYONE)
def compare(request: HttpRequest) -> HttpResponse:
    """What differs between any two versions, or between one and the draft."""
    versions, may = membership.published(), _may(request)
    kept = draft() if may["may_edit"] else None
    after = request.GET.get("after", "")
    earlier = _asked(request.GET.get("before", ""), versions)
    later = kept if after == "draft" else _asked(after, versions)
    if earlier is None or later is None:
        raise Http404
    programme = later.programme if isinstance(later, Draft) else _programme(later)
    context = {
        "versions": versions, "before": earlier, "after": after, "has_draft": kept is not None,
        "changes": compared(earlier.text, programme, require_shop()) if programme else None,
    }  # fmt: skip
    return render(request, "flows/programme/compare.html", context)


def _asked(number: str, versions: list[VersionFacts]) -> VersionFacts | None:
    return next((one for one in versions if str(one.number) == number), None)


def _programme(told: VersionFacts) -> Programme | None:
    return checked(load(told.text), context_of(require_shop()))[0]


@page(MARKETERS)
def publish(request: HttpRequest) -> HttpResponse:
    """Look once more at what changes and at the warnings; then put it into force."""
    kept = draft()
    if kept is None or kept.plan is None:
        return redirect("programme_draft")
    form = PublishForm(request.POST or None, draft=kept, at=timezone.now())
    if request.method == "POST" and form.is_valid() and _published(request, kept, form):
        return redirect("programme")
    first = span()
    context = {
        "draft": kept, "form": form, "advice": kept.advice(timezone.now()), "changes": kept.changes,
        "first_order": formats.day(first[0]) if first else "", "chapters": [] if kept.published else chapters(kept.plan),
    }  # fmt: skip
    return render(request, "flows/programme/publish.html", context, status=422 if form.errors else 200)


def _published(request: HttpRequest, kept: Draft, form: PublishForm) -> bool:
    """Whether it is in force; else the form says why not."""
    at, numbered = timezone.now(), form.cleaned_data["numbered"]
    since = form.since(at)
    try:
        number = flow.put_in_force(
            kept.text, since=since, note=form.cleaned_data["note"], by=request.actor, at=at, numbered=numbered  # type: ignore[attr-defined]
        )  # fmt: skip
    except Refused as refused:
        form.add_error(None, str(refused))
        return False
    except Faulty as faulty:
        language = get_language() or "en"
        for fault in faulty.faults:
            form.add_error(None, fault.to(language))
        return False
    request_settling()
    messages.success(
        request,
        _("Version %(number)d is in force from %(since)s.") % {"number": number, "since": formats.moment(since)},
    )
    return True


@page(EVERYONE)
def progress(request: HttpRequest) -> HttpResponse:
    """How far the history was gone through, for the line that asks again by itself."""
    return render(request, "flows/programme/progress.html", {"progress": _progress()})


def _progress() -> dict[str, Any] | None:
    """The running backfill; None where none runs."""
    told = backfill()
    if told is None:
        return {"waits": True}
    if told.ended_at is not None:
        return None
    share = told.members / told.of_members if told.of_members else 1.0
    return {"run": told, "share": formats.percent(min(share, 1.0), 0)}


def _chapters(told: VersionFacts) -> list[Chapter]:
    found = _programme(told)
    return chapters(plan_of(found, require_shop(), told.since, told.number)) if found else []


def _may(request: HttpRequest) -> dict[str, bool]:
    return {"may_edit": request.actor.role in MARKETERS}  # type: ignore[attr-defined]


def _templates() -> list[tuple[str, Says, list[Chapter]]]:
    """The examples: how each is called, the name of its programme and what it says in this shop's currency."""
    shop = require_shop()
    found = [(name, checked(load(example(name)), context_of(shop))[0]) for name in examples()]
    return [(name, told.name, chapters(plan_of(told, shop))) for name, told in found if told]
