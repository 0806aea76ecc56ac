"""``regulars import`` at the terminal: what is said, where, and with which exit code."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from regulars.connectors.models import ImportRun
from regulars.orders.models import Order
from regulars.site.cli import app, terminal
from tests.connectors.test_runs import orders_text

pytestmark = pytest.mark.django_db


@pytest.fixture
def command(shop: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(terminal, "open_shop", lambda data_dir: None)
    runner = CliRunner()
    return lambda *words: runner.invoke(app, ["import", *map(str, words)])


def test_files_are_imported_in_the_order_they_need(command: Any, tmp_path: Path) -> None:
    (tmp_path / "a_lines.csv").write_text("Order ID,Product ID,Quantity,Unit price\nO1,P1,2,3.00\n")
    (tmp_path / "orders.csv").write_text("Order ID,Date,Customer ID,Status\nO1,2024-05-01,C1,paid\n")
    (tmp_path / "z_customers.csv").write_text("Customer ID,Full name,Birthday,City\nC1,林小明,1990-05-01,上海\n")
    result = command(tmp_path / "a_lines.csv", tmp_path / "orders.csv", tmp_path / "z_customers.csv", "--json")
    assert result.exit_code == 0, result.output
    files = json.loads(result.stdout)["files"]
    assert [file["dataset"] for file in files] == ["customers", "orders", "lines"]
    assert Order.objects.get().net_amount == 600


def test_rejected_rows_exit_zero_and_say_where_they_are(command: Any, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(orders_text(3) + "X,2024-02-30,C1,P1,1,3\n")
    result = command(path)
    assert result.exit_code == 0
    assert "3 created" in result.output and "1 refused" in result.output and "rejects.csv" in result.output


def test_what_was_left_out_of_rows_is_told(command: Any, tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_text("Customer ID,Full name,Birthday\nC1,林小明,1990-02-30\nC2,王芳,1990-05-01\n")
    tried = json.loads(command(path, "--dry-run", "--json").stdout)["files"][0]
    assert (tried["refused"], tried["warned"], tried["warnings"][0]["line"]) == (0, 1, 2)
    assert "line 2, column Birthday, '1990-02-30'" in command(path, "--dry-run").output
    result = command(path)
    assert result.exit_code == 0
    assert "2 created" in result.output and "1 warned" in result.output and "warnings.csv" in result.output


def test_one_bad_file_refuses_all_with_exit_code_two(command: Any, tmp_path: Path) -> None:
    good, bad = tmp_path / "orders.csv", tmp_path / "more.csv.gz"
    good.write_text(orders_text(3))
    bad.write_bytes(gzip.compress(orders_text(50_000).encode())[:-500])
    result = command(good, bad)
    assert result.exit_code == 2
    assert "more.csv.gz" in result.output and "cut off" in result.output
    assert Order.objects.count() == 0 == ImportRun.objects.count()


def test_missing_columns_name_file_line_and_mend(command: Any, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("Order ID,Something\n1,2\n")
    result = command(path, "--dataset", "orders")
    said = " ".join(result.output.split())
    assert result.exit_code == 2
    assert "line 1" in said and "lacks: Placed at" in said and "Say which columns hold them" in said


def test_a_dry_run_writes_nothing(command: Any, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(orders_text(3) + "X,2024-02-30,C1,P1,1,3\n")
    result = command(path, "--dry-run", "--json")
    (found,) = json.loads(result.stdout)["files"]
    assert (found["records"], found["refused"], found["refusals"][0]["line"]) == (3, 1, 8)
    assert Order.objects.count() == 0 == ImportRun.objects.count()


def test_a_column_mapped_by_hand_takes_the_field_from_the_one_suggested(command: Any, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("Order ID,Date,Shipped,Customer ID,Total\nO1,2024-05-01,2024-05-09,C1,3\n")
    assert command(path, "--map", "Shipped=placed_at").exit_code == 0
    assert Order.objects.get().placed_at.day == 8  # midnight of the 9th in Shanghai
    assert command(path, "--map", "Shipped").exit_code == 2
    assert command(path, "--map", "Nowhere=placed_at").exit_code == 2
    assert command(path, "--currency", "QQQ").exit_code == 2
