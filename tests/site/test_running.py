"""``regulars serve`` and what may happen to it: a taken port, a killed worker, its own death."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.site.test_demo import regulars


def eventually(true: Callable[[], object], seconds: float = 30) -> bool:
    until = time.monotonic() + seconds
    while not true() and time.monotonic() < until:
        time.sleep(0.1)
    return bool(true())


def children(process: int) -> dict[int, str]:
    """Living children by process number, with their command lines."""
    threads = Path(f"/proc/{process}/task").glob("*/children")
    numbers = [int(number) for thread in threads for number in thread.read_text().split()]
    lines = {number: Path(f"/proc/{number}/cmdline") for number in numbers}
    return {number: line.read_text().replace("\0", " ") for number, line in lines.items() if line.exists()}


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def lives(process: int) -> bool:
    stat = Path(f"/proc/{process}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[int, int]]:
    """The process number and the port of a running ``serve``."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("REGULARS_")}
    command = [sys.executable, "-m", "regulars", "serve", "--data-dir", str(tmp_path), "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    assert eventually(lambda: listens(port) and len(children(process.pid)) == 2)
    yield process.pid, port
    process.terminate()
    process.wait(timeout=40)


def worker_of(served: int) -> int | None:
    return next((number for number, line in children(served).items() if line.endswith("regulars worker ")), None)


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")
def test_serve_replaces_a_killed_worker_holds_its_port_and_takes_all_along(
    served: tuple[int, int], tmp_path: Path
) -> None:
    process, port = served
    second = regulars("serve", "--port", str(port), data_dir=tmp_path)
    assert second.returncode == 2
    assert "--port" in second.stderr
    worker = worker_of(process)
    assert worker
    os.kill(worker, signal.SIGKILL)
    assert eventually(lambda: worker_of(process) not in {None, worker})
    family = [*children(process)]
    os.kill(process, signal.SIGKILL)
    assert eventually(lambda: not any(map(lives, family)) and not listens(port))


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("REGULARS_WORKERS", "many", "REGULARS_WORKERS must be a whole number"),
        ("REGULARS_MEMORY_MB", "1.5", "REGULARS_MEMORY_MB must be a whole number"),
        ("REGULARS_DATABASE_URL", "mysql://db.example/shop", "postgresql://"),
        ("REGULARS_DATA_DIR", "{tmp}/file", "is a file"),
        ("REGULARS_DATA_DIR", "{tmp}/file/below", "{tmp}/file"),
        ("REGULARS_DATA_DIR", "{tmp}/keyless", "secret-key is empty"),
        ("REGULARS_DATA_DIR", "{tmp}/corrupt", "not a database"),
        ("REGULARS_DATA_DIR", "{tmp}/new", "not set up"),
    ],
)
def test_what_is_wrong_around_the_program_is_a_sentence_and_code_2(
    tmp_path: Path, variable: str, value: str, said: str
) -> None:
    (tmp_path / "file").touch()
    for folder, name, content in (("keyless", "secret-key", b""), ("corrupt", "regulars.sqlite3", b"x" * 9000)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_bytes(content)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REGULARS_")}
    environment = {**kept, "REGULARS_DATA_DIR": str(tmp_path / "new"), variable: value.format(tmp=tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "regulars", "refresh"], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 2
    assert said.format(tmp=tmp_path) in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    script = (
        "from django.db.migrations.recorder import MigrationRecorder as R; from django.db import connection; "
        "R(connection).record_applied('orders', '0999_later')"
    )
    assert regulars("manage", "shell", "--no-imports", "-c", script, data_dir=tmp_path).returncode == 0
    refused = regulars("verify", data_dir=tmp_path)
    assert refused.returncode == 2
    assert "orders.0999_later" in refused.stderr
