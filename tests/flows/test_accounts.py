"""The console's accounts: a statement in plain words, adjusting by hand, and a second person's word above the limit."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from regulars.core.naming import operation_id
from regulars.customers.models import Customer
from regulars.customers.queries import subjects
from regulars.flows.merge import merge
from regulars.ledger.actions import commit
from regulars.ledger.actions.sweeping import sweep
from regulars.ledger.facts import Close, Operation, Post, world
from regulars.ledger.queries import accounts
from regulars.orders.models import Order
from regulars.shop.models import Approval, AuditEntry, Shop
from regulars.shop.queries import actor_of_user
from tests.facts import SmallShop
from tests.flows.history import BEGIN, do, points_of, tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(recorded: SmallShop) -> Customer:
    return Customer.objects.exclude(name="").order_by("source_id")[0]


@pytest.fixture
def told(member: Customer, staff: Any) -> accounts.AccountFacts:
    """The points of a member with a history."""
    orders = [found.hex for found in Order.objects.order_by("-placed_at").values_list("id", flat=True)[:6]]
    own = tell(member.pk, orders=orders, actor=f"user:{staff['agent'].pk}")
    return facts(own.id)


@pytest.fixture
def purse(member: Customer) -> accounts.AccountFacts:
    """100 points."""
    own = points_of(member.pk)
    do("given", 0, Post(world("points", "issued"), own, 100), reason="welcome")
    return facts(own.id)


def facts(account: str) -> accounts.AccountFacts:
    found = accounts.account(account)
    assert found is not None
    return found


def address(account: accounts.AccountFacts, more: str = "") -> str:
    return f"/ledger/{UUID(account.id)}/{more}"


def form(amount: Any = 40, **given: Any) -> dict[str, Any]:
    return {"form": uuid4(), "way": "give", "amount": amount, "reason": "goodwill", "note": "parcel late", **given}


# The statement.


def test_the_statement_says_what_is_there_and_what_happened(
    sign_in: Callable[..., Client], told: Any, member: Any
) -> None:
    page = sign_in("reader", language="en").get(address(told))
    figures = page.context["figures"]
    lots = [*page.context["lots"], *page.context["more_lots"]]
    assert (
        figures.spendable + figures.pending + figures.overdue + told.held
        == told.balance
        == sum(lot.left for lot in lots)
    )
    text = page.content.decode()
    for said in (
        "Earned with an order", "Spent on an order", "Set aside", "Spent, as set aside", "No longer set aside", "Given back",
        "Expired", "Can be spent from now on", "Agent", member.name, "undoes entry", "Welcome gift",
    ):  # fmt: skip
        assert said in text, said
    assert f'href="/customers/{member.pk}/"' in text
    assert "order:" not in text and "order.completed" not in text and told.subject not in text


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_nothing_on_the_pages_is_left_untranslated(sign_in: Callable[..., Client], told: Any, language: str) -> None:
    client = sign_in("owner", language=language)
    for path in ("/ledger/", address(told), address(told, "adjust/"), "/ledger/approvals/", "/ledger/totals/"):
        page = client.get(path)
        assert page.status_code == 200
        assert ("账户" in page.content.decode()) == (language == "zh-hans")


def test_every_balance_follows_from_the_one_before_also_in_the_export(
    sign_in: Callable[..., Client], told: Any
) -> None:
    answer = sign_in("analyst", language="en").get(address(told, "?export=csv"))
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert [int(row["No."]) for row in rows] == list(range(told.entries, 0, -1))
    balance = 0
    for row in reversed(rows):
        balance += int(row["In / out"] or 0)
        assert int(row["Balance after"]) == balance
    assert balance == told.balance
    assert {row["Unit"] for row in rows} == {"points"}


def test_entries_are_found_by_what_happened_and_when(sign_in: Callable[..., Client], told: Any) -> None:
    client = sign_in("analyst", language="en")
    expired = client.get(address(told, "?what=expired")).context["list"]
    assert [line.what for line in expired.found[0:25]] == ["Expired"]
    spring = client.get(address(told, "?since=2026-03-01&until=2026-03-31")).context["list"]
    days = [line.at.astimezone(UTC).date().isoformat() for line in spring.found[0:25]]
    assert days == sorted(days, reverse=True) and days[0] <= "2026-03-31" and days[-1] >= "2026-03-01"
    assert len(days) == spring.total > 1


def test_the_queries_do_not_grow_with_the_entries(
    sign_in: Callable[..., Client], told: Any, purse: Any, django_assert_max_num_queries: Any
) -> None:
    client = sign_in("owner")
    with django_assert_max_num_queries(40) as many:
        client.get(address(told))
    own = points_of(Customer.objects.exclude(name="").order_by("source_id")[1].pk)
    do("other", 0, Post(world("points", "issued"), own, 100), reason="welcome")
    with django_assert_max_num_queries(40) as few:
        client.get(address(facts(own.id)))
    assert len(many) - len(few) <= 5  # orders, people, what is undone, and what is set aside


def test_accounts_are_found_by_customer_kind_and_reference(
    sign_in: Callable[..., Client], told: Any, member: Any
) -> None:
    client = sign_in("agent", language="en")
    assert {row.kind for row in client.get(f"/ledger/?q={member.name}").context["list"].found[0:25]} == {
        "points",
        "credit",
    }
    [found] = client.get("/ledger/?q=club").context["list"].found[0:25]
    assert (found.id, found.owner) == (told.id, member.name)
    assert [row.kind for row in client.get("/ledger/?kind=credit").context["list"].found[0:25]] == ["credit"]
    assert client.get("/ledger/?q=nobody").context["list"].total == 0
    assert "¥120.10" in client.get("/ledger/").content.decode()


def test_what_the_clock_did_is_told_as_done_by_nobody(sign_in: Callable[..., Client], purse: Any, member: Any) -> None:
    do(
        "short",
        1,
        Post(world("points", "issued"), points_of(member.pk), 5, expires_at=BEGIN + timedelta(days=2)),
        reason="x",
    )
    sweep(timezone.now())
    [entry] = sign_in("reader", language="en").get(address(purse, "?what=expired")).context["list"].found[0:25]
    assert entry.who == "automatically"


def test_an_empty_ledger_says_what_will_stand_there(console: Client, shop: Any) -> None:
    assert "会自动建立" in console.get("/ledger/").content.decode()


def test_the_customer_s_page_lists_their_accounts_and_those_of_merged_records(
    console: Client, staff: Any, told: Any, member: Any
) -> None:
    survivor = Customer.objects.exclude(pk=member.pk).exclude(name="").order_by("source_id")[0]
    merge(survivor.pk, member.pk, reason="same", by=actor_of_user(staff["owner"]), at=timezone.now())
    assert subjects.subject_key_of(member.pk) == survivor.subject_key
    assert subjects.customers_of([member.subject_key]) == {member.subject_key: survivor.pk}
    assert address(told) in console.get(f"/customers/{survivor.pk}/").content.decode()
    assert console.get(address(told)).context["customer"] == survivor.pk


def test_the_ledger_knows_nobody_by_name(told: Any, member: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT subject FROM ledger_account WHERE subject <> ''")
        assert {row[0] for row in cursor.fetchall()} == {member.subject_key}
    assert len(member.subject_key) == 32 and member.subject_key not in (member.pk.hex, member.source_id)
    keys = Customer.objects.values_list("subject_key", flat=True)
    assert len(set(keys)) == len(keys)


# Adjusting.


def test_a_double_click_adjusts_once_and_leaves_a_trace(sign_in: Callable[..., Client], purse: Any) -> None:
    client, sent = sign_in("agent", language="en"), form(40)
    for _click in range(2):
        assert client.post(address(purse, "adjust/"), sent).status_code == 302
    assert facts(purse.id).balance == 140
    assert AuditEntry.objects.filter(action="account.adjusted").count() == 1
    trail = sign_in("owner", language="en").get("/audit/").content.decode()
    assert "+40 points; Reason: Goodwill" in trail and "Points club" in trail and f'href="{address(purse)}"' in trail
    text = client.get(address(purse)).content.decode()
    assert "Given by staff" in text and "parcel late" in text and "Agent" in text
    other = client.post(address(purse, "adjust/"), {**sent, "amount": 50})
    assert other.status_code == 200 and other.context["form"].non_field_errors()
    assert facts(purse.id).balance == 140


def test_what_is_taken_must_be_there(sign_in: Callable[..., Client], purse: Any) -> None:
    page = sign_in("agent", language="en").post(address(purse, "adjust/"), form(101, way="take"))
    assert "Only 100 points can be taken" in page.content.decode()
    assert not Approval.objects.exists() and facts(purse.id).balance == 100


@pytest.mark.parametrize(
    ("field", "given"),
    [("amount", 0), ("amount", -5), ("amount", "1.5"), ("reason", ""), ("note", " "), ("expires", "2020-01-01")],
)
def test_a_form_filled_in_wrongly_changes_nothing(
    sign_in: Callable[..., Client], purse: Any, field: str, given: Any
) -> None:
    page = sign_in("agent").post(address(purse, "adjust/"), form(**{field: given}))
    assert field in page.context["form"].errors
    assert facts(purse.id).balance == 100


def test_what_is_given_can_expire_at_the_end_of_a_day_of_the_shop(sign_in: Callable[..., Client], purse: Any) -> None:
    sign_in("agent").post(address(purse, "adjust/"), form(40, expires="2030-12-31"))
    told = accounts.figures(facts(purse.id), timezone.now(), UTC)
    assert (told.expiring, told.expires_at) == (40, datetime(2030, 12, 31, 16, tzinfo=UTC))


def test_money_is_given_in_the_currency(sign_in: Callable[..., Client], told: Any, member: Any) -> None:
    credit = next(a for a in accounts.accounts_of([member.subject_key]) if a.kind == "credit")
    sign_in("agent").post(address(credit, "adjust/"), form("10.50", way="take"))
    assert facts(credit.id).balance == credit.balance - 1050


def test_a_closed_account_takes_no_adjustment(sign_in: Callable[..., Client], purse: Any, member: Any) -> None:
    commit(Operation(operation_id("close"), timezone.now(), (Close(points_of(member.pk)),), "test"))
    page = sign_in("agent", language="en").post(address(purse, "adjust/"), form())
    assert page.status_code == 200 and "This account is closed" in page.content.decode()


@pytest.mark.parametrize("role", ["marketer", "analyst", "reader"])
def test_others_may_look_and_not_adjust(sign_in: Callable[..., Client], purse: Any, role: str) -> None:
    client = sign_in(role, language="en")
    page = client.get(address(purse))
    assert page.status_code == 200 and "Adjust by hand" not in page.content.decode()
    assert client.post(address(purse, "adjust/"), form()).status_code == 403


# Two people.


@pytest.fixture
def asked(sign_in: Callable[..., Client], purse: Any) -> Approval:
    """1,001 points, which a service agent may not give alone."""
    sign_in("agent").post(address(purse, "adjust/"), form(1001))
    assert facts(purse.id).balance == 100
    return Approval.objects.get()


def test_above_the_limit_somebody_else_agrees_once(sign_in: Callable[..., Client], asked: Approval, purse: Any) -> None:
    path = f"/ledger/approvals/{asked.pk}/"
    own, other = sign_in("agent", language="en"), sign_in("owner", language="en")
    assert "Agree" in other.get("/ledger/approvals/").content.decode()
    assert "1 adjustment waits" in other.get("/ledger/").content.decode()
    assert "waits for a second" not in own.get("/ledger/").content.decode()
    own.post(path, {"decision": "agree"})
    assert facts(purse.id).balance == 100
    for _click in range(2):
        other.post(path, {"decision": "agree"})
    assert facts(purse.id).balance == 1101
    assert "Agent, agreed to by Owner" in other.get(address(purse)).content.decode()


def test_a_refusal_says_why_and_is_final(sign_in: Callable[..., Client], asked: Approval, purse: Any) -> None:
    path, owner = f"/ledger/approvals/{asked.pk}/", sign_in("owner", language="en")
    owner.post(path, {"decision": "refuse"})
    asked.refresh_from_db()
    assert asked.state == "waiting"  # not without a reason
    owner.post(path, {"decision": "refuse", "reason": "no proof"})
    owner.post(path, {"decision": "agree"})
    asked.refresh_from_db()
    assert (asked.state, asked.reason, facts(purse.id).balance) == ("refused", "no proof", 100)
    assert "no proof" in sign_in("agent").get("/ledger/approvals/").content.decode()


def test_what_cannot_be_done_any_more_goes_on_waiting(sign_in: Callable[..., Client], purse: Any, member: Any) -> None:
    Shop.objects.update(alone_points=10)
    sign_in("agent").post(address(purse, "adjust/"), form(80, way="take"))
    do("spent", 1, Post(points_of(member.pk), world("points", "redeemed"), 50), reason="spent")
    sign_in("owner").post(f"/ledger/approvals/{Approval.objects.get().pk}/", {"decision": "agree"})
    assert Approval.objects.get().state == "waiting" and facts(purse.id).balance == 50


def test_the_limit_is_a_setting_of_the_shop(console: Client, shop: Any, purse: Any) -> None:
    given = {"name": "小店", "currency": "CNY", "zone": "Asia/Shanghai", "country": "CN", "as_of": "now"}
    console.post("/settings/", {**given, "alone_points": 50, "alone_amount": "12.50"})
    shop.refresh_from_db()
    assert (shop.alone_points, shop.alone_amount) == (50, 1250)
    assert console.get("/settings/").context["form"].initial["alone_amount"] == 12.5
    console.post(address(purse, "adjust/"), form(51))
    assert facts(purse.id).balance == 100
