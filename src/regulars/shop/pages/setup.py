"""First run: the owner (by a link from the terminal), the shop, the first data."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from regulars.shop import actions, queries
from regulars.shop.models import OneTimeLink
from regulars.shop.pages.account import enter
from regulars.shop.pages.forms import FirstShopForm, OwnerForm
from regulars.web.access import OWNERS, page, public


@public
def begin(request: HttpRequest) -> HttpResponse:
    """Where everybody lands while there is no owner: says where the link is."""
    if queries.has_owner():
        return redirect("/")
    return render(request, "shop/setup_begin.html")


@never_cache
@sensitive_post_parameters("password", "again")
@public
def owner(request: HttpRequest, token: str) -> HttpResponse:
    if queries.has_owner() or not queries.link_is_open(token, OneTimeLink.Purpose.SET_UP):
        return render(request, "shop/link_refused.html", status=403)
    form = OwnerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            user = actions.set_up_owner(token, email=given["email"], name=given["name"], password=given["password"])
        except actions.Refused as refusal:
            return render(request, "shop/link_refused.html", {"reason": str(refusal)}, status=403)
        return enter(request, user, "setup_shop")
    return render(request, "shop/setup_owner.html", {"form": form, "steps": _steps(), "step": 1})


@page(OWNERS)
def shop(request: HttpRequest) -> HttpResponse:
    if request.shop is not None:  # type: ignore[attr-defined]
        return redirect("setup_data")
    chinese = (get_language() or "").startswith("zh")
    guess = {"currency": "CNY", "zone": "Asia/Shanghai", "country": "CN", "language": "zh-hans" if chinese else "en"}
    form = FirstShopForm(request.POST or None, initial=guess)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        actions.choose_language(request.user.pk, given.pop("language"))
        actions.ensure_shop(**given, is_sample=False, as_of="now", by=request.actor)  # type: ignore[attr-defined]
        messages.success(request, _("The shop is set up."))
        return redirect("setup_data")
    return render(request, "shop/setup_shop.html", {"form": form, "steps": _steps(), "step": 2})


@page(OWNERS)
def data(request: HttpRequest) -> HttpResponse:
    return render(request, "shop/setup_data.html", {"steps": _steps(), "step": 3})


def _steps() -> list[str]:
    return [_("Owner"), _("Shop"), _("Data")]
