"""Analyses in full: all cohorts, the RFM map with its segments."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from regulars.insights import queries
from regulars.insights.pages import charts
from regulars.insights.pages.waiting import without_figures
from regulars.insights.pages.words import defined
from regulars.web.access import EVERYONE, page


@page(EVERYONE)
def cohorts(request: HttpRequest) -> HttpResponse:
    told = queries.dashboard(365)
    if told is None or not told.cohorts:
        return without_figures(request, _("Cohorts"))
    context = {"told": told, "cohorts": charts.cohort_map(told.cohorts, newest=36), "mix": charts.mix(told)}
    return render(request, "insights/cohorts.html", {**context, "definition": defined("retention")})


@page(EVERYONE)
def rfm(request: HttpRequest) -> HttpResponse:
    told = queries.dashboard()
    if told is None or not told.squares:
        return without_figures(request, _("RFM"))
    context = {"told": told, "rfm": charts.rfm_map(told.squares), "segments": charts.segment_rows(told)}
    return render(request, "insights/rfm.html", {**context, "definition": defined("segment")})
