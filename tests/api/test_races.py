"""Programs that put the same record at the same time: each gets its answer, and the record is there once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from tests.api.program import Program
from tests.api.test_orders import ORDER

RACERS, RECORDS = 8, 5
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
