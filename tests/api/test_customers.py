"""Customers over the API: written, read, paged, merged."""

from typing import Any

from tests.api.program import Program

LI = {
    "source_id": "1",
    "name": "李雷",
    "identities": [{"kind": "email", "value": "Li@Example.com"}, {"kind": "phone", "value": "138 0013 8000"}],
    "tags": ["vip"],
    "attributes": {"size": "M"},
}


def write(program: Program, *items: Any, source: str = "shopify") -> Any:
    return program.post("/customers/batch", {"source": source, "items": list(items)})


def test_a_customer_is_written_once_and_read_back(program: Program) -> None:
    body = {name: value for name, value in LI.items() if name != "source_id"}
    first = program.put("/customers/shopify:1", body)
    assert (first.status_code, first.data["outcome"]) == (201, "created")
    again = program.put("/customers/shopify:1", body)
    assert (again.status_code, again.data["outcome"]) == (200, "unchanged")
    changed = program.put("/customers/shopify:1", {"city": "上海"})
    assert (changed.status_code, changed.data["outcome"]) == (200, "updated")

    read = program.get(first["Location"].removeprefix("/api/v1"))
    assert read.data == program.get("/customers/shopify:1").data
    assert (read.data["name"], read.data["city"], read.data["tags"]) == ("李雷", "上海", ["vip"])
    assert {(i["kind"], i["value"]) for i in read.data["identities"]} == {
        ("email", "li@example.com"),
        ("phone", "+8613800138000"),
    }
    assert read["ETag"] == changed["ETag"] != first["ETag"]


def test_a_bad_item_of_a_batch_loses_only_itself(program: Program) -> None:
    response = write(
        program,
        LI,
        {**LI, "source_id": "2", "birthday": "1990-02-31"},
        {**LI, "source_id": "3", "nickname": "x"},
        "not an object",
        {**LI, "source_id": "5", "identities": [{"kind": "email", "value": "nobody"}]},
        {"source_id": "1", "name": "twice"},
    )
    assert response.status_code == 207
    outcomes = [item["outcome"] for item in response.data["items"]]
    assert outcomes == ["refused", "refused", "refused", "refused", "created", "created"]
    assert [[error["path"] for error in item["errors"]] for item in response.data["items"]][:5] == [
        [""],
        ["/birthday"],
        ["/nickname"],
        [""],
        ["/email"],
    ]
    assert (response.data["created"], response.data["refused"]) == (2, 4)
    assert [item["name"] for item in program.get("/customers").data["items"]] == ["twice", "李雷"]


def test_a_single_write_is_taken_whole_or_not_at_all(program: Program) -> None:
    response = program.put("/customers/shopify:9", {"name": "x", "identities": [{"kind": "email", "value": "nobody"}]})
    assert response.status_code == 422
    assert response.data["errors"][0]["path"] == "/email"
    assert program.get("/customers/shopify:9").status_code == 404


def test_a_batch_that_is_wrong_as_a_whole_changes_nothing(program: Program) -> None:
    assert program.post("/customers/batch", {"source": "Shopify!", "items": [LI]}).status_code == 422
    assert program.post("/customers/batch", {"items": []}).status_code == 422
    assert program.post("/customers/batch", {"items": [LI] * 1001}).status_code == 422
    assert program.post("/customers/batch", [LI]).status_code == 422
    assert program.get("/customers").data == {"items": [], "next": None}


def test_pages_hold_every_customer_once_while_others_arrive(program: Program) -> None:
    write(program, *({"source_id": str(n)} for n in range(7)))
    seen, cursor = [], ""
    while cursor is not None:
        page = program.get(f"/customers?limit=3{cursor and '&cursor=' + cursor}").data
        seen += [item["source_id"] for item in page["items"]]
        cursor = page["next"]
        if len(seen) == 3:
            write(program, {"source_id": "late"}, {"source_id": "0", "name": "changed"})
    assert seen == [*map(str, range(7)), "late"]


def test_changes_since_an_instant_come_in_the_order_of_change(program: Program) -> None:
    write(program, *({"source_id": str(n)} for n in range(4)))
    since = program.get("/customers/shopify:3").data["recorded_at"].replace("+00:00", "Z")
    write(program, {"source_id": "1", "name": "changed"})
    first = program.get(f"/customers?updated_since={since}&limit=2").data
    rest = program.get(f"/customers?updated_since={since}&limit=2&cursor={first['next']}").data
    assert [item["source_id"] for item in first["items"] + rest["items"]] == ["0", "2", "3", "1"]
    assert rest["next"] is None
    mixed = program.get(f"/customers?cursor={first['next']}")
    assert mixed.status_code == 422


def test_customers_are_found_by_handle_and_source(program: Program) -> None:
    write(program, LI, {"source_id": "2"})
    for query in ("email=LI@example.com", "phone=%2B86138%200013%208000", "source=shopify&source_id=1"):
        assert [item["source_id"] for item in program.get(f"/customers?{query}").data["items"]] == ["1"], query
    assert program.get("/customers?source=csv").data["items"] == []


def test_conditional_writes_do_not_overwrite_what_they_have_not_seen(program: Program) -> None:
    program.put("/customers/shopify:1", {"name": "a"})
    tag = program.get("/customers/shopify:1")["ETag"]
    assert program.send("GET", "/customers/shopify:1", **{"If-None-Match": tag}).status_code == 304
    assert program.put("/customers/shopify:1", {"name": "b"}, **{"If-Match": tag}).status_code == 200
    assert program.put("/customers/shopify:1", {"name": "c"}, **{"If-Match": tag}).status_code == 412
    assert program.put("/customers/shopify:1", {"name": "c"}, **{"If-None-Match": "*"}).status_code == 412
    assert program.put("/customers/shopify:2", {"name": "c"}, **{"If-Match": "*"}).status_code == 412
    assert program.put("/customers/shopify:2", {"name": "c"}, **{"If-None-Match": "*"}).status_code == 201
    assert program.get("/customers/shopify:1").data["name"] == "b"


def test_a_merge_joins_and_a_split_restores(program: Program) -> None:
    write(program, LI, {"source_id": "2", "name": "Lei", "identities": [{"kind": "device", "value": "d"}]})
    merged = program.post("/customers/shopify:1/merge", {"absorbed": "shopify:2", "reason": "same phone"})
    assert merged.status_code == 200
    whole = program.get("/customers/shopify:1").data
    assert len(whole["member_ids"]) == 2 and {i["kind"] for i in whole["identities"]} == {"email", "phone", "device"}
    assert [entry["kind"] for entry in program.get("/customers/shopify:1/timeline").data["items"]] == ["merge"]
    assert program.post("/customers/shopify:1/merge", {"absorbed": "shopify:2", "reason": "again"}).status_code == 409
    assert program.post("/customers/shopify:2/split", {"merge": merged.data["merge"]}).status_code == 409
    assert program.post("/customers/shopify:1/split", {"merge": merged.data["merge"]}).status_code == 200
    assert program.post("/customers/shopify:1/split", {"merge": merged.data["merge"]}).status_code == 409
    assert len(program.get("/customers/shopify:1").data["member_ids"]) == 1


def test_consents_are_appended_and_the_newest_is_in_force(program: Program) -> None:
    write(program, LI)
    yes = {
        "channel": "email",
        "purpose": "marketing",
        "granted": True,
        "at": "2026-01-01T00:00:00Z",
        "proof": {"form": "a"},
    }
    no = {**yes, "granted": False, "at": "2026-02-01T08:00:00+08:00"}
    for consents in ([yes, no], [yes]):
        answer = program.post("/customers/shopify:1/consents", {"consents": consents})
        assert [(c["granted"], c["at"]) for c in answer.data["in_force"]] == [(False, "2026-02-01T00:00:00Z")]
    timeline = program.get("/customers/shopify:1/timeline").data["items"]
    assert [entry["details"]["granted"] for entry in timeline] == [False, True]


def test_walk_ins_are_listed_only_where_they_are_asked_for(program: Program) -> None:
    orders = [
        {"source_id": "1", "customer": "c"},
        {"source_id": "2"},
        {"source_id": "3"},
        {"source_id": "4", "identities": [{"kind": "email", "value": "guest@example.com"}]},
    ]
    lines = [{"product": "tea", "quantity": "1", "list_amount": 500}]
    told = {"placed_at": "2026-05-01T00:00:00Z", "currency": "CNY", "lines": lines}
    assert (
        program.post("/orders/batch", {"source": "pos", "items": [told | one for one in orders]}).data["created"] == 4
    )

    def listed(query: str = "") -> set[str]:
        return {item["source_id"] for item in program.get(f"/customers{query}").data["items"]}

    customers, nobody = {"c", "email:guest@example.com"}, {"guest:2", "guest:3"}
    assert listed() == listed("?walk_ins=false") == listed("?updated_since=2026-01-01T00:00:00Z") == customers
    assert listed("?walk_ins=true") == customers | nobody
    # Merged with somebody known, a walk-in is somebody: whichever of the two records survives.
    merge = {"reason": "receipt"}
    assert program.post("/customers/pos:c/merge", merge | {"absorbed": "pos:guest:2"}).status_code == 200
    other = {"absorbed": "pos:email:guest@example.com"}
    assert program.post("/customers/pos:guest:3/merge", merge | other).status_code == 200
    assert listed() == customers | nobody
