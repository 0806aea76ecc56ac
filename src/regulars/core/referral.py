"""Bringing friends: when a friend's order counts, and whether the two may be rewarded for it."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from regulars.core.programme.document import Kept, Referral
from regulars.core.says import Says

# By kind ("email", "phone", "device", "address", "payment"), what is known of a person, each in its comparable form.
Traces = Mapping[str, frozenset[str]]

_MAILBOXES = {
    "googlemail.com": "gmail.com", "me.com": "icloud.com", "mac.com": "icloud.com", "protonmail.com": "proton.me",
    "pm.me": "proton.me",
}  # fmt: skip
_WITHOUT_DOTS = frozenset({"gmail.com"})
_WITH_TAGS = frozenset(
    {"gmail.com", "icloud.com", "proton.me", "outlook.com", "hotmail.com", "live.com", "fastmail.com"}
)


class Action(StrEnum):
    """What becomes of a referral whose friend's order counts."""

    ACCEPT = "accept"
    REVIEW = "review"
    REFUSE = "refuse"


class Verdict(NamedTuple):
    """What to do, and the names of what speaks against it (keys of ``REASONS``)."""

    action: Action
    reasons: tuple[str, ...] = ()


class Bought(NamedTuple):
    """A friend's order as it is now, by days (ordinals). ``amount`` is what was paid for what is kept, in minor units."""

    id: str
    placed: int
    amount: int
    delivered: int | None = None


class Due(NamedTuple):
    """The order that counts, and from which day on; None while it waits for its delivery."""

    order: str
    day: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of the two. ``above`` are who brought the advocate, who brought those, and so on.

    ``same_day`` counts the advocate's friends of that day, this one among them; ``per_day`` is how many raise no question.
    """

    advocate: str
    friend: str
    advocate_traces: Traces
    friend_traces: Traces
    above: tuple[str, ...] = ()
    bought_before: bool = False
    brought_before: bool = False
    same_day: int = 1
    per_day: int = 1


# What speaks against a referral: what proves that nobody new was brought, and what only looks like it.
_PROOF = {
    "self": Says("Both are the same customer.", "推荐人与好友是同一位客户。"),
    "email": Says("Both have the same e-mail address, or two spellings of it.", "双方的邮箱相同，或是同一邮箱的不同写法。"),
    "phone": Says("Both have the same phone number.", "双方的手机号相同。"),
    "bought_before": Says("The friend had bought here before using the code.", "好友在使用推荐码之前已有有效订单。"),
    "brought_before": Says("Somebody else had brought this friend already.", "该好友此前已由他人推荐。"),
    "circle": Says("The friend brought the advocate, directly or through others.", "推荐人本身是由该好友直接或间接推荐来的。"),
}  # fmt: skip
_SIGNS = {
    "device": Says("Both used the same device.", "双方使用过同一台设备。"),
    "address": Says("Both have goods sent to the same address.", "双方使用过相同的收货地址。"),
    "payment": Says("Both paid with the same card or account.", "双方使用过相同的付款账户。"),
    "velocity": Says("The advocate brought unusually many friends that day.", "推荐人当天推荐的好友数量异常。"),
}
REASONS: Mapping[str, Says] = {
    **_PROOF,
    **_SIGNS,
    "gone": Says("One of the two is no longer a customer on record.", "其中一方已没有客户档案。"),
    "closed": Says("An account of one of the two is closed.", "其中一方的积分账户已关闭。"),
    "no_order": Says("The friend placed no order that counts in time.", "好友未在规定期限内完成有效订单。"),
    "staff": Says("Decided by the staff.", "由工作人员处理。"),
}


def due(orders: Iterable[Bought], joined: int, terms: Referral) -> Due | None:
    """The order that counts first, of those that a friend placed within the time the programme gives and has kept.

    None without one. An order that came back has no amount left, so it does not count and a later one may.
    """
    last = joined + terms.within_days
    open_order: Due | None = None
    found: Due | None = None
    for one in orders:
        if not joined <= one.placed <= last or one.amount < max(1, terms.minimum):
            continue
        begins = one.placed if terms.after is Kept.PAID else one.delivered
        if begins is None:
            open_order = open_order or Due(one.id, None)
        elif found is None or found.day is None or begins + terms.after_days < found.day:
            found = Due(one.id, begins + terms.after_days)
    return found or open_order


def is_over(today: int, joined: int, terms: Referral) -> bool:
    """Whether a friend without an order is too late for one."""
    return today > joined + terms.within_days


def judge(facts: Facts) -> Verdict:
    """Whether both may be rewarded: refused on proof that nobody new was brought, reviewed by a person on a sign of it."""
    if facts.advocate == facts.friend:
        return Verdict(Action.REFUSE, ("self",))
    told = {
        "bought_before": facts.bought_before,
        "brought_before": facts.brought_before,
        "circle": facts.friend in facts.above,
        "velocity": facts.same_day > facts.per_day,
    }
    reasons = tuple([name for name in (*_PROOF, *_SIGNS) if told.get(name) or _shared(name, facts)])
    if any(name in _PROOF for name in reasons):
        return Verdict(Action.REFUSE, reasons)
    return Verdict(Action.REVIEW, reasons) if reasons else Verdict(Action.ACCEPT)


def _shared(kind: str, facts: Facts) -> bool:
    nothing: frozenset[str] = frozenset()
    return not facts.advocate_traces.get(kind, nothing).isdisjoint(facts.friend_traces.get(kind, nothing))


def comparable(kind: str, value: str) -> str:
    """A trace as it is compared: the mailbox behind an e-mail address, an address without spaces and punctuation."""
    text = unicodedata.normalize("NFKC", value).strip()
    if kind == "email":
        return _mailbox(text.lower())
    if kind == "address":
        return "".join(character for character in text.casefold() if character.isalnum())
    return text


def _mailbox(address: str) -> str:
    """Dots and ``+tags`` are left out where the provider is known to ignore them."""
    name, at, domain = address.rpartition("@")
    domain = _MAILBOXES.get(domain, domain)
    if domain in _WITH_TAGS:
        name = name.split("+")[0]
    if domain in _WITHOUT_DOTS:
        name = name.replace(".", "")
    return f"{name}{at}{domain}"
