"""What people see: figures that lead to their rows, lists, one customer, segments; who may see and do what."""

import csv
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from regulars.core.facts import CustomerFact, IdentityFact, OrderFact
from regulars.customers import queries as customers
from regulars.customers.actions import merge_customers
from regulars.flows.record_customers import record_customers
from regulars.flows.record_orders import record_orders
from regulars.flows.refresh import refresh
from regulars.insights import queries
from regulars.insights.actions import RefreshReport, save_segment
from regulars.insights.models import CustomerProfile, SavedSegment
from regulars.insights.queries.definitions import CHAPTERS
from regulars.orders.models import Order
from regulars.shop.models import Shop
from tests.facts import NAMES, SmallShop

PAGES = ("/", "/customers/", "/customers/leaving/", "/customers/premium/", "/customers/segments/")
ANALYSES = ("/insight/cohorts/", "/insight/rfm/", "/definitions/")


def identity(source_id: str) -> UUID:
    found = customers.by_source("test", source_id)
    assert found
    return found


def text_of(response: Any) -> str:
    return response.content.decode()


def shown_total(response: Any) -> int:
    return response.context["list"].total


@pytest.mark.parametrize("path", [*PAGES, *ANALYSES])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_pages_open_with_and_without_facts(
    path: str, language: str, sign_in: Callable[..., Client], request: pytest.FixtureRequest
) -> None:
    assert sign_in(language=language).get(path).status_code == 200
    request.getfixturevalue("refreshed")
    assert sign_in("reader", language=language).get(path).status_code == 200


def test_an_empty_shop_is_told_what_to_do(console: Client) -> None:
    assert "/imports/" in text_of(console.get("/"))


def test_headline_figures_lead_to_as_many_rows(refreshed: RefreshReport, console: Client) -> None:
    for days in (7, 30, 90, 365):
        page = console.get(f"/?days={days}")
        told = queries.dashboard(days)
        assert told
        figures = page.context["figures"]
        rows = [shown_total(console.get(figure.href)) for figure in figures]
        expected = [told.now.orders] * 3 + [
            told.now.discounted_orders,
            told.now.buyers,
            told.now.new_buyers,
            round((told.repurchase_rate or 0) * told.buyers),
            told.late.customers,
        ]
        assert rows == expected


def test_orders_that_never_were_purchases_are_not_behind_the_figures(shop: Any, at: datetime, console: Client) -> None:
    states = ("paid", "completed", "partly_refunded", "refunded", "cancelled", "pending")
    told = [OrderFact(state, "c", at - timedelta(days=1), "CNY", state=state, paid_amount=1000) for state in states]
    told[2] = replace(told[2], refunded_amount=400)
    told.append(replace(told[1], source_id="undone", refunded_amount=1000))  # refunded whole, though nobody said so
    record_orders(told, source="test", at=at)
    refresh(at)
    context = console.get("/?days=30").context
    orders = next(figure for figure in context["figures"] if figure.definition.endswith("#orders"))
    assert (orders.value, shown_total(console.get(orders.href))) == ("3", 3)
    marks = [href for href in context["trend"]["hrefs"] if href]
    assert sum(shown_total(console.get(href)) for href in marks) == 3


def test_every_figure_has_a_definition(refreshed: RefreshReport, console: Client) -> None:
    defined = text_of(console.get("/definitions/"))
    for link in re.findall(r'href="/definitions/#([a-z_]+)"', text_of(console.get("/"))):
        assert f'id="{link}"' in defined
    assert {f.definition.split("#")[1] for f in console.get("/").context["figures"]} <= {
        d.key for chapter in CHAPTERS for d in chapter.definitions
    }


def test_leading_categories_lead_to_rows_that_add_up(refreshed: RefreshReport, console: Client) -> None:
    rows = console.get("/").context["categories"]
    assert {row["label"] for row in rows} == {"零食", "茶"}
    for row in rows:
        listed = console.get(row["href"]).context["list"]
        assert sum(order.sought_amount for order in listed.found[0 : listed.total]) == row["net_amount"]
        assert f"{row['net_amount'] / 100:,.2f}" in listed.note, "the sum stands above the list"
        assert listed.total == len({order.id for order in listed.found[0 : listed.total]})


def test_walk_ins_bring_money_and_nobody(shop: Any, at: datetime, console: Client) -> None:
    placed = at - timedelta(days=1)
    known = OrderFact("1", "c", placed, "CNY", paid_amount=1000)
    nobodys = [OrderFact(str(n), "", placed - timedelta(days=n), "CNY", paid_amount=500) for n in (2, 3)]
    record_orders([known, *nobodys], source="test", at=at)
    refresh(at)
    told = queries.dashboard(30)
    assert told
    assert (told.now.orders, told.now.net_amount, told.now.buyers, told.now.new_buyers) == (3, 2000, 1, 1)
    assert (told.customers, told.buyers, told.prospects, told.repurchase_rate) == (1, 1, 0, 0.0)
    assert (told.completeness.customers, told.completeness.orders_with_customer) == (1, 1)
    assert sum(month.new_customers + month.returning_customers for month in told.mix) == 1
    assert shown_total(console.get("/customers/")) == 1
    listed = text_of(console.get("/orders/"))
    assert listed.count("散客") == 2 and "guest:" not in listed
    page = unescape(text_of(console.get(f"/orders/{Order.objects.get(source_id='2').pk}/")))
    assert "散客" in page and "/customers/0" not in page and "guest:" not in page


def test_a_walk_in_merged_into_a_customer_is_that_customer(shop: Any, at: datetime, console: Client) -> None:
    placed = at - timedelta(days=9)
    record_orders(
        [
            OrderFact("1", "c", placed, "CNY", paid_amount=1000),
            OrderFact("2", "", at - timedelta(days=1), "CNY", paid_amount=500),
        ],
        source="test",
        at=at,
    )
    merge_customers(identity("c"), identity("guest:2"), reason="小票", actor="test", at=at)
    refresh(at)
    told = queries.dashboard(30)
    assert told
    assert (told.buyers, told.repurchase_rate, told.completeness.orders_with_customer) == (1, 1.0, 2)


def test_charts_lead_to_as_many_rows(refreshed: RefreshReport, console: Client) -> None:
    context = console.get("/").context
    for _label, customers_there, _words, href, _colour in context["states"]:
        assert shown_total(console.get(href)) == customers_there
    for row in context["segments"]:
        assert shown_total(console.get(row["href"])) == row["customers"]
    for row in context["cohorts"]["rows"]:
        assert shown_total(console.get(row["href"])) == row["size"]
    for row in context["rfm"]:
        for cell in row["cells"]:
            if cell["customers"]:
                assert shown_total(console.get(cell["href"])) == cell["customers"]


def test_customers_are_found_by_name_handle_and_number(refreshed: RefreshReport, console: Client) -> None:
    for text in (NAMES[3], "customer3@mail", "13800000003", "c3"):
        rows = console.get("/customers/", {"q": text}).context["list"].found
        assert identity("c3") in {row.pk for row in rows}, text


def test_lists_are_filtered_and_sorted(refreshed: RefreshReport, console: Client) -> None:
    def names(**asked: Any) -> list[str]:
        return [row.name for row in console.get("/customers/", asked).context["list"].found]

    assert names(state="prospect") == [NAMES[11]]
    assert set(names(consent="email")) == {name for n, name in enumerate(NAMES) if n % 3}
    assert len(names(contact="none")) == 0
    assert set(names(city="杭州")) == set(NAMES[::2])
    rich = CustomerProfile.objects.exclude(net_amount=None).order_by("-net_amount").first()
    assert rich
    assert rich.net_amount
    assert names(value_min=rich.net_amount / 100) == [rich.name]
    by_name = names(sort="name")
    assert by_name == sorted(by_name)


def test_customers_are_filtered_by_tag(shop: Any, at: datetime, console: Client) -> None:
    told = [CustomerFact("a", name="甲", tags=("会员", "VIP")), CustomerFact("b", name="乙", tags=("VIPER",))]
    record_customers(told, source="test", at=at)
    refresh(at)
    for tag, expected in (("VIP", ["甲"]), ("会员", ["甲"]), ("VIPER", ["乙"]), ("IP", [])):
        rows = console.get("/customers/", {"tag": tag}).context["list"].found
        assert [row.name for row in rows] == expected


def test_handles_are_masked_for_those_who_do_not_serve(
    refreshed: RefreshReport, sign_in: Callable[..., Client]
) -> None:
    page = f"/customers/{identity('c3')}/"
    for role in ("owner", "marketer", "agent"):
        for path in (page, "/customers/?q=customer3@mail.example"):
            assert "customer3@mail.example" in text_of(sign_in(role).get(path))
    for role in ("analyst", "reader"):
        reader = sign_in(role)
        for path in (page, "/customers/", "/customers/leaving/", "/customers/premium/", f"/search/?q={NAMES[3]}"):
            assert "customer3@mail.example" not in text_of(reader.get(path))
            assert "13800000003" not in text_of(reader.get(path))
        assert shown_total(reader.get("/customers/", {"q": "customer3@mail.example"})) == 0
        exported = b"".join(reader.get("/customers/?export=csv")).decode()  # type: ignore[arg-type]
        assert NAMES[3] in exported
        assert "@mail.example" in exported
        assert "customer3@mail.example" not in exported


def test_leaving_tells_who_is_late_and_what_is_at_stake(
    shop: Any, at: datetime, sign_in: Callable[..., Client]
) -> None:
    def bought(customer: str, *days_ago: int) -> list[OrderFact]:
        when = (at - timedelta(days=days) for days in days_ago)
        return [OrderFact(f"{customer}{t}", customer, t, "CNY", paid_amount=1000, customer_name=customer) for t in when]

    weekly = [bought(f"w{n}", *range(1, 100, 7)) for n in range(5)]
    late = bought("gone", *range(30, 150, 7))
    record_orders([order for orders in (*weekly, late) for order in orders], source="test", at=at)
    refresh(at)
    page = sign_in(language="en").get("/customers/leaving/")
    rows = list(page.context["list"].found)
    assert [row.name for row in rows] == ["gone"]
    assert (rows[0].state, rows[0].since_days, round(rows[0].usual_days)) == ("at_risk", 29, 7)
    assert rows[0].net_365_amount == 1000 * len(late)
    one = text_of(sign_in(language="en").get(f"/customers/{identity('gone')}/"))
    assert "Usually buys every 7 days; last bought 29 days ago." in one


def test_one_customer_whole(refreshed: RefreshReport, sign_in: Callable[..., Client]) -> None:
    page = sign_in("owner", language="en").get(f"/customers/{identity('c1')}/")
    said = unescape(text_of(page))
    assert NAMES[1] in said
    assert "Marketing · E-mail" in said
    assert "form: checkout" in said
    assert "Looked at a product" in "".join(_whole_timeline(sign_in("owner", language="en"), identity("c1")))
    undone = Order.objects.filter(customer=identity("c1"), state="refunded").count()
    assert page.context["profile"].orders == page.context["told"].order_count - undone
    assert re.search(r"R\d F\d M\d", said) and "/definitions/#rfm" in said


def test_the_timeline_tells_everything_once(refreshed: RefreshReport, console: Client) -> None:
    customer = identity("c0")
    told = "".join(_whole_timeline(console, customer))
    profile = CustomerProfile.objects.get(pk=customer)
    orders = Order.objects.filter(customer=customer).count()
    assert orders > (profile.orders or 0), "an order that was undone happened, too"
    assert told.count("timeline-item ") == orders + 1 + 1  # one event, one consent


def _whole_timeline(client: Client, customer: UUID) -> list[str]:
    parts, path = [], f"/customers/{customer}/timeline/"
    while path:
        parts.append(unescape(text_of(client.get(path))))
        older = re.search(r'hx-get="([^"]+)"', parts[-1])
        path = older[1] if older else ""
    return parts


def test_merge_and_split_in_the_page(refreshed: RefreshReport, sign_in: Callable[..., Client], at: datetime) -> None:
    survivor, absorbed = identity("c0"), identity("c1")
    agent = sign_in("agent")
    found = text_of(agent.get(f"/customers/{survivor}/candidates/", {"q": "customer1@mail"}))
    assert str(absorbed) in found
    asked = {"absorbed": str(absorbed), "reason": "同一手机号"}
    assert sign_in("reader").post(f"/customers/{survivor}/merge/", asked).status_code == 403
    agent.post(f"/customers/{survivor}/merge/", {"absorbed": "nonsense", "reason": "x"})
    assert customers.merges(survivor) == []
    agent.post(f"/customers/{survivor}/merge/", asked)
    merged = customers.merges(survivor)[0]
    assert (merged.absorbed, merged.reason) == (absorbed, "同一手机号")
    assert agent.get(f"/customers/{absorbed}/").headers["Location"] == f"/customers/{survivor}/"
    refresh(at)
    assert "同一手机号" in text_of(agent.get(f"/customers/{survivor}/"))
    agent.post(f"/customers/merges/{merged.id}/split/")
    assert customers.merges(survivor)[0].undone_at
    assert agent.get(f"/customers/{absorbed}/").status_code == 200


def test_unknown_customers_are_not_found(refreshed: RefreshReport, console: Client) -> None:
    nobody = UUID(int=1)
    for path in (f"/customers/{nobody}/", f"/customers/{nobody}/timeline/"):
        assert console.get(path).status_code == 404
    assert console.post(f"/customers/merges/{nobody}/split/").status_code == 404
    assert console.get(f"/customers/{identity('c0')}/timeline/?before=nonsense").status_code == 200


def test_segments_are_saved_counted_renamed_and_deleted(
    refreshed: RefreshReport, sign_in: Callable[..., Client], at: datetime
) -> None:
    marketer = sign_in("marketer")
    asked = {"name": "杭州顾客", "parameters": "city=杭州&page=2&sort=name&q="}
    assert sign_in("analyst").post("/customers/segments/save/", asked).status_code == 403
    marketer.post("/customers/segments/save/", asked)
    marketer.post("/customers/segments/save/", asked)  # the name is taken
    marketer.post("/customers/segments/save/", {"name": "全部", "parameters": "page=3"})  # no filter
    segment = SavedSegment.objects.get()
    assert segment.parameters == {"city": ["杭州"]}
    counted = marketer.get("/customers/segments/").context["segments"]
    assert [(each.segment.name, each.customers) for each in counted] == [("杭州顾客", 6)]
    assert shown_total(marketer.get(counted[0].href)) == 6
    record_customers([CustomerFact("new", name="新人", city="杭州")], source="test", at=at)
    refresh(at)
    assert marketer.get("/customers/segments/").context["segments"][0].customers == 7
    marketer.post(f"/customers/segments/{segment.pk}/rename/", {"name": "杭州"})
    assert SavedSegment.objects.get().name == "杭州"
    assert sign_in("reader").post(f"/customers/segments/{segment.pk}/delete/").status_code == 403
    marketer.post(f"/customers/segments/{segment.pk}/delete/")
    assert not SavedSegment.objects.exists()


def test_a_segment_is_saved_as_the_list_stands(refreshed: RefreshReport, sign_in: Callable[..., Client]) -> None:
    """htmx changes the list and the address, not the form: what counts is the address."""
    asked = {"name": "上海顾客", "parameters": ""}
    shown = {"HX-Request": "true", "HX-Current-URL": "http://testserver/customers/?city=上海&page=1"}
    answer = sign_in("marketer").post("/customers/segments/save/", asked, headers=shown)
    assert answer.headers["HX-Redirect"] == "/customers/segments/"
    assert SavedSegment.objects.get().parameters == {"city": ["上海"]}


def test_queries_do_not_grow_with_rows(shop: Any, at: datetime, console: Client) -> None:
    def fill(customers_wanted: int, orders_each: int) -> None:
        orders = [
            OrderFact(f"{n}-{k}", f"c{n}", at - timedelta(days=k * 3 + n % 7), "CNY", paid_amount=500 + n)
            for n in range(customers_wanted)
            for k in range(orders_each)
        ]
        record_orders(orders, source="test", at=at)
        refresh(at)

    def counted() -> dict[str, int]:
        found = {}
        for path in (*PAGES, *ANALYSES, f"/customers/{identity('c0')}/", f"/customers/{identity('c0')}/timeline/"):
            console.get(path)
            with CaptureQueriesContext(connection) as queries_run:
                console.get(path)
            found[path] = len(queries_run)
        return found

    fill(2, 3)
    save_segment("a", {"state": ["active"]}, actor="me", at=at)
    few = counted()
    fill(40, 12)
    for name in "bcdef":
        save_segment(name, {"state": ["active"], "q": [name]}, actor="me", at=at)
    assert counted() == few


def test_a_shop_that_sleeps_is_told_so(recorded: SmallShop, at: datetime, console: Client) -> None:
    Shop.objects.update(as_of="now")
    refresh(at + timedelta(days=500))
    for days in (7, 30, 90, 365):
        page = console.get(f"/?days={days}")
        assert page.status_code == 200
        assert page.context["told"].now.orders == 0
    states = {row.state for row in console.get("/customers/leaving/").context["list"].found}
    assert states == {"lapsed"}
    assert console.get("/customers/premium/").status_code == 200


def test_orders_wait_for_their_figures(shop: Any, at: datetime, sign_in: Callable[..., Client]) -> None:
    console = sign_in(language="en")
    record_orders([OrderFact("1", "c", at - timedelta(days=1), "CNY", paid_amount=1000)], source="test", at=at)
    page = text_of(console.get("/"))
    assert "The figures are being worked out" in page
    assert "No orders yet" not in page
    refresh(at)
    assert "New orders have come in" not in text_of(console.get("/"))
    record_orders([OrderFact("2", "c", at, "CNY", paid_amount=1000)], source="test", at=at)
    assert "New orders have come in" in text_of(console.get("/"))
    assert "New orders have come in" in text_of(console.get("/customers/"))


def test_a_shop_of_unpaid_orders_is_told_why_it_has_no_figures(
    shop: Any, at: datetime, sign_in: Callable[..., Client]
) -> None:
    record_orders([OrderFact("1", "c", at, "CNY", state="pending", paid_amount=1000)], source="test", at=at)
    refresh(at)
    assert "No order counts yet" in text_of(sign_in(language="en").get("/"))


def test_nobody_is_said_to_have_an_interval_after_one_purchase(
    shop: Any, at: datetime, sign_in: Callable[..., Client]
) -> None:
    def bought(customer: str, *days_ago: int) -> list[OrderFact]:
        when = [at - timedelta(days=days) for days in days_ago]
        return [OrderFact(f"{customer}{t}", customer, t, "CNY", paid_amount=1000, customer_name=customer) for t in when]

    record_orders([*bought("often", 1, 11, 21), *bought("once", 500)], source="test", at=at)
    refresh(at)
    console = sign_in(language="en")
    exported = b"".join(console.get("/customers/?export=csv")).decode()  # type: ignore[arg-type]
    assert {line.split(",")[6] != "" for line in exported.splitlines() if "once" in line} == {False}
    assert {line.split(",")[6] != "" for line in exported.splitlines() if "often" in line} == {True}
    once = text_of(console.get(f"/customers/{identity('once')}/"))
    assert "typical in this shop" in once
    assert "in the last year" not in once
    assert "in the last year" in text_of(console.get(f"/customers/{identity('often')}/"))


def test_who_shares_a_phone_is_proposed_as_the_same_person(
    shop: Any, at: datetime, sign_in: Callable[..., Client]
) -> None:
    same = (IdentityFact("phone", "13800000001"),)
    told = [CustomerFact(one, name=one, identities=same) for one in ("first", "second")]
    record_customers([*told, CustomerFact("third", name="third")], source="test", at=at)
    agent = sign_in("agent", language="en")
    page = text_of(agent.get(f"/customers/{identity('first')}/"))
    assert f'value="{identity("second")}"' in page
    assert str(identity("third")) not in page
    assert "May be the same person" not in text_of(
        sign_in("reader", language="en").get(f"/customers/{identity('first')}/")
    )


def test_an_export_of_customers_says_who_they_are_elsewhere_and_in_which_money(
    refreshed: RefreshReport, sign_in: Any
) -> None:
    body = b"".join(sign_in("owner", language="en").get("/customers/?export=csv")).decode("utf-8-sig")
    rows = list(csv.DictReader(StringIO(body)))
    assert {row["Customer id"] for row in rows} == {f"c{n}" for n in range(len(NAMES))}
    assert {row["Currency"] for row in rows} == {"CNY"}
    measures = [row["Usual interval"] for row in rows if row["Usual interval"]]
    assert measures
    assert all(len(measure.partition(".")[2]) <= 1 for measure in measures)
