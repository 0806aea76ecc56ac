"""Recording customers, products and events: each once, silence erasing nothing; merging and splitting."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regulars.catalog.models import Category, Listing, ListingPrice, Product, Variant
from regulars.core.facts import ConsentFact, CustomerFact, EventFact, IdentityFact, ProductFact, VariantFact
from regulars.customers import queries
from regulars.customers.actions import merge_customers, split_customer
from regulars.customers.actions.merge import MergeRefused
from regulars.customers.models import Consent, Customer, Event, Identity
from regulars.flows.record_customers import record_customers
from regulars.flows.record_events import record_events
from regulars.flows.record_products import record_products

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def customers(*facts: CustomerFact, at: datetime = AT):
    return record_customers(facts, source="shop", at=at)


def test_a_customer_once_and_silence_erases_nothing(shop):
    full = CustomerFact(
        "1", name="林小雨", birthday=date(1990, 5, 1), city="杭州", tags=("vip",), attributes={"size": "M"}
    )
    assert customers(full).created == 1
    assert customers(full).unchanged == 1
    assert customers(CustomerFact("1", city="上海", attributes={"shoe": 38})).updated == 1
    row = Customer.objects.get()
    assert (row.name, row.city, row.birthday, row.tags) == ("林小雨", "上海", date(1990, 5, 1), ["vip"])
    assert row.attributes == {"size": "M", "shoe": 38}


def test_older_news_never_overwrites_newer(shop):
    customers(CustomerFact("1", name="new", updated_at=AT))
    assert customers(CustomerFact("1", name="old", updated_at=AT - timedelta(days=1))).unchanged == 1
    assert Customer.objects.get().name == "new"


def test_handles_are_comparable_and_kept_as_written(shop):
    handles = (IdentityFact("email", " Lin@Example.COM "), IdentityFact("phone", "138 0013 8000"))
    customers(CustomerFact("1", identities=handles))
    customers(CustomerFact("1", name="again", identities=handles))
    assert sorted(Identity.objects.values_list("kind", "value")) == [
        ("email", "lin@example.com"),
        ("phone", "+8613800138000"),
    ]
    assert Identity.objects.get(kind="phone").shown == "138 0013 8000"


def test_a_handle_that_is_none_is_refused_and_the_customer_kept(shop):
    tally = customers(CustomerFact("7", name="Wang", identities=(IdentityFact("email", "not-an-address"),)))
    assert tally.created == 1
    assert [(r.source_id, r.field) for r in tally.refused] == [("7", "email")]


def test_search_finds_by_name_handle_and_number(shop):
    customers(
        CustomerFact(
            "88",
            name="林小雨",
            identities=(IdentityFact("phone", "13800138000"), IdentityFact("email", "lin@example.com")),
        )
    )
    for text in ("小雨", "138 0013 8000", "LIN@example.com", "lin@ex", "88"):
        assert [hit.name for hit in queries.search(text, by_contact=True)] == ["林小雨"], text
    assert queries.search("nobody", by_contact=True) == queries.search("  ", by_contact=True) == []


def test_the_newest_consent_is_in_force_and_all_are_kept(shop):
    said = [
        ConsentFact("email", "marketing", granted, AT + timedelta(days=n), {"form": "checkout"})
        for n, granted in enumerate([True, False])
    ]
    customers(CustomerFact("1", consents=tuple(said)))
    customers(CustomerFact("1", name="x", consents=tuple(said)))
    assert Consent.objects.count() == 2
    in_force = queries.consents_in_force([Customer.objects.get().pk])
    assert in_force["email", "marketing"].granted is False


def test_events_make_prospects_and_arrive_once(shop):
    event = EventFact("e1", "d-1", "Product Viewed", AT, {"product_id": "p1"}, (IdentityFact("device", "d-1"),))
    assert record_events([event], source="web", at=AT).created == 1
    assert record_events([event], source="web", at=AT).unchanged == 1
    assert (Event.objects.count(), Customer.objects.get().source_id) == (1, "d-1")


def test_products_with_tree_variants_and_price_history(shop):
    def product(price: int, title: str = "Tea") -> ProductFact:
        variant = VariantFact("v1", sku="T-1", currency="CNY", price=price)
        return ProductFact("1", title, category=("Food", "Drinks"), variants=(variant,))

    for step, price in enumerate([1000, 1000, 900]):
        record_products([product(price)], source="shop", at=AT + timedelta(days=step))
    assert [c.path for c in Category.objects.order_by("path")] == ["Food", "Food > Drinks"]
    assert Category.objects.get(name="Drinks").parent.name == "Food"
    assert list(ListingPrice.objects.order_by("at").values_list("price", flat=True)) == [1000, 900]
    assert (Listing.objects.get().price, Variant.objects.count(), Product.objects.count()) == (900, 1, 1)


def names() -> dict[str, str | None]:
    rows = Customer.objects.values_list("source_id", "merged_into__source_id")
    return dict(rows)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=6))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_splitting_in_reverse_order_restores_what_was(shop, pairs):
    Customer.objects.all().delete()
    customers(*[CustomerFact(str(n)) for n in range(5)])
    ids = dict(Customer.objects.values_list("source_id", "id"))
    before, done = [names()], []
    for survivor, absorbed in pairs:
        try:
            done.append(merge_customers(ids[str(survivor)], ids[str(absorbed)], reason="same", actor="t", at=AT))
        except MergeRefused:
            continue
        before.append(names())
        assert queries.inconsistencies() == []
    for merge in reversed(done):
        assert names() == before.pop()
        split_customer(merge, actor="t", at=AT)
    assert names() == before.pop()


def test_a_merge_shows_both_histories_and_refuses_nonsense(shop):
    customers(CustomerFact("1", name="Lin"), CustomerFact("2", identities=(IdentityFact("email", "lin@example.com"),)))
    one, two = Customer.objects.order_by("source_id").values_list("id", flat=True)
    merge = merge_customers(one, two, reason="same phone", actor="ann", at=AT)
    view = queries.customer(one)
    assert (view.member_ids, [i.value for i in view.identities]) == ((one, two), ["lin@example.com"])
    assert [hit.id for hit in queries.search("lin@example.com", by_contact=True)] == [one]
    for survivor, absorbed in ((one, one), (one, two), (two, one)):
        with pytest.raises(MergeRefused):
            merge_customers(survivor, absorbed, reason="", actor="ann", at=AT)
    split_customer(merge, actor="ann", at=AT)
    with pytest.raises(MergeRefused):
        split_customer(merge, actor="ann", at=AT)
