"""The ledger against its model: random operations, retries, batches and clocks, after each step the same rows to the last one.

A step is one call of a rule; steps are counted, and a run that took fewer than it promised fails.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, note, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from regulars.ledger.actions import loading
from regulars.ledger.queries.checks import inconsistencies
from tests.ledger.conftest import empty
from tests.ledger.play import CHOICES, CLOCK, NUMBERS, WHICH, Choice, Play, choose, leg_choice

STEPS_EACH = 50
SOAK_STEPS = int(os.environ.get("SOAK_STEPS", "1000000"))

NUMBER = st.integers(0, NUMBERS - 1)
CHOSEN = {verb: NUMBER.map(partial(choose, options)) for verb, options in CHOICES.items()}
CLOCK_TURNED = NUMBER.map(partial(choose, CLOCK))
LEG: st.SearchStrategy[Choice] = NUMBER.map(leg_choice)
LEGS = st.lists(LEG, min_size=2, max_size=4)
BATCH = st.lists(st.lists(LEG, min_size=1, max_size=2), min_size=1, max_size=5)
WHICHEVER, REPEAT = st.sampled_from(WHICH), st.sampled_from(["", "same", "same", "other"])


class Machine(RuleBasedStateMachine):
    """One ledger from empty, played against one model."""

    steps = 0
    failed_after: int | None = None

    def __init__(self) -> None:
        super().__init__()
        empty()
        self.play, self.failed = Play(tell=note), False

    @initialize()
    def begin(self) -> None:
        with self.watched():
            self.play.done(self.play.beginning())

    @contextmanager
    def step(self) -> Iterator[Play]:
        Machine.steps += 1
        with self.watched():
            yield self.play

    @contextmanager
    def watched(self) -> Iterator[None]:
        try:
            yield
        except Exception:
            self.failed = True
            Machine.failed_after = Machine.failed_after or Machine.steps
            raise

    def do(self, *choices: Choice) -> None:
        with self.step() as play:
            play.done(play.operation(choices))

    @rule(chosen=CHOSEN["earn"])
    def earn(self, chosen: Any) -> None:
        self.do(("earn", chosen))

    @rule(chosen=CHOSEN["spend"])
    def spend(self, chosen: Any) -> None:
        self.do(("spend", chosen))

    @rule(chosen=CHOSEN["hold"])
    def hold(self, chosen: Any) -> None:
        self.do(("hold", chosen))

    @rule(chosen=CHOSEN["capture"])
    def capture(self, chosen: Any) -> None:
        self.do(("capture", chosen))

    @rule(chosen=CHOSEN["release"])
    def release(self, chosen: Any) -> None:
        self.do(("release", chosen))

    @rule(chosen=CHOSEN["activate"])
    def activate(self, chosen: Any) -> None:
        self.do(("activate", chosen))

    @rule(chosen=CHOSEN["expire"])
    def expire(self, chosen: Any) -> None:
        self.do(("expire", chosen))

    @rule(chosen=CHOSEN["reverse"])
    def reverse(self, chosen: Any) -> None:
        self.do(("reverse", chosen))

    @rule(verb=st.sampled_from(["close", "reopen", "reopen", "reopen"]), chosen=CHOSEN["close"])
    def close_or_reopen(self, verb: str, chosen: Any) -> None:
        self.do((verb, chosen))

    @rule(which=st.integers(0, 999), whole=st.booleans())
    def try_the_closed(self, which: int, whole: bool) -> None:
        for choice in self.play.in_and_out_of_the_closed(which, whole):
            self.do(choice)

    @rule(legs=LEGS)
    def several_at_once(self, legs: list[Choice]) -> None:
        self.do(*legs)

    @rule(batch=BATCH, careful=st.sampled_from([True, True, False]), repeat=REPEAT, size=st.sampled_from([2, 10_000]))
    def many(self, batch: list[list[Choice]], careful: bool, repeat: str, size: int) -> None:
        with self.step() as play:
            play.many(batch, careful=careful, repeat=repeat, size=size)

    @rule(which=WHICHEVER, other=st.sampled_from([False, False, True]))
    def retry(self, which: int, other: bool) -> None:
        with self.step() as play:
            play.again(which, other)

    @rule(turned=CLOCK_TURNED)
    def turn_the_clock(self, turned: Any) -> None:
        with self.step() as play:
            play.turn(*turned)

    def teardown(self) -> None:
        if not self.failed:
            with self.watched():
                self.play.finish()
                # The suite empties tables, so it runs without the triggers against that.
                assert [told for told in inconsistencies(None) if "is_not_emptied" not in told] == []


def run(steps: int, first_seed: int = 0, *, minutes: float = 60.0, quiet: bool = False) -> int:
    """Play ``steps`` steps at least, in rounds; answers how many were taken. Raises what the ledger did wrong.

    ``quiet``: says nothing meanwhile, and looks for no shorter play that fails too.
    """
    Machine.steps, Machine.failed_after, told, round_ = 0, None, time.monotonic(), first_seed
    phases = (Phase.generate,) if quiet else (Phase.generate, Phase.shrink)
    while Machine.steps < steps and time.monotonic() - told < minutes * 60:
        examples = min(400, -(-(steps - Machine.steps) // STEPS_EACH))
        limits = settings(
            max_examples=max(2, examples), stateful_step_count=STEPS_EACH, phases=phases, deadline=None, database=None,
            suppress_health_check=list(HealthCheck), derandomize=False, report_multiple_bugs=False,
        )  # fmt: skip
        run_state_machine_as_test(seed(round_)(Machine), settings=limits)
        round_ += 1
        seconds = time.monotonic() - told
        if not quiet:
            print(f"{Machine.steps:,} steps, {Machine.steps / seconds:,.0f} a second", flush=True)
    return Machine.steps


@pytest.fixture
def in_haste(books: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A database that need not survive the machine, and reading of lots so short-sighted that every play meets its end."""
    monkeypatch.setattr(loading, "LOTS_AT_FIRST", 2)
    haste, ease = {
        "postgresql": ("SET synchronous_commit = off", "RESET synchronous_commit"),
        "sqlite": ("PRAGMA synchronous = OFF", "PRAGMA synchronous = FULL"),
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(haste)
        yield
        cursor.execute(ease)


def test_the_ledger_does_what_its_model_says(in_haste: None):
    assert run(2_000) >= 2_000


@pytest.mark.proof
def test_twenty_thousand_steps_each_as_the_model_says(in_haste: None, effort: int):
    assert run(20_000 * effort, first_seed=1_000) >= 20_000 * effort


@pytest.mark.soak
def test_a_million_steps(in_haste: None, minutes: float):
    assert run(SOAK_STEPS, first_seed=int(time.time()), minutes=minutes) >= SOAK_STEPS
