"""Recording orders: each once, exact to the cent, the facts on disk never behind for good and never double."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.core.facts import CustomerFact, Discount, IdentityFact, LineFact, OrderFact, ProductFact, VariantFact
from regulars.customers.models import Customer, Merge
from regulars.flows.record_customers import record_customers
from regulars.flows.record_lines import record_lines
from regulars.flows.record_orders import record_orders, settle_run
from regulars.flows.record_products import record_products
from regulars.orders import queries
from regulars.orders.actions import facts as fact_files
from regulars.orders.actions import rebuild_facts
from regulars.orders.models import FactMonth, Line, Order, StateChange
from regulars.orders.queries.facts import line_files, order_files

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")


def line(list_amount: int = 1000, *discounts: Discount, product: str = "p1", quantity: int = 1) -> LineFact:
    return LineFact(quantity * 1000, list_amount, product, discounts=discounts)


def order(number: int = 1, *lines: LineFact, **stated: object) -> OrderFact:
    base = OrderFact(str(number), "c1", datetime(2026, 2, 3, 4, 5, tzinfo=UTC), "CNY", lines=lines or (line(),))
    return replace(base, **stated)


def record(*orders: OrderFact, run_id: str | None = None, at: datetime = AT):
    return record_orders(orders, source="shop", at=at, run_id=run_id)


def on_disk() -> list[tuple[str, int]]:
    files = [str(path) for path in order_files().files()]
    sql = "SELECT order_id, net_amount FROM read_parquet(?) ORDER BY 1"
    return duckdb.connect().execute(sql, [files]).fetchall() if files else []


def stored() -> list[tuple[str, int]]:
    return sorted((str(pk), net) for pk, net in Order.objects.values_list("id", "net_amount"))


def test_an_order_that_arrives_twice_changes_nothing(shop):
    assert record(order()).created == 1
    before = Order.objects.values().get()
    again = record(order(), at=AT + timedelta(days=1))
    assert (again.created, again.updated, again.unchanged) == (0, 0, 1)
    assert Order.objects.values().get() == before


def test_amounts_follow_from_the_lines(shop):
    coupon = Discount("coupon", 200, "SAVE2", funded_by="supplier")
    record(order(1, line(1000, Discount("member_price", 150)), line(500, coupon), shipping_amount=600))
    row = Order.objects.get()
    assert (row.list_amount, row.discount_amount, row.net_amount) == (1500, 150, 1350)
    assert (row.funded_amount, row.paid_amount) == (200, 1350 - 200 + 600)


def test_tax_that_prices_exclude_is_paid_on_top(shop):
    record(order(1, line(1000)._replace(tax_amount=150), tax_included=False))
    assert Order.objects.get().paid_amount == 1150


def test_order_discounts_are_shared_by_the_lines_to_the_cent(shop):
    record(order(1, line(100), line(100), line(100), discounts=(Discount("offer", 10, "TEN"),)))
    shares = list(Line.objects.order_by("number").values_list("discount_amount", flat=True))
    assert shares == [4, 3, 3]
    assert Line.objects.get(number=1).discounts == [{"kind": "offer", "amount": 4, "code": "TEN", "of": "order"}]


@given(
    st.lists(st.integers(0, 10**9), min_size=1, max_size=8),
    st.lists(st.integers(0, 10**9), max_size=3),
)
@settings(max_examples=60)
def test_shared_discounts_never_exceed_a_line_and_always_sum(amounts, discounts):
    from regulars.orders.actions.record import _shares

    lines = [LineFact(1000, amount) for amount in amounts]
    shares = _shares([Discount("offer", amount) for amount in discounts], lines)
    taken = [sum(d.amount for d in share) for share in shares]
    assert sum(taken) == min(sum(discounts), sum(amounts))
    assert all(0 <= share <= amount for share, amount in zip(taken, amounts, strict=True))


def test_a_changed_order_replaces_its_lines_and_remembers_its_states(shop):
    record(order(1, line(1000), line(500), state="paid"))
    later = AT + timedelta(days=2)
    record(order(1, line(800), state="shipped", updated_at=later))
    row = Order.objects.get()
    assert (row.state, row.net_amount, row.line_count, Line.objects.count()) == ("shipped", 800, 1, 1)
    assert list(StateChange.objects.values_list("state", "at")) == [("shipped", later)]


def test_news_of_an_order_in_any_order_end_in_one_state(shop):
    news = [
        order(1, state=s, updated_at=AT + timedelta(hours=h)) for h, s in enumerate(["paid", "shipped", "delivered"])
    ]
    for number, arrival in enumerate(permutations(news)):
        for fact in arrival:
            record(replace(fact, source_id=f"o{number}"))
        assert Order.objects.get(source_id=f"o{number}").state == "delivered"


def test_an_order_without_word_of_lines_keeps_them(shop):
    record(order(1, line(1000), line(500)))
    record(order(1, state="refunded", lines=None, refunded_amount=1500))
    row = Order.objects.get()
    assert (row.net_amount, row.line_count, row.refunded_amount) == (1500, 2, 1500)


def test_an_order_known_by_its_total_alone(shop):
    record(order(1, lines=None, paid_amount=2600, shipping_amount=600))
    row = Order.objects.get()
    assert (row.net_amount, row.list_amount, row.paid_amount) == (2000, 2000, 2600)


def test_parts_of_an_order_add_up_within_a_run_and_not_across_runs(shop):
    first, second = order(1, line(1000)), order(1, line(500, product="p2"))
    for run in ("1" * 32, "2" * 32):
        record(first, run_id=run)
        record(second, run_id=run)
        assert list(Line.objects.order_by("number").values_list("list_amount", flat=True)) == [1000, 500]
        assert Order.objects.get().list_amount == 1500
    record(first, second, run_id="3" * 32)
    assert Line.objects.count() == 2


def lines_of(source_id: str = "1") -> list[int]:
    rows = Line.objects.filter(order__source_id=source_id).order_by("number")
    return list(rows.values_list("list_amount", flat=True))


def test_the_same_file_in_parts_again_changes_nothing(shop):
    parts = [order(1, line(1000)), order(1, line(500, product="p2")), order(1, line(300, product="p3"))]
    for part in parts:
        record(part, run_id="1" * 32)
    before = Order.objects.values_list("net_amount", "parts", "recorded_at").get()
    tallies = [record(part, run_id="2" * 32) for part in parts]
    assert [(t.created, t.updated, t.unchanged) for t in tallies] == [(0, 0, 1)] * 3
    assert Order.objects.values_list("net_amount", "parts", "recorded_at").get() == before
    assert lines_of() == [1000, 500, 300]


def test_a_later_part_joins_a_first_part_that_was_known_before(shop):
    record(order(1, line(1000)), run_id="1" * 32)
    record(order(1, line(1000)), run_id="2" * 32)
    record(order(1, line(500, product="p2")), run_id="2" * 32)
    assert lines_of() == [1000, 500]


def test_a_part_told_twice_counts_once(shop):
    for _ in range(2):
        record(order(1, line(1000)), run_id="1" * 32)
    assert lines_of() == [1000]


def test_parts_that_a_run_no_longer_tells_are_gone_once_it_is_settled(shop):
    for part in (order(1, line(1000)), order(1, line(500, product="p2"))):
        record(part, run_id="1" * 32)
    settle_run("1" * 32, at=AT)
    record(order(1, line(1000)), run_id="2" * 32)
    assert (settle_run("2" * 32, at=AT), settle_run("2" * 32, at=AT)) == (1, 0)
    assert (lines_of(), Order.objects.get().net_amount) == ([1000], 1000)
    assert record(order(1, line(1000)), run_id="3" * 32).unchanged == 1


def test_an_orders_discount_is_taken_once_however_its_lines_arrive(shop):
    off = (Discount("offer", 1000),)
    record(order(1, line(10_000), discounts=off), run_id="1" * 32)
    record(order(1, line(5_000, product="p2"), discounts=off), run_id="1" * 32)
    row = Order.objects.get()
    assert (row.discount_amount, row.net_amount) == (1000, 14_000)
    assert list(Line.objects.order_by("number").values_list("discount_amount", flat=True)) == [667, 333]


@pytest.mark.parametrize(
    ("stated", "paid"),
    [
        ({"discounts": (Discount("offer", 100),)}, 900),
        ({"shipping_amount": 500}, 1500),
        ({"tax_amount": 70, "tax_included": False}, 1070),
        ({"paid_amount": 800}, 800),
    ],
)
def test_orders_first_and_lines_later_end_in_the_same_amounts(shop, stated, paid):
    record(order(1, lines=None, **stated))
    assert Order.objects.get().paid_amount == stated.get("paid_amount", 0)
    assert Order.objects.get().net_amount >= 0
    record_lines({"1": [line(1000)]}, source="shop", at=AT)
    assert Order.objects.get().paid_amount == paid
    record(order(2, line(1000), **stated))
    amounts = "list_amount", "discount_amount", "net_amount", "tax_amount", "paid_amount"
    assert Order.objects.values_list(*amounts).distinct().count() == 1
    assert record(order(1, lines=None, **stated)).unchanged == 1


def test_a_change_without_word_of_lines_shares_its_discount_anew_and_takes_its_lines_along(shop):
    record(order(1, line(1000), discounts=(Discount("offer", 100),)))
    record(order(1, customer="c2", lines=None, discounts=(Discount("offer", 200),)))
    row = Order.objects.get()
    assert (row.discount_amount, row.net_amount, row.customer.source_id) == (200, 800, "c2")
    assert Line.objects.get().customer == row.customer
    assert queries.inconsistencies(ZONE)[:1] == []


def test_news_without_a_time_does_not_let_older_news_in(shop):
    record(order(1, state="completed", updated_at=AT + timedelta(days=2)))
    record(order(1, state="refunded"))
    record(order(1, state="pending", updated_at=AT))
    assert Order.objects.get().state == "refunded"


def test_a_guest_is_known_by_a_handle_and_else_by_the_order(shop):
    mail = (IdentityFact("email", "Lin@Example.com"),)
    record(
        order(1, customer="", identities=mail),
        order(2, customer="", identities=(IdentityFact("email", "lin@example.COM"),)),
        order(3, customer=""),
    )
    owners = dict(Order.objects.values_list("source_id", "customer__source_id"))
    assert owners == {"1": "email:lin@example.com", "2": "email:lin@example.com", "3": "guest:3"}


def test_an_order_with_only_an_address_belongs_to_the_customer_who_has_it(shop):
    mail = (IdentityFact("email", "lin@example.com"),)
    record_customers([CustomerFact("77", name="Lin", identities=mail)], source="shop", at=AT)
    record_customers([CustomerFact("88", name="Other shop", identities=mail)], source="elsewhere", at=AT)
    record(order(1, customer="", identities=(IdentityFact("email", "LIN@example.com"),)))
    assert Order.objects.get().customer.name == "Lin"


def test_a_guest_who_turns_out_to_be_a_customer_becomes_part_of_them(shop):
    mail = (IdentityFact("email", "lin@example.com"),)
    record(
        order(1, customer="", identities=mail), order(2, customer="", identities=(IdentityFact("email", "b@x.org"),))
    )
    record_customers([CustomerFact("77", name="Lin", identities=mail)], source="shop", at=AT)
    lin = Customer.objects.get(source_id="77")
    assert list(Customer.objects.filter(merged_into=lin).values_list("source_id", flat=True)) == [
        "email:lin@example.com"
    ]
    merge = Merge.objects.get()
    assert (merge.customer, merge.actor) == (lin, "import: shop")


def test_a_guest_with_a_very_long_address_is_still_one_guest(shop):
    mail = (IdentityFact("email", f"{'a' * 60}@{'b' * 60}.{'c' * 60}.example"),)
    assert record(*[order(n, customer="", identities=mail) for n in (1, 2)]).created == 2
    assert Customer.objects.count() == 1


def test_customers_and_products_are_made_from_what_orders_say(shop):
    record(order(1, line()._replace(title="Oolong tea"), customer_name="林"))
    assert Customer.objects.get().name == "林"
    assert Line.objects.get().product.title == "Oolong tea"


def test_products_known_by_sku_or_title_alone_are_products_until_the_catalogue_says_more(shop):
    by_sku = line(product="")._replace(sku="T-1", title="Oolong")
    by_title = line(product="")._replace(title="桂花乌龙")
    fact = order(1, by_sku, by_title, line(product=""))
    record(fact)
    titles = list(Line.objects.order_by("number").values_list("product__title", flat=True))
    assert titles == ["Oolong", "桂花乌龙", None]
    assert record(fact).unchanged == 1
    variant = VariantFact("v1", sku="T-1")
    record_products([ProductFact("p9", "Oolong tea 100 g", variants=(variant,))], source="shop", at=AT)
    assert record(fact).updated == 1
    assert Line.objects.get(number=1).product.source_id == "p9"


SAID = {
    "quantity_milli": 2000,
    "list_amount": 990,
    "product": "p2",
    "variant": "v2",
    "sku": "S-2",
    "title": "茶",
    "source_id": "l-2",
    "tax_amount": 7,
    "discounts": (Discount("coupon", 5, "TEN", "supplier"),),
}


@pytest.mark.parametrize("field", LineFact._fields)
def test_a_line_that_says_one_thing_differently_is_a_change(shop, field):
    record(order(1, line(), line()))
    assert record(order(1, line(), line()._replace(**{field: SAID[field]}))).updated == 1


def test_what_one_line_of_a_batch_says_is_stored_though_no_other_says_it(shop):
    record(order(1), order(2, line(), LineFact(**SAID)), order(3))
    told = ("quantity_milli", "list_amount", "product__source_id", "sku", "title", "source_id", "tax_amount")
    assert Line.objects.filter(order__source_id="2", number=2).values_list(*told).get() == tuple(
        SAID[name.removesuffix("__source_id")] for name in told
    )
    silent = Line.objects.filter(order__source_id="3").values("sku", "title", "source_id", "tax_amount", "discounts")
    assert silent.get() == {"sku": "", "title": "", "source_id": "", "tax_amount": 0, "discounts": None}


def test_a_failing_batch_leaves_nothing(shop, monkeypatch):
    monkeypatch.setattr(fact_files.FactBatch, "flush", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        record(order())
    assert not Customer.objects.exists()
    assert not Order.objects.exists()


def test_a_large_batch_is_on_disk_at_once_and_a_small_one_after_a_rebuild(shop):
    record(*[order(n) for n in range(fact_files.APPEND_MIN_ORDERS)])
    assert on_disk() == stored()
    record(order(9999))
    assert len(on_disk()) == fact_files.APPEND_MIN_ORDERS
    assert rebuild_facts(ZONE) == ["2026-02"]
    assert on_disk() == stored()
    assert rebuild_facts(ZONE) == []


def test_months_end_at_midnight_of_the_shops_zone(shop):
    record(order(1, placed_at=datetime(2026, 1, 31, 15, 59, 59, tzinfo=UTC)))
    record(order(2, placed_at=datetime(2026, 1, 31, 16, 0, 0, tzinfo=UTC)))
    assert rebuild_facts(ZONE) == ["2026-01", "2026-02"]
    assert queries.inconsistencies(ZONE) == []


def test_a_change_of_zone_rewrites_every_month(shop):
    record(order(1, placed_at=datetime(2026, 1, 31, 17, tzinfo=UTC)))
    assert rebuild_facts(ZONE) == ["2026-02"]
    assert rebuild_facts(ZoneInfo("Europe/Paris")) == ["2026-01", "2026-02"]
    assert [path.parent.name for path in order_files().files()] == ["month=2026-01"]
    assert queries.inconsistencies(ZoneInfo("Europe/Paris")) == []


def test_an_order_that_moves_to_another_month_leaves_the_old_one(shop):
    record(order(1))
    rebuild_facts(ZONE)
    record(order(1, placed_at=datetime(2026, 5, 1, tzinfo=UTC)))
    assert rebuild_facts(ZONE) == ["2026-02", "2026-05"]
    assert on_disk() == stored()


def test_an_append_that_lost_the_race_against_a_rebuild_is_not_written_twice(shop, monkeypatch):
    append = fact_files.FactBatch._append
    monkeypatch.setattr(fact_files.FactBatch, "_append", lambda self, m, g: (rebuild_facts(ZONE), append(self, m, g)))
    record(*[order(n) for n in range(fact_files.APPEND_MIN_ORDERS)])
    assert on_disk() == stored()


def test_a_crash_between_commit_and_append_is_made_good_by_the_next_refresh(shop, monkeypatch):
    monkeypatch.setattr(fact_files.FactBatch, "_append", lambda self, m, g: None)
    record(*[order(n) for n in range(fact_files.APPEND_MIN_ORDERS)])
    assert on_disk() == []
    assert FactMonth.objects.get().changed == fact_files.APPEND_MIN_ORDERS
    rebuild_facts(ZONE)
    assert on_disk() == stored()


def test_appended_and_rebuilt_facts_are_the_same_rows(shop):
    lines = (line(1000, Discount("member_price", 100)), line(300)._replace(product="", title="loose"))
    record(*[order(n, *lines, placed_at=AT + timedelta(minutes=n)) for n in range(fact_files.APPEND_MIN_ORDERS)])

    def rows():
        found = []
        for files, key in ((order_files(), "order_id"), (line_files(), "order_id, number")):
            sql = f"SELECT * EXCLUDE (month, placed_at), epoch_us(placed_at) FROM read_parquet(?) ORDER BY {key}"
            found.append(duckdb.connect().execute(sql, [[str(p) for p in files.files()]]).fetchall())
        return found

    appended = rows()
    assert rebuild_facts(ZONE, everything=True) == ["2026-03"]
    assert rows() == appended


@pytest.mark.parametrize(
    ("harm", "named"),
    [
        (lambda _file: Order.objects.update(net_amount=1), "totals differ"),
        (lambda _file: Line.objects.all().delete(), "lines are missing"),
        (lambda file: file.unlink(), "Facts of 2026-02"),
    ],
)
def test_verify_names_what_was_harmed(shop, harm, named):
    record(order())
    rebuild_facts(ZONE)
    assert queries.inconsistencies(ZONE) == []
    harm(order_files().files()[0])
    assert any(named in finding for finding in queries.inconsistencies(ZONE))
