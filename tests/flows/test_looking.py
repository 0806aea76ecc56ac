"""The clock hears of what changed: a birthday, and what staff gave or took."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from regulars.core.facts import CustomerFact
from regulars.customers.models import Customer
from regulars.flows.adjust import Adjustment, adjust
from regulars.flows.join import join
from regulars.flows.programme import end_days
from regulars.flows.record_customers import record_customers
from regulars.ledger.actions.sweeping import sweep
from regulars.ledger.models import Message
from regulars.ledger.queries.accounts import AccountFacts, account
from regulars.membership.models import Member
from regulars.web.access import Actor
from tests.flows.rewarding import balance, earn, purse
from tests.flows.test_programme import CLUB, put_in_force

pytestmark = pytest.mark.django_db
BY = Actor(name="陈杰", subject="user:agent", role="agent")
DAY = timedelta(days=1)
TREATS = CLUB + '\n[[rules]]\nkind = "birthday"\nid = "cake"\nname = "Birthday"\npoints = 88\n'
LI = CustomerFact("li", name="Li", birthday=date(1990, 12, 24))


@pytest.fixture
def li(shop: Any, at: datetime) -> Member:
    """A member whom the clock would look at in December."""
    shop.as_of = "now"
    shop.save()
    put_in_force(at, text=TREATS)
    record_customers([LI], source="test", at=at)
    join(Customer.objects.get().pk, at=at)
    end_days(at + DAY)
    found: Member = Member.objects.get()
    return found


def own(of: Member) -> AccountFacts:
    found = account(purse(of.pk).id)
    assert found is not None
    return found


def test_a_birthday_that_is_corrected_is_kept_this_year(li: Member, at: datetime) -> None:
    record_customers([replace(LI, birthday=(at + 20 * DAY).date())], source="test", at=at + 2 * DAY)
    end_days(at + 30 * DAY)
    assert balance(purse(li.pk)) == (88, 0)


def test_other_news_of_a_customer_wakes_nobody(li: Member, at: datetime) -> None:
    before = Member.objects.get().due
    record_customers([replace(LI, city="上海")], source="test", at=at + 2 * DAY)
    record_customers([replace(LI, birthday=None, city="杭州")], source="test", at=at + 2 * DAY)
    assert Member.objects.get().due == before


@pytest.mark.parametrize("amount", [50, -30])
def test_what_staff_gave_or_left_expires_with_the_day_and_is_told(li: Member, at: datetime, amount: int) -> None:
    expires = datetime.combine((at + 10 * DAY).date(), datetime.min.time(), at.tzinfo) - timedelta(hours=8)
    earn(li.pk, 100, expires_at=expires if amount < 0 else expires + 900 * DAY)
    adjust(Adjustment(own(li), amount, "goodwill", "", expires), form=uuid4(), by=BY, at=at + 2 * DAY)
    end_days(at + 12 * DAY)
    assert not sweep(at + 12 * DAY).lots, "nothing is left for the ledger to take unsaid"
    told = Message.objects.filter(name="Points Expired").values_list("content", flat=True)
    assert [one["amount"] for one in told] == [50 if amount > 0 else 70]
