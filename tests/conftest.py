"""The world the tests run in: a data folder of their own, one of two databases, no network, and services by name.

The suite runs on SQLite; ``pytest --on postgresql -m database`` runs whatever touches the database again on the server
that ``REGULARS_TEST_DATABASE_URL`` names. A missing service (Chromium, PostgreSQL, shared data) is reported by name as
"not run"; under ``CI=true`` it is a failure.
"""

import os
import shutil
import socket
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings as hypothesis

from tests.facts import SmallShop, small_shop

ROOT = Path(__file__).resolve().parent.parent
CI = os.environ.get("CI") == "true"
NOT_RUN = "not run: "
SERVER = os.environ.get("REGULARS_TEST_DATABASE_URL", "")
SHARED_DATA = Path(os.environ.get("REGULARS_SHARED_DATA", ROOT.parent / "shared" / "data"))
PASSWORD = "correct horse battery staple"

hypothesis.register_profile("ci", derandomize=True, deadline=None, max_examples=200, print_blob=True)
hypothesis.register_profile("dev", deadline=None, max_examples=100)
hypothesis.load_profile("ci" if CI else "dev")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--on", choices=["sqlite", "postgresql"], default="sqlite", help="the database the tests run on")
    parser.addoption("--effort", type=int, default=1, help="how many times as long proofs try (make faults)")
    parser.addoption("--minutes", type=float, default=1.0, help="how long soak tests run (make soak)")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    on = config.getoption("--on")
    if not SERVER and (CI or on == "postgresql"):
        raise pytest.UsageError(
            "REGULARS_TEST_DATABASE_URL is not set: the suite runs on PostgreSQL too (postgresql://user@host:port/name)"
        )
    data = Path(tempfile.mkdtemp(prefix="regulars-tests-"))
    config.add_cleanup(lambda: shutil.rmtree(data, ignore_errors=True))
    for name in [
        n
        for n in os.environ
        if n.startswith("REGULARS_") and n not in {"REGULARS_TEST_DATABASE_URL", "REGULARS_SHARED_DATA"}
    ]:
        del os.environ[name]
    os.environ |= {"REGULARS_DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "regulars.site.settings"}
    if on == "postgresql":
        os.environ["REGULARS_DATABASE_URL"] = SERVER
    _adapt_settings(data)
    if not hasattr(config, "workerinput"):  # before any worker starts
        _compile_catalogues()
    socket.socket.connect = _only_this_machine(socket.socket.connect)  # type: ignore[method-assign]


def _adapt_settings(data: Path) -> None:
    """What differs from a running shop: a database of its own, files as they are, and hashes that cost nothing."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    postgresql = database["ENGINE"].endswith("postgresql")
    # A process of its own, a database of its own: two runs on one server do not meet.
    name = f"test_{database['NAME']}_{os.getpid()}" if postgresql else str(data / "test.sqlite3")
    database.setdefault("TEST", {})["NAME"] = name
    database["OPTIONS"].pop("pool", None)
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


def _compile_catalogues() -> None:
    """Translations as they stand in the tree; quick, and only where one is newer than what was compiled."""
    from tools import messages

    package = ROOT / "src" / "regulars"
    paths = [messages.catalogue_path(room) for room in messages.rooms(package)]
    made = {path: path.with_suffix(".mo") for path in paths if path.exists()}
    if any(not mo.exists() or mo.stat().st_mtime < po.stat().st_mtime for po, mo in made.items()):
        messages.compile_all(package)


def _only_this_machine(connect: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in {socket.AF_INET, socket.AF_INET6} and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise PermissionError(f"a test may not reach {address[0]}: tests use no network")
        return connect(self, address)

    return guarded


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark by what a test uses, so that nobody has to remember."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if item.get_closest_marker("django_db") or fixtures & {"db", "transactional_db", "live_server"}:
            item.add_marker("database")
        if "chromium" in fixtures:
            item.add_marker("browser")


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Name what did not run, and why."""
    reasons: dict[str, list[str]] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2].removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else ""
        if reason.startswith(NOT_RUN):
            reasons.setdefault(reason.removeprefix(NOT_RUN), []).append(report.nodeid)
    if not SERVER and any("database" in report.keywords for report in terminalreporter.stats.get("passed", [])):
        reasons["PostgreSQL: REGULARS_TEST_DATABASE_URL is not set"] = [
            "every test of the database (ran on SQLite alone)"
        ]
    if reasons:
        terminalreporter.section("not run")
        for reason, tests in sorted(reasons.items()):
            terminalreporter.write_line(reason, yellow=True)
            for name in tests:
                terminalreporter.write_line(f"  {name}")


def need(present: Any, service: str, mend: str) -> None:
    """Leave out a test that lacks a service, by name; under CI it fails."""
    if not present:
        (pytest.fail if CI else pytest.skip)(f"{NOT_RUN}{service}: {mend}")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """The suite empties its tables between tests; the ledger's refuse that in a shop's database."""
    from django.db import connection

    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            for table in ("posting", "operation", "seal", "seal_line"):
                cursor.execute(f"ALTER TABLE ledger_{table} DISABLE TRIGGER ledger_{table}_is_not_emptied")


@pytest.fixture(scope="session")
def effort(request: pytest.FixtureRequest) -> int:
    """How many times as long a proof tries: 1 in ``make proof``."""
    return int(request.config.getoption("--effort"))


@pytest.fixture(scope="session")
def minutes(request: pytest.FixtureRequest) -> float:
    """How long a soak test runs."""
    return float(request.config.getoption("--minutes"))


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public data sets that is not part of the repository."""
    need(SHARED_DATA.is_dir(), "shared data", "set REGULARS_SHARED_DATA to its folder")
    return SHARED_DATA


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium for browser tests."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    need(found, "Chromium", "install Debian's chromium and fonts-noto-cjk")
    return str(found)


@pytest.fixture(scope="session")
def postgresql_url() -> str:
    """The server for tests that need PostgreSQL itself, whatever the suite runs on."""
    need(SERVER, "PostgreSQL", "set REGULARS_TEST_DATABASE_URL")
    return SERVER


@pytest.fixture
def at() -> datetime:
    """The instant at which tests record: after every fact of the small shop."""
    return datetime(2026, 7, 1, 4, 0, tzinfo=UTC)


@pytest.fixture
def shop(db: None, settings: Any, tmp_path: Path) -> Any:
    """A shop that is set up: yuan, Shanghai time, facts in a folder of the test's own."""
    from regulars.shop.models import Shop

    settings.DATA_DIR = tmp_path
    return Shop.objects.create(name="小店", currency="CNY", zone="Asia/Shanghai", country="CN", as_of="newest_order")


@pytest.fixture
def staff(shop: Any) -> dict[str, Any]:
    """One person per role."""
    from regulars.shop.models import User
    from regulars.web.access import Role

    return {
        str(role.value): User.objects.create_user(
            f"{role.value}@shop.example", PASSWORD, role=role.value, name=str(role.value).title()
        )
        for role in Role
    }


@pytest.fixture
def sign_in(staff: dict[str, Any]) -> Callable[..., Any]:
    """``sign_in("analyst", language="en")`` -> a client of that person."""
    from django.test import Client

    def client_of(role: str = "owner", *, language: str = "zh-hans") -> Client:
        client = Client(headers={"accept-language": language})
        client.force_login(staff[role], backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return client_of


@pytest.fixture
def console(sign_in: Callable[..., Any]) -> Any:
    """A client with the owner signed in, in Chinese."""
    return sign_in("owner")


@pytest.fixture
def api_client(shop: Any) -> Callable[..., Any]:
    """``api_client("orders:read")`` -> a client whose key has these scopes; without scopes, all of them."""
    from django.test import Client

    from regulars.shop.models import ApiKey
    from regulars.shop.queries import hash_secret
    from regulars.web.access import Scope

    def client_with(*scopes: str) -> Client:
        secret = f"rk_{os.urandom(16).hex()}"
        granted = sorted(scopes or map(str, Scope.values))
        ApiKey.objects.create(name="test", prefix=secret[:12], secret_hash=hash_secret(secret), scopes=granted)
        return Client(headers={"authorization": f"Bearer {secret}", "accept": "application/json"})

    return client_with


@pytest.fixture
def facts() -> SmallShop:
    """A dozen customers, their products and half a year of orders, as a source would state them."""
    return small_shop()


@pytest.fixture
def recorded(shop: Any, facts: SmallShop, at: datetime) -> SmallShop:
    """The small shop's facts, recorded through the flows."""
    from regulars.flows.record_customers import record_customers
    from regulars.flows.record_events import record_events
    from regulars.flows.record_orders import record_orders
    from regulars.flows.record_products import record_products

    record_customers(facts.customers, source="test", at=at)
    record_products(facts.products, source="test", at=at)
    record_orders(facts.orders, source="test", at=at)
    record_events(facts.events, source="test", at=at)
    return facts
