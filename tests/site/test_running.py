"""``regulars serve`` and what may happen to it: a taken port, a killed worker, its own death."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.request import urlopen

import psycopg
import pytest

from regulars.storage.locks import held
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
    """The process number and the port of a running ``serve``, in a process group of its own as a terminal makes one."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("REGULARS_")}
    command = [sys.executable, "-m", "regulars", "serve", "--data-dir", str(tmp_path), "--port", str(port)]
    with (tmp_path / "said").open("w") as said:
        # It inherits what is done with this signal: as a shell starts it, also where these tests run under nohup.
        before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
        process = subprocess.Popen(command, env=environment, stderr=said, start_new_session=True)
        signal.signal(signal.SIGHUP, before)
    assert eventually(lambda: answers(port) and len(children(process.pid)) == 2)
    yield process.pid, port
    process.terminate()
    try:
        process.wait(timeout=40)
    finally:
        for left in [*children(process.pid), process.pid] if process.returncode is None else []:
            os.kill(left, signal.SIGKILL)


def answers(port: int) -> bool:
    try:
        return urlopen(f"http://127.0.0.1:{port}/api/v1/health", timeout=5).status == 200
    except OSError:
        return False


def web_of(served: int) -> int | None:
    return next((number for number, line in children(served).items() if " serve " in line), None)


def worker_of(served: int) -> int | None:
    return next((number for number, line in children(served).items() if line.endswith("regulars worker ")), None)


ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")


@ON_LINUX
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


@ON_LINUX
def test_a_killed_web_process_is_replaced_and_answers(served: tuple[int, int]) -> None:
    process, port = served
    web = web_of(process)
    assert web
    os.kill(web, signal.SIGKILL)
    assert eventually(lambda: web_of(process) not in {None, web} and answers(port))


@ON_LINUX
@pytest.mark.parametrize("how", ["Ctrl+C", "SIGTERM", "the terminal is closed"])
def test_serve_ends_with_all_its_processes_when_told_to(served: tuple[int, int], tmp_path: Path, how: str) -> None:
    process, port = served
    family = [process, *children(process)]
    if how == "Ctrl+C":  # a terminal tells every process of the group
        os.killpg(process, signal.SIGINT)
    elif how == "SIGTERM":
        os.kill(process, signal.SIGTERM)
    else:
        os.killpg(process, signal.SIGHUP)
    assert eventually(lambda: not any(map(lives, family)) and not listens(port), seconds=12)
    assert "Traceback" not in (tmp_path / "said").read_text()


@ON_LINUX
def test_serve_does_not_wait_for_good_for_a_web_process_that_hangs(served: tuple[int, int]) -> None:
    process, port = served
    web = web_of(process)
    assert web
    family = [process, *children(process)]
    os.kill(web, signal.SIGSTOP)
    os.kill(process, signal.SIGTERM)
    assert eventually(lambda: not any(map(lives, family)) and not listens(port), seconds=20)


SET_UP = (
    "from regulars.shop import actions; "
    "actions.ensure_shop(name='x', currency='CNY', zone='UTC', country='CN', is_sample=False, as_of='newest_order'); "
    "from regulars.flows.tasks import refresh_everything; refresh_everything.enqueue()"
)


def tasks(folder: Path) -> list[str]:
    """The states of the refreshes that were asked for, in order."""
    with closing(sqlite3.connect(folder / "regulars.sqlite3", timeout=20)) as database:
        rows = database.execute("SELECT status FROM django_tasks_database_dbtaskresult ORDER BY enqueued_at").fetchall()
    return [state for (state,) in rows]


@pytest.fixture
def held_up(tmp_path: Path) -> Iterator[ExitStack]:
    """A shop with a refresh that its worker takes up, and that lasts until this is closed."""
    assert regulars("manage", "shell", "--no-imports", "-c", SET_UP, data_dir=tmp_path).returncode == 0
    with ExitStack() as stack:
        stack.enter_context(held(tmp_path / "locks" / "refresh"))
        yield stack


@ON_LINUX
def test_the_task_of_a_killed_worker_is_done_by_the_next(
    held_up: ExitStack, served: tuple[int, int], tmp_path: Path
) -> None:
    process, _port = served
    assert eventually(lambda: "RUNNING" in tasks(tmp_path))
    worker = worker_of(process)
    assert worker
    os.kill(worker, signal.SIGKILL)
    assert eventually(lambda: tasks(tmp_path).count("RUNNING") == 1 and "FAILED" in tasks(tmp_path), seconds=60)
    held_up.close()
    assert eventually(lambda: "SUCCESSFUL" in tasks(tmp_path), seconds=60)


@ON_LINUX
def test_ctrl_c_ends_work_at_once_that_another_start_takes_up(
    held_up: ExitStack, served: tuple[int, int], tmp_path: Path
) -> None:
    process, _port = served
    assert eventually(lambda: "RUNNING" in tasks(tmp_path))
    family = [process, *children(process)]
    os.killpg(process, signal.SIGINT)
    assert eventually(lambda: not any(map(lives, family)), seconds=12)
    assert "Traceback" not in (tmp_path / "said").read_text()


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


@pytest.fixture
def served_on_postgresql(tmp_path: Path, postgresql_url: str) -> Iterator[int]:
    """The port of a ``serve`` on a database of its own, with two web processes."""
    server, name = postgresql_url.rsplit("/", 1)[0], f"regulars_serve_{os.getpid()}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("REGULARS_")}
    environment |= {"REGULARS_DATABASE_URL": f"{server}/{name}", "REGULARS_WORKERS": "0"}
    command = [sys.executable, "-m", "regulars", "serve", "--data-dir", str(tmp_path), "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        assert eventually(lambda: answers(port))
        yield port
    finally:
        process.terminate()
        process.wait(timeout=40)
        with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@ON_LINUX
def test_web_processes_share_no_connection(served_on_postgresql: int) -> None:
    """Forks that inherited a pool would read each other's answers: every one of many at once must be right."""
    with ThreadPoolExecutor(8) as askers:
        told = list(askers.map(lambda _: answers(served_on_postgresql), range(400)))
    assert all(told)
