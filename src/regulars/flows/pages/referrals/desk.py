"""The list of referrals, and one of them: what speaks against it, and what the staff decides."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from regulars.customers import queries as customers
from regulars.flows import referral as flow
from regulars.flows.pages.referrals.tables import TONES, ReferralList, reasons
from regulars.flows.pages.rewards.words import said
from regulars.flows.redeem import Refused
from regulars.membership.queries import referrals as reads
from regulars.membership.queries.referrals import IN_REVIEW, WAITING, ReferralFacts
from regulars.orders.queries import listing as orders
from regulars.web.access import EVERYONE, SERVICE, page


@page(EVERYONE)
def referrals(request: HttpRequest) -> HttpResponseBase:
    return ReferralList(request).response("flows/referrals/desk.html", {"waiting": reads.to_review()})


@page(EVERYONE)
def referral(request: HttpRequest, identifier: UUID) -> HttpResponse:
    found = reads.referral(identifier)
    if found is None:
        raise Http404
    serves = request.actor.role in SERVICE  # type: ignore[attr-defined]
    return render(request, "flows/referrals/referral.html", _context(found) | {"serves": serves})


def _context(found: ReferralFacts) -> dict[str, Any]:
    names = customers.names([found.advocate_id, found.friend_id])
    return {
        "referral": found,
        "advocate": names.get(found.advocate_id, ""),
        "friend": names.get(found.friend_id, ""),
        "state": reads.STATES[found.state],
        "tone": TONES[found.state],
        "reasons": reasons(found),
        "order": orders.numbers([found.order_id]).get(found.order_id) if found.order_id else None,
        "can_accept": found.state == IN_REVIEW,
        "can_refuse": found.state in {WAITING, IN_REVIEW},
    }


@page(SERVICE)
@require_POST
def settle(request: HttpRequest, identifier: UUID) -> HttpResponse:
    verb = {"accept": flow.accept, "refuse": flow.refuse}.get(request.POST.get("do", ""))
    if verb is None:
        raise Http404
    note = " ".join(request.POST.get("note", "").split())[:200]
    try:
        verb(identifier, by=request.actor, at=timezone.now(), note=note)  # type: ignore[attr-defined]
    except Refused as refused:
        messages.error(request, said(refused.says))
    except LookupError:
        raise Http404 from None
    else:
        messages.success(request, _("Noted."))
    return redirect("referral", identifier)
