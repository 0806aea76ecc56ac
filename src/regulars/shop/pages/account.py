"""One's own account: entering by a link, accepting an invitation, name and language."""

from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.i18n import set_language as django_set_language

from regulars.shop import actions, queries
from regulars.shop.models import OneTimeLink, User
from regulars.shop.pages.forms import JoinForm, ProfileForm
from regulars.web.access import EVERYONE, page, public


@public
def set_language(request: HttpRequest) -> HttpResponse:
    """Switch the page's language, and remember it for people signed in."""
    chosen = request.POST.get("language", "")
    if request.method == "POST" and request.user.is_authenticated and chosen in dict(settings.LANGUAGES):
        actions.choose_language(request.user.pk, chosen)
    return django_set_language(request)


def enter(request: HttpRequest, user: User, then: str) -> HttpResponse:
    """Sign a person in who has just proved who they are, and lead on."""
    login(request, user, backend="allauth.account.auth_backends.AuthenticationBackend")
    record_authentication(request, user, method="code")
    if user.language:
        translation.activate(user.language)
    return redirect(then)


@never_cache
@public
def sign_in_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """A page with one button: programs that look at links (mail scanners, previews) must not use this one up."""
    if not queries.link_is_open(token, OneTimeLink.Purpose.SIGN_IN):
        return render(request, "shop/link_refused.html", status=403)
    if request.method != "POST":
        return render(request, "shop/enter.html")
    try:
        user = actions.use_sign_in_link(token)
    except actions.Refused as refusal:
        return render(request, "shop/link_refused.html", {"reason": str(refusal)}, status=403)
    return enter(request, user, "/")


@never_cache
@sensitive_post_parameters("password", "again")
@public
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    if (person := queries.invited(token)) is None:
        return render(request, "shop/link_refused.html", status=403)
    form = JoinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = actions.accept_invitation(token, password=form.cleaned_data["password"])
        except actions.Refused as refusal:
            return render(request, "shop/link_refused.html", {"reason": str(refusal)}, status=403)
        return enter(request, user, "/")
    return render(request, "shop/invitation.html", {"form": form, "person": person})


@page(EVERYONE)
def profile(request: HttpRequest) -> HttpResponse:
    user = request.user
    form = ProfileForm(request.POST or None, initial={"name": user.name, "language": user.language})  # type: ignore[union-attr]
    if request.method == "POST" and form.is_valid():
        actions.update_profile(user.pk, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("account")
    return render(request, "shop/account.html", {"form": form})
