"""How fast one key may call: a token bucket per key, in this process.

Several server processes count each for themselves, so a shop that runs N of them grants up to N times the rate.
"""

import math
import threading
import time
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from ninja.throttling import BaseThrottle

PER_MINUTE = 600


@dataclass(frozen=True, slots=True)
class Budget:
    """What a key has left: whole requests, seconds until the bucket is full, seconds until the next request may come."""

    allowed: bool
    left: int
    full_in_seconds: int
    wait_seconds: int
    per_minute: int = PER_MINUTE


class Buckets:
    """A bucket of ``capacity`` requests per key, refilled evenly over a minute."""

    def __init__(self, capacity: int = PER_MINUTE) -> None:
        self.capacity = capacity
        self.per_second = capacity / 60
        self._levels: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def take(self, key: str, at_seconds: float) -> Budget:
        """Take one request of ``key`` at a monotonic time."""
        with self._lock:
            level, since = self._levels.get(key, (float(self.capacity), at_seconds))
            level = min(self.capacity, level + (at_seconds - since) * self.per_second)
            allowed = level >= 1
            level -= allowed
            self._levels[key] = (level, at_seconds)
        return Budget(
            allowed,
            left=math.floor(level),
            full_in_seconds=math.ceil((self.capacity - level) / self.per_second),
            wait_seconds=max(0, math.ceil((1 - level) / self.per_second)),
            per_minute=self.capacity,
        )


class KeyThrottle(BaseThrottle):
    """Ninja asks it after authentication; requests without a key are not counted."""

    def __init__(self, buckets: Buckets | None = None) -> None:
        self.buckets = buckets or Buckets()

    def allow_request(self, request: HttpRequest) -> bool:
        subject = request.actor.subject  # type: ignore[attr-defined]
        if not subject:
            return True
        request.budget = budget = self.buckets.take(subject, time.monotonic())  # type: ignore[attr-defined]
        return budget.allowed

    def wait(self) -> float | None:
        return None  # the wait of this very request stands in request.budget


def write_headers(request: HttpRequest, response: HttpResponse) -> None:
    """``RateLimit`` and ``RateLimit-Policy`` (draft-ietf-httpapi-ratelimit-headers), ``Retry-After`` where refused."""
    budget: Budget | None = getattr(request, "budget", None)
    if budget is None:
        return
    response["RateLimit-Policy"] = f'"key";q={budget.per_minute};w=60'
    response["RateLimit"] = f'"key";r={budget.left};t={budget.full_in_seconds}'
    if not budget.allowed:
        response["Retry-After"] = str(max(1, budget.wait_seconds))
