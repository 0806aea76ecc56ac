"""Members and the programme over the API: published, joined, read, and what a return means for one."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from regulars.core.declarations import load
from regulars.core.naming import operation_id
from regulars.flows.merge import merge
from regulars.flows.programme import backfill, settle_waiting
from regulars.flows.record_orders import record_orders
from regulars.ledger.actions import commit
from regulars.ledger.facts import Operation, Post, world
from regulars.ledger.models import Lot
from regulars.membership.models import Decision, Member
from regulars.membership.queries.examples import example, examples
from regulars.shop.models import AuditEntry
from regulars.web.access import Actor
from tests.api.program import Program
from tests.facts import OPENED_AT, SmallShop
from tests.flows.rewarding import purse

CLUB = (Path(__file__).parents[1] / "flows" / "club.toml").read_text()
PRIVILEGES = '\n[[ladder.tiers.privileges]]\nkind = "member_price"\nid = "five"\noff = "5%"\n'
WELCOME = '\n[[rules]]\nkind = "task"\nid = "welcome"\nname = "Welcome"\nevent = "Joined"\npoints = 30\n'
SINCE = OPENED_AT.isoformat()


@pytest.fixture
def club(program: Program, recorded: SmallShop) -> Program:
    """A published programme whose history is gone through."""
    done = program.post("/programme/versions", {"text": CLUB + PRIVILEGES, "since": SINCE})
    assert (done.status_code, done.data["number"], done.data["state"]) == (201, 1, "in_force")
    backfill(timezone.now())
    return program


def every(program: Program, path: str) -> list[Any]:
    """All items of a list, two at a time."""
    found, cursor = [], ""
    while cursor is not None:
        page = program.get(f"{path}{'&' if '?' in path else '?'}limit=2{cursor}")
        assert page.status_code == 200, page.data
        found += page.data["items"]
        cursor = f"&cursor={page.data['next']}" if page.data["next"] else None
    return found


def test_members_are_listed_and_read(club: Program) -> None:
    listed = every(club, "/members")
    assert len(listed) == 11 == len({one["customer_id"] for one in listed})
    gold = every(club, "/members?tier=gold")
    assert gold and [one for one in listed if one["tier"] and one["tier"]["id"] == "gold"] == gold
    read = club.get("/members/test:c0", **{"Accept-Language": "zh-CN"}).data
    assert read["tier"] == {"id": "gold", "name": "金卡"} and read["next"]["tier"] == ""
    assert club.get(f"/members/{read['customer_id']}").data["tier"]["name"] == "Gold"
    [points] = read["balances"]
    [lots] = [Lot.objects.filter(account_id__isnull=False, remaining__gt=0)]
    assert points["unit"] == "points" and points["spendable"] + points["pending"] > 0 and lots.exists()
    assert points["expires_at"] is not None and 0 < points["expiring"] <= points["spendable"] + points["pending"]


def test_what_is_missing_is_data_and_a_sentence(club: Program) -> None:
    below = next(one for one in every(club, "/members") if one["next"]["tier"] == "gold")
    short = below["next"]["missing"]
    assert short["spend"] > 0 and short["orders"] is None
    whole, part = divmod(short["spend"], 100)
    assert below["next"]["says"][0] == f"{whole:,}.{part:02} CNY more to Gold"


def test_changed_since_sorts_by_the_change(club: Program, at: Any) -> None:
    before = max(one["changed_at"] for one in every(club, "/members"))
    c3 = Member.objects.get(customer__source_id="c3")
    Member.objects.filter(pk=c3.pk).update(changed_at=c3.changed_at + timedelta(hours=1))
    from urllib.parse import quote

    assert [one["customer_id"] for one in every(club, f"/members?changed_since={quote(before)}")][-1] == str(c3.pk)
    later = (c3.changed_at + timedelta(minutes=1)).isoformat()
    assert [one["customer_id"] for one in every(club, f"/members?changed_since={quote(later)}")] == [str(c3.pk)]


def test_decisions_say_why_and_under_which_version(club: Program) -> None:
    told = every(club, "/members/test:c0/decisions")
    assert len(told) == Decision.objects.filter(customer__source_id="c0").count() > 5
    assert [one["at"] for one in told] == sorted((one["at"] for one in told), reverse=True)
    first = told[-1]
    assert first["version"] == 1 and first["kind"] == "order" and sum(one["amount"] for one in first["points"]) > 100
    assert any("First order" in says for says in first["says"])
    chinese = club.get("/members/test:c0/decisions?limit=200", **{"Accept-Language": "zh"}).data["items"]
    assert any("首单礼" in says for says in chinese[-1]["says"])


def test_privileges_in_two_queries(club: Program) -> None:
    with CaptureQueriesContext(connection) as asked:
        told = club.get("/members/test:c0/privileges").data
    assert sum("membership_" in query["sql"] for query in asked.captured_queries) == 2  # the tier, the versions
    assert len(asked.captured_queries) <= 3  # and the key
    assert told == {
        "tier": {"id": "gold", "name": "Gold"},
        "privileges": [{"kind": "member_price", "id": "five", "terms": {"off": "5%"}, "says": "5% off"}],
    }
    assert club.get("/members/test:c11/privileges").data == {"tier": None, "privileges": []}
    assert club.get("/members/test:nobody/privileges").status_code == 404


def test_a_merged_record_answers_the_survivors(club: Program, at: Any) -> None:
    everybody = {one["customer_id"] for one in every(club, "/members")}
    ids = {name: club.get(f"/customers/test:{name}").data["id"] for name in ("c0", "c1")}
    from uuid import UUID

    merge(UUID(ids["c0"]), UUID(ids["c1"]), reason="the same", by=Actor("me", "me"), at=at)
    merged = club.get("/members/test:c1").data
    assert merged["customer_id"] == ids["c0"] == club.get("/members/test:c0").data["customer_id"]
    assert club.get("/members/test:c1/privileges").data["tier"]["id"] == "gold"
    assert {one["customer_id"] for one in every(club, "/members")} == everybody - {ids["c1"]}


def test_a_program_that_joins_a_customer(program: Program, recorded: SmallShop) -> None:
    early = program.post("/members", {"customer": "test:c11"})
    assert early.status_code == 409 and "publish" in early.data["detail"]
    program.post("/programme/versions", {"text": CLUB + WELCOME, "since": SINCE})
    joined = program.post("/members", {"customer": "test:c11"})
    assert joined.status_code == 201
    again = program.post("/members", {"customer": "test:c11"})
    assert (again.status_code, again.data) == (200, joined.data)
    member = program.get("/members/test:c11").data
    assert [one["spendable"] + one["pending"] for one in member["balances"]] == [30]
    assert member["joined_on"] == joined.data["joined_on"]
    assert program.post("/members", {"customer": "test:nobody"}).status_code == 404


def test_a_walk_in_is_no_member(program: Program, recorded: SmallShop, at: Any) -> None:
    from dataclasses import replace

    record_orders([replace(recorded.orders[0], source_id="x", customer="")], source="test", at=at)
    program.post("/programme/versions", {"text": CLUB, "since": SINCE})
    walk_in = next(
        one for one in program.get("/customers?walk_ins=true&limit=200").data["items"] if "guest" in one["source_id"]
    )
    assert program.post("/members", {"customer": walk_in["id"]}).status_code == 409


@pytest.mark.parametrize("as_text", [True, False])
def test_a_faulty_programme_is_refused_with_its_places(program: Program, as_text: bool) -> None:
    text = CLUB.replace("points = 1\n", "ponts = 1\n")
    body = {"text": text} if as_text else {"document": load(text)}
    checked = program.post("/programme/check", body, **{"Accept-Language": "zh"}).data
    assert not checked["ok"] and {one["path"] for one in checked["faults"]} == {"rules[0].ponts", "rules[0].points"}
    assert "ponts" in checked["faults"][0]["reason"] + checked["faults"][1]["reason"]
    refused = program.post("/programme/versions", {**body, "since": SINCE})
    paths = {one["path"] for one in refused.data["errors"]}
    assert refused.status_code == 422
    assert paths == ({"/text"} if as_text else {"/document/rules/0/ponts", "/document/rules/0/points"})
    assert program.get("/programme").status_code == 404 and program.get("/programme/versions").data["items"] == []


def test_advice_knows_the_margin(program: Program) -> None:
    told = program.post("/programme/check", {"text": CLUB, "margin": "0.5%"}).data
    assert told["ok"] and not told["faults"]
    assert "rules" in {one["path"].split("[")[0] for one in told["advice"]}
    assert program.post("/programme/check", {"text": CLUB, "margin": "250%"}).status_code == 422
    assert program.post("/programme/check", {"text": CLUB, "document": {}}).status_code == 422
    assert program.post("/programme/check", {}).status_code == 422


def test_versions_are_published_once_and_read_back(club: Program) -> None:
    repeat = club.post("/programme/versions", {"text": CLUB + PRIVILEGES, "since": SINCE, "number": 1})
    assert (repeat.status_code, repeat.data["number"]) == (200, 1)
    late = club.post("/programme/versions", {"text": CLUB, "number": 1})
    assert late.status_code == 409 and "meanwhile" in late.data["detail"]
    past = club.post("/programme/versions", {"text": CLUB, "since": SINCE}, **{"Accept-Language": "zh"})
    assert past.status_code == 409 and "新版本" in past.data["detail"]
    second = club.post("/programme/versions", {"document": load(CLUB), "number": 2, "note": "no privileges"})
    assert (second.status_code, second.data["number"], second.data["note"]) == (201, 2, "no privileges")
    assert [(one["number"], one["state"]) for one in every(club, "/programme/versions")] == [
        (2, "in_force"),
        (1, "past"),
    ]
    current, first = club.get("/programme").data, club.get("/programme/versions/1").data
    assert current["number"] == 2 and current["document"] == first["document"] | {
        "ladder": current["document"]["ladder"]
    }
    assert (
        first["text"] == CLUB + PRIVILEGES and first["document"]["ladder"]["tiers"][1]["privileges"][0]["off"] == "5%"
    )
    assert load(current["text"]) == current["document"]
    assert club.get("/programme/versions/3").status_code == 404
    renamed = club.post("/programme/versions", {"text": CLUB.replace('id = "club"', 'id = "other"')})
    assert renamed.status_code == 422 and "cannot change" in renamed.data["errors"][0]["reason"]


def test_a_version_with_a_wrong_year_is_refused_and_a_coming_one_withdrawn(club: Program) -> None:
    """Else nothing could be published before it ever again."""
    far = club.post("/programme/versions", {"text": CLUB, "since": (timezone.now() + timedelta(days=401)).isoformat()})
    assert far.status_code == 409 and "check the year" in far.data["detail"]
    for number in (2, 3):
        since = (timezone.now() + timedelta(days=300 + number)).isoformat()
        made = club.post("/programme/versions", {"text": CLUB, "since": since})
        assert (made.status_code, made.data["state"]) == (201, "coming")
    assert club.send("DELETE", "/programme/versions/2").status_code == 409, "one comes after it"
    begun = club.send("DELETE", "/programme/versions/1", **{"Accept-Language": "zh"})
    assert begun.status_code == 409 and "已经生效" in begun.data["detail"]
    assert club.send("DELETE", "/programme/versions/9").status_code == 404
    for number in (3, 2):
        assert club.send("DELETE", f"/programme/versions/{number}").status_code == 204
    withdrawn = AuditEntry.objects.filter(action="programme.withdrawn").values_list("target", flat=True)
    assert set(withdrawn) == {"version 2", "version 3"}
    again = club.post("/programme/versions", {"text": CLUB})
    assert (again.status_code, again.data["number"], again.data["state"]) == (201, 2, "in_force")


def test_a_first_version_that_is_withdrawn_leaves_the_history_to_the_next(
    program: Program, recorded: SmallShop
) -> None:
    soon = (timezone.now() + timedelta(days=30)).isoformat()
    assert program.post("/programme/versions", {"text": CLUB, "since": soon}).status_code == 201
    backfill(timezone.now())
    assert program.send("DELETE", "/programme/versions/1").status_code == 204
    assert program.post("/programme/versions", {"text": CLUB, "since": SINCE}).status_code == 201
    assert backfill(timezone.now()).orders > 0


@pytest.mark.parametrize("name", examples())
def test_a_document_read_back_can_be_published(program: Program, name: str) -> None:
    assert program.post("/programme/versions", {"text": example(name)}).status_code == 201
    document = program.get("/programme").data["document"]
    assert program.post("/programme/check", {"document": document}).data["faults"] == []
    assert program.post("/programme/versions", {"document": document, "number": 2}).status_code == 201
    assert program.get("/programme").data["document"] == document


def test_the_schema_comes_in_the_language_asked_for(program: Program) -> None:
    import jsonschema_rs

    schema = program.get("/programme/schema.json").data
    assert jsonschema_rs.validator_for(schema).is_valid(load(CLUB))
    chinese = program.get("/programme/schema.json", **{"Accept-Language": "zh-CN"}).data
    assert chinese["$defs"]["Programme"]["properties"]["units"]["title"] == "积分类型"


@pytest.fixture
def bought(club: Program, recorded: SmallShop, at: Any) -> dict[str, Any]:
    """An order of two lines that was decided for."""
    settle_waiting(at)
    order = next(order for order in recorded.orders if order.customer == "c3" and len(order.lines or ()) > 1)
    return club.get(f"/orders/test:{order.source_id}").data  # type: ignore[no-any-return]


def test_a_return_takes_back_what_its_line_had_earned(club: Program, bought: dict[str, Any]) -> None:
    order, line = bought["order"], bought["lines"][1]
    before = club.get("/members/test:c3").data["balances"][0]
    body = {"source_id": "r1", "at": order["placed_at"], "lines": [{"line": "2", "quantity": "1"}], "reason": "too big"}
    first = club.post(f"/orders/test:{order['source_id']}/returns", body)
    assert first.status_code == 201, first.data
    returned, meant = first.data["returned"], first.data["meant"]
    given = line["net_amount"] * 1000 // int(float(line["quantity"]) * 1000)
    assert (returned["amount"], returned["lines"]) == (given, [{"line": 2, "quantity": "1", "amount": given}])
    after = club.get("/members/test:c3").data["balances"][0]
    [points] = meant["points"]
    left = {
        one: one_of["spendable"] + one_of["pending"] - one_of["owed"] for one, one_of in (("b", before), ("a", after))
    }
    assert points["amount"] < 0 and points["amount"] - points["owed"] == left["a"] - left["b"]
    assert meant["version"] == 1 and meant["says"]

    again = club.post(f"/orders/{order['id']}/returns", body)
    assert (again.status_code, again.data) == (200, first.data)
    assert club.get("/members/test:c3").data["balances"][0] == after
    chinese = club.post(f"/orders/{order['id']}/returns", body, **{"Accept-Language": "zh"}).data["meant"]
    assert chinese["says"] != meant["says"] and chinese["points"] == meant["points"]
    shown = club.get(f"/orders/{order['id']}").data
    assert [one["source_id"] for one in shown["returns"]] == ["r1"] and shown["returns"][0] == returned


def test_what_was_spent_already_is_owed(club: Program, bought: dict[str, Any], at: Any) -> None:
    has = club.get("/members/test:c3").data["balances"][0]
    own = purse(Member.objects.get(customer__source_id="c3").pk)
    spent = [Post(own, world("points", "redeemed"), has["spendable"])]
    commit(Operation(operation_id("test", "spent"), at, spent, "spent"))
    body = {"source_id": "r1", "at": bought["order"]["placed_at"]}
    [points] = club.post(f"/orders/{bought['order']['id']}/returns", body).data["meant"]["points"]
    after = club.get("/members/test:c3").data["balances"][0]
    assert points["owed"] == after["owed"] > 0
    assert after["spendable"] + after["pending"] == has["pending"] + points["amount"]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"lines": [{"line": "9"}]}, "/lines/0/line"),
        ({"lines": [{"line": "1"}, {"line": "2", "quantity": "900"}]}, "/lines/1/quantity"),
        ({"lines": [{"line": "1", "amount": 10**9}]}, "/lines/0/amount"),
        ({"lines": [{"line": "1", "quantity": 2}]}, "/lines/0/quantity"),
        ({"at": "2020-01-01T00:00:00Z"}, "/at"),
        ({"at": "2150-01-01T00:00:00Z"}, "/at"),
        ({"colour": "red"}, "/colour"),
    ],
)
def test_a_return_that_cannot_be_names_its_place(
    club: Program, bought: dict[str, Any], change: dict[str, Any], path: str
) -> None:
    body = {"source_id": "r1", "at": bought["order"]["placed_at"], **change}
    refused = club.post(f"/orders/{bought['order']['id']}/returns", body)
    assert refused.status_code == 422 and [one["path"] for one in refused.data["errors"]] == [path]
    assert club.get(f"/orders/{bought['order']['id']}").data["returns"] == []


def test_a_return_told_otherwise_is_refused(club: Program, bought: dict[str, Any]) -> None:
    path = f"/orders/{bought['order']['id']}/returns"
    body = {"source_id": "r1", "at": bought["order"]["placed_at"], "lines": [{"line": "2", "quantity": "1"}]}
    assert club.post(path, body).status_code == 201
    other = club.post(path, {**body, "lines": [{"line": "1"}]})
    assert other.status_code == 422 and other.data["errors"][0]["path"] == "/source_id"
    assert club.post("/orders/test:none/returns", body).status_code == 404


def test_one_line_returned_over_the_api_leaves_what_the_rest_alone_would_have_brought(program: Program) -> None:
    """The B2C template changed in two places: bought, "120.00 more to Gold", a line returned, then the rest of the order."""
    from django.utils import timezone

    def told(who: str) -> dict[str, Any]:
        settle_waiting(timezone.now())  # as the worker does, seconds later
        found = program.get(f"/members/shopify:{who}").data
        return {name: value for name, value in found.items() if name not in {"customer_id", "changed_at"}}

    def buy(who: str, number: str, day: int, *amounts: int) -> None:
        lines = [
            {"source_id": f"l{n}", "quantity": "1", "list_amount": amount, "title": "Tea"}
            for n, amount in enumerate(amounts)
        ]
        body = {"customer": who, "placed_at": f"2026-03-0{day}T02:00:00Z", "currency": "CNY", "lines": lines}
        assert program.put(f"/orders/shopify:{number}", body | {"state": "delivered"}).status_code == 201

    def give_back(day: int, **lines: Any) -> Any:
        body = {"source_id": f"r{day}", "at": f"2026-03-0{day}T02:00:00Z", **lines}
        return program.post("/orders/shopify:o2/returns", body).data["meant"]

    text = example("b2c").replace('points = 1\nper = "1.00"', 'points = 2\nper = "1.00"', 1)
    text = text.replace('multiplier = "120%"', 'multiplier = "110%"')
    assert (
        text.count('multiplier = "110%"') == 1
        and program.post("/programme/versions", {"text": text, "since": SINCE}).status_code == 201
    )
    buy("ann", "o1", 1, 60_000)
    buy("twin", "t1", 1, 60_000)
    before = told("ann")
    assert before["tier"]["id"] == "silver" and before["next"]["says"][0] == "1,400.00 CNY more to Gold"
    buy("ann", "o2", 2, 100_000, 28_000)
    buy("twin", "t2", 2, 100_000)
    all_kept = told("ann")
    assert all_kept["next"]["says"][0] == "120.00 CNY more to Gold"
    gained = all_kept["balances"][0]["pending"] - before["balances"][0]["pending"]
    assert gained == (2 * 1280) * 110 // 100, "two points for each yuan, a tenth more for Silver"
    one = give_back(3, lines=[{"line": "l1", "quantity": "1"}])
    assert one["points"] == [{"unit": "points", "amount": -616, "owed": 0}]
    assert told("ann") == told("twin") != before
    assert give_back(4)["points"] == [{"unit": "points", "amount": -2200, "owed": 0}]
    assert told("ann") == before


def test_a_tier_that_goods_brought_goes_back_with_them_over_the_api(program: Program) -> None:
    from django.utils import timezone

    line = {"source_id": "l1", "quantity": "2", "list_amount": 51_000, "title": "Tea"}
    bought = {"customer": "1", "placed_at": "2026-03-01T02:00:00Z", "currency": "CNY", "lines": [line]}
    program.post("/programme/versions", {"text": CLUB, "since": SINCE})
    assert program.put("/orders/shopify:o1", bought | {"state": "delivered"}).status_code == 201
    settle_waiting(timezone.now())
    assert program.get("/members/shopify:1").data["tier"]["id"] == "silver"
    half = {"source_id": "r1", "at": "2026-03-03T02:00:00Z", "lines": [{"line": "l1", "quantity": "1"}]}
    meant = program.post("/orders/shopify:o1/returns", half).data["meant"]
    assert (meant["moved"], meant["tier"]) == ({"before": "silver", "after": "", "why": "returned"}, None)
