"""A member brings a friend: both are rewarded once a friend's order is kept, or neither is."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from regulars.core.naming import operation_id
from regulars.customers.models import Customer
from regulars.flows import merge as merging
from regulars.flows.redeem import Refused
from regulars.flows.referral import NotUsable, accept, code_for, friend_joined, refuse
from regulars.ledger.actions import commit
from regulars.ledger.facts import Close, Operation, Reopen
from regulars.membership.actions.publishing import publish
from regulars.membership.models import Claim, Decision, Referral
from regulars.shop.models import AuditEntry
from regulars.web.access import Actor
from tests.flows.bringing import PROGRAMME, REFERRAL, bring, buy, days, look, meet, open_shop
from tests.flows.rewarding import balance, purse, told, wrong

pytestmark = pytest.mark.django_db
STAFF = Actor("Ada", "user:ada", role="owner")


@pytest.fixture
def ann(shop: Any, at: datetime) -> UUID:
    """A member who brings friends; she has bought before."""
    open_shop(shop, at)
    who = meet("ann", at - days(60), ("email", "ann@mail.example"), ("phone", "13800000091"))
    buy("ann", at - days(50), number="0", attributes={"delivery_address": "南京西路 100 号", "device": "tablet-9"})
    return who


def points(*people: UUID) -> list[int]:
    return [balance(purse(who))[0] for who in people]


def friend(at: datetime, name: str = "ben") -> UUID:
    return meet(name, at, ("email", f"{name}@mail.example"))


def test_both_are_rewarded_on_the_day_the_friends_order_counts(ann: UUID, at: datetime) -> None:
    before = points(ann)[0]
    ben = friend(at)
    one = bring(ann, ben, at)
    assert (one.state, one.advocate_id, one.friend_id) == ("waiting", ann, ben)
    buy("ben", at + days(2), state="paid")
    assert look(at + days(2), one).due is None
    buy("ben", at + days(4), placed_at=at + days(2))
    waits = look(at + days(10), one)
    assert (waits.state, waits.due) == ("waiting", (at + days(11)).date()) and points(ann) == [before]
    done = look(at + days(11), one)
    assert (done.state, done.reasons) == ("rewarded", [])
    assert points(ann, ben) == [before + 200, 100 + 50]
    assert [claim.customer_id for claim in Claim.objects.filter(why="referral:friend")] == [ben]
    assert Decision.objects.filter(kind="referral").count() == 2 and wrong() == []
    assert look(at + days(12), one) == done and points(ann, ben) == [before + 200, 150]


def test_an_order_that_comes_back_does_not_count_and_the_next_one_may(ann: UUID, at: datetime) -> None:
    ben = friend(at)
    one = bring(ann, ben, at)
    buy("ben", at + days(1))
    assert look(at + days(7), one).due == (at + days(8)).date()
    buy("ben", at + days(7), state="refunded", placed_at=at + days(1))
    back = look(at + days(8), one)
    assert (back.state, back.due, back.order_id) == ("waiting", None, None)
    buy("ben", at + days(9), number="2")
    assert look(at + days(16), one).state == "rewarded"


def test_what_comes_back_after_the_reward_leaves_it(ann: UUID, at: datetime) -> None:
    ben = friend(at)
    one = bring(ann, ben, at)
    buy("ben", at + days(1))
    look(at + days(8), one)
    had = points(ann)
    buy("ben", at + days(20), state="refunded", placed_at=at + days(1))
    assert look(at + days(21), one).state == "rewarded" and points(ann) == had


@pytest.mark.parametrize(("amount", "day"), [(4999, 1), (10_000, 31)], ids=["too small", "too late"])
def test_a_friend_who_orders_too_little_or_too_late_is_waited_for_in_vain(
    ann: UUID, at: datetime, amount: int, day: int
) -> None:
    one = bring(ann, friend(at), at)
    buy("ben", at + days(day), amount=amount)
    late = look(at + days(31), one)
    assert (late.state, late.reasons) == ("expired", ["no_order"])
    assert look(at + days(60), one).state == "expired" and not Decision.objects.filter(kind="referral").exists()


def test_an_order_that_counts_at_once_is_rewarded_on_the_day_it_comes(ann: UUID, at: datetime) -> None:
    told = {"note": "", "zone": "Asia/Shanghai", "currency": "CNY", "by": "test"}
    at_once = PROGRAMME.replace('after = "delivered"', 'after = "paid"').replace("after_days = 7", "after_days = 0")
    publish(at_once, since=at, at=at, **told)
    one = bring(ann, friend(at), at)
    assert look(at, one).state == "waiting"
    buy("ben", at, state="paid")
    assert look(at, one).state == "rewarded"


def test_an_order_in_another_currency_says_nothing_of_the_minimum(ann: UUID, at: datetime) -> None:
    one = bring(ann, friend(at), at)
    buy("ben", at + days(1), currency="JPY")
    assert look(at + days(8), one).due is None


# Fraud ----------------------------------------------------------------------------------------------------------------------


def test_the_friend_who_was_a_customer_before_is_refused_at_once(ann: UUID, at: datetime) -> None:
    ben = friend(at - days(9))
    buy("ben", at - days(8), number="0")
    one = bring(ann, ben, at)
    assert (one.state, one.reasons) == ("refused", ["bought_before"])
    cancelled = friend(at - days(9), "kim")
    buy("kim", at - days(8), number="0", state="cancelled")
    assert bring(ann, cancelled, at).state == "waiting"


def test_the_same_phone_is_refused_and_the_same_device_or_address_asked_about(ann: UUID, at: datetime) -> None:
    twin = meet("twin", at, ("phone", "+86 138 0000 0091"))
    assert bring(ann, twin, at).reasons == ["phone"]
    guest = friend(at, "guest")
    first = bring(ann, guest, at, device="tablet-9")
    home = friend(at, "home")
    second = bring(ann, home, at)
    buy("guest", at + days(1))
    buy("home", at + days(1), attributes={"delivery_address": "南京西路100号"})
    assert [look(at + days(8), one).reasons for one in (first, second)] == [["device"], ["address"]]
    assert {row.state for row in Referral.objects.exclude(friend=twin)} == {"in_review"}
    stored = str(list(Referral.objects.values_list("traces")))
    assert "tablet-9" not in stored


def test_who_was_brought_by_somebody_does_not_bring_them(ann: UUID, at: datetime) -> None:
    ben, cat = friend(at), friend(at, "cat")
    bring(ann, ben, at)
    bring(ben, cat, at)
    dan = friend(at, "dan")
    bring(cat, dan, at)
    Customer.objects.filter(pk=ann).update(name="Ann")
    assert bring(dan, ann, at).reasons == ["bought_before", "circle"]


def test_many_friends_on_one_day_are_asked_about(ann: UUID, at: datetime) -> None:
    some = [bring(ann, friend(at, f"f{number}"), at) for number in range(4)]
    other = bring(ann, friend(at + days(1), "next"), at + days(1))
    for number in range(4):
        buy(f"f{number}", at + days(1))
    buy("next", at + days(1))
    assert [look(at + days(8), one).reasons for one in (*some, other)] == [["velocity"]] * 4 + [[]]


def test_codes_cannot_be_guessed_and_every_failure_sounds_alike(ann: UUID, at: datetime) -> None:
    ben, code = friend(at), code_for(ann, at)
    assert code == code_for(ann, at) and len(code.replace("-", "")) * 5 >= 64
    answers = []
    for wrong_code in ["WRONG", code_for(ben, at), *("0000-0000-0000-0000" for _try in range(8))]:
        with pytest.raises(NotUsable) as refused:
            friend_joined(wrong_code, ben, {}, at=at)
        answers.append(told(refused))
    with pytest.raises(NotUsable) as refused:
        friend_joined(code, ben, {}, at=at)
    assert {*answers, told(refused)} == {answers[0]} and not Referral.objects.exists()
    spoken = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert friend_joined(spoken, friend(at, "cat"), {}, at=at).advocate_id == ann


def test_a_friend_is_brought_once(ann: UUID, at: datetime) -> None:
    ben, cat = friend(at), friend(at, "cat")
    one = bring(ann, ben, at)
    assert bring(ann, ben, at + days(1)) == one
    with pytest.raises(Refused) as refused:
        bring(cat, ben, at + days(1))
    assert "already" in told(refused)


def test_two_records_of_one_friend_are_rewarded_once(ann: UUID, at: datetime) -> None:
    before = points(ann)[0]
    ben, bob = friend(at), friend(at, "bob")
    both = [bring(ann, ben, at), bring(ann, bob, at)]
    merging.merge(ben, bob, reason="same person", by=STAFF, at=at)
    buy("ben", at + days(1))
    assert [look(at + days(8), one).state for one in both] == ["rewarded", "refused"]
    assert Referral.objects.get(friend=bob).reasons == ["brought_before"]
    assert points(ann, ben) == [before + 200, 150]


def test_two_who_turn_out_to_be_one_are_refused(ann: UUID, at: datetime) -> None:
    ben = friend(at)
    one = bring(ann, ben, at)
    buy("ben", at + days(1))
    merging.merge(ann, ben, reason="same person", by=STAFF, at=at)
    assert look(at + days(8), one).reasons == ["self"]


# Both or none, and what staff decides -----------------------------------------------------------------------------------------


def close(who: UUID, at: datetime) -> None:
    commit(Operation(operation_id("test", "close"), at, [Close(purse(who))], "closed", "", ""))


@pytest.mark.parametrize("closed", ["advocate", "friend"])
def test_both_are_rewarded_or_none(ann: UUID, at: datetime, closed: str) -> None:
    ben = friend(at)
    one = bring(ann, ben, at)
    buy("ben", at + days(1))
    had, shut = points(ann, ben), ann if closed == "advocate" else ben
    close(shut, at + days(7))
    stuck = look(at + days(8), one)
    assert (stuck.state, stuck.reasons) == ("in_review", ["closed"])
    assert points(ann, ben) == had and not Claim.objects.filter(why="referral:friend").exists()
    assert not Decision.objects.filter(kind="referral").exists()
    with pytest.raises(Refused) as refused:
        accept(one.id, by=STAFF, at=at + days(9))
    assert "closed" in told(refused)
    commit(Operation(operation_id("test", "open"), at + days(9), [Reopen(purse(shut))], "reopened", "", ""))
    assert accept(one.id, by=STAFF, at=at + days(9)).state == "rewarded"
    assert points(ann, ben) == [had[0] + 200, had[1] + 50] and wrong() == []


def test_staff_accepts_and_refuses_and_the_trail_tells(ann: UUID, at: datetime) -> None:
    some = [bring(ann, friend(at, name), at, device="tablet-9") for name in ("ben", "cat", "dan")]
    for name in ("ben", "cat", "dan"):
        buy(name, at + days(1))
    assert {look(at + days(8), one).state for one in some} == {"in_review"}
    before = points(ann)[0]
    done = accept(some[0].id, by=STAFF, at=at + days(9), note="family")
    assert (done.state, done.decided_by, done.note, done.reasons) == ("rewarded", "Ada", "family", ["device"])
    assert accept(some[0].id, by=STAFF, at=at + days(9)) == done and points(ann) == [before + 200]
    gone = refuse(some[1].id, by=STAFF, at=at + days(9))
    assert (gone.state, gone.reasons) == ("refused", ["device", "staff"])
    assert refuse(some[1].id, by=STAFF, at=at + days(9)) == gone
    for verb, one in ((accept, some[1]), (refuse, some[0])):
        with pytest.raises(Refused):
            verb(one.id, by=STAFF, at=at + days(9))
    buy("dan", at + days(9), state="refunded", placed_at=at + days(1))
    with pytest.raises(Refused) as refused:
        accept(some[2].id, by=STAFF, at=at + days(9))
    assert "kept no order" in told(refused)
    noted = AuditEntry.objects.filter(action__startswith="referral.").order_by("at", "id")
    assert list(noted.values_list("action", flat=True)) == ["referral.accepted", "referral.refused"]


def test_what_was_promised_holds_and_without_a_referral_programme_all_wait(ann: UUID, at: datetime) -> None:
    one = bring(ann, friend(at), at)
    buy("ben", at + days(1), amount=6_000)
    told = {"note": "", "zone": "Asia/Shanghai", "currency": "CNY", "by": "test"}
    publish(PROGRAMME.replace(REFERRAL, ""), since=at + days(2), at=at + days(2), **told)
    assert look(at + days(8), one).state == "waiting"
    with pytest.raises(Refused):
        bring(ann, friend(at, "cat"), at + days(3))
    dearer = PROGRAMME.replace('minimum = "50.00"', 'minimum = "90.00"')
    publish(dearer, since=at + days(9), at=at + days(9), **told)
    assert look(at + days(10), one).state == "rewarded"
