"""Pools of codes that others made: how many are left, and importing more."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from regulars.core.programme.document import RewardKind
from regulars.flows.pages.rewards import words
from regulars.membership import queries as membership
from regulars.membership.actions.codes import Imported, import_codes
from regulars.membership.actions.publishing import Refused
from regulars.membership.queries import claims
from regulars.shop import actions as shop_actions
from regulars.storage.transactions import run_tx
from regulars.web import formats
from regulars.web.access import MARKETERS, page

REFUSED_SHOWN = 5
FILE_MAX_BYTES = 5 * 1024 * 1024


class ImportForm(forms.Form):
    reward = forms.ChoiceField(label=pgettext_lazy("reward", "Reward"))
    file = forms.FileField(
        label=gettext_lazy("File with codes"),
        required=False,
        help_text=gettext_lazy("Text or CSV in UTF-8, one code a line, in the first column."),
    )
    text = forms.CharField(
        label=gettext_lazy("Or paste them here"), required=False, widget=forms.Textarea(attrs={"rows": 5})
    )
    warn_below = forms.IntegerField(
        label=gettext_lazy("Warn when fewer are left than"), min_value=0, max_value=1_000_000, initial=20
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reward = self.fields["reward"]
        assert isinstance(reward, forms.ChoiceField)
        reward.choices = [(one, name) for one, name in _coded().items()]

    def clean_file(self) -> list[str]:
        sent = self.cleaned_data["file"]
        if sent is None:
            return []
        if sent.size > FILE_MAX_BYTES:
            raise forms.ValidationError(_("This file is larger than 5 MB: import it in parts."))
        try:
            return list(sent.read().decode("utf-8-sig").splitlines())
        except UnicodeDecodeError:
            raise forms.ValidationError(_("This file is not UTF-8 text. Save it as CSV in UTF-8.")) from None


@page(MARKETERS)
def pools(request: HttpRequest) -> HttpResponse:
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid() and _imported(request, form):
        return redirect("code_pools")
    names = words.Names()
    rows = [(pool, names.reward(pool.reward)) for pool in claims.pools()]
    return render(request, "flows/rewards/codes.html", {"form": form, "pools": rows, "coded": _coded()})


def _imported(request: HttpRequest, form: ImportForm) -> bool:
    told, at = form.cleaned_data, timezone.now()
    lines = [*told["file"], *told["text"].splitlines()]

    def verb() -> Imported:
        done = import_codes(told["reward"], lines, warn_below=told["warn_below"], at=at)
        noted = {"added": done.added, "known": done.known}
        shop_actions.record(request.actor, "codes.imported", told["reward"], noted, at=at)  # type: ignore[attr-defined]
        return done

    try:
        done = run_tx(verb, finds_its_rows=True)
    except Refused as refused:
        form.add_error(None, str(refused))
        return False
    _tell(request, done)
    return True


def _tell(request: HttpRequest, done: Imported) -> None:
    added = ngettext("%(count)s code was added.", "%(count)s codes were added.", done.added)
    messages.success(request, added % {"count": formats.number(done.added)})
    if again := done.known + done.twice:
        said = ngettext("%(count)s was there already.", "%(count)s were there already.", again)
        messages.info(request, said % {"count": formats.number(again)})
    for line, why in done.refused[:REFUSED_SHOWN]:
        messages.warning(request, _("Line %(line)s: %(why)s") % {"line": formats.number(line), "why": why})
    if (more := len(done.refused) - REFUSED_SHOWN) > 0:
        messages.warning(request, _("%(count)s more lines were refused.") % {"count": formats.number(more)})


def _coded() -> dict[str, str]:
    """The rewards that take their codes from a pool, with their names."""
    versions = membership.versions()
    told = versions.plans[-1].programme.rewards if versions else ()
    return {one.id: words.said(one.name) for one in told if one.gives is RewardKind.CODES}
