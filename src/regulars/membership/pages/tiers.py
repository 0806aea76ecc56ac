"""How members are spread over the tiers, and how they move."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from regulars.core.programme import Plan
from regulars.membership import queries as programme
from regulars.membership.queries import charts, listing
from regulars.membership.queries.listing import Wanted
from regulars.orders.queries.clock import shop_time
from regulars.shop.queries import require_shop
from regulars.web import formats
from regulars.web.access import EVERYONE, page
from regulars.web.charts import Series, chart


@page(EVERYONE)
def tiers(request: HttpRequest) -> HttpResponse:
    known = programme.versions()
    if known is None:
        return render(request, "membership/no_programme.html", {"page_title": _("Tiers")})
    at = shop_time(require_shop(), timezone.now())
    plan = known.at(at) or known.plans[-1]
    if plan.ladder is None:
        return render(request, "membership/no_tiers.html", {})
    since = (at.astimezone(plan.zone) - timedelta(days=334)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    moves = charts.moves(plan, since)
    context = {
        "spread": _spread(plan), "risk": listing.count(Wanted(at_risk=True), plan, plan.day(at)), "moves": moves,
        "warn_days": plan.ladder.warn_days or listing.SOON_DAYS, "chart": _moves(moves) if moves else None,
    }  # fmt: skip
    return render(request, "membership/tiers.html", context)


def _spread(plan: Plan) -> dict[str, Any]:
    """Members by tier as a chart whose bars lead to the list, with the members in all and those of a tier."""
    told, language = charts.spread(plan), get_language() or "en"
    names = [listing.tier_name(plan, tier).to(language) for tier, _count in told]
    hrefs = [f"{reverse('members')}?tier={tier or 'none'}" for tier, _count in told]
    counts = [count for _tier, count in told]
    data = chart("row", names, [Series(_("Members"), counts)], hrefs=hrefs)
    return {"chart": data, "members": sum(counts), "tiered": sum(counts) - counts[0]}


def _moves(moves: list[charts.MovesOfMonth]) -> dict[str, Any]:
    return chart(
        "stacked",
        [formats.month(one.month) for one in moves],
        [Series(_("Up"), [one.up for one in moves]), Series(_("Down"), [-one.down for one in moves])],
    )
