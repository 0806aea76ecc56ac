"""What holds of every programme and every member's life: nothing earned twice, nothing lost, and one end for every way there."""

from datetime import timedelta
from itertools import permutations
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from regulars.core.declarations import Context, parse, plain
from regulars.core.member import Award, Line, Lot, Member, OrderEvent, Purchase
from regulars.core.naming import operation_id, posting_id
from regulars.core.points import Earn, OnReturn
from regulars.core.programme import Programme, Versions, decide, folded
from regulars.core.programme.outcome import Turn
from tests.core.programmes import (
    LINES,
    LIVES,
    MEMBERS,
    SHANGHAI,
    Books,
    Life,
    Step,
    kept,
    planned,
    programmes,
)


def begun(programme: Programme, member: Member) -> Life:
    return Life(Versions([planned(programme)]), member)


def still(member: Member) -> Member:
    """A member but for when the clock looks at it, and how far back it has forgotten single days."""
    return member._replace(due=0, seen=0, past=member.past._replace(day=0))


def settled(life: Life) -> Member:
    """A member with all forgotten that may be: how much is remembered singly depends on when the clock looked."""
    turn = Turn(life.member, "", life.plan, life.plan.day(life.at))
    turn.forget()
    return still(turn.outcome().member)


@given(programmes())
def test_a_random_programme_is_one_that_could_be_published(programme: Programme) -> None:
    context = Context("CNY", SHANGHAI)
    assert parse(Programme, plain(programme, context), context) == programme


@settings(max_examples=80)
@given(programmes(), MEMBERS, LIVES)
def test_what_is_posted_is_what_the_member_has(programme: Programme, member: Member, steps: list[Step]) -> None:
    life = begun(programme, member).live(steps)
    life.wait(life.plan.day(life.at) + 500)
    books = Books()
    for event, outcome in life.told:
        books.post(event, outcome.entries)
        assert books.wallet() == (outcome.member.lots, outcome.member.owed)
    for unit in ("points", "cash"):
        total = {
            kind: books.totals.get((kind, unit), 0) for kind in ("Earn", "Restored", "Spend", "Expire", "TakeBack")
        }
        left = sum(lot.remaining for lot in life.member.lots if lot.unit == unit)
        assert left == total["Earn"] + total["Restored"] - total["Spend"] - total["Expire"] - total["TakeBack"]
    given = {rule.id: rule.budget for rule in programme.rules if rule.budget}
    for (rule, _), amount in books.drawn.items():
        assert amount >= 0 and rule in given


@settings(max_examples=80)
@given(programmes(), MEMBERS, LIVES)
def test_lots_are_numbered_as_the_ledger_will(programme: Programme, member: Member, steps: list[Step]) -> None:
    for event, outcome in begun(programme, member).live(steps).told:
        earned = [entry.lot for entry in outcome.entries if isinstance(entry, Earn)]
        first = [entry.lot for entry in outcome.entries[: len(earned)] if isinstance(entry, Earn)]
        assert earned == first == [posting_id(event.id, number) for number in range(len(earned))]


@given(programmes(), MEMBERS, LIVES, LINES)
def test_no_member_is_given_more_than_a_cap_or_a_budget_allows(
    programme: Programme, member: Member, steps: list[Step], lines: tuple[Line, ...]
) -> None:
    life = begun(programme, member).live(steps)
    caps = {rule.id: rule.cap.amount for rule in programme.rules if rule.cap}
    for used in life.member.used:
        assert used.amount >= 0 and used.times >= 0
        assert used.amount <= caps.get(used.rule, used.amount)
    left = {rule.id: 7 for rule in programme.rules if rule.budget}
    bought = Purchase("last", life.at, "CNY", lines)
    award = decide(life.member, OrderEvent("0" * 32, life.at, bought, left=left), life.plan).award
    assert award and all(one.amount <= left.get(one.rule, one.amount) for one in award.given)


@settings(max_examples=80)
@given(programmes(), MEMBERS, LIVES)
def test_news_told_twice_changes_nothing(programme: Programme, member: Member, steps: list[Step]) -> None:
    life = begun(programme, member).live(steps)
    for purchase, _ in life.orders.values():
        outcome = life.order(purchase)
        assert not outcome.entries and not outcome.gifts and outcome.move is None
        again = life.order(purchase)
        assert again.member is outcome.member


# ---- earn and return -----------------------------------------------------------------------------------------------------


def taking_back(programme: Programme, policy: OnReturn) -> Programme:
    return with_(programme, on_return=policy)


def with_(programme: Programme, **changes: Any) -> Programme:
    values = {name: getattr(programme, name) for name in Programme.__dataclass_fields__}
    return Programme(**{**values, **changes})


TAKING = st.sampled_from([OnReturn.WITHIN_BALANCE, OnReturn.UNLIMITED])


@settings(max_examples=150)
@given(programmes(), TAKING, MEMBERS, LIVES, LINES, st.lists(st.integers(0, 1_000), max_size=3), st.booleans())
def test_earn_and_full_return_is_exactly_the_state_before(
    programme: Programme,
    policy: OnReturn,
    member: Member,
    steps: list[Step],
    lines: tuple[Line, ...],
    returns: list[int],
    delivered: bool,
) -> None:
    life = begun(taking_back(programme, policy), member).live(steps)
    life.wait(life.plan.day(life.at))
    before, told = life.member, len(life.told)
    purchase = Purchase("last", life.at, "CNY", lines)
    life.order(purchase)
    if delivered:
        life.order(purchase := purchase._replace(delivered_at=life.at))
    for chance in returns:
        life.order(purchase := purchase._replace(lines=tuple(kept(purchase.lines, chance))))
    life.order(purchase._replace(lines=()))
    assert still(life.member) == still(before)
    gifts = [gift for _, outcome in life.told[told:] for gift in outcome.gifts]
    assert sorted(gift.why for gift in gifts if gift.back) == sorted(gift.why for gift in gifts if not gift.back)


@settings(max_examples=80)
@given(programmes(automatic=False), TAKING, MEMBERS, LIVES, LINES, st.integers(0, 400))
def test_a_return_long_after_is_as_if_the_order_had_never_been(
    programme: Programme, policy: OnReturn, member: Member, steps: list[Step], lines: tuple[Line, ...], days: int
) -> None:
    """Where nothing was decided by the order meanwhile: no tier was reviewed, no streak went on."""
    programme = with_(taking_back(programme, policy), ladder=None)
    bought, other = begun(programme, member).live(steps), begun(programme, member).live(steps)
    assume(other.told)  # the clock looks at nobody to whom nothing ever happened
    bought.order(Purchase("last", bought.at, "CNY", lines))
    bought.at = other.at = bought.at + timedelta(days=days)
    bought.order(Purchase("last", bought.at - timedelta(days=days), "CNY", ()))
    bought.wait(bought.plan.day(bought.at) + 1)
    other.wait(other.plan.day(other.at) + 1)
    assert settled(bought) == settled(other)


# ---- any order of arrival ------------------------------------------------------------------------------------------------

NEWS = ("created", "paid", "delivered", "returned", "cancelled")


def as_it_is(purchase: Purchase, chance: int, news: tuple[str, ...]) -> Purchase:
    """An order as a shop tells it that knows these news of it."""
    lines = tuple(kept(purchase.lines, chance)) if "returned" in news else purchase.lines
    return purchase._replace(
        paid_at=purchase.paid_at if "paid" in news else None,
        delivered_at=purchase.paid_at if "delivered" in news else None,
        lines=() if "cancelled" in news else lines,
    )


def arriving(life: Life, news: tuple[tuple[Purchase, str], ...], chance: int) -> tuple[Member, dict[str, Award]]:
    """The state after news arrived in this order, hours apart within a day."""
    member, awards = life.member, dict(life.awards)
    known: dict[str, tuple[str, ...]] = {}
    for purchase, what in news:
        known[purchase.id] = (*known.get(purchase.id, ()), what)
        now = as_it_is(purchase, chance, known[purchase.id])
        event = OrderEvent(operation_id(purchase.id, what), life.at, now, awards.get(purchase.id))
        outcome = decide(member, event, life.plan)
        member = outcome.member
        if outcome.award:
            awards[purchase.id] = outcome.award._replace(revision=0, changed=False)
    return unnumbered(member, awards)


def unnumbered(member: Member, awards: dict[str, Award]) -> tuple[Member, dict[str, Award]]:
    """Lots by the event they come from and their unit: which number one has depends on what else came with it."""
    lots = tuple(sorted((lot._replace(id=lot.id[:16] + lot.unit) for lot in member.lots), key=Lot.order))
    found = {}
    for order, award in awards.items():
        earned = tuple(one._replace(lot=one.lot[:16] + one.unit) for one in award.earned)
        found[order] = award._replace(earned=earned)
    return still(member._replace(lots=lots)), found


@settings(max_examples=25)
@given(programmes(), TAKING, MEMBERS, LIVES, LINES, st.integers(0, 1_000), st.integers(0, 40), st.sampled_from([4, 5]))
def test_news_of_an_order_come_to_one_state_in_any_order(
    programme: Programme,
    policy: OnReturn,
    member: Member,
    steps: list[Step],
    lines: tuple[Line, ...],
    chance: int,
    days: int,
    many: int,
) -> None:
    """All permutations; the order was paid some days before the first of the news arrived."""
    life = begun(taking_back(programme, policy), member).live(steps)
    life.wait(life.plan.day(life.at))
    purchase = Purchase("last", life.at - timedelta(days=days), "CNY", lines)
    states = [arriving(life, tuple((purchase, what) for what in news), chance) for news in permutations(NEWS[:many])]
    assert all(state == states[0] for state in states)
    if many == 5:
        assert states[0][0] == unnumbered(life.member, {})[0]


@settings(max_examples=80)
@given(st.data(), programmes(members=False), TAKING, LIVES, LINES, LINES, st.integers(0, 1_000))
def test_news_of_two_orders_come_to_one_state_in_any_order(
    data: st.DataObject,
    programme: Programme,
    policy: OnReturn,
    steps: list[Step],
    one: tuple[Line, ...],
    other: tuple[Line, ...],
    chance: int,
) -> None:
    """Where rules ask nothing of the member's other orders."""
    life = begun(taking_back(programme, policy), Member("m")).live(steps)
    life.wait(life.plan.day(life.at))
    life.member = life.member._replace(owed=())
    orders = [
        Purchase("a", life.at - timedelta(days=9), "CNY", one),
        Purchase("b", life.at - timedelta(days=2), "CNY", other),
    ]
    many = data.draw(st.sampled_from([4, 5]))
    news = [(order, what) for order in orders for what in NEWS[:many]]
    states = [arriving(life, tuple(data.draw(st.permutations(news))), chance) for _ in range(4)]
    plain_states = [(member, _given(awards)) for member, awards in states]
    assert all(state == plain_states[0] for state in plain_states)


@settings(max_examples=80)
@given(st.data(), programmes(), TAKING, MEMBERS, LIVES, LINES, LINES, st.integers(0, 1_000))
def test_once_two_orders_are_known_what_becomes_of_them_may_come_in_any_order(
    data: st.DataObject,
    programme: Programme,
    policy: OnReturn,
    member: Member,
    steps: list[Step],
    one: tuple[Line, ...],
    other: tuple[Line, ...],
    chance: int,
) -> None:
    """Whatever the rules ask: it was answered at the purchase."""
    life = begun(taking_back(programme, policy), member).live(steps)
    life.wait(life.plan.day(life.at))
    orders = [
        Purchase("a", life.at - timedelta(days=9), "CNY", one),
        Purchase("b", life.at - timedelta(days=2), "CNY", other),
    ]
    first = tuple((order, "paid") for order in orders)
    many = data.draw(st.sampled_from([4, 5]))
    news = [(order, what) for order in orders for what in NEWS[2:many]]
    states = [arriving(life, (*first, *data.draw(st.permutations(news))), chance) for _ in range(4)]
    assert all(state == states[0] for state in states)


def _given(awards: dict[str, Award]) -> dict[str, Any]:
    return {order: (award.given, award.earned, award.counted, award.delivered) for order, award in awards.items()}


@given(programmes(), MEMBERS, LIVES, st.data())
def test_lines_count_together_whatever_their_order_and_however_they_are_split(
    programme: Programme, member: Member, steps: list[Step], data: st.DataObject
) -> None:
    life = begun(programme, member).live(steps)
    lines = data.draw(LINES)
    split = [part for line in lines for part in halves(line, data.draw(st.integers(0, 7)))]
    mixed = tuple(data.draw(st.permutations(split)))
    for changed in (lines[::-1], mixed):
        awards = [
            decide(life.member, OrderEvent("0" * 32, life.at, Purchase("last", life.at, "CNY", each)), life.plan).award
            for each in (lines, changed)
        ]
        assert awards[0] == awards[1]


def halves(line: Line, share: int) -> tuple[Line, Line]:
    part = [value * share // 7 for value in line[1:]]
    rest = [value - less for value, less in zip(line[1:], part, strict=True)]
    return Line(line.goods, *part), Line(line.goods, *rest)


# ---- time ----------------------------------------------------------------------------------------------------------------


@given(programmes(), MEMBERS, LIVES, st.integers(0, 14))
def test_a_history_in_two_halves_is_the_history(
    programme: Programme, member: Member, steps: list[Step], cut: int
) -> None:
    events = [event for event, _ in begun(programme, member).live(steps).told if not hasattr(event, "day")]
    versions = Versions([planned(programme)])
    whole = list(folded(member, events, versions))
    first = list(folded(member, events[:cut], versions))
    awards = {outcome.award.order: outcome.award for _, outcome in first if outcome.award}
    between = first[-1][1].member if first else member
    assert first + list(folded(between, events[cut:], versions, awards=awards)) == whole


@given(programmes(), MEMBERS, LIVES, st.integers(1, 800))
def test_day_by_day_is_as_all_at_once(programme: Programme, member: Member, steps: list[Step], days: int) -> None:
    slow, fast = begun(programme, member).live(steps), begun(programme, member).live(steps)
    today = slow.plan.day(slow.at)
    for day in range(today, today + days + 1):
        slow.wait(day)
    fast.wait(today + days)
    assert slow.told == fast.told
    assert slow.member == fast.member and slow.member.due >= today + days


@given(programmes(), MEMBERS, LIVES)
def test_the_clock_does_all_that_is_due_and_nothing_twice(
    programme: Programme, member: Member, steps: list[Step]
) -> None:
    life = begun(programme, member).live(steps)
    today = life.plan.day(life.at) + 700
    life.wait(today)
    now = life.plan.begins_at(today)
    assert all(lot.expires_at > now for lot in life.member.lots)
    assert not life.member.standing.tier or life.member.standing.until >= today
    days = [event.id for event, _ in life.told if hasattr(event, "day")]
    assert len(days) == len(set(days))
    assume(programme.automatic is not None)
    assert programme.automatic
    price = programme.reward(programme.automatic.reward)
    assert price and price.price
    free = sum(lot.remaining for lot in life.member.lots if lot.unit == "points" and lot.active_at <= now)
    assert free < price.price
