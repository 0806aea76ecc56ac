"""The offers' versions: written as a draft, published whole or not at all, in force everywhere at once, and never mixed."""

import multiprocessing
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from typing import Any

import pytest
from django.db import connections
from django.utils import translation

from regulars.core.faults import Faulty
from regulars.core.offers import Cart, CartLine
from regulars.core.offers.telling import offers_told
from regulars.flows.offers import put_in_force
from regulars.flows.quoting import offers_at, quote_cart
from regulars.flows.record_products import record_products
from regulars.promotions import queries as promotions
from regulars.promotions.actions import save_draft
from regulars.promotions.models import Version
from regulars.shop.actions import TERMINAL
from regulars.site.api import api
from regulars.storage.versions import Refused
from regulars.web.api_limits import Buckets
from tests.api.program import Program, make_key
from tests.facts import SmallShop
from tests.flows.test_programme import CLUB
from tests.flows.test_programme import put_in_force as put_programme_in_force

FORK = multiprocessing.get_context("fork")
DAY = timedelta(days=1)
CART = Cart(currency="CNY", lines=tuple(CartLine(id=f"{n}", product=f"p{n}", price=10_000) for n in range(3)))
PUBLISHED = 12


def percent(off: int, more: str = "") -> str:
    """A document that takes so much off every piece."""
    return f"""
        id = "shop"
        name = "Shop"
        [[offers]]
        kind = "discount"
        id = "off"
        name = "Off"
        on = "lines"
        off = {{ percent = "{off}%" }}
        {more}
    """


def publish(off: int, at: datetime, *, since: datetime | None = None, more: str = "", **told: Any) -> int:
    return put_in_force(percent(off, more), since=since or at, by=TERMINAL, at=at, **told)


def answer(at: datetime) -> tuple[int, set[int]]:
    """The version that a quote says it was made with, and what it took off each line."""
    offers = offers_at(at)
    found = quote_cart(CART, None, at, offers)
    return offers.version, {line.list - line.net for line in found.lines}


def test_a_version_is_in_force_from_its_instant_until_the_next_ones(shop: Any, at: datetime) -> None:
    assert promotions.in_force(at) is None and offers_at(at).version == 0
    publish(10, at, since=at - DAY)
    publish(20, at, since=at + DAY)
    assert [answer(when) for when in (at - 2 * DAY, at - DAY, at, at + DAY)] == [
        (0, {0}),
        (1, {1_000}),
        (1, {1_000}),
        (2, {2_000}),
    ]
    found = promotions.numbered(2)
    assert found is not None and found.version == 2 and promotions.numbered(3) is None


def test_a_bad_document_is_refused_whole_and_the_running_one_stays(shop: Any, at: datetime) -> None:
    publish(10, at)
    before = list(Version.objects.values())
    with pytest.raises(Faulty) as faulty:
        publish(20, at + DAY, more='lane = "nowhere"\n[[offers]]\nkind = "discont"\nid = "x"\nname = "X"')
    assert [fault.path for fault in faulty.value.faults] == ["offers[1].kind"]
    assert all(fault.reason.zh and fault.mend.zh for fault in faulty.value.faults)
    for refused, words in (
        (lambda: publish(20, at + DAY, since=at), "不能从过去开始"),
        (lambda: publish(20, at - DAY, since=at), "生效时间比这更晚"),
        (lambda: publish(20, at + DAY, numbered=3), "刚刚发布"),
    ):
        with pytest.raises(Refused, match=words):
            refused()
    assert list(Version.objects.values()) == before and answer(at)[0] == 1


def test_a_refusal_is_in_the_language_of_whoever_publishes(shop: Any, at: datetime) -> None:
    publish(10, at)
    with translation.override("en"), pytest.raises(Refused, match="cannot begin in the past"):
        publish(20, at + DAY, since=at)


def test_the_draft_is_kept_and_not_overwritten_by_whoever_has_not_seen_it(shop: Any, at: datetime) -> None:
    assert promotions.draft() is None
    assert save_draft("one", revision=0, by="li", at=at) == 1
    assert save_draft("two", revision=1, by="wang", at=at) == 2
    with pytest.raises(Refused, match="wang 刚刚改过草稿"):
        save_draft("three", revision=1, by="li", at=at)
    kept = promotions.draft()
    assert kept is not None and (kept.text, kept.revision, kept.changed_by) == ("two", 2, "wang")


def test_tiers_are_called_what_the_programme_in_force_calls_them(shop: Any, at: datetime) -> None:
    """Also once the programme changes: what was compiled before says nothing old."""
    put_programme_in_force(at)
    publish(10, at, more='tiers = ["gold"]')
    assert offers_told(offers_at(at))[0]["says"]["en"].endswith("only for Gold")
    later = at + DAY
    put_programme_in_force(at, since=later, text=CLUB.replace('"Gold"', '"Amber"', 1))
    assert offers_told(offers_at(later))[0]["says"]["en"].endswith("only for Amber")
    with pytest.raises(Faulty):
        publish(10, later, more='tiers = ["golden"]')


def test_offers_stay_as_they_are_when_the_programme_loses_their_tier(shop: Any, at: datetime) -> None:
    publish(10, at, more='tiers = ["golden"]')  # before there is a programme any tier may be named
    put_programme_in_force(at)
    assert answer(at) == (1, {0})


# ---- several processes ---------------------------------------------------------------------------------------------------


def _worker(pipe: Connection, at: datetime) -> None:
    """Answers a quote for each thing it is told; for "go on" it quotes until it is told anything else."""
    api.throttle.buckets = Buckets(capacity=10**9)
    program, lines = Program(), [{"product": f"p{n}", "quantity": "1", "price": 10_000} for n in range(3)]

    def asked() -> tuple[int, set[int]]:
        told = program.post("/quotes", {"source": "test", "lines": lines, "at": at.isoformat()}).data
        return told["version"], {line["list"] - line["net"] for line in told["lines"]}

    while (told := pipe.recv()) != "stop":
        found = [asked()]
        while told == "go on" and not pipe.poll():
            found.append(asked())
        pipe.send(found)
    connections.close_all()
    pipe.send("stopped")


@pytest.fixture
def worker(transactional_db: None, shop: Any, facts: SmallShop, at: datetime) -> Iterator[Connection]:
    """Another process that quotes a cart over the API, with offers of one percent compiled already."""
    record_products(facts.products, source="test", at=at)
    make_key("offers:read")
    publish(1, at, since=at - DAY)
    connections.close_all()  # a connection is of one process
    ours, theirs = FORK.Pipe()
    process = FORK.Process(target=_worker, args=(theirs, at + 2 * DAY), daemon=True)
    process.start()
    ours.send("quote")
    assert ours.recv() == [(1, {100})]
    yield ours
    ours.send("stop")
    while ours.recv() != "stopped":
        pass
    process.join(30)
    assert process.exitcode == 0


def test_a_publish_is_in_force_in_another_process_with_its_next_quote(worker: Connection, at: datetime) -> None:
    for number in range(2, 5):
        publish(number, at, since=at + timedelta(seconds=number))
        worker.send("quote")
        assert worker.recv() == [(number, {number * 100})]


def test_no_quote_mixes_two_versions_while_they_are_published(worker: Connection, at: datetime) -> None:
    worker.send("go on")
    for number in range(2, PUBLISHED + 1):
        publish(number, at, since=at + timedelta(seconds=number))
        time.sleep(0.02)  # so that the other process quotes with some versions between
    worker.send("quote")
    found = worker.recv()
    assert len({version for version, _ in found}) > 2, "it quoted while versions came"
    assert [each for each in found if each[1] != {each[0] * 100}] == []
    assert [version for version, _ in found] == sorted(version for version, _ in found)
    assert worker.recv() == [(PUBLISHED, {PUBLISHED * 100})]
