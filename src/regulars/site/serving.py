"""How the site runs: the web server, the worker, and the first link that a terminal shows."""

import logging
import os
import secrets
import signal
import threading
import time
from contextlib import suppress

from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from regulars.connectors import tasks as imports
from regulars.flows.gifts import hand_over_gifts
from regulars.flows.redeem import lapse
from regulars.flows.settling import look_after
from regulars.flows.tasks import fail_abandoned, request_refresh, worker_lock
from regulars.ledger.actions.sweeping import sweep
from regulars.orders.queries.clock import shop_time
from regulars.shop import actions as shop_actions
from regulars.shop import queries as shop_queries
from regulars.site.checking import check_nightly
from regulars.site.preparing import prepare_static
from regulars.site.supervising import GRACE_SECONDS, end_with_parent
from regulars.storage.locks import present

logger = logging.getLogger(__name__)
DEMO_OWNER = "owner@demo.example"
# How often a worker looks for what another one left when it died, and for holds and lots whose time is over.
LOOKS_EVERY_SECONDS = 60.0


def first_link(*, demo: bool = False) -> str:
    """The path to open first: set-up while there is no owner, for the demo a sign-in link for its owner, else the front page."""
    if demo and not shop_queries.has_owner():
        shop_actions.create_owner(DEMO_OWNER, name="Demo", password=None)
    if demo:
        return shop_actions.sign_in_link(DEMO_OWNER) or "/"
    return "/" if shop_queries.has_owner() else shop_actions.issue_setup_link()


def serve_until_stopped(host: str, port: int) -> None:
    """Serve the site until interrupted. On SQLite one process: its writers queue there instead of polling a file lock."""
    prepare_static()
    workers = 1 if connection.vendor == "sqlite" else max(2, (os.cpu_count() or 2) // 2)
    connection.close()
    if connection.vendor == "postgresql":
        # Web processes are forks: a pool they inherited would be one set of connections used by all of them at once.
        connection.close_pool()
    server = Granian(
        "regulars.site.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=8,
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE_SECONDS,
        log_access=False,
        log_level=LogLevels.error,
    )
    # A terminal that is closed ends it, unless started with nohup. Granian would start its web processes anew.
    ends = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
    server.signal_handler_reload = server.signal_handler_interrupt if ends else None
    server.serve()


def run_worker() -> None:
    """Take up what dead workers left and a refresh that an update may need, then run tasks as they come."""
    logging.getLogger("django_tasks").setLevel(logging.WARNING)
    end_with_parent()
    _take_up_abandoned()
    if shop_queries.shop() is not None:
        request_refresh()
    threading.Thread(target=_look_around, name="looks", daemon=True).start()
    worker_id = secrets.token_hex(16)
    with present(worker_lock(worker_id)), suppress(SystemExit):
        call_command("db_worker", queue_name="*", interval=0.5, verbosity=0, worker_id=worker_id)


def _take_up_abandoned() -> None:
    fail_abandoned(timezone.now())
    imports.pick_up_abandoned()


def _look_around() -> None:
    while True:
        time.sleep(LOOKS_EVERY_SECONDS)
        for look in (_take_up_abandoned, _look_after_members, _sweep_ledger, _settle_claims, _check_members):
            try:
                look()
            except Exception:  # whatever one look met, the next and the other go on; the log says what it was
                logger.exception("a look around failed; the next comes in a minute")
            finally:
                connection.close()


def _look_after_members() -> None:
    """Before the ledger is swept: what expires of a programme's points is told to whom it belonged."""
    look_after(timezone.now())


def _sweep_ledger() -> None:
    shop = shop_queries.shop()
    sweep(shop_time(shop, timezone.now()) if shop else timezone.now())


def _settle_claims() -> None:
    """Rewards that were set aside too long, and gifts that can be handed over at once."""
    at = timezone.now()
    lapse(at)
    hand_over_gifts(at)


def _check_members() -> None:
    """Last, after the day that was ended: what every member's history comes to, some members at each look."""
    check_nightly(timezone.now())
