"""A request as plain JSON: what a retry is compared by, and what the database's own half of the machine reads."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from regulars.ledger.facts import (
    AMOUNT_MAX,
    FOREVER,
    LEGS_MAX,
    NATURES,
    Account,
    Activate,
    Capture,
    Close,
    Expire,
    Hold,
    Leg,
    Operation,
    Post,
    Release,
    Reopen,
    Reverse,
)
from regulars.ledger.refusals import Impossible

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_SHORTAGES = {"refuse", "lot", "balance"}
TEXT_MAX = 200


def encode(values: list[Any]) -> str:
    """JSON text; equal requests give equal text."""
    return _ENCODER.encode(values)


def plain(operation: Operation) -> list[dict[str, Any]]:
    """The legs as JSON values. Raises Impossible for what makes no sense, whatever the accounts hold."""
    if len(operation.legs) > LEGS_MAX or not (operation.legs or operation.messages):
        raise Impossible(
            f"an operation has 1 to {LEGS_MAX} legs, not {len(operation.legs)}; or none, and something to tell"
        )
    if len(operation.id) != 32 or operation.at.tzinfo is None:
        raise Impossible("an operation needs an id of 32 hex digits and an aware instant")
    for text in (operation.reason, operation.actor, operation.about):
        if len(text) > TEXT_MAX or not text.isprintable():
            raise Impossible(
                f"reason, actor and about are printable texts of at most {TEXT_MAX} characters: {text[:40]!r}"
            )
    return [_PLAIN[type(leg)](leg) for leg in operation.legs]


def digest(operation: Operation, legs: list[dict[str, Any]]) -> bytes:
    """32 bytes by which a retry is told from another request; ``legs`` as ``plain`` gives them."""
    return hashlib.sha256((operation.request or encode(legs)).encode()).digest()


def _moved(leg: Post | Hold) -> dict[str, Any]:
    source, target = leg.source, leg.target
    if source.kind not in NATURES or target.kind not in NATURES:
        raise Impossible(f"there are no accounts of kind {source.kind} or {target.kind}")
    if source.unit != target.unit:
        raise Impossible(f"{source.unit} cannot become {target.unit}")
    if source == target:
        raise Impossible("source and target are the same account")
    if not (source.nature.guarded or target.nature.guarded):
        raise Impossible("the world cannot post to the world: nothing would be kept")
    if leg.granted is not None and (source.nature.in_lots or not source.nature.guarded or leg.granted < 0):
        raise Impossible("only a limit or a stock is granted, and never less than nothing")
    return {"source": source.id, "target": target.id, "amount": _amount(leg.amount)} | (
        {} if leg.granted is None else {"granted": _amount(leg.granted, lowest=0)}
    )


def _post(leg: Post) -> dict[str, Any]:
    return {"verb": "post"} | _moved(leg) | _terms(leg) | ({"at_most": True} if leg.at_most else {})


def _hold(leg: Hold) -> dict[str, Any]:
    if not leg.source.nature.guarded:
        raise Impossible("nothing of the world's can be held")
    return {"verb": "hold"} | _moved(leg) | {"until": _instant(leg.until)}


def _capture(leg: Capture) -> dict[str, Any]:
    return {"verb": "capture", "hold": leg.hold} | _some(leg.amount) | _terms(leg)


def _release(leg: Release) -> dict[str, Any]:
    return {"verb": "release", "hold": leg.hold} | _some(leg.amount)


def _reverse(leg: Reverse) -> dict[str, Any]:
    if leg.shortage not in _SHORTAGES:
        raise Impossible(f"shortage is one of {', '.join(sorted(_SHORTAGES))}, not {leg.shortage}")
    return {"verb": "reverse", "posting": leg.posting, "shortage": leg.shortage} | _some(leg.amount)


def _switch(verb: str, account: Account) -> dict[str, Any]:
    if account.kind not in NATURES or not account.nature.guarded:
        raise Impossible("the world cannot be closed")
    return {"verb": verb, "account": account.id}


def _terms(leg: Post | Capture) -> dict[str, Any]:
    # What waits until somebody says so may carry an expiry all the same.
    if leg.active_at is not None and leg.active_at != FOREVER and leg.active_at >= leg.expires_at:
        raise Impossible("what expires before it becomes active can never be spent")
    active = {} if leg.active_at is None else {"active_at": _instant(leg.active_at)}
    return active | ({} if leg.expires_at == FOREVER else {"expires_at": _instant(leg.expires_at)})


def _some(amount: int | None) -> dict[str, Any]:
    return {} if amount is None else {"amount": _amount(amount)}


def _amount(amount: int, lowest: int = 1) -> int:
    if type(amount) is not int or not lowest <= amount <= AMOUNT_MAX:
        raise Impossible(f"an amount is a whole number from {lowest} to {AMOUNT_MAX}, not {amount!r}")
    return amount


def _instant(at: datetime) -> str:
    if at.tzinfo is None:
        raise Impossible("an instant without a zone says nothing")
    return at.astimezone(UTC).isoformat()


_PLAIN: dict[type[Leg], Callable[[Any], dict[str, Any]]] = {
    Post: _post,
    Hold: _hold,
    Capture: _capture,
    Release: _release,
    Activate: lambda leg: (
        {"verb": "activate", "lot": leg.lot} | ({} if leg.active_at is None else {"active_at": _instant(leg.active_at)})
    ),
    Expire: lambda leg: {"verb": "expire", "lot": leg.lot},
    Reverse: _reverse,
    Close: lambda leg: _switch("close", leg.account),
    Reopen: lambda leg: _switch("reopen", leg.account),
}
