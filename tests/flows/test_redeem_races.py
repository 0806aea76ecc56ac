"""Fifty ask for what is there for ten, at the same moment and as real processes: ten get it, once each."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from regulars.flows import redeem as flow
from regulars.flows.gift_cards import NotUsable, into_credit
from regulars.flows.redeem import Refused, confirm, redeem
from regulars.membership.actions.codes import import_codes
from regulars.membership.models import Claim, Code
from regulars.membership.queries import cards, claims, offers
from tests.flows.rewarding import REWARDS, balance, credit, customer, earn, piece, purse, put_in_force, wrong
from tests.ledger.clients import race
from tests.ledger.conftest import empty

pytestmark = pytest.mark.proof
RACERS = 50
STOCK = piece("stock", "club:mug")
# A programme of which ten mugs can be had: ten in all, or ten by one member.
FOR_ALL = REWARDS.replace("stock = 3", "stock = 10").replace('limit = { amount = 2, per = "month" }', "")
FOR_ONE = REWARDS.replace("stock = 3", "stock = 1000").replace("amount = 2", "amount = 10")
Doing = Callable[[UUID, str], Any]


@pytest.fixture
def shop_of_many(transactional_db: None, recorded: Any, at: datetime) -> Iterator[list[UUID]]:
    """Ten customers with points for many mugs."""
    empty()
    people = [customer(f"c{number}") for number in range(10)]
    for who in people:
        earn(who, 100_000)
    yield people
    empty()


def ask(who: UUID, key: str, doing: Doing, log: Path) -> None:
    """Ask until an answer comes, and note it."""
    try:
        told = str(doing(who, key).state)
    except Refused as refused:
        told = refused.says.en
    log.write_text(json.dumps(told))


def rush(logs: Path, wishes: list[tuple[UUID, str]], doing: Doing) -> Counter[str]:
    """Each wish in a process of its own; answers how many got which answer."""
    race(partial(ask, who, key, doing, logs / f"{number}.json") for number, (who, key) in enumerate(wishes))
    return Counter(json.loads(path.read_text()) for path in logs.glob("*.json"))


def mug(at: datetime, *, hold_only: bool = False) -> Doing:
    return lambda who, key: redeem(who, "mug", key=key, at=at, hold_only=hold_only)


def is_right(people: list[UUID], had: int) -> bool:
    """Whether the books and the claims say that so many mugs were had and paid for, and no more."""
    taken = Claim.objects.exclude(state="cancelled").count()
    paid = sum(100_000 - balance(purse(who))[0] for who in people)
    return taken == had and paid == 100 * had and wrong() == []


@pytest.mark.parametrize("hold_only", [False, True], ids=["at once", "confirmed later"])
def test_fifty_of_many_customers_for_ten(
    tmp_path: Path, shop_of_many: list[UUID], at: datetime, hold_only: bool
) -> None:
    put_in_force(at, FOR_ALL)
    wishes = [(shop_of_many[number % 10], f"r{number}") for number in range(RACERS)]
    came = rush(tmp_path, wishes, mug(at, hold_only=hold_only))
    assert came == {"held" if hold_only else "confirmed": 10, "None are left.": RACERS - 10}
    for claim in Claim.objects.filter(state="held"):
        assert confirm(claim.pk, at=at).state == "confirmed"
    assert is_right(shop_of_many, 10) and balance(STOCK) == (0, 0)


def test_fifty_of_one_customer_whose_limit_is_ten(tmp_path: Path, shop_of_many: list[UUID], at: datetime) -> None:
    put_in_force(at, FOR_ONE)
    came = rush(tmp_path, [(shop_of_many[0], f"r{number}") for number in range(RACERS)], mug(at))
    assert came == {"confirmed": 10, "10 were had already; a member gets at most 10 a month.": RACERS - 10}
    assert is_right(shop_of_many, 10)


def test_fifty_under_ten_keys_are_ten_claims(tmp_path: Path, shop_of_many: list[UUID], at: datetime) -> None:
    put_in_force(at, FOR_ALL)
    came = rush(tmp_path, [(shop_of_many[number % 10], f"key{number % 10}") for number in range(RACERS)], mug(at))
    assert came == {"confirmed": RACERS}
    assert is_right(shop_of_many, 10)


def test_thirty_for_twenty_codes_get_one_each(tmp_path: Path, shop_of_many: list[UUID], at: datetime) -> None:
    put_in_force(at)
    import_codes("film", [f"CODE{number}" for number in range(20)], warn_below=0, at=at)
    wishes = [(shop_of_many[number % 10], f"r{number}") for number in range(30)]
    came = rush(tmp_path, wishes, lambda who, key: redeem(who, "film", key=key, at=at))
    assert came == {"fulfilled": 20, "None are left.": 10}
    given = [claims.code_of(claim.pk) for claim in Claim.objects.all()]
    assert len(set(given)) == 20 and not Code.objects.filter(claim_id=None).exists()


def test_one_gift_card_becomes_the_credit_of_one_of_twenty(
    tmp_path: Path, shop_of_many: list[UUID], at: datetime
) -> None:
    put_in_force(at)
    card = claims.card_of(redeem(shop_of_many[0], "card", key="a", at=at).id)
    assert card is not None
    code = cards.code_of_card(card)

    def spend(who: UUID, key: str) -> Any:
        _card, amount = into_credit(code, who, None, key=key, at=at)
        return SimpleNamespace(state=f"{amount}")

    came = rush(tmp_path, [(shop_of_many[number % 10], f"r{number}") for number in range(20)], spend)
    assert came == {"500": 1, NotUsable().says.en: 19}
    assert sum(balance(credit(who))[0] for who in shop_of_many) == 500 and wrong() == []


# What the races must catch ------------------------------------------------------------------------------------------------


def naive(at: datetime) -> Doing:
    """Counts the claims there are, decides, and then writes: what most shops do."""

    def redeem_naively(who: UUID, key: str) -> Any:
        here = flow.desk(who, at)
        reward = here.plan.programme.reward("mug")
        assert reward is not None and reward.stock is not None
        taken = Claim.objects.filter(reward="mug").exclude(state="cancelled").count()
        time.sleep(0.05)
        if taken >= reward.stock:
            [offer] = offers.offers(here.known.member, here.plan, here.now, [reward])
            raise Refused(offer.refusal or flow._too_late().says)
        return Claim.objects.create(
            customer_id=who, reward="mug", gives="goods", version=1, price=100, unit="points", state="confirmed", at=at
        )

    return redeem_naively


def test_counting_and_then_writing_is_caught(tmp_path: Path, shop_of_many: list[UUID], at: datetime) -> None:
    put_in_force(at, FOR_ALL)
    wishes = [(shop_of_many[number % 10], f"r{number}") for number in range(RACERS)]
    assert rush(tmp_path, wishes, naive(at))["confirmed"] > 10
    assert not is_right(shop_of_many, 10)
