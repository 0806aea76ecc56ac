"""Reads of the shop's settings, staff and keys."""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.http import HttpRequest
from django.utils import timezone

from regulars.core.money import CURRENCIES, exponent
from regulars.shop.models import ApiKey, Approval, OneTimeLink, Shop, User
from regulars.storage import prepared
from regulars.storage.bulk import as_hex, as_instant, select_in
from regulars.storage.prepared import id_of, instant_of, text_of
from regulars.web.access import NOBODY, Actor

_KEY = """
    SELECT id, name, CAST(scopes AS text), expires_at, last_used_at FROM shop_apikey
    WHERE revoked_at IS NULL AND secret_hash IN ({marks})
"""
_KEY_FORMS: tuple[Callable[[bytes], Any], ...] = (id_of, text_of, text_of, instant_of, instant_of)


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """The shop's settings as other rooms read them; ``alone_amount`` is minor units of ``currency``."""

    name: str
    currency: str
    zone: str
    country: str
    as_of: str
    is_sample: bool
    alone_points: int
    alone_amount: int

    def alone(self, unit: str) -> int:
        """Up to how many of a unit (minor units of a currency, else points or pieces) one person may adjust alone."""
        if unit in CURRENCIES:
            return self.alone_amount * 10 ** exponent(unit) // 10 ** exponent(self.currency)
        return self.alone_points


def shop() -> ShopFacts | None:
    """The shop's settings, or None before set-up."""
    row = Shop.objects.filter(id=1).first()
    return row and ShopFacts(**{name: getattr(row, name) for name in ShopFacts.__dataclass_fields__})


class NotSetUp(LookupError):
    """The shop has no settings yet: set-up, or ``regulars demo``, makes them."""


def require_shop() -> ShopFacts:
    """The shop's settings. Raises NotSetUp before set-up."""
    if (found := shop()) is None:
        raise NotSetUp("The shop is not set up yet: open the console once, or run `regulars demo`.")
    return found


def has_owner() -> bool:
    return User.objects.filter(role="owner", is_active=True).exists()


def link_is_open(token: str, purpose: str) -> bool:
    """Whether a one-time link still works. Tokens carry 256 random bits, found by hash: no secret is compared."""
    return OneTimeLink.objects.filter(
        token_hash=hash_secret(token), purpose=purpose, used_at=None, expires_at__gt=timezone.now()
    ).exists()


def invited(token: str) -> User | None:
    """Whom an open invitation is for."""
    link = (
        OneTimeLink.objects.select_related("user")
        .filter(
            token_hash=hash_secret(token),
            purpose=OneTimeLink.Purpose.INVITATION,
            used_at=None,
            expires_at__gt=timezone.now(),
        )
        .first()
    )
    return link.user if link else None


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """What somebody asked for; ``asked_by`` and ``decided_by`` are subjects (``user:...``)."""

    id: UUID
    action: str
    target: str
    details: dict[str, Any]
    asked_by: str
    asked_at: datetime
    state: str
    decided_by: str
    decided_at: datetime | None
    reason: str


def approvals(ids: Iterable[UUID]) -> dict[UUID, ApprovalView]:
    """What was asked for, by id."""
    return {row.pk: _approval(row) for row in Approval.objects.filter(pk__in=set(ids))}


def approvals_waiting(action: str) -> list[ApprovalView]:
    """What waits for a second person, the longest first."""
    return [
        _approval(row) for row in Approval.objects.filter(action=action, state="waiting").order_by("asked_at")[:200]
    ]


def approvals_decided(action: str, limit: int = 50) -> list[ApprovalView]:
    """What a second person decided, the newest first."""
    decided = Approval.objects.filter(action=action).exclude(decided_by="").order_by("-decided_at")
    return [_approval(row) for row in decided[:limit]]


def waits_for(subject: str) -> int:
    """How much waits that ``subject`` may decide: what others asked for."""
    return Approval.objects.filter(state="waiting").exclude(asked_by=subject).count()


def _approval(row: Approval) -> ApprovalView:
    return ApprovalView(**{name: getattr(row, name) for name in ApprovalView.__dataclass_fields__})


def names_of(subjects: Iterable[str]) -> dict[str, str]:
    """What to call actors, by their subject (``user:...``, ``key:...``); those that are gone are left out."""
    kinds: dict[str, set[str]] = {"user": set(), "key": set()}
    for subject in subjects:
        kind, _colon, key = subject.partition(":")
        if kind in kinds and _is_uuid(key):
            kinds[kind].add(key)
    found = (
        {f"user:{user.pk}": user.title for user in User.objects.filter(pk__in=kinds["user"])} if kinds["user"] else {}
    )
    if kinds["key"]:
        found |= {
            f"key:{pk}": name for pk, name in ApiKey.objects.filter(pk__in=kinds["key"]).values_list("pk", "name")
        }
    return found


def _is_uuid(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def hash_secret(secret: str) -> str:
    """SHA-256 of a key's secret: keys carry 256 random bits, so a slow hash would add nothing."""
    return hashlib.sha256(secret.encode()).hexdigest()


def actor_of(request: HttpRequest) -> Actor:
    """Who makes this request: the key of an ``Authorization: Bearer`` header, else who is signed in, else nobody."""
    header = request.headers.get("Authorization", "")
    if header.lower().startswith("bearer "):
        return _actor_of_key(header[7:].strip())
    user: User | None = getattr(request, "user", None)  # nobody signs in to the API
    return actor_of_user(user) if user and user.is_authenticated and user.is_active else NOBODY


def actor_of_user(user: User) -> Actor:
    """A person as an actor."""
    return Actor(str(user), f"user:{user.pk}", user.role)


def _actor_of_key(secret: str) -> Actor:
    rows = _key_rows(hash_secret(secret))
    if not rows:
        return NOBODY
    [(key, name, scopes, expires_at, noted_at)] = rows
    if expires_at and as_instant(expires_at) <= timezone.now():
        return NOBODY
    granted = frozenset(json.loads(scopes))
    return Actor(name, f"key:{UUID(as_hex(key))}", scopes=granted, noted_at=noted_at and as_instant(noted_at))


def _key_rows(secret_hash: str) -> Sequence[Sequence[Any]]:
    """Every request of a program asks this first, so it goes past the layers that take longer than the database."""
    if connection.vendor != "postgresql":
        return select_in(_KEY, [secret_hash])
    found = prepared.run("shop_key", _KEY.format(marks="$1::text"), [secret_hash])
    return [[None if told is None else form(told) for form, told in zip(_KEY_FORMS, row, strict=True)] for row in found]
