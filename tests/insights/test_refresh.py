"""Refresh: what it brings up to date, what it leaves alone, what survives a failure."""

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import datetime, timedelta
from importlib import import_module
from threading import Event
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from regulars.core.facts import CustomerFact, IdentityFact, OrderFact
from regulars.customers import queries as customers
from regulars.customers.actions import merge_customers, split_customer
from regulars.flows.record_customers import record_customers
from regulars.flows.record_orders import record_orders
from regulars.flows.refresh import refresh
from regulars.flows.tasks import fail_abandoned, refresh_everything, request_refresh, worker_lock
from regulars.insights import queries
from regulars.insights.actions import RefreshReport
from regulars.insights.models import CustomerProfile
from regulars.orders.queries import listing as orders
from regulars.shop import actions as shop_actions
from regulars.shop.models import Shop
from regulars.site import health
from regulars.storage.locks import present
from regulars.web.access import Actor
from tests.facts import NAMES, SmallShop


def profile(source_id: str) -> CustomerProfile:
    return CustomerProfile.objects.get(pk=customers.by_source("test", source_id))


def test_every_customer_has_a_profile_prospects_too(refreshed: RefreshReport) -> None:
    assert refreshed.profiles == CustomerProfile.objects.count() == len(NAMES)
    prospect = profile("c11")
    assert (prospect.state, prospect.orders, prospect.net_amount, prospect.last_day) == ("prospect", None, None, None)
    assert prospect.name == NAMES[11]
    buyer = profile("c0")
    assert (buyer.email, buyer.phone, buyer.city) == ("customer0@mail.example", "+8613800000000", "杭州")
    assert "customer0@mail.example" in buyer.search
    assert (profile("c0").consents, profile("c1").consents) == ("", "email")


def test_figures_are_told_for_the_newest_order_or_for_today(refreshed: RefreshReport, shop: Any, at: datetime) -> None:
    newest = max(day for day in CustomerProfile.objects.values_list("last_day", flat=True) if day)
    assert refreshed.as_of == newest
    Shop.objects.update(as_of="now")
    assert str(refresh(at).as_of) == "2026-07-01"


def test_an_order_dated_ahead_does_not_bring_tomorrow(refreshed: RefreshReport, facts: SmallShop, at: datetime) -> None:
    ahead = replace(facts.orders[0], source_id="ahead", placed_at=at + timedelta(hours=20))
    record_orders([ahead], source="test", at=at)
    assert refresh(at).as_of == at.astimezone(ZoneInfo("Asia/Shanghai")).date() < ahead.placed_at.date()


def test_nothing_changed_touches_nothing(
    refreshed: RefreshReport, at: datetime, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(20):
        again = refresh(at + timedelta(hours=1))
    assert not again.marts_changed
    assert not again.profiles_changed
    assert again.version == refreshed.version


def test_a_new_order_shows_after_the_next_refresh(refreshed: RefreshReport, facts: SmallShop, at: datetime) -> None:
    before = profile("c9")
    later = replace(facts.orders[0], source_id="late", customer="c9", placed_at=at - timedelta(days=1))
    record_orders([later], source="test", at=at)
    report = refresh(at)
    after = profile("c9")
    assert report.marts_changed
    assert (before.orders, after.orders) == (1, 2)
    assert after.last_day == report.as_of


def test_a_new_name_changes_profiles_and_no_mart(refreshed: RefreshReport, facts: SmallShop, at: datetime) -> None:
    record_customers([replace(facts.customers[0], name="王芳芳")], source="test", at=at + timedelta(hours=1))
    report = refresh(at)
    assert not report.marts_changed
    assert report.profiles_changed
    assert profile("c0").name == "王芳芳"


def test_merged_records_are_one_profile_until_they_are_split(refreshed: RefreshReport, at: datetime) -> None:
    survivor, absorbed = (customers.by_source("test", name) for name in ("c0", "c1"))
    assert survivor
    assert absorbed
    orders = (profile("c0").orders or 0) + (profile("c1").orders or 0)
    merged = merge_customers(survivor, absorbed, reason="same phone", actor="me", at=at)
    refresh(at)
    assert not CustomerProfile.objects.filter(pk=absorbed).exists()
    whole = profile("c0")
    assert (whole.orders, whole.records) == (orders, 2)
    assert "customer1@mail.example" in whole.search
    split_customer(merged, actor="me", at=at)
    refresh(at)
    assert (profile("c0").orders or 0) + (profile("c1").orders or 0) == orders


def test_a_failed_load_leaves_the_old_profiles(refreshed: RefreshReport, at: datetime, monkeypatch: Any) -> None:
    record_customers([CustomerFact("new", name="新人")], source="test", at=at)

    def broken(*_rows: Any) -> Any:
        yield from ()
        raise RuntimeError("killed")

    monkeypatch.setattr(import_module("regulars.insights.actions.refresh"), "_profile_rows", broken)
    with pytest.raises(RuntimeError, match="killed"):
        refresh(at)
    assert CustomerProfile.objects.count() == len(NAMES)
    monkeypatch.undo()
    assert refresh(at).profiles == len(NAMES) + 1


def test_a_shop_without_orders_refreshes_to_nothing(shop: Any, at: datetime) -> None:
    record_customers([CustomerFact("a", name="甲")], source="test", at=at)
    report = refresh(at)
    assert report.profiles == 1
    figures = queries.figures()
    assert figures
    assert (figures.customers, figures.orders, figures.revenue_amount, figures.repurchase_rate) == (0, 0, 0, None)


def test_guests_are_counted_apart(shop: Any, at: datetime) -> None:
    named = (IdentityFact("email", "a@mail.example"),)
    orders = [
        OrderFact("1", "", at, "CNY", paid_amount=100),
        OrderFact("2", "", at, "CNY", paid_amount=100, identities=named),
    ]
    record_orders(orders, source="test", at=at)
    refresh(at)
    told = queries.dashboard()
    assert told
    assert (told.completeness.orders, told.completeness.orders_with_customer) == (2, 1)


def test_many_requests_queue_one_refresh(shop: Any) -> None:
    for _request in range(5):
        request_refresh()
    assert DBTaskResult.objects.count() == 1


def test_a_refresh_comes_back_with_the_shops_next_day(recorded: SmallShop) -> None:
    assert refresh_everything.func() == len(NAMES)
    assert refresh_everything.func() == len(NAMES)
    tomorrow = DBTaskResult.objects.get()
    assert f"{tomorrow.run_after.astimezone(ZoneInfo('Asia/Shanghai')):%H:%M}" == "00:01"
    request_refresh()  # one that waits for tomorrow does not stand in the way of one that is wanted now
    assert DBTaskResult.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_an_older_refresh_never_puts_older_figures_in_force(
    recorded: SmallShop, facts: SmallShop, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = import_module("regulars.insights.actions.refresh")
    listed, go_on = Event(), Event()
    build = module.build

    def slow_once(*args: Any, **options: Any) -> Any:
        if not listed.is_set():
            listed.set()
            assert go_on.wait(30)
        return build(*args, **options)

    def refreshed_once() -> RefreshReport:
        try:
            return refresh(at)
        finally:
            connection.close()

    monkeypatch.setattr(module, "build", slow_once)
    with ThreadPoolExecutor(2) as pool:
        older = pool.submit(refreshed_once)
        assert listed.wait(30)
        later = replace(facts.orders[0], source_id="late", customer="c9", placed_at=at - timedelta(days=1))
        record_orders([later], source="test", at=at)
        newer = pool.submit(refreshed_once)
        wait([newer], timeout=1.5)
        go_on.set()
        assert newer.result().version != older.result().version
    in_force = queries.manifest()
    assert in_force
    assert in_force.version == newer.result().version
    assert profile("c9").orders == 2


def running_task(worker_id: str, started_at: datetime) -> DBTaskResult:
    request_refresh()
    task = DBTaskResult.objects.get()
    task.claim(worker_id)
    DBTaskResult.objects.update(started_at=started_at)
    return task


def test_a_refresh_whose_worker_was_killed_is_asked_for_again(shop: Any) -> None:
    now = timezone.now()
    task = running_task("killed", now)
    worker_lock("killed").parent.mkdir(parents=True)
    worker_lock("killed").touch()
    assert fail_abandoned(now) == 1
    task.refresh_from_db()
    assert (task.status, task.finished_at) == (TaskResultStatus.FAILED, now)
    assert DBTaskResult.objects.exclude(pk=task.pk).get().task_path == task.task_path
    assert fail_abandoned(now) == 0


def test_a_task_that_another_worker_runs_is_left_to_it_however_long(shop: Any) -> None:
    now = timezone.now()
    running_task("alive", now - timedelta(days=1))
    with present(worker_lock("alive")):
        assert fail_abandoned(now) == 0
    assert fail_abandoned(now - timedelta(hours=23, minutes=30)) == 0
    assert fail_abandoned(now) == 1


def test_health_names_a_refresh_that_hangs(shop: Any) -> None:
    now = timezone.now()
    running_task("w", now - timedelta(minutes=5))
    assert health.details(now)["worker"]["state"] == "well"
    assert health.details(now + timedelta(hours=1))["worker"]["state"] == "stuck"


@pytest.mark.parametrize(("name", "value"), [("zone", "Europe/Berlin"), ("currency", "USD"), ("as_of", "now")])
def test_settings_that_figures_depend_on_ask_for_a_refresh(shop: Any, name: str, value: str) -> None:
    actor = Actor(name="A", subject="test")
    shop_actions.update_settings({"name": "Other"}, by=actor)
    assert not DBTaskResult.objects.exists()
    shop_actions.update_settings({name: value}, by=actor)
    assert DBTaskResult.objects.count() == 1


def test_a_sum_that_cannot_be_kept_leaves_the_old_figures_and_names_the_order(
    refreshed: RefreshReport, at: datetime, console: Any, caplog: pytest.LogCaptureFixture
) -> None:
    absurd = [
        OrderFact(f"absurd-{n}", "c0", at - timedelta(days=1), "CNY", number=f"TALL{n}", paid_amount=2**62 + n)
        for n in range(3)
    ]
    record_orders(absurd, source="test", at=at)
    assert refresh_everything.func() is None
    assert "Order TALL2 " in caplog.text
    assert f"{2**62 + 2:,}" in caplog.text
    assert "Traceback" not in caplog.text
    in_force = queries.manifest()
    assert in_force
    assert in_force.version == refreshed.version
    shown = console.get("/customers/").content.decode()
    assert "TALL2" in shown
    assert health.details(at)["facts"]["figures_refused"]
    assert f"/orders/{orders.resolve(('test', 'absurd-2'), '')}/" in shown
    record_orders([replace(fact, state="cancelled") for fact in absurd], source="test", at=at + timedelta(hours=1))
    assert refresh_everything.func() == len(NAMES)
    assert "TALL2" not in console.get("/customers/").content.decode()
