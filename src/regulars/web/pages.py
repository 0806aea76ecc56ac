"""Pages of no domain: search over everything, the component page, and what to say when something is wrong."""

import sys
from datetime import timedelta
from typing import Any

import django_tables2 as tables
from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import requires_csrf_token

from regulars.storage.disk import trouble
from regulars.web import search as finder
from regulars.web.access import EVERYONE, OWNERS, page, public
from regulars.web.charts import HeatRow, Point, Series, chart, heatmap, scatter
from regulars.web.lists import Bar, List, Money, Query, Rows, Text


@page(EVERYONE)
def search(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()
    asked_by_htmx = bool(getattr(request, "htmx", False))
    groups = finder.find(text, actor=request.actor, limit=5 if asked_by_htmx else 20)  # type: ignore[attr-defined]
    template = "web/search_hits.html" if asked_by_htmx else "web/search.html"
    return render(request, template, {"groups": groups, "search_text": text})


@page(OWNERS)
def components(request: HttpRequest) -> HttpResponse:
    return render(request, "web/components.html", {**_specimens(), "list": _Specimens(request), "form": _Specimen()})


class _Specimen(forms.Form):
    name = forms.CharField(label=gettext_lazy("Customers"), required=False)


class _SpecimenTable(tables.Table):
    name = Text(gettext_lazy("Customers"), card="title")
    amount = Money(gettext_lazy("Revenue"), currency="CNY", card="end")
    share = Bar(gettext_lazy("Repurchase rate"))


class _Specimens(List):
    """A list of made-up rows."""

    name, table, search, sort = "specimens", _SpecimenTable, (), "name"

    def rows(self, query: Query) -> Rows[Any]:
        names = ("王小明", "李雷", "韩梅梅", "Ana")
        made_up = [{"name": name, "amount": 98000 - i * 21000, "share": 0.8 - i / 5} for i, name in enumerate(names)]
        shown = [row for row in made_up if query.search.lower() in str(row["name"]).lower()]
        return Rows(lambda: len(shown), lambda offset, limit: shown[offset : offset + limit])


def _specimens() -> dict[str, Any]:
    """What the component page shows: one of everything, with made-up numbers."""
    months = [f"2026-{m:02}" for m in range(1, 9)]
    now = timezone.now()
    return {
        "line": chart(
            "line",
            months,
            [
                Series(_("Revenue"), [812000, 790300, 901200, 950000, 1002000, 988000, 1100500, 1203000]),
                Series(_("Repurchase rate"), [0.31, 0.32, 0.31, 0.33, 0.35, 0.36, 0.36, 0.38], unit="percent"),
            ],
            unit="money",
            currency="CNY",
        ),
        "stacked": chart(
            "stacked",
            months,
            [
                Series(_("New"), [40, 38, 51, 44, 39, 47, 52, 50]),
                Series(_("Returning"), [90, 97, 99, 120, 131, 128, 140, 155]),
            ],
        ),
        "doughnut": chart("doughnut", [_("Loyal"), _("Late"), _("Lapsed")], [Series("", [620, 210, 95])]),
        "cloud": scatter(
            [Point(x, 900 - x * 9 + (x % 7) * 40, f"#{x}") for x in range(1, 60)],
            x_label=_("Days since last order"),
            y_label=_("Orders"),
        ),
        "heat": heatmap(
            [str(n) for n in range(6)],
            [
                HeatRow(m, 300 - i * 21, [1.0, 0.42 - i * 0.02, 0.33, 0.29 + i * 0.01, 0.22, None if i > 1 else 0.2])
                for i, m in enumerate(months[:4])
            ],
            corner=_("First order in"),
        ),
        "events": [
            {
                "at": now,
                "icon": "shopping-bag",
                "title": _("Order completed"),
                "text": "#10023 · ¥328.00",
                "tone": "good",
            },
            {"at": now - timedelta(days=3), "icon": "mail", "title": _("Message sent"), "text": "", "tone": "plain"},
        ],
        "parts": [(_("Loyal"), 620), (_("Late"), 210), (_("Lapsed"), 95)],
        "facts": [(_("Customer since"), "2024-03-08"), (_("Orders"), 18), (_("Note"), None)],
        "tabs": [("one", _("Overview"), "#one", ""), ("two", _("Orders"), "#two", 18)],
        "rows": [("王小明", 18, 328000), ("Ana", 5, 45050)],
        "tones": ["plain", "good", "warn", "bad", "info", "accent"],
        "steps": [_("Owner"), _("Shop"), _("Data")],
    }


@requires_csrf_token
def refused(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "web/problem.html", {"code": 403, "reason": str(exception or "")}, status=403)


@requires_csrf_token
def missing(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "web/problem.html", {"code": 404}, status=404)


@requires_csrf_token
def broken(request: HttpRequest) -> HttpResponse:
    if found := trouble(sys.exc_info()[1], settings.DATA_DIR):
        # Of no request: what pages show of it is asked of a database that may not answer.
        return render(HttpRequest(), "web/problem.html", {"code": 507, "trouble": found}, status=507)
    return render(request, "web/problem.html", {"code": 500}, status=500)


@requires_csrf_token
@public
def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form came back without its token: an old tab, or cookies switched off."""
    return render(request, "web/problem.html", {"code": 403, "stale": True}, status=403)


urlpatterns = [
    path("search/", search, name="search"),
    path("components/", components, name="components"),
]
