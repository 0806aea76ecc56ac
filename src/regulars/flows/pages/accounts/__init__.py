"""The console's pages of accounts: all of them, one's statement, adjusting by hand, and agreeing to it."""

from datetime import datetime, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from regulars.flows import adjust as flow
from regulars.flows.pages.accounts import showing, words
from regulars.flows.pages.accounts.forms import AdjustForm
from regulars.flows.pages.accounts.passing import pass_on
from regulars.flows.pages.accounts.refusing import in_words
from regulars.flows.pages.accounts.tables import AccountList, EntryList
from regulars.ledger import refusals
from regulars.ledger.queries import accounts as reads
from regulars.shop import queries as shops
from regulars.shop.actions import Refused
from regulars.web import counted, formats
from regulars.web.access import ADJUSTERS, EVERYONE, page
from regulars.web.navigation import Notice, notice


@page(EVERYONE)
def accounts(request: HttpRequest) -> HttpResponseBase:
    return AccountList(request).response("flows/accounts.html")


@page(EVERYONE)
def statement(request: HttpRequest, account: UUID) -> HttpResponseBase:
    found = _found(account)
    listed = EntryList(request, account=found)
    listed.title = words.called([found])[found.id][0]  # type: ignore[misc]
    return listed.response("flows/statement.html", showing.statement_context(found, request.actor))  # type: ignore[attr-defined]


@page(EVERYONE)
def totals(request: HttpRequest) -> HttpResponse:
    """What was given out and came back, by month: reads many entries, so it is no part of another page."""
    since = (timezone.now() - timedelta(days=365)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    rows = [(t, _month(t.month), words.WORLD.get(t.reference, t.reference)) for t in reads.totals(since)]
    owed = [(o, counted.KINDS.get(o.kind, o.kind)) for o in reads.owed()]
    return render(request, "flows/totals.html", {"totals": rows, "owed": owed})


def _month(told: str) -> str:
    return formats.month(datetime.strptime(told, "%Y-%m").date())  # noqa: DTZ007  a month has no zone


@page(ADJUSTERS)
def adjust(request: HttpRequest, account: UUID) -> HttpResponse:
    found = _found(account)
    if found.kind not in flow.KINDS:
        raise Http404
    form = AdjustForm(request.POST or None, account=found)
    if request.method == "POST" and form.is_valid() and _adjusted(request, form):
        return redirect("statement", account)
    return render(request, "flows/adjust.html", showing.statement_context(found, request.actor, form))  # type: ignore[attr-defined]


def _adjusted(request: HttpRequest, form: AdjustForm) -> bool:
    """Whether it was done or waits; else the form says why not."""
    try:
        done = flow.adjust(form.adjustment(), form=form.named(), by=request.actor, at=timezone.now())  # type: ignore[attr-defined]
    except refusals.Refused as refused:
        form.add_error("amount", in_words(refused))
        return False
    except flow.SentBefore:
        form.add_error(None, _("This form was sent before with something else in it. Open the account again."))
        return False
    if done:
        messages.success(request, _("Done. The entry stands in the statement."))
    else:
        messages.info(request, _("This is more than one person may adjust alone. It waits for a colleague to agree."))
    return True


@page(ADJUSTERS)
def approvals(request: HttpRequest) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    waiting = showing.asked(shops.approvals_waiting(flow.ACTION), actor)
    decided = showing.asked(shops.approvals_decided(flow.ACTION), actor)
    return render(request, "flows/approvals.html", {"waiting": waiting, "decided": decided})


@page(ADJUSTERS)
@require_POST
def decide(request: HttpRequest, asked: UUID) -> HttpResponse:
    if asked not in shops.approvals([asked]):
        raise Http404
    reason = " ".join(request.POST.get("reason", "").split())[:200]
    agrees = request.POST.get("decision") == "agree"
    if not agrees and not reason:
        messages.error(request, _("Say why you refuse it, so that your colleague knows."))
    else:
        _decide(request, asked, agrees, reason)
    return redirect("approvals")


def _decide(request: HttpRequest, asked: UUID, agrees: bool, reason: str) -> None:
    by, at = request.actor, timezone.now()  # type: ignore[attr-defined]
    try:
        if agrees:
            flow.agree(asked, by=by, at=at)
        else:
            flow.refuse(asked, reason, by=by, at=at)
    except Refused as refused:
        messages.error(request, str(refused))
    except refusals.Refused as refused:
        messages.error(request, in_words(refused))
    else:
        messages.success(request, _("Agreed and done.") if agrees else _("Refused. Nothing was changed."))


def _found(account: UUID) -> reads.AccountFacts:
    if (found := reads.account(account.hex)) is None:
        raise Http404
    return found


@notice
def approvals_waiting(request: HttpRequest) -> Notice | None:
    """What a colleague asked for and waits for this person's word."""
    actor = request.actor  # type: ignore[attr-defined]
    if actor.role not in ADJUSTERS or not (count := shops.waits_for(actor.subject)):
        return None
    said = ngettext(
        "%(count)s adjustment waits for a second person.", "%(count)s adjustments wait for a second person.", count
    )
    return Notice(said % {"count": formats.number(count)}, "warning", reverse("approvals"), _("Decide"))


urlpatterns = [
    path("ledger/", accounts, name="accounts"),
    path("ledger/totals/", totals, name="ledger_totals"),
    path("ledger/approvals/", approvals, name="approvals"),
    path("ledger/approvals/<uuid:asked>/", decide, name="approval"),
    path("ledger/<uuid:account>/", statement, name="statement"),
    path("ledger/<uuid:account>/adjust/", adjust, name="adjust"),
    path("ledger/<uuid:account>/pass-on/", pass_on, name="pass_on"),
]
