"""What claims, codes and gift cards say to people."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from regulars.core.programme.document import REWARD_KINDS
from regulars.core.programme.sentences.speech import Speech, spaced
from regulars.core.says import Says
from regulars.membership import queries as membership
from regulars.membership.queries.claims import ClaimFacts

TONES = {"held": "info", "confirmed": "warn", "fulfilled": "good", "cancelled": "plain"}
_GIVEN: Mapping[str, Any] = {
    "tier": gettext_lazy("Gift on reaching %(what)s"),
    "birthday": gettext_lazy("Birthday gift %(what)s"),
    "referral": gettext_lazy("For a recommendation"),
    "automatic": gettext_lazy("Exchanged automatically"),
}
KINDS = {kind.value: said for kind, said in REWARD_KINDS.items()}


class Names:
    """What the programme calls rewards, points and tiers: what they were called last, where they are gone."""

    def __init__(self) -> None:
        versions = membership.versions()
        plans = versions.plans if versions else []
        self.rewards = {one.id: one.name for plan in plans for one in plan.programme.rewards}
        self.units = {one.id: Speech(plan) for plan in plans for one in plan.programme.units}
        ladders = [plan.programme.ladder for plan in plans if plan.programme.ladder]
        self.tiers = {one.id: one.name for ladder in ladders for one in ladder.tiers}

    def reward(self, named: str) -> str:
        return said(self.rewards.get(named)) or named

    def price(self, count: int, unit: str) -> str:
        return said(spaced(self.units[unit].amount(unit, count))) if unit in self.units else f"{count:,} {unit}"

    def why(self, claim: ClaimFacts) -> str:
        """How a member came to a claim."""
        if claim.price:
            return _("Redeemed for %(price)s") % {"price": self.price(claim.price, claim.unit)}
        kind, _colon, what = claim.why.partition(":")
        shown = said(self.tiers.get(what)) or what
        return str(_GIVEN.get(kind, claim.why)) % {"what": shown}


def said(sentence: Says | None) -> str:
    """A sentence that a rule says, in the page's language."""
    return sentence.to(get_language() or "en") if sentence else ""


def number(claim: ClaimFacts) -> str:
    """What staff and members call a claim: the beginning of its id."""
    return claim.id.hex[:8].upper()
