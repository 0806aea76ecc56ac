"""How the routes of members say tiers, privileges and decisions: as data, and as sentences in the caller's language."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from regulars.core.declarations import Context, plain
from regulars.core.points import Earn, Entry, Expire, Owe, Repay, Spend, TakeBack
from regulars.membership.queries.explaining import Decided
from regulars.membership.queries.figures import Right, Tier

_SIGNS = {Earn: 1, TakeBack: -1, Spend: -1, Expire: -1}
_DEBTS = {Owe: 1, Repay: -1}


class TierOut(Schema):
    id: str
    name: str


class PrivilegeOut(Schema):
    """What a tier entitles to, for the price, the queue, the shipping and the returns of the shop."""

    kind: Literal["member_price", "early_access", "service_priority", "free_shipping", "birthday_gift", "longer_return"]
    id: str
    terms: dict[str, Any] = Field(
        description="The privilege's other fields as the programme's document writes them, such as `off`, `minimum`, `days`.",
        examples=[{"off": "5%"}],
    )
    says: str


class ChangeOut(Schema):
    unit: str
    amount: int = Field(description="What came to the member (above zero) or left them, in the unit's smallest part.")
    owed: int = Field(description="What the member owes more, or less, because of it.")


class MoveOut(Schema):
    before: str = Field(description="The tier's id; empty for none.")
    after: str
    why: Literal["reached", "returned", "review", "merged", "split"]


class DecisionOut(Schema):
    """What the programme decided, and why."""

    id: UUID
    at: datetime
    kind: str = Field(description="What happened: order, task, referral, day_end, day_begin, restored, merged, split.")
    order: UUID | None
    version: int = Field(description="The version of the programme that decided.")
    points: list[ChangeOut]
    tier: MoveOut | None
    says: list[str]


def tier_out(tier: Tier | None, language: str) -> dict[str, str] | None:
    return tier and {"id": tier.id, "name": tier.name.to(language)}


def privilege_out(right: Right, context: Context, language: str) -> dict[str, Any]:
    terms = {name: value for name, value in plain(right.privilege, context).items() if name not in {"id", "kind"}}
    told = {"kind": right.privilege.kind, "id": right.privilege.id, "terms": terms}
    return told | {"says": right.says.to(language)}


def decision_out(decided: Decided, language: str) -> dict[str, Any]:
    copied = {name: getattr(decided, name) for name in ("id", "at", "kind", "order", "version")}
    says = [one.to(language) for one in decided.says]
    return copied | {"points": changes(decided.entries), "tier": decided.move and decided.move._asdict(), "says": says}


def changes(entries: tuple[Entry, ...]) -> list[dict[str, Any]]:
    """What some entries did to each unit, what changed nothing left out."""
    found: dict[str, dict[str, Any]] = {}
    for entry in entries:
        for name, signs in (("amount", _SIGNS), ("owed", _DEBTS)):
            if sign := signs.get(type(entry)):
                own = found.setdefault(entry.unit, {"unit": entry.unit, "amount": 0, "owed": 0})  # type: ignore[union-attr]
                own[name] += sign * entry.amount  # type: ignore[union-attr]
    return list(found.values())
