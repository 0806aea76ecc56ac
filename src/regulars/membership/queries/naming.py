"""What accounts of the ledger are called: a programme's points, credit, limits and stock, and gift cards, in words."""

from collections.abc import Iterable
from dataclasses import dataclass

from regulars.core.programme import Plan
from regulars.core.programme.sentences.speech import Speech
from regulars.core.says import Says, same
from regulars.ledger.queries.accounts import AccountFacts
from regulars.membership.queries import cards
from regulars.membership.queries.versions import versions

_CARD = Says("Gift card ending in {ending}", "尾号 {ending} 的礼品卡")
_WORDS = {
    "debt": Says("Owed: {what}", "欠{what}"),
    "limit": Says("Limit for “{what}”", "“{what}”的限额"),
    "stock": Says("Stock of “{what}”", "“{what}”的库存"),
}


@dataclass(frozen=True, slots=True)
class AccountName:
    """``title`` is what an account is called, ``of`` what it belongs to or is about. ``over``: it counted for a time that
    has ended, or for what is limited no more."""

    title: Says
    of: Says
    over: bool = False


def account_names(accounts: Iterable[AccountFacts], today: int | None = None) -> dict[str, AccountName]:
    """Names by account, of those that the programme or a gift card gives one; at most two queries. Without the shop's day
    ``today`` (ordinal) nothing is over."""
    found = list(accounts)
    endings = cards.endings(one.reference for one in found if one.kind == "gift_card")
    known = versions()
    named: dict[str, AccountName] = {}
    for one in found:
        if ending := endings.get(one.reference):
            named[one.id] = AccountName(_CARD.filled(ending=ending), same(ending))
        elif known and (name := _of_programme(one, known.plans[-1], today)):
            named[one.id] = name
    return named


def _of_programme(account: AccountFacts, plan: Plan, today: int | None) -> AccountName | None:
    programme, _colon, rest = account.reference.partition(":")
    if programme != plan.programme.id:
        return None
    if account.kind in {"limit", "stock"}:
        return _counted(account, rest, plan, today)
    unit = next((one for one in plan.programme.units if one.id in {account.unit, rest}), None)
    if unit is None:
        return None
    title = Says(unit.name.en[:1].upper() + unit.name.en[1:], unit.name.zh)
    return AccountName(_WORDS["debt"].filled(what=unit.name) if account.kind == "debt" else title, plan.programme.name)


def _counted(account: AccountFacts, rest: str, plan: Plan, today: int | None) -> AccountName:
    named, _colon, since = rest.partition(":")
    reward = plan.programme.reward(named)
    what = reward.name if reward else Speech(plan).rule(named)
    limit = reward.limit if reward else None
    over = bool(account.subject and today) and (
        limit is None or since != f"{plan.period_begins(limit.per, today or 1)}"
    )
    return AccountName(_WORDS[account.kind].filled(what=what), what, over)
