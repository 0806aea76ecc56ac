"""What costs a cell and not its row is told, with line, column and value; orders that name nobody are taken as walk-ins."""

import csv
import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from regulars.connectors import actions, queries
from regulars.customers.models import Customer
from regulars.orders.models import Order

pytestmark = pytest.mark.django_db
BIRTHDAYS = "Customer ID,Name,Birthday\nC1,林,1990-02-30\nC2,王,1990-05-01\nC3,李,2990-05-01\n"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write_file(content: str, name: str = "orders.csv") -> Path:
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        return path

    return write_file


def run(path: Path, **options: Any) -> queries.RunView:
    return actions.run_import(actions.start_run(path, at=timezone.now(), actor="test", **options))


def told_in(path: Path | None) -> list[list[str]]:
    assert path is not None
    _header, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig")))
    return rows


def test_an_impossible_birthday_costs_the_birthday_alone(shop: Any, write: Callable[..., Path]) -> None:
    view = run(write(BIRTHDAYS, "customers.csv"))
    assert (view.created, view.refused, view.warned) == (3, 0, 2)
    assert dict(Customer.objects.values_list("source_id", "birthday")) == {
        "C1": None,
        "C2": date(1990, 5, 1),
        "C3": None,
    }
    assert [(w["line"], w["column"], w["value"]) for w in view.warnings] == [
        (2, "Birthday", "1990-02-30"),
        (4, "Birthday", "2990-05-01"),
    ]
    assert [row[:3] for row in told_in(view.warnings_path)] == [
        ["2", "Birthday", "1990-02-30"],
        ["4", "Birthday", "2990-05-01"],
    ]


def test_a_bad_address_on_an_order_is_told(shop: Any, write: Callable[..., Path]) -> None:
    header = "Order ID,Date,Customer ID,Email,Amount paid\n"
    view = run(write(header + "O1,2024-05-01,C1,lin@example.com,3\nO2,2024-05-01,C2,lin(at)example,4\n"))
    assert (view.created, view.refused, view.warned) == (2, 0, 1)
    assert [(w["line"], w["column"], w["value"]) for w in view.warnings] == [(3, "Email", "lin(at)example")]
    assert told_in(view.warnings_path)[0][:3] == ["3", "Email", "lin(at)example"]


def test_orders_without_a_buyer_are_walk_ins(shop: Any, write: Callable[..., Path]) -> None:
    header = "Order ID,Date,Customer ID,Product ID,Quantity,Unit price\n"
    view = run(write(header + "O1,2024-05-01,C1,P1,1,3\nO2,2024-05-01,,P1,1,4\nO3,2024-05-02,,P1,1,5\n"))
    assert (view.created, view.refused, view.warned) == (3, 0, 0)
    owners = dict(Order.objects.values_list("source_id", "customer__source_id"))
    assert owners == {"O1": "C1", "O2": "guest:O2", "O3": "guest:O3"}
    again = run(write(header + "O1,2024-05-01,,P1,1,3\n", "anonymous.csv"))
    assert again.created == 0
    assert Order.objects.get(source_id="O1").customer.source_id == "C1", "silence about the buyer erases nobody"


def test_a_file_that_names_no_buyer_at_all_says_so(shop: Any, write: Callable[..., Path]) -> None:
    text = "Order ID,Date,Customer ID,Email,Amount paid\n" + "".join(f"O{n},2024-05-01,,,3\n" for n in range(5))
    view = run(write(text))
    assert (view.created, view.refused, view.warned) == (5, 0, 1)
    (told,) = view.warnings
    assert told["column"] == "Customer ID, Email" and "walk-in" in told["say"]


def test_warnings_stand_in_the_check_the_report_and_a_file(shop: Any, sign_in: Callable[..., Client]) -> None:
    client = sign_in("owner", language="en")
    file = io.BytesIO(BIRTHDAYS.encode())
    file.name = "customers.csv"
    page = client.post("/imports/upload/", {"files": file}, follow=True)
    place = page.request["PATH_INFO"]
    names = {f"column-{n}": key for n, key in enumerate(("source_id", "name", "birthday"))}
    client.post(f"{place}?edit=1", {"dataset": "customers", "source": "import", "currency": "CNY", **names})
    checked = client.get(f"{place}check/").content.decode()
    assert "would be taken with a warning" in checked and "1990-02-30" in checked
    client.post(f"{place}start/")
    actions.run_import(queries.open_runs()[0].id)
    report = client.get(place).content.decode()
    assert "taken with a warning" in report and "2990-05-01" in report
    answer = client.get(f"{place}warnings/")
    assert "1990-02-30" in b"".join(answer.streaming_content).decode()
    assert client.get(f"{place}rejects/").status_code == 404
