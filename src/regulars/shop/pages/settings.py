"""The shop's settings."""

from dataclasses import asdict

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from regulars.shop import actions
from regulars.shop.pages.forms import SettingsForm
from regulars.web.access import OWNERS, page
from regulars.web.navigation import Notice, notice


@page(OWNERS)
def settings(request: HttpRequest) -> HttpResponse:
    form = SettingsForm(request.POST or None, initial=asdict(request.shop))  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        changed = actions.update_settings(form.cleaned_data, by=request.actor)  # type: ignore[attr-defined]
        messages.success(request, _("Saved.") if changed else _("Nothing was changed."))
        return redirect("settings")
    return render(request, "shop/settings.html", {"form": form})


@notice
def sample_shop(request: HttpRequest) -> Notice | None:
    """Made-up decisions on a real grocer's data: nobody should take them for their own."""
    shop = getattr(request, "shop", None)
    if shop is None or not shop.is_sample:
        return None
    return Notice(_("This is the sample shop: a real grocer's orders, for trying out."))
