"""Programs that put the same record at the same time: each gets its answer, and the record is there once."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction

from regulars.flows.api import writing
from tests.api.program import Program
from tests.api.test_orders import ORDER

RACERS, SENDERS, RECORDS = 8, 4, 5
BODIES = {
    "customers": {"name": "李雷", "identities": [{"kind": "email", "value": "lei@shop.example"}]},
    "products": {"title": "龙井"},
    "orders": ORDER,
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", BODIES)
def test_programs_that_put_one_record_at_once_are_all_answered(program: Program, kind: str) -> None:
    barrier = Barrier(RACERS)

    def put(racer: int) -> list[Any]:
        try:
            answers = []
            for record in range(RECORDS):
                barrier.wait(30)
                answers.append(program.put(f"/{kind}/shopify:{record}", BODIES[kind]))
            return [(answer.status_code, answer.data.get("outcome")) for answer in answers]
        finally:
            connection.close()

    with ThreadPoolExecutor(RACERS) as pool:
        found = Counter(answer for answers in pool.map(put, range(RACERS)) for answer in answers)
    assert found == {(201, "created"): RECORDS, (200, "unchanged"): RECORDS * (RACERS - 1)}


CHANGED = {"customers": {"name": "李磊"}, "products": {"title": "碧螺春"}, "orders": {**ORDER, "state": "shipped"}}
Outcomes = Counter[tuple[int, str | None]]


def race(program: Program, kind: str, body: dict[str, Any]) -> Outcomes:
    """All racers post the same batch, again and again, each time at once: how often an item was answered how."""
    barrier = Barrier(SENDERS)

    def post(racer: int) -> list[Any]:
        try:
            found = []
            for round_ in range(RECORDS):
                barrier.wait(30)
                items = [{**body, "source_id": f"{round_}-{n}"} for n in range(3)]
                answer = program.post(f"/{kind}/batch", {"source": "shopify", "items": items})
                told = answer.data.get("items", [{}] * 3)
                found += [(answer.status_code, item.get("outcome")) for item in told]
            return found
        finally:
            connection.close()

    with ThreadPoolExecutor(SENDERS) as pool:
        return Counter(answer for answers in pool.map(post, range(SENDERS)) for answer in answers)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", BODIES)
def test_of_programs_that_send_one_batch_at_once_one_is_told_that_it_wrote(program: Program, kind: str) -> None:
    others = {(200, "unchanged"): 3 * RECORDS * (SENDERS - 1)}
    assert race(program, kind, BODIES[kind]) == {(200, "created"): 3 * RECORDS, **others}
    assert race(program, kind, CHANGED[kind]) == {(200, "updated"): 3 * RECORDS, **others}


@pytest.mark.django_db(transaction=True)
def test_the_race_catches_a_batch_that_is_not_rerun(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: read, write and read again in a transaction that neither queues nor looks again."""

    def naive(verb: Callable[[], Any], **_: Any) -> Any:
        with transaction.atomic():
            return verb()

    monkeypatch.setattr(writing, "run_tx", naive)
    if connection.vendor == "sqlite":
        monkeypatch.setitem(connection.settings_dict["OPTIONS"], "transaction_mode", "DEFERRED")
    assert race(program, "customers", BODIES["customers"]).keys() - {(200, "created"), (200, "unchanged")}
