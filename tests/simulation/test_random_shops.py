"""One engine: what a thousand members of random shops came to, live, is what their history comes to in memory and backfilled."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from random import Random
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from regulars.core.facts import NONE
from regulars.core.member import NEVER, Deed, Event, Member, OrderEvent
from regulars.core.naming import operation_id
from regulars.core.points import Rounding
from regulars.core.programme import Plan, Programme, Versions, folded
from regulars.flows import decide
from regulars.flows.programme import backfill, end_days
from regulars.flows.record_orders import record_orders
from regulars.ledger.refusals import Refused
from regulars.membership import queries as membership
from regulars.membership.models import Claim
from regulars.simulation.self_check import Checked, check_everybody
from tests.core.programmes import programmes
from tests.core.test_programme_lives import with_
from tests.flows.rewarding import wrong
from tests.flows.test_programme import of
from tests.simulation.shops import SOURCE, News, live, news, open_shop

pytestmark = [pytest.mark.proof, pytest.mark.django_db]
SHOPS, PEOPLE = 40, 25
QUIET = [f"q{number}" for number in range(PEOPLE * 2 // 5)]
BUSY = [f"b{number}" for number in range(PEOPLE - len(QUIET))]
Check = Callable[[list[Programme], int], object]


def random_shops(check: Check, count: int) -> None:
    """Try random programmes, some of which change in the course of it. A shop that fails is told as it is: making it smaller
    would take hours."""

    @settings(
        max_examples=count,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data(), st.integers(0, 2**32))
    def each(data: st.DataObject, seed: int) -> None:
        first = data.draw(programmes())
        versions = [first, with_(data.draw(programmes()), units=first.units)]
        check(versions[: data.draw(st.integers(1, 2))], seed)

    each()


@contextmanager
def fresh() -> Iterator[None]:
    """A database that is as it was afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def lived(versions: list[Programme], seed: int) -> tuple[list[News], datetime]:
    """A random shop told live: its news, and when it ends."""
    random = Random(seed)
    told = [one for name in QUIET + BUSY for one in news(random, name, quiet=name in QUIET)]
    open_shop(versions, QUIET + BUSY)
    return told, live(told, random)


def checked(at: datetime) -> Checked:
    versions = membership.versions()
    assert versions is not None
    return check_everybody(versions, at, lambda *_: None)


def standing() -> dict[str, Any]:
    """How those stand who did nothing but buy: tier and terms, what counted in all, lots, gifts."""
    found = {}
    for name, (tier, since, until, state, _, joined, lots) in of(SOURCE).items():
        if name in QUIET:
            counted = [day[1:] for day in (*state.get("days", ()), state.get("past", [0] * 5))]
            gifts = Claim.objects.filter(customer__source_id=name).values_list("reward", "why", "version")
            found[name] = tier, since, until, joined, [*map(sum, zip(*counted, strict=True))], lots, sorted(gifts)
    return found


@pytest.fixture
def open_today(shop: Any) -> None:
    shop.as_of = "now"
    shop.save()


def test_live_is_what_is_replayed_and_what_is_backfilled(open_today: None) -> None:
    compared = Checked()

    def check(versions: list[Programme], seed: int) -> None:
        nonlocal compared
        with fresh():
            told, at = lived(versions, seed)
            found, arrived = checked(at), standing()
            assert found.differences == () and wrong() == []
            compared += found
        if any(rule.budget for one in versions for rule in one.rules):
            return  # what all share is had by whoever comes first, and a history comes member by member
        with fresh():
            open_shop(versions, QUIET + BUSY)
            orders = [one.fact for one in told if one.what == "order" and one.fact.customer in QUIET]
            record_orders(orders, source=SOURCE, at=at)
            backfill(at)
            end_days(at)
            assert standing() == arrived

    random_shops(check, SHOPS)
    assert compared.members >= SHOPS * PEOPLE * 0.9
    assert compared.lots >= compared.members * 0.4, "of most members all could be compared"


# ---- what must be found --------------------------------------------------------------------------------------------------

Told = Iterator[tuple[Event, Any]]


def rounding_up(member: Member, events: Iterable[Event], versions: Versions, **more: Any) -> Told:
    """Fractions of a point become whole ones."""

    def up(plan: Plan) -> Plan:
        units = tuple(replace(unit, rounding=Rounding.UP) for unit in plan.programme.units)
        return Plan(with_(plan.programme, units=units), plan.zone, plan.currency, plan.version, plan.since)

    return folded(member, events, Versions([*map(up, versions.plans)]), **more)


def doing_twice(member: Member, events: Iterable[Event], versions: Versions, **more: Any) -> Told:
    """A deed that is told once is rewarded twice."""
    twice = [
        again
        for one in events
        for again in ((one, one._replace(id=operation_id("again", one.id))) if isinstance(one, Deed) else (one,))
    ]
    return folded(member, twice, versions, **more)


def forgetting_awards(member: Member, events: Iterable[Event], versions: Versions, **more: Any) -> Told:
    """An order that is told again is taken for a new one."""
    anew = [
        one._replace(award=None, id=operation_id("anew", one.id)) if isinstance(one, OrderEvent) else one
        for one in events
    ]
    return folded(member, anew, versions, **more | {"awards": NONE})


def forgetting_the_clock(member: Member, events: Iterable[Event], versions: Versions, **more: Any) -> Told:
    """Nobody notes when the clock has something to do next."""
    for event, outcome in folded(member, events, versions, **more):
        yield event, outcome._replace(member=outcome.member._replace(due=NEVER))


@pytest.mark.parametrize("planted", [rounding_up, doing_twice, forgetting_awards, forgetting_the_clock])
def test_an_engine_that_decides_otherwise_live_is_found(
    open_today: None, monkeypatch: pytest.MonkeyPatch, planted: Callable[..., Told]
) -> None:
    monkeypatch.setattr(decide, "folded", planted)

    class Found(Exception):
        pass

    def check(versions: list[Programme], seed: int) -> None:
        with fresh():
            if checked(lived(versions, seed)[1]).differences:
                raise Found

    with pytest.raises((Found, Refused)):  # the ledger has a word in it, too
        random_shops(check, SHOPS)
