"""The demo shop lived in for an hour over its API, and then verified: ledger, orders, and every member replayed."""

import json
import random
import socket
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import pytest

from tests.site.test_demo import environment, regulars
from tests.site.test_running import eventually, listens

CLIENTS, SEED, SENT_MAX, SOURCE = 8, 20, 4, "complete-journey"
KEY = (
    "from regulars.shop.models import ApiKey; from regulars.shop.queries import hash_secret; "
    "from regulars.web.access import Scope; "
    "[ApiKey.objects.create(name=n, prefix=n, secret_hash=hash_secret(n), scopes=[s.value for s in Scope]) "
    "for n in map(str, range(8))]"
)

pytestmark = pytest.mark.soak


@contextmanager
def serving(folder: Path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "regulars", "serve", "--port", str(port), "--data-dir", str(folder)]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL) as site:
        try:
            assert eventually(lambda: listens(port))
            yield port
        finally:
            site.terminate()
            site.wait(60)


class Shopper:
    """A program that orders, returns, redeems and cancels for whoever it meets; it sends again what it got no answer to, and
    now and then what it got one to."""

    def __init__(self, number: int, port: int, customers: list[str], rewards: list[str]) -> None:
        self.chance, self.number, self.port = random.Random(SEED + number), number, port
        self.customers, self.rewards = customers, rewards
        self.orders: list[str] = []
        self.claims: list[str] = []
        self.answers: Counter[str] = Counter()

    def live(self, until: float) -> Counter[str]:
        while time.monotonic() < until:
            verb = self.chance.choices(("buy", "give_back", "redeem", "cancel"), (5, 2, 3, 1))[0]
            getattr(self, verb)()
        return self.answers

    def buy(self) -> None:
        named = f"{SOURCE}:soak-{self.number}-{len(self.orders)}"
        lines = [
            {
                "product": f"p{self.chance.randrange(50)}",
                "quantity": "1",
                "list_amount": self.chance.randint(100, 9_000),
            }
            for _ in range(self.chance.randint(1, 4))
        ]
        at = datetime.now(UTC) - timedelta(minutes=self.chance.randint(0, 600))
        told = {"customer": self.one(), "placed_at": at.isoformat(), "currency": "USD", "lines": lines}
        self.send("PUT", f"/orders/{named}", told)
        self.orders.append(named)

    def one(self) -> str:
        """A few customers come all the time, so that programs meet at one member."""
        return self.chance.choice(self.customers[: self.chance.choice((3, 3, len(self.customers)))])

    def give_back(self) -> None:
        if self.orders:
            at = datetime.now(UTC).isoformat()
            lines = self.chance.choice((None, [{"line": "1"}]))
            named = f"r{self.number}-{self.chance.randrange(10_000)}"
            told = {"source_id": named, "at": at} | ({"lines": lines} if lines else {})
            self.send("POST", f"/orders/{self.chance.choice(self.orders)}/returns", told)

    def redeem(self) -> None:
        key = f"{self.number}-{self.chance.randrange(1_000_000)}"
        asked = {
            "customer": f"{SOURCE}:{self.one()}",
            "reward": self.chance.choice(self.rewards),
            "hold": self.chance.random() < 0.5,
        }
        if made := self.send("POST", "/claims", asked, key).get("id"):
            self.claims.append(made)

    def cancel(self) -> None:
        if self.claims:
            end = self.chance.choice(("cancel", "confirm"))
            self.send("POST", f"/claims/{self.chance.choice(self.claims)}/{end}", {} if end == "cancel" else None)

    def send(self, method: str, path: str, told: Any, key: str = "") -> dict[str, Any]:
        for _ in range(SENT_MAX):
            connection = HTTPConnection("127.0.0.1", self.port, timeout=self.chance.choice((0.02, 30, 30, 30)))
            headers = {
                "Authorization": f"Bearer {self.number}",
                "Content-Type": "application/json",
                "Idempotency-Key": key or "none",
            }
            try:
                connection.request(method, f"/api/v1{path}", json.dumps(told) if told is not None else None, headers)
                response = connection.getresponse()
                answer = json.loads(response.read() or b"{}")
            except (OSError, HTTPException):
                self.answers["lost"] += 1
                continue
            finally:
                connection.close()
            self.answers[f"{method} {path.split('/')[1]} {response.status}"] += 1
            assert response.status < 500, (method, path, answer)
            if response.status == 429:
                time.sleep(float(response.headers["Retry-After"]))
                continue
            if self.chance.random() > 0.1:
                return dict(answer)
        return {}


def asked(port: int, path: str) -> list[dict[str, Any]]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("GET", f"/api/v1{path}", headers={"Authorization": "Bearer 0"})
        return list(json.loads(connection.getresponse().read())["items"])


def test_the_demo_shop_verifies_after_it_was_lived_in(tmp_path: Path, minutes: float) -> None:
    folder = tmp_path / "shop"
    assert regulars("demo", "--small", "--no-serve", data_dir=folder).returncode == 0
    assert regulars("manage", "shell", "--no-imports", "-c", KEY, data_dir=folder).returncode == 0
    answers: Counter[str] = Counter()
    with serving(folder) as port, ThreadPoolExecutor(CLIENTS) as pool:
        customers = [one["source_id"] for one in asked(port, "/customers?limit=100")]
        rewards = [one["id"] for one in asked(port, "/rewards")]
        until = time.monotonic() + minutes * 60
        shoppers = [Shopper(number, port, customers, rewards) for number in range(CLIENTS)]
        for told in pool.map(lambda shopper: shopper.live(until), shoppers):
            answers += told
    print(dict(answers))
    assert answers["lost"] and answers["POST claims 200"]
    for command in (("programme", "day-end"), ("verify",), ("programme", "verify")):
        done = regulars(*command, data_dir=folder)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        print(done.stdout)
