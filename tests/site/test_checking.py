"""The worker's nightly self-check: a part at each look, once a night, and what it finds is told."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from regulars.flows.settling import look_after
from regulars.membership.models import Member, SelfCheck
from regulars.membership.queries import checks
from regulars.site import checking, health
from regulars.site.checking import check_nightly
from tests.facts import SmallShop
from tests.flows.test_programme import live, people, put_in_force  # noqa: F401  (people is a fixture)

DAY = timedelta(days=1)


@pytest.fixture
def lived(people: SmallShop, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """A shop of eleven members, of whom a look takes four."""
    put_in_force(at)
    live(people.orders, at)
    look_after(at)
    monkeypatch.setattr(checking, "AT_ONCE", 2)
    monkeypatch.setattr(checking, "PARTS_A_LOOK", 2)


def planted(name: str = "c3") -> Member:
    """A member who has another tier than they reached."""
    row: Member = Member.objects.get(customer__source_id=name)
    row.state["standing"][0] = "silver" if row.tier == "gold" else "gold"
    row.save()
    return row


def test_everybody_is_gone_through_once_a_night_a_part_at_each_look(lived: None, at: datetime) -> None:
    assert [check_nightly(at) for _ in range(4)] == [4, 4, 3, 0]
    told = checks.telling()
    assert told and (told.members, told.of_members, told.differences) == (11, 11, 0)
    assert told.ended_at == at
    assert check_nightly(at + timedelta(hours=6)) == 0, "the night's check has ended"
    assert check_nightly(at + DAY) == 4 and SelfCheck.objects.count() == 2


def test_one_that_was_killed_goes_on_also_on_another_day(
    lived: None, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: Any, **__: Any) -> None:
        raise Killed

    assert check_nightly(at) == 4
    with monkeypatch.context() as dying:
        dying.setattr(checking.checking, "advance", killed)
        with pytest.raises(Killed):
            check_nightly(at)
    assert [check_nightly(at + DAY) for _ in range(3)] == [4, 3, 0]
    assert SelfCheck.objects.get().members == 11
    assert check_nightly(at + DAY) == 0, "it ended in the course of that day: the next begins with the next night"
    assert check_nightly(at + 2 * DAY) == 4


def test_of_two_workers_one_notes_a_part(lived: None, at: datetime) -> None:
    check_nightly(at)
    before = checks.newest()
    assert before and before.last
    check_nightly(at)
    assert not checking.checking.advance(before, before.last, members=4, found=())
    told = checks.newest()
    assert told and told.members == 8


def test_a_difference_is_told_wherever_one_looks(
    lived: None, at: datetime, sign_in: Callable[..., Client], caplog: pytest.LogCaptureFixture
) -> None:
    row = planted()
    with caplog.at_level(logging.INFO):
        for _ in range(4):
            check_nightly(at)
    [error] = [one for one in caplog.messages if str(row.pk) in one]
    assert "tier: stored gold" in error or "tier: stored silver" in error
    assert health.details(at)["members"] == {"checked_on": at.date(), "differences": 1}
    page = sign_in("owner", language="en").get("/customers/").content.decode()
    assert f'href="/customers/{row.pk}/"' in page and "刘洋 (the tier)" in page
    assert "会员等级" in sign_in("marketer").get("/customers/").content.decode()
    assert "nightly check" not in sign_in("agent", language="en").get("/customers/").content.decode()


def test_what_was_found_stands_until_a_whole_check_finds_nothing(lived: None, at: datetime) -> None:
    row = planted()
    for _ in range(4):
        check_nightly(at)
    row.state["standing"][0] = row.tier
    row.save()
    check_nightly(at + DAY)
    assert health.details(at)["members"]["differences"] == 1
    for _ in range(3):
        check_nightly(at + DAY)
    assert health.details(at)["members"]["differences"] == 0


def test_nothing_is_checked_before_the_history_is_gone_through(people: SmallShop, at: datetime) -> None:  # noqa: F811
    assert check_nightly(at) == 0
    put_in_force(at)
    assert check_nightly(at) == 0 and not SelfCheck.objects.exists()
