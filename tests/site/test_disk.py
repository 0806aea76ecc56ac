"""Commands and pages where nothing can be written: said in a sentence, and what was recorded before stays whole."""

import errno
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from regulars.connectors import actions as imports
from regulars.orders.queries import listing
from tests.site.test_demo import regulars

SET_UP = (
    "from regulars.shop import actions; "
    "actions.ensure_shop(name='x', currency='CNY', zone='UTC', country='CN', is_sample=False, as_of='newest_order')"
)


def without_room(*arguments: str, data_dir: Path, bytes_max: int) -> subprocess.CompletedProcess[str]:
    """A command that may make no file larger than ``bytes_max``: to a program the same as a full disk."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("REGULARS_")}
    return subprocess.run(
        [sys.executable, "-m", "regulars", *arguments, "--data-dir", str(data_dir)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_max, bytes_max)),
    )


def is_explained(done: subprocess.CompletedProcess[str], folder: Path) -> bool:
    return (done.returncode, "Traceback" in done.stderr) == (
        2,
        False,
    ) and f"room left to write to {folder}" in done.stderr


def test_an_import_that_finds_no_room_says_so_and_goes_on_once_there_is(tmp_path: Path) -> None:
    shop, file = tmp_path / "shop", tmp_path / "orders.csv"
    assert regulars("manage", "shell", "--no-imports", "-c", SET_UP, data_dir=shop).returncode == 0
    rows = (f"o{n},c{n},2026-01-{1 + n % 28:02} 10:00:00,CNY,s{n % 9},Tea,1,9.50" for n in range(20_000))
    file.write_text("order_id,customer_id,placed_at,currency,sku,title,quantity,amount\n" + "\n".join(rows))
    for command in (("import", str(file)), ("refresh", "--all"), ("verify",)):
        done = without_room(*command, data_dir=shop, bytes_max=900_000 if command[0] == "import" else 0)
        assert is_explained(done, shop), done.stderr
    assert not [*shop.rglob("*.unfinished"), *shop.rglob("*.partial")]
    assert json.loads(regulars("verify", "--json", data_dir=shop).stdout)["ok"]
    done = regulars("import", "--json", str(file), data_dir=shop)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["files"][0]["rows"] == 20_000
    assert json.loads(regulars("refresh", "--json", data_dir=shop).stdout)["profiles"] == 20_000


def test_a_shop_that_finds_no_room_to_begin_begins_once_there_is(tmp_path: Path) -> None:
    assert is_explained(without_room("verify", data_dir=tmp_path / "new", bytes_max=0), tmp_path / "new")
    assert regulars("verify", data_dir=tmp_path / "new").returncode == 0


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "服务器的磁盘已满"),
        (OperationalError("attempt to write a readonly database"), "无法写入"),
    ],
)
def test_an_upload_that_finds_no_room_answers_507(
    console: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: Exception, said: str
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(imports, "receive_upload", fail)
    console.raise_request_exception = False
    (tmp_path / "a.csv").write_text("order_id\n1\n")
    with (tmp_path / "a.csv").open("rb") as file:
        answer = console.post("/imports/upload/", {"files": file})
    assert answer.status_code == 507
    assert said in answer.content.decode()


def test_the_api_names_a_full_disk_a_problem_of_its_own(
    api_client: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(listing, "page", fail)
    answer = api_client().get("/api/v1/orders")
    assert (answer.status_code, answer.json()["type"]) == (507, "/api/docs#no-room")


def test_the_page_of_a_full_disk_needs_no_database(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr("regulars.shop.queries.actor_of", fail)
    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", fail)
    client.raise_request_exception = False
    client.cookies["sessionid"] = "x" * 32
    answer = client.get("/customers/", headers={"accept-language": "en"})
    assert answer.status_code == 507
    assert "The disk of this server is full" in answer.content.decode()
