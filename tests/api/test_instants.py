"""Instants at the edge of the calendar are refused by name, wherever a program or a page takes one."""

import base64
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from tests.api.program import Program

EDGES = [
    *("2026-03-01T09:30:00+16:00", "2026-03-01T09:30:00-14:01", "1900-01-01T00:00:00+08:00"),
    *("2199-12-31T23:59:59-12:00", "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59-12:00"),
]


@pytest.mark.parametrize("instant", EDGES)
def test_an_instant_beyond_the_calendar_is_refused(program: Program, instant: str) -> None:
    order = {"placed_at": instant, "currency": "CNY", "customer": "c1"}
    answer = program.put("/orders/shop:1", order)
    assert answer.status_code == 422
    assert [error["path"] for error in answer.data["errors"]] == ["/placed_at"]
    assert program.get(f"/orders?placed_from={instant.replace('+', '%2B')}").status_code == 422


def test_an_instant_is_kept_in_utc(program: Program) -> None:
    order = {"placed_at": "2026-03-01T09:30:00+14:00", "currency": "CNY", "customer": "c1"}
    assert program.put("/orders/shop:1", order).status_code == 201
    assert program.get("/orders/shop:1").data["order"]["placed_at"] == "2026-02-28T19:30:00Z"


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59-10:00", "2026-01-01T00:00:00"])
def test_a_cursor_made_by_hand_is_refused(program: Program, instant: str) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(["placed", str(UUID(int=7)), instant]).encode()).decode()
    assert program.get(f"/orders?cursor={cursor}").status_code == 422


@pytest.mark.parametrize(
    "path", ["/orders/?since=0001-01-01", "/orders/?until=9999-12-31", "/audit/?at_min=0001-01-01"]
)
def test_a_page_filters_nothing_by_a_day_beyond_the_calendar(console: Client, path: str) -> None:
    assert console.get(path).status_code == 200
    assert console.get(f"{path}&export=csv").status_code == 200


@pytest.mark.parametrize("before", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00%2B10:00", "2026-01-01"])
def test_a_timeline_begins_anew_before_no_instant(recorded: Any, sign_in: Callable[..., Client], before: str) -> None:
    from regulars.customers import queries

    customer = queries.by_source("test", "c0")
    assert sign_in("reader").get(f"/customers/{customer}/timeline/?before={before}").status_code == 200
