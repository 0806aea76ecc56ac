"""Two people decide on the same adjustment at the same moment."""

import threading
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from django.utils import timezone, translation

from regulars.core.naming import operation_id
from regulars.flows import adjust as flow
from regulars.ledger.actions import commit
from regulars.ledger.facts import Account, Operation, Post, world
from regulars.ledger.queries import accounts
from regulars.shop import actions as shops
from regulars.shop.models import Approval, User
from regulars.shop.queries import actor_of_user
from tests.ledger.conftest import empty

OWN = Account("points", "points", "club", "a" * 32)


@pytest.fixture
def books(transactional_db: None) -> Iterator[None]:
    yield
    empty()


def own() -> accounts.AccountFacts:
    found = accounts.account(OWN.id)
    assert found is not None
    return found


@pytest.mark.parametrize("round_", range(3))
def test_two_who_decide_at_once_decide_once(books: None, staff: dict[str, Any], round_: int) -> None:
    commit(Operation(operation_id("race"), timezone.now(), (Post(world("points", "issued"), OWN, 100),), "welcome"))
    agent, owner = actor_of_user(staff["agent"]), actor_of_user(staff["owner"])
    third = actor_of_user(User.objects.create_user("third@shop.example", None, role="owner", name="Third"))
    request = uuid4()
    assert not flow.adjust(flow.Adjustment(own(), 5000, "goodwill", "n"), form=request, by=agent, at=timezone.now())
    done: list[bool] = []
    start = threading.Barrier(4)

    def decide(by: Any, agrees: bool) -> None:
        try:
            start.wait(10)
            if agrees:
                flow.agree(request, by=by, at=timezone.now())
            else:
                flow.refuse(request, "no", by=by, at=timezone.now())
            done.append(agrees)
        except shops.Refused:
            pass  # somebody else was quicker
        finally:
            connections.close_all()

    with translation.override("en"):
        threads = [
            threading.Thread(target=decide, args=(by, agrees)) for by in (owner, third) for agrees in (True, False)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert len(done) == 1
    assert own().balance == (5100 if done[0] else 100)
    assert Approval.objects.get().state == ("done" if done[0] else "refused")
