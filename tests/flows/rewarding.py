"""A shop whose programme has rewards, and members with points to spend."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from regulars.core.naming import operation_id
from regulars.customers.models import Customer
from regulars.customers.queries.subjects import subject_key_of
from regulars.ledger.actions import commit
from regulars.ledger.facts import FOREVER, Account, Operation, Post, world
from regulars.ledger.queries import accounts
from regulars.ledger.queries.checks import inconsistencies
from regulars.membership.actions.publishing import publish
from regulars.membership.models import Waiting
from tests.facts import OPENED_AT

REWARDS = (Path(__file__).parent / "rewards.toml").read_text()
# Before the small shop's newest order, so that what is earned then can be spent in the shop's own time.
EARNED_AT = datetime(2026, 3, 1, tzinfo=UTC)


def put_in_force(at: datetime, text: str = REWARDS) -> int:
    number = publish(text, since=OPENED_AT, note="", zone="Asia/Shanghai", currency="CNY", by="test", at=at)
    Waiting.objects.all().delete()
    return number


def customer(source_id: str = "c1") -> UUID:
    return Customer.objects.get(source="test", source_id=source_id).pk


def purse(of: UUID) -> Account:
    return Account("points", "points", "club", subject_key_of(of) or "")


def credit(of: UUID) -> Account:
    return Account("credit", "CNY", "", subject_key_of(of) or "")


def earn(of: UUID, amount: int, name: str = "seed", expires_at: datetime = FOREVER) -> str:
    """Points of a lot of their own; answers the lot."""
    leg = Post(world("points", "issued"), purse(of), amount, expires_at=expires_at)
    done = commit(Operation(operation_id("test", name, of.hex), EARNED_AT, [leg], "welcome"))
    return done.postings[0].to_lot_id or ""


def balance(account: Account) -> tuple[int, int]:
    """What is on an account, and what of it is set aside."""
    found = accounts.account(account.id)
    return (found.balance, found.held) if found else (0, 0)


def piece(kind: str, reference: str, subject: str = "") -> Account:
    return Account(kind, "pieces", reference, subject)


def days(number: int) -> timedelta:
    return timedelta(days=number)


def told(refused: Any) -> str:
    """The sentence of a refusal, in English; it has one in Chinese too."""
    assert refused.value.says.zh and refused.value.says.zh != refused.value.says.en
    return str(refused.value.says.en)


def wrong() -> list[str]:
    """What differs in the ledger; the suite itself switches some of its triggers off."""
    return [told for told in inconsistencies(None) if not told.startswith("trigger")]
