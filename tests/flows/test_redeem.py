"""Points become rewards: set aside, confirmed, handed over, cancelled; and nothing is left over or lost on the way."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from regulars.core.naming import operation_id
from regulars.flows.cancel_claim import cancel
from regulars.flows.gifts import hand_over_gifts
from regulars.flows.programme import settle_waiting
from regulars.flows.record_customers import record_customers
from regulars.flows.record_orders import record_orders
from regulars.flows.redeem import HELD_FOR, KeyReused, Refused, catalogue, confirm, fulfil, lapse, redeem
from regulars.ledger.actions import commit
from regulars.ledger.actions.sweeping import sweep
from regulars.ledger.facts import Account, Close, Operation, Post, world
from regulars.ledger.models import Message
from regulars.ledger.queries import statement
from regulars.membership.actions.codes import import_codes
from regulars.membership.actions.publishing import Refused as NotDone
from regulars.membership.models import Claim, Code, GiftCard, Member
from regulars.membership.queries import cards, claims
from tests.facts import SmallShop
from tests.flows.rewarding import (
    EARNED_AT,
    balance,
    credit,
    customer,
    days,
    earn,
    piece,
    purse,
    put_in_force,
    told,
    wrong,
)

pytestmark = pytest.mark.django_db
STOCK = piece("stock", "club:mug")


@pytest.fixture
def member(recorded: Any, at: datetime) -> UUID:
    """Somebody with 250 points in two lots, the first of which expires first."""
    put_in_force(at)
    who = customer()
    earn(who, 60, "soon", expires_at=datetime(2026, 12, 31, 16, tzinfo=UTC))
    earn(who, 190, "later")
    return who


def lots(of: UUID) -> list[tuple[int, int]]:
    return [(lot.remaining, lot.held) for lot in statement.lots(purse(of).id)]


def test_goods_are_paid_for_and_wait_for_hands(member: UUID, at: datetime) -> None:
    claim = redeem(member, "mug", key="a", at=at, order="1001", by="user:x")
    assert (claim.state, claim.price, claim.unit, claim.order) == ("confirmed", 100, "points", "1001")
    assert balance(purse(member)) == (150, 0) and lots(member) == [(150, 0)]
    assert balance(STOCK) == (2, 0)
    told_of = list(Message.objects.order_by("id").values_list("name", flat=True))
    assert sorted(told_of) == ["Points Redeemed", "Reward Claimed"]
    done = fulfil(claim.id, by="user:x", at=at, note="sent with SF 123")
    assert (done.state, done.note, done.by) == ("fulfilled", "sent with SF 123", "user:x")
    assert fulfil(claim.id, by="user:y", at=at).by == "user:x", "twice is once"
    assert wrong() == []


def test_the_same_key_is_the_same_claim_and_another_wish_under_it_is_refused(member: UUID, at: datetime) -> None:
    first = redeem(member, "voucher", key="a", at=at)
    assert redeem(member, "voucher", key="a", at=at + days(1)) == first
    with pytest.raises(KeyReused):
        redeem(member, "mug", key="a", at=at)
    with pytest.raises(KeyReused):
        redeem(customer("c2"), "voucher", key="a", at=at)
    assert balance(purse(member)) == (200, 0) and Claim.objects.count() == 1


def test_what_is_set_aside_is_confirmed_or_given_back(member: UUID, at: datetime) -> None:
    row = Member(pk=member, subject=purse(member).subject, joined_on="2026-01-05", due=10**6, changed_at=at)
    row.save()
    held = redeem(member, "mug", key="a", at=at, hold_only=True)
    assert held.state == "held" and held.held_until == at + HELD_FOR
    assert balance(purse(member)) == (250, 100) and balance(STOCK) == (3, 1)
    assert not Message.objects.exists()
    back = cancel(held.id, at=at, by="user:x", note="changed her mind")
    assert (back.state, back.note) == ("cancelled", "changed her mind")
    row.refresh_from_db()
    assert row.due < 10**6, "the clock looks at what came back"
    assert balance(purse(member)) == (250, 0) and lots(member) == [(60, 0), (190, 0)] and balance(STOCK) == (3, 0)
    with pytest.raises(Refused) as refused:
        confirm(held.id, at=at)
    assert "cancelled" in told(refused)
    again = redeem(member, "mug", key="b", at=at, hold_only=True)
    assert confirm(again.id, at=at).state == "confirmed" == confirm(again.id, at=at).state
    assert balance(purse(member)) == (150, 0)


@pytest.mark.parametrize("swept", [False, True])
def test_what_is_not_confirmed_in_time_is_cancelled(member: UUID, at: datetime, swept: bool) -> None:
    held = redeem(member, "mug", key="a", at=at, hold_only=True)
    late = at + HELD_FOR
    with pytest.raises(Refused) as refused:
        confirm(held.id, at=late)
    assert "time" in told(refused)
    assert lapse(late - timedelta(seconds=1)) == 0
    if swept:
        sweep(late)
    assert lapse(late) == 1 and lapse(late) == 0
    assert Claim.objects.get().state == "cancelled"
    assert balance(purse(member)) == (250, 0) and balance(STOCK) == (3, 0) and wrong() == []


def test_cancelling_gives_back_the_lots_that_were_spent(member: UUID, at: datetime) -> None:
    before = statement.lots(purse(member).id)
    claim = redeem(member, "mug", key="a", at=at)
    assert cancel(claim.id, at=at, by="user:x").state == "cancelled"
    after = statement.lots(purse(member).id)
    assert [(lot.id, lot.remaining, lot.expires_at) for lot in after] == [
        (lot.id, lot.remaining, lot.expires_at) for lot in before
    ]
    assert balance(STOCK) == (3, 0)
    assert Member.objects.get(pk=member).due < 10**6, "the clock looks at what came back"
    assert cancel(claim.id, at=at, by="user:x").state == "cancelled"
    assert balance(purse(member)) == (250, 0) and wrong() == []
    for number in range(2):
        redeem(member, "mug", key=f"again{number}", at=at)


def test_what_comes_back_repays_what_is_owed_first(member: UUID, at: datetime) -> None:
    claim = redeem(member, "mug", key="a", at=at)
    key, owed = purse(member).subject, {"owed": [["points", 30]]}
    Member.objects.create(pk=member, subject=key, joined_on="2026-01-05", due=10**6, changed_at=at, state=owed)
    debt = Account("debt", "points", "club", key)
    commit(Operation(operation_id("owe"), EARNED_AT, [Post(world("points", "owed"), debt, 30)], "order"))
    cancel(claim.id, at=at, by="user:x")
    assert balance(purse(member)) == (220, 0) and balance(debt) == (0, 0)
    assert "owed" not in Member.objects.get(pk=member).state


def test_a_refusal_says_why(member: UUID, at: datetime) -> None:
    poor = customer("c2")

    def why(who: UUID, reward: str) -> str:
        with pytest.raises(Refused) as refused:
            redeem(who, reward, key=str(uuid4()), at=at)
        return told(refused)

    assert why(poor, "voucher") == "Short by 50 points."
    assert "2029-12-31" in why(member, "later") or "2030-01-01" in why(member, "later")
    assert "no such reward" in why(member, "nothing") and "no such reward" in why(member, "welcome")
    assert why(member, "film") == "None are left."
    redeem(member, "mug", key="1", at=at)
    redeem(member, "mug", key="2", at=at)
    earn(member, 500, "more")
    assert why(member, "mug") == "2 were had already; a member gets at most 2 a month."
    earn(poor, 500)
    redeem(poor, "mug", key="3", at=at)
    assert why(poor, "mug") == "None are left."
    assert "nobody" in why(uuid4(), "mug")
    commit(Operation(operation_id("close"), at, [Close(purse(poor))], "closed"))
    assert "closed" in why(poor, "voucher")
    assert Claim.objects.count() == 3 and wrong() == []


def test_without_a_programme_nothing_can_be_had(recorded: Any, at: datetime) -> None:
    with pytest.raises(Refused) as refused:
        redeem(customer(), "mug", key="a", at=at)
    assert "programme" in told(refused)


def test_the_catalogue_tells_what_a_member_can_have(member: UUID, at: datetime) -> None:
    _desk, offers = catalogue(member, at)
    seen = {offer.reward.id: (offer.price, offer.refusal and offer.refusal.en) for offer in offers}
    assert seen["mug"] == (100, None) and seen["film"] == (50, "None are left.")
    assert "welcome" not in seen
    Member.objects.filter(pk=member).update(state={})


def test_credit_is_there_at_once_and_is_taken_back_while_it_is(member: UUID, at: datetime) -> None:
    claim = redeem(member, "credit", key="a", at=at)
    assert claim.state == "fulfilled" and balance(credit(member)) == (500, 0)
    [lot] = statement.lots(credit(member).id)
    assert lot.expires_at == claim.valid_until
    cancel(claim.id, at=at, by="user:x")
    assert balance(credit(member)) == (0, 0) and balance(purse(member)) == (250, 0)
    spent = redeem(member, "credit", key="b", at=at)
    leg = Post(credit(member), world("CNY", "redeemed"), 200)
    commit(Operation(operation_id("spend"), at, [leg], "spent"))
    with pytest.raises(Refused) as refused:
        cancel(spent.id, at=at, by="user:x")
    assert "3.00 of 5.00 CNY" in told(refused)
    assert balance(purse(member)) == (200, 0) and Claim.objects.get(pk=spent.id).state == "fulfilled"


def test_a_gift_card_and_a_coupon_are_made_at_once(member: UUID, at: datetime) -> None:
    claim = redeem(member, "card", key="a", at=at)
    row = GiftCard.objects.get(claim_id=claim.id)
    code = cards.code_of_card(row.pk)
    assert code.endswith(row.ending) and code not in str(GiftCard.objects.values())
    found = cards.by_code(code.lower().replace("-", " ").replace("0", "o").replace("1", "l"))
    assert found is not None and found.id == row.pk
    assert balance(found.account) == (500, 0)
    cancel(claim.id, at=at, by="user:x")
    assert balance(found.account) == (0, 0) and cards.card(row.pk).state == "blocked"  # type: ignore[union-attr]
    voucher = redeem(member, "voucher", key="b", at=at)
    other = redeem(member, "voucher", key="c", at=at)
    assert len(claims.code_of(voucher.id).replace("-", "")) == 16, "16 digits of 5 bits"
    assert claims.code_of(voucher.id) != claims.code_of(other.id)


def test_a_coupon_is_cancelled_once_somebody_has_seen_that_it_was_not_used(member: UUID, at: datetime) -> None:
    """Else its code would go on being worth what the points had paid for."""
    before = lots(member)
    voucher = redeem(member, "voucher", key="a", at=at)
    code = claims.code_of(voucher.id)
    with pytest.raises(Refused) as refused:
        cancel(voucher.id, at=at, by="user:x")
    assert "not used" in told(refused) and Claim.objects.get(pk=voucher.id).state == "fulfilled"
    assert balance(purse(member)) == (200, 0)
    for _twice in range(2):
        assert cancel(voucher.id, at=at, by="user:x", unused=True).state == "cancelled"
    assert lots(member) == before and claims.code_of(voucher.id) == code and wrong() == []
    [heard] = Message.objects.filter(name="Reward Cancelled")
    assert (heard.content["claim_id"], heard.content["gives"]) == (str(voucher.id), "coupon")
    assert code not in str(heard.content), "the code itself goes nowhere"


def test_codes_of_others_are_set_aside_given_back_and_given_once(member: UUID, at: datetime) -> None:
    import_codes("film", ["AAA-1", "AAA-2"], warn_below=5, at=at)
    held = redeem(member, "film", key="a", at=at, hold_only=True)
    other = redeem(member, "film", key="b", at=at)
    assert other.state == "fulfilled" and claims.code_of(other.id)
    with pytest.raises(Refused):
        redeem(member, "film", key="c", at=at)
    cancel(held.id, at=at, by="user:x")
    third = redeem(member, "film", key="d", at=at)
    assert {claims.code_of(other.id), claims.code_of(third.id)} == {"AAA-1", "AAA-2"}
    with pytest.raises(Refused) as refused:
        cancel(third.id, at=at, by="user:x")
    assert "code" in told(refused)


def test_codes_are_imported_once_each_and_told_about(member: UUID, at: datetime) -> None:
    lines = ["\ufeffabc-1,2027-01-01", "ABC-1", "", '"d 2"', "Ｄ2", "x" * 65]
    first = import_codes("film", lines, warn_below=5, at=at)
    assert (first.added, first.known, first.twice) == (2, 0, 2)
    assert [line for line, _why in first.refused] == [6]
    second = import_codes("film", ["abc-1", "new"], warn_below=3, at=at)
    assert (second.added, second.known) == (1, 1)
    [pool] = claims.pools()
    assert (pool.left, pool.total, pool.warn_below, pool.is_low) == (3, 3, 3, False)
    assert claims.running_low() == []
    redeem(member, "film", key="a", at=at)
    assert claims.pools()[0].is_low and Code.objects.count() == 3 and claims.running_low() == ["film"]
    with pytest.raises(NotDone):
        import_codes("film", ["", " "], warn_below=3, at=at)


def gift(who: UUID, reward: str, gives: str, at: datetime, valid_until: datetime | None = None) -> UUID:
    row = Claim.objects.create(
        customer_id=who,
        reward=reward,
        gives=gives,
        version=1,
        why="tier:gold",
        state="confirmed",
        at=at,
        valid_until=valid_until,
    )
    return row.pk


def test_gifts_are_handed_over_unless_their_time_is_over(member: UUID, at: datetime) -> None:
    given = gift(member, "welcome", "credit", at)
    waits = gift(member, "film", "codes", at)
    goods = gift(member, "mug", "goods", at)
    over = gift(member, "voucher", "coupon", at, valid_until=EARNED_AT)
    assert hand_over_gifts(at) == 1 and hand_over_gifts(at) == 0
    states = dict(Claim.objects.values_list("pk", "state"))
    assert states == {given: "fulfilled", waits: "confirmed", goods: "confirmed", over: "cancelled"}
    assert balance(credit(member)) == (1000, 0)
    import_codes("film", ["ONE"], warn_below=0, at=at)
    assert hand_over_gifts(at) == 1 and claims.code_of(waits) == "ONE"
    assert cancel(goods, at=at, by="user:x").state == "cancelled", "a gift has nothing to pay back"
    assert balance(purse(member)) == (250, 0)


@pytest.mark.parametrize("handed_over", [False, True])
def test_a_gift_goes_back_with_the_goods_that_brought_it(
    shop: Any, facts: SmallShop, at: datetime, handed_over: bool
) -> None:
    """Gold brings a gift; whoever returns what made them gold gets it no more, but keeps what they have."""
    record_customers(facts.customers, source="test", at=at)
    put_in_force(at)
    for order in (one for one in facts.orders if one.customer == "c0"):
        record_orders([order], source="test", at=at)
        settle_waiting(at)
        if Claim.objects.exists():
            break
    assert Claim.objects.get().state == "confirmed" and Claim.objects.get().why == "tier:gold"
    if handed_over:
        hand_over_gifts(at)
    record_orders([replace(order, state="refunded")], source="test", at=at + days(1))
    settle_waiting(at + days(1))
    assert Claim.objects.get().state == ("fulfilled" if handed_over else "cancelled")
    told, later = Message.objects.filter(name="Reward Claimed"), at + days(2)
    had = told.count()
    for number in range(2):
        again = replace(order, source_id=f"again{number}", state="paid")
        for state in ("paid", "refunded") if not number else ("paid",):
            record_orders([replace(again, state=state)], source="test", at=later)
            settle_waiting(later)
    assert Member.objects.get(customer=customer("c0")).tier == "gold"
    states = sorted(Claim.objects.values_list("state", flat=True))
    assert states == (["fulfilled"] if handed_over else ["cancelled", "cancelled", "confirmed"]), (
        "once, unless it came back"
    )
    assert told.count() == (had if handed_over else had + 2), "nobody is told of a gift that is not given"
