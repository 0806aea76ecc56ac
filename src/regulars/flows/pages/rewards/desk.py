"""The rewards desk: what is to be handed over, one claim, and redeeming for a customer who asks."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from regulars.core.points import spendable
from regulars.core.rewards import Offered
from regulars.customers import queries as customers
from regulars.flows import redeem as flow
from regulars.flows.cancel_claim import cancel
from regulars.flows.pages.rewards import words
from regulars.flows.pages.rewards.tables import ClaimList, shown
from regulars.membership.queries import cards, claims, offers
from regulars.membership.queries.claims import CANCELLED, CONFIRMED, FULFILLED, HELD, ClaimFacts
from regulars.shop import actions as shop_actions
from regulars.shop import queries as shops
from regulars.storage.ids import new_id
from regulars.web import counted, formats
from regulars.web.access import EVERYONE, MARKETERS, SERVICE, Actor, page
from regulars.web.navigation import Notice, notice


@page(EVERYONE)
def rewards(request: HttpRequest) -> HttpResponseBase:
    role = request.actor.role  # type: ignore[attr-defined]
    told = {"waiting": claims.to_fulfil(), "markets": role in MARKETERS, "serves": role in SERVICE}
    return ClaimList(request).response("flows/rewards/desk.html", told)


@page(EVERYONE)
def claim(request: HttpRequest, identifier: UUID) -> HttpResponse:
    found = claims.claim(identifier)
    if found is None:
        raise Http404
    return render(request, "flows/rewards/claim.html", _context(found, request.actor))  # type: ignore[attr-defined]


def _context(found: ClaimFacts, actor: Actor) -> dict[str, Any]:
    [row] = shown([found])
    serves = actor.role in SERVICE
    code = _code(found) if found.state in {FULFILLED, CANCELLED} else ""
    return {
        "claim": found,
        "row": row,
        "page_title": row.reward,
        "kind": words.said(words.KINDS.get(found.gives)),
        "state": claims.STATES[found.state],
        "tone": words.TONES[found.state],
        "by": shops.names_of([found.by]).get(found.by, "") if found.by else "",
        "serves": serves,
        "can": _can(found) if serves else set(),
        "code": code if serves else "",
        "has_code": (found.state == FULFILLED and found.gives in {"coupon", "codes", "gift_card"}) or bool(code),
        "ask_unused": found.state == FULFILLED and found.gives == "coupon",
    }


def _can(found: ClaimFacts) -> set[str]:
    """What can be done with a claim as it is."""
    done = {HELD: {"confirm", "cancel"}, CONFIRMED: {"fulfil", "cancel"}, CANCELLED: set[str]()}
    return done.get(found.state, {"cancel"} if found.gives != "codes" else set())


def _code(found: ClaimFacts) -> str:
    if found.gives == "gift_card" and (card := claims.card_of(found.id)):
        return cards.code_of_card(card)
    return claims.code_of(found.id)


@page(SERVICE)
@require_POST
def settle(request: HttpRequest, identifier: UUID) -> HttpResponse:
    actor, at = request.actor, timezone.now()  # type: ignore[attr-defined]
    note = " ".join(request.POST.get("note", "").split())[:200]
    try:
        _settle(request.POST, identifier, note, actor, at)
    except flow.Refused as refused:
        messages.error(request, words.said(refused.says))
    except LookupError:
        raise Http404 from None
    return redirect("claim", identifier)


def _settle(asked: Mapping[str, Any], identifier: UUID, note: str, actor: Actor, at: Any) -> None:
    match do := asked.get("do", ""):
        case "confirm":
            flow.confirm(identifier, at=at, by=actor.subject)
        case "fulfil":
            flow.fulfil(identifier, at=at, by=actor.subject, note=note)
        case "cancel":
            cancel(identifier, at=at, by=actor.subject, note=note, unused="unused" in asked)
        case _:
            return
    shop_actions.record(actor, f"claim.{do}", str(identifier), {"note": note}, at=at)


@page(SERVICE)
def redeem(request: HttpRequest, customer: UUID) -> HttpResponse:
    if customers.customer(customer) is None:
        raise Http404
    if request.method == "POST" and (made := _redeemed(request, customer)):
        return redirect("claim", made.id)
    return render(request, "flows/rewards/redeem.html", _catalogue(customer))


def _redeemed(request: HttpRequest, customer: UUID) -> ClaimFacts | None:
    """The claim that was made; None, and why on the page, where it was not."""
    actor, asked = request.actor, request.POST  # type: ignore[attr-defined]
    key, order = asked.get("form", ""), " ".join(asked.get("order", "").split())[:120]
    reward = asked.get("reward", "")
    told = {"key": f"{actor.subject}:{key}:{reward}", "at": timezone.now(), "order": order, "by": actor.subject}
    try:
        made = flow.redeem(customer, reward, **told)
    except flow.Refused as refused:
        messages.error(request, words.said(refused.says))
    except flow.KeyReused:
        messages.error(request, _("This form was sent before with another reward in it. Choose again."))
    else:
        messages.success(request, _("Redeemed. The points were taken."))
        return made
    return None


def _catalogue(customer: UUID) -> dict[str, Any]:
    told = {"customer": customer, "name": customers.names([customer]).get(customer, ""), "form": new_id()}
    try:
        here, seen = flow.catalogue(customer, timezone.now())
    except flow.Refused as refused:
        return told | {"refusal": words.said(refused.says)}
    names, stock = words.Names(), offers.stocks(here.plan, [offer.reward for offer in seen])
    currency, lots = here.plan.currency, here.known.member.lots
    units = dict.fromkeys(offer.unit for offer in seen)
    has = " · ".join(names.price(spendable(lots, unit, here.now), unit) for unit in units)
    rows = [_offer(offer, names, currency, stock.get(offer.reward.id)) for offer in seen]
    return told | {"has": has, "offers": sorted(rows, key=lambda row: bool(row["why_not"]))}


def _offer(offer: Offered, names: words.Names, currency: str, left: int | None) -> dict[str, Any]:
    reward = offer.reward
    notes = [words.said(words.KINDS.get(reward.gives.value))]
    if reward.worth:
        notes.append(_("worth %(amount)s") % {"amount": counted.amount(reward.worth, currency)})
    if left is not None:
        notes.append(_("%(count)s left") % {"count": formats.number(left)})
    return {
        "id": reward.id,
        "name": words.said(reward.name),
        "notes": " · ".join(notes),
        "price": names.price(offer.price, offer.unit),
        "why_not": words.said(offer.refusal),
    }


@notice
def codes_run_low(request: HttpRequest) -> Notice | None:
    """A pool of codes that is nearly empty: whoever can import more should know before members meet it."""
    actor = request.actor  # type: ignore[attr-defined]
    if actor.role not in MARKETERS or not (low := claims.running_low()):
        return None
    said = _("Codes for %(rewards)s are running out.") % {"rewards": ", ".join(map(words.Names().reward, low))}
    return Notice(said, "warning", reverse("code_pools"), _("See the pools"))
