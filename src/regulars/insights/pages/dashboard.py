"""The overview: how the shop stands, in figures, sentences and charts; and what each figure means."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from regulars.insights import queries
from regulars.insights.pages import charts
from regulars.insights.pages.waiting import without_figures
from regulars.insights.pages.words import address, defined
from regulars.insights.queries.customers import LATE_STATES
from regulars.insights.queries.dashboard import PERIODS_DAYS, Dashboard, Period
from regulars.insights.queries.definitions import CHAPTERS
from regulars.web import formats
from regulars.web.access import EVERYONE, page


@dataclass(frozen=True, slots=True)
class Figure:
    """One headline figure; ``good`` says whether its movement is: "yes", "no" or "" for neither."""

    label: str
    value: str
    definition: str
    href: str = ""
    trend: str = ""
    good: str = ""
    hint: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Sentence:
    """What the figures say in words, and where it leads."""

    text: str
    href: str
    icon: str
    tone: str = "plain"


@page(EVERYONE)
def dashboard(request: HttpRequest) -> HttpResponse:
    asked = request.GET.get("days", "")
    days = int(asked) if asked in map(str, PERIODS_DAYS) else 90
    told = queries.dashboard(days)
    if told is None or not told.buyers:
        return without_figures(request, _("Overview"), told.customers if told else 0)
    return render(request, "insights/dashboard.html", _context(told))


@page(EVERYONE)
def definitions(request: HttpRequest) -> HttpResponse:
    return render(request, "insights/definitions.html", {"chapters": CHAPTERS})


def _context(told: Dashboard) -> dict[str, Any]:
    periods = {7: _("7 days"), 30: _("30 days"), 90: _("90 days"), 365: _("1 year")}
    return {
        "told": told,
        "periods": [(days, label, f"?days={days}", "") for days, label in periods.items()],
        "figures": figures(told),
        "sentences": sentences(told),
        "trend": charts.trend(told),
        "mix": charts.mix(told),
        "cohorts": charts.cohort_map(told.cohorts),
        "rfm": charts.rfm_map(told.squares),
        "states": charts.state_parts(told),
        "segments": charts.segment_rows(told),
        "categories": charts.category_rows(told),
        "completeness": _completeness(told),
        "defined": {key: defined(key) for key in ("net", "new_customers", "retention", "rfm", "state", "completeness")},
    }


def figures(told: Dashboard) -> list[Figure]:
    """The headline figures of a period, each with its movement, its definition and the rows behind it."""
    now, before, currency = told.now, told.before, told.currency
    span = {"since": now.since.isoformat(), "until": now.until.isoformat()}
    orders = address("orders", state="counted", **span)
    discounted = address("orders", state="counted", discounted="yes", **span)
    bought = address("customers", last_since=span["since"])
    hint = _("against the %(days)s days before") % {"days": told.days} if before else ""

    def figure(label: str, name: str, value: str, key: str, href: str, up: str = "yes", title: str = "") -> Figure:
        trend, good = _movement(now, before, name, up)
        return Figure(label, value, defined(key), href, trend, good, hint if trend else "", title)

    money, exact = formats.money_short(now.net_amount, currency), formats.money(now.net_amount, currency)
    average = formats.money(now.average_order_amount, currency)
    fresh = address("customers", first_since=span["since"])
    cheap = formats.percent(now.discounted_share)
    return [
        figure(_("Net sales"), "net_amount", money, "net", orders, title=exact),
        figure(_("Orders"), "orders", formats.number(now.orders), "orders", orders),
        figure(_("Average order"), "average_order_amount", average, "average_order", orders),
        figure(_("Orders on discount"), "discounted_share", cheap, "discounted_orders", discounted, ""),
        figure(_("Buyers"), "buyers", formats.number(now.buyers), "buyers", bought),
        figure(_("New customers"), "new_buyers", formats.number(now.new_buyers), "new_customers", fresh),
        Figure(
            _("Repurchase rate"),
            formats.percent(told.repurchase_rate),
            defined("repurchase_rate"),
            address("customers", days_min=2),
            hint=_("of all who ever bought"),
        ),
        Figure(
            _("Late against their rhythm"),
            formats.number(told.late.customers),
            defined("state"),
            address("leaving", state=LATE_STATES),
            hint=_("%(money)s at stake") % {"money": formats.money_short(told.late.net_365_amount, currency)},
        ),
    ]


def _movement(now: Period, before: Period | None, name: str, up: str) -> tuple[str, str]:
    """How a figure moved: in percent, shares in percentage points; and whether that is good (``up`` "" for neither)."""
    if before is None or not (old := getattr(before, name)) or (new := getattr(now, name)) is None:
        return "", ""
    is_share = name.endswith("_share")
    change = new - old if is_share else new / old - 1
    text = formats.percent(abs(change))
    if text == formats.percent(0):
        return _("about the same"), ""
    sign = "+" if change > 0 else "−"
    moved = _("%(change)s points") % {"change": sign + text.rstrip("%")} if is_share else sign + text
    return moved, ("yes" if change > 0 else "no") if up else ""


def sentences(told: Dashboard) -> list[Sentence]:
    """What an operator would want to be told first, most urgent first."""
    found = [_late(told), _came_back(told), _returning(told), _premium(told)]
    return [sentence for sentence in found if sentence]


def _late(told: Dashboard) -> Sentence | None:
    late = told.late
    if not late.regulars:
        return Sentence(_no_regular_late(late.customers), reverse("leaving"), "circle-check", "good")
    text = ngettext(
        "%(count)s regular (3 purchase days or more) is slowing down or at risk; in the last year they spent %(money)s.",
        "%(count)s regulars (3 purchase days or more) are slowing down or at risk; together they spent %(money)s in the "
        "last year.",
        late.regulars,
    )
    money = formats.money_short(late.regulars_net_365_amount, told.currency)
    href = address("leaving", state=LATE_STATES, days_min=3)
    return Sentence(text % {"count": formats.number(late.regulars), "money": money}, href, "user-minus", "bad")


def _no_regular_late(late: int) -> str:
    if not late:
        return _("Nobody is slowing down or at risk.")
    text = _(
        "No regular (3 purchase days or more) is slowing down or at risk; the %(count)s who are bought on fewer days."
    )
    return text % {"count": formats.number(late)}


def _came_back(told: Dashboard) -> Sentence | None:
    if told.repurchase_rate is None or told.second_days is None:
        return None
    text = _("%(share)s of all customers came back at least once; half of them within %(days)s.")
    said = text % {"share": formats.percent(told.repurchase_rate), "days": formats.days(told.second_days)}
    return Sentence(said, address("customers", days_min=2), "repeat", "good")


def _returning(told: Dashboard) -> Sentence | None:
    total = sum(m.new_net_amount + m.returning_net_amount for m in told.mix)
    if not total:
        return None
    share = formats.percent(sum(m.returning_net_amount for m in told.mix) / total)
    since = formats.day(told.mix[0].day)
    text = _("Returning customers brought %(share)s of net sales since %(since)s.") % {"share": share, "since": since}
    return Sentence(text, address("cohorts"), "users", "info")


def _premium(told: Dashboard) -> Sentence | None:
    if not told.premium:
        return None
    text = ngettext(
        "%(count)s customer (%(share)s of those who bought) brings half of net sales.",
        "%(count)s customers (%(share)s of those who bought) bring half of net sales.",
        told.premium,
    )
    share = formats.percent(told.premium / told.buyers, 0)
    return Sentence(text % {"count": formats.number(told.premium), "share": share}, address("premium"), "gem", "accent")


def _completeness(told: Dashboard) -> list[tuple[str, float | None, str, str]]:
    """(what, share, words, where the gaps are) of the data behind the figures."""
    has = told.completeness

    def part(label: str, known: int, all_of: int, href: str) -> tuple[str, float | None, str, str]:
        words = _("%(known)s of %(all)s") % {"known": formats.number(known), "all": formats.number(all_of)}
        return label, known / all_of if all_of else None, words, href

    return [
        part(_("Orders of a known customer"), has.orders_with_customer, has.orders, ""),
        part(_("Products with a category"), has.products_with_category, has.products, address("products")),
        part(
            _("Customers with an e-mail or phone"),
            has.reachable_customers,
            has.customers,
            address("customers", contact="none"),
        ),
    ]
