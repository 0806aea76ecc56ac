"""What offers give, and why one did not apply, in English and Chinese as a shopper would want to read it.

Sentences are clauses without a full stop.
"""

from datetime import datetime

from regulars.core import conditions, says
from regulars.core.conditions import Condition, Vocabulary
from regulars.core.offers.base import Offer
from regulars.core.offers.catalogue import Catalogue
from regulars.core.offers.quotes import Effect, Reason
from regulars.core.offers.vocabulary import CART, GOODS
from regulars.core.programme.earning import PERIODS, Period
from regulars.core.programme.sentences.speech import LISTED, clauses
from regulars.core.says import Says, joined, same

# A reason by its code. Places: {money} and {n} are the figure, {by} the other offer or the code, {tiers} and {per} are the
# offer's own, {unmet} is the condition that does not hold, {at} when it begins or ended.
_REASONS: dict[str, Says] = {
    "spend_more": Says("spend {money} more", "再消费 {money} 可享"),
    "add_more": Says("add {n} more", "再加购 {n} 件可享"),
    "incomplete": Says("the goods it takes are not all in the cart", "所需商品尚未凑齐"),
    "condition": Says("only if {unmet}", "仅当{unmet}"),
    "only_for": Says("only for {tiers}", "仅限{tiers}"),
    "not_yet": Says("begins at {at}", "{at} 开始"),
    "over": Says("ended at {at}", "已于 {at} 结束"),
    "used_up": Says("used up: there were {n} in all", "已被领完（共 {n} 份）"),
    "used_by_you": Says("used up by this customer, who gets {n}{per}", "已达每人限量（{per}{n} 次）"),
    "budget": Says("its budget has {money} left, which is too little", "活动预算仅剩 {money}，不足以优惠本单"),
    "no_stock": Says("sold out", "已抢光"),
    "team_full": Says("the group is full with {n}", "该团已满 {n} 人"),
    "team_closed": Says("the group closed with {n} missing", "该团已截止，还差 {n} 人未成团"),
    "not_bargained": Says("no price has been agreed; it can go down to {money}", "尚未议价，最低可至 {money}"),
    "on_sale": Says("not with items on sale", "特价商品不参与"),
    "beaten": Says("does not combine with {by}, which is better", "不与{by}叠加，已选更优惠的"),
    "excluded": Says("does not combine with {by}", "不与{by}同享"),
    "floor": Says("the price is at its floor already", "已是底价，不能再减"),
    "depth": Says("nothing more can come off this order", "本单优惠已达上限"),
    "nothing": Says("it would change nothing", "对本单没有优惠"),
    "code": Says("“{by}” cannot be used here", "“{by}”不可用"),
}
_EFFECTS: dict[str, Says] = {
    "gift": Says("{n} × {items} for free", "赠 {items} × {n}"),
    "choice": Says("choose {n} of {items}", "{items} 任选 {n} 件"),
    "coupons": Says("{n} × coupons: {items}", "送券 {n} 份：{items}"),
    "draws": Says("{n} draws", "{n} 次抽奖机会"),
    "deposit": Says("pay a deposit of {money} for {n} now", "现付 {n} 件定金 {money}"),
    "team": Says("{n} more must join the group", "还差 {n} 人成团"),
}


def reason_sentence(reason: Reason, catalogue: Catalogue) -> Says:
    """Why an offer did not apply, with its figure: ``spend 38.00 CNY more``."""
    ready = catalogue.by_id.get(reason.offer)
    offer = ready.offer if ready else None
    cap = offer.limits.per_customer if offer else None
    said = _REASONS[reason.code].filled(
        money=says.money(reason.figure, catalogue.currency),
        n=f"{reason.figure:,}",
        by=_named(reason.by, catalogue),
        unmet=_condition(reason.unmet, CART, catalogue) if reason.unmet else "",
        tiers=_tiers(offer, catalogue) if offer else "",
        at=_local(reason.at, catalogue) if reason.at else "",
        per=_per(cap.per) if cap else "",
    )
    return clauses([said])


def effect_sentence(effect: Effect, catalogue: Catalogue) -> Says:
    """What an offer does beside prices."""
    source = "offers" if effect.kind == "coupons" else "products"
    names = catalogue.words.known.get(source, {})
    items = joined([names.get(item, same(item)) for item in dict.fromkeys(effect.items)], LISTED)
    told = says.money(effect.amount, catalogue.currency)
    return clauses([_EFFECTS[effect.kind].filled(n=f"{effect.number:,}", items=items, money=told)])


def offer_sentence(offer: Offer, catalogue: Catalogue) -> Says:
    """The whole offer in one sentence: what it gives, for which goods, when, to whom, and up to which limits."""
    context, parts = catalogue.words, [offer.says(catalogue.words)]
    if offer.lines:
        goods = _condition(offer.lines, GOODS, catalogue)
        parts.append(Says("only goods where {goods}", "限{goods}的商品").filled(goods=goods))
    if offer.not_on_sale:
        parts.append(_REASONS["on_sale"])
    if offer.minimum and offer.usual != "gifts":
        minimum = says.money(offer.minimum, context.currency)
        parts.append(Says("from {minimum} on", "满 {minimum} 可用").filled(minimum=minimum))
    if offer.when:
        parts.append(_REASONS["condition"].filled(unmet=_condition(offer.when, CART, catalogue)))
    if offer.tiers:
        parts.append(_REASONS["only_for"].filled(tiers=_tiers(offer, catalogue)))
    if offer.codes or offer.coupon:
        parts.append(Says("with a code", "凭优惠码使用"))
    if offer.starts:
        parts.append(Says("from {at}", "{at} 起").filled(at=_local(offer.starts, catalogue)))
    if offer.ends:
        parts.append(Says("until {at}", "{at} 止").filled(at=_local(offer.ends, catalogue)))
    return clauses([*parts, *_limits(offer, catalogue)])


def _limits(offer: Offer, catalogue: Catalogue) -> list[Says]:
    limits, said = offer.limits, []
    if limits.uses:
        said.append(Says("{n} uses in all", "共 {n} 份").filled(n=f"{limits.uses:,}"))
    if cap := limits.per_customer:
        words = Says("{n} per customer{per}", "每人{per}限 {n} 次")
        said.append(words.filled(n=cap.amount, per=_per(cap.per)))
    if limits.budget:
        budget = says.money(limits.budget, catalogue.currency)
        said.append(Says("as long as {budget} last", "预算 {budget}，用完即止").filled(budget=budget))
    return said


def _per(period: Period) -> Says:
    """`` a month``; nothing where it is for ever."""
    return same("") if period is Period.EVER else Says(f" {PERIODS[period].en}", PERIODS[period].zh)


def _named(named: str, catalogue: Catalogue) -> Says:
    ready = catalogue.by_id.get(named)
    return ready.offer.name if ready else same(named)


def _tiers(offer: Offer, catalogue: Catalogue) -> Says:
    names = catalogue.words.known.get("tiers", {})
    return joined([names.get(tier, same(tier)) for tier in offer.tiers], LISTED)


def _condition(told: Condition, vocabulary: Vocabulary, catalogue: Catalogue) -> Says:
    def named(source: str, id_: str) -> Says:
        return catalogue.words.known.get(source, {}).get(id_, same(id_))

    return conditions.sentence(told, vocabulary, catalogue.currency, named)


def _local(at: datetime, catalogue: Catalogue) -> str:
    return f"{at.astimezone(catalogue.zone):%Y-%m-%d %H:%M}"
