"""Writing the programme: begin from a template or from what is in force, change it by forms or as text, check it."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from regulars.core.declarations import dump, knowing
from regulars.core.faults import Fault
from regulars.flows.pages.programme import parts
from regulars.flows.pages.programme.conditions import vocabularies
from regulars.flows.pages.programme.drafting import Draft, draft
from regulars.flows.pages.programme.parts import Document, Part
from regulars.flows.pages.programme.showing import chapters
from regulars.membership import queries as membership
from regulars.membership.actions.publishing import Refused, save_draft
from regulars.membership.queries.examples import example, examples
from regulars.storage.transactions import run_tx
from regulars.web.access import MARKETERS, page


@page(MARKETERS)
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Begin a draft from a template, or anew from what is in force."""
    text = _beginning(request.POST.get("source", ""))
    kept = draft()
    if text is None:
        messages.error(request, _("There is no such template. Choose one of those shown."))
        return redirect("programme")
    if kept is None or _revision(request) == kept.revision:
        _keep(request, text, kept.revision if kept else 0)
    else:
        messages.error(request, _("There is a draft already. Go on with it, or begin again from its own page."))
    return redirect("programme_draft")


def _beginning(source: str) -> str | None:
    if source == "published":
        newest = next(iter(membership.published()), None)
        return newest and newest.text
    return example(source) if source in examples() else None


@page(MARKETERS)
def edit(request: HttpRequest) -> HttpResponse:
    """The draft, sentence by sentence, with what is wrong and what is worth a second look."""
    kept = draft()
    if kept is None:
        return redirect("programme")
    shown = chapters(kept.plan, editing=True) if kept.plan else []
    context = {"draft": kept, "chapters": shown, "advice": kept.advice(timezone.now())}
    return render(request, "flows/programme/draft.html", context)


@page(MARKETERS)
def text(request: HttpRequest) -> HttpResponse:
    """The draft as text. It is kept with its faults: what is half written is not lost."""
    kept, written = draft(), None
    if kept is None:
        return redirect("programme")
    if request.method == "POST":
        written = request.POST.get("text", "").replace("\r\n", "\n")
        if _keep(request, written, _revision(request)):
            return redirect("programme_text" if (draft() or kept).faults else "programme_draft")
    context = {
        "draft": kept,
        "text": kept.text if written is None else written,
        "revision": _revision(request) if written else kept.revision,
    }
    return render(request, "flows/programme/text.html", context)


@page(MARKETERS)
def part(request: HttpRequest) -> HttpResponse:
    """The form of one part of the draft."""
    kept = draft()
    found = _found(kept, request.GET)
    if kept is None or found is None:
        return _gone(request)
    if request.method != "POST":
        return _form(request, kept, found)
    if (named := request.POST.get("was", "")) != _id(found):
        return _gone(request) if named else _form(request, kept, found)
    return _saved(request, kept, found)


def _saved(request: HttpRequest, kept: Draft, found: Part) -> HttpResponse:
    """Keep what was filled in where the whole is right with it; else the form again, with what is wrong."""
    posted = {name: request.POST.getlist(name) for name in request.POST}
    assert kept.programme is not None
    document = parts.put(kept.document, found, parts.written(found, posted, kept.programme, kept.context))
    _programme, faults = parts.checked(document, kept.context)
    if faults:
        return _form(request, kept, found, posted, faults)
    if _keep(request, dump(document), _revision(request)):
        return redirect("programme_draft")
    return _form(request, draft() or kept, found, posted)


def _form(
    request: HttpRequest,
    kept: Draft,
    found: Part,
    posted: Mapping[str, list[str]] | None = None,
    faults: tuple[Fault, ...] = (),
) -> HttpResponse:
    assert kept.programme is not None
    language = get_language() or "en"
    asked, others = parts.questions(found, kept.programme, kept.context, language, posted, faults)
    context = {
        "part": found, "questions": asked, "others": others, "faults": faults, "was": _id(found), "revision": kept.revision,
        "vocabularies": vocabularies(knowing(kept.programme, kept.context), language),
    }  # fmt: skip
    return render(request, "flows/programme/part.html", context, status=422 if faults else 200)


@page(MARKETERS)
@require_POST
def arrange(request: HttpRequest) -> HttpResponse:
    """Move a part up or down, or take it out."""
    kept, path = draft(), request.POST.get("path", "")
    found = _found(kept, {"path": path})
    if kept is None or found is None or not path or _revision(request) != kept.revision:
        return _gone(request)
    document = _arranged(kept.document, path, request.POST.get("verb", ""))
    _programme, faults = parts.checked(document, kept.context)
    language = get_language() or "en"
    for fault in faults[:3]:
        messages.error(request, f"{fault.reason.to(language)} {fault.mend.to(language)}")
    if not faults:
        _keep(request, dump(document), kept.revision)
    return redirect("programme_draft")


def _arranged(document: Document, path: str, verb: str) -> Document:
    if verb == "remove":
        return parts.removed(document, path)
    return parts.moved(document, path, -1 if verb == "up" else 1) if path not in parts.SINGLE else document


def _found(kept: Draft | None, asked: Mapping[str, Any]) -> Part | None:
    if kept is None or kept.programme is None:
        return None
    return parts.find(kept.programme, asked.get("path", ""), asked.get("kind", ""))


def _id(found: Part) -> str:
    """What tells a part from another that came into its place."""
    return str(getattr(found.value, "id", "") or found.path) if found.value is not None else "new"


def _gone(request: HttpRequest) -> HttpResponse:
    messages.error(request, _("The draft has changed meanwhile. This is how it stands now."))
    return redirect("programme_draft")


def _keep(request: HttpRequest, text: str, revision: int) -> bool:
    """Save the draft; where somebody else changed it meanwhile, say so."""
    by, at = request.actor.name, timezone.now()  # type: ignore[attr-defined]
    try:
        run_tx(lambda: save_draft(text, revision=revision, by=by, at=at))
    except Refused as refused:
        messages.error(request, str(refused))
        return False
    return True


def _revision(request: HttpRequest) -> int:
    """The revision that was changed; -1 for what is none."""
    told = request.POST.get("revision", "")
    return int(told) if told.isdecimal() and len(told) < 10 else -1
