"""Members in the console: the list, a customer's section, why they stand there, the tiers; for every role, in both languages."""

import csv
import io
import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from regulars.core.facts import ReturnFact
from regulars.core.programme import Plan
from regulars.customers.models import Customer
from regulars.flows.order_returned import order_returned
from regulars.flows.programme import backfill
from regulars.ledger.models import Account
from regulars.membership.actions.publishing import publish
from regulars.membership.models import Decision, Member, TierMove
from regulars.membership.queries import versions
from regulars.membership.queries.charts import moves, spread
from regulars.membership.queries.examples import example
from regulars.membership.queries.listing import Wanted, at_risk, listed
from regulars.orders.models import Order
from tests.facts import OPENED_AT
from tests.flows.test_programme import CLUB

PAGES = ["/members/", "/members/tiers/"]


@pytest.fixture
def club(recorded: Any, at: Any) -> list[Member]:
    """The small shop's members under the club, from the first order on."""
    publish(CLUB, since=OPENED_AT, note="", zone="Asia/Shanghai", currency="CNY", by="test", at=at)
    backfill(at)
    return list(Member.objects.select_related("customer").order_by("pk"))


def rows(page: Any) -> list[Any]:
    return [row.record for row in page.context["list"].bound.rows]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_before_the_first_version_pages_say_what_to_do(recorded, sign_in, path, language):
    page = sign_in("reader", language=language).get(path)
    assert page.status_code == 200
    assert 'href="/programme/"' in page.content.decode()


@pytest.mark.parametrize("role", ["owner", "marketer", "agent", "analyst", "reader"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_everybody_on_the_staff_sees_members(club, sign_in, role, language):
    client = sign_in(role, language=language)
    for path in [*PAGES, f"/customers/{club[0].pk}/membership/", f"/customers/{club[0].pk}/"]:
        assert client.get(path).status_code == 200, path


def test_nobody_sees_members_without_signing_in(club, client):
    for path in [*PAGES, f"/customers/{club[0].pk}/membership/"]:
        assert client.get(path).status_code == 302, path


@pytest.mark.parametrize("sort", ["name", "tier", "points", "joined_on", "tier_until"])
def test_members_are_sorted_both_ways_in_the_database(club, console, sort):
    up, down = (rows(console.get("/members/", {"sort": f"{sign}{sort}", "size": 100})) for sign in ("", "-"))
    assert len(up) == len(down) == len(club)
    values = [value for row in up if (value := getattr(row, sort)) is not None]
    assert values == sorted(values)
    assert [getattr(row, sort) for row in up] != [getattr(row, sort) for row in down]


def test_the_points_of_the_list_are_the_ledgers(club, console):
    held = dict(Account.objects.filter(kind="points").values_list("subject", "balance"))
    told = {row.customer: row.points for row in rows(console.get("/members/", {"size": 100}))}
    assert told == {member.pk: held.get(member.subject, 0) for member in club}
    assert any(told.values())


def test_members_are_found_by_name_and_by_tier(club, console):
    named = club[0].customer.name
    assert {row.name for row in rows(console.get("/members/", {"q": named}))} == {named}
    tier = next(member.tier for member in club if member.tier)
    assert {row.tier for row in rows(console.get("/members/", {"tier": tier}))} == {tier}
    assert {row.tier for row in rows(console.get("/members/", {"tier": ["none"]}))} <= {""}
    days = sorted(member.joined_on for member in club)
    found = rows(console.get("/members/", {"joined_from": days[1].isoformat(), "joined_to": days[-2].isoformat()}))
    assert found and all(days[1] <= row.joined_on <= days[-2] for row in found)


@pytest.mark.parametrize(
    "query", ["tier=nothing", "joined_from=x", "joined_from=0001-01-01", "sort=state", "page=99999999999", "at_risk=x"]
)
def test_a_list_asked_for_nonsense_still_answers(club, console, query):
    assert console.get(f"/members/?{query}").status_code == 200


def test_the_export_has_every_member_with_the_tier_in_words(club, sign_in):
    answer = sign_in("owner", language="en").get("/members/?export=csv")
    lines = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert len(lines) == len(club)
    assert {line["Tier"] for line in lines} <= {"Gold", "Silver", "no tier"}


def risky(plan: Any, today: int) -> set[Any]:
    return set(Member.objects.filter(at_risk(plan, today)).values_list("pk", flat=True))


def test_members_at_risk_are_those_who_would_not_keep_their_tier(club, console):
    """Near the end of a tier's term: at risk without purchases since, safe with them."""
    plan = versions().plans[-1]
    tiered = [member for member in club if member.tier and member.tier_until]
    member = min(tiered, key=lambda one: one.tier_until)
    last, own = member.tier_until.toordinal(), Member.objects.filter(pk=member.pk)
    own.update(toward_spend=0, toward_orders=0, toward_points=0)
    assert member.pk in risky(plan, last - 5), "nothing was bought within the year before"
    assert member.pk not in risky(plan, last - 60), "that is too early to worry"
    assert member.pk not in risky(plan, last + 1), "it is over"
    own.update(tier_until=member.tier_until + timedelta(days=60))
    assert member.pk not in risky(plan, last - 5)
    own.update(in_grace=True)
    grace = replace(plan.programme.ladder, grace_days=90)
    assert member.pk in risky(Plan(replace(plan.programme, ladder=grace), plan.zone, plan.currency), last - 5)
    own.update(tier_until=member.tier_until, in_grace=False, toward_spend=900_000)
    assert member.pk not in risky(plan, last - 5)
    shown = listed(Wanted(at_risk=True), plan, last - 5, "name", 0, 50)
    assert {row.customer for row in shown} == risky(plan, last - 5) and all(row.at_risk for row in shown)


def test_what_counts_toward_the_review_is_stored_with_every_decision(club, recorded, at):
    """After the history, and after goods came back: as the member's days add up within the ladder's window."""
    plan = versions().plans[-1]

    def stored(members: Any) -> list[tuple[int, ...]]:
        return [(one.toward_spend, one.toward_orders, one.toward_points, one.toward_quantity) for one in members]

    def added_up(members: Any) -> list[tuple[int, ...]]:
        found = []
        for one in members:
            since = plan.ladder.since(one.tier_until.toordinal()) if one.tier else date.max.toordinal()
            days = [day[1:] for day in one.state.get("days", ()) if day[0] >= since]
            found.append(tuple(map(sum, zip(*days, strict=True))) if days else (0, 0, 0, 0))
        return found

    assert stored(club) == added_up(club) and any(spend for spend, *_rest in stored(club))
    member = next(one for one in club if one.tier)
    order = Order.objects.filter(customer_id=member.pk, state="completed").order_by("-placed_at")[0]
    order_returned(ReturnFact("r1", order.source_id, at), source="test", at=at)
    after = list(Member.objects.filter(pk=member.pk))
    assert stored(after) == added_up(after) != stored([member])


def test_queries_do_not_grow_with_the_members(club, console):
    with CaptureQueriesContext(connection) as few:
        console.get("/members/?size=100&q=" + club[0].customer.name)
    with CaptureQueriesContext(connection) as many:
        assert len(rows(console.get("/members/?size=100&q="))) == len(club)
    assert len(many) <= len(few)


def test_a_customer_page_says_tier_points_and_what_is_missing(club, sign_in):
    client = sign_in("agent", language="en")
    silver = next(member for member in club if member.tier == "silver")
    told = client.get(f"/customers/{silver.pk}/").context["membership"]
    assert told.tier.en == "Silver" and told.until == silver.tier_until
    assert told.says[0].en.endswith("more to Gold")
    page = client.get(f"/customers/{silver.pk}/").content.decode()
    assert told.says[0].en in page and told.held[0].spendable.en in page
    assert told.lately and told.lately[0].says


def test_who_is_no_member_has_no_section(club, console):
    stranger = Customer.objects.exclude(pk__in=[member.pk for member in club]).first() or Customer.objects.create(
        source="test", source_id="stranger", recorded_at=club[0].changed_at
    )
    page = console.get(f"/customers/{stranger.pk}/")
    assert page.status_code == 200 and page.context["membership"] is None
    assert console.get(f"/customers/{stranger.pk}/membership/").status_code == 404


def test_why_tells_every_decision_with_its_version(club, sign_in):
    client = sign_in("reader", language="en")
    member = max(club, key=lambda one: Decision.objects.filter(customer=one.pk).count())
    page = client.get(f"/customers/{member.pk}/membership/")
    assert page.context["count"] == Decision.objects.filter(customer=member.pk).count()
    body = page.content.decode()
    assert "Version 1 decided" in body and "points for" in body
    assert all(item["text"] for item in page.context["items"])
    tall = "ab" * 16
    assert (
        client.get(f"/customers/{tall[:8]}-{tall[:4]}-{tall[:4]}-{tall[:4]}-{tall[:12]}/membership/").status_code == 404
    )
    for asked in ("0", "-1", "x", "99999"):
        assert client.get(f"/customers/{member.pk}/membership/", {"page": asked}).status_code == 200


def test_the_tiers_page_counts_members_and_moves(club, sign_in):
    plan = versions().plans[-1]
    told = dict(spread(plan))
    assert sum(told.values()) == len(club)
    assert told["gold"] == sum(member.tier == "gold" for member in club)
    counted = moves(plan, OPENED_AT)
    assert sum(month.up for month in counted) == TierMove.objects.filter(why="reached").count() > 0
    assert [month.month for month in counted] == sorted(month.month for month in counted)
    assert all(month.month == date(month.month.year, month.month.month, 1) for month in counted)
    page = sign_in("reader", language="en").get("/members/tiers/").content.decode()
    assert "Gold" in page and "/members/?tier=gold" in page


def test_points_go_by_the_name_that_the_programme_gives_them(recorded, sign_in, at):
    """A stamp card counts stamps, in both languages and in the singular."""
    publish(example("stamps"), since=OPENED_AT, note="", zone="Asia/Shanghai", currency="CNY", by="test", at=at)
    backfill(at)
    held = {row.subject: row.balance for row in Account.objects.filter(kind="points", subject__gt="")}
    member = next(one for one in Member.objects.order_by("pk") if held.get(one.subject) == 1)
    account = Account.objects.get(kind="points", subject=member.subject)
    pages = f"/customers/{member.pk}/", f"/ledger/{account.pk}/", "/ledger/", "/members/"
    for path in pages:
        english = sign_in("agent", language="en").get(path).content.decode()
        chinese = sign_in("agent").get(path).content.decode()
        assert "tamps" in english and "1 stamps" not in english and "印章" in chinese, path
        assert not re.search(r"\d stamps?\b", chinese), path
    assert "1 stamp<" in sign_in("agent", language="en").get(pages[1]).content.decode()
    with CaptureQueriesContext(connection) as asked:
        assert len(rows(sign_in("agent").get("/ledger/?size=100&kind=points"))) > 3
    assert sum("membership_version" in query["sql"] for query in asked) <= 2, "not once for every amount"


def test_a_programme_without_tiers_says_so(recorded, sign_in, at):
    plain = CLUB.split("[ladder]")[0]
    publish(plain, since=OPENED_AT, note="", zone="Asia/Shanghai", currency="CNY", by="test", at=at)
    backfill(at)
    client = sign_in("reader", language="en")
    assert "has no tiers" in client.get("/members/tiers/").content.decode()
    member = Member.objects.order_by("pk")[0]
    assert client.get("/members/").status_code == 200
    assert client.get(f"/customers/{member.pk}/").context["membership"].tier is None
