"""The programme over a shop's life: history, live orders, returns, the clock; and that they all come to the same."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from regulars.core.facts import EventFact, OrderFact, ReturnedLineFact, ReturnFact
from regulars.core.member import Award as Awarded
from regulars.flows import programme
from regulars.flows.order_returned import order_returned
from regulars.flows.programme import backfill, end_days, settle_waiting
from regulars.flows.record_events import record_events
from regulars.flows.record_orders import record_orders
from regulars.ledger.models import Account, Lot, Message
from regulars.membership import queries as membership
from regulars.membership.actions.publishing import publish
from regulars.membership.models import Award, Decision, Member, TierMove, Waiting
from regulars.orders.actions.returns import ReturnRefused
from regulars.orders.models import Line, Order
from regulars.simulation.self_check import check_members
from tests.facts import OPENED_AT, SmallShop
from tests.flows.rewarding import wrong

_GIVEN = Awarded._fields.index("given") - 2  # as the award is kept, without its order and version
CLUB = (Path(__file__).parent / "club.toml").read_text()


def put_in_force(at: datetime, since: datetime = OPENED_AT, text: str = CLUB) -> int:
    return publish(text, since=since, note="", zone="Asia/Shanghai", currency="CNY", by="test", at=at)


@pytest.fixture
def people(shop: Any, facts: SmallShop, at: datetime) -> SmallShop:
    """The small shop before its first order."""
    from regulars.flows.record_customers import record_customers
    from regulars.flows.record_products import record_products

    record_customers(facts.customers, source="test", at=at)
    record_products(facts.products, source="test", at=at)
    return facts


def of(source: str) -> dict[str, Any]:
    """Every member of a source, whatever ids the run gave: the row, and what is left of points with its terms."""
    found = {}
    for row in Member.objects.select_related("customer").filter(customer__source=source):
        accounts = Account.objects.filter(subject=row.subject).values_list("pk", flat=True)
        left = Lot.objects.filter(account_id__in=list(accounts), remaining__gt=0)
        terms = sorted(left.values_list("expires_at", "active_at", "remaining", "held"))
        told = (row.tier, row.tier_since, row.tier_until, row.state, row.due, row.joined_on)
        found[row.customer.source_id] = (*told, terms)
    return found


def live(orders: Iterable[OrderFact], at: datetime, source: str = "test") -> None:
    """Each order by itself, as a shop sends it."""
    for order in orders:
        record_orders([order], source=source, at=at)
        settle_waiting(at)


def test_history_comes_to_what_live_orders_do(people: SmallShop, at: datetime) -> None:
    put_in_force(at)
    live(people.orders, at)
    arrived = of("test")
    assert len(arrived) == 11 and arrived["c0"][0] == "gold"
    told = Message.objects.count()

    record_orders(people.orders, source="history", at=at)
    Waiting.objects.all().delete()
    gone_through = backfill(at)
    assert gone_through.members == 22 and gone_through.orders == 2 * len(people.orders)
    assert of("history") == arrived and of("test") == arrived
    assert Message.objects.count() == told, "nobody is told of history"
    assert backfill(at) == programme.Settled()


def test_a_backfill_that_was_stopped_goes_on(people: SmallShop, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    record_orders(people.orders, source="test", at=at)
    put_in_force(at)
    monkeypatch.setattr(programme, "BUYERS_AT_ONCE", 2)

    class Killed(BaseException):
        pass

    def killed(done: int, total: int, text: str) -> None:
        if done == 4:
            raise Killed

    with pytest.raises(Killed):
        backfill(at, killed)
    assert Member.objects.count() == 4
    rest = backfill(at)
    assert rest.members == 7 and Member.objects.count() == 11
    assert Decision.objects.count() == len(set(Decision.objects.values_list("pk", flat=True)))


def test_a_full_return_leaves_what_was_before(people: SmallShop, at: datetime) -> None:
    put_in_force(at)
    orders = [order for order in people.orders if order.customer == "c3"]
    live(orders[:2], at)
    before = of("test")["c3"]
    live([orders[2]], at)
    assert of("test")["c3"] != before
    live([replace(orders[2], state="refunded")], at + timedelta(days=1))
    returned = of("test")["c3"]
    assert returned[3:4] == before[3:4] and returned[6] == before[6] and returned[0] == before[0]


def test_the_same_order_again_changes_nothing(people: SmallShop, at: datetime) -> None:
    put_in_force(at)
    live(people.orders[:20], at)
    before, decided = of("test"), Decision.objects.count()
    live(people.orders[:20], at + timedelta(days=1))
    live([replace(order, number="N" + order.source_id) for order in people.orders[:20]], at + timedelta(days=2))
    assert of("test") == before and Decision.objects.count() == decided


def test_an_order_is_told_as_often_as_it_changes_before_it_is_paid(people: SmallShop, at: datetime) -> None:
    """The note that it was not paid is not in the way of what it earns once it is."""
    put_in_force(at)
    order = replace(people.orders[0], state="pending")
    live([order, replace(order, number="N1"), replace(order, currency="USD", state="paid")], at)
    assert {kind for (kind,) in Decision.objects.values_list("kind")} == {"order"} and not Award.objects.exists()
    live([replace(order, state="paid"), replace(order, state="pending"), replace(order, state="completed")], at)
    assert [lot[2] for lot in of("test")[order.customer][-1]] == [144]


def test_walk_ins_are_no_members(people: SmallShop, at: datetime) -> None:
    put_in_force(at)
    live([replace(people.orders[0], source_id="x", customer="")], at)
    assert not Member.objects.exists() and not Waiting.objects.exists()


def test_days_end_for_whoever_has_something_due(people: SmallShop, at: datetime) -> None:
    put_in_force(at)
    live(people.orders, at)
    far = date(2027, 8, 1).toordinal()
    told = end_days(at, until=far)
    assert told.members >= 11
    assert all(not terms for *_, terms in of("test").values()), "a year and a month later all points have expired"
    assert not Member.objects.filter(due__lt=far).exists()
    expired = Message.objects.filter(name="Points Expired").count()
    assert expired > 11
    assert (
        end_days(at, until=far) == programme.Settled()
        and Message.objects.filter(name="Points Expired").count() == expired
    )


def test_every_change_of_tier_is_told_also_where_no_points_move(people: SmallShop, at: datetime) -> None:
    put_in_force(at)
    live(people.orders, at)
    end_days(at, until=date(2028, 8, 1).toordinal())
    told = [(one["customer_id"], one["before"], one["after"]) for one in contents("Tier Changed")]
    moves = TierMove.objects.values_list("customer_id", "before", "after")
    assert sorted(told) == sorted((str(customer), before, after) for customer, before, after in moves)
    assert any(why == "review" for why in TierMove.objects.values_list("why", flat=True))
    assert wrong() == []


def contents(name: str) -> list[dict[str, Any]]:
    return list(Message.objects.filter(name=name).values_list("content", flat=True))


def test_an_order_before_the_programme_earns_nothing(people: SmallShop, at: datetime) -> None:
    put_in_force(at, since=OPENED_AT + timedelta(days=30))
    live(people.orders, at)
    assert Award.objects.count() == sum(order.placed_at >= OPENED_AT + timedelta(days=30) for order in people.orders)


def test_what_was_published_is_decided_by_the_version_of_its_time(people: SmallShop, at: datetime) -> None:
    put_in_force(OPENED_AT)
    double = CLUB.replace("points = 1\n", "points = 2\n")
    later = OPENED_AT + timedelta(days=60)
    put_in_force(OPENED_AT, since=later, text=double)
    live(people.orders, at)
    for award in Award.objects.all():
        bought = Order.objects.get(pk=award.order_id).placed_at
        assert award.version == (2 if bought >= later else 1)


def one_return(order: str, *lines: ReturnedLineFact, named: str = "r1") -> ReturnFact:
    return ReturnFact(named, order, OPENED_AT + timedelta(days=171), lines or None)


def test_what_the_returned_line_earned_goes_back_with_it(people: SmallShop, at: datetime) -> None:
    put_in_force(at)
    order = next(order for order in people.orders if order.customer == "c3")
    live([order], at)
    [line] = [line for line in Line.objects.filter(order__source_id=order.source_id) if line.number == 2]
    earned = Award.objects.get().state[_GIVEN][0][2]
    done = order_returned(one_return(order.source_id, ReturnedLineFact("2", 1000)), source="test", at=at)
    assert (done.returned.amount, done.outcomes) == (line.net_amount // 2, 1)
    left = sum(lot[2] for lot in of("test")["c3"][-1])
    bonus = 100
    assert left == (sum(line.net_amount for line in Line.objects.all()) - done.returned.amount) // 100 + bonus
    assert left < earned + bonus
    again = order_returned(one_return(order.source_id, ReturnedLineFact("2", 1000)), source="test", at=at)
    assert not again.returned.created and again.outcomes == 0
    order_returned(one_return(order.source_id, named="r2"), source="test", at=at)
    assert of("test")["c3"][-1] == [] and of("test")["c3"][0] == ""


@pytest.mark.parametrize(
    ("lines", "field", "words"),
    [
        ((ReturnedLineFact("9"),), "lines/0/line", "no line 9"),
        ((ReturnedLineFact("2", 3000),), "lines/0/quantity", "2 are left"),
        ((ReturnedLineFact("2", 1000, 10**9),), "lines/0/amount", "still be given back"),
        ((ReturnedLineFact("1"), ReturnedLineFact("1")), "lines", "twice"),
    ],
)
def test_a_return_that_cannot_be_is_refused_whole(
    people: SmallShop, at: datetime, lines: tuple[ReturnedLineFact, ...], field: str, words: str
) -> None:
    put_in_force(at)
    live(people.orders[:1], at)
    before = of("test")
    with pytest.raises(ReturnRefused, match=words) as refused:
        order_returned(one_return("o0", *lines), source="test", at=at)
    assert refused.value.field == field and of("test") == before


def test_deeds_are_rewarded_as_tasks(people: SmallShop, at: datetime) -> None:
    text = (
        CLUB
        + '\n[[rules]]\nkind = "task"\nid = "profile"\nname = "Profile"\nevent = "Profile Completed"\npoints = 50\n'
    )
    put_in_force(at, text=text)
    events = [
        EventFact(f"d{n}", "c1", name, OPENED_AT + timedelta(days=n))
        for n, name in enumerate(("Profile Completed", "Product Viewed", "Profile Completed"))
    ]
    record_events(events, source="test", at=at)
    assert Waiting.objects.count() == 2, "only what a task rewards waits"
    settle_waiting(at)
    assert [lot[2] for lot in of("test")["c1"][-1]] == [50]


@pytest.mark.parametrize("what", ["deed", "order"])
def test_nothing_happens_after_the_shops_own_time(people: SmallShop, at: datetime, what: str) -> None:
    """However it got in: a wrong year does not let the clock expire and review what is years ahead."""
    text = CLUB + '\n[[rules]]\nkind = "task"\nid = "profile"\nname = "P"\nevent = "Profile Completed"\npoints = 50\n'
    put_in_force(at, text=text)
    bought = [order for order in people.orders if order.customer == "c0"]
    live(bought, at)
    before, far = of("test")["c0"], at + timedelta(days=6 * 365)
    if what == "deed":
        record_events([EventFact("d", "c0", "Profile Completed", far)], source="test", at=at)
        settle_waiting(at)
    else:
        live([replace(bought[0], source_id="far", placed_at=far)], at)
    row, today = Member.objects.get(customer__source_id="c0"), at.date().toordinal() + 1
    assert (row.tier, row.tier_until) == (before[0], before[2]) and row.seen <= today
    assert all(decided <= at for decided in Decision.objects.values_list("at", flat=True))
    assert set(before[-1]) <= set(of("test")["c0"][-1]), "what they had is not expired"
    versions = membership.versions()
    assert versions and check_members([row.pk], versions, at).differences == (), "a replay comes to the same"


def test_all_members_together_get_no_more_than_a_shared_budget(people: SmallShop, at: datetime) -> None:
    text = CLUB.replace("points = 1\n", 'points = 1\nbudget = { amount = 1000, per = "ever" }\n', 1)
    put_in_force(at, text=text)
    live(people.orders[:30], at)
    record_orders(people.orders[30:], source="test", at=at)
    settle_waiting(at)
    given = [one for award in Award.objects.all() for one in award.state[_GIVEN] if one[0] == "base"]
    assert sum(one[2] for one in given) == 1000
    assert any(one[2] and one[4] for one in given), "the order that met the limit got what was left"
    left = Account.objects.get(kind="limit", reference__startswith="club:base")
    assert (left.granted, left.balance) == (1000, 0)


def test_a_new_version_is_looked_at_when_it_begins(people: SmallShop, at: datetime) -> None:
    put_in_force(OPENED_AT)
    live(people.orders[:5], at)
    later = OPENED_AT + timedelta(days=3)
    put_in_force(OPENED_AT, since=later, text=CLUB)
    assert not Member.objects.filter(due__gt=later.date().toordinal() + 1).exists()


def test_the_clock_looks_at_everybody_when_a_version_begins_that_was_published_long_before(
    people: SmallShop, at: datetime
) -> None:
    """Also at those whom it looked at meanwhile, under a version that has nothing else to do for them."""
    plain = CLUB[: CLUB.index("[ladder]")].replace('validity = { count = 12, span = "months", aligned = "month" }', "")
    put_in_force(OPENED_AT, text=plain)
    treats = plain + '\n[[rules]]\nkind = "birthday"\nid = "cake"\nname = "Birthday"\npoints = 88\n'
    put_in_force(OPENED_AT, since=OPENED_AT + timedelta(days=400), text=treats)
    order = people.orders[0]
    live([order], order.placed_at)
    born = Member.objects.get().customer
    born.birthday = (OPENED_AT + timedelta(days=450)).date()
    born.save()
    end_days(at, until=(OPENED_AT + timedelta(days=399)).date().toordinal())
    end_days(at, until=(OPENED_AT + timedelta(days=460)).date().toordinal())
    assert 88 in [lot[2] for lot in of("test")[order.customer][-1]]
