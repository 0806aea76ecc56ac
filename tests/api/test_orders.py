"""Products, orders and events over the API."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.api.program import Program

LINES = [
    {
        "product": "tea",
        "title": "龙井",
        "quantity": "1.5",
        "list_amount": 3000,
        "discounts": [{"kind": "member_price", "amount": 300}],
    },
    {"product": "cup", "quantity": "2", "list_amount": 1000},
]
ORDER = {
    "customer": "c1",
    "customer_name": "李雷",
    "placed_at": "2026-03-01T09:30:00+08:00",
    "currency": "CNY",
    "number": "A-1",
    "lines": LINES,
    "discounts": [{"kind": "coupon", "amount": 370, "code": "SPRING", "funded_by": "manufacturer"}],
    "shipping_amount": 600,
}


def test_an_order_adds_up_and_arrives_once(program: Program) -> None:
    first = program.put("/orders/shopify:1", ORDER)
    assert first.status_code == 201, first.data
    assert program.put("/orders/shopify:1", ORDER).data["outcome"] == "unchanged"
    read = program.get("/orders/shopify:1").data
    order = read["order"]
    assert (order["list_amount"], order["discount_amount"], order["net_amount"]) == (4000, 300, 3700)
    assert (order["funded_amount"], order["paid_amount"]) == (370, 3700 - 370 + 600)
    assert [line["quantity"] for line in read["lines"]] == ["1.5", "2"]
    shares = [sum(d["amount"] for d in line["discounts"] if d["funded_by"] == "manufacturer") for line in read["lines"]]
    assert shares == [270, 100]
    assert [state["state"] for state in read["states"]] == ["completed"]
    assert program.get("/customers/shopify:c1").data["name"] == "李雷"
    assert program.get("/products/shopify:tea").data["product"]["title"] == "龙井"


def test_an_address_that_is_none_is_left_out_and_told(program: Program) -> None:
    bad = {
        **ORDER,
        "identities": [{"kind": "email", "value": "lei(at)shop"}, {"kind": "phone", "value": "13800135678"}],
    }
    written = program.put("/orders/shopify:1", bad)
    assert (written.status_code, [one["path"] for one in written.data["warnings"]]) == (201, ["/email"])
    assert program.put("/orders/shopify:2", ORDER).data["warnings"] == []
    (item,) = program.post("/orders/batch", {"source": "shopify", "items": [{**bad, "source_id": "3"}]}).data["items"]
    assert (item["outcome"], [one["path"] for one in item["errors"]]) == ("created", ["/email"])


def test_an_order_that_names_nobody_is_a_walk_ins(program: Program) -> None:
    nobody = {name: value for name, value in ORDER.items() if not name.startswith("customer")}
    assert program.put("/orders/shopify:9", nobody).status_code == 201
    assert program.get("/orders/shopify:9").data["order"]["net_amount"] == 3700


def test_amounts_that_do_not_add_up_are_refused(program: Program) -> None:
    too_much = [{**LINES[1], "discounts": [{"kind": "offer", "amount": 1001}]}]
    response = program.put("/orders/shopify:1", {**ORDER, "lines": too_much, "discounts": []})
    assert [error["path"] for error in response.data["errors"]] == ["/lines/0"]
    response = program.put("/orders/shopify:1", {**ORDER, "discounts": [{"kind": "coupon", "amount": 3701}]})
    assert [error["path"] for error in response.data["errors"]] == ["/discounts"]
    response = program.put("/orders/shopify:1", {**ORDER, "lines": []})
    assert [error["path"] for error in response.data["errors"]] == ["/discounts"]
    huge = [{"product": "tea", "quantity": "1", "list_amount": 6 * 10**12}] * 2
    response = program.put("/orders/shopify:1", {**ORDER, "lines": huge})
    assert [error["path"] for error in response.data["errors"]] == ["/lines"]
    assert program.put("/orders/shopify:1", {**ORDER, "placed_at": "2199-01-01T00:00:00Z"}).status_code == 422
    assert program.get("/orders").data["items"] == []


def test_discounts_on_an_order_known_by_its_payment_make_no_negative_amount(program: Program) -> None:
    paid = {**ORDER, "lines": [], "paid_amount": 100, "discounts": [{"kind": "coupon", "amount": 500}]}
    assert program.put("/orders/shopify:1", paid).status_code == 201
    order = program.get("/orders/shopify:1").data["order"]
    assert min(value for name, value in order.items() if name.endswith("_amount")) >= 0
    assert order["list_amount"] - order["discount_amount"] == order["net_amount"]


def many(program: Program, count: int, **fields: Any) -> None:
    items = [
        {**ORDER, "source_id": str(n), "placed_at": f"2026-03-{n + 1:02}T00:00:00Z", **fields} for n in range(count)
    ]
    answer = program.post("/orders/batch", {"source": "shopify", "items": items}, **{"Idempotency-Key": "k"})
    assert answer.status_code == 200, answer.data


def test_orders_come_newest_first_and_new_ones_shift_nothing(program: Program) -> None:
    many(program, 5)
    page = program.get("/orders?limit=2").data
    assert [item["source_id"] for item in page["items"]] == ["4", "3"]
    program.put("/orders/shopify:new", {**ORDER, "placed_at": "2026-04-01T00:00:00Z"})
    page = program.get(f"/orders?limit=2&cursor={page['next']}").data
    assert [item["source_id"] for item in page["items"]] == ["2", "1"]


def test_orders_at_the_same_instant_are_paged_without_loss(program: Program) -> None:
    items = [{**ORDER, "source_id": str(n)} for n in range(5)]
    program.post("/orders/batch", {"items": items})
    seen, cursor = [], ""
    while cursor is not None:
        page = program.get(f"/orders?limit=2{cursor and '&cursor=' + cursor}").data
        seen += [item["source_id"] for item in page["items"]]
        cursor = page["next"]
    assert sorted(seen) == list("01234")


def test_orders_are_filtered(program: Program) -> None:
    many(program, 4)
    program.put(
        "/orders/shopify:9",
        {**ORDER, "customer": "c2", "state": "cancelled", "channel": "app", "placed_at": "2026-03-10T00:00:00Z"},
    )
    program.put("/customers/shopify:c3", {"name": "same as c2"})
    program.post("/customers/shopify:c3/merge", {"absorbed": "shopify:c2", "reason": "same"})

    def found(query: str) -> list[str]:
        return [item["source_id"] for item in program.get(f"/orders?{query}").data["items"]]

    assert (
        found("state=cancelled")
        == found("channel=app")
        == found("customer=shopify:c2")
        == found("customer=shopify:c3")
        == ["9"]
    )
    assert found("placed_from=2026-03-02T00:00:00Z&placed_to=2026-03-04T00:00:00Z") == ["2", "1"]
    assert found("number=A-1&limit=1") == ["9"]
    since = program.get("/orders/shopify:9").data["order"]["recorded_at"].replace("+00:00", "Z")
    assert found(f"updated_since={since}") == ["9"]


def test_a_state_that_changes_is_kept_in_the_history(program: Program) -> None:
    program.put("/orders/shopify:1", {**ORDER, "state": "paid"})
    program.put("/orders/shopify:1", {**ORDER, "state": "refunded", "updated_at": "2026-03-09T00:00:00Z"})
    read = program.get("/orders/shopify:1").data
    assert read["order"]["state"] == "refunded"
    assert read["states"][-1] == {"state": "refunded", "at": "2026-03-09T00:00:00Z"}


def test_a_product_with_its_prices(program: Program) -> None:
    variant = {"source_id": "v1", "sku": "T-100", "price": 5000, "currency": "CNY", "options": {"weight": "100 g"}}
    body = {"title": "龙井", "category": ["茶", "绿茶"], "variants": [variant]}
    assert program.put("/products/shopify:tea", body).status_code == 201
    read = program.get("/products/shopify:tea").data
    assert read["product"]["category"] == "茶 > 绿茶"
    assert read["variants"][0]["listings"][0]["price"] == 5000
    assert program.get("/products?category=%E8%8C%B6").data["items"][0]["source_id"] == "tea"
    bad = program.put("/products/shopify:tea", {**body, "url": "javascript:alert(1)"})
    assert [error["path"] for error in bad.data["errors"]] == ["/url"]
    unpriced = program.put("/products/shopify:tea", {**body, "variants": [{"source_id": "v1", "price": 1}]})
    assert [error["path"] for error in unpriced.data["errors"]] == ["/variants/0"]


EVENT = {
    "event": "Product Viewed",
    "userId": "c1",
    "anonymousId": "device-1",
    "timestamp": "2026-03-01T09:30:00+08:00",
    "messageId": "m1",
    "properties": {"product_id": "tea", "price": 12.5},
}


def test_an_event_is_kept_once_with_whoever_did_it(program: Program) -> None:
    assert program.post("/events", EVENT).status_code == 201
    again = program.post("/events", EVENT)
    assert (again.status_code, again.data["outcome"]) == (200, "unchanged")
    timeline = program.get("/customers/api:c1/timeline").data["items"]
    assert [(entry["name"], entry["details"]["product_id"]) for entry in timeline] == [("Product Viewed", "tea")]
    assert program.get("/customers/api:c1").data["identities"][0]["value"] == "device-1"


def test_known_events_are_held_to_their_properties_and_others_are_kept(program: Program) -> None:
    def refused(**changes: Any) -> list[str]:
        answer = program.post("/events", {**EVENT, "messageId": "m2", **changes})
        return [error["path"] for error in answer.data["errors"]] if answer.status_code == 422 else []

    assert refused(properties={}) == ["/properties/product_id"]
    assert refused(properties={"product_id": 12}) == ["/properties/product_id"]
    assert refused(event="Cart Viewed", properties={"products": [{"price": -1}]}) == ["/properties/products/0/price"]
    assert refused(userId="", anonymousId="") == [""]
    assert refused(event="Tea Brewed", properties={"anything": [1, {"at": "all"}]}) == []


def test_a_batch_of_events_answers_for_each(program: Program) -> None:
    answer = program.post(
        "/events/batch",
        {"batch": [EVENT, {**EVENT, "messageId": "m2", "properties": {}}, {**EVENT, "messageId": "m3"}]},
    )
    assert answer.status_code == 207
    assert [(item["source_id"], item["outcome"]) for item in answer.data["items"]] == [
        ("m1", "created"),
        ("m2", "refused"),
        ("m3", "created"),
    ]
    assert answer.data["items"][1]["errors"][0]["path"] == "/properties/product_id"


def test_what_has_not_happened_yet_is_no_event(program: Program) -> None:
    """Members live up to what they do: a wrong year would take them years ahead."""
    ahead = {**EVENT, "messageId": "m2", "timestamp": (timezone.now() + timedelta(days=2)).isoformat()}
    refused = program.post("/events", ahead)
    assert refused.status_code == 422
    [error] = refused.data["errors"]
    assert error["path"] == "/timestamp" and "future" in error["reason"] and "check the year" in error["reason"]
    batch = program.post("/events/batch", {"batch": [EVENT, ahead]})
    assert [item["outcome"] for item in batch.data["items"]] == ["created", "refused"]
    assert batch.data["items"][1]["errors"][0]["path"] == "/timestamp"
    soon = (timezone.now() + timedelta(hours=20)).isoformat()
    assert program.post("/events", {**EVENT, "messageId": "m3", "timestamp": soon}).status_code == 201, "a clock ahead"


def test_what_no_database_takes_is_refused_before_it(program: Program) -> None:
    nul = program.post("/events", {**EVENT, "properties": {"product_id": "tea", "x": ["a\x00b"]}})
    huge = program.post("/events", {**EVENT, "properties": {"product_id": "tea", "x": "y" * 40_000}})
    surrogate = program.post("/events", {**EVENT, "properties": {"product_id": "tea", "x": "\ud800"}})
    assert [answer.status_code for answer in (nul, huge, surrogate)] == [422, 422, 422]


def test_health_tells_everybody_little_and_keys_more(program: Program) -> None:
    assert Program("").get("/health").data == {
        "status": "ok",
        "version": program.get("/health").data["version"],
        "details": None,
    }
    assert program.get("/health").data["details"]["facts"]["orders_behind"] == 0
