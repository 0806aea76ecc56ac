"""Workers who settle the same referrals at the same moment, as real processes: each is rewarded once."""

import json
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from regulars.flows.redeem import Refused
from regulars.flows.referral import accept, code_for, friend_joined, refuse, settle_referrals
from regulars.membership.models import Decision, Referral
from regulars.web.access import Actor
from tests.flows.bringing import bring, buy, days, meet, open_shop
from tests.flows.rewarding import balance, purse, wrong
from tests.ledger.clients import race
from tests.ledger.conftest import empty

pytestmark = pytest.mark.proof
FRIENDS = 12
STAFF = Actor("Ada", "user:ada", role="owner")


@pytest.fixture
def ann(transactional_db: None, shop: Any, at: datetime) -> Iterator[UUID]:
    """A member who brought friends, one a day, whose orders all count by now."""
    empty()
    open_shop(shop, at - days(60))
    who = meet("ann", at - days(60))
    for number in range(FRIENDS):
        friend = meet(f"f{number}", at - days(30))
        bring(who, friend, at - days(30 - number), device=f"d{number}")
        buy(f"f{number}", at - days(15))
    yield who
    empty()


def test_workers_who_meet_reward_each_referral_once(ann: UUID, at: datetime) -> None:
    race(partial(settle_referrals, at) for _worker in range(4))
    assert set(Referral.objects.values_list("state", flat=True)) == {"rewarded"}
    assert balance(purse(ann)) == (200 * FRIENDS, 0)
    assert Decision.objects.filter(kind="referral").count() == 2 * FRIENDS and wrong() == []


def note(verb: Any, log: Path) -> None:
    try:
        log.write_text(json.dumps(verb().state))
    except Refused:
        log.write_text(json.dumps("no"))


def test_of_staff_who_disagree_one_is_heard(tmp_path: Path, ann: UUID, at: datetime) -> None:
    Referral.objects.update(state="in_review")
    for one in Referral.objects.all()[:3]:
        logs = [tmp_path / f"{one.pk}-{number}.json" for number in range(8)]
        verbs = [partial((accept, refuse)[number % 2], one.pk, by=STAFF, at=at) for number in range(8)]
        race(partial(note, verb, log) for verb, log in zip(verbs, logs, strict=True))
        said = {json.loads(log.read_text()) for log in logs}
        assert said == {"no", Referral.objects.get(pk=one.pk).state}
    rewarded = Referral.objects.filter(state="rewarded").count()
    assert balance(purse(ann))[0] == 200 * rewarded and wrong() == []


def test_a_code_made_and_used_by_many_at_once_is_one_code_and_one_referral(ann: UUID, at: datetime) -> None:
    dan, code = meet("dan", at), code_for(ann, at)
    race(partial(code_for, dan, at) for _asker in range(4))
    race(partial(friend_joined, code, dan, {}, at=at) for _asker in range(4))
    assert Referral.objects.filter(friend=dan).count() == 1
