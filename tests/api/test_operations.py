"""What programs move: once per key, whole or not at all, with refusals that say what is in the way."""

from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from regulars.core.naming import operation_id
from regulars.customers.queries.subjects import subject_key_of
from regulars.ledger.actions import commit
from regulars.ledger.facts import NATURES, Account, Operation, Post
from regulars.shop.models import ApiKey
from tests.api.program import Program, make_key
from tests.api.test_orders import ORDER

pytestmark = pytest.mark.django_db


@pytest.fixture
def shopper(program: Program) -> str:
    """A customer that an order made."""
    assert program.put("/orders/api:1", ORDER).status_code == 201
    return str(program.get("/customers?limit=1").data["items"][0]["id"])


def points(customer: str) -> dict:
    return {"kind": "points", "unit": "points", "reference": "club", "customer": customer}


def world(reference: str) -> dict:
    return {"kind": "world", "unit": "points", "reference": reference}


def earn(program: Program, customer: str, amount: int, key: str = "earn", **leg):
    body = {"legs": [{"do": "post", "source": world("issued"), "target": points(customer), "amount": amount, **leg}]}
    return do(program, body, key)


def spend(program: Program, customer: str, amount: int, key: str = "spend"):
    leg = {"do": "post", "source": points(customer), "target": world("redeemed"), "amount": amount}
    return do(program, {"legs": [leg], "reason": "spent", "about": "order:10023"}, key)


def do(program: Program, body: dict, key: str | None):
    headers = {} if key is None else {"Idempotency-Key": key}
    return program.post("/operations", {"reason": "earned", **body}, **headers)


def test_points_are_earned_spent_and_read_back(program: Program, shopper: str) -> None:
    earned = earn(program, shopper, 100, expires_at="2030-01-01T00:00:00Z")
    assert earned.status_code == 200, earned.data
    [account] = program.get(f"/accounts?customer={shopper}&kind=points&reference=club").data["items"]
    assert earned.data["balances"] == {account["id"]: 100}
    assert account["customer"] == shopper and account["balance"] == 100
    assert spend(program, shopper, 30).data["balances"] == {account["id"]: 70}
    told = program.get(f"/accounts/{account['id']}").data
    assert (told["spendable"], told["expiring"]) == (70, 70)
    assert told["expires_at"].startswith("2030-01-01")
    entries = program.get(f"/accounts/{account['id']}/entries?limit=1").data
    assert [(e["number"], e["change"], e["balance"], e["about"]) for e in entries["items"]] == [
        (2, -30, 70, "order:10023")
    ]
    older = program.get(f"/accounts/{account['id']}/entries?cursor={entries['next']}").data
    assert [(e["number"], e["change"], e["balance"]) for e in older["items"]] == [(1, 100, 100)]
    assert older["next"] is None


@pytest.mark.parametrize("kind", [kind for kind, nature in NATURES.items() if nature.guarded])
def test_every_kind_of_account_can_be_read(program: Program, shopper: str, kind: str) -> None:
    """Also what a customer owes, which programs do not write."""
    whose = subject_key_of(UUID(shopper)) or ""
    leg = Post(Account("world", "points", "owed"), Account(kind, "points", "club", whose), 7)
    commit(Operation(operation_id("test", kind), timezone.now(), [leg], "owed"))
    [account] = program.get(f"/accounts?customer={shopper}&kind={kind}").data["items"]
    assert (account["kind"], account["balance"], account["customer"]) == (kind, 7, shopper)
    assert program.get(f"/accounts/{account['id']}").data["kind"] == kind
    assert program.get(f"/accounts/{account['id']}/entries").data["items"][0]["amount"] == 7
    written = {"do": "post", "source": world("issued"), "target": {**points(shopper), "kind": kind}, "amount": 1}
    assert do(program, {"legs": [written]}, "write").status_code == (422 if kind == "debt" else 200)


def test_a_customer_is_named_by_the_source_s_own_id_too(program: Program, shopper: str) -> None:
    record = program.get(f"/customers/{shopper}").data
    earn(program, shopper, 10)
    again = earn(program, f"{record['source']}:{record['source_id']}", 5, "more")
    assert list(again.data["balances"].values()) == [15]


def test_a_retry_gets_the_first_answer_and_another_body_is_refused(program: Program, shopper: str) -> None:
    first = earn(program, shopper, 100)
    again = earn(program, shopper, 100)
    assert again.data == first.data
    assert (first.headers.get("Idempotent-Replayed"), again.headers["Idempotent-Replayed"]) == (None, "true")
    other = earn(program, shopper, 101)
    assert (other.status_code, other.data["type"]) == (422, "/api/docs#key-reused")
    make_key("ledger:write", secret="other")
    assert earn(Program("other"), shopper, 1).status_code == 200  # another program's key of the same name
    assert earn(program, shopper, 1, "new").data["balances"].popitem()[1] == 102


def test_too_little_says_of_what_and_how_much_is_left(program: Program, shopper: str) -> None:
    earn(program, shopper, 100)
    refused = spend(program, shopper, 101)
    assert (refused.status_code, refused.data["type"]) == (409, "/api/docs#insufficient")
    limit = refused.data["limit"]
    assert (limit["kind"], limit["reference"], limit["asked"], limit["left"]) == ("points", "club", 101, 100)
    assert spend(program, shopper, 100).status_code == 200  # a refusal uses up no key


def test_a_hold_is_captured_in_part_and_the_rest_released(program: Program, shopper: str) -> None:
    earn(program, shopper, 100)
    leg = {"do": "hold", "source": points(shopper), "target": world("redeemed"), "amount": 60, "for_seconds": 900}
    [hold] = do(program, {"legs": [leg]}, "hold").data["holds"]
    assert spend(program, shopper, 41).data["limit"]["left"] == 40
    assert do(program, {"legs": [{"do": "capture", "hold": hold, "amount": 50}]}, "capture").status_code == 200
    over = do(program, {"legs": [{"do": "capture", "hold": hold, "amount": 11}]}, "toomuch")
    assert (over.status_code, over.data["type"], over.data["left"]) == (409, "/api/docs#hold-over", 10)
    assert do(program, {"legs": [{"do": "release", "hold": hold}]}, "release").status_code == 200
    gone = do(program, {"legs": [{"do": "release", "hold": hold}]}, "again")
    assert (gone.status_code, gone.data["type"]) == (409, "/api/docs#hold-over")
    assert do(program, {"legs": [{"do": "release", "hold": "0" * 32}]}, "none").status_code == 404


@pytest.mark.parametrize(
    ("leg", "status"),
    [
        ({"do": "post", "source": world("adjusted"), "target": points("api:x"), "amount": 1}, 422),
        ({"do": "post", "source": world("issued") | {"customer": "x"}, "target": points("x"), "amount": 1}, 422),
        ({"do": "post", "source": world("issued"), "target": points("api:nobody"), "amount": 1}, 404),
        ({"do": "post", "source": world("issued"), "target": world("redeemed"), "amount": 1}, 422),
        ({"do": "post", "source": world("issued"), "target": points("x") | {"kind": "wish"}, "amount": 1}, 422),
        ({"do": "post", "source": world("issued"), "target": {"kind": "stock", "unit": "pieces"}, "amount": 1}, 422),
        ({"do": "close", "account": points("x")}, 422),
    ],
)
def test_what_makes_no_sense_is_refused(program: Program, leg: dict, status: int) -> None:
    assert do(program, {"legs": [leg]}, "k").status_code == status


@pytest.mark.parametrize("key", [None, "", " ", "x" * 256, "schlüssel"])
def test_every_operation_needs_a_key(program: Program, key: str | None) -> None:
    refused = do(program, {"legs": [{"do": "release", "hold": "0" * 32}]}, key)
    assert refused.status_code == 422
    assert refused.data["errors"][0]["path"] == "Idempotency-Key"


def test_who_made_it_is_the_key(program: Program, shopper: str) -> None:
    account = next(iter(earn(program, shopper, 5).data["balances"]))
    [entry] = program.get(f"/accounts/{account}/entries").data["items"]
    assert entry["actor"] == f"key:{ApiKey.objects.get().pk}"


def test_the_same_request_still_running_is_told_apart_from_a_retry(program: Program, shopper: str) -> None:
    if connection.vendor != "postgresql":
        return  # writers queue there, so the second finds the first one done
    named = operation_id("api", f"key:{ApiKey.objects.get().pk}", "earn")
    other = connection.copy()
    try:
        with other.cursor() as cursor:  # as the first does while it runs
            cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [named])
        running = earn(program, shopper, 100)
        assert (running.status_code, running.data["type"]) == (409, "/api/docs#in-progress")
    finally:
        other.close()
    assert earn(program, shopper, 100).status_code == 200


def test_an_operation_asks_the_database_little(program: Program, shopper: str, django_assert_max_num_queries) -> None:
    earn(program, shopper, 100)
    spend(program, shopper, 1)
    with django_assert_max_num_queries(40) as asked:
        assert spend(program, shopper, 1, "again").status_code == 200
    reads = [q["sql"] for q in asked.captured_queries if "ledger_" not in q["sql"] and "SAVEPOINT" not in q["sql"]]
    assert len(reads) <= 3, reads  # whose key, whose points, and on PostgreSQL whether the same is running
