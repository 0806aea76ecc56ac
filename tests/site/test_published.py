"""``regulars programme`` on a shop: publish, backfill, day-end, verify, and the published programme to show and compare."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from regulars.membership.models import Member, Version
from regulars.shop.models import AuditEntry
from regulars.site.cli import app, terminal
from tests.facts import OPENED_AT, SmallShop

CLUB = (Path(__file__).parents[1] / "flows" / "club.toml").read_text()


@pytest.fixture
def run(recorded: SmallShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Commands on the recorded shop; a text is given as a file."""
    monkeypatch.setattr(terminal, "open_shop", lambda data_dir: None)
    monkeypatch.setenv("REGULARS_DATA_DIR", str(tmp_path))
    path = tmp_path / "club.toml"

    def call(*arguments: str, text: str = CLUB) -> Result:
        path.write_text(text, encoding="utf-8")
        return CliRunner().invoke(app, ["programme", *(str(path) if one == "FILE" else one for one in arguments)])

    return call


def told(done: Result, code: int = 0) -> dict[str, Any]:
    assert done.exit_code == code, (done.stdout, done.stderr, done.exception)
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def test_a_programme_is_published_and_its_history_gone_through(run: Callable[..., Result]) -> None:
    since = OPENED_AT.date().isoformat()
    assert told(run("publish", "FILE", "--since", since, "--note", "opening", "--json")) == {
        "version": 1,
        "since": "2026-01-04T16:00:00+00:00",
    }
    assert Version.objects.get().note == "opening"
    assert AuditEntry.objects.get(action="programme.published").actor == "terminal"
    done = told(run("backfill", "--json"))
    assert done["members"] == Member.objects.count() == 11 and done["outcomes"] >= done["orders"] > 0
    assert told(run("backfill", "--json"))["members"] == 0
    assert told(run("verify", "--json")) == {
        "ok": True,
        "members": 11,
        "tiers_compared": 11,
        "lots_compared": 11,
        "findings": [],
    }
    Member.objects.filter(customer__source_id="c3").update(state={})
    broken = told(run("verify", "--json"), 1)
    assert not broken["ok"] and {one.split(": ")[1] for one in broken["findings"]} >= {"days"}


def test_what_cannot_be_published_changes_nothing(run: Callable[..., Result]) -> None:
    faulty = run("publish", "FILE", "--json", text=CLUB.replace("points = 1\n", "points = -1\n"))
    assert told(faulty, 2)["faults"][0]["path"] == "rules[0].points"
    for since, words in (("soon", "no day or instant"), ("2026-03-01T09:30:00", "no offset")):
        refused = run("publish", "FILE", "--since", since)
        assert refused.exit_code == 2 and words in refused.stderr
    assert not Version.objects.exists()
    assert run("publish", "FILE").exit_code == 0
    late = run("publish", "FILE", "--since", "2026-03-01")
    assert late.exit_code == 2 and "in the past" in late.stderr and Version.objects.count() == 1


def test_days_end_only_when_they_are_over(run: Callable[..., Result]) -> None:
    run("publish", "FILE", "--since", "2026-01-05")
    run("backfill")
    assert told(run("day-end", "--json"))["members"] == 0, "the backfill has ended them"
    early = run("day-end", "--until", "2027-12-31")
    assert early.exit_code == 2 and "not over" in early.stderr
    assert run("day-end", "--until", "tomorrow").exit_code == 2


def test_the_published_programme_is_shown_and_compared(run: Callable[..., Result]) -> None:
    nothing = run("show", "--published")
    assert nothing.exit_code == 2 and "No programme is published" in nothing.stderr
    assert run("verify").exit_code == 2
    run("publish", "FILE")
    assert "Points for purchases: 1 point for every 1.00 CNY" in run("show", "--published").stdout
    changed = run("diff", "FILE", "--published", text=CLUB.replace("points = 1\n", "points = 2\n"))
    assert changed.stdout == "Earning rules › Points for purchases › Points: 1 → 2\n"
    for words in (
        ("show",),
        ("show", "FILE", "--published"),
        ("diff", "FILE"),
        ("diff", "FILE", "FILE", "--published"),
    ):
        assert run(*words).exit_code == 2
