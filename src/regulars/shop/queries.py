"""Reads of the shop's settings, staff and keys."""

import hashlib
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils import timezone

from regulars.shop.models import ApiKey, OneTimeLink, Shop, User
from regulars.web.access import NOBODY, Actor


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """The shop's settings as other rooms read them."""

    name: str
    currency: str
    zone: str
    country: str
    as_of: str
    is_sample: bool


def shop() -> ShopFacts | None:
    """The shop's settings, or None before set-up."""
    row = Shop.objects.filter(id=1).first()
    return row and ShopFacts(row.name, row.currency, row.zone, row.country, row.as_of, row.is_sample)


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


def hash_secret(secret: str) -> str:
    """SHA-256 of a key's secret: keys carry 256 random bits, so a slow hash would add nothing."""
    return hashlib.sha256(secret.encode()).hexdigest()


def actor_of(request: HttpRequest) -> Actor:
    """Who makes this request: the key of an ``Authorization: Bearer`` header, else who is signed in, else nobody."""
    header = request.headers.get("Authorization", "")
    if header.lower().startswith("bearer "):
        return _actor_of_key(header[7:].strip())
    user = request.user
    return actor_of_user(user) if user.is_authenticated and user.is_active else NOBODY


def actor_of_user(user: User) -> Actor:
    """A person as an actor."""
    return Actor(str(user), f"user:{user.pk}", user.role)


def _actor_of_key(secret: str) -> Actor:
    key = ApiKey.objects.filter(secret_hash=hash_secret(secret), revoked_at=None).first()
    if key is None or (key.expires_at and key.expires_at <= timezone.now()):
        return NOBODY
    return Actor(key.name, f"key:{key.pk}", scopes=frozenset(key.scopes))
